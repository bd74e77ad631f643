//! What a journal is told, and what it answers.

use super::{
    Case, CaseId, CaseKey, CaseKind, CaseState, CaseSummary, Environment, Look, Payload, Version, WorkerId,
};
use skattebro_domain::flow::AttemptNo;
use skattebro_domain::{Digest, Korrelasjonsid, Timestamp};

/// A case to be opened. It is due at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCase {
    /// Its id, which its opener draws.
    pub id: CaseId,
    /// What it is about.
    pub kind: CaseKind,
    /// Which service.
    pub environment: Environment,
    /// A line for a person. May hold personal numbers.
    pub title: String,
    /// What no other case may be about.
    pub keys: Vec<CaseKey>,
    /// Tells it from another that is asked for under the same key.
    pub fingerprint: Digest,
    /// What never changes about it.
    pub content: Payload,
    /// What is asked of it, in order: its first records.
    pub asks: Vec<Payload>,
    /// When, on the opener's clock.
    pub at: Timestamp,
    /// Who owns it from the start.
    pub owner: Option<WorkerId>,
}

/// What came of opening a case.
#[expect(clippy::large_enum_variant, reason = "answers live for a moment, a box costs every reader a word")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is there.
    New(Version),
    /// Another case holds one of its keys, or has its id. This one was not opened.
    Taken(CaseSummary),
}

/// Something to be asked of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAsk {
    /// The case.
    pub case: CaseId,
    /// Only if it has this many records.
    pub version: Option<Version>,
    /// When, on the asker's clock.
    pub at: Timestamp,
    /// What.
    pub payload: Payload,
}

/// What came of recording something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on disk; the case has this version by it.
    New(Version),
    /// It was on disk before; the case has this version.
    Known(Version),
    /// The case has this version, not the one that was demanded. Nothing was recorded.
    Stale(Version),
    /// There is no such case, or no such intent of it. Nothing was recorded.
    NoCase,
}

/// Which cases a worker wants to own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: WorkerId,
    /// At most so many; none is a way to ask for [`Claimed::next_due`].
    pub max: usize,
    /// Only of this environment.
    pub environment: Environment,
    /// Only these, due or not, settled or not, and also if the worker owns them already.
    pub only: Option<Vec<CaseId>>,
    /// Not these: it has found out that it cannot do them.
    pub except: Vec<CaseId>,
    /// What is due by this time is due.
    pub now: Timestamp,
}

/// What a worker owns by a claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    /// The cases, as they are now.
    pub cases: Vec<Case>,
    /// When the next case of the environment without a living owner is due that was not claimed, and was not excepted; in the past, if it
    /// is due already. Those that [`Claim::only`] did not name count too.
    pub next_due: Option<Timestamp>,
}

/// Something about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The case.
    pub case: CaseId,
    /// How many of its records the worker has read: all, or it is refused.
    pub version: Version,
    /// When, on the worker's clock.
    pub at: Timestamp,
    /// It is not sent later than this.
    pub until: Timestamp,
    /// The id of the call.
    pub korrelasjonsid: Korrelasjonsid,
    /// A key that the case must hold before this is sent, and takes with it if no other case holds it now.
    pub takes: Option<CaseKey>,
    /// What.
    pub payload: Payload,
}

/// What came of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is on disk as the attempt with this number, and may be sent.
    Permitted(AttemptNo),
    /// It is not on disk, and must not be sent.
    Fenced(Fenced),
}

/// Why a worker may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fenced {
    /// The case is another's, or nobody's, or not there.
    NotOwner,
    /// The case has records that the worker has not read. It has this version.
    Stale(Version),
    /// The key that it needs is held by this case.
    KeyTaken(CaseId),
}

/// Something learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The case.
    pub case: CaseId,
    /// From what.
    pub from: Source,
    /// When, on the worker's clock.
    pub at: Timestamp,
    /// By whom.
    pub worker: WorkerId,
    /// The id of the call.
    pub korrelasjonsid: Option<Korrelasjonsid>,
    /// What.
    pub payload: Payload,
}

/// From what something was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The answer to the attempt with this number, which is the number of an intent of the case.
    Answer(AttemptNo),
    /// A look.
    Look(Look),
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parking {
    /// The case.
    pub case: CaseId,
    /// How many of its records the worker has read.
    pub version: Version,
    /// Whether and when there is something to do.
    pub state: CaseState,
    /// In its own words, for a person's list. No personal numbers.
    pub status: String,
    /// All keys that it holds from now on, each once. Those it held and does not any more are let go; one that another case holds is left
    /// out.
    pub holds: Vec<Hold>,
    /// Whether the worker goes on owning it.
    pub keep: bool,
}

/// A key that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The key.
    pub key: CaseKey,
    /// Until when, on the journal's clock; for ever without.
    pub until: Option<Timestamp>,
}

impl Hold {
    /// For ever.
    pub fn of(key: CaseKey) -> Self {
        Self { key, until: None }
    }
}

/// What came of parking a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parked {
    /// It stands so.
    Yes,
    /// It does not; nothing changed.
    Fenced(Fenced),
}

/// What a heart hears.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beat {
    /// Cases of the worker that somebody else wrote to since they were loaded last.
    pub stirred: Vec<CaseId>,
    /// Set when the heart had stopped in the meantime, or this is the first beat: all cases that the worker still owns. Others that it
    /// thinks its own are not.
    pub still: Option<Vec<CaseId>>,
}

/// Which cases to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Only of this environment.
    pub environment: Option<Environment>,
    /// Only of this kind.
    pub kind: Option<CaseKind>,
    /// Only those that stand so, by the word of [`CaseState::as_str`]; none, by any other word.
    pub state: Option<&'static str>,
    /// Only those with this status.
    pub status: Option<String>,
    /// Only those whose last record was written before this.
    pub changed_before: Option<Timestamp>,
    /// Only those that come after this one.
    pub after: Option<CaseId>,
    /// At most so many.
    pub max: usize,
}

impl Filter {
    /// All, at most so many.
    pub fn all(max: usize) -> Self {
        Self {
            environment: None,
            kind: None,
            state: None,
            status: None,
            changed_before: None,
            after: None,
            max,
        }
    }
}

/// How many cases stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// By kind, state ([`CaseState::as_str`]) and status, in no order.
    pub cases: Vec<(CaseKind, &'static str, String, u64)>,
    /// Workers whose heart beats.
    pub workers: u64,
    /// Since when the longest overdue case without a living owner is due, by the journal's clock; none, if none is due yet.
    pub oldest_due: Option<Timestamp>,
}
