//! One test suite per port, run against every adapter, the fakes included.
//!
//! A case asserts what the documentation of a port promises, and its name says what must hold. Nothing here knows an adapter:
//! the suites about Skatteetaten are given a [`World`], an [`AltinnWorld`] or a [`KravWorld`], the others the thing itself.
//!
//! | suite | of | is given |
//! |---|---|---|
//! | [`upload!`] | [`Uploads`](skattebro_ports::Uploads) | a [`World`] |
//! | [`jobs!`] | [`Jobs`](skattebro_ports::Jobs) | a [`World`] |
//! | [`current_return!`] | [`CurrentReturns`](skattebro_ports::CurrentReturns) | a [`World`] |
//! | [`validation!`] | [`Validations`](skattebro_ports::Validations) | a [`World`] |
//! | [`availability!`] | [`Availability`](skattebro_ports::Availability) | a [`World`] |
//! | [`altinn!`] | [`Altinn`](skattebro_ports::Altinn) | an [`AltinnWorld`] |
//! | [`altinn_jobs!`] | [`AltinnJobs`](skattebro_ports::AltinnJobs) | an [`AltinnWorld`] |
//! | [`krav!`] | [`KravActs`](skattebro_ports::KravActs), [`KravLookup`](skattebro_ports::KravLookup) | a [`KravWorld`] |
//! | [`journal!`] | [`Journal`](skattebro_ports::Journal) | a [`JournalWorld`] |
//! | [`journal_model!`] | the same, against a model | how many histories, and a new [`JournalWorld`] for each |
//! | [`call_quota!`] | [`CallQuota`](skattebro_ports::CallQuota) | one that allows five calls |
//! | [`leased_quota!`] | the same, shared by processes | a [`leased_quota::LeasedWorld`] |
//! | [`token_source!`] | [`TokenSource`](skattebro_ports::TokenSource) | a [`token_source::Source`] |
//! | [`clock!`] | [`Clock`](skattebro_ports::Clock) | one |
//! | [`sink!`] | [`DocumentSink`](skattebro_ports::DocumentSink) | a [`sink::Shelf`] |
//! | [`body!`] | [`Body`](skattebro_ports::Body) | a [`body::Sample`] |
//!
//! Each macro takes an expression and writes one `#[tokio::test]` per case, which evaluates it for itself (it may `.await`):
//!
//! ```
//! # use skattebro_ports::fakes::ManualClock;
//! mod clock {
//!     use super::*;
//!     skattebro_conformance::clock!(ManualClock::default());
//! }
//! # fn main() {}
//! ```
//!
//! A new case is a private function beside the others and its name in the list of the `suite!` above them; a function that is
//! in no list is dead code, which the lints refuse.

// Test code in the shape of a library: a case fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[macro_use]
mod suite;

pub mod altinn;
pub mod altinn_jobs;
pub mod availability;
pub mod body;
pub mod call_quota;
pub mod clock;
pub mod current_return;
pub mod jobs;
pub mod journal;
pub mod journal_model;
pub mod krav;
pub mod leased_quota;
pub mod sink;
pub mod token_source;
pub mod upload;
pub mod validation;

mod altinn_steps;
mod altinn_world;
mod documents;
mod journal_world;
mod kept_log;
mod krav_steps;
mod krav_world;
mod steps;
mod world;

pub use altinn_world::AltinnWorld;
pub use journal_world::{Hears, JournalWorld};
pub use kept_log::{FOLDER as TEST_LOGS, keep_log};
pub use krav_world::KravWorld;
pub use world::World;
