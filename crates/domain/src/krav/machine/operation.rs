//! What was asked of one krav, each with its attempts and its end.

use crate::flow::{AttemptNo, Effect};
use crate::krav::{Endring, Innkrevingsoppdrag};
use crate::{Korrelasjonsid, Timestamp, Transaksjonsid};
use std::sync::Arc;
use std::time::Duration;

/// One thing that was asked: the creation, a change, the write-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub(super) what: What,
    pub(super) attempts: Vec<Attempt>,
    pub(super) doubt: Option<Doubt>,
    /// It was unproven before it went on: whatever its requests did, something of it may be there.
    pub(super) was_unproven: bool,
    pub(super) strange: u32,
    pub(super) transaksjonsid: Option<Transaksjonsid>,
    pub(super) end: Option<OperationEnd>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// To create the krav.
    Opprett(Arc<Innkrevingsoppdrag>),
    /// To change it.
    Endre(Endring),
    /// To write it off.
    Avskriv,
}

/// One request of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number within the krav.
    pub n: AttemptNo,
    /// When it was begun.
    pub begun: Timestamp,
    /// What it did at the other side.
    pub effect: Effect,
    /// The id of the call, if it failed and the failure told.
    pub korrelasjonsid: Option<Korrelasjonsid>,
    /// How long it was allowed to be sent.
    pub(super) permit: Duration,
    /// While it is open, until when it may be sent; then when it was learned what it did, or that nobody knows.
    pub(super) unresolved_since: Timestamp,
}

/// Why an answer is not the end of an operation, though the service gave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A krav with our id exists; whether it is ours must be seen.
    Exists,
    /// The last request was refused, but an earlier one may have acted, or may still act.
    Refused { rule: String, message: String },
    /// What is known of it is a copy from before this time; it may have been done since.
    Restored { since: Timestamp },
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationEnd {
    /// It is done at the service.
    Done(Proof),
    /// The service refused it, and nothing changed.
    Refused {
        /// The service's name for the rule, such as `beloep-er-ikke-over-0`.
        rule: String,
        /// What happened, for a person.
        message: String,
    },
    /// Nothing of it has happened at the service, and nothing is wrong with it: there was no connection, or no access.
    NotDone {
        /// Why, for a person.
        message: String,
    },
    /// It was not sent, or is not repeated, because something made it pointless.
    Moot(MootBecause),
    /// Nobody can tell whether it is done. A person must find out.
    Unproven {
        /// What is known, for that person.
        evidence: String,
    },
}

impl OperationEnd {
    /// Whether it is done at the service.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Whether a person must find out.
    pub fn is_unproven(&self) -> bool {
        matches!(self, Self::Unproven { .. })
    }
}

/// How it is known that an operation is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The service answered so.
    Answered,
    /// An answer was lost; what the service has under our id was read back and is what we sent.
    ReadBack,
    /// The service had the same krav before we sent ours: the same id, the same content. It was not created again.
    AlreadyThere {
        /// When it was received, as the service wrote it.
        received: String,
    },
    /// An answer was lost; a krav with our id appeared after we began. Its content cannot be read in this edition.
    FoundById,
    /// The service says that the krav is written off; by us or by another.
    AlreadyWrittenOff,
    /// A person found out, and said so.
    SaidByPerson,
}

/// Why an operation became pointless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MootBecause {
    /// The krav was never created.
    NotCreated,
    /// Whether the krav was created is not known.
    CreationUnproven,
    /// The asynchronous validation rejected the krav.
    Rejected,
    /// The krav will not be booked.
    NotToBeBooked,
    /// The krav is written off.
    WrittenOff,
}

impl MootBecause {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotCreated => "the krav was never created",
            Self::CreationUnproven => "it is not known whether the krav was created",
            Self::Rejected => "the asynchronous validation rejected the krav",
            Self::NotToBeBooked => "the krav will not be booked",
            Self::WrittenOff => "the krav is written off",
        }
    }
}

impl Operation {
    pub(super) fn new(what: What) -> Self {
        Self {
            what,
            attempts: Vec::new(),
            doubt: None,
            was_unproven: false,
            strange: 0,
            transaksjonsid: None,
            end: None,
        }
    }

    /// What was asked.
    pub fn what(&self) -> &What {
        &self.what
    }

    /// Its requests, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// How it ended, if it has.
    pub fn end(&self) -> Option<&OperationEnd> {
        self.end.as_ref()
    }

    /// The id that it was accepted under, if the edition gives one and the answer was not lost.
    pub fn transaksjonsid(&self) -> Option<&Transaksjonsid> {
        self.transaksjonsid.as_ref()
    }

    pub(super) fn is_creation(&self) -> bool {
        matches!(self.what, What::Opprett(_))
    }

    /// Whether a request of it may have acted without our knowing, or may still act.
    pub fn is_unresolved(&self) -> bool {
        self.was_unproven || self.has_lost_something()
    }

    /// Whether a request of it got no answer that tells what it did.
    pub(super) fn has_lost_something(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.effect.is_unresolved())
    }

    /// Since when the last of those is unresolved.
    pub(super) fn unresolved_since(&self) -> Option<Timestamp> {
        let unresolved = self.attempts.iter().filter(|attempt| attempt.effect.is_unresolved());
        unresolved.map(|attempt| attempt.unresolved_since).max()
    }

    /// Nothing of it ever reached the service, and nothing will: it is still to be done.
    pub(super) fn was_never_sent(&mut self) {
        (self.doubt, self.was_unproven) = (None, false);
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.effect.is_unresolved()) {
            attempt.effect = Effect::NotSent;
        }
    }

    /// When the first request was begun; of workers whose clocks differ, by the one that says the earliest.
    pub(super) fn first_begun(&self) -> Option<Timestamp> {
        self.attempts.iter().map(|attempt| attempt.begun).min()
    }
}
