//! How cases come to be there.

use super::steps::*;
use crate::JournalWorld;
use futures_util::future::join_all;
use skattebro_domain::Digest;
use skattebro_ports::journal::{
    Case, CaseState, CaseSummary, Entry, NewAsk, NewCase, Opened, Record, Version,
};

pub(super) async fn a_case_is_there_as_it_was_opened(world: &dyn JournalWorld) {
    let journal = world.journal();
    let at = before(world.now(), seconds(5));
    let asks = vec![payload("one"), payload("two")];
    let new = NewCase { asks, at, ..case(world, "a") };
    assert_eq!(open(&*journal, new.clone()).await, Version(2));
    let summary = CaseSummary {
        id: new.id,
        kind: new.kind,
        environment: new.environment,
        title: new.title,
        fingerprint: new.fingerprint,
        state: CaseState::Due(at),
        status: String::new(),
        version: Version(2),
        owner: None,
        opened: at,
        changed: at,
    };
    let record = |payload| Record { at, worker: None, entry: Entry::Ask, korrelasjonsid: None, payload };
    let records = new.asks.into_iter().map(record).collect();
    assert_eq!(read(&*journal, "a").await, Case { summary, content: new.content, records });
    assert_eq!(journal.read(&id("b")).await.unwrap(), None);
}

pub(super) async fn a_case_may_be_opened_without_an_ask(world: &dyn JournalWorld) {
    let journal = world.journal();
    let new = NewCase { asks: Vec::new(), ..case(world, "a") };
    assert_eq!(open(&*journal, new).await, Version(0));
    let case = read(&*journal, "a").await;
    assert_eq!((case.records.len(), case.summary.changed), (0, world.now()));
}

pub(super) async fn a_case_with_an_owner_is_owned_from_the_start(world: &dyn JournalWorld) {
    let journal = world.journal();
    let (anna, bo) = (living(&*journal, "anna").await, living(&*journal, "bo").await);
    open(&*journal, NewCase { owner: Some(anna.clone()), ..case(world, "a") }).await;
    assert_eq!(beat(&*journal, &anna).await.stirred, [], "who opened it has read it");
    assert_eq!(journal.claim(claim(world, &bo)).await.unwrap().cases, []);
    assert_eq!(begin(&*journal, &bo, intent(world, "a", 1)).await, not_owner());
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
}

pub(super) async fn an_owner_without_a_heart_owns_until_another_claims(world: &dyn JournalWorld) {
    let journal = world.journal();
    let (anna, bo) = (worker("anna"), living(&*journal, "bo").await);
    for name in ["a", "b"] {
        open(&*journal, NewCase { owner: Some(anna.clone()), ..case(world, name) }).await;
    }
    assert_eq!(begin(&*journal, &anna, intent(world, "b", 1)).await, permitted(2));
    assert_eq!(ids(&journal.claim(only(world, &bo, &["a"])).await.unwrap()), ["a"]);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, not_owner());
    assert_eq!(beat(&*journal, &anna).await.still, Some(vec![id("b")]));
}

pub(super) async fn opening_again_changes_nothing(world: &dyn JournalWorld) {
    let (journal, another) = (world.journal(), world.another().await);
    let new = case_with_key(world, "a", "k");
    open(&*journal, new.clone()).await;
    assert_eq!(journal.ask(ask(world, "a")).await.unwrap(), recorded(2));
    let there = read(&*journal, "a").await;
    let again = NewCase {
        title: "another title".to_owned(),
        content: payload("other content"),
        asks: vec![payload("other"), payload("asks")],
        keys: vec![key("k"), key("other")],
        at: after(world.now(), seconds(9)),
        owner: Some(worker("anna")),
        ..new
    };
    for handle in [&journal, &another] {
        assert_eq!(open(&**handle, again.clone()).await, Version(2), "the version it has by now");
        assert_eq!(read(&**handle, "a").await, there);
    }
    assert_eq!(holder(&*journal, "other").await, None);
    open(&*journal, case_with_key(world, "b", "other")).await;
}

pub(super) async fn an_id_is_taken_for_anything_else(world: &dyn JournalWorld) {
    let journal = world.journal();
    let new = case(world, "a");
    open(&*journal, new.clone()).await;
    let there = read(&*journal, "a").await;
    let others = [
        NewCase { kind: "filing".parse().unwrap(), ..new.clone() },
        NewCase { environment: environment("prod"), ..new.clone() },
        NewCase { fingerprint: Digest([8; 32]), ..new.clone() },
    ];
    for other in others {
        assert_eq!(open_one(&*journal, other).await, Opened::Taken(there.summary.clone()));
    }
    assert_eq!(read(&*journal, "a").await, there);
}

