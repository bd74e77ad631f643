//! What the memory journal does beyond the suite: forgetting, copying, and staying fast.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};
use skattebro_ports::fakes::{ManualClock, MemoryJournal};
use skattebro_ports::journal::{
    Begun, CaseId, CaseKey, CaseState, Claim, Claimed, Filter, Hold, Intent, Learned, NewAsk, NewCase,
    Opened, Parked, Parking, Payload, Recorded, Source, Version, WorkerId,
};
use skattebro_ports::{Clock, Journal};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ALIVE: Duration = Duration::from_secs(30);

fn clock() -> (ManualClock, Arc<dyn Clock>) {
    let clock = ManualClock::default();
    (clock.clone(), Arc::new(clock))
}

fn worker() -> WorkerId {
    "worker".parse().unwrap()
}

fn id(n: usize) -> CaseId {
    format!("case-{n}").parse().unwrap()
}

fn key(n: usize) -> CaseKey {
    CaseKey::of(&["key", &n.to_string()])
}

fn case(n: usize) -> NewCase {
    NewCase {
        id: id(n),
        kind: "krav".parse().unwrap(),
        environment: "test".parse().unwrap(),
        title: String::new(),
        keys: vec![key(n)],
        fingerprint: Digest([0; 32]),
        content: Payload::new("{}"),
        asks: vec![Payload::new("{}")],
        at: Timestamp::UNIX_EPOCH,
        owner: None,
    }
}

async fn claim(journal: &MemoryJournal, max: usize) -> Claimed {
    let (worker, environment) = (worker(), "test".parse().unwrap());
    let now = Timestamp::UNIX_EPOCH;
    journal.claim(Claim { worker, max, environment, only: None, except: Vec::new(), now }).await.unwrap()
}

fn intent(n: usize) -> Intent {
    Intent {
        case: id(n),
        version: Version(1),
        at: Timestamp::UNIX_EPOCH,
        until: Timestamp::UNIX_EPOCH,
        korrelasjonsid: Korrelasjonsid::from_uuid(1),
        takes: None,
        payload: Payload::new("{}"),
    }
}

fn answer(n: usize) -> Learned {
    Learned {
        case: id(n),
        from: Source::Answer(AttemptNo(2)),
        at: Timestamp::UNIX_EPOCH,
        worker: worker(),
        korrelasjonsid: None,
        payload: Payload::new("{}"),
    }
}

fn parking(n: usize, version: u32, state: CaseState, keep: bool) -> Parking {
    let holds = vec![Hold::of(key(n))];
    Parking { case: id(n), version: Version(version), state, status: "parked".into(), holds, keep }
}

#[test]
fn it_survives_if_it_says_so_alone() {
    let (_, clock) = clock();
    assert!(!MemoryJournal::new(clock.clone()).survives());
    assert!(!MemoryJournal::forgetful(clock.clone()).survives());
    let surviving = MemoryJournal::surviving(clock);
    assert!(surviving.survives() && surviving.clone().survives() && surviving.snapshot().survives());
}

#[tokio::test]
async fn a_forgetful_one_drops_what_is_settled_with_its_keys_and_nothing_else() {
    let (_, clock) = clock();
    let journal = MemoryJournal::forgetful(clock);
    journal.beat(&worker(), ALIVE).await.unwrap();
    journal.open((0..4).map(case).collect()).await.unwrap();
    assert_eq!(claim(&journal, 4).await.cases.len(), 4);
    let due = CaseState::Due(Timestamp::UNIX_EPOCH);
    let parkings = vec![
        parking(0, 1, CaseState::Settled, false),
        parking(1, 1, CaseState::Settled, true),
        parking(2, 1, CaseState::Waiting, false),
        parking(3, 1, due, false),
    ];
    assert_eq!(journal.park(&worker(), parkings).await.unwrap(), vec![Parked::Yes; 4]);
    for n in 0..4 {
        let is_kept = n > 1;
        assert_eq!(journal.read(&id(n)).await.unwrap().is_some(), is_kept);
        assert_eq!(journal.holder(&key(n)).await.unwrap().is_some(), is_kept);
    }
    let late = journal.learn(vec![answer(0)]).await.unwrap();
    assert_eq!(late, [Recorded::NoCase]);
    assert_eq!(journal.open(vec![case(0)]).await.unwrap(), [Opened::New(Version(1))]);
}

