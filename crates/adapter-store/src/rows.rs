//! Rows as both databases keep them, and what they mean.

use crate::crypt::{Place, Sealer};
use crate::errors::damaged;
use crate::times::{from_us, to_us};
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Timestamp};
use skattebro_ports::journal::{
    Case, CaseId, CaseKind, CaseState, CaseSummary, Entry, Environment, JournalError, Look, Payload, Record,
    Version, WorkerId,
};
use std::fmt::Display;
use std::str::FromStr;

/// The columns of a case, in the order in which they are read.
macro_rules! case_columns {
    () => {
        "seq, id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, opened_us, changed_us"
    };
}

/// The columns of a record, likewise.
macro_rules! record_columns {
    () => {
        "case_id, n, at_us, worker, kind, until_us, attempt, look_n, look_id, korrelasjonsid, payload"
    };
}

pub(crate) use {case_columns, record_columns};

/// A case as it stands, without its content and records; its title may be sealed.
#[derive(Debug, Clone)]
pub(crate) struct KeptCase {
    pub(crate) id: CaseId,
    pub(crate) kind: CaseKind,
    pub(crate) environment: Environment,
    pub(crate) title: Vec<u8>,
    pub(crate) fingerprint: Digest,
    pub(crate) state: CaseState,
    pub(crate) status: String,
    pub(crate) version: u32,
    pub(crate) owner: Option<WorkerId>,
    pub(crate) stirred: bool,
    pub(crate) opened: Timestamp,
    pub(crate) changed: Timestamp,
    /// Where it stands in the order of opening, once it is in the database.
    pub(crate) seq: i64,
}

impl KeptCase {
    /// What others may know of it.
    pub(crate) fn summary(&self, sealer: &Sealer) -> Result<CaseSummary, JournalError> {
        Ok(CaseSummary {
            id: self.id.clone(),
            kind: self.kind.clone(),
            environment: self.environment.clone(),
            title: sealer.open(Place::Title(&self.id), self.title.clone())?,
            fingerprint: self.fingerprint,
            state: self.state,
            status: self.status.clone(),
            version: Version(self.version),
            owner: self.owner.clone(),
            opened: self.opened,
            changed: self.changed,
        })
    }

    /// The whole case, from its parts.
    pub(crate) fn with(
        &self,
        content: Vec<u8>,
        records: Vec<KeptRecord>,
        sealer: &Sealer,
    ) -> Result<Case, JournalError> {
        let content = Payload::new(sealer.open(Place::Content(&self.id), content)?);
        let records = records.into_iter().map(|record| record.read(sealer)).collect::<Result<_, _>>()?;
        Ok(Case { summary: self.summary(sealer)?, content, records })
    }

    /// When it is due, for its column.
    pub(crate) fn due_us(&self) -> Option<i64> {
        match self.state {
            CaseState::Due(at) => Some(to_us(at)),
            CaseState::Waiting | CaseState::Settled => None,
        }
    }
}

/// A record as it is kept; its payload may be sealed.
#[derive(Debug, Clone)]
pub(crate) struct KeptRecord {
    pub(crate) case: CaseId,
    pub(crate) n: u32,
    pub(crate) at: Timestamp,
    pub(crate) worker: Option<WorkerId>,
    pub(crate) entry: Entry,
    pub(crate) korrelasjonsid: Option<skattebro_domain::Korrelasjonsid>,
    pub(crate) payload: Vec<u8>,
}

impl KeptRecord {
    fn read(self, sealer: &Sealer) -> Result<Record, JournalError> {
        Ok(Record {
            at: self.at,
            worker: self.worker,
            entry: self.entry,
            korrelasjonsid: self.korrelasjonsid,
            payload: Payload::new(sealer.open(Place::Payload(&self.case, self.n), self.payload)?),
        })
    }

    /// The columns that depend on the kind of entry.
    pub(crate) fn entry_columns(&self) -> EntryColumns<'_> {
        let none = EntryColumns { kind: "ask", until_us: None, attempt: None, look_n: None, look_id: None };
        match &self.entry {
            Entry::Ask => none,
            Entry::Intent { until } => EntryColumns { kind: "intent", until_us: Some(to_us(*until)), ..none },
            Entry::Answer(n) => EntryColumns { kind: "answer", attempt: Some(i64::from(n.0)), ..none },
            Entry::Look(look) => EntryColumns {
                kind: "look",
                look_n: Some(i64::from(look.n.0)),
                look_id: Some(look.id.as_str()),
                ..none
            },
        }
    }
}

/// What kind of record, as columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryColumns<'a> {
    pub(crate) kind: &'static str,
    pub(crate) until_us: Option<i64>,
    pub(crate) attempt: Option<i64>,
    pub(crate) look_n: Option<i64>,
    pub(crate) look_id: Option<&'a str>,
}

/// A case's columns as they come.
pub(crate) struct CaseColumns {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) environment: String,
    pub(crate) title: Vec<u8>,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) state: String,
    pub(crate) due_us: Option<i64>,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) owner: Option<String>,
    pub(crate) stirred: bool,
    pub(crate) opened_us: i64,
    pub(crate) changed_us: i64,
}

