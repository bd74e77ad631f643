//! The suite of leased quotas, run against the smallest one there is: a table in memory that is asked again and again.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro_conformance::leased_quota::LeasedWorld;
use skattebro_domain::Timestamp;
use skattebro_ports::fakes::ManualClock;
use skattebro_ports::{Api, CallKind, CallQuota, CallSlot, Clock, Permit, PortError, SlotWish};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MARGIN: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
struct Table {
    leases: Vec<Lease>,
    given: u64,
}

#[derive(Debug)]
struct Lease {
    n: u64,
    api: Api,
    kind: CallKind,
    until: Timestamp,
}

#[derive(Debug, Clone)]
struct TableQuota {
    clock: ManualClock,
    table: Arc<Mutex<Table>>,
}

struct Held {
    n: u64,
    table: Arc<Mutex<Table>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.table.lock().unwrap().leases.retain(|lease| lease.n != self.n);
    }
}

impl TableQuota {
    fn try_take(&self, wish: &SlotWish) -> Option<CallSlot> {
        let now = self.clock.now();
        let permit = Permit::new(Arc::new(self.clock.clone()), wish.deadline + MARGIN);
        let mut table = self.table.lock().unwrap();
        table.leases.retain(|lease| now < lease.until);
        let of_api = || table.leases.iter().filter(|lease| lease.api == wish.api);
        let of_kind = of_api().filter(|lease| lease.kind == wish.kind).count();
        if of_api().count() == 5 || of_kind == wish.kind.at_most(5) {
            return None;
        }
        table.given += 1;
        let n = table.given;
        table.leases.push(Lease { n, api: wish.api, kind: wish.kind, until: permit.until() });
        Some(CallSlot::leased(Held { n, table: self.table.clone() }, permit))
    }
}

#[async_trait]
impl CallQuota for TableQuota {
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError> {
        loop {
            if let Some(slot) = self.try_take(wish) {
                return Ok(slot);
            }
            tokio::task::yield_now().await;
        }
    }
}

#[derive(Default)]
struct TableWorld(ManualClock, Arc<Mutex<Table>>);

#[async_trait]
impl LeasedWorld for TableWorld {
    async fn process(&self) -> Arc<dyn CallQuota> {
        Arc::new(TableQuota { clock: self.0.clone(), table: self.1.clone() })
    }

    async fn kill(&self, _: Arc<dyn CallQuota>) {}

    fn pass(&self, by: Duration) {
        self.0.advance(by);
    }

    fn margin(&self) -> Duration {
        MARGIN
    }
}

skattebro_conformance::leased_quota!(TableWorld::default());
