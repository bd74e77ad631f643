//! The history of a case in words.

use super::{Happened, What};
use crate::filing::FilingNotation;
use crate::journal::payload::{Unreadable, read_said};
use crate::journal::{Notation, fold};
use skattebro_domain::JobbId;
use skattebro_domain::filing::Fact;
use skattebro_domain::flow::{AttemptNo, Flow};
use skattebro_ports::journal::{Case, Entry};

/// How the records of one kind of case are told.
pub(super) struct Story<F: Flow> {
    pub(super) ask: fn(&F::Ask) -> String,
    pub(super) act: fn(&F::Act) -> String,
    pub(super) fact: fn(&F::Fact) -> String,
}

/// The job of a filing that was started last.
pub(super) fn last_job(notation: &FilingNotation, case: &Case) -> Result<Option<JobbId>, Unreadable> {
    let answers = case.records.iter().rev().filter(|record| matches!(record.entry, Entry::Answer(_)));
    for record in answers {
        if let Fact::Started(jobb, _) = notation.read_fact(&record.payload)? {
            return Ok(Some(jobb));
        }
    }
    Ok(None)
}

/// What happened, in order.
pub(super) fn history<F: Flow>(
    notation: &impl Notation<F>,
    case: &Case,
    story: &Story<F>,
) -> Result<Vec<Happened>, Unreadable> {
    // What an act was is read with what was known then; the whole is enough to tell it.
    let known = fold(notation, case, None)?.flow;
    let mut history = Vec::new();
    for (record, n) in case.records.iter().zip(1..) {
        let (what, text) = match &record.entry {
            Entry::Ask => (What::Asked, (story.ask)(&notation.read_ask(&record.payload)?)),
            Entry::Intent { until } => {
                let act = notation.read_act(&record.payload, &known)?;
                (What::Begun { until: *until }, (story.act)(&act))
            }
            Entry::Answer(n) => (What::Answered(*n), (story.fact)(&notation.read_fact(&record.payload)?)),
            Entry::Look(_) => (What::Seen, (story.fact)(&notation.read_fact(&record.payload)?)),
        };
        let grunn = matches!(what, What::Asked).then(|| read_said(&record.payload)).flatten();
        history.push(Happened {
            n: AttemptNo(n),
            at: record.at,
            worker: record.worker.clone(),
            what,
            text,
            korrelasjonsid: record.korrelasjonsid.clone(),
            grunn: grunn.map(|said| match said.by {
                Some(by) => format!("{} ({by})", said.grunn),
                None => said.grunn,
            }),
        });
    }
    Ok(history)
}
