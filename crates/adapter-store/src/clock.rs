use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::time::{Duration, Instant};

/// The machine's clock, for leases.
#[derive(Debug)]
pub(crate) struct MachineClock(Instant);

impl Default for MachineClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep_until(&self, until: Timestamp) {
        if let Ok(left) = Duration::try_from(until.duration_since(self.now())) {
            tokio::time::sleep(left).await;
        }
    }
}
