//! Keys: at most one case about a thing.

use super::steps::*;
use crate::JournalWorld;
use futures_util::future::join_all;
use skattebro_domain::Digest;
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Begun, CaseKey, CaseState, Fenced, Hold, Intent, NewCase, Opened, Parked, Parking, Version,
};

fn taking(intent: Intent, of: &str) -> Intent {
    Intent { takes: Some(key(of)), ..intent }
}

fn key_taken(by: &str) -> Begun {
    Begun::Fenced(Fenced::KeyTaken(id(by)))
}

async fn park_holding(world: &dyn JournalWorld, name: &str, version: u32, holds: Vec<Hold>) {
    let state = CaseState::Due(world.now());
    let parking = Parking { holds, keep: true, ..parking(name, version, state) };
    assert_eq!(park(&*world.journal(), &worker("anna"), parking).await, Parked::Yes);
}

pub(super) async fn who_comes_second_is_told_who_has_the_key(world: &dyn JournalWorld) {
    let journal = world.journal();
    let first = NewCase { fingerprint: Digest([1; 32]), ..case_with_key(world, "a", "k") };
    open(&*journal, first).await;
    journal.ask(ask(world, "a")).await.unwrap();
    for (name, fingerprint) in [("b", Digest([2; 32])), ("c", Digest([1; 32]))] {
        let second = NewCase { fingerprint, ..case_with_key(world, name, "k") };
        let Opened::Taken(by) = open_one(&*journal, second).await else { panic!("{name} was opened") };
        assert_eq!(by, read(&*journal, "a").await.summary);
        assert_eq!((by.fingerprint, by.version), (Digest([1; 32]), Version(2)), "as it is now");
    }
}

pub(super) async fn of_several_keys_that_are_taken_the_first_decides(world: &dyn JournalWorld) {
    let journal = world.journal();
    open(&*journal, case_with_key(world, "a", "k")).await;
    open(&*journal, case_with_key(world, "b", "l")).await;
    let both = |keys: [&str; 3]| NewCase { keys: keys.map(key).into(), ..case(world, "c") };
    for (keys, by) in [(["free", "l", "k"], "b"), (["k", "free", "l"], "a")] {
        let Opened::Taken(case) = open_one(&*journal, both(keys)).await else { panic!("it was opened") };
        assert_eq!(case.id.as_str(), by);
    }
    assert_eq!(holder(&*journal, "free").await, None);
}

pub(super) async fn a_key_names_one_case_in_all_environments(world: &dyn JournalWorld) {
    let journal = world.journal();
    open(&*journal, case_with_key(world, "a", "k")).await;
    let elsewhere = NewCase { environment: environment("prod"), ..case_with_key(world, "b", "k") };
    assert!(matches!(open_one(&*journal, elsewhere).await, Opened::Taken(_)));
}

pub(super) async fn keys_differ_by_every_letter(world: &dyn JournalWorld) {
    let journal = world.journal();
    let long = "x".repeat(900);
    let parts =
        ["K-1", "k-1", "K-1 ", "K", "K-1%", "K_1", "", "'; --", "Ærlig/1", "ærlig/1", &long, "\u{1F9FE}"];
    for (n, part) in parts.iter().enumerate() {
        let keys = vec![CaseKey::of(&["krav", part])];
        open(&*journal, NewCase { keys, ..case(world, &format!("case-{n}")) }).await;
    }
    for (n, part) in parts.iter().enumerate() {
        let holder = journal.holder(&CaseKey::of(&["krav", part])).await.unwrap();
        assert_eq!(holder, Some(id(&format!("case-{n}"))), "{part}");
    }
}

pub(super) async fn a_case_holds_its_keys_until_it_is_parked_without_them(world: &dyn JournalWorld) {
    let journal = world.journal();
    let new = NewCase { keys: vec![key("k"), key("l")], ..case(world, "a") };
    owned(world, "anna", new).await;
    world.pass(seconds(3600 * 24 * 400));
    for of in ["k", "l"] {
        assert_eq!(holder(&*journal, of).await.as_deref(), Some("a"));
    }
    park_holding(world, "a", 1, vec![Hold::of(key("k"))]).await;
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    assert_eq!(holder(&*journal, "l").await, None);
    open(&*journal, NewCase { fingerprint: Digest([9; 32]), ..case_with_key(world, "b", "l") }).await;
    assert_eq!(holder(&*journal, "l").await.as_deref(), Some("b"));
}

