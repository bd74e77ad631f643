//! What comes back, what is listed, and what goes for ever.

use super::steps::*;
use crate::JournalWorld;
use skattebro_domain::{Digest, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Beat, CaseId, CaseKind, CaseState, Counts, Entry, Filter, Hold, Intent, Learned, NewAsk, NewCase, Parked,
    Parking, Payload, Recorded, Version, WorkerId,
};
use std::time::Duration;

/// JSON that a database or a careless writer might not give back as it was.
fn payloads() -> Vec<Payload> {
    let large = format!("[\"{}\"]", "åøæ\u{1F9FE} og mer ".repeat(60_000));
    assert!(large.len() > 1 << 20);
    let texts = [
        "{}",
        "null",
        "\"\"",
        " { \"b\" : 1 ,\n\t\"a\" : [ ] } ",
        "{\"a\":1,\"a\":2}",
        "1.10",
        "123456789012345678901234567890.000100",
        "-0",
        "1e400",
        "\"\\u0000\\ud83e\\uddfe\\n\\/\"",
        "\"Ærøskøbing \u{1F9FE} \u{202E}e\u{301} \u{FEFF}\u{FFFD} \u{10FFFF} \u{7F}\"",
        "\"'; DROP TABLE cases; -- $1 ? %s \\\\\"",
        "{\"v\":1,\"identifikator\":\"13895118960\"}",
        &large,
    ];
    texts.iter().map(|text| Payload::new(*text)).collect()
}

pub(super) async fn every_payload_comes_back_byte_for_byte(world: &dyn JournalWorld) {
    let (journal, another) = (world.journal(), world.another().await);
    let anna = living(&*journal, "anna").await;
    for (n, payload) in payloads().into_iter().enumerate() {
        let name = format!("case-{n}");
        let (content, asks) = (payload.clone(), vec![payload.clone(), payload.clone()]);
        let title = format!("Ærlig & \"sann\" \u{1F9FE} {n}");
        let new = NewCase { content, asks, title, owner: Some(anna.clone()), ..case(world, &name) };
        open(&*journal, new.clone()).await;
        journal.ask(NewAsk { payload: payload.clone(), ..ask(world, &name) }).await.unwrap();
        let sent = Intent { payload: payload.clone(), ..intent(world, &name, 3) };
        assert_eq!(begin(&*journal, &anna, sent).await, permitted(4));
        let facts = [answer(world, &anna, &name, 4), look(world, &anna, &name, 1)];
        let facts = facts.map(|fact| Learned { payload: payload.clone(), ..fact });
        journal.learn(facts.to_vec()).await.unwrap();
        let case = read(&*another, &name).await;
        assert_eq!(case.summary.title, new.title);
        assert_eq!(case.records.len(), 6);
        for record in &case.records {
            assert_eq!(record.payload.as_str(), payload.as_str());
        }
        assert_eq!(case.content.as_str(), payload.as_str());
        assert_eq!(journal.load(&anna, &new.id).await.unwrap().as_ref(), Some(&case));
        let claimed = journal.claim(only(world, &anna, &[&name])).await.unwrap();
        assert_eq!(claimed.cases, [case]);
    }
}

pub(super) async fn ids_come_back_as_long_and_odd_as_they_may_be(world: &dyn JournalWorld) {
    let journal = world.journal();
    let visible: String = ('!'..='~').collect();
    let name = format!("{visible}{}", "x".repeat(6));
    let long_worker: WorkerId = format!("{visible}{visible}{}", "w".repeat(12)).parse().unwrap();
    let kind: CaseKind = visible[20..60].parse().unwrap();
    let environment = environment(&visible.repeat(4));
    let fingerprint = Digest(std::array::from_fn(|n| (n * 8) as u8));
    beat(&*journal, &long_worker).await;
    let new = NewCase { kind, environment, fingerprint, ..case(world, &name) };
    let new = NewCase { owner: Some(long_worker.clone()), ..new };
    open(&*journal, new.clone()).await;
    let korrelasjonsid: skattebro_domain::Korrelasjonsid = "A-z.0_9~".repeat(12).parse().unwrap();
    let sent = Intent { korrelasjonsid: korrelasjonsid.clone(), ..intent(world, &name, 1) };
    assert_eq!(begin(&*journal, &long_worker, sent).await, permitted(2));
    let case = read(&*journal, &name).await;
    assert_eq!((case.summary.id, case.summary.kind), (new.id, new.kind));
    assert_eq!((case.summary.environment, case.summary.fingerprint), (new.environment, fingerprint));
    assert_eq!((case.summary.owner, &case.records[1].worker), (new.owner, &Some(long_worker)));
    assert_eq!(case.records[1].korrelasjonsid, Some(korrelasjonsid));
}

