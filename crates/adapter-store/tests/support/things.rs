//! What tests write to a journal.

#![allow(dead_code, reason = "each test needs some of it")]

use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Begun, Case, CaseId, CaseKey, Entry, Environment, Intent, JournalError, Learned, NewAsk, NewCase,
    Payload, Recorded, Source, Version, WorkerId,
};

/// A synthetic personal number.
pub(crate) const PERSON: &str = "17912099997";

pub(crate) fn id(text: &str) -> CaseId {
    text.parse().unwrap()
}

pub(crate) fn worker(text: &str) -> WorkerId {
    text.parse().unwrap()
}

pub(crate) fn environment() -> Environment {
    "https://test".parse().unwrap()
}

pub(crate) fn at(us: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_000_000_000_000 + us).unwrap()
}

pub(crate) fn key(text: &str) -> CaseKey {
    CaseKey::of(&["krav", text])
}

pub(crate) fn new_case(case: &str) -> NewCase {
    NewCase {
        id: id(case),
        kind: "krav".parse().unwrap(),
        environment: environment(),
        title: format!("Krav mot {PERSON}"),
        keys: vec![key(&format!("{PERSON} {case}"))],
        fingerprint: Digest([7; 32]),
        content: Payload::new(format!("{{\"skyldner\":\"{PERSON}\"}}")),
        asks: vec![Payload::new(format!("{{\"opprett\":\"{PERSON}\"}}"))],
        at: at(0),
        owner: None,
    }
}

pub(crate) fn owned_case(case: &str, by: &WorkerId) -> NewCase {
    NewCase { owner: Some(by.clone()), ..new_case(case) }
}

pub(crate) fn ask(case: &str) -> NewAsk {
    NewAsk { case: id(case), version: None, at: at(1), payload: Payload::new("{}") }
}

pub(crate) fn intent(case: &CaseId, version: u32) -> Intent {
    Intent {
        case: case.clone(),
        version: Version(version),
        at: at(i64::from(version)),
        until: at(60_000_000),
        korrelasjonsid: format!("k-{version}").parse().unwrap(),
        takes: None,
        payload: Payload::new(format!("{{\"send\":\"{PERSON}\"}}")),
    }
}

pub(crate) fn answer(case: &CaseId, n: AttemptNo, by: &WorkerId) -> Learned {
    Learned {
        case: case.clone(),
        from: Source::Answer(n),
        at: at(i64::from(n.0)),
        worker: by.clone(),
        korrelasjonsid: Some(format!("k-{n}").parse().unwrap()),
        payload: Payload::new(format!("{{\"svar\":\"{PERSON}\"}}")),
    }
}

/// Begins something and learns what came of it; answers the version after.
pub(crate) async fn act(
    journal: &dyn Journal,
    by: &WorkerId,
    case: &CaseId,
    version: u32,
) -> Result<u32, JournalError> {
    let begun = journal.begin(by, vec![intent(case, version)]).await?;
    let [Begun::Permitted(n)] = begun[..] else { panic!("{begun:?}") };
    let learned = journal.learn(vec![answer(case, n, by)]).await?;
    let [Recorded::New(version)] = learned[..] else { panic!("{learned:?}") };
    Ok(version.0)
}

/// Numbers of records of a kind.
pub(crate) fn intents(case: &Case) -> Vec<u32> {
    let numbered = (1..).zip(&case.records);
    numbered.filter(|(_, record)| matches!(record.entry, Entry::Intent { .. })).map(|(n, _)| n).collect()
}

/// The attempts that have an answer.
pub(crate) fn answered(case: &Case) -> Vec<u32> {
    let answers = case.records.iter().filter_map(|record| match record.entry {
        Entry::Answer(n) => Some(n.0),
        _ => None,
    });
    answers.collect()
}
