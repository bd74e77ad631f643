//! What a krav costs the journal, by how many come together: `cargo bench -p skattebro-adapter-store`.
//!
//! The file lies in the current folder, so on a real disk: a group waits for it four times.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/things.rs"]
mod things;

use divan::Bencher;
use divan::counter::ItemsCount;
use futures_util::future::join_all;
use skattebro_adapter_store::{SqliteJournal, StoreKey, StoreSettings};
use skattebro_ports::Journal;
use skattebro_ports::journal::{CaseState, Hold, Parking, Version, WorkerId};
use std::sync::atomic::{AtomicU64, Ordering};
use things::{act, id, owned_case, worker};

const TOGETHER: [u64; 3] = [1, 10, 64];

fn main() {
    divan::main();
}

#[divan::bench(args = TOGETHER)]
fn plain(bencher: Bencher<'_, '_>, krav: u64) {
    live(bencher, krav, StoreSettings::default());
}

#[divan::bench(args = TOGETHER)]
fn encrypted(bencher: Bencher<'_, '_>, krav: u64) {
    live(bencher, krav, StoreSettings { key: Some(StoreKey::random().unwrap()), ..StoreSettings::default() });
}

fn live(bencher: Bencher<'_, '_>, krav: u64, settings: StoreSettings) {
    let folder = tempfile::tempdir_in(".").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let journal = runtime.block_on(SqliteJournal::open(folder.path().join("journal.db"), settings)).unwrap();
    let (by, next) = (worker("w"), AtomicU64::new(0));
    bencher.counter(ItemsCount::new(krav)).bench(|| {
        runtime.block_on(join_all((0..krav).map(|_| {
            let name = format!("{:09}", next.fetch_add(1, Ordering::Relaxed));
            whole_life(&journal, &by, name)
        })));
    });
    runtime.block_on(journal.close());
}

/// As a driver does it: opened, begun, learned, parked, each when the one before is on disk.
async fn whole_life(journal: &SqliteJournal, by: &WorkerId, name: String) {
    let new = owned_case(&name, by);
    let holds = new.keys.iter().cloned().map(Hold::of).collect();
    journal.open(vec![new]).await.unwrap();
    let version = act(journal, by, &id(&name), 1).await.unwrap();
    let (state, status) = (CaseState::Settled, "received".to_owned());
    let parking = Parking { case: id(&name), version: Version(version), state, status, holds, keep: false };
    journal.park(by, vec![parking]).await.unwrap();
}
