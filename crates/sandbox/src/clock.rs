//! The sandbox's own time. Jobs and late requests live on it, so that a test steps through an hour
//! in a moment and a demonstration sees one pass in seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

/// A clock that runs faster than the wall, or only when told to.
///
/// Clones share one time. It begins at zero; [`VirtualClock::timestamp`] begins at the wall clock's
/// time of creation, if nothing else is said.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    began_at: Timestamp,
    /// 0 stands still between calls of `advance`.
    factor: f64,
    /// What was added by `advance`; a watch, so that sleepers wake.
    advanced: watch::Sender<Duration>,
}

impl VirtualClock {
    /// A clock that runs `factor` times as fast as real time. A factor that is not a positive finite
    /// number gives a clock that stands still, as [`VirtualClock::stepped`].
    pub fn scaled(factor: f64) -> Self {
        let factor = if factor.is_finite() { factor.max(0.0) } else { 0.0 };
        VirtualClock::new(factor, Timestamp::now())
    }

    /// A clock that moves only by [`VirtualClock::advance`].
    pub fn stepped() -> Self {
        VirtualClock::scaled(0.0)
    }

    /// A clock that moves only by [`VirtualClock::advance`] and begins at this moment: for what
    /// depends on the day, such as dates that must not be in the future.
    pub fn stepped_from(began_at: Timestamp) -> Self {
        VirtualClock::new(0.0, began_at)
    }

    fn new(factor: f64, began_at: Timestamp) -> Self {
        let shared =
            Shared { began: Instant::now(), began_at, factor, advanced: watch::Sender::new(Duration::ZERO) };
        VirtualClock { shared: Arc::new(shared) }
    }

    /// Virtual time since the clock began.
    pub fn now(&self) -> Duration {
        let advanced = *self.shared.advanced.borrow();
        if self.shared.factor == 0.0 {
            return advanced;
        }
        let run = self.shared.began.elapsed().as_secs_f64() * self.shared.factor;
        advanced.saturating_add(Duration::try_from_secs_f64(run).unwrap_or(Duration::MAX))
    }

    /// The virtual moment as a timestamp.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp_at(self.now())
    }

    /// The timestamp of a moment that [`VirtualClock::now`] told.
    pub(crate) fn timestamp_at(&self, now: Duration) -> Timestamp {
        self.shared.began_at.checked_add(now).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward, on top of its own speed, and wakes those whose sleep is over.
    pub fn advance(&self, by: Duration) {
        self.shared.advanced.send_modify(|advanced| *advanced = advanced.saturating_add(by));
    }

    /// Waits for `duration` of virtual time. On a stepped clock that takes calls of
    /// [`VirtualClock::advance`].
    pub async fn sleep(&self, duration: Duration) {
        let until = self.now().saturating_add(duration);
        let mut advanced = self.shared.advanced.subscribe();
        loop {
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = self.real_sleep(left) => {}
                // The sender lives as long as `self`, so this never fails.
                _ = advanced.changed() => {}
            }
        }
    }

    async fn real_sleep(&self, virtual_left: Duration) {
        if self.shared.factor == 0.0 {
            return std::future::pending().await;
        }
        match Duration::try_from_secs_f64(virtual_left.as_secs_f64() / self.shared.factor) {
            Ok(real) => tokio::time::sleep(real).await,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_moves_only_when_told() {
        let clock = VirtualClock::stepped();
        let began = clock.timestamp();
        assert_eq!(clock.now(), Duration::ZERO);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.clone().now(), Duration::from_secs(90));
        assert_eq!(clock.timestamp().duration_since(began).as_secs(), 90);
    }

    #[test]
    fn a_clock_can_begin_on_another_day() {
        let began = "2026-03-10T12:00:00Z".parse().unwrap();
        let clock = VirtualClock::stepped_from(began);
        assert_eq!((clock.timestamp(), clock.now()), (began, Duration::ZERO));
    }

    #[test]
    fn odd_factors_stand_still() {
        for factor in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(VirtualClock::scaled(factor).now(), Duration::ZERO);
        }
    }

    #[tokio::test]
    async fn advancing_wakes_a_sleeper_only_when_its_time_has_come() {
        let clock = VirtualClock::stepped();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(3600)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3599));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn a_scaled_clock_makes_hours_pass() {
        let clock = VirtualClock::scaled(3_600_000.0);
        clock.sleep(Duration::from_secs(3600)).await;
        assert!(clock.now() >= Duration::from_secs(3600));
    }
}
