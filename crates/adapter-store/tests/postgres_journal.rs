//! The journal in a PostgreSQL database passes the suite of every journal.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use async_trait::async_trait;
use skattebro_adapter_store::{PostgresJournal, StoreKey, StoreSettings};
use skattebro_conformance::JournalWorld;
use skattebro_domain::Timestamp;
use skattebro_ports::fakes::ManualClock;
use skattebro_ports::{Clock, Journal};
use std::sync::Arc;
use std::time::Duration;

/// Another handle has connections of its own, as another process does.
struct PostgresWorld {
    clock: ManualClock,
    settings: StoreSettings,
    url: String,
    journal: Arc<PostgresJournal>,
}

impl PostgresWorld {
    async fn new(url: String, key: Option<StoreKey>) -> Self {
        let clock = ManualClock::at("2026-11-22T03:04:05.678901Z".parse().unwrap());
        let settings =
            StoreSettings { key, clock: Some(Arc::new(clock.clone())), ..StoreSettings::default() };
        let journal = PostgresJournal::connect(&url, settings.clone()).await.unwrap();
        Self { clock, settings, url, journal: Arc::new(journal) }
    }
}

#[async_trait]
impl JournalWorld for PostgresWorld {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    async fn another(&self) -> Arc<dyn Journal> {
        Arc::new(PostgresJournal::connect(&self.url, self.settings.clone()).await.unwrap())
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
    skattebro_conformance::journal!(match support::new_database() {
        Some(url) => PostgresWorld::new(url, None).await,
        None => return,
    });
}

mod encrypted {
    use super::*;
    skattebro_conformance::journal!(match support::new_database() {
        Some(url) => PostgresWorld::new(url, Some(StoreKey::random().unwrap())).await,
        None => return,
    });
}

mod model {
    use super::*;

    #[test]
    fn every_answer_is_that_of_the_model() {
        if support::server().is_some() {
            let world = async || PostgresWorld::new(support::new_database().unwrap(), None).await;
            skattebro_conformance::journal_model::run(40, world);
        }
    }
}
