//! What survives the process: cases, each a list of records that is only ever added to.
//!
//! A *case* is one krav or one filing. Its records are **asks** (what somebody wants), **intents** (what is about to be sent) and **facts**
//! (what was learned); the state of a case is their fold, and nothing else. The journal does not understand what it keeps: payloads are JSON
//! that only their writer reads.
//!
//! What it guarantees, and every other part leans on:
//! - **On disk when it returns.** What a method has answered survives the end of the process and of the machine.
//! - **Intents are fenced**: [`begin`](Journal::begin) says yes only to the owner of a case who has read all of its records. Two workers
//!   can therefore never both be allowed to send.
//! - **Facts are not fenced, and never dropped.** Whoever learned something may write it down, owner or not, late or twice.
//! - **A case has one owner**, alive by its heartbeat. When the heart stops, the cases are anybody's.
//! - **A key names one case.** Who comes second is told who has it.
//!
//! Times that decide who is alive and which keys are held are the journal's own, on one clock; times in records are their writer's.
//! Whatever lasts *until* a time is over at that time. Times are kept to the microsecond; what is finer may be cut off,
//! and so may what lies within the last second of all times.

mod case;
mod error;
mod moves;

pub use case::{
    BadId, Case, CaseId, CaseKey, CaseKind, CaseState, CaseSummary, Entry, Environment, Look, Payload,
    Record, Version, WorkerId,
};
pub use error::{JournalError, JournalErrorKind};
pub use moves::{
    Beat, Begun, Claim, Claimed, Counts, Fenced, Filter, Hold, Intent, Learned, NewAsk, NewCase, Opened,
    Parked, Parking, Recorded, Source,
};

use crate::Port;
use async_trait::async_trait;
use std::time::Duration;

/// The journal. See the [module](self) for what it guarantees.
///
/// Methods take many things at a time because a disk does: each answers one for one and in order, and all of a call is on disk when it
/// returns. Things within a call do not depend on each other: one that is refused does not stop the rest.
#[async_trait]
pub trait Journal: Port {
    /// Whether what it holds outlives the process.
    fn survives(&self) -> bool;

    /// Opens cases, each due at once ([`NewCase::at`]), holding its keys for ever and with an empty status. One whose key is taken is not
    /// opened, and the answer says by which case; taken also means: by an earlier one of this call. Of several keys that are taken, the
    /// first decides. One with an owner is owned from the start, whether that worker's heart beats or not.
    ///
    /// Repeating it is safe with the same id: a case that is there with that id, of the same kind and environment and with the same
    /// fingerprint, is [`Opened::New`] with the version it has by now, and nothing changes. If one of these differs, the id is
    /// [taken](Opened::Taken) by the case that has it.
    ///
    /// # Errors
    /// If the journal cannot be written. None of them may be there, or all.
    async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError>;

    /// Records what somebody wants of a case. The case becomes due at once ([`NewAsk::at`], or when it was due if that is earlier), whoever
    /// owns it, and its owner is told by [`beat`](Self::beat). A settled case is no longer settled then.
    ///
    /// Repeating it asks twice, unless [`NewAsk::version`] is given.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError>;

    /// Makes `worker` the owner of cases that are due and have no living owner; the longest due first, those due at the same time in the
    /// order of their opening. What it owns already is not among them. A worker whose heart does not beat ([`beat`](Self::beat)) gets
    /// none. Sends nothing, and means nothing to the other side.
    ///
    /// With [`Claim::only`], what is waiting or settled comes last, and what the worker owns already is among them and counts for
    /// [`Claim::max`]. A case of a living other is never taken, and an excepted one never answered.
    ///
    /// Who owned a case before, and is dead, does not own it any more. A claim changes neither state nor version, and what it answers no
    /// longer counts as stirred.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError>;

    /// Reads a case again. When `worker` owns it, it no longer counts as stirred for [`beat`](Self::beat).
    ///
    /// # Errors
    /// If the journal cannot be read.
    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError>;

    /// Records what is about to be sent. An intent that was permitted has the number of its record as [`Begun::Permitted`]; only then may
    /// it be sent, and only before its [`until`](Intent::until).
    ///
    /// A worker whose heart stopped goes on owning a case until another takes it, and may begin until then. The owner is asked first, then
    /// the version, then the key. A key that is [taken](Intent::takes) is held for ever from then on, also if it was held until some time;
    /// what is refused takes none. After an intent was permitted, another for the same case in the same call is stale.
    ///
    /// # Errors
    /// If the journal cannot be written, or did not answer: the intents may be there, so nothing may be sent, and the case must be
    /// loaded again.
    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError>;

    /// Records what was learned. Never refused for ownership or version. A fact of an attempt that has one is not recorded again; a fact
    /// of a look is known by its [`Look::id`]. Whatever a known fact says the second time, what was recorded first stays.
    ///
    /// The answer to a number that is no intent of the case is answered [`Recorded::NoCase`] and not recorded: no worker that was
    /// permitted to send can have that number, unless the journal lost records, as a restored backup has.
    ///
    /// A case that is waiting or settled becomes due at once ([`Learned::at`]) by something new, since somebody must look at what it
    /// means; one that is due stays as it is. If another than the owner learned something new, the owner is told by [`beat`](Self::beat).
    ///
    /// # Errors
    /// If the journal cannot be written. Call it again until it can: a lost fact is a doubt for a person.
    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError>;

    /// Says where cases stand, which keys they hold, and when they are due, and gives them up unless [`Parking::keep`] says otherwise.
    /// Fenced as [`begin`](Self::begin) is, but for keys: [`Fenced::KeyTaken`] is no answer to it. Writes no record: the version stays.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError>;

    /// Gives cases up as they are: a worker that cannot do them leaves them to one that can. Cases that the worker does not own stay as they
    /// are.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError>;

    /// The heartbeat: `worker` is alive for `alive_for` from now, whatever it said before.
    ///
    /// What is stirred is told again with each beat, until the owner reads it by [`load`](Self::load) or is answered it by
    /// [`claim`](Self::claim). Both lists are in the order of opening.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError>;

    /// Ends a worker: all it owns is nobody's, at once, so that it may neither begin nor park. Its next beat is a first one.
    ///
    /// # Errors
    /// If the journal cannot be written. Its heart stops by itself.
    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError>;

    /// Lets a key of a case go, whoever owns the case. Nothing happens if the case does not hold it.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError>;

    /// A case with all its records.
    ///
    /// # Errors
    /// If the journal cannot be read.
    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError>;

    /// The case that holds a key now; none, once the time has come until which it was held.
    ///
    /// # Errors
    /// If the journal cannot be read.
    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError>;

    /// Cases without their records, in the order of their opening, from after [`Filter::after`]; none, if that one is not there.
    ///
    /// # Errors
    /// If the journal cannot be read.
    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError>;

    /// How many cases stand where, of that environment or of all. The workers are those of all environments.
    ///
    /// # Errors
    /// If the journal cannot be read.
    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError>;

    /// Removes settled cases with their records and keys for ever. One that is not settled, is at another version than that, or has a
    /// living owner, stays. Answers which were removed, in the order in which they were named. Their ids may be opened again.
    ///
    /// # Errors
    /// If the journal cannot be written.
    async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError>;

    /// Returns when there may be something new to claim since the last return on this handle: a case was opened without an owner, something
    /// was asked, or something was learned of a case that waited or was settled. May return without a reason. Never returns where the
    /// journal cannot tell.
    ///
    /// What happens between two calls makes the next one return at once. Dropping the future ends the waiting and loses nothing.
    async fn stirred(&self);
}