pub(super) async fn of_two_in_one_call_the_first_has_the_key(world: &dyn JournalWorld) {
    let journal = world.journal();
    let other = NewCase { fingerprint: Digest([8; 32]), ..case_with_key(world, "b", "k") };
    let cases = vec![case_with_key(world, "a", "k"), other, case_with_key(world, "c", "l")];
    let opened = journal.open(cases).await.unwrap();
    let first = read(&*journal, "a").await.summary;
    assert_eq!(opened, [Opened::New(Version(1)), Opened::Taken(first), Opened::New(Version(1))]);
    assert_eq!(journal.read(&id("b")).await.unwrap(), None);
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
}

pub(super) async fn a_case_that_is_named_twice_in_one_call_is_opened_once(world: &dyn JournalWorld) {
    let journal = world.journal();
    let new = case_with_key(world, "a", "k");
    let other = NewCase { fingerprint: Digest([8; 32]), ..new.clone() };
    let opened = journal.open(vec![new.clone(), new, other]).await.unwrap();
    let there = read(&*journal, "a").await;
    let expected = [Opened::New(Version(1)), Opened::New(Version(1)), Opened::Taken(there.summary.clone())];
    assert_eq!(opened, expected);
    assert_eq!(there.records.len(), 1);
}

/// Also the keys of one that is refused stay free.
pub(super) async fn five_hundred_are_opened_and_those_refused_do_not_stop_the_others(
    world: &dyn JournalWorld,
) {
    let journal = world.journal();
    open(&*journal, case_with_key(world, "first", "taken")).await;
    let first = read(&*journal, "first").await.summary;
    let is_refused = |n: usize| n % 10 == 3;
    let cases = (0..500).map(|n| {
        let mut new = case_with_key(world, &format!("case-{n}"), &format!("own-{n}"));
        new.keys.extend(is_refused(n).then(|| key("taken")));
        new
    });
    let cases = cases.collect();
    let opened = journal.open(cases).await.unwrap();
    assert_eq!(opened.len(), 500);
    for (n, opened) in opened.into_iter().enumerate() {
        let holder = holder(&*journal, &format!("own-{n}")).await;
        match is_refused(n) {
            true => assert_eq!((opened, holder), (Opened::Taken(first.clone()), None), "{n}"),
            false => {
                assert_eq!((opened, holder), (Opened::New(Version(1)), Some(format!("case-{n}"))), "{n}");
            }
        }
    }
}

pub(super) async fn of_eight_that_open_at_once_under_one_key_one_does(world: &dyn JournalWorld) {
    let handles = handles(world, 8).await;
    for round in 0..10 {
        let of = format!("key-{round}");
        let open = handles.iter().enumerate().map(|(n, handle)| {
            let case = case_with_key(world, &format!("case-{round}-{n}"), &of);
            async move { open_one(&**handle, case).await }
        });
        let opened = join_all(open).await;
        let new: Vec<usize> = (0..8).filter(|n| matches!(opened[*n], Opened::New(_))).collect();
        let [winner] = new[..] else { panic!("opened: {opened:?}") };
        let winner = id(&format!("case-{round}-{winner}"));
        for answer in opened {
            if let Opened::Taken(by) = answer {
                assert_eq!(by.id, winner);
            }
        }
        assert_eq!(holder(&*world.journal(), &of).await.as_deref(), Some(winner.as_str()));
    }
}

pub(super) async fn of_eight_that_open_the_same_case_at_once_none_opens_it_again(world: &dyn JournalWorld) {
    let handles = handles(world, 8).await;
    for round in 0..10 {
        let new = case_with_key(world, &format!("case-{round}"), &format!("key-{round}"));
        let opened = join_all(handles.iter().map(|handle| open_one(&**handle, new.clone()))).await;
        assert!(opened.iter().all(|opened| *opened == Opened::New(Version(1))), "{opened:?}");
        assert_eq!(read(&*world.journal(), new.id.as_str()).await.records.len(), 1);
    }
}

pub(super) async fn what_one_handle_wrote_another_reads(world: &dyn JournalWorld) {
    let (journal, another) = (world.journal(), world.another().await);
    let worker = owned(world, "anna", case_with_key(world, "a", "k")).await;
    assert_eq!(begin(&*another, &worker, intent(world, "a", 1)).await, permitted(2));
    let again = NewAsk { version: Some(Version(2)), ..ask(world, "a") };
    assert_eq!(another.ask(again).await.unwrap(), recorded(3));
    assert_eq!(read(&*journal, "a").await, read(&*another, "a").await);
    assert_eq!(beat(&*journal, &worker).await.stirred, [id("a")]);
    assert_eq!(holder(&*another, "k").await.as_deref(), Some("a"));
    assert_eq!(journal.survives(), another.survives());
}
