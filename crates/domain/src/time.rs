//! Arithmetic on times that state machines share.

use crate::Timestamp;
use std::time::Duration;

/// `at` moved by `by`, stopping at the end of time.
pub(crate) fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The time from `from` to `to`, nothing if `to` is earlier: clocks are set back.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// The pause after so many failures in a row: 1 s, 2 s, 4 s … up to `max`, or what the service asked for if that is longer.
pub(crate) fn backoff(failures: u32, max: Duration, asked_for: Option<Duration>) -> Duration {
    let doubled = Duration::from_secs(1u64 << failures.saturating_sub(1).min(16));
    doubled.min(max).max(asked_for.unwrap_or_default())
}
