//! What it costs to follow many jobs: memory, and processor time while nothing happens but looks, against a sandbox in a process of its own.
//!
//! ```text
//! cargo build --release -p skattebro --features store --example follow_real
//! target/release/examples/follow_real [--jobs 10000] [--seconds 60] [--looks 100] [--worker JOURNAL.sqlite]
//! ```
//!
//! Without `--worker`, this process validates so many returns itself, with its journal in memory. With it, another process starts the jobs,
//! writes them into that SQLite journal (which must not be there) and ends; this one is the worker that takes all of them up.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro::domain::filing::Pace;
use skattebro::domain::{JobbId, JobbTilstand, ValidationOutcome};
use skattebro::http::{HttpSettings, HttpSkatteetaten};
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Call, DocumentSink, Jobs, PortError, RequestEnvelope, Started, Subject, Token};
use skattebro::store::{SqliteJournal, StoreSettings};
use skattebro::{Event, Skattebro, ValidationRequest};
use skattebro_sandbox::{Sandbox, Scenario};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const NINETY_MINUTES: Duration = Duration::from_secs(90 * 60);

#[derive(Debug, Clone)]
struct Wanted {
    jobs: usize,
    seconds: u64,
    looks: u32,
    worker: Option<PathBuf>,
    /// The sandbox that is there already.
    server: Option<String>,
    /// Starts the jobs and ends.
    only_starts: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut wanted =
        Wanted { jobs: 10_000, seconds: 60, looks: 100, worker: None, server: None, only_starts: false };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--jobs" => wanted.jobs = value().parse().expect("a number of jobs"),
            "--seconds" => wanted.seconds = value().parse().expect("a number of seconds"),
            "--looks" => wanted.looks = value().parse().expect("a number of looks a second"),
            "--worker" => wanted.worker = Some(value().into()),
            "--server" => wanted.server = Some(value()),
            "--only-starts" => wanted.only_starts = true,
            "--play" => return play().await,
            other => panic!("what is {other}?"),
        }
    }
    let mut sandbox = None;
    if wanted.server.is_none() {
        let mut child = itself().arg("--play").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        wanted.server = Some(url.trim().to_owned());
        sandbox = Some(child);
    }
    match (&wanted.worker, wanted.only_starts) {
        (None, _) => validate(&wanted).await,
        (Some(journal), true) => start(&wanted, journal).await,
        (Some(journal), false) => work(&wanted, journal).await,
    }
    if let Some(mut sandbox) = sandbox {
        drop(sandbox.stdin.take());
        sandbox.wait().unwrap();
    }
}

fn itself() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// Is the sandbox, until nobody wants it any more.
async fn play() {
    let scenario = Scenario::ok().runs_for(NINETY_MINUTES);
    let sandbox = Sandbox::builder().scenario(scenario).start().await.unwrap();
    println!("{}", sandbox.url());
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}

fn bridge(wanted: &Wanted, journal: Option<SqliteJournal>) -> (Skattebro, Arc<Counted>) {
    let server = wanted.server.as_ref().unwrap();
    let token = Arc::new(StaticToken::new(Token::parse("a.b.c").unwrap()));
    let service = HttpSkatteetaten::new(HttpSettings::new(server).unwrap(), token).unwrap();
    let jobs = Arc::new(Counted { service, looks: AtomicU64::new(0) });
    let pace = Pace { a_second: wanted.looks, ..Pace::default() };
    let mut builder = Skattebro::builder().server(server).token("a.b.c").jobs(jobs.clone()).looks(pace);
    if let Some(journal) = journal {
        builder = builder.journal(Arc::new(journal));
    }
    (builder.build().unwrap(), jobs)
}

/// Validates so many returns; answers when all jobs run.
async fn begin(wanted: &Wanted, bridge: &Skattebro, documents: &Path) -> Vec<skattebro::Validating> {
    let (melding, naering) = (documents.join("skattemelding.xml"), documents.join("naering.xml"));
    std::fs::write(&melding, skattebro_testdata::skattemelding_upersonlig(2023, "3009876543")).unwrap();
    let mut file = std::fs::File::create(&naering).unwrap();
    let small = skattebro_testdata::Naeringsspesifikasjon::of_bytes(14_000).partsreferanse("3009876543");
    small.write_to(&mut file).unwrap();
    let began = Instant::now();
    let mut validations: Vec<_> = (0..wanted.jobs)
        .map(|n| {
            let request = ValidationRequest::new("2023".parse().unwrap(), party(n).parse().unwrap());
            bridge.validate(request.skattemelding(&melding).naeringsspesifikasjon(&naering))
        })
        .collect();
    for validation in &mut validations {
        let mut events = validation.events();
        while !matches!(events.next().await.expect("its job runs"), Event::Started(_)) {}
    }
    println!("{} jobs run after {:.1} s", wanted.jobs, began.elapsed().as_secs_f64());
    validations
}