pub(super) async fn a_key_is_released_by_the_case_that_holds_it_alone(world: &dyn JournalWorld) {
    let journal = world.journal();
    open(&*journal, case_with_key(world, "a", "k")).await;
    open(&*journal, case_with_key(world, "b", "l")).await;
    for (case, of) in [("b", "k"), ("c", "k"), ("a", "nothing")] {
        journal.release(&id(case), &key(of)).await.unwrap();
        assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    }
    for _ in 0..2 {
        journal.release(&id("a"), &key("k")).await.unwrap();
        assert_eq!(holder(&*journal, "k").await, None);
    }
    open(&*journal, case_with_key(world, "d", "k")).await;
    assert_eq!(holder(&*journal, "l").await.as_deref(), Some("b"));
}

pub(super) async fn a_key_is_free_at_the_time_until_which_it_was_held(world: &dyn JournalWorld) {
    let journal = world.journal();
    let worker = owned(world, "anna", case_with_key(world, "a", "k")).await;
    let end = after(world.now(), seconds(60));
    park_holding(world, "a", 1, vec![until("k", end), until("l", end)]).await;
    world.pass(seconds(60) - std::time::Duration::from_micros(1));
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    assert!(matches!(open_one(&*journal, case_with_key(world, "b", "k")).await, Opened::Taken(_)));
    world.pass(std::time::Duration::from_micros(1));
    assert_eq!(holder(&*journal, "k").await, None);
    open(&*journal, case_with_key(world, "b", "k")).await;
    // It is another's now, whatever the case that held it does.
    journal.release(&id("a"), &key("k")).await.unwrap();
    let settled = parking("a", 1, CaseState::Settled);
    assert_eq!(park(&*journal, &worker, settled).await, Parked::Yes);
    journal.remove(vec![(id("a"), Version(1))]).await.unwrap();
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("b"));
}

pub(super) async fn parking_takes_keys_that_are_free_and_leaves_out_those_of_others(
    world: &dyn JournalWorld,
) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    open(&*journal, case_with_key(world, "b", "taken")).await;
    let holds = ["free", "taken"].map(|of| Hold::of(key(of)));
    let state = CaseState::Waiting;
    let refused = Parking { holds: holds.to_vec(), ..parking("a", 9, state) };
    assert_eq!(park(&*journal, &anna, refused).await, Parked::Fenced(Fenced::Stale(Version(1))));
    assert_eq!(holder(&*journal, "free").await, None, "what is refused takes nothing");
    park_holding(world, "a", 1, holds.to_vec()).await;
    assert_eq!(holder(&*journal, "free").await.as_deref(), Some("a"));
    assert_eq!(holder(&*journal, "taken").await.as_deref(), Some("b"));
}

pub(super) async fn a_key_may_be_held_longer_or_shorter_by_parking_again(world: &dyn JournalWorld) {
    let journal = world.journal();
    owned(world, "anna", case(world, "a")).await;
    let at = |by| after(world.now(), seconds(by));
    let (short, long) = (at(10), at(100));
    for holds in [vec![until("k", short), until("l", long)], vec![until("k", long), until("l", short)]] {
        park_holding(world, "a", 1, holds).await;
    }
    world.pass(seconds(10));
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    assert_eq!(holder(&*journal, "l").await, None);
}

pub(super) async fn an_intent_takes_the_key_that_it_needs(world: &dyn JournalWorld) {
    let journal = world.journal();
    let worker = owned(world, "anna", case(world, "a")).await;
    owned(world, "anna", case_with_key(world, "b", "k")).await;
    let wants = taking(intent(world, "a", 1), "k");
    assert_eq!(begin(&*journal, &worker, wants.clone()).await, key_taken("b"));
    assert_eq!(read(&*journal, "a").await.summary.version, Version(1), "it is not on record");
    journal.release(&id("b"), &key("k")).await.unwrap();
    assert_eq!(begin(&*journal, &worker, wants).await, permitted(2));
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    let other = taking(intent(world, "b", 1), "k");
    assert_eq!(begin(&*journal, &worker, other).await, key_taken("a"));
    let own_key_again = taking(intent(world, "a", 2), "k");
    assert_eq!(begin(&*journal, &worker, own_key_again).await, permitted(3));
}

