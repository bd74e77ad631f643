use crate::Port;
use async_trait::async_trait;
use skattebro_domain::Timestamp;
use std::time::Duration;

/// Time. A port, so that an hour of following a job takes a millisecond in a test.
#[async_trait]
pub trait Clock: Port {
    /// Now, on the wall clock.
    fn now(&self) -> Timestamp;

    /// Time since some moment in the past, on a clock that nobody sets. It may stand still while the machine is suspended.
    fn steady(&self) -> Duration;

    /// Returns when that time has come; at once if it has passed. Dropping the future ends the waiting.
    async fn sleep_until(&self, until: Timestamp);
}