pub(super) async fn times_come_back_to_the_microsecond(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = living(&*journal, "anna").await;
    let micros = |micros| Timestamp::from_microsecond(micros).unwrap();
    let (least, most) = (micros(-377_705_023_201_000_000), micros(253_402_207_200_000_000));
    let times = [micros(0), micros(-1), micros(1_795_319_442_123_457), least, most];
    for (n, at) in times.into_iter().enumerate() {
        let name = format!("case-{n}");
        open(&*journal, NewCase { at, owner: Some(anna.clone()), ..case(world, &name) }).await;
        let sent = Intent { at, until: at, ..intent(world, &name, 1) };
        assert_eq!(begin(&*journal, &anna, sent).await, permitted(2));
        assert_eq!(learn(&*journal, Learned { at, ..answer(world, &anna, &name, 2) }).await, recorded(3));
        let holds = vec![until(&name, at)];
        let due = Parking { holds, keep: true, ..parking(&name, 3, CaseState::Due(at)) };
        assert_eq!(park(&*journal, &anna, due).await, Parked::Yes);
        let case = read(&*journal, &name).await;
        assert_eq!((case.summary.opened, case.summary.changed), (at, at));
        assert_eq!(case.summary.state, CaseState::Due(at));
        assert!(case.records.iter().all(|record| record.at == at));
        assert_eq!(case.records[1].entry, Entry::Intent { until: at });
        let is_held = holder(&*journal, &name).await.is_some();
        assert_eq!(is_held, world.now() < at);
    }
    let by_the_end = skattebro_ports::journal::Claim { now: most, ..claim(world, &worker("bo")) };
    beat(&*journal, &worker("bo")).await;
    journal.leave(&anna).await.unwrap();
    let claimed = journal.claim(by_the_end).await.unwrap();
    assert_eq!(ids(&claimed), ["case-3", "case-1", "case-0", "case-2", "case-4"]);
    let for_ever = journal.beat(&anna, Duration::MAX).await.unwrap();
    assert_eq!(for_ever, Beat { stirred: vec![], still: Some(vec![]) });
    world.pass(seconds(3600 * 24 * 365 * 50));
    assert_eq!(journal.beat(&anna, ALIVE).await.unwrap().still, None);
}

/// `Timestamp::MAX` is what "never" becomes by arithmetic. jiff cannot make it from its own microseconds.
pub(super) async fn the_ends_of_time_are_times(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = living(&*journal, "anna").await;
    for (name, end) in [("first", Timestamp::MIN), ("last", Timestamp::MAX)] {
        let is_near = |at: Timestamp| at.duration_since(end).abs() <= seconds(1).try_into().unwrap();
        open(&*journal, NewCase { at: end, owner: Some(anna.clone()), ..case(world, name) }).await;
        let sent = Intent { at: end, until: end, ..intent(world, name, 1) };
        assert_eq!(begin(&*journal, &anna, sent).await, permitted(2));
        let holds = vec![until(name, end)];
        let due = Parking { holds, keep: true, ..parking(name, 2, CaseState::Due(end)) };
        assert_eq!(park(&*journal, &anna, due).await, Parked::Yes);
        let case = read(&*journal, name).await;
        let Entry::Intent { until } = case.records[1].entry else { panic!("{case:?}") };
        let CaseState::Due(due) = case.summary.state else { panic!("{case:?}") };
        for at in [case.summary.opened, case.summary.changed, until, due] {
            assert!(is_near(at), "{at} is not {end}");
        }
        assert_eq!(holder(&*journal, name).await.is_some(), name == "last");
    }
    journal.leave(&anna).await.unwrap();
    let bo = living(&*journal, "bo").await;
    let at_last = skattebro_ports::journal::Claim { now: Timestamp::MAX, ..claim(world, &bo) };
    assert_eq!(ids(&journal.claim(at_last).await.unwrap()), ["first", "last"]);
}

async fn listed(journal: &dyn Journal, filter: Filter) -> Vec<String> {
    let cases = journal.list(filter).await.unwrap();
    cases.into_iter().map(|case| case.id.as_str().to_owned()).collect()
}