#[tokio::test]
async fn others_keep_what_is_settled() {
    let (_, clock) = clock();
    for journal in [MemoryJournal::new(clock.clone()), MemoryJournal::surviving(clock)] {
        journal.beat(&worker(), ALIVE).await.unwrap();
        journal.open(vec![case(0)]).await.unwrap();
        claim(&journal, 1).await;
        let settled = parking(0, 1, CaseState::Settled, false);
        assert_eq!(journal.park(&worker(), vec![settled]).await.unwrap(), [Parked::Yes]);
        assert!(journal.read(&id(0)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_clone_is_the_same_memory_and_a_snapshot_another() {
    let (clock, as_clock) = clock();
    let journal = MemoryJournal::surviving(as_clock);
    journal.beat(&worker(), ALIVE).await.unwrap();
    journal.open((0..2).map(case).collect()).await.unwrap();
    assert_eq!(claim(&journal, 1).await.cases.len(), 1);
    let (clone, backup) = (journal.clone(), journal.snapshot());
    assert_eq!(journal.begin(&worker(), vec![intent(0)]).await.unwrap(), [Begun::Permitted(AttemptNo(2))]);
    assert_eq!(backup.open(vec![case(2)]).await.unwrap(), [Opened::New(Version(1))]);
    let versions = async |journal: &MemoryJournal| {
        let cases = journal.list(Filter::all(9)).await.unwrap();
        cases.into_iter().map(|case| case.version.0).collect::<Vec<_>>()
    };
    assert_eq!(versions(&journal).await, [2, 1]);
    assert_eq!(versions(&clone).await, [2, 1]);
    assert_eq!(versions(&backup).await, [1, 1, 1]);
    assert_eq!(backup.holder(&key(0)).await.unwrap(), Some(id(0)));
    // Owners, hearts and what is due are in the copy too.
    assert_eq!(claim(&backup, 9).await.cases.len(), 2);
    assert_eq!(backup.begin(&worker(), vec![intent(0)]).await.unwrap(), [Begun::Permitted(AttemptNo(2))]);
    clock.advance(ALIVE);
    assert_eq!(backup.beat(&worker(), ALIVE).await.unwrap().still.unwrap().len(), 3);
    assert_eq!(journal.beat(&worker(), ALIVE).await.unwrap().still, Some(vec![id(0)]));
}

#[test]
fn it_shows_no_case() {
    let (_, clock) = clock();
    let shown = format!("{:?}", MemoryJournal::new(clock));
    assert_eq!(shown, "MemoryJournal { keeping: UntilRemoved, cases: 0, .. }");
}

/// How long some krav take through their whole life, among so many that another owns and as many that are due later: the quickest of a
/// few times, since other things run on this machine.
async fn time_among(others: usize) -> Duration {
    const MOVED: usize = 200;
    let (_, clock) = clock();
    let journal = MemoryJournal::new(clock);
    let other: WorkerId = "other".parse().unwrap();
    journal.beat(&worker(), ALIVE).await.unwrap();
    journal.beat(&other, ALIVE).await.unwrap();
    let later = Timestamp::UNIX_EPOCH.checked_add(ALIVE).unwrap();
    let owned = |n| NewCase { owner: Some(other.clone()), ..case(n) };
    journal.open((0..others).map(owned).collect()).await.unwrap();
    journal.open((others..2 * others).map(|n| NewCase { at: later, ..case(n) }).collect()).await.unwrap();
    let mut quickest = Duration::MAX;
    for round in 0..7 {
        let began = Instant::now();
        let first = 2 * others + round * MOVED;
        for n in first..first + MOVED {
            live(&journal, n).await;
        }
        quickest = quickest.min(began.elapsed());
    }
    quickest
}

/// One krav through its whole life.
async fn live(journal: &MemoryJournal, n: usize) {
    journal.open(vec![case(n)]).await.unwrap();
    assert_eq!(claim(journal, 1).await.cases.len(), 1);
    journal.begin(&worker(), vec![intent(n)]).await.unwrap();
    journal.learn(vec![answer(n)]).await.unwrap();
    let ask = NewAsk { case: id(n), version: None, at: Timestamp::UNIX_EPOCH, payload: Payload::new("{}") };
    journal.ask(ask).await.unwrap();
    assert_eq!(journal.beat(&worker(), ALIVE).await.unwrap().stirred.len(), 1);
    let settled = parking(n, 4, CaseState::Settled, false);
    assert_eq!(journal.park(&worker(), vec![settled]).await.unwrap(), [Parked::Yes]);
}

#[tokio::test]
async fn forty_thousand_other_cases_slow_nothing_down() {
    let (alone, among_many) = (time_among(0).await, time_among(20_000).await);
    assert!(among_many < alone * 5, "{alone:?} alone, {among_many:?} among many");
}
