//! The JSON of `skattebro krav … --json` and of the kvittering file.

use super::krav::confirmation;
use super::write;
use crate::commands::krav::Outcome;
use serde_json::{Map, Value, json};
use skattebro::codec::krav::{PeriodNames, write_endring, write_opprett};
use skattebro::domain::krav::machine::{Operation, OperationEnd, Proof, Verdict, What};
use skattebro::domain::krav::{Edition, KravId, Valideringsfeil};
use skattebro::domain::{Finding, Timestamp};
use skattebro::ports::journal::CaseId;
use std::collections::BTreeMap;

/// A list that is printed as it grows, so that it is never held whole:
/// `{"krav":[{…},…],"counts":{…},"verdict":"well"}`.
#[derive(Debug)]
pub(crate) struct JsonList {
    name: &'static str,
    has_begun: bool,
}

/// Of krav.
impl Default for JsonList {
    fn default() -> Self {
        Self::of("krav")
    }
}

impl JsonList {
    /// A list of this name.
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, has_begun: false }
    }

    /// The next of them.
    pub(crate) fn push(&mut self, value: &Value) {
        let before = if self.has_begun { ",\n".to_owned() } else { format!("{{\"{}\":[\n", self.name) };
        self.has_begun = true;
        write(&format!("{before}{value}"));
    }

    /// The end, with what is said of all.
    pub(crate) fn finish(self, rest: Map<String, Value>) {
        let before = if self.has_begun { "\n]".to_owned() } else { format!("{{\"{}\":[]", self.name) };
        let rest = Value::Object(rest).to_string();
        let rest = rest.strip_prefix('{').unwrap_or_default();
        let comma = if rest == "}" { "" } else { "," };
        write(&format!("{before}{comma}{rest}\n"));
    }
}

/// What is said of many krav together.
pub(crate) fn summary(counts: &BTreeMap<String, u64>, verdict: Verdict) -> Map<String, Value> {
    Map::from_iter([("counts".to_owned(), json!(counts)), ("verdict".to_owned(), word(verdict).into())])
}

pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Well => "well",
        Verdict::Wrong => "wrong",
        Verdict::Open => "open",
    }
}

/// What became of a krav; `done_before` says when, if nothing had to be sent.
pub(crate) fn outcome(outcome: &Outcome, done_before: Option<Timestamp>) -> Value {
    let origin = &outcome.origin;
    let finding = |finding: &Finding| self::finding(finding, origin.line);
    json!({
        "row": origin.row,
        "oppdragsgiversKravidentifikator": outcome.own_id(),
        "kravidentifikator": outcome.kravidentifikator(),
        "erstatter": origin.erstatter,
        "case": outcome.case().map(CaseId::as_str),
        "doneBefore": done_before.map(|at| at.to_string()),
        "standing": outcome.word(),
        "verdict": word(outcome.verdict()),
        "confirmation": outcome.confirmation().map(confirmation),
        "operations": outcome.operations().iter().map(operation).collect::<Vec<_>>(),
        "findings": outcome.findings().iter().map(finding).collect::<Vec<_>>(),
        "valideringsfeil": valideringsfeil(&outcome.valideringsfeil()),
        "reasons": outcome.reasons(),
    })
}

/// A line of the kvittering file, but for the time.
pub(crate) fn kvittering(outcome: &Outcome, edition: Edition) -> Value {
    let oppdrag = outcome.report().and_then(|report| report.oppdrag());
    let oppdrag = oppdrag.map(|oppdrag| write_opprett(oppdrag, edition, PeriodNames::FomTom));
    json!({
        "edition": edition.as_str(),
        "row": outcome.origin.row,
        "oppdragsgiversKravidentifikator": outcome.own_id(),
        "kravidentifikator": outcome.kravidentifikator(),
        "standing": outcome.standing().as_str(),
        "verdict": word(outcome.verdict()),
        "confirmation": outcome.confirmation().map(confirmation),
        "oppdrag": oppdrag.as_deref().and_then(parsed),
        "operations": outcome.operations().iter().map(with_content).collect::<Vec<_>>(),
        "valideringsfeil": valideringsfeil(&outcome.valideringsfeil()),
        "reasons": outcome.reasons(),
    })
}

fn with_content(of: &Operation) -> Value {
    let mut value = operation(of);
    if let (What::Endre(endring), Ok(id)) = (of.what(), "x".parse::<KravId>()) {
        // The bodies of edition v1, which hold the change and nothing else.
        value["endring"] = parsed(&write_endring(&id, endring, Edition::V1)).unwrap_or_default();
    }
    value
}

fn parsed(json: &[u8]) -> Option<Value> {
    serde_json::from_slice(json).ok()
}

/// Something that was asked of a krav.
pub(crate) fn operation(operation: &Operation) -> Value {
    let name = match operation.what() {
        What::Opprett(_) => "opprett",
        What::Endre(endring) => endring.name(),
        What::Avskriv => "avskriv",
    };
    let mut value = json!({
        "operation": name,
        "end": operation.end().map(end),
        "transaksjonsid": operation.transaksjonsid().map(ToString::to_string),
        "attempts": operation.attempts().len(),
    });
    match operation.end() {
        Some(OperationEnd::Done(how)) => value["proof"] = proof(how).into(),
        Some(OperationEnd::Refused { rule, message }) => {
            value["rule"] = rule.as_str().into();
            value["message"] = message.as_str().into();
        }
        Some(OperationEnd::NotDone { message }) => value["message"] = message.as_str().into(),
        Some(OperationEnd::Moot(because)) => value["message"] = because.as_str().into(),
        Some(OperationEnd::Unproven { evidence }) => value["evidence"] = evidence.as_str().into(),
        None => {}
    }
    value
}

fn end(end: &OperationEnd) -> &'static str {
    match end {
        OperationEnd::Done(_) => "done",
        OperationEnd::Refused { .. } => "refused",
        OperationEnd::NotDone { .. } => "not-done",
        OperationEnd::Moot(_) => "moot",
        OperationEnd::Unproven { .. } => "unproven",
    }
}

pub(crate) fn proof(proof: &Proof) -> &'static str {
    match proof {
        Proof::Answered => "answered",
        Proof::ReadBack => "read-back",
        Proof::AlreadyThere { .. } => "already-there",
        Proof::FoundById => "found-by-id",
        Proof::AlreadyWrittenOff => "already-written-off",
        Proof::SaidByPerson => "said-by-person",
    }
}

/// A finding about a row; `line` is where the row begins.
pub(crate) fn finding(finding: &Finding, line: Option<u64>) -> Value {
    json!({
        "code": finding.code.as_str(),
        "severity": finding.severity.to_string(),
        "field": finding.field,
        "row": finding.row,
        "line": finding.place.map(|place| place.line).or(line),
        "message": finding.message,
        "advice": finding.advice,
    })
}

/// What the asynchronous validation found wrong.
pub(crate) fn valideringsfeil(feil: &[Valideringsfeil]) -> Vec<Value> {
    feil.iter().map(|feil| json!({"error": feil.error, "message": feil.message})).collect()
}