pub(super) async fn a_refused_intent_takes_no_key(world: &dyn JournalWorld) {
    let journal = world.journal();
    let worker = owned(world, "anna", case(world, "a")).await;
    open(&*journal, case(world, "b")).await;
    let intents = vec![taking(intent(world, "a", 0), "k"), taking(intent(world, "b", 1), "l")];
    let begun = journal.begin(&worker, intents).await.unwrap();
    assert_eq!(begun, [stale(1), not_owner()]);
    for of in ["k", "l"] {
        assert_eq!(holder(&*journal, of).await, None);
    }
}

pub(super) async fn an_intent_takes_what_ran_out_and_keeps_what_it_held_for_ever(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let end = after(world.now(), seconds(10));
    park_holding(world, "a", 1, vec![until("k", end), until("l", end)]).await;
    let begun = begin(&*journal, &anna, taking(intent(world, "a", 1), "k")).await;
    assert_eq!(begun, permitted(2), "its own");
    world.pass(seconds(10));
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"), "for ever now");
    owned(world, "anna", case(world, "b")).await;
    assert_eq!(begin(&*journal, &anna, taking(intent(world, "b", 1), "k")).await, key_taken("a"));
    assert_eq!(begin(&*journal, &anna, taking(intent(world, "b", 1), "l")).await, permitted(2));
    assert_eq!(holder(&*journal, "l").await.as_deref(), Some("b"));
}

pub(super) async fn of_two_intents_in_one_call_the_first_has_the_key(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    owned(world, "anna", case(world, "b")).await;
    let intents = ["b", "a"].map(|name| taking(intent(world, name, 1), "k"));
    assert_eq!(journal.begin(&anna, intents.to_vec()).await.unwrap(), [permitted(2), key_taken("b")]);
}

pub(super) async fn of_eight_cases_that_need_one_key_at_once_one_gets_it(world: &dyn JournalWorld) {
    let handles = handles(world, 8).await;
    for round in 0..10 {
        let of = format!("key-{round}");
        let name = |n: usize| format!("case-{round}-{n}");
        let mut workers = Vec::new();
        for n in 0..8 {
            workers.push(owned(world, &format!("worker-{n}"), case(world, &name(n))).await);
        }
        let begin = handles.iter().zip(&workers).enumerate().map(|(n, (handle, worker))| {
            let intent = taking(intent(world, &name(n), 1), &of);
            async move { begin(&**handle, worker, intent).await }
        });
        let begun = join_all(begin).await;
        let winner = begun.iter().position(|begun| *begun == permitted(2)).expect("one that may");
        let by = name(winner);
        for (n, begun) in begun.iter().enumerate() {
            assert_eq!(*begun, if n == winner { permitted(2) } else { key_taken(&by) });
        }
        assert_eq!(holder(&*world.journal(), &of).await, Some(by));
    }
}

pub(super) async fn what_is_removed_holds_no_key(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let holds = vec![Hold::of(key("k"))];
    let settled = Parking { holds, ..parking("a", 1, CaseState::Settled) };
    assert_eq!(park(&*journal, &anna, settled).await, Parked::Yes);
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"), "settled cases keep theirs");
    assert_eq!(remove(&*journal, "a", 1).await, [id("a")]);
    assert_eq!(holder(&*journal, "k").await, None);
    owned(world, "anna", case(world, "b")).await;
    park_holding(world, "b", 1, vec![Hold::of(key("k"))]).await;
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("b"));
}

async fn remove(journal: &dyn Journal, name: &str, version: u32) -> Vec<skattebro_ports::journal::CaseId> {
    journal.remove(vec![(id(name), Version(version))]).await.unwrap()
}
