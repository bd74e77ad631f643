//! What must be true of a sandbox after a batch, whatever happened on the way.

use super::krav::{Phase, Plan};
use super::records::Written;
use serde_json::Value;
use skattebro_sandbox::{DEFAULT_ORGANISATION, Effect, KravSeen, Sandbox, What};
use std::collections::BTreeMap;

/// A krav in the words of a plan, with the id that it was given.
fn told(what: &What) -> Option<(String, String)> {
    let (id, act) = match what {
        What::KravOpprettet { oppdragsgivers_kravidentifikator: id, beloep, .. } => {
            (id, format!("opprettet {beloep}"))
        }
        What::HovedstolEndret { oppdragsgivers_kravidentifikator: id, beloep, .. } => {
            (id, format!("hovedstol {beloep}"))
        }
        What::ReferanseEndret { oppdragsgivers_kravidentifikator: id, referanse, .. } => {
            (id, format!("referanse {referanse}"))
        }
        What::KravAvskrevet { oppdragsgivers_kravidentifikator: id, .. } => (id, "avskrevet".to_owned()),
        _ => return None,
    };
    Some((id.clone().unwrap_or_else(|| "a krav without an id".to_owned()), act))
}

/// What was done to each krav, in order.
fn histories(effects: &[Effect]) -> BTreeMap<String, Vec<String>> {
    let mut histories: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, act) in effects.iter().filter_map(|effect| told(&effect.what)) {
        histories.entry(id).or_default().push(act);
    }
    histories
}

/// Where the service and the plan differ: each krav once, each change once and in its order, each write-off once.
pub fn differences(effects: &[Effect], plan: Plan) -> Vec<String> {
    let mut done = histories(effects);
    let mut differences = Vec::new();
    for row in 0..plan.rows {
        let (id, wanted) = (Plan::id(row), plan.acts(row));
        let done = done.remove(&id).unwrap_or_default();
        if done != wanted {
            differences.push(format!("{id}: wanted {wanted:?}, done {done:?}"));
        }
    }
    differences.extend(done.into_iter().map(|(id, done)| format!("{id} is not of the plan: {done:?}")));
    differences
}

/// What was done twice, of a batch that may not be done: the beginning of each history must be that of the plan.
pub fn done_wrongly(effects: &[Effect], plan: Plan) -> Vec<String> {
    let histories = histories(effects);
    let wanted = |id: &str| id.strip_prefix("K-").and_then(|row| row.parse().ok()).map(|row| plan.acts(row));
    let is_wrong =
        |(id, done): &(String, Vec<String>)| !wanted(id).is_some_and(|wanted| wanted.starts_with(done));
    histories.into_iter().filter(is_wrong).map(|(id, done)| format!("{id}: {done:?}")).collect()
}

/// Calls that changed something and of which the journal knows no intent.
pub fn without_intent(effects: &[Effect], written: &Written) -> Vec<String> {
    let is_unknown =
        |effect: &&Effect| !effect.korrelasjonsid.as_ref().is_some_and(|id| written.intents.contains_key(id));
    effects.iter().filter(is_unknown).map(|effect| format!("{effect:?}")).collect()
}

/// The krav of a sandbox as they stand, without the ids that each sandbox draws anew.
pub fn state(sandbox: &Sandbox) -> Vec<KravSeen> {
    let mut krav = sandbox.krav(DEFAULT_ORGANISATION);
    krav.iter_mut().for_each(|krav| krav.kravidentifikator.clear());
    krav.sort_by(|a, b| a.oppdragsgivers_kravidentifikator.cmp(&b.oppdragsgivers_kravidentifikator));
    krav
}

/// What a report says of each krav: its own id, the service's id, where it stands, and its operations with their ends.
pub fn reported(report: &str) -> BTreeMap<String, (String, String, Vec<String>)> {
    let report: Value = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_one = |krav: &Value| {
        let operations = krav["operations"].as_array().unwrap().iter();
        let operations =
            operations.map(|it| format!("{} {}", text(&it["operation"]), text(&it["end"]))).collect();
        let standing = format!("{} {}", text(&krav["standing"]), text(&krav["verdict"]));
        (
            text(&krav["oppdragsgiversKravidentifikator"]),
            (text(&krav["kravidentifikator"]), standing, operations),
        )
    };
    report["krav"].as_array().unwrap().iter().map(of_one).collect()
}

/// Holds the last report of a phase against the sandbox.
pub fn report_is_true(sandbox: &Sandbox, phase: Phase, plan: Plan, report: &str) -> Vec<String> {
    let reported = reported(report);
    let seen: BTreeMap<_, _> = sandbox
        .krav(DEFAULT_ORGANISATION)
        .into_iter()
        .map(|krav| (krav.oppdragsgivers_kravidentifikator.clone().unwrap_or_default(), krav))
        .collect();
    let mut lies = Vec::new();
    for (id, (theirs, standing, operations)) in &reported {
        let Some(krav) = seen.get(id) else {
            lies.push(format!("{id} is reported and not there"));
            continue;
        };
        let wanted = if krav.avskrevet { "written-off well" } else { "in-force well" };
        let all_done = operations.iter().all(|operation| operation.ends_with(" done"));
        if *theirs != krav.kravidentifikator || standing != wanted || !all_done {
            lies.push(format!("{id} is {krav:?}, reported {theirs} {standing} {operations:?}"));
        }
    }
    let wanted = match phase {
        Phase::Opprett => plan.rows,
        Phase::Endre => plan.changed,
        Phase::EndreIgjen => plan.changed / 2,
        Phase::Avskriv => plan.written_off,
    };
    if reported.len() != wanted as usize {
        lies.push(format!("{} krav are reported, not {wanted}", reported.len()));
    }
    lies
}

/// Fails with the first of a list.
#[track_caller]
pub fn none(what: &str, found: Vec<String>) {
    assert!(
        found.is_empty(),
        "{what}: {} such:\n{}",
        found.len(),
        found.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
    );
}
