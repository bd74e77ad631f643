use std::time::Duration;

/// The limits and delays of one krav. Every one can be set; the defaults are for the real service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KravRules {
    /// Whether a krav is followed until it is settled. If not, it ends when everything asked for was answered.
    pub follow: bool,
    /// How long a request that got no answer may still act. Default 2 minutes.
    pub late_action: Duration,
    /// Where the service does not tell how far a krav has come: how long after the creation an empty list of valideringsfeil counts as
    /// the confirmation that it was transferred. Default 3 minutes; the asynchronous validation takes seconds to a minute.
    pub settle: Duration,
    /// How long to go on, from the last thing that was asked for. Default 1 hour.
    pub deadline: Duration,
    /// The shortest pause between two looks. Default 3 seconds; the pause is half of the krav's age.
    pub min_pause: Duration,
    /// The longest pause between two looks. Default 1 minute.
    pub max_pause: Duration,
    /// The longest pause after failures of the service. Default 1 minute.
    pub max_backoff: Duration,
    /// How often in a row nothing could be sent before that is the end. Default 5: a quarter of a minute.
    pub max_unsent: u32,
    /// How often an answer that nobody understands is tried again. Default 5.
    pub max_strange: u32,
    /// How often in a row a look may be refused by the service before that is believed. Default 3.
    pub max_refused_looks: u32,
    /// How far the service's clock and ours may differ, when it is judged whether a krav was there before we sent ours. Default 2
    /// minutes.
    pub clock_skew: Duration,
    /// The same where no answer was lost and the edition shows no content: then only a request that was delivered twice can explain a
    /// krav of ours, and one of others that is younger than this would be taken for it. Default 10 seconds.
    pub clock_skew_first: Duration,
}

impl Default for KravRules {
    fn default() -> Self {
        Self {
            follow: true,
            late_action: Duration::from_secs(120),
            settle: Duration::from_secs(180),
            deadline: Duration::from_secs(60 * 60),
            min_pause: Duration::from_secs(3),
            max_pause: Duration::from_secs(60),
            max_backoff: Duration::from_secs(60),
            max_unsent: 5,
            max_strange: 5,
            max_refused_looks: 3,
            clock_skew: Duration::from_secs(120),
            clock_skew_first: Duration::from_secs(10),
        }
    }
}

impl KravRules {
    /// The pause before the next look at something of this age.
    pub(super) fn pause(&self, age: Duration) -> Duration {
        (age / 2).min(self.max_pause).max(self.min_pause)
    }
}
