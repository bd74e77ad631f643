//! Callers that are gone before they were answered.
//!
//! What they asked for may come late, and comes whole or not at all.

use super::steps::*;
use crate::JournalWorld;
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Begun, Case, CaseState, Claim, Fenced, Filter, Hold, Intent, NewAsk, NewCase, Parking, Record, Version,
    WorkerId,
};

/// How often each call is dropped.
const ROUNDS: u32 = 10;

/// Begins with whatever version the case has, as a worker does that loads it again when it is fenced.
async fn begin_after_all(world: &dyn JournalWorld, worker: &WorkerId, name: &str) -> Case {
    let journal = world.journal();
    for _ in 0..20 {
        let case = journal.load(worker, &id(name)).await.unwrap().expect("the case");
        let sent = Intent { payload: payload("after all"), ..intent(world, name, case.summary.version.0) };
        match begin(&*journal, worker, sent).await {
            Begun::Permitted(n) => {
                let case = read(&*journal, name).await;
                assert_eq!(case.records[n.0 as usize - 1].payload, payload("after all"));
                return case;
            }
            Begun::Fenced(Fenced::Stale(_)) => {}
            begun => panic!("{begun:?}"),
        }
    }
    panic!("it is stale each time");
}

fn assert_whole(case: &Case) {
    assert_eq!(case.summary.version, Version(case.records.len() as u32));
}

fn with_payload<'c>(case: &'c Case, text: &str) -> Vec<&'c Record> {
    case.records.iter().filter(|record| record.payload == payload(text)).collect()
}

pub(super) async fn cases_whose_opener_is_gone_are_there_whole_or_not_at_all(world: &dyn JournalWorld) {
    let (journal, another) = (world.journal(), world.another().await);
    for round in 0..ROUNDS {
        let name = |n: usize| format!("case-{round}-{n}");
        let cases: Vec<NewCase> = (0..20)
            .map(|n| NewCase {
                asks: vec![payload("one"), payload("two")],
                ..case_with_key(world, &name(n), &name(n))
            })
            .collect();
        drop_midway(journal.open(cases.clone())).await;
        let mut known = Vec::new();
        for handle in [&another, &journal] {
            let there = handle.list(Filter::all(1000)).await.unwrap();
            let there = there.iter().filter(|case| case.id.as_str().starts_with(&format!("case-{round}-")));
            let count = there.count();
            assert!(count == 0 || count == 20, "{count} of 20");
            known.push(count);
        }
        assert!(known[0] <= known[1], "what was there is there");
        for case in cases {
            assert_eq!(open(&*journal, case.clone()).await, Version(2), "asked again, it is as it was");
            let there = read(&*journal, case.id.as_str()).await;
            assert_eq!(there.records.len(), 2);
            assert_eq!(holder(&*journal, case.id.as_str()).await.as_deref(), Some(case.id.as_str()));
        }
    }
}

pub(super) async fn records_whose_writer_is_gone_are_there_whole_or_not_at_all(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = owned(world, "anna", case(world, "a")).await;
    for round in 0..ROUNDS {
        let version = read(&*journal, "a").await.summary.version.0;
        let text = |what: &str| format!("{what} {round}");
        let sent = Intent {
            payload: payload(&text("intent")),
            takes: Some(key(&text("key"))),
            ..intent(world, "a", version)
        };
        drop_midway(journal.begin(&anna, vec![sent])).await;
        drop_midway(journal.ask(NewAsk { payload: payload(&text("ask")), ..ask(world, "a") })).await;
        let mut looked = look(world, &anna, "a", round);
        looked.payload = payload(&text("look"));
        drop_midway(journal.learn(vec![looked.clone()])).await;
        let case = begin_after_all(world, &anna, "a").await;
        assert_whole(&case);
        for what in ["intent", "ask", "look"] {
            assert!(with_payload(&case, &text(what)).len() <= 1, "{what} twice");
        }
        // A fact is learned until it is known.
        learn(&*journal, looked).await;
        let case = read(&*journal, "a").await;
        assert_whole(&case);
        assert_eq!(with_payload(&case, &text("look")).len(), 1);
        let is_begun = !with_payload(&case, &text("intent")).is_empty();
        let is_held = holder(&*journal, &text("key")).await.is_some();
        assert!(is_held || !is_begun, "an intent without its key");
    }
}

pub(super) async fn what_is_half_parked_or_half_claimed_is_neither(world: &dyn JournalWorld) {
    let journal = world.journal();
    let anna = living(&*journal, "anna").await;
    for round in 0..ROUNDS {
        let name = format!("case-{round}");
        open(&*journal, case(world, &name)).await;
        drop_midway(journal.claim(only(world, &anna, &[&name]))).await;
        let again = Claim { max: 1, ..only(world, &anna, &[&name]) };
        assert_eq!(ids(&journal.claim(again).await.unwrap()), [name.as_str()], "claiming again helps");
        let holds = vec![Hold::of(key(&name))];
        let kept = Parking { holds, keep: true, ..parking(&name, 1, CaseState::Waiting) };
        drop_midway(journal.park(&anna, vec![kept])).await;
        drop_midway(journal.beat(&anna, ALIVE)).await;
        let case = begin_after_all(world, &anna, &name).await;
        assert_whole(&case);
        let case = read(&*journal, &name).await.summary;
        let is_parked = (case.state == CaseState::Waiting, case.status == "parked");
        assert!(is_parked == (true, true) || is_parked == (false, false), "{case:?}");
        drop_midway(journal.release(&id(&name), &key(&name))).await;
        drop_midway(journal.leave(&worker("stranger"))).await;
    }
    assert_eq!(beat(&*journal, &anna).await.still, None);
    assert_eq!(listed(&*journal).await, ROUNDS as usize);
}

async fn listed(journal: &dyn Journal) -> usize {
    journal.list(Filter::all(1000)).await.unwrap().len()
}
