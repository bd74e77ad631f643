use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// A sleep is cut into pieces of this length, so that a machine that was suspended, or whose clock was set, notices.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady(&self) -> Duration {
        static SOME_MOMENT: LazyLock<Instant> = LazyLock::new(Instant::now);
        SOME_MOMENT.elapsed()
    }

    async fn sleep_until(&self, until: Timestamp) {
        while let Ok(left) = Duration::try_from(until.duration_since(self.now())) {
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
        }
    }
}
