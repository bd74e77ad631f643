//! What goes over the wire, and what it does.

use skattebro_domain::flow::{Effect as Did, ErrorKind, Failure, Retry};
use skattebro_domain::krav::{Edition, Endring};
use skattebro_domain::{Korrelasjonsid, filing, innsending, krav::machine};

/// A request that changes something.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) case: usize,
    pub(super) korrelasjonsid: Korrelasjonsid,
    pub(super) what: What,
    /// The edition that the sender speaks, or whether it sends the documents that were asked for.
    pub(super) speaks: Speaks,
    /// The network doubled it.
    pub(super) again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    Edition(Edition),
    Documents(bool),
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Krav(machine::Act),
    /// Of this party.
    Filing(usize, filing::Act),
    Innsending(Return, innsending::Act),
}

/// Whose return of which year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Return {
    pub(super) party: usize,
    pub(super) year: u16,
}

#[derive(Debug, Clone)]
pub(super) enum Reply {
    Krav(machine::Fact),
    Filing(filing::Fact),
    Innsending(innsending::Fact),
}

/// What a request did. Krav, jobs and instances by their place in the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Created(usize),
    Changed(usize, Endring),
    WrittenOff(usize),
    Uploaded,
    Started(usize),
    InAltinn(usize),
}

/// Something that happened at the service because of us.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    pub(super) by: Sent,
    pub(super) effect: Effect,
}

pub(super) fn lost_why(kind: ErrorKind, effect: Did, retry: Retry) -> Failure {
    let message = format!("{kind:?}, {effect:?}");
    Failure { kind, korrelasjonsid: None, effect, retry, about_referanse: false, message }
}
