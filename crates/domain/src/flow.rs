//! The shape of every workflow: a pure state machine that is told facts and says what to do next.
//!
//! A machine never waits and never sends. Whoever runs it calls [`Flow::next`], does what it says, and tells it what came of
//! it with [`Flow::learned`]. Because facts may come late, doubled or out of order, `learned` takes them all; because a
//! machine is nothing but the fold of what it was told, a process that died resumes by telling it all again.

use crate::{Korrelasjonsid, Slug, Timestamp};
use std::fmt;
use std::time::Duration;

/// The number of one attempt: counted from 1 within a case, each act and each read has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttemptNo(pub u32);

impl AttemptNo {
    /// The number after this.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for AttemptNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A workflow as a pure state machine.
pub trait Flow: Clone {
    /// What the user can want.
    type Ask;
    /// What changes something at the other side.
    type Act;
    /// What only looks.
    type Read;
    /// What can be learned.
    type Fact;

    /// The user wants something.
    ///
    /// # Errors
    /// If that cannot be wanted now; nothing changes then.
    fn asked(&mut self, ask: Self::Ask, at: Timestamp) -> Result<(), Declined>;

    /// The act is about to be sent, not later than `until`, and that is written down.
    fn begun(&mut self, n: AttemptNo, act: &Self::Act, at: Timestamp, until: Timestamp);

    /// Something was learned from attempt `n`. Total: a fact that comes late, twice or out of order is legal.
    fn learned(&mut self, n: AttemptNo, fact: Self::Fact, at: Timestamp);

    /// Somebody takes it up who did not follow it until now, or who has lost count of the time: a process that was started again or
    /// woken, another machine, a clock that was set. What has no answer may have been sent until now, so its time to act is counted anew
    /// from `at`. Not written down: whoever takes it up next says it again.
    fn resumed(&mut self, at: Timestamp);

    /// Whether a fact tells anything that matters beyond the pace of the next look. What does not is not written down.
    fn is_news(&self, n: AttemptNo, fact: &Self::Fact, at: Timestamp) -> bool;

    /// What to do now. Calling it changes nothing.
    fn next(&self, now: Timestamp) -> Step<Self::Act, Self::Read>;
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<A, R> {
    /// Send this.
    Act(A),
    /// Look at this.
    Read(R),
    /// Nothing before then; the text names what ends the waiting.
    Wait(Timestamp, WaitingFor),
    /// A person must do something, or there is nothing to do until somebody asks.
    Person(&'static str),
    /// It is over.
    End,
}

/// What ends a waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingFor {
    /// The job, at its next look.
    Job,
    /// A service that failed or asked for patience.
    Service,
    /// The time within which a request that got no answer may still act.
    LateAction,
    /// The krav to be booked (reskontroført), at its next look.
    Booking,
    /// The time after which a krav without errors counts as transferred.
    Settling,
    /// The virus scan of what was put into an instance.
    Skanning,
    /// A person to confirm.
    Person,
    /// The auditor to confirm.
    Revisor,
    /// The receipt of what was submitted.
    Kvittering,
}

/// That this cannot be asked for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not possible now: {0}")]
pub struct Declined(pub &'static str);

/// What one attempt did at the other side – the one question in every error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It is under way.
    Open,
    /// Nothing left this machine.
    NotSent,
    /// The service refused, and nothing changed.
    Refused(Slug),
    /// It may have acted, or may still act.
    Unknown,
    /// It acted.
    Done,
}

impl Effect {
    /// Whether it may have acted without our knowing what came of it.
    pub fn is_unresolved(&self) -> bool {
        matches!(self, Self::Open | Self::Unknown)
    }
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Yes, later; not before this long, if the service said so.
    Later(Option<Duration>),
    /// Perhaps: the answer came whole and could not be understood. A few times, not for ever.
    AFewTimes,
    /// Not before something is changed: the request, the rights, the settings.
    AfterChange,
}

/// What went wrong, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No connection to the service.
    Unreachable,
    /// No answer within the call's deadline.
    Timeout,
    /// The connection was lost after the request went out.
    ConnectionLost,
    /// The service did not accept the token (401), or there is none.
    Unauthorized,
    /// The token has no right to this (403).
    Forbidden,
    /// The service does not know it (404).
    NotFound,
    /// It is larger than the service takes.
    TooLarge,
    /// Too many calls (429).
    RateLimited,
    /// The service refused it for another reason (4xx).
    Refused,
    /// The service failed (5xx).
    ServiceFailure,
    /// The answer is none that the contract knows: an HTML page, nothing, broken XML.
    Unreadable,
    /// Something on this machine: a file, a disk, a setting.
    Local,
}

/// How a call failed, as far as a state machine needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, by meaning.
    pub kind: ErrorKind,
    /// The id of the call.
    pub korrelasjonsid: Option<Korrelasjonsid>,
    /// What it did at the other side.
    pub effect: Effect,
    /// Whether trying again can help.
    pub retry: Retry,
    /// Whether the service refused it for the reference to an uploaded document.
    pub about_referanse: bool,
    /// What happened, for a person.
    pub message: String,
}
