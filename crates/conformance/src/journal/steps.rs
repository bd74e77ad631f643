//! What the cases of a journal have in common.

use crate::JournalWorld;
use futures_util::future::join_all;
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseState, Claim, Claimed, Environment, Fenced, Hold, Intent,
    Learned, Look, NewAsk, NewCase, Opened, Parked, Parking, Payload, Recorded, Source, Version, WorkerId,
};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// How long a heart beats in a case.
pub(super) const ALIVE: Duration = Duration::from_secs(30);
/// How long "at once" may take on a busy machine, or with a journal that is far away.
pub(super) const AT_ONCE: Duration = Duration::from_secs(10);

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap()
}

pub(super) fn before(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_sub(by).unwrap()
}

pub(super) fn id(name: &str) -> CaseId {
    name.parse().unwrap()
}

pub(super) fn worker(name: &str) -> WorkerId {
    name.parse().unwrap()
}

pub(super) fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}

pub(super) fn key(name: &str) -> CaseKey {
    CaseKey::of(&["test", name])
}

pub(super) fn payload(text: &str) -> Payload {
    Payload::new(format!("{{\"text\":\"{text}\"}}"))
}

pub(super) fn korrelasjonsid(n: u32) -> Korrelasjonsid {
    Korrelasjonsid::from_uuid(n.into())
}

/// A case with one ask, no key and no owner.
pub(super) fn case(world: &dyn JournalWorld, name: &str) -> NewCase {
    NewCase {
        id: id(name),
        kind: "krav".parse().unwrap(),
        environment: environment("test"),
        title: format!("case {name}"),
        keys: Vec::new(),
        fingerprint: Digest([7; 32]),
        content: payload("content"),
        asks: vec![payload("first ask")],
        at: world.now(),
        owner: None,
    }
}

pub(super) fn case_with_key(world: &dyn JournalWorld, name: &str, of: &str) -> NewCase {
    NewCase { keys: vec![key(of)], ..case(world, name) }
}

pub(super) fn ask(world: &dyn JournalWorld, name: &str) -> NewAsk {
    NewAsk { case: id(name), version: None, at: world.now(), payload: payload("another ask") }
}

/// Whatever is due by now, up to a hundred.
pub(super) fn claim(world: &dyn JournalWorld, worker: &WorkerId) -> Claim {
    Claim {
        worker: worker.clone(),
        max: 100,
        environment: environment("test"),
        only: None,
        except: Vec::new(),
        now: world.now(),
    }
}

pub(super) fn only(world: &dyn JournalWorld, worker: &WorkerId, names: &[&str]) -> Claim {
    Claim { only: Some(names.iter().map(|name| id(name)).collect()), ..claim(world, worker) }
}

pub(super) fn intent(world: &dyn JournalWorld, name: &str, version: u32) -> Intent {
    Intent {
        case: id(name),
        version: Version(version),
        at: world.now(),
        until: after(world.now(), seconds(60)),
        korrelasjonsid: korrelasjonsid(version + 1),
        takes: None,
        payload: payload("intent"),
    }
}

pub(super) fn answer(world: &dyn JournalWorld, worker: &WorkerId, name: &str, n: u32) -> Learned {
    Learned {
        case: id(name),
        from: Source::Answer(AttemptNo(n)),
        at: world.now(),
        worker: worker.clone(),
        korrelasjonsid: Some(korrelasjonsid(n)),
        payload: payload("answer"),
    }
}

pub(super) fn look(world: &dyn JournalWorld, worker: &WorkerId, name: &str, look: u32) -> Learned {
    Learned {
        from: Source::Look(Look { n: AttemptNo(look), id: korrelasjonsid(1000 + look) }),
        korrelasjonsid: None,
        payload: payload("look"),
        ..answer(world, worker, name, 0)
    }
}

