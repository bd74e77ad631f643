//! One run of a whole process, and the medians of several.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What a process cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// User and system time together.
    pub(super) cpu: f64,
    pub(super) wall: f64,
    /// The peak resident memory in MiB. Of a process of a few milliseconds, what was seen of it.
    pub(super) peak: f64,
    /// What the runner of the process says it made, such as bytes.
    pub(super) made: f64,
}

/// Something that can be run again and again, beside others.
pub(super) struct Contestant {
    pub(super) name: &'static str,
    run: Box<dyn FnMut() -> Result<Cost>>,
    costs: Vec<Cost>,
}

impl Contestant {
    pub(super) fn new(name: &'static str, run: impl FnMut() -> Result<Cost> + 'static) -> Self {
        Self { name, run: Box::new(run), costs: Vec::new() }
    }

    /// What one run costs, of something that takes too long to be run often.
    pub(super) fn once(&mut self) -> Result<Cost> {
        (self.run)()
    }

    /// The median of each figure by itself; of the peaks the highest.
    pub(super) fn median(&self) -> Cost {
        let of = |figure: fn(&Cost) -> f64| {
            let mut figures: Vec<_> = self.costs.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().unwrap_or_default()
        };
        let peak = self.costs.iter().map(|cost| cost.peak).fold(0.0, f64::max);
        Cost { cpu: of(|c| c.cpu), wall: of(|c| c.wall), peak, made: of(|c| c.made) }
    }
}

/// Runs each of them once in every round, in turn, so that whatever slows the machine down slows all of them. Every other round goes
/// backwards. A round before the first warms up, and is not counted.
pub(super) fn interleave(rounds: usize, contestants: &mut [Contestant]) -> Result {
    for round in 0..=rounds {
        let mut order: Vec<_> = contestants.iter_mut().collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for contestant in order {
            let cost = (contestant.run)().map_err(|error| format!("{}: {error}", contestant.name))?;
            if round > 0 {
                contestant.costs.push(cost);
            }
        }
    }
    Ok(())
}

/// Runs a command to its end. It must succeed.
pub(super) fn run(command: &mut Command) -> Result<(Cost, String)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut peak = Peak::of(child.id());
    let (told, complained) = (collect(child.stdout.take()), collect(child.stderr.take()));
    while !peak.has_ended() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let wall = began.elapsed().as_secs_f64();
    let ended = child.wait4()?;
    let told = told.join().unwrap_or_default();
    if !ended.status.success() {
        let complained = complained.join().unwrap_or_default();
        return Err(format!("{command:?} ended with {}: {told}{complained}", ended.status).into());
    }
    let cpu = (ended.rusage.utime + ended.rusage.stime).as_secs_f64();
    Ok((Cost { cpu, wall, peak: peak.mib(), made: 0.0 }, told))
}

fn collect<R: std::io::Read + Send + 'static>(from: Option<R>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read is only missing from a message.
        let _ = from.map(|mut from| from.read_to_string(&mut text));
        text
    })
}

/// The peak of a process that runs. The kernel's own count of a child begins with what its parent had, so it is not used.
struct Peak {
    folder: PathBuf,
    kib: u64,
}

impl Peak {
    fn of(process: u32) -> Self {
        Self { folder: Path::new("/proc").join(process.to_string()), kib: 0 }
    }

    /// Looks once more.
    fn has_ended(&mut self) -> bool {
        let status = std::fs::read_to_string(self.folder.join("status")).unwrap_or_default();
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let Some(peak) = line("VmHWM:").and_then(|peak| peak.trim_end_matches(" kB").parse().ok()) {
            self.kib = peak;
        }
        line("State:").is_none_or(|state| state.starts_with(['Z', 'X']))
    }

    fn mib(&self) -> f64 {
        self.kib as f64 / 1024.0
    }
}
