//! Virtual time: one true time, and clocks that show it more or less.

use super::world::World;
use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// When every schedule begins.
pub(super) const START: i64 = 1_790_000_000;

/// Like the machine's own clock, a sleep is cut into pieces, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// A moment of the true time, as everybody would write it whose clock is right.
pub(super) fn on_the_wall(at: Duration) -> Timestamp {
    Timestamp::from_second(START).unwrap() + at
}

/// The true time since the start. Nobody but the harness moves it.
#[derive(Debug, Clone, Default)]
pub(super) struct Time(Arc<AtomicU64>);

impl Time {
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Relaxed))
    }

    pub(super) fn set(&self, now: Duration) {
        self.0.store(nanos(now), Relaxed);
    }
}

/// The clocks of one machine: its wall clock may be set, its steady one may have stood still.
#[derive(Clone)]
pub(super) struct SimClock {
    time: Time,
    ahead: Arc<AtomicI64>,
    stood_still: Arc<AtomicU64>,
    /// Who can sleep on it.
    sleeper: Option<(World, usize)>,
}

impl SimClock {
    /// The journal's clock, which is right.
    pub(super) fn right(time: Time) -> Self {
        Self { time, ahead: Arc::default(), stood_still: Arc::default(), sleeper: None }
    }

    pub(super) fn of_worker(&self, world: World, worker: usize) -> Self {
        Self { sleeper: Some((world, worker)), ..self.clone() }
    }

    /// Somebody sets the wall clock.
    pub(super) fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Relaxed);
    }

    pub(super) fn ahead(&self) -> i64 {
        self.ahead.load(Relaxed)
    }

    /// The machine was suspended for so long.
    pub(super) fn stood_still(&self, length: Duration) {
        self.stood_still.fetch_add(nanos(length), Relaxed);
    }
}

fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap()
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimClock({})", self.now())
    }
}

#[async_trait]
impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        on_the_wall(self.time.now()) + jiff::SignedDuration::from_secs(self.ahead())
    }

    fn steady(&self) -> Duration {
        self.time.now().saturating_sub(Duration::from_nanos(self.stood_still.load(Relaxed)))
    }

    async fn sleep_until(&self, until: Timestamp) {
        let (world, worker) = self.sleeper.as_ref().expect("the journal does not sleep");
        world.sleeps(*worker, until).await;
        while let Ok(left) = Duration::try_from(until.duration_since(self.now())) {
            if left.is_zero() {
                return;
            }
            world.pass(left.min(LONGEST_SLEEP)).await;
        }
    }
}

/// Returns at a moment of the true time.
pub(super) struct At {
    pub(super) world: World,
    pub(super) at: Duration,
}

impl Future for At {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.world.time().now() >= self.at {
            return Poll::Ready(());
        }
        self.world.wake_at(self.at, context.waker().clone());
        Poll::Pending
    }
}

/// Who wants to be woken when.
#[derive(Debug, Default)]
pub(super) struct Timers(Vec<(Duration, Waker)>);

impl Timers {
    pub(super) fn add(&mut self, at: Duration, waker: Waker) {
        if !self.0.iter().any(|(other, of)| *other == at && of.will_wake(&waker)) {
            self.0.push((at, waker));
        }
    }

    pub(super) fn next(&self) -> Option<Duration> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// Takes out all that are due.
    pub(super) fn due(&mut self, now: Duration) -> Vec<Waker> {
        let (due, later) = std::mem::take(&mut self.0).into_iter().partition(|(at, _)| *at <= now);
        self.0 = later;
        let due: Vec<(Duration, Waker)> = due;
        due.into_iter().map(|(_, waker)| waker).collect()
    }
}
