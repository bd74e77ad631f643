//! The life of one krav as a pure state machine: its creation, its changes and its write-off, in the order they were asked for.
//!
//! ```text
//! creation ── 201 ──────────────→ followed until settled ─→ changes, one by one ─→ write-off
//!    │ ↖ lost: the same again              │ 409 not booked: wait
//!    └── 422 exists already: read back, compare
//! ```
//!
//! What it knows that a loop would not:
//! - A creation with an oppdragsgiversKravidentifikator may be sent again at any time; one without never, so it ends unproven when its
//!   answer is lost.
//! - "Exists already" means that *a* krav with that id exists, not that it is ours: it is read back and compared. Where an edition cannot
//!   do that, the krav ends unproven rather than refused, since a person who believes the refusal might send it under another id.
//! - A refusal ends an operation only if no earlier request of it may have acted.
//! - A different change waits until every unanswered one before it can no longer act late.
//! - No deadline fires before one more try.
//!
//! Source: `innkrevingsoppdrag.md`; contract page `innkreving.md`, "What a lost answer means".

mod compare;
mod krav;
mod operation;
mod settings;
#[cfg(test)]
mod tests;

pub use compare::{Difference, describe, differences};
pub use krav::Krav;
pub use operation::{Attempt, MootBecause, Operation, OperationEnd, Proof, What};
pub use settings::KravRules;

use super::{Avstemming, Endring, Innkrevingsoppdrag, KravId, Mottak, Valideringsfeil};
use crate::flow::Failure;
use crate::{Kravidentifikator, Timestamp, Transaksjonsid};
use std::sync::Arc;

/// What the user wants of a krav.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Create it.
    Opprett(Arc<Innkrevingsoppdrag>),
    /// Change it.
    Endre(Endring),
    /// Write it off.
    Avskriv,
    /// Stop before the next request.
    Stop,
    /// Go on after it was stopped or given up, with as much time again: what is unproven is looked at again where that can help, and what
    /// could not be sent is tried again. With `follow`, it is followed until it is settled from now on.
    Fortsett {
        /// Whether it is followed.
        follow: bool,
    },
    /// A person has found out what became of an unproven operation.
    Avgjoer(Settlement),
    /// What is known of it is a copy from before `since`: since then everything that was to be done may have been sent.
    Restored {
        /// When the copy was made.
        since: Timestamp,
    },
}

/// What a person has found out about an operation that was unproven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which operation, counted from 0 in [`Krav::operations`].
    pub operation: usize,
    /// Whether it happened at the service.
    pub happened: bool,
    /// Of a creation that happened: Skatteetaten's id of the krav, if the person knows it.
    pub kravidentifikator: Option<Kravidentifikator>,
}

/// What changes something at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Create the krav.
    Opprett(Arc<Innkrevingsoppdrag>),
    /// Change it.
    Endre(KravId, Endring),
    /// Write it off.
    Avskriv(KravId),
}

/// What only looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// How far it has come.
    Mottaksstatus(KravId),
    /// What the asynchronous validation found wrong.
    Valideringsfeil(KravId),
    /// What the service has received.
    Avstemming(KravId),
}

/// What can be learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The creation was answered with this.
    Opprettet(Kravidentifikator),
    /// The change or write-off was accepted.
    Accepted(Option<Transaksjonsid>),
    /// The service tells how far it has come.
    Mottak(Mottak),
    /// The service knows no such krav.
    NotThere,
    /// What the asynchronous validation found wrong; nothing, or nothing yet, if the list is empty.
    Valideringsfeil(Vec<Valideringsfeil>),
    /// What the service has received; `None` if it does not tell before the krav is booked.
    Avstemming(Option<Box<Avstemming>>),
    /// The act failed.
    Failed(Failure),
    /// The look failed.
    LookFailed(Read, Failure),
}

/// Where a krav stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing of it has left this machine.
    NotSent,
    /// It was sent, and nothing is known of it yet.
    Sent,
    /// The service has received it (201); whether it passes the asynchronous validation is not known yet.
    Received,
    /// It is being collected.
    InForce(Confirmation),
    /// It is written off.
    WrittenOff,
    /// The service refused it.
    Refused,
    /// The asynchronous validation rejected it. To collect it, correct it and send it under a new id.
    Rejected(Vec<Valideringsfeil>),
    /// The service will not book it.
    NotToBeBooked,
    /// Nobody can tell whether it was created. A person must find out.
    Unproven,
}

/// How it is known that a krav is being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// The service says that it is booked.
    Booked,
    /// The service says that it was moved to another of its systems.
    Migrated,
    /// A change or a write-off of it was accepted, which happens only to a krav that is booked.
    ChangeAccepted,
    /// Its list of valideringsfeil was empty long enough after the creation. The weakest: the service does not say so itself.
    SettleTime,
}

impl Standing {
    /// Whether it stays so unless somebody does something.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::NotSent | Self::Sent | Self::Received)
    }

    /// A word for tables and machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::InForce(_) => "in-force",
            Self::WrittenOff => "written-off",
            Self::Refused => "refused",
            Self::Rejected(_) => "rejected",
            Self::NotToBeBooked => "not-to-be-booked",
            Self::Unproven => "unproven",
        }
    }
}

/// How all that was asked of a krav has gone, from best to worst: the worst of many is the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything is done, and settled well.
    Well,
    /// Something was refused, rejected or pointless; nothing is in doubt.
    Wrong,
    /// Something is unproven or still open.
    Open,
}
