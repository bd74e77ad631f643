//! Who owns a case.

use super::steps::*;
use crate::JournalWorld;
use futures_util::future::join_all;
use skattebro_ports::journal::{CaseState, Claim, NewAsk, NewCase, Parked, Parking, Version, WorkerId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Opens a case that was due so many seconds ago.
async fn due_since(world: &dyn JournalWorld, name: &str, ago: u64) {
    let at = before(world.now(), seconds(ago));
    open(&*world.journal(), NewCase { at, ..case(world, name) }).await;
}

/// A case of nobody's that stands so.
async fn standing(world: &dyn JournalWorld, name: &str, state: CaseState) {
    let worker = owned(world, "parker", case(world, name)).await;
    let parked = park(&*world.journal(), &worker, parking(name, 1, state)).await;
    assert_eq!(parked, Parked::Yes);
}

pub(super) async fn the_longest_due_is_claimed_first(world: &dyn JournalWorld) {
    let journal = world.journal();
    for (name, ago) in [("new", 0), ("old", 50), ("twin-1", 20), ("twin-2", 20), ("a-twin", 20)] {
        due_since(world, name, ago).await;
    }
    let anna = living(&*journal, "anna").await;
    let claimed = journal.claim(Claim { max: 3, ..claim(world, &anna) }).await.unwrap();
    assert_eq!(ids(&claimed), ["old", "twin-1", "twin-2"]);
    assert_eq!(claimed.next_due, Some(before(world.now(), seconds(20))));
    let claimed = journal.claim(claim(world, &anna)).await.unwrap();
    assert_eq!((ids(&claimed), claimed.next_due), (vec!["a-twin", "new"], None));
    assert_eq!(journal.claim(claim(world, &anna)).await.unwrap().cases, [], "what it has it is not given");
}

pub(super) async fn a_claim_answers_the_whole_case_and_its_owner(world: &dyn JournalWorld) {
    let journal = world.journal();
    let asks = vec![payload("one"), payload("two")];
    open(&*journal, NewCase { asks, ..case(world, "a") }).await;
    let before = read(&*journal, "a").await;
    let anna = living(&*journal, "anna").await;
    let claimed = journal.claim(claim(world, &anna)).await.unwrap();
    assert_eq!(claimed.cases, [read(&*journal, "a").await]);
    let case = claimed.cases.into_iter().next().unwrap();
    assert_eq!(case.summary.owner, Some(anna));
    assert_eq!((case.records, case.summary.state), (before.records, before.summary.state));
    assert_eq!(case.summary.version, before.summary.version);
}

pub(super) async fn what_is_not_due_is_left_and_said_when_it_is(world: &dyn JournalWorld) {
    let journal = world.journal();
    let in_a_minute = after(world.now(), seconds(60));
    standing(world, "later", CaseState::Due(in_a_minute)).await;
    standing(world, "much-later", CaseState::Due(after(in_a_minute, seconds(1)))).await;
    standing(world, "waiting", CaseState::Waiting).await;
    standing(world, "settled", CaseState::Settled).await;
    let anna = living(&*journal, "anna").await;
    let early = Claim { now: before(in_a_minute, Duration::from_micros(1)), ..claim(world, &anna) };
    let claimed = journal.claim(early).await.unwrap();
    assert_eq!((ids(&claimed), claimed.next_due), (vec![], Some(in_a_minute)));
    let on_time = Claim { now: in_a_minute, ..claim(world, &anna) };
    let claimed = journal.claim(on_time).await.unwrap();
    assert_eq!(ids(&claimed), ["later"], "by the time of the claim, not the journal's");
    assert_eq!(claimed.next_due, Some(after(in_a_minute, seconds(1))));
}

pub(super) async fn what_is_excepted_is_neither_claimed_nor_next(world: &dyn JournalWorld) {
    let journal = world.journal();
    for (name, ago) in [("a", 30), ("b", 20), ("c", 10)] {
        due_since(world, name, ago).await;
    }
    let anna = living(&*journal, "anna").await;
    let except = vec![id("a"), id("b"), id("nothing")];
    let none = Claim { max: 0, except: except.clone(), ..claim(world, &anna) };
    let claimed = journal.claim(none).await.unwrap();
    assert_eq!((ids(&claimed), claimed.next_due), (vec![], Some(before(world.now(), seconds(10)))));
    let claimed = journal.claim(Claim { except, ..claim(world, &anna) }).await.unwrap();
    assert_eq!((ids(&claimed), claimed.next_due), (vec!["c"], None));
    let both = Claim { except: vec![id("a")], ..only(world, &anna, &["a", "b"]) };
    let claimed = journal.claim(both).await.unwrap();
    assert_eq!((ids(&claimed), claimed.next_due), (vec!["b"], None));
    assert_eq!(read(&*journal, "a").await.summary.owner, None);
}

pub(super) async fn the_next_due_is_of_the_environment_and_of_no_living_owner(world: &dyn JournalWorld) {
    let journal = world.journal();
    let ago = |by| before(world.now(), seconds(by));
    let elsewhere = NewCase { environment: environment("prod"), at: ago(90), ..case(world, "elsewhere") };
    open(&*journal, elsewhere).await;
    let bo = living(&*journal, "bo").await;
    open(&*journal, NewCase { owner: Some(bo.clone()), at: ago(80), ..case(world, "bos") }).await;
    due_since(world, "free", 10).await;
    let next = async |name: &str| {
        let worker = living(&*journal, name).await;
        journal.claim(Claim { max: 0, ..claim(world, &worker) }).await.unwrap().next_due
    };
    let (free, bos) = (ago(10), ago(80));
    assert_eq!(next("anna").await, Some(free));
    world.pass(ALIVE);
    assert_eq!(next("anna").await, Some(bos), "the dead one's is anybody's");
    assert_eq!(next("bo").await, Some(free));
}

pub(super) async fn a_worker_without_a_heartbeat_gets_nothing(world: &dyn JournalWorld) {
    let journal = world.journal();
    due_since(world, "a", 10).await;
    let anna = worker("anna");
    let nothing = async |why: &str| {
        for claim in [claim(world, &anna), only(world, &anna, &["a"])] {
            assert_eq!(journal.claim(claim).await.unwrap().cases, [], "{why}");
        }
        assert_eq!(read(&*journal, "a").await.summary.owner, None, "{why}");
    };
    nothing("it never beat").await;
    beat(&*journal, &anna).await;
    world.pass(ALIVE);
    nothing("its heart stopped just now").await;
    journal.beat(&anna, ALIVE).await.unwrap();
    journal.beat(&anna, Duration::ZERO).await.unwrap();
    nothing("it said that it is not alive any longer").await;
    beat(&*journal, &anna).await;
    journal.leave(&anna).await.unwrap();
    nothing("it left").await;
    beat(&*journal, &anna).await;
    assert_eq!(ids(&journal.claim(claim(world, &anna)).await.unwrap()), ["a"]);
}

pub(super) async fn a_case_of_a_living_owner_is_left_and_a_dead_ones_is_claimed(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let bo = living(&*journal, "bo").await;
    let both = [claim(world, &bo), only(world, &bo, &["a"])];
    for claim in both.clone() {
        assert_eq!(journal.claim(claim).await.unwrap().cases, []);
    }
    world.pass(ALIVE - Duration::from_micros(1));
    beat(&*journal, &bo).await;
    for claim in both.clone() {
        assert_eq!(journal.claim(claim).await.unwrap().cases, []);
    }
    world.pass(Duration::from_micros(1));
    let claimed = journal.claim(both[0].clone()).await.unwrap();
    assert_eq!(ids(&claimed), ["a"]);
    assert_eq!(claimed.cases[0].summary.owner, Some(bo.clone()));
    assert_eq!(beat(&*journal, &anna).await.still, Some(vec![]));
    assert_eq!(journal.claim(claim(world, &anna)).await.unwrap().cases, []);
}

pub(super) async fn only_takes_what_is_named_however_it_stands(world: &dyn JournalWorld) {
    let journal = world.journal();
    standing(world, "settled", CaseState::Settled).await;
    standing(world, "waiting", CaseState::Waiting).await;
    standing(world, "later", CaseState::Due(after(world.now(), seconds(3600)))).await;
    due_since(world, "due", 10).await;
    due_since(world, "not-named", 20).await;
    let elsewhere = NewCase { environment: environment("prod"), ..case(world, "elsewhere") };
    open(&*journal, elsewhere).await;
    owned(world, "bo", case(world, "bos")).await;
    let anna = owned(world, "anna", case(world, "own")).await;
    let names = ["waiting", "own", "settled", "elsewhere", "due", "later", "bos", "nothing", "due"];
    let some = Claim { max: 3, ..only(world, &anna, &names) };
    let claimed = journal.claim(some).await.unwrap();
    assert_eq!(ids(&claimed), ["due", "own", "later"]);
    assert_eq!(claimed.next_due, Some(before(world.now(), seconds(20))), "what was not named counts");
    let claimed = journal.claim(only(world, &anna, &names)).await.unwrap();
    assert_eq!(ids(&claimed), ["due", "own", "later", "settled", "waiting"]);
    assert!(claimed.cases.iter().all(|case| case.summary.owner == Some(anna.clone())));
    let states: Vec<&str> = claimed.cases.iter().map(|case| case.summary.state.as_str()).collect();
    assert_eq!(states, ["due", "due", "due", "settled", "waiting"], "a claim does not change them");
}

pub(super) async fn environments_are_apart(world: &dyn JournalWorld) {
    let journal = world.journal();
    for name in ["test", "prod", "Test"] {
        open(&*journal, NewCase { environment: environment(name), ..case(world, name) }).await;
    }
    let anna = living(&*journal, "anna").await;
    for name in ["prod", "test", "nowhere"] {
        let of_one = Claim { environment: environment(name), ..claim(world, &anna) };
        let claimed = journal.claim(of_one).await.unwrap();
        let expected: &[&str] = if name == "nowhere" { &[] } else { &[name] };
        assert_eq!((ids(&claimed), claimed.next_due), (expected.to_vec(), None));
    }
}

pub(super) async fn who_leaves_owns_nothing_at_once(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let bo = owned(world, "bo", case(world, "b")).await;
    journal.leave(&worker("stranger")).await.unwrap();
    for _ in 0..2 {
        journal.leave(&anna).await.unwrap();
    }
    assert_eq!(read(&*journal, "a").await.summary.owner, None);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, not_owner());
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["a"], "no time passed");
    assert_eq!(beat(&*journal, &anna).await.still, Some(vec![]), "a first beat");
    assert_eq!(beat(&*journal, &bo).await.still, None);
}

