//! Stops and starts the server of a test.

use skattebro_testpg::TmpPg;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server of a [`TmpPg`], by `pg_ctl`. Dropped, it stops what it has started.
#[derive(Debug)]
pub struct Control {
    folder: PathBuf,
    started: bool,
}

impl Control {
    pub fn of(server: &TmpPg) -> Self {
        let url = server.url();
        let (_, host) = url.split_once("host=").unwrap();
        let folder = host.split('&').next().unwrap().replace("%2F", "/");
        Self { folder: folder.into(), started: false }
    }

    /// As a machine that fails: no connection is ended in order.
    pub fn stop(&mut self) {
        self.run(&["-m", "immediate", "stop"]);
        self.started = false;
    }

    pub fn start(&mut self) {
        let options = format!("-k {} -c listen_addresses= -c max_connections=200", self.folder.display());
        let log = self.folder.join("log-again");
        self.run(&["-w", "-l", log.to_str().unwrap(), "-o", &options, "start"]);
        self.started = true;
    }

    fn run(&self, arguments: &[&str]) {
        let owner = std::fs::metadata(self.folder.join("data")).unwrap();
        let mut command = Command::new(pg_ctl());
        command.current_dir(&self.folder).arg("-D").arg(self.folder.join("data")).args(arguments);
        if std::fs::metadata("/proc/self").unwrap().uid() != owner.uid() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let log = std::fs::File::create(self.folder.join("pg_ctl.log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        assert!(command.status().unwrap().success(), "pg_ctl {arguments:?}");
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if self.started && self.folder.join("data").exists() {
            self.stop();
        }
    }
}

fn pg_ctl() -> PathBuf {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.filter_map(|version| Some(version.ok()?.path().join("bin")));
    let mut folders =
        on_path.into_iter().flatten().chain(debian).map(|folder: PathBuf| folder.join("pg_ctl"));
    folders.find(|file: &PathBuf| Path::is_file(file)).expect("pg_ctl is where initdb is")
}
