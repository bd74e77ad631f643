//! A PostgreSQL server of a test's own, started from the programs that are installed.
//!
//! [`TmpPg::start`] makes a cluster in a new folder of `/tmp` and starts it on a socket there, in about a second; it needs no network, no
//! password and no service. [`TmpPg::new_database`] makes a database in it and answers the URL.
//!
//! Nothing is left behind: a guard process stops the server and removes the folder as soon as the test's process is gone, however it
//! ended. So a server may be kept in a `static`:
//!
//! ```no_run
//! # use std::sync::LazyLock;
//! # use skattebro_testpg::TmpPg;
//! static SERVER: LazyLock<Option<TmpPg>> = LazyLock::new(|| TmpPg::start().unwrap());
//! ```
//!
//! PostgreSQL does not run as root: started by root, it becomes `postgres`, or `nobody` where there is none.

#![cfg(unix)]

use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until its standard input is closed, as it is when the process that started it is gone; then stops the server and tidies up.
/// Signals from the keyboard reach the whole group, and must not end it before that.
const GUARD: &str = r#"
trap '' INT TERM HUP
dir=$1; shift
(trap - INT TERM HUP; exec "$@") </dev/null >"$dir/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$dir"
"#;

/// How much a server does for what it wrote to survive the end of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Nothing. Much faster, and no test switches the machine off.
    #[default]
    None,
    /// As in earnest: to measure, and to stop the server in the middle.
    Full,
}

/// A server, until it is dropped.
#[derive(Debug)]
pub struct TmpPg {
    guard: Child,
    folder: PathBuf,
    programs: PathBuf,
    account: Option<(u32, u32)>,
    databases: AtomicU32,
}

impl TmpPg {
    /// Starts a server that need not survive anything; `None` if PostgreSQL is not installed.
    ///
    /// # Errors
    /// If it is installed and does not start.
    pub fn start() -> io::Result<Option<Self>> {
        Self::start_with(Durability::None)
    }

    /// Starts a server; `None` if PostgreSQL is not installed.
    ///
    /// # Errors
    /// If it is installed and does not start.
    pub fn start_with(durability: Durability) -> io::Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let account = account()?;
        // Short, since the path of a socket is at most 107 bytes.
        let folder = tempfile::Builder::new().prefix("skattebro-pg-").tempdir_in("/tmp")?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let data = folder.path().join("data");
        let made = as_account(&programs.join("initdb"), account, folder.path())
            .args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-D"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(io::Error::other(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))));
        }
        let mut guard = as_account(Path::new("/bin/sh"), account, folder.path());
        guard.args(["-c", GUARD, "guard"]).arg(folder.path()).arg(programs.join("postgres"));
        guard.arg("-D").arg(&data).arg("-k").arg(folder.path());
        guard.args(["-c", "listen_addresses=", "-c", "max_connections=200"]);
        if durability == Durability::None {
            guard.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        let guard = guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // From here on the guard removes it.
        let folder = folder.keep();
        let server = Self { guard, folder, programs, account, databases: AtomicU32::new(0) };
        server.wait_until_ready()?;
        Ok(Some(server))
    }

    /// The URL of the database that is there from the start.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes another, empty database, and answers its URL.
    ///
    /// # Errors
    /// If the server does not make it.
    pub fn new_database(&self) -> io::Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name}"))?;
        Ok(self.url_of(&name))
    }

    /// Runs statements in the first database, each on its own, with `psql`, and answers what they print.
    ///
    /// # Errors
    /// If one of them fails.
    pub fn sql(&self, statements: &str) -> io::Result<String> {
        let ran = as_account(&self.programs.join("psql"), self.account, &self.folder)
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-c", statements])
            .output()?;
        if !ran.status.success() {
            return Err(io::Error::other(format!("psql: {}", String::from_utf8_lossy(&ran.stderr))));
        }
        Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
    }

    /// Stops the server at once, as a crash does, and starts nothing in its place.
    ///
    /// # Errors
    /// If there is none any more.
    pub fn crash(&self) -> io::Result<()> {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let pid = pid.lines().next().unwrap_or_default();
        let killed = Command::new("kill").args(["-QUIT", pid]).status()?;
        if killed.success() { Ok(()) } else { Err(io::Error::other("there is no server")) }
    }

    fn url_of(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@localhost:5432/{database}?host={socket}&sslmode=disable")
    }

    fn wait_until_ready(&self) -> io::Result<()> {
        let started = Instant::now();
        let is_ready = |text: String| text.lines().nth(7).is_some_and(|line| line.trim() == "ready");
        while !std::fs::read_to_string(self.folder.join("data/postmaster.pid")).is_ok_and(is_ready) {
            if started.elapsed() > PATIENCE {
                let mut log = String::new();
                _ = std::fs::File::open(self.folder.join("log"))
                    .and_then(|mut file| file.read_to_string(&mut log));
                return Err(io::Error::other(format!("PostgreSQL did not start: {log}")));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for TmpPg {
    fn drop(&mut self) {
        if let Some(mut input) = self.guard.stdin.take() {
            _ = input.flush();
        }
        _ = self.guard.wait();
    }
}

/// Where `initdb` and `postgres` are: on the `PATH`, or where Debian puts the newest.
fn programs() -> Option<PathBuf> {
    let is_there =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    if let Some(folder) = on_path.into_iter().flatten().find(is_there) {
        return Some(folder);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|version| {
        let version = version.ok()?;
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        Some((number, version.path().join("bin")))
    });
    folders.filter(|(_, folder)| is_there(folder)).max().map(|(_, folder)| folder)
}

/// Whom to become; nobody else, unless this is root.
fn account() -> io::Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| {
        let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let fields = fields.filter(|fields| fields.len() > 3).find(|fields| fields[0] == name)?;
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    let account = ids("postgres").or_else(|| ids("nobody"));
    account.map(Some).ok_or_else(|| io::Error::other("there is no account that PostgreSQL could run as"))
}

fn as_account(program: &Path, account: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_leaves_nothing_behind() {
        let Some(server) = TmpPg::start().unwrap() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
            return eprintln!("LEFT OUT: PostgreSQL is not installed");
        };
        assert_eq!(server.sql("SELECT 1 + 1").unwrap(), "2");
        let url = server.new_database().unwrap();
        assert!(url.contains("/test_0?host=%2Ftmp%2Fskattebro-pg-"), "{url}");
        assert!(server.sql("SELECT nonsense").is_err());
        let folder = server.folder.clone();
        drop(server);
        assert!(!folder.exists());
    }
}
