use std::time::Duration;

/// The limits and delays of a filing. Every one can be set; the defaults are for the real service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilingRules {
    /// How often to look at a job.
    pub polling: Polling,
    /// How long to go on in all, from the user's asking. Default 6 hours.
    pub deadline: Duration,
    /// How long a request that got no answer may still act. Default 2 minutes.
    pub late_action: Duration,
    /// How many jobs may be started, failed and self-aborted ones included. Default 4.
    pub max_jobs: u32,
    /// How many failures in a row end a filing that has no job yet, and so nothing to lose. Default 5: a quarter of a minute
    /// of a service that refuses connections, a few minutes of one that does not answer. A filing whose job runs goes on until the deadline.
    pub max_failures_before_job: u32,
    /// How often an answer that cannot be understood is asked for again. Default 3.
    pub max_unreadable: u32,
    /// How often in a row a result that is something else, such as a gateway's page, is asked for again. Default 30: about half an
    /// hour.
    pub max_foreign_results: u32,
    /// How often in a row a look may be refused by the service before that is believed. Default 3.
    pub max_refused_looks: u32,
    /// The pause after a job that failed, doubled after each. Default 1 minute.
    pub pause_between_jobs: Duration,
    /// The longest pause after failures of the service. Default 1 minute.
    pub max_backoff: Duration,
}

impl Default for FilingRules {
    fn default() -> Self {
        Self {
            polling: Polling::default(),
            deadline: Duration::from_secs(6 * 60 * 60),
            late_action: Duration::from_secs(120),
            max_jobs: 4,
            max_failures_before_job: 5,
            max_unreadable: 3,
            max_foreign_results: 30,
            max_refused_looks: 3,
            pause_between_jobs: Duration::from_secs(60),
            max_backoff: Duration::from_secs(60),
        }
    }
}

/// How often to look at a job: a tenth of its age, so that a short job is noticed soon and a long one costs little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// The shortest pause. Default 2 seconds.
    pub min: Duration,
    /// The longest pause. Default 30 seconds.
    pub max: Duration,
}

impl Default for Polling {
    fn default() -> Self {
        Self { min: Duration::from_secs(2), max: Duration::from_secs(30) }
    }
}

impl Polling {
    /// The pause before the next look at a job of this age.
    pub fn pause(&self, age: Duration) -> Duration {
        (age / 10).min(self.max).max(self.min)
    }
}
