//! The journal in a file passes the suite of every journal.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro_adapter_store::{SqliteJournal, StoreKey, StoreSettings};
use skattebro_conformance::JournalWorld;
use skattebro_domain::Timestamp;
use skattebro_ports::fakes::ManualClock;
use skattebro_ports::{Clock, Journal};
use std::sync::Arc;
use std::time::Duration;

/// Another handle opens the file anew, as another process does.
struct SqliteWorld {
    clock: ManualClock,
    settings: StoreSettings,
    folder: tempfile::TempDir,
    journal: Arc<SqliteJournal>,
}

impl SqliteWorld {
    async fn new(key: Option<StoreKey>) -> Self {
        let clock = ManualClock::at("2026-11-22T03:04:05.678901Z".parse().unwrap());
        let settings =
            StoreSettings { key, clock: Some(Arc::new(clock.clone())), ..StoreSettings::default() };
        let folder = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(folder.path().join("journal.db"), settings.clone()).await.unwrap();
        Self { clock, settings, folder, journal: Arc::new(journal) }
    }
}

#[async_trait]
impl JournalWorld for SqliteWorld {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    async fn another(&self) -> Arc<dyn Journal> {
        let path = self.folder.path().join("journal.db");
        Arc::new(SqliteJournal::open(path, self.settings.clone()).await.unwrap())
    }

    fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

mod plain {
    use super::*;
    skattebro_conformance::journal!(SqliteWorld::new(None).await);
}

mod encrypted {
    use super::*;
    skattebro_conformance::journal!(SqliteWorld::new(Some(StoreKey::random().unwrap())).await);
}

mod model {
    use super::*;
    skattebro_conformance::journal_model!(60, SqliteWorld::new(None).await);
}

mod encrypted_model {
    use super::*;
    skattebro_conformance::journal_model!(20, SqliteWorld::new(Some(StoreKey::random().unwrap())).await);
}
