//! The sandbox's clock as the bridge's: whoever sleeps moves it, and what falls due on the way happens in its order.

use super::soon;
use super::watched::{Step, Watched};
use async_trait::async_trait;
use skattebro::domain::Timestamp;
use skattebro::ports::Clock;
use skattebro_sandbox::{Delivery, Sandbox, What};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct SteppedClock {
    sandbox: Arc<Sandbox>,
    calls: Arc<Watched>,
    planned: Mutex<Vec<(Duration, Happening)>>,
    late: Mutex<Option<Late>>,
}

/// Calls whose work the sandbox does later ([`Fault::ActLate`](skattebro_sandbox::Fault::ActLate)).
struct Late {
    step: Step,
    /// How much later, for the first call, the second, …
    after: Vec<Duration>,
    /// Whether the last of these goes for all calls that follow.
    for_ever: bool,
    /// How many of them have acted.
    acted: usize,
}

impl SteppedClock {
    pub(crate) fn new(sandbox: Arc<Sandbox>, calls: Arc<Watched>) -> Self {
        Self { sandbox, calls, planned: Mutex::default(), late: Mutex::default() }
    }

    /// Has this happen when so much time has passed since the beginning.
    pub(crate) fn at(&self, when: Duration, happening: impl Future<Output = ()> + Send + 'static) {
        self.planned.lock().unwrap().push((when, Box::pin(happening)));
    }

    /// Says that the first calls of `step` act so much later each, so that the clock waits for them where they fall due.
    pub(crate) fn expect_late(&self, step: Step, after: Vec<Duration>, for_ever: bool) {
        *self.late.lock().unwrap() = Some(Late { step, after, for_ever, acted: 0 });
    }

    fn passed(&self) -> Duration {
        self.sandbox.clock().now()
    }

    fn advance_to(&self, when: Duration) {
        self.sandbox.clock().advance(when.saturating_sub(self.passed()));
    }

    /// When the next late call acts.
    fn next_late(&self) -> Option<Duration> {
        let late = self.late.lock().unwrap();
        let late = late.as_ref()?;
        let last = late.after.last().filter(|_| late.for_ever);
        let mut due: Vec<_> = self
            .calls
            .of(late.step)
            .into_iter()
            .enumerate()
            .filter_map(|(nr, at)| Some(at + *late.after.get(nr).or(last)?))
            .collect();
        due.sort_unstable();
        due.get(late.acted).copied()
    }

    async fn let_late_act(&self) {
        let count = {
            let mut late = self.late.lock().unwrap();
            let late = late.as_mut().unwrap();
            late.acted += 1;
            late.acted
        };
        soon("a late request acts", || {
            let effects = self.sandbox.effects();
            let late = effects.iter().filter(|effect| effect.delivery == Delivery::Late);
            late.filter(|effect| !matches!(effect.what, What::JobAborted { .. })).count() >= count
        })
        .await;
    }

    fn next_planned(&self) -> Option<Duration> {
        self.planned.lock().unwrap().iter().map(|(when, _)| *when).min()
    }

    fn take_planned(&self, when: Duration) -> Vec<Happening> {
        let mut planned = self.planned.lock().unwrap();
        planned.extract_if(.., |(at, _)| *at == when).map(|(_, happening)| happening).collect()
    }
}

impl std::fmt::Debug for SteppedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SteppedClock").field("passed", &self.passed()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        self.sandbox.clock().timestamp()
    }

    fn steady(&self) -> Duration {
        self.passed()
    }

    /// Moves the sandbox's clock to `until` at once, with a stop wherever something is to happen.
    async fn sleep_until(&self, until: Timestamp) {
        let Ok(left) = Duration::try_from(until.duration_since(self.now())) else { return };
        let until = self.passed() + left;
        loop {
            let late = self.next_late().filter(|when| *when <= until);
            let planned = self.next_planned().filter(|when| *when <= until);
            match (late, planned) {
                (Some(late), planned) if planned.is_none_or(|planned| late <= planned) => {
                    self.advance_to(late);
                    self.let_late_act().await;
                }
                (_, Some(planned)) => {
                    self.advance_to(planned);
                    for happening in self.take_planned(planned) {
                        happening.await;
                    }
                }
                (_, None) => break,
            }
        }
        self.advance_to(until);
    }
}
