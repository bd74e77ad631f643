//! Workflows that outlive the process: what is driven is written down before and after each step.

pub(crate) mod payload;

mod desk;
mod drive;
mod fold;
mod notation;
mod process;

pub(crate) use desk::{Desk, Given, Taken, Told};
pub(crate) use drive::{Driver, Drove, Hands, Patience, Turn};
pub(crate) use fold::{Folded, fold};
pub(crate) use notation::Notation;
pub(crate) use process::has_ended;
pub use process::this_process;

use skattebro_ports::journal::CaseKind;
use std::time::Duration;

/// How long after its intent a small request may be sent and answered, unless somebody says otherwise: the wait for a slot and a token,
/// and the call.
pub(crate) const PERMIT: Duration = Duration::from_secs(120);

/// A kind of cases by its word.
pub(crate) fn kind(word: &str) -> CaseKind {
    word.parse().unwrap_or_else(|_| CaseKind::from_uuid(0))
}