async fn validate(wanted: &Wanted) {
    let documents = Folder::new();
    let (bridge, jobs) = bridge(wanted, None);
    let _validations = begin(wanted, &bridge, &documents.0).await;
    measure(wanted, &jobs).await;
}

async fn start(wanted: &Wanted, journal: &Path) {
    let journal = SqliteJournal::open(journal, StoreSettings::default()).await.unwrap();
    let (bridge, _) = bridge(wanted, Some(journal));
    let documents = Folder::new();
    let validations = begin(wanted, &bridge, &documents.0).await;
    validations.iter().for_each(skattebro::Validating::cancel);
    for validation in validations {
        validation.await.unwrap_err();
    }
    // The documents go with the folder: the worker needs none.
}

async fn work(wanted: &Wanted, path: &Path) {
    let server = wanted.server.as_deref().unwrap();
    let mut starting = itself();
    starting.args(["--only-starts", "--server", server, "--jobs", &wanted.jobs.to_string(), "--worker"]);
    assert!(starting.arg(path).status().unwrap().success());
    let journal = SqliteJournal::open(path, StoreSettings::default()).await.unwrap();
    let (bridge, jobs) = bridge(wanted, Some(journal));
    let (runner, stop) = (bridge.runner(), CancellationToken::new());
    let progress = runner.progress();
    let (began, running) = (Instant::now(), tokio::spawn(runner.run(stop.clone())));
    while progress.status().open < wanted.jobs as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("all taken up after {:.1} s", began.elapsed().as_secs_f64());
    while jobs.looks.load(Ordering::Relaxed) < wanted.jobs as u64 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("all looked at once after {:.1} s", began.elapsed().as_secs_f64());
    measure(wanted, &jobs).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

async fn measure(wanted: &Wanted, jobs: &Counted) {
    let looks = || jobs.looks.load(Ordering::Relaxed);
    let (before, looked, began) = (processor_seconds(), looks(), Instant::now());
    tokio::time::sleep(Duration::from_secs(wanted.seconds)).await;
    let (used, looked) = (processor_seconds() - before, looks() - looked);
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "memory: {} MB now, {} MB at most; processor: {:.1} % of a core over {seconds:.0} s; {:.1} looks a second, {:.0} µs each",
        of_status("VmRSS:") / 1000,
        of_status("VmHWM:") / 1000,
        100.0 * used / seconds,
        looked as f64 / seconds,
        1e6 * used / (looked as f64).max(1.0),
    );
}

/// User and system time of this process.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    // The kernel counts in hundredths for everybody.
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// A line of `/proc/self/status`, in kB.
fn of_status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Organisations' numbers, which end with a control digit.
fn party(n: usize) -> String {
    let candidates = (80_000_000 + n * 2..).map(|stem| {
        let digits: Vec<usize> =
            format!("{stem:08}").bytes().map(|digit| usize::from(digit - b'0')).collect();
        let sum: usize =
            digits.iter().zip([3, 2, 7, 6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
        (stem, (11 - sum % 11) % 11)
    });
    // Of two stems in a row, not both want 10, which is no digit.
    let (stem, control) = candidates.into_iter().find(|(_, control)| *control < 10).unwrap();
    format!("{stem}{control}")
}

/// A folder, until it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("skattebro-follow-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The service, whose looks are counted.
#[derive(Debug)]
struct Counted {
    service: HttpSkatteetaten,
    looks: AtomicU64,
}

#[async_trait]
impl Jobs for Counted {
    async fn start(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<Started, PortError> {
        self.service.start(call, subject, envelope).await
    }

    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.service.status(call, subject, jobb).await
    }

    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        self.service.resultat(call, subject, jobb, sink).await
    }
}
