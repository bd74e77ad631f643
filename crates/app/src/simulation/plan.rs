//! One schedule: who works, what is wanted, and what goes wrong.

use super::faults::Fault;
use super::planted::Planted;
use super::scenario::Scenario;
use std::sync::Arc;

/// A schedule.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) scenario: Arc<Scenario>,
    /// Each at the first step from that one on where it can come to pass.
    pub(super) faults: Vec<(usize, Fault)>,
    /// How many workers there are from the beginning.
    pub(super) crew: usize,
    /// One of them has another edition and not the documents.
    pub(super) mixed: bool,
    /// Seconds until a process that is gone is started again.
    pub(super) restart: u64,
    /// Whether a new process sees that the old one has ended, and lets its cases go.
    pub(super) leaves: bool,
    /// Milliseconds that a call takes.
    pub(super) latency: u64,
    /// Seconds between something to claim and its claim.
    pub(super) claim_lag: u64,
    /// Which worker looks first.
    pub(super) first_claims: usize,
    /// Seconds since the last beat when a heart stops.
    pub(super) since_beat: u64,
    /// By how many seconds the workers' clocks are ahead.
    pub(super) ahead: Vec<i64>,
    /// Whoever opens a case drives it, rather than a worker that claims it.
    pub(super) drives_itself: bool,
    /// Nothing is left to the journal, however long it waits.
    pub(super) endless: bool,
    /// In the end a person lets what was given up go on.
    pub(super) goes_on: bool,
    /// How many krav a process may leave in doubt when it dies.
    pub(super) window: usize,
    pub(super) planted: Planted,
}

impl Plan {
    /// One worker, and nothing goes wrong.
    pub(super) fn smooth(scenario: &Arc<Scenario>) -> Self {
        Self {
            scenario: scenario.clone(),
            faults: Vec::new(),
            crew: 1,
            mixed: false,
            restart: 20,
            leaves: false,
            latency: 300,
            claim_lag: 0,
            first_claims: 0,
            since_beat: 1,
            ahead: Vec::new(),
            drives_itself: true,
            endless: false,
            goes_on: false,
            window: 10,
            planted: Planted::Nothing,
        }
    }
}
