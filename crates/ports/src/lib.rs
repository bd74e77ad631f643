//! What skattebro needs of the outside world, as small traits.
//!
//! A port is an object-safe trait, used as `Arc<dyn Port>`, with one error, [`PortError`]. Beside each stands a fake that
//! keeps everything in memory ([`fakes`]), and in the crate `skattebro-conformance` a suite that every adapter passes, the
//! fakes included. The feature `mocks` adds mockall mocks for an embedder's own tests.
//!
//! | port | what |
//! |---|---|
//! | [`Uploads`], [`Jobs`] | asynchronous validation |
//! | [`Altinn`], [`AltinnJobs`] | the instance through which a return is submitted, and validation of what lies in it (edition v2) |
//! | [`CurrentReturns`], [`Validations`], [`Availability`] | the synchronous calls around it |
//! | [`KravActs`], [`KravLookup`] | innkrevingsoppdrag: what changes a krav, and what only looks |
//! | [`TokenSource`] | who we are |
//! | [`CallQuota`] | how many calls may be made at a time |
//! | [`Journal`] | what survives the process: who wanted what, what was about to be sent, what came of it |
//! | [`Clock`] | time |
//! | [`Body`], [`DocumentSink`] | documents on their way out and in |
//!
//! Every method says what repeating it does, and every failure says what it did at the other side.

mod altinn;
mod body;
mod call;
mod clock;
mod current_return;
mod error;
pub mod fakes;
mod jobs;
pub mod journal;
mod krav;
mod permit;
mod quota;
mod sink;
mod token;
mod upload;
mod validation;

#[cfg(feature = "mocks")]
pub mod mocks;

pub use altinn::{Altinn, AltinnJobs, FILE_INFECTED, FILE_SCAN_PENDING, Vedlegg};
pub use body::{Body, MemoryBody};
pub use call::{Call, NoProgress, Progress, Subject};
pub use clock::Clock;
pub use current_return::{Availability, CurrentReturns};
pub use error::{PortError, Problem};
pub use jobs::{Jobs, RequestEnvelope, Started};
pub use journal::Journal;
pub use krav::{KravActs, KravLookup};
pub use permit::Permit;
pub use quota::{Api, CallKind, CallQuota, CallSlot, SlotWish, WaitingLine};
pub use sink::DocumentSink;
pub use skattebro_domain::altinn::{VedleggNavn, Vedleggstype};
pub use skattebro_domain::flow::ErrorKind;
pub use token::{Token, TokenSource};
pub use upload::{UploadForm, UploadName, Uploads};
pub use validation::Validations;

/// What every port is, so that it can be shared between tasks and shown in a log.
pub trait Port: std::fmt::Debug + Send + Sync + 'static {}

impl<T: std::fmt::Debug + Send + Sync + 'static> Port for T {}
