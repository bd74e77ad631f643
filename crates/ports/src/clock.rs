use crate::Port;
use async_trait::async_trait;
use skattebro_domain::Timestamp;

/// Time. A port, so that an hour of following a job takes a millisecond in a test.
#[async_trait]
pub trait Clock: Port {
    /// Now, on the wall clock.
    fn now(&self) -> Timestamp;

    /// Returns when that time has come; at once if it has passed. Dropping the future ends the waiting.
    async fn sleep_until(&self, until: Timestamp);
}
