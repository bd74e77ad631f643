//! What somebody wants, and who is told of it.

use super::steps::*;
use crate::{Hears, JournalWorld};
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Begun, CaseState, Entry, NewAsk, NewCase, Parked, Parking, Record, Recorded, Version,
};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use tokio::time::timeout;

pub(super) async fn an_ask_makes_a_case_due_however_it_stood(world: &dyn JournalWorld) {
    let journal = world.journal();
    let (now, later) = (world.now(), after(world.now(), seconds(3600)));
    for (name, state) in
        [("waiting", CaseState::Waiting), ("settled", CaseState::Settled), ("later", CaseState::Due(later))]
    {
        let anna = owned(world, "anna", case(world, name)).await;
        assert_eq!(park(&*journal, &anna, parking(name, 1, state)).await, Parked::Yes);
        assert_eq!(journal.ask(ask(world, name)).await.unwrap(), recorded(2));
        assert_eq!(self::state(&*journal, name).await, CaseState::Due(now));
        assert_eq!(read(&*journal, name).await.summary.status, "parked", "its owner's word stays");
    }
    let bo = living(&*journal, "bo").await;
    assert_eq!(journal.claim(claim(world, &bo)).await.unwrap().cases.len(), 3);
}

pub(super) async fn an_ask_puts_nothing_off(world: &dyn JournalWorld) {
    let journal = world.journal();
    let long_ago = before(world.now(), seconds(60));
    open(&*journal, NewCase { at: long_ago, ..case(world, "a") }).await;
    let ahead = NewAsk { at: after(world.now(), seconds(3600)), ..ask(world, "a") };
    assert_eq!(journal.ask(ahead.clone()).await.unwrap(), recorded(2));
    assert_eq!(state(&*journal, "a").await, CaseState::Due(long_ago));
    assert_eq!(read(&*journal, "a").await.summary.changed, ahead.at);
}

pub(super) async fn an_ask_is_on_record_each_time(world: &dyn JournalWorld) {
    let journal = world.journal();
    open(&*journal, case(world, "a")).await;
    let asked = NewAsk { at: after(world.now(), seconds(1)), payload: payload("more"), ..ask(world, "a") };
    for version in 2..4 {
        assert_eq!(journal.ask(asked.clone()).await.unwrap(), recorded(version));
    }
    let record = Record {
        at: asked.at,
        worker: None,
        entry: Entry::Ask,
        korrelasjonsid: None,
        payload: asked.payload,
    };
    assert_eq!(read(&*journal, "a").await.records[1..], [record.clone(), record]);
    assert_eq!(journal.ask(ask(world, "nothing")).await.unwrap(), Recorded::NoCase);
}

pub(super) async fn an_ask_of_a_version_is_refused_at_another(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let waiting = Parking { keep: true, ..parking("a", 1, CaseState::Waiting) };
    assert_eq!(park(&*journal, &anna, waiting).await, Parked::Yes);
    let there = read(&*journal, "a").await;
    let of = |version| NewAsk { version: Some(Version(version)), ..ask(world, "a") };
    for other in [0, 2] {
        assert_eq!(journal.ask(of(other)).await.unwrap(), Recorded::Stale(Version(1)));
        assert_eq!(read(&*journal, "a").await, there, "nothing was recorded, and it waits");
        assert_eq!(beat(&*journal, &anna).await.stirred, []);
    }
    assert_eq!(journal.ask(of(1)).await.unwrap(), recorded(2));
    assert_eq!(journal.ask(of(1)).await.unwrap(), Recorded::Stale(Version(2)), "repeating it is safe");
    let unknown = NewAsk { case: id("b"), ..of(1) };
    assert_eq!(journal.ask(unknown).await.unwrap(), Recorded::NoCase);
}

pub(super) async fn an_ask_may_arrive_while_a_call_is_in_flight(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    assert_eq!(journal.ask(ask(world, "a")).await.unwrap(), recorded(3));
    assert_eq!(learn(&*journal, answer(world, &anna, "a", 2)).await, recorded(4));
    let entries: Vec<Entry> = read(&*journal, "a").await.records.into_iter().map(|r| r.entry).collect();
    let until = after(world.now(), seconds(60));
    let intended = Entry::Intent { until };
    assert_eq!(entries, [Entry::Ask, intended, Entry::Ask, Entry::Answer(AttemptNo(2))]);
    for read in [2, 3] {
        assert_eq!(begin(&*journal, &anna, intent(world, "a", read)).await, stale(4));
    }
    let settled = parking("a", 3, CaseState::Settled);
    let fenced = skattebro_ports::journal::Fenced::Stale(Version(4));
    assert_eq!(park(&*journal, &anna, settled).await, Parked::Fenced(fenced), "the ask is not overlooked");
    assert_eq!(beat(&*journal, &anna).await.stirred, [id("a")]);
    assert_eq!(journal.load(&anna, &id("a")).await.unwrap(), Some(read(&*journal, "a").await));
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 4)).await, permitted(5));
}

