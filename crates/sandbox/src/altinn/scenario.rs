//! What shall come of what is put into instances.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the app treats a party's instances; part of a [`Scenario`](crate::Scenario).
///
/// As JSON every field may be left out; durations are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AltinnScenario {
    /// How long the virus scan of what is put in takes; 10 seconds by default.
    #[serde(with = "crate::seconds")]
    pub scan: Duration,
    /// Whether the scan finds something in what is put in while this is so.
    pub infected: bool,
    /// How long after the submission the receipt lies in the instance; 30 seconds by default.
    #[serde(with = "crate::seconds")]
    pub receipt: Duration,
    /// How long after the receipt the process ends; at once by default.
    #[serde(with = "crate::seconds")]
    pub ended: Duration,
    /// Reasons in the receipt, which then says `validertMedFeil`. A return that validates with errors
    /// ([`Outcome::MedFeil`](crate::Outcome::MedFeil)) has a receipt with errors without any.
    pub aarsaker: Vec<String>,
    /// Whether a submission makes its return the current one; so by default.
    pub becomes_current: bool,
}

impl Default for AltinnScenario {
    fn default() -> Self {
        AltinnScenario {
            scan: Duration::from_secs(10),
            infected: false,
            receipt: Duration::from_secs(30),
            ended: Duration::ZERO,
            aarsaker: Vec::new(),
            becomes_current: true,
        }
    }
}

impl AltinnScenario {
    /// The scan takes so long.
    pub fn scanned_after(mut self, duration: Duration) -> Self {
        self.scan = duration;
        self
    }

    /// The scan finds something.
    pub fn infected(mut self) -> Self {
        self.infected = true;
        self
    }

    /// The receipt comes so long after the submission.
    pub fn receipt_after(mut self, duration: Duration) -> Self {
        self.receipt = duration;
        self
    }

    /// The process ends so long after the receipt.
    pub fn ended_after(mut self, duration: Duration) -> Self {
        self.ended = duration;
        self
    }

    /// The receipt says `validertMedFeil` for this reason too.
    pub fn with_aarsak(mut self, aarsak: impl Into<String>) -> Self {
        self.aarsaker.push(aarsak.into());
        self
    }

    /// Submissions leave the current return as it is.
    pub fn not_current(mut self) -> Self {
        self.becomes_current = false;
        self
    }
}
