//! Who may send, and who may say where a case stands.

use super::steps::*;
use crate::JournalWorld;
use futures_util::future::{join, join_all};
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::journal::{
    Begun, CaseState, Entry, Fenced, Intent, NewAsk, Parked, Parking, Record, Recorded, Version,
};

pub(super) async fn what_is_permitted_is_on_record_under_its_number(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    journal.ask(ask(world, "a")).await.unwrap();
    let (at, until) = (after(world.now(), seconds(1)), after(world.now(), seconds(77)));
    let sent = Intent { at, until, ..intent(world, "a", 2) };
    assert_eq!(begin(&*journal, &anna, sent.clone()).await, permitted(3));
    let case = read(&*journal, "a").await;
    let record = Record {
        at,
        worker: Some(anna),
        entry: Entry::Intent { until },
        korrelasjonsid: Some(sent.korrelasjonsid),
        payload: sent.payload,
    };
    assert_eq!(case.records[2], record);
    assert_eq!((case.summary.version, case.summary.changed), (Version(3), at));
    assert_eq!(case.summary.state, CaseState::Due(world.now()), "an intent does not change it");
}

pub(super) async fn only_the_owner_may_begin(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    open(&*journal, case(world, "nobodys")).await;
    let bo = living(&*journal, "bo").await;
    for (worker, name) in [(&bo, "a"), (&anna, "nobodys"), (&anna, "nothing"), (&worker("cecilie"), "a")] {
        for version in [1, 7] {
            assert_eq!(begin(&*journal, worker, intent(world, name, version)).await, not_owner(), "{name}");
        }
    }
    for name in ["a", "nobodys"] {
        assert_eq!(read(&*journal, name).await.records.len(), 1, "what is refused is not on record");
    }
}

pub(super) async fn only_who_has_read_all_may_begin(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    journal.ask(ask(world, "a")).await.unwrap();
    for version in [0, 1, 3] {
        assert_eq!(begin(&*journal, &anna, intent(world, "a", version)).await, stale(2));
    }
    assert_eq!(read(&*journal, "a").await.records.len(), 2);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 2)).await, permitted(3));
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 2)).await, stale(3));
}

pub(super) async fn of_two_intents_for_a_case_in_one_call_the_second_is_stale(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    owned(world, "anna", case(world, "b")).await;
    let intents = [("a", 0), ("a", 1), ("b", 1), ("a", 1), ("a", 2)];
    let intents = intents.map(|(name, version)| intent(world, name, version)).to_vec();
    let begun = journal.begin(&anna, intents).await.unwrap();
    assert_eq!(begun, [stale(1), permitted(2), permitted(2), stale(2), stale(2)]);
    assert_eq!(read(&*journal, "a").await.records.len(), 2);
}

pub(super) async fn a_dead_owner_may_begin_and_park_until_another_took_the_case(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    world.pass(ALIVE * 100);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    let kept = Parking { keep: true, ..parking("a", 2, CaseState::Due(world.now())) };
    assert_eq!(park(&*journal, &anna, kept).await, Parked::Yes);
    let bo = living(&*journal, "bo").await;
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["a"]);
    beat(&*journal, &anna).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 2)).await, not_owner());
    let parked = park(&*journal, &anna, parking("a", 2, CaseState::Settled)).await;
    assert_eq!(parked, Parked::Fenced(Fenced::NotOwner));
    assert_eq!(begin(&*journal, &bo, intent(world, "a", 2)).await, permitted(3));
}

/// Many tasks of one worker, through several handles.
pub(super) async fn of_many_that_begin_at_once_one_is_permitted(world: &dyn JournalWorld) {
    let journal = world.journal();
    let handles = handles(world, 4).await;
    let anna = owned(world, "anna", case(world, "a")).await;
    for version in 1..6 {
        let begin = handles.iter().cycle().take(20).enumerate().map(|(n, handle)| {
            let sent = Intent { payload: payload(&format!("{n}")), ..intent(world, "a", version) };
            let anna = &anna;
            async move { begin(&**handle, anna, sent).await }
        });
        let begun = join_all(begin).await;
        let winners: Vec<usize> = (0..20).filter(|n| begun[*n] == permitted(version + 1)).collect();
        let [winner] = winners[..] else { panic!("permitted: {begun:?}") };
        assert_eq!(begun.iter().filter(|begun| **begun == stale(version + 1)).count(), 19);
        let case = read(&*journal, "a").await;
        assert_eq!(case.records.len(), version as usize + 1);
        assert_eq!(case.records.last().unwrap().payload, payload(&format!("{winner}")));
    }
}