pub(super) async fn the_owner_is_told_with_each_beat_until_it_has_read(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "b")).await;
    owned(world, "anna", case(world, "a")).await;
    owned(world, "anna", case(world, "quiet")).await;
    for name in ["a", "b"] {
        journal.ask(ask(world, name)).await.unwrap();
    }
    let stirred = async || beat(&*journal, &anna).await.stirred;
    for _ in 0..2 {
        assert_eq!(stirred().await, [id("b"), id("a")], "in the order of opening");
    }
    journal.load(&worker("bo"), &id("a")).await.unwrap();
    journal.read(&id("a")).await.unwrap();
    assert_eq!(stirred().await, [id("b"), id("a")], "another's reading is not its own");
    let keep = Parking { keep: true, ..parking("a", 2, CaseState::Waiting) };
    assert_eq!(park(&*journal, &anna, keep).await, Parked::Yes);
    assert_eq!(stirred().await, [id("b"), id("a")], "nor is parking");
    journal.load(&anna, &id("a")).await.unwrap();
    assert_eq!(stirred().await, [id("b")]);
    assert_eq!(park(&*journal, &anna, parking("b", 2, CaseState::Waiting)).await, Parked::Yes);
    assert_eq!(stirred().await, [], "what it gave up is not its concern");
    assert_eq!(journal.load(&anna, &id("nothing")).await.unwrap(), None);
}

pub(super) async fn what_a_worker_wrote_itself_does_not_stir_it(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    assert_eq!(learn(&*journal, answer(world, &anna, "a", 2)).await, recorded(3));
    assert_eq!(learn(&*journal, look(world, &anna, "a", 1)).await, recorded(4));
    assert_eq!(beat(&*journal, &anna).await.stirred, []);
}

/// A dead owner that comes back is told what it missed.
pub(super) async fn who_was_dead_is_told_what_was_asked_meanwhile(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    world.pass(ALIVE);
    journal.ask(ask(world, "a")).await.unwrap();
    let beat = beat(&*journal, &anna).await;
    assert_eq!((beat.stirred, beat.still), (vec![id("a")], Some(vec![id("a")])));
}

type Stirred<'j> = Pin<Box<dyn Future<Output = ()> + Send + 'j>>;

/// Waits until nothing new is to be heard; it may return without a reason, but not for ever.
async fn listen(journal: &dyn Journal) -> Stirred<'_> {
    for _ in 0..20 {
        let mut stirred: Stirred<'_> = Box::pin(journal.stirred());
        if !returns(&mut stirred).await {
            return stirred;
        }
    }
    panic!("it returns all the time");
}

async fn returns(stirred: &mut Stirred<'_>) -> bool {
    for _ in 0..50 {
        let polled = std::future::poll_fn(|context| Poll::Ready(stirred.as_mut().poll(context))).await;
        if polled.is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

async fn hear(stirred: impl Future<Output = ()>) {
    timeout(AT_ONCE, stirred).await.expect("it should have returned");
}

pub(super) async fn who_waits_is_told_of_what_is_new_to_claim(world: &dyn JournalWorld) {
    if world.hears() == Hears::Nothing {
        return;
    }
    let journal = world.journal();
    let stirred = listen(&*journal).await;
    open(&*journal, case(world, "a")).await;
    hear(stirred).await;

    let stirred = listen(&*journal).await;
    journal.ask(ask(world, "a")).await.unwrap();
    hear(stirred).await;

    for (n, state) in [(0, CaseState::Waiting), (1, CaseState::Settled)] {
        let anna = living(&*journal, "anna").await;
        assert_eq!(ids(&journal.claim(only(world, &anna, &["a"])).await.unwrap()), ["a"]);
        assert_eq!(park(&*journal, &anna, parking("a", 2 + n, state)).await, Parked::Yes);
        let stirred = listen(&*journal).await;
        assert_eq!(learn(&*journal, look(world, &worker("bo"), "a", n)).await, recorded(3 + n));
        hear(stirred).await;
    }
}

pub(super) async fn what_happened_before_somebody_waits_is_not_lost(world: &dyn JournalWorld) {
    if world.hears() == Hears::Nothing {
        return;
    }
    let journal = world.journal();
    drop(listen(&*journal).await);
    open(&*journal, case(world, "a")).await;
    let mut dropped: Stirred<'_> = Box::pin(journal.stirred());
    std::future::poll_fn(|context| Poll::Ready(dropped.as_mut().poll(context).is_ready())).await;
    drop(dropped);
    journal.ask(ask(world, "a")).await.unwrap();
    hear(journal.stirred()).await;
}

pub(super) async fn who_gave_up_waiting_took_nothing_along(world: &dyn JournalWorld) {
    if world.hears() == Hears::Nothing {
        return;
    }
    let journal = world.journal();
    let gives_up = listen(&*journal).await;
    open(&*journal, case(world, "a")).await;
    drop(gives_up);
    hear(journal.stirred()).await;
}

/// Each in a task of its own, which nothing but the journal wakes.
pub(super) async fn all_who_wait_are_told(world: &dyn JournalWorld) {
    if world.hears() == Hears::Nothing {
        return;
    }
    let (journal, another) = (world.journal(), world.another().await);
    let mut handles = vec![journal.clone(), journal.clone(), journal.clone()];
    if world.hears() == Hears::All {
        handles.extend([another.clone(), another]);
    }
    for handle in &handles {
        drop(listen(&**handle).await);
    }
    let wait = |handle: Arc<dyn Journal>| tokio::spawn(async move { handle.stirred().await });
    let waiting: Vec<_> = handles.into_iter().map(wait).collect();
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    open(&*journal, case(world, "a")).await;
    for stirred in waiting {
        hear(async { stirred.await.unwrap() }).await;
    }
}

pub(super) async fn waiting_keeps_nobody_from_writing(world: &dyn JournalWorld) {
    let journal = world.journal();
    let mut stirred = pin!(journal.stirred());
    let _ = std::future::poll_fn(|context| Poll::Ready(stirred.as_mut().poll(context))).await;
    let anna = owned(world, "anna", case(world, "a")).await;
    assert!(matches!(begin(&*journal, &anna, intent(world, "a", 1)).await, Begun::Permitted(_)));
}