pub(super) async fn a_late_heart_hears_what_it_still_owns(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = worker("anna");
    assert_eq!(beat(&*journal, &anna).await.still, Some(vec![]));
    for name in ["b", "a", "taken", "parked"] {
        owned(world, "anna", case(world, name)).await;
    }
    let parked = park(&*journal, &anna, parking("parked", 1, CaseState::Waiting)).await;
    assert_eq!(parked, Parked::Yes);
    world.pass(ALIVE - Duration::from_micros(1));
    assert_eq!(beat(&*journal, &anna).await.still, None, "in time");
    world.pass(ALIVE);
    let bo = living(&*journal, "bo").await;
    let taken = journal.claim(only(world, &bo, &["taken"])).await.unwrap();
    assert_eq!(ids(&taken), ["taken"]);
    assert_eq!(beat(&*journal, &anna).await.still, Some(vec![id("b"), id("a")]), "in order of opening");
    assert_eq!(beat(&*journal, &anna).await.still, None);
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, permitted(2));
}

/// Eight processes, fifty cases, a few at a time.
pub(super) async fn each_case_is_claimed_by_one_of_eight_workers(world: &dyn JournalWorld) {
    let journal = world.journal();
    let cases: Vec<NewCase> = (0..50).map(|n| case(world, &format!("case-{n:02}"))).collect();
    journal.open(cases).await.unwrap();
    let handles = handles(world, 8).await;
    let work = handles.iter().enumerate().map(|(n, handle)| async move {
        let worker = living(&**handle, &format!("worker-{n}")).await;
        let mut mine = Vec::new();
        for _ in 0..100 {
            let claimed = handle.claim(Claim { max: 1 + n % 3, ..claim(world, &worker) }).await.unwrap();
            assert!(claimed.cases.len() <= 1 + n % 3);
            if claimed.cases.is_empty() && claimed.next_due.is_none() {
                return (worker, mine);
            }
            mine.extend(claimed.cases.into_iter().map(|case| case.summary.id));
            tokio::task::yield_now().await;
        }
        panic!("there are always more cases");
    });
    let mut owner: BTreeMap<String, WorkerId> = BTreeMap::new();
    for (worker, mine) in join_all(work).await {
        for case in mine {
            let before = owner.insert(case.to_string(), worker.clone());
            assert_eq!(before, None, "{case} was claimed twice");
        }
    }
    assert_eq!(owner.len(), 50);
    for (case, worker) in owner {
        assert_eq!(read(&*journal, &case).await.summary.owner, Some(worker));
    }
}

