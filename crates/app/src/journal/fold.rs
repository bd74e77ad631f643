//! From the records of a case to its state.

use super::notation::Notation;
use super::payload::Unreadable;
use super::process::has_ended;
use skattebro_domain::Timestamp;
use skattebro_domain::flow::{AttemptNo, Flow};
use skattebro_ports::journal::{Case, Entry, Record, Version};

/// A workflow as its records tell it.
#[derive(Debug, Clone)]
pub(crate) struct Folded<F> {
    pub(crate) flow: F,
    pub(crate) version: Version,
    /// The largest number of a look.
    pub(crate) looks: AttemptNo,
}

/// When somebody took a case up, and how many records it had then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resumed {
    pub(crate) version: Version,
    pub(crate) at: Timestamp,
}

/// Folds all records. `resumed` counts the time of what had no answer then anew.
pub(crate) fn fold<F: Flow>(
    notation: &impl Notation<F>,
    case: &Case,
    resumed: Option<Resumed>,
) -> Result<Folded<F>, Unreadable> {
    let mut flow = notation.blank();
    let mut looks = AttemptNo::default();
    let mut version = Version::default();
    for record in &case.records {
        version.0 += 1;
        match &record.entry {
            Entry::Ask => {
                // What cannot be wanted changes nothing, now as then.
                let _ = flow.asked(notation.read_ask(&record.payload)?, record.at);
            }
            Entry::Intent { until } => {
                let act = notation.read_act(&record.payload, &flow)?;
                let n = AttemptNo(version.0);
                let until = if is_sent_by_nobody(case, record, n) { record.at } else { *until };
                flow.begun(n, &act, record.at, until);
            }
            Entry::Answer(n) => flow.learned(*n, notation.read_fact(&record.payload)?, record.at),
            Entry::Look(look) => {
                looks = looks.max(look.n);
                flow.learned(look.n, notation.read_fact(&record.payload)?, record.at);
            }
        }
        if let Some(resumed) = resumed.filter(|resumed| resumed.version == version) {
            flow.resumed(resumed.at);
        }
    }
    Ok(Folded { flow, version, looks })
}

/// Whether an act has no answer, and its process has ended: what that had not sent by then it never sends, however long it was allowed to. An
/// upload of hundreds of megabytes is allowed hours.
fn is_sent_by_nobody(case: &Case, record: &Record, n: AttemptNo) -> bool {
    let is_answered = || case.records.iter().any(|other| other.entry == Entry::Answer(n));
    !is_answered() && record.worker.as_ref().is_some_and(has_ended)
}