pub(super) async fn cases_are_listed_page_by_page_in_order_of_opening(world: &dyn JournalWorld) {
    let journal = world.journal();
    assert_eq!(listed(&*journal, Filter::all(10)).await, [""; 0]);
    let names = ["e", "b", "d", "a", "c"];
    for (n, name) in names.into_iter().enumerate() {
        let at = before(world.now(), seconds(n as u64));
        open(&*journal, NewCase { at, ..case(world, name) }).await;
    }
    let all = journal.list(Filter::all(10)).await.unwrap();
    assert_eq!(all.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(all[3], read(&*journal, "a").await.summary);
    let page = async |after: Option<&str>, max| {
        listed(&*journal, Filter { after: after.map(id), ..Filter::all(max) }).await
    };
    assert_eq!(page(None, 2).await, ["e", "b"]);
    assert_eq!(page(Some("b"), 2).await, ["d", "a"]);
    assert_eq!(page(Some("a"), 2).await, ["c"]);
    for (after, max) in [(Some("c"), 2), (Some("nothing"), 2), (None, 0)] {
        assert_eq!(page(after, max).await, [""; 0]);
    }
}

/// Two environments, two kinds, three states.
async fn mixed(world: &dyn JournalWorld) {
    let journal = world.journal();
    let kinds = ["krav", "filing"];
    for (n, name) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
        let kind = kinds[n % 2].parse().unwrap();
        let environment = environment(if n < 4 { "test" } else { "prod" });
        let at = before(world.now(), seconds(n as u64 * 10));
        let owner = Some(worker("anna"));
        open(&*journal, NewCase { kind, environment, at, owner, ..case(world, name) }).await;
    }
    let states = [("a", CaseState::Settled), ("b", CaseState::Waiting), ("c", CaseState::Settled)];
    for (name, state) in states {
        let status = format!("status {}", state.as_str());
        let parked = park(&*journal, &worker("anna"), Parking { status, ..parking(name, 1, state) }).await;
        assert_eq!(parked, Parked::Yes);
    }
}

