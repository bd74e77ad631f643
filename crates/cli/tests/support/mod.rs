//! What the end-to-end tests share: the real binary, a sandbox, documents.
#![allow(dead_code, unreachable_pub, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]

pub mod browser;

use skattebro_sandbox::{Sandbox, Scenario, VirtualClock};
use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::Duration;

pub const ORGANISASJON: &str = "310817074";
pub const TOKEN: &str = "hemmelig-token-7f3a";

/// The binary, with an environment of its own: nothing that is set up on this machine reaches it, and it leaves nothing behind.
/// Its current folder is an empty home.
pub fn skattebro() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skattebro"));
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("SKATTEBRO_") {
            command.env_remove(variable);
        }
    }
    let home = home();
    command
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("SKATTEBRO_STORE", "minne")
        .current_dir(home);
    if let Some(folder) = kept() {
        command.env("SKATTEBRO_LOG_FILE", folder.join(format!("{}-binary.log", std::process::id())));
    }
    command
}

/// Where the logs and complaints of all tests are kept, to be searched for secrets when the tests are done (`cargo xtask test`).
fn kept() -> Option<PathBuf> {
    std::env::var_os("SKATTEBRO_TEST_LOGS").map(PathBuf::from)
}

/// Keeps what a program complained of.
pub fn keep_complaints(stderr: &[u8]) {
    if let Some(folder) = kept() {
        let path = folder.join(format!("{}-complaints.log", std::process::id()));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, stderr).unwrap();
    }
}

/// A fresh home folder for this process, in the build's folder for temporary files.
fn home() -> &'static Path {
    static HOME: LazyLock<PathBuf> = LazyLock::new(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("home-{}", std::process::id()));
        // One of an earlier process with this id.
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        home
    });
    &HOME
}

/// A sandbox whose jobs take about a second of real time.
pub async fn sandbox(scenario: Scenario) -> Sandbox {
    let scenario = scenario.queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(60));
    Sandbox::builder().clock(VirtualClock::scaled(200.0)).scenario(scenario).start().await.unwrap()
}

/// A folder with a return: `naering.xml` of that size, and `skattemelding.xml`.
pub fn documents(bytes: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(dir.path().join("naering.xml")).unwrap();
    Naeringsspesifikasjon::of_bytes(bytes).write_to(&mut file).unwrap();
    std::fs::write(dir.path().join("skattemelding.xml"), skattemelding_upersonlig(2023, "3009876543"))
        .unwrap();
    dir
}

/// `skattebro valider` for those documents.
pub fn valider(server: &str, dir: &Path) -> Command {
    let mut command = skattebro();
    command
        .args(["valider", "--inntektsaar", "2023", "--identifikator", ORGANISASJON, "--max-pause", "200ms"])
        .args(["--server", server, "--skattemelding"])
        .arg(dir.join("skattemelding.xml"))
        .arg("--naeringsspesifikasjon")
        .arg(dir.join("naering.xml"))
        .env("SKATTEBRO_TOKEN", TOKEN);
    command
}

/// Runs a command beside the sandbox of this test.
pub async fn run(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    keep_complaints(&output.stderr);
    output
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", stdout(output), stderr(output));
}

/// Skatteetaten's examples and schemas, where they are beside the project.
pub fn official_data() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    dir.is_dir().then_some(dir).or_else(|| skip("the folder ../shared/data is not beside the project"))
}

/// Whether a program can be run here.
pub fn tool(name: &str, probe: &[&str]) -> Option<()> {
    let runs = Command::new(name).args(probe).output().is_ok_and(|output| output.status.success());
    runs.then_some(()).or_else(|| skip(&format!("{name} {} does not run here", probe.join(" "))))
}

/// Says why a test does nothing; under CI that is a failure.
fn skip<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "CI must not skip: {why}");
    eprintln!("SKIPPED: {why}");
    None
}
