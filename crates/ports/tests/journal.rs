//! The memory journal passes the suite that the journals on disk pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro_conformance::JournalWorld;
use skattebro_domain::Timestamp;
use skattebro_ports::fakes::{ManualClock, MemoryJournal};
use skattebro_ports::{Clock, Journal};
use std::sync::Arc;
use std::time::Duration;

struct MemoryWorld {
    clock: ManualClock,
    journal: Arc<MemoryJournal>,
}

impl MemoryWorld {
    fn new(journal: impl Fn(Arc<dyn Clock>) -> MemoryJournal) -> Self {
        let clock = ManualClock::at("2026-11-22T03:04:05.678901Z".parse().unwrap());
        Self { journal: Arc::new(journal(Arc::new(clock.clone()))), clock }
    }
}

#[async_trait]
impl JournalWorld for MemoryWorld {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    async fn another(&self) -> Arc<dyn Journal> {
        Arc::new(MemoryJournal::clone(&self.journal))
    }

    fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

mod keeping {
    use super::*;
    skattebro_conformance::journal!(MemoryWorld::new(MemoryJournal::new));
    skattebro_conformance::journal_model!(300, MemoryWorld::new(MemoryJournal::new));
}

mod surviving {
    use super::*;
    skattebro_conformance::journal!(MemoryWorld::new(MemoryJournal::surviving));
}
