//! Cases as lines of JSON, for a file that outlives the store.

use serde_json::{Value, json};
use skattebro::ports::journal::{Case, Entry, Payload, Record, WorkerId};

/// A case with everything that was written down of it.
pub(super) fn case(case: &Case) -> Value {
    let mut value = super::show::summary(&case.summary);
    value["fingerprint"] = case.summary.fingerprint.to_string().into();
    value["content"] = payload(&case.content);
    value["history"] = case.records.iter().map(record).collect();
    value
}

fn record(record: &Record) -> Value {
    let (entry, n) = match &record.entry {
        Entry::Ask => ("ask", None),
        Entry::Intent { .. } => ("intent", None),
        Entry::Answer(n) => ("answer", Some(n.0)),
        Entry::Look(look) => ("look", Some(look.n.0)),
    };
    let until = match &record.entry {
        Entry::Intent { until } => Some(until.to_string()),
        _ => None,
    };
    json!({
        "at": record.at.to_string(),
        "entry": entry,
        "n": n,
        "until": until,
        "worker": record.worker.as_ref().map(WorkerId::as_str),
        "korrelasjonsid": record.korrelasjonsid.as_ref().map(|id| id.as_str()),
        "payload": payload(&record.payload),
    })
}

/// As it is, if it is JSON; else as a text, so that nothing is lost.
fn payload(payload: &Payload) -> Value {
    serde_json::from_str(payload.as_str()).unwrap_or_else(|_| payload.as_str().into())
}
