//! Ports that keep everything in memory, for tests that need no network and for embedders who swap an adapter.
//!
//! They pass the same conformance suites as the real adapters. [`FakeSkatteetaten`] is one small service behind all the calls of
//! the asynchronous validation, [`FakeAltinn`] behind those of edition v2 and
//! the submission, and [`FakeInnkreving`] behind those of innkrevingsoppdrag, all on a [`ManualClock`].
//! [`MemoryJournal`] is a whole journal that does not outlive the process.

mod altinn;
mod altinn_state;
mod clock;
mod innkreving;
mod journal;
mod krav_state;
mod service;
mod sink;
mod token;

pub use altinn::FakeAltinn;
pub use clock::ManualClock;
pub use innkreving::{FakeFailure, FakeInnkreving, FakeKrav};
pub use journal::MemoryJournal;
pub use service::FakeSkatteetaten;
pub use sink::MemorySink;
pub use token::StaticToken;