impl CaseColumns {
    pub(crate) fn parse(self) -> Result<KeptCase, JournalError> {
        let id: CaseId = name(&self.id)?;
        let wrong = |what: &str| damaged(format_args!("case {id} has an impossible {what}"));
        let state = match (self.state.as_str(), self.due_us) {
            ("due", Some(at)) => CaseState::Due(from_us(at).ok_or_else(|| wrong("due time"))?),
            ("waiting", None) => CaseState::Waiting,
            ("settled", None) => CaseState::Settled,
            _ => return Err(wrong("state")),
        };
        Ok(KeptCase {
            kind: name(&self.kind)?,
            environment: name(&self.environment)?,
            title: self.title,
            fingerprint: Digest(self.fingerprint.try_into().map_err(|_| wrong("fingerprint"))?),
            state,
            status: self.status,
            version: self.version.try_into().map_err(|_| wrong("version"))?,
            owner: self.owner.as_deref().map(name).transpose()?,
            stirred: self.stirred,
            opened: from_us(self.opened_us).ok_or_else(|| wrong("time of opening"))?,
            changed: from_us(self.changed_us).ok_or_else(|| wrong("time of change"))?,
            seq: self.seq,
            id,
        })
    }
}

/// A record's columns as they come.
pub(crate) struct RecordColumns {
    pub(crate) case_id: String,
    pub(crate) n: i64,
    pub(crate) at_us: i64,
    pub(crate) worker: Option<String>,
    pub(crate) kind: String,
    pub(crate) until_us: Option<i64>,
    pub(crate) attempt: Option<i64>,
    pub(crate) look_n: Option<i64>,
    pub(crate) look_id: Option<String>,
    pub(crate) korrelasjonsid: Option<String>,
    pub(crate) payload: Vec<u8>,
}

impl RecordColumns {
    pub(crate) fn parse(self) -> Result<KeptRecord, JournalError> {
        let case: CaseId = name(&self.case_id)?;
        let wrong = || damaged(format_args!("record {} of case {case} is none of its kinds", self.n));
        let number =
            |column: Option<i64>| column.and_then(|n| u32::try_from(n).ok()).map(AttemptNo).ok_or_else(wrong);
        let entry = match self.kind.as_str() {
            "ask" => Entry::Ask,
            "intent" => Entry::Intent { until: self.until_us.and_then(from_us).ok_or_else(wrong)? },
            "answer" => Entry::Answer(number(self.attempt)?),
            "look" => {
                let id = self.look_id.as_deref().ok_or_else(wrong)?;
                Entry::Look(Look { n: number(self.look_n)?, id: name(id)? })
            }
            _ => return Err(wrong()),
        };
        Ok(KeptRecord {
            n: self.n.try_into().map_err(|_| wrong())?,
            at: from_us(self.at_us).ok_or_else(wrong)?,
            worker: self.worker.as_deref().map(name).transpose()?,
            entry,
            korrelasjonsid: self.korrelasjonsid.as_deref().map(name).transpose()?,
            payload: self.payload,
            case,
        })
    }
}

/// A name that was written by us, and must therefore be one.
pub(crate) fn name<N: FromStr<Err: Display>>(text: &str) -> Result<N, JournalError> {
    text.parse().map_err(|error| damaged(format_args!("a name in it is none ({error})")))
}

/// What a status is kept as: PostgreSQL has no zero characters.
pub(crate) fn kept_status(status: &str) -> String {
    status.replace('\0', "\u{fffd}")
}

/// The longest due first; what has no due time comes last.
pub(crate) fn in_order(mut cases: Vec<KeptCase>, max: usize) -> Vec<CaseId> {
    cases.sort_unstable_by_key(|case| match case.state {
        CaseState::Due(at) => (false, Some(at), case.seq),
        CaseState::Waiting | CaseState::Settled => (true, None, case.seq),
    });
    cases.into_iter().take(max).map(|case| case.id).collect()
}

pub(crate) type Counted = Vec<(CaseKind, &'static str, String, u64)>;

/// Rows of kind, state, status and how many.
pub(crate) fn counted(rows: Vec<(String, String, String, i64)>) -> Result<Counted, JournalError> {
    let counted = rows.into_iter().map(|(kind, state, status, count)| {
        let state = match state.as_str() {
            "due" => "due",
            "waiting" => "waiting",
            _ => "settled",
        };
        Ok((name(&kind)?, state, status, count.unsigned_abs()))
    });
    counted.collect()
}

/// Reads the rows of one database.
macro_rules! from_row {
    ($row:ty) => {
        impl sqlx::FromRow<'_, $row> for CaseColumns {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok(Self {
                    seq: row.try_get(0)?,
                    id: row.try_get(1)?,
                    kind: row.try_get(2)?,
                    environment: row.try_get(3)?,
                    title: row.try_get(4)?,
                    fingerprint: row.try_get(5)?,
                    state: row.try_get(6)?,
                    due_us: row.try_get(7)?,
                    status: row.try_get(8)?,
                    version: row.try_get(9)?,
                    owner: row.try_get(10)?,
                    stirred: row.try_get(11)?,
                    opened_us: row.try_get(12)?,
                    changed_us: row.try_get(13)?,
                })
            }
        }

        impl sqlx::FromRow<'_, $row> for RecordColumns {
            fn from_row(row: &$row) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok(Self {
                    case_id: row.try_get(0)?,
                    n: row.try_get(1)?,
                    at_us: row.try_get(2)?,
                    worker: row.try_get(3)?,
                    kind: row.try_get(4)?,
                    until_us: row.try_get(5)?,
                    attempt: row.try_get(6)?,
                    look_n: row.try_get(7)?,
                    look_id: row.try_get(8)?,
                    korrelasjonsid: row.try_get(9)?,
                    payload: row.try_get(10)?,
                })
            }
        }
    };
}

from_row!(sqlx::sqlite::SqliteRow);
from_row!(sqlx::postgres::PgRow);
