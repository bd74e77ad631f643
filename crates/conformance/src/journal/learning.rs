//! What was learned, by whomever and whenever.

use super::steps::*;
use crate::JournalWorld;
use futures_util::future::join_all;
use skattebro_domain::flow::AttemptNo;
use skattebro_ports::journal::{
    CaseState, Entry, Learned, Look, Parked, Parking, Record, Recorded, Source, Version,
};

fn known(version: u32) -> Recorded {
    Recorded::Known(Version(version))
}

pub(super) async fn what_was_learned_is_on_record(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    let answered = Learned { at: after(world.now(), seconds(3)), ..answer(world, &anna, "a", 2) };
    let with_id = Some(korrelasjonsid(77));
    let looked = Learned { korrelasjonsid: with_id, ..look(world, &anna, "a", 1) };
    let without_id = Learned { korrelasjonsid: None, ..look(world, &anna, "a", 2) };
    let facts = [answered, looked, without_id];
    let versions = journal.learn(facts.to_vec()).await.unwrap();
    assert_eq!(versions, [recorded(3), recorded(4), recorded(5)]);
    let case = read(&*journal, "a").await;
    let records = facts.map(|fact| Record {
        at: fact.at,
        worker: Some(fact.worker),
        entry: match fact.from {
            Source::Answer(n) => Entry::Answer(n),
            Source::Look(look) => Entry::Look(look),
        },
        korrelasjonsid: fact.korrelasjonsid,
        payload: fact.payload,
    });
    assert_eq!(case.records[2..], records);
    assert_eq!((case.summary.version, case.summary.changed), (Version(5), world.now()));
}

pub(super) async fn a_fact_is_recorded_after_ownership_was_lost(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    world.pass(ALIVE);
    let bo = living(&*journal, "bo").await;
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["a"]);
    assert_eq!(learn(&*journal, answer(world, &anna, "a", 2)).await, recorded(3));
    assert_eq!(begin(&*journal, &bo, intent(world, "a", 2)).await, stale(3), "it is not overlooked");
    assert_eq!(beat(&*journal, &bo).await.stirred, [id("a")]);
    assert_eq!(read(&*journal, "a").await.summary.owner, Some(bo.clone()));
    journal.leave(&bo).await.unwrap();
    assert_eq!(learn(&*journal, look(world, &anna, "a", 1)).await, recorded(4), "nor without an owner");
}

pub(super) async fn what_is_learned_twice_is_recorded_once(world: &dyn JournalWorld) {
    let journal = world.journal();
    let (anna, bo) = (owned(world, "anna", case(world, "a")).await, living(&*journal, "bo").await);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    for fact in [answer(world, &anna, "a", 2), look(world, &anna, "a", 5)] {
        let new = learn(&*journal, fact.clone()).await;
        let Recorded::New(Version(version)) = new else { panic!("{new:?}") };
        let there = read(&*journal, "a").await;
        let otherwise = Learned { payload: payload("other"), worker: bo.clone(), ..fact.clone() };
        assert_eq!(journal.learn(vec![fact, otherwise]).await.unwrap(), [known(version), known(version)]);
        assert_eq!(read(&*journal, "a").await, there);
    }
    assert_eq!(journal.ask(ask(world, "a")).await.unwrap(), recorded(5));
    assert_eq!(learn(&*journal, answer(world, &anna, "a", 2)).await, known(5), "by its version now");
    journal.load(&anna, &id("a")).await.unwrap();
    assert_eq!(learn(&*journal, answer(world, &bo, "a", 2)).await, known(5));
    assert_eq!(beat(&*journal, &anna).await.stirred, [], "there is nothing to read");
}

pub(super) async fn what_is_learned_twice_in_one_call_is_recorded_once(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    let (answer, look) = (answer(world, &anna, "a", 2), look(world, &anna, "a", 1));
    let facts = vec![answer.clone(), look.clone(), answer, look];
    assert_eq!(journal.learn(facts).await.unwrap(), [recorded(3), recorded(4), known(4), known(4)]);
    assert_eq!(read(&*journal, "a").await.records.len(), 4);
}

pub(super) async fn answers_may_come_in_any_order(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    for version in 1..5 {
        assert_eq!(begin(&*journal, &anna, intent(world, "a", version)).await, permitted(version + 1));
    }
    for (n, attempt) in [4, 2, 5, 3].into_iter().enumerate() {
        let fact =
            Learned { at: before(world.now(), seconds(n as u64)), ..answer(world, &anna, "a", attempt) };
        assert_eq!(learn(&*journal, fact).await, recorded(6 + n as u32));
    }
    let case = read(&*journal, "a").await;
    let entries: Vec<Entry> = case.records[5..].iter().map(|record| record.entry.clone()).collect();
    assert_eq!(entries, [4, 2, 5, 3].map(|n| Entry::Answer(AttemptNo(n))));
    assert_eq!(
        case.summary.changed,
        before(world.now(), seconds(3)),
        "of the last record, whatever its clock"
    );
}