pub(super) async fn filters_are_taken_together(world: &dyn JournalWorld) {
    let journal = world.journal();
    mixed(world).await;
    let all = || Filter::all(10);
    let kind = |kind: &str| Some(kind.parse::<CaseKind>().unwrap());
    let ago = |by| Some(before(world.now(), seconds(by)));
    let cases: Vec<(Filter, &[&str])> = vec![
        (Filter { environment: Some(environment("prod")), ..all() }, &["e", "f"]),
        (Filter { environment: Some(environment("nowhere")), ..all() }, &[]),
        (Filter { kind: kind("krav"), ..all() }, &["a", "c", "e"]),
        (Filter { state: Some("settled"), ..all() }, &["a", "c"]),
        (Filter { state: Some("waiting"), ..all() }, &["b"]),
        (Filter { state: Some("due"), ..all() }, &["d", "e", "f"]),
        (Filter { state: Some("happy"), ..all() }, &[]),
        (Filter { status: Some("status settled".to_owned()), ..all() }, &["a", "c"]),
        (Filter { status: Some("status".to_owned()), ..all() }, &[]),
        (Filter { status: Some(String::new()), ..all() }, &["d", "e", "f"]),
        (Filter { changed_before: ago(30), ..all() }, &["e", "f"]),
        (Filter { changed_before: ago(25), ..all() }, &["d", "e", "f"]),
        (Filter { kind: kind("krav"), changed_before: ago(5), ..all() }, &["c", "e"]),
        (Filter { kind: kind("krav"), after: Some(id("a")), ..all() }, &["c", "e"]),
        (Filter { kind: kind("krav"), after: Some(id("b")), max: 1, ..all() }, &["c"]),
        (Filter { state: Some("due"), environment: Some(environment("prod")), max: 1, ..all() }, &["e"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(&*journal, filter.clone()).await, expected, "{filter:?}");
    }
}

pub(super) async fn cases_are_counted_by_kind_state_and_status(world: &dyn JournalWorld) {
    let journal = world.journal();
    assert_eq!(journal.counts(None).await.unwrap(), Counts::default());
    mixed(world).await;
    let count = async |environment: Option<&str>| {
        let environment = environment.map(self::environment);
        let mut counts = journal.counts(environment.as_ref()).await.unwrap();
        counts.cases.sort_unstable();
        let cases = counts.cases.iter();
        let cases: Vec<String> = cases.map(|(k, s, status, n)| format!("{k} {s} '{status}' {n}")).collect();
        (cases, counts.workers, counts.oldest_due)
    };
    let ago = |by| Some(before(world.now(), seconds(by)));
    let (cases, workers, oldest_due) = count(None).await;
    let expected = [
        "filing due '' 2",
        "filing waiting 'status waiting' 1",
        "krav due '' 1",
        "krav settled 'status settled' 2",
    ];
    assert_eq!((cases, workers, oldest_due), (expected.map(str::to_owned).to_vec(), 0, ago(50)));
    let (cases, _, oldest_due) = count(Some("prod")).await;
    assert_eq!(
        (cases, oldest_due),
        (vec!["filing due '' 1".to_owned(), "krav due '' 1".to_owned()], ago(50))
    );
    assert_eq!(count(Some("nowhere")).await, (vec![], 0, None));
    assert_eq!(count(Some("test")).await.2, ago(30));
    living(&*journal, "anna").await;
    living(&*journal, "bo").await;
    assert_eq!((count(Some("test")).await.1, count(None).await.2), (2, None), "anna owns what is due");
    journal.leave(&worker("bo")).await.unwrap();
    assert_eq!(count(None).await.1, 1);
    world.pass(ALIVE);
    let (_, workers, oldest_due) = count(None).await;
    assert_eq!((workers, oldest_due), (0, Some(before(world.now(), ALIVE + seconds(50)))));
}

pub(super) async fn what_is_due_later_is_not_overdue(world: &dyn JournalWorld) {
    let journal = world.journal();
    let in_a_minute = after(world.now(), seconds(60));
    open(&*journal, NewCase { at: in_a_minute, ..case(world, "a") }).await;
    assert_eq!(journal.counts(None).await.unwrap().oldest_due, None);
    world.pass(seconds(60));
    assert_eq!(journal.counts(None).await.unwrap().oldest_due, Some(in_a_minute));
}

async fn remove(journal: &dyn Journal, cases: &[(&str, u32)]) -> Vec<CaseId> {
    let cases = cases.iter().map(|(name, version)| (id(name), Version(*version)));
    journal.remove(cases.collect()).await.unwrap()
}

pub(super) async fn only_what_is_settled_at_that_version_is_removed(world: &dyn JournalWorld) {
    let journal = world.journal();
    for (name, state) in [
        ("a", CaseState::Settled),
        ("b", CaseState::Settled),
        ("waiting", CaseState::Waiting),
        ("due", CaseState::Due(world.now())),
    ] {
        let anna = owned(world, "anna", case_with_key(world, name, name)).await;
        let holds = vec![Hold::of(key(name))];
        let parked = park(&*journal, &anna, Parking { holds, ..parking(name, 1, state) }).await;
        assert_eq!(parked, Parked::Yes);
    }
    let all = [("waiting", 1), ("b", 1), ("nothing", 0), ("a", 0), ("due", 1), ("a", 2), ("b", 1)];
    assert_eq!(remove(&*journal, &all).await, [id("b")]);
    assert_eq!(remove(&*journal, &all).await, []);
    assert_eq!(listed(&*journal, Filter::all(9)).await, ["a", "waiting", "due"]);
    assert_eq!(journal.read(&id("b")).await.unwrap(), None);
    assert_eq!((holder(&*journal, "b").await, holder(&*journal, "a").await.as_deref()), (None, Some("a")));
    let bo = worker("bo");
    assert_eq!(learn(&*journal, look(world, &bo, "b", 1)).await, Recorded::NoCase);
    assert_eq!(journal.ask(ask(world, "b")).await.unwrap(), Recorded::NoCase);
    assert_eq!(learn(&*journal, look(world, &bo, "a", 1)).await, recorded(2));
    assert_eq!(remove(&*journal, &[("a", 1), ("a", 2)]).await, [], "somebody learned something");
    assert_eq!(open(&*journal, case(world, "b")).await, Version(1));
    assert_eq!(read(&*journal, "b").await.records.len(), 1);
    assert_eq!(learn(&*journal, look(world, &bo, "b", 1)).await, recorded(2), "nothing is left of the first");
    assert_eq!(listed(&*journal, Filter::all(9)).await, ["a", "waiting", "due", "b"]);
}

pub(super) async fn what_a_living_worker_owns_is_not_removed(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    let kept = Parking { keep: true, ..parking("a", 1, CaseState::Settled) };
    assert_eq!(park(&*journal, &anna, kept).await, Parked::Yes);
    assert_eq!(remove(&*journal, &[("a", 1)]).await, []);
    world.pass(ALIVE);
    assert_eq!(remove(&*journal, &[("a", 1)]).await, [id("a")]);
    assert_eq!(beat(&*journal, &anna).await, Beat { stirred: vec![], still: Some(vec![]) });
}
