//! Where the journal of a test is.

use skattebro::ports::Journal;
use skattebro::store::{PostgresJournal, SqliteJournal, StoreSettings};
use skattebro_testpg::TmpPg;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A store that the program is pointed to.
#[derive(Debug, Clone)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    /// A file in that folder.
    pub fn sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("skattebro.db"))
    }

    /// An empty database.
    pub fn postgres(server: &TmpPg) -> Self {
        Self::Postgres(server.new_database().unwrap())
    }

    /// Points the program to it.
    pub fn tell(&self, command: &mut Command) {
        let store = match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        };
        command.env("SKATTEBRO_STORE", store);
    }

    /// The journal, read by the test itself.
    pub async fn open(&self) -> Arc<dyn Journal> {
        let settings = StoreSettings::default();
        match self {
            Self::Sqlite(path) => Arc::new(SqliteJournal::open(path, settings).await.unwrap()),
            Self::Postgres(url) => Arc::new(PostgresJournal::connect(url, settings).await.unwrap()),
        }
    }
}

/// A server for this test; `None`, said loudly, where PostgreSQL is not installed. Under CI that is a failure.
pub fn server(durability: skattebro_testpg::Durability) -> Option<TmpPg> {
    let server = TmpPg::start_with(durability).unwrap();
    if server.is_none() {
        let why = "PostgreSQL is not installed (Debian: apt-get install postgresql)";
        assert!(std::env::var_os("CI").is_none(), "CI must not skip: {why}");
        eprintln!("SKIPPED: {why}");
    }
    server
}
