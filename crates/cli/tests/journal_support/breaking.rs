//! Ways to break a store, and what must be true afterwards.

use super::check::{self, none};
use super::child::Running;
use super::killing::Batch;
use super::krav::Phase;
use super::records::Written;
use skattebro_sandbox::{Fault, FaultRule, Sandbox, VirtualClock};
use sqlx::{Connection, Executor, SqliteConnection};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);

/// A krav is booked within a tenth of a second, a creation takes some time.
pub async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(200.0)).start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(40))));
    sandbox
}

/// Cuts a log off there, unless that takes away what was already carried over into the database: then the two no longer fit together, which no
/// machine does to what it had said was on the disk.
pub async fn cut(wal: &Path, length: u64) {
    let whole = std::fs::read(wal).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(wal).unwrap();
    file.set_len(length).unwrap();
    let copy = tempfile::tempdir().unwrap();
    copy_store(wal.parent().unwrap(), copy.path());
    if !is_sound(&copy.path().join("skattebro.db")).await {
        eprintln!("a cut to {length} bytes of {} is left out", whole.len());
        std::fs::write(wal, whole).unwrap();
    }
}

async fn is_sound(database: &Path) -> bool {
    let url = format!("sqlite:{}", database.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let checked = sqlx::query_scalar::<_, String>("PRAGMA integrity_check").fetch_all(&mut connection).await;
    checked.is_ok_and(|words| words == ["ok"])
}

/// A disk of its own, in memory, until it is dropped.
pub struct SmallDisk(pub PathBuf);

impl SmallDisk {
    /// `None`, said loudly, where this process may not mount anything.
    pub fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let options = format!("size={size},mode=700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "skattebro-test"]).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!(
            "SKIPPED: a small disk can be mounted by root only; the limit of a file's size is tried instead"
        );
        None
    }

    pub fn grow(&self, size: &str) {
        let options = format!("remount,size={size}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// The same command, of which no file may grow beyond so many kilobytes. Writing more fails, and is no reason to die.
pub fn limited(command: &Command, kilobytes: u32) -> Command {
    let mut limited = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
    limited.args(["-c", &script, "bash"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.current_dir(command.get_current_dir().unwrap());
    limited
}

/// Waits until so many krav are created.
pub async fn until_created(sandbox: &Sandbox, krav: usize, running: &mut Running) {
    let began = Instant::now();
    while sandbox.effects().len() < krav {
        if let Some(status) = running.ended() {
            panic!("it ended with {status}:\n{}\n{}", running.stdout(), running.stderr());
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{} of {krav} krav:\n{}",
            sandbox.effects().len(),
            running.stderr()
        );
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

/// Waits until something was created, and then nothing for five seconds. Answers how much.
pub async fn until_nothing_happens(sandbox: &Sandbox, running: &mut Running) -> usize {
    let began = Instant::now();
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        let now = sandbox.effects().len();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > Duration::from_secs(5) && (seen > 0 || running.ended().is_some()) {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "it never stops:\n{}", running.stderr());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets a run end after its store has been mended, runs the command once more, and checks what must be true. What the first run said must
/// hold `said`.
pub async fn finish(batch: &Batch<'_>, mut running: Running, said: &str) {
    running.end_within(PATIENCE).await;
    let text = format!("{}{}", running.stdout(), running.stderr());
    let report = batch.to_its_end(Phase::Opprett).await;
    none(
        "the report says otherwise",
        check::report_is_true(batch.sandbox, Phase::Opprett, batch.plan, &report),
    );
    let (effects, written) = (batch.sandbox.effects(), Written::at(batch.place).await);
    none("not done as planned", check::differences(&effects, batch.plan));
    none("sent without an intent in the journal", check::without_intent(&effects, &written));
    assert!(
        text.contains(said),
        "nobody was told «{said}»:\n{}",
        text.chars().take(2_000).collect::<String>()
    );
}

const FILES: [&str; 3] = ["skattebro.db", "skattebro.db-wal", "skattebro.db-shm"];

/// Copies the store of one folder into another, and nothing else stays of it there.
pub fn copy_store(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in FILES {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Now, as `--gjenopprettet-siden` takes it.
pub fn timestamp() -> String {
    skattebro::domain::Timestamp::now().to_string()
}

/// Makes a store look as if a newer program had been there.
pub async fn make_newer(file: &Path) {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    connection.execute("UPDATE schema_history SET version = 999").await.unwrap();
    connection.close().await.unwrap();
}
