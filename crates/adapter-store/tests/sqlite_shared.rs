//! A journal in a file that two processes have open.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_adapter_store::{SqliteJournal, StoreSettings};
use skattebro_ports::Journal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::things::{act, id, owned_case, worker};

/// SQLite has no queue for its lock: who asks too seldom never gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_writes_all_the_time_keeps_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let open = async || SqliteJournal::open(&path, StoreSettings::default()).await.unwrap();
    let (busy, other) = (Arc::new(open().await), open().await);
    let by = worker("w");
    let ended = Arc::new(AtomicBool::new(false));
    let tasks = (0..16).map(|nr| {
        let (journal, by, ended) = (busy.clone(), by.clone(), ended.clone());
        tokio::spawn(async move {
            let case = id(&format!("busy-{nr}"));
            journal.open(vec![owned_case(case.as_str(), &by)]).await.unwrap();
            let mut version = 1;
            while !ended.load(Ordering::Relaxed) {
                version = act(&*journal, &by, &case, version).await.unwrap();
            }
            version
        })
    });
    let tasks: Vec<_> = tasks.collect();
    other.open(vec![owned_case("other", &by)]).await.unwrap();
    let (mut version, mut longest) = (1, Duration::ZERO);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        let before = Instant::now();
        version = act(&other, &by, &id("other"), version).await.unwrap();
        longest = longest.max(before.elapsed());
    }
    ended.store(true, Ordering::Relaxed);
    let mut theirs = 0;
    for task in tasks {
        theirs += task.await.unwrap() / 2;
    }
    eprintln!("{} against {theirs} in 4 s, the longest took {longest:?}", version / 2);
    assert!(version > 10, "{version}");
}