/// A worker that slept too long and the one that takes over: either the old one's intent is there for the new one to see, or it is refused.
pub(super) async fn who_takes_over_sees_every_intent_that_was_permitted(world: &dyn JournalWorld) {
    let journal = world.journal();
    let handles = handles(world, 2).await;
    for round in 0..20 {
        let name = format!("case-{round}");
        let anna = owned(world, "anna", case(world, &name)).await;
        world.pass(ALIVE);
        let bo = living(&*journal, &format!("bo-{round}")).await;
        let take_over = async {
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            handles[0].claim(only(world, &bo, &[&name])).await.unwrap()
        };
        let (taken, begun) = join(take_over, begin(&*handles[1], &anna, intent(world, &name, 1))).await;
        assert_eq!(ids(&taken), [name.as_str()]);
        let seen = taken.cases[0].summary.version;
        match begun {
            Begun::Permitted(n) => assert_eq!((n, seen), (AttemptNo(2), Version(2)), "it is seen"),
            begun => assert_eq!((begun, seen), (not_owner(), Version(1))),
        }
        assert_eq!(begin(&*journal, &anna, intent(world, &name, seen.0)).await, not_owner());
        assert_eq!(begin(&*journal, &bo, intent(world, &name, seen.0)).await, permitted(seen.0 + 1));
    }
}

pub(super) async fn parking_says_where_a_case_stands_and_writes_no_record(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let mut expected = read(&*journal, "a").await;
    let tomorrow = after(world.now(), seconds(24 * 3600));
    for (state, status) in [
        (CaseState::Waiting, "waits for a person"),
        (CaseState::Settled, "done"),
        (CaseState::Due(tomorrow), ""),
        (CaseState::Due(world.now()), "bokført"),
    ] {
        let parking = Parking { status: status.to_owned(), keep: true, ..parking("a", 1, state) };
        assert_eq!(park(&*journal, &anna, parking).await, Parked::Yes);
        (expected.summary.state, expected.summary.status) = (state, status.to_owned());
        assert_eq!(read(&*journal, "a").await, expected);
    }
}

pub(super) async fn parking_is_fenced(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let bo = owned(world, "bo", case(world, "b")).await;
    journal.ask(ask(world, "a")).await.unwrap();
    let there = read(&*journal, "a").await;
    let settled = |name, version| parking(name, version, CaseState::Settled);
    let parkings = vec![settled("a", 1), settled("b", 1), settled("nothing", 0), settled("a", 3)];
    let parked = journal.park(&anna, parkings).await.unwrap();
    let fenced = [Fenced::Stale(Version(2)), Fenced::NotOwner, Fenced::NotOwner, Fenced::Stale(Version(2))];
    assert_eq!(parked, fenced.map(Parked::Fenced));
    assert_eq!(read(&*journal, "a").await, there);
    assert_eq!(park(&*journal, &bo, settled("b", 1)).await, Parked::Yes);
    let again = park(&*journal, &bo, settled("b", 1)).await;
    assert_eq!(again, Parked::Fenced(Fenced::NotOwner), "it was given up");
}

/// An ask and the parking that would overlook it: whatever comes first, the case is due in the end.
pub(super) async fn an_ask_is_never_parked_away(world: &dyn JournalWorld) {
    let journal = world.journal();
    let handles = handles(world, 2).await;
    for round in 0..20 {
        let name = format!("case-{round}");
        let anna = owned(world, "anna", case(world, &name)).await;
        let asked = NewAsk { at: world.now(), ..ask(world, &name) };
        let ask = async {
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            handles[0].ask(asked).await.unwrap()
        };
        let settle = park(&*handles[1], &anna, parking(&name, 1, CaseState::Settled));
        let (recorded, _) = join(ask, settle).await;
        assert_eq!(recorded, Recorded::New(Version(2)));
        assert_eq!(state(&*journal, &name).await, CaseState::Due(world.now()));
    }
}

pub(super) async fn five_hundred_begin_and_park_and_each_is_answered_in_its_place(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = living(&*journal, "anna").await;
    let names: Vec<String> = (0..500).map(|n| format!("case-{n}")).collect();
    let cases = names.iter().map(|name| case(world, name)).collect();
    journal.open(cases).await.unwrap();
    let claimed = journal.claim(skattebro_ports::journal::Claim { max: 500, ..claim(world, &anna) }).await;
    assert_eq!(claimed.unwrap().cases.len(), 500);
    // Backwards, so that the order of the answers is not that of the cases.
    let read = |n: usize| if n.is_multiple_of(7) { 0 } else { 1 };
    let intents = names.iter().enumerate().rev().map(|(n, name)| intent(world, name, read(n))).collect();
    let begun = journal.begin(&anna, intents).await.unwrap();
    let expected = (0..500).rev().map(|n| if read(n) == 0 { stale(1) } else { permitted(2) });
    assert_eq!(begun, expected.collect::<Vec<_>>());
    let parkings = names.iter().rev().map(|name| parking(name, 2, CaseState::Waiting)).collect();
    let parked = journal.park(&anna, parkings).await.unwrap();
    let expected = (0..500).rev().map(|n| match read(n) {
        0 => Parked::Fenced(Fenced::Stale(Version(1))),
        _ => Parked::Yes,
    });
    assert_eq!(parked, expected.collect::<Vec<_>>());
}
