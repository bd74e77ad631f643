//! The quota that machines share passes the suites of every quota.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use async_trait::async_trait;
use skattebro_adapter_store::{PostgresJournal, PostgresQuota, StoreSettings};
use skattebro_conformance::leased_quota::LeasedWorld;
use skattebro_ports::CallQuota;
use skattebro_ports::fakes::ManualClock;
use std::sync::Arc;
use std::time::Duration;

async fn quota(url: &str, settings: StoreSettings) -> PostgresQuota {
    let journal = PostgresJournal::connect(url, settings).await.unwrap();
    journal.quota(&"https://test".parse().unwrap(), "974761076", None).unwrap()
}

struct PostgresWorld {
    url: String,
    clock: ManualClock,
}

impl PostgresWorld {
    fn new(url: String) -> Self {
        Self { url, clock: ManualClock::at("2026-11-22T03:04:05.678901Z".parse().unwrap()) }
    }
}

#[async_trait]
impl LeasedWorld for PostgresWorld {
    async fn process(&self) -> Arc<dyn CallQuota> {
        let clock = Some(Arc::new(self.clock.clone()) as _);
        Arc::new(quota(&self.url, StoreSettings { clock, ..StoreSettings::default() }).await)
    }

    /// Whoever keeps its slots has forgotten them already.
    async fn kill(&self, process: Arc<dyn CallQuota>) {
        drop(process);
    }

    fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn margin(&self) -> Duration {
        Duration::from_secs(15)
    }
}

mod alone {
    use super::*;
    skattebro_conformance::call_quota!(match support::new_database() {
        Some(url) => quota(&url, StoreSettings::default()).await,
        None => return,
    });
}

mod shared {
    use super::*;
    skattebro_conformance::leased_quota!(match support::new_database() {
        Some(url) => PostgresWorld::new(url),
        None => return,
    });
}
