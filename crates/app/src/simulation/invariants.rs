//! What must hold at the end of every schedule, whatever went wrong.

use super::run::Run;
use super::scenario::Order;
use super::sent::{Effect, Happened};
use super::work::AnyFlow;
use super::world::{World, case_id};
use crate::krav::KRAV;
use skattebro_domain::filing::{Filing, FilingEnd};
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::innsending::Innsending;
use skattebro_domain::krav::machine::{Confirmation, Krav, OperationEnd, Standing};
use skattebro_ports::journal::{Case, CaseState, Entry};
use std::collections::BTreeMap;

/// Checks all. Answers how each case ended, in a word.
pub(super) fn check(run: &Run<'_>) -> Vec<String> {
    facts_are_kept(run);
    nothing_is_left_undone(run);
    let mut ends = Vec::new();
    for case in 0..run.cases.len() {
        // A case that was opened after the backup was made is gone with the journal.
        let Some(flow) = run.flow(case) else { continue };
        run.world.say(|| format!("case {case} in the end: {flow:#?}"));
        ends.push(match &flow {
            AnyFlow::Krav(krav) => {
                super::truth_krav::check(run, case, krav);
                krav_end(krav)
            }
            AnyFlow::Filing(filing) => {
                super::truth_filing::check(run, case, filing);
                filing_end(filing, run)
            }
            AnyFlow::Innsending(innsending) => {
                super::truth_innsending::check(run, case, innsending);
                super::truth_innsending::in_a_word(innsending.end(run.right_now()).as_ref())
            }
        });
    }
    ends
}

fn krav_end(krav: &Krav) -> String {
    let ends = krav.operations().iter().map(|operation| match operation.end() {
        None => "open",
        Some(OperationEnd::Done(_)) => "done",
        Some(OperationEnd::Refused { .. }) => "refused",
        Some(OperationEnd::NotDone { .. }) => "not done",
        Some(OperationEnd::Moot(_)) => "moot",
        Some(OperationEnd::Unproven { .. }) => "unproven",
    });
    ends.collect::<Vec<_>>().join(", ")
}

fn filing_end(filing: &Filing, run: &Run<'_>) -> String {
    match filing.end(run.right_now()) {
        None => "open",
        Some(FilingEnd::Validated { .. }) => "validated",
        Some(FilingEnd::Superseded { .. }) => "superseded",
        Some(FilingEnd::JobFailed { .. }) => "job failed",
        Some(FilingEnd::Refused { .. }) => "refused",
        Some(FilingEnd::GaveUp { .. }) => "gave up",
        Some(FilingEnd::Unreadable { .. }) => "unreadable",
        Some(FilingEnd::Cancelled { .. }) => "cancelled",
    }
    .to_owned()
}

/// Rule 3: what a worker has written down is there, whoever owned the case.
fn facts_are_kept(run: &Run<'_>) {
    let told = run.world.lock().told.clone();
    for (id, n) in told {
        let is_it = |entry: &Entry| matches!(entry, Entry::Answer(of) if of.0 == n);
        let case = run.world.case(&id);
        if !case.is_some_and(|case| case.records.iter().any(|record| is_it(&record.entry))) {
            run.world
                .violated(format!("the answer to attempt {n} of {id} was written down and is not there"));
        }
    }
}

/// All is quiet: then nothing may be due.
fn nothing_is_left_undone(run: &Run<'_>) {
    for orphan in run.orphans() {
        run.world.violated(format!("{orphan} is due, and its owner lives and does nothing"));
    }
    for case in run.world.summaries() {
        if let CaseState::Due(at) = case.state {
            run.world.violated(format!("{} is left due at {at}, owned by {:?}", case.id, case.owner));
        }
    }
}

