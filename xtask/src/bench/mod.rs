//! `cargo xtask bench`: what the hot paths cost, beside what people use instead and beside what the machine can do.
//!
//! Everything is measured as whole processes of the release build, in turn, at least five times each; the figures are medians.

mod documents;
mod encode;
mod follow;
mod krav;
mod measure;
mod startup;
mod table;

use crate::{Result, has, say};
use std::path::{Path, PathBuf};
use table::Report;
use xshell::{Shell, cmd};

/// What to measure, and how.
pub(crate) struct Options {
    /// These parts only; all if there are none.
    pub(crate) only: Vec<String>,
    /// How often each program runs.
    pub(crate) pairs: usize,
    /// How many MB of XML are made, where no document is given.
    pub(crate) megabytes: u32,
    /// A document to use instead.
    pub(crate) file: Option<PathBuf>,
    /// How many krav are created at a service that answers at once.
    pub(crate) rows: u32,
    /// Where the figures go, to compare with later.
    pub(crate) json: Option<PathBuf>,
    /// Such figures of before.
    pub(crate) baseline: Option<PathBuf>,
}

/// Where everything is that a part needs.
struct Bench<'s> {
    shell: &'s Shell,
    options: &'s Options,
    root: PathBuf,
    /// Is removed at the end.
    folder: PathBuf,
    has_python: bool,
    has_requests: bool,
}

type Part = (&'static str, fn(&Bench<'_>, &mut Report) -> Result);

const PARTS: [Part; 5] = [
    ("startup", startup::run),
    ("encode", encode::run),
    ("documents", documents::run),
    ("krav", krav::run),
    ("follow", follow::run),
];

#[allow(clippy::print_stdout)]
pub(crate) fn run(shell: &Shell, options: &Options) -> Result {
    if let Some(unknown) = options.only.iter().find(|only| PARTS.iter().all(|(name, _)| name != only)) {
        let parts: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no part {unknown}; the parts are {}", parts.join(", ")).into());
    }
    let baseline = options.baseline.as_deref().map(table::read).transpose()?;
    say("release build");
    cmd!(shell, "cargo build --release --quiet --package skattebro-cli").run()?;
    cmd!(shell, "cargo build --release --quiet --package skattebro-codec --example pipe").run()?;
    cmd!(shell, "cargo build --release --quiet --package skattebro-sandbox --example at_once").run()?;
    cmd!(shell, "cargo build --release --quiet --package skattebro-adapter-http --example bare_posts")
        .run()?;
    cmd!(
        shell,
        "cargo build --release --quiet --package skattebro --features store --example following --example follow_real"
    )
    .run()?;
    // On a disk, not in memory: the journal must be as durable as it will be.
    let folder = shell.current_dir().join("target/bench");
    shell.remove_path(&folder)?;
    shell.create_dir(&folder)?;
    let bench = Bench {
        shell,
        options,
        root: shell.current_dir(),
        folder: folder.clone(),
        has_python: has(shell, "python3"),
        has_requests: cmd!(shell, "python3 -c 'import requests'").quiet().ignore_stderr().run().is_ok(),
    };
    let mut report = Report::default();
    for (name, part) in PARTS {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            say(name);
            part(&bench, &mut report)?;
        }
    }
    shell.remove_path(&folder)?;
    println!("{}\n\n{}", machine(shell), report.to_markdown(baseline.as_ref()));
    if let Some(path) = &options.json {
        std::fs::write(path, format!("{:#}\n", report.to_json()))?;
        say(&format!("the figures are in {}", path.display()));
    }
    Ok(())
}

impl Bench<'_> {
    fn program(&self) -> PathBuf {
        self.root.join("target/release/skattebro")
    }

    fn example(&self, name: &str) -> PathBuf {
        self.root.join("target/release/examples").join(name)
    }

    fn peer(&self, name: &str) -> PathBuf {
        self.root.join("benches/peers").join(name)
    }

    fn in_folder(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The document that was given, or one of so many MB.
    fn document(&self, megabytes: u32) -> Result<PathBuf> {
        self.options.file.clone().map_or_else(|| self.generated(megabytes), Ok)
    }

    /// A document of so many MB, made if it is not there.
    fn generated(&self, megabytes: u32) -> Result<PathBuf> {
        let path = self.in_folder(&format!("{megabytes}.xml"));
        if !path.exists() {
            let (program, megabytes) = (self.program(), megabytes.to_string());
            cmd!(self.shell, "{program} generer --megabytes {megabytes} {path}")
                .quiet()
                .ignore_stdout()
                .run()?;
        }
        Ok(path)
    }
}

/// What it was measured on.
fn machine(shell: &Shell) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model =
        cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("an unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo");
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let memory: f64 = memory.trim().trim_end_matches(" kB").parse().unwrap_or_default();
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    let version = |command: &str, argument: &str| {
        let told = cmd!(shell, "{command} {argument}").quiet().ignore_stderr().read().unwrap_or_default();
        told.lines().next().unwrap_or_default().to_owned()
    };
    format!(
        "{} × {}, {:.0} GiB, {}; {}; {}; {}. Load when it began to print: {load}.",
        cores,
        model.trim_start_matches([' ', '\t', ':']),
        memory / 1024.0 / 1024.0,
        version("uname", "-sr"),
        version("rustc", "--version"),
        version("python3", "--version"),
        version("javac", "-version"),
    )
}

fn file_size(path: &Path) -> Result<f64> {
    Ok(std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len() as f64)
}