pub(super) async fn what_is_given_up_is_anybodys_and_what_is_kept_is_not(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "kept")).await;
    owned(world, "anna", case(world, "given-up")).await;
    let due = CaseState::Due(world.now());
    let kept = Parking { keep: true, ..parking("kept", 1, due) };
    let parked = journal.park(&anna, vec![kept, parking("given-up", 1, due)]).await.unwrap();
    assert_eq!(parked, [Parked::Yes, Parked::Yes]);
    assert_eq!(read(&*journal, "given-up").await.summary.owner, None);
    assert_eq!(begin(&*journal, &anna, intent(world, "given-up", 1)).await, not_owner());
    assert_eq!(begin(&*journal, &anna, intent(world, "kept", 1)).await, permitted(2));
    let bo = living(&*journal, "bo").await;
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["given-up"]);
    assert_eq!(ids(&journal.claim(only(world, &anna, &["kept"])).await.unwrap()), ["kept"]);
}

pub(super) async fn what_is_given_back_is_anybodys_as_it_is(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case_with_key(world, "a", "k")).await;
    owned(world, "anna", case(world, "asked")).await;
    owned(world, "anna", case(world, "stays")).await;
    let bo = owned(world, "bo", case(world, "bos")).await;
    journal.ask(ask(world, "asked")).await.unwrap();
    let there = read(&*journal, "a").await;
    let given_back = ["a", "nothing", "bos", "asked", "a"].map(id).to_vec();
    journal.give_back(&anna, given_back).await.unwrap();
    let mut expected = there.clone();
    expected.summary.owner = None;
    assert_eq!(read(&*journal, "a").await, expected);
    assert_eq!(holder(&*journal, "k").await.as_deref(), Some("a"));
    assert_eq!(begin(&*journal, &anna, intent(world, "a", 1)).await, not_owner());
    assert_eq!(begin(&*journal, &anna, intent(world, "stays", 1)).await, permitted(2));
    assert_eq!(begin(&*journal, &bo, intent(world, "bos", 1)).await, permitted(2));
    assert_eq!(beat(&*journal, &anna).await.stirred, [], "what it gave back is not its concern");
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["a", "asked"]);
}

/// What somebody else wrote before is read by the claim, so that it stirs nobody.
pub(super) async fn what_was_claimed_has_been_read(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    journal.ask(NewAsk { version: Some(Version(1)), ..ask(world, "a") }).await.unwrap();
    assert_eq!(beat(&*journal, &anna).await.stirred, [id("a")]);
    world.pass(ALIVE);
    let bo = living(&*journal, "bo").await;
    assert_eq!(ids(&journal.claim(claim(world, &bo)).await.unwrap()), ["a"]);
    for worker in [&anna, &bo] {
        assert_eq!(beat(&*journal, worker).await.stirred, []);
    }
    journal.ask(ask(world, "a")).await.unwrap();
    assert_eq!(beat(&*journal, &bo).await.stirred, [id("a")]);
    assert_eq!(ids(&journal.claim(only(world, &bo, &["a"])).await.unwrap()), ["a"]);
    assert_eq!(beat(&*journal, &bo).await.stirred, []);
}