pub(super) async fn a_late_fact_makes_a_case_due_that_was_not(world: &dyn JournalWorld) {
    let journal = world.journal();
    let later = after(world.now(), seconds(3600));
    let learned = after(world.now(), seconds(5));
    for (name, before, then) in [
        ("waiting", CaseState::Waiting, CaseState::Due(learned)),
        ("settled", CaseState::Settled, CaseState::Due(learned)),
        ("later", CaseState::Due(later), CaseState::Due(later)),
    ] {
        let anna = owned(world, "anna", case(world, name)).await;
        assert_eq!(begin(&*journal, &anna, intent(world, name, 1)).await, permitted(2));
        assert_eq!(park(&*journal, &anna, parking(name, 2, before)).await, Parked::Yes);
        let late = Learned { at: learned, ..answer(world, &anna, name, 2) };
        assert_eq!(learn(&*journal, late.clone()).await, recorded(3));
        assert_eq!(state(&*journal, name).await, then);
        assert_eq!(read(&*journal, name).await.summary.status, "parked");
        // What is known already means nothing new.
        assert_eq!(ids(&journal.claim(only(world, &anna, &[name])).await.unwrap()), [name]);
        assert_eq!(park(&*journal, &anna, parking(name, 3, before)).await, Parked::Yes);
        assert_eq!(learn(&*journal, late).await, known(3));
        assert_eq!(state(&*journal, name).await, before);
    }
}

pub(super) async fn a_look_of_the_owner_wakes_what_it_keeps(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let kept = Parking { keep: true, ..parking("a", 1, CaseState::Waiting) };
    assert_eq!(park(&*journal, &anna, kept).await, Parked::Yes);
    assert_eq!(learn(&*journal, look(world, &anna, "a", 1)).await, recorded(2));
    let summary = read(&*journal, "a").await.summary;
    assert_eq!((summary.state, summary.owner), (CaseState::Due(world.now()), Some(anna)));
}

pub(super) async fn an_answer_without_its_intent_is_not_recorded(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let bo = worker("bo");
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    assert_eq!(learn(&*journal, look(world, &anna, "a", 1)).await, recorded(3));
    assert_eq!(learn(&*journal, answer(world, &anna, "a", 2)).await, recorded(4));
    let there = read(&*journal, "a").await;
    for no_intent in [0, 1, 3, 4, 5, u32::MAX] {
        assert_eq!(learn(&*journal, answer(world, &bo, "a", no_intent)).await, Recorded::NoCase);
    }
    let elsewhere = vec![answer(world, &bo, "b", 2), look(world, &bo, "b", 1)];
    assert_eq!(journal.learn(elsewhere).await.unwrap(), [Recorded::NoCase, Recorded::NoCase]);
    assert_eq!(read(&*journal, "a").await, there);
    assert_eq!(beat(&*journal, &anna).await.stirred, []);
}

pub(super) async fn a_look_is_known_by_its_id_alone(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    open(&*journal, case(world, "b")).await;
    let of = |name, n, id| {
        let from = Source::Look(Look { n: AttemptNo(n), id: korrelasjonsid(id) });
        Learned { from, ..look(world, &anna, name, 0) }
    };
    assert_eq!(learn(&*journal, of("a", 1, 1)).await, recorded(2));
    assert_eq!(learn(&*journal, of("a", 1, 2)).await, recorded(3), "another with the same number");
    assert_eq!(learn(&*journal, of("a", 2, 1)).await, known(3), "the same with another number");
    assert_eq!(learn(&*journal, of("b", 1, 1)).await, recorded(2), "of another case");
    assert_eq!(learn(&*journal, of("a", u32::MAX, 3)).await, recorded(4));
}

pub(super) async fn of_many_that_learn_the_same_at_once_one_records_it(world: &dyn JournalWorld) {
    let journal = world.journal();
    let handles = handles(world, 4).await;
    let anna = owned(world, "anna", case(world, "a")).await;
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
    for (version, fact) in [(3, answer(world, &anna, "a", 2)), (4, look(world, &anna, "a", 1))] {
        let learn = handles.iter().cycle().take(16).map(|handle| learn(&**handle, fact.clone()));
        let answers = join_all(learn).await;
        assert_eq!(answers.iter().filter(|answer| **answer == recorded(version)).count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| **answer == known(version)).count(), 15);
        assert_eq!(read(&*journal, "a").await.records.len(), version as usize);
    }
}

/// Different facts about one case: each gets a version of its own, and none is lost.
pub(super) async fn of_many_that_learn_something_at_once_none_is_lost(world: &dyn JournalWorld) {
    let journal = world.journal();
    let handles = handles(world, 4).await;
    open(&*journal, case(world, "a")).await;
    let learn = (0..40).map(|n| {
        let (journal, fact) = (&handles[n % 4], look(world, &worker("bo"), "a", n as u32));
        async move { learn(&**journal, fact).await }
    });
    let mut versions: Vec<u32> = join_all(learn)
        .await
        .into_iter()
        .map(|answer| match answer {
            Recorded::New(Version(version)) => version,
            other => panic!("{other:?}"),
        })
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..42).collect::<Vec<_>>());
    let case = read(&*journal, "a").await;
    assert_eq!((case.records.len(), case.summary.version), (41, Version(41)));
}

pub(super) async fn five_hundred_facts_are_answered_in_order_and_none_stops_the_others(
    world: &dyn JournalWorld,
) {
    let journal = world.journal();
    let cases = (0..250).map(|n| case(world, &format!("case-{n}"))).collect();
    journal.open(cases).await.unwrap();
    let bo = worker("bo");
    let facts = (0..500u32).map(|n| match n % 5 {
        0 => answer(world, &bo, &format!("case-{}", n / 2), 1),
        1 => look(world, &bo, "nothing", n),
        _ => look(world, &bo, &format!("case-{}", n / 2), n),
    });
    let answers = journal.learn(facts.collect()).await.unwrap();
    assert_eq!(answers.len(), 500);
    let mut versions = [1; 250];
    for (n, answer) in answers.into_iter().enumerate() {
        let version = &mut versions[n / 2];
        *version += u32::from(n % 5 > 1);
        assert_eq!(answer, if n % 5 > 1 { recorded(*version) } else { Recorded::NoCase }, "{n}");
    }
}