/// The state that a worker had in memory is what the records tell, in all that anybody acts on.
pub(super) fn is_what_its_records_tell(run: &Run<'_>, worker: usize, case: usize, flow: &AnyFlow) {
    let Some(read) = run.world.case(&case_id(case)) else { return };
    if run.world.lock().parked.get(&(worker, read.summary.id)) != Some(&read.summary.version) {
        return; // somebody has written more since then
    }
    let Some(told) = run.flow(case) else { return };
    let now = run.right_now();
    let (one, other) = match (flow, &told) {
        (AnyFlow::Krav(one), AnyFlow::Krav(other)) => (in_short(one), in_short(other)),
        (AnyFlow::Filing(one), AnyFlow::Filing(other)) => (short(one, now), short(other, now)),
        (AnyFlow::Innsending(one), AnyFlow::Innsending(other)) => {
            let short = |of: &Innsending| format!("{:?} {:?} {:?}", of.end(now), of.instans(), of.prosess());
            (short(one), short(other))
        }
        _ => ("one kind".to_owned(), "another kind".to_owned()),
    };
    // Counted on the wall clock, which the records do not tell of when it was set: the weakest confirmation, and known to be so.
    let is_settled_by_time = |flow: &AnyFlow| match flow {
        AnyFlow::Krav(krav) => krav.standing() == Standing::InForce(Confirmation::SettleTime),
        AnyFlow::Filing(_) | AnyFlow::Innsending(_) => false,
    };
    if one != other && !(is_settled_by_time(flow) || is_settled_by_time(&told)) {
        run.world.violated(format!("case {case}: in memory it ended as {one}, and its records tell {other}"));
    }
}

fn in_short(krav: &Krav) -> String {
    let ends: Vec<_> = krav.operations().iter().map(|operation| operation.end()).collect();
    format!("{:?} {:?} {:?} {ends:?}", krav.standing(), krav.verdict(), krav.kravidentifikator())
}

fn short(filing: &Filing, now: skattebro_domain::Timestamp) -> String {
    format!("{:?} {:?}", filing.end(now), filing.referanse())
}

/// Rule 4: two cases about the same krav are never open at a time.
pub(super) fn one_case_a_thing(run: &Run<'_>) {
    let is_ours = |order: &Order| matches!(order, Order::Krav { own_id: true, existing: false, .. });
    let open = run.world.summaries().into_iter().filter(|case| case.state.as_str() != "settled");
    let of_krav = open.filter_map(|case| run.place(&case.id)).filter(|place| is_ours(&run.cases[*place]));
    let mut cases: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    of_krav.for_each(|place| cases.entry(run.cases[place].own_id()).or_default().push(place));
    for cases in cases.values().filter(|cases| cases.len() > 1) {
        run.world.violated(format!("cases {cases:?} are about the same krav, and all are open"));
    }
}

/// A process that dies leaves no more krav in doubt than its window has room for.
pub(super) fn few_are_in_doubt(run: &Run<'_>, worker: usize) {
    let by = &run.workers[worker].id;
    let is_in_doubt = |case: &Case| {
        let answered = |n: u32| case.records.iter().any(|record| record.entry == Entry::Answer(AttemptNo(n)));
        let mut records = case.records.iter().zip(1..);
        records.any(|(record, n)| {
            let is_intent = matches!(record.entry, Entry::Intent { .. });
            is_intent && record.worker.as_ref() == Some(by) && !answered(n)
        })
    };
    let krav = run.world.summaries().into_iter().filter(|case| case.kind.as_str() == KRAV);
    let doubts = krav.filter_map(|case| run.world.case(&case.id)).filter(is_in_doubt).count();
    if doubts > run.plan.window {
        let window = run.plan.window;
        run.world.violated(format!("w{worker} died with {doubts} krav in doubt, and a window of {window}"));
    }
}

impl World {
    /// What a case's requests did, in order.
    pub(super) fn happened_for(&self, case: usize) -> Vec<Happened> {
        let inner = self.lock();
        inner.happened.iter().filter(|happened| happened.by.case == case).cloned().collect()
    }

    /// The same, but for what the network doubled.
    pub(super) fn happened_once(&self, case: usize) -> Vec<Effect> {
        let all = self.happened_for(case).into_iter();
        all.filter(|happened| !happened.by.again).map(|happened| happened.effect).collect()
    }
}
