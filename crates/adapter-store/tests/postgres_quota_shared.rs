//! The quota that machines share, in time that really passes: who waits gets his turn, and it costs little.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_adapter_store::{PostgresJournal, PostgresQuota, QuotaProcess, StoreSettings};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_ports::fakes::ManualClock;
use skattebro_ports::journal::WorkerId;
use skattebro_ports::{Api, CallKind, CallQuota, SlotWish};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

const SHORT: SlotWish =
    SlotWish { api: Api::Innkreving, kind: CallKind::Short, deadline: Duration::from_secs(30) };

async fn quota(url: &str) -> PostgresQuota {
    let settings = StoreSettings { answer_within: Duration::from_secs(2), ..StoreSettings::default() };
    let journal = PostgresJournal::connect(url, settings).await.unwrap();
    journal.quota(&"https://test".parse().unwrap(), "974761076", None).unwrap()
}

/// Makes calls of so long as fast as it may, twelve at a time, and counts them.
fn busy(quota: &PostgresQuota, call: Duration, ended: &Arc<AtomicBool>) -> Arc<AtomicU32> {
    let calls = Arc::new(AtomicU32::new(0));
    for _ in 0..12 {
        let (quota, ended, calls) = (quota.clone(), ended.clone(), calls.clone());
        tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let slot = quota.slot(&SHORT).await.unwrap();
                tokio::time::sleep(call).await;
                drop(slot);
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_process_leaves_others_their_turn() {
    let Some(url) = support::new_database() else { return };
    let (one, other) = (quota(&url).await, quota(&url).await);
    let ended = Arc::new(AtomicBool::new(false));
    let of_one = busy(&one, Duration::from_millis(20), &ended);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let started = Instant::now();
    let of_other = busy(&other, Duration::from_millis(20), &ended);
    while of_other.load(Ordering::Relaxed) == 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "the other process starves");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first = started.elapsed();
    let before = [&of_one, &of_other].map(|calls| calls.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(8)).await;
    let after = [&of_one, &of_other].map(|calls| calls.load(Ordering::Relaxed));
    ended.store(true, Ordering::Relaxed);
    let [mine, theirs] = [after[0] - before[0], after[1] - before[1]];
    eprintln!(
        "first call of the other after {first:?}; then {mine} and {theirs} calls in 8 s, of 2000 that are possible"
    );
    assert!(mine > 200 && theirs > 200, "{mine} {theirs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_alone_uses_all_slots_nearly_all_the_time() {
    let Some(url) = support::new_database() else { return };
    let alone = quota(&url).await;
    let ended = Arc::new(AtomicBool::new(false));
    let calls = busy(&alone, Duration::from_millis(50), &ended);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = calls.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let made = calls.load(Ordering::Relaxed) - before;
    ended.store(true, Ordering::Relaxed);
    eprintln!("{made} calls of 50 ms in 4 s, of 400 that are possible");
    // Half of it would do on the busiest machine; with a round trip too many it is much less.
    assert!(made > 200, "{made}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_an_error_that_says_that_nothing_was_sent() {
    let Some(server) = skattebro_testpg::TmpPg::start().unwrap() else { return };
    let quota = quota(&server.url()).await;
    let held = quota.slot(&SHORT).await.unwrap();
    drop(server);
    let error = quota.slot(&SHORT).await.unwrap_err();
    assert_eq!((error.effect(), error.retry()), (&Effect::NotSent, Retry::Later(None)));
    assert!(error.to_string().contains("Nothing was sent."), "{error}");
    assert!(held.kept_for().is_ok(), "what was leased is kept");
    drop(held);
    let failed = quota.slot(&SHORT).await;
    assert!(failed.is_err() || failed.unwrap().kept_for().is_ok(), "or handed on, while it is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn environments_and_organisations_do_not_share() {
    let Some(url) = support::new_database() else { return };
    let journal = PostgresJournal::connect(&url, StoreSettings::default()).await.unwrap();
    let mut held = Vec::new();
    for (environment, organisation) in [("https://a", "1"), ("https://a", "2"), ("https://b", "1")] {
        let quota = journal.quota(&environment.parse().unwrap(), organisation, None).unwrap();
        for _ in 0..5 {
            let slot = tokio::time::timeout(Duration::from_secs(10), quota.slot(&SHORT)).await;
            held.push(slot.expect("a free slot").unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_process_held_that_has_ended_is_free_soon_and_not_at_once() {
    let Some(url) = support::new_database() else { return };
    let clock = ManualClock::default();
    let settings = StoreSettings { clock: Some(Arc::new(clock.clone())), ..StoreSettings::default() };
    let journal = PostgresJournal::connect(&url, settings).await.unwrap();
    let of = |name: &str| {
        let has_ended = |process: &WorkerId| process.as_str().starts_with("ended");
        let process = QuotaProcess { name: name.parse().unwrap(), has_ended };
        journal.quota(&"https://test".parse().unwrap(), "974761076", Some(process)).unwrap()
    };
    let (ended, alive, other) = (of("ended-1"), of("alive-1"), of("other-1"));
    let an_hour = SlotWish { deadline: Duration::from_secs(3600), ..SHORT };
    for _ in 0..3 {
        std::mem::forget(ended.slot(&an_hour).await.unwrap());
    }
    let _kept = [alive.slot(&an_hour).await.unwrap(), alive.slot(&an_hour).await.unwrap()];
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let other = other.clone();
            tokio::spawn(async move { std::mem::forget(other.slot(&an_hour).await.unwrap()) })
        })
        .collect();
    let served = || waiting.iter().filter(|slot| slot.is_finished()).count();
    clock.advance(Duration::from_secs(20));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(served(), 0, "the service may still be busy with it");
    // The 30 s count from when somebody who waits looks, every half second of real time: before now, or else soon after.
    for _ in 0..2 {
        clock.advance(Duration::from_secs(40));
        for _ in 0..50 {
            if served() < 3 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(served(), 3, "what the living hold is theirs");
}
