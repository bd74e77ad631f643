use crate::filing::{FilingRules, Polling};
use std::time::Duration;

/// The limits and delays of a submission. Every one can be set; the defaults are for the real service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InnsendingRules {
    /// Those of the validation.
    pub filing: FilingRules,
    /// How often to look at an instance that is waited for.
    pub looks: Polling,
    /// How long to go on with a part of the way that the machines do alone. Default 6 hours.
    pub deadline: Duration,
    /// How long to wait for a person or an auditor. Default 30 days.
    pub person_deadline: Duration,
    /// How long to wait for the receipt. Default 24 hours.
    pub receipt_deadline: Duration,
    /// How long a request that got no answer may still act. Default 2 minutes.
    pub late_action: Duration,
    /// How long a look at the return in force counts as "just before". Default 1 minute.
    pub gjeldende_counts_for: Duration,
    /// How much earlier than our intent an instance may say that it was made, since clocks differ. Default 10 seconds.
    pub clocks_differ: Duration,
    /// How many failures in a row are too many. Default 20: about a quarter of an hour.
    pub max_failures: u32,
    /// How often an answer that cannot be understood is asked for again. Default 3.
    pub max_unreadable: u32,
    /// How often in a row a look may be refused before that is believed. Default 3.
    pub max_refused_looks: u32,
    /// The longest pause after failures of the service. Default 1 minute.
    pub max_backoff: Duration,
}

impl Default for InnsendingRules {
    fn default() -> Self {
        Self {
            filing: FilingRules::default(),
            looks: Polling { min: Duration::from_secs(5), max: Duration::from_secs(5 * 60) },
            deadline: Duration::from_secs(6 * 60 * 60),
            person_deadline: Duration::from_secs(30 * 24 * 60 * 60),
            receipt_deadline: Duration::from_secs(24 * 60 * 60),
            late_action: Duration::from_secs(120),
            gjeldende_counts_for: Duration::from_secs(60),
            clocks_differ: Duration::from_secs(10),
            max_failures: 20,
            max_unreadable: 3,
            max_refused_looks: 3,
            max_backoff: Duration::from_secs(60),
        }
    }
}
