//! Innkrevingsoppdrag: krav are created, changed, written off and followed, one or many thousands, none lost and none twice.

mod check;
mod hands;
mod notation;
mod order;
mod reconcile;
mod report;
mod run;
mod service;
pub(crate) mod story;
mod window;
mod work;

pub(crate) use notation::{KRAV, KravNotation};
#[cfg(test)]
pub(crate) use window::Window;

pub use check::{SeenIds, today_in_norway};
pub use hands::KravWatcher;
pub use order::KravOrder;
pub use reconcile::{Reconciled, Reconciliation, Sent};
pub use report::KravReport;
pub use run::{Counts, KravRun};
pub use service::{KravService, Replaced};