pub(super) fn parking(name: &str, version: u32, state: CaseState) -> Parking {
    Parking {
        case: id(name),
        version: Version(version),
        state,
        status: "parked".to_owned(),
        holds: Vec::new(),
        keep: false,
    }
}

pub(super) async fn open(journal: &dyn Journal, case: NewCase) -> Version {
    match open_one(journal, case).await {
        Opened::New(version) => version,
        Opened::Taken(by) => panic!("taken by {by:?}"),
    }
}

pub(super) async fn open_one(journal: &dyn Journal, case: NewCase) -> Opened {
    one(journal.open(vec![case]).await.unwrap())
}

pub(super) async fn read(journal: &dyn Journal, name: &str) -> Case {
    journal.read(&id(name)).await.unwrap().expect("a case that is there")
}

pub(super) async fn state(journal: &dyn Journal, name: &str) -> CaseState {
    read(journal, name).await.summary.state
}

pub(super) async fn beat(journal: &dyn Journal, worker: &WorkerId) -> Beat {
    journal.beat(worker, ALIVE).await.unwrap()
}

pub(super) async fn begin(journal: &dyn Journal, worker: &WorkerId, intent: Intent) -> Begun {
    one(journal.begin(worker, vec![intent]).await.unwrap())
}

pub(super) async fn learn(journal: &dyn Journal, fact: Learned) -> Recorded {
    one(journal.learn(vec![fact]).await.unwrap())
}

pub(super) async fn park(journal: &dyn Journal, worker: &WorkerId, parking: Parking) -> Parked {
    one(journal.park(worker, vec![parking]).await.unwrap())
}

fn one<T>(answers: Vec<T>) -> T {
    let count = answers.len();
    let mut answers = answers.into_iter();
    match (answers.next(), count) {
        (Some(answer), 1) => answer,
        _ => panic!("{count} answers to one thing"),
    }
}

/// A living worker.
pub(super) async fn living(journal: &dyn Journal, name: &str) -> WorkerId {
    let worker = worker(name);
    beat(journal, &worker).await;
    worker
}

/// Opens a case, of version 1, and has a living worker own it.
pub(super) async fn owned(world: &dyn JournalWorld, by: &str, case: NewCase) -> WorkerId {
    let journal = world.journal();
    let worker = living(&*journal, by).await;
    let name = case.id.clone();
    assert_eq!(open(&*journal, case).await, Version(1));
    let claimed = journal.claim(only(world, &worker, &[name.as_str()])).await.unwrap();
    assert_eq!(ids(&claimed), [name.as_str()]);
    worker
}

pub(super) fn ids(claimed: &Claimed) -> Vec<&str> {
    claimed.cases.iter().map(|case| case.summary.id.as_str()).collect()
}

pub(super) fn permitted(n: u32) -> Begun {
    Begun::Permitted(AttemptNo(n))
}

pub(super) fn not_owner() -> Begun {
    Begun::Fenced(Fenced::NotOwner)
}

pub(super) fn stale(version: u32) -> Begun {
    Begun::Fenced(Fenced::Stale(Version(version)))
}

pub(super) fn recorded(version: u32) -> Recorded {
    Recorded::New(Version(version))
}

pub(super) fn until(name: &str, until: Timestamp) -> Hold {
    Hold { key: key(name), until: Some(until) }
}

pub(super) async fn holder(journal: &dyn Journal, of: &str) -> Option<String> {
    let holder = journal.holder(&key(of)).await.unwrap();
    holder.map(|case| case.as_str().to_owned())
}

/// As many handles of the journal.
pub(super) async fn handles(world: &dyn JournalWorld, count: usize) -> Vec<Arc<dyn Journal>> {
    join_all((0..count).map(|_| world.another())).await
}

/// Starts a call and drops it after one poll, as a caller that is gone.
pub(super) async fn drop_midway<T>(call: impl Future<Output = T>) {
    let mut call = pin!(call);
    std::future::poll_fn(|context| {
        let _ = call.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}
