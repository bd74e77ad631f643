//! How many krav may be between their intent and its fact.

use skattebro_ports::Clock;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Twice the calls that Skatteetaten allows at a time: as many as are under way stand ready behind them. The window is never smaller,
/// however slow the service is, unless a smaller one is wanted.
pub(super) const USUAL: usize = 10;

/// Of the time that an intent permits, this part may pass in the window; the rest is for whatever takes longer than usual.
const PART: u32 = 4;

/// How much of the mean each turn makes up.
const WEIGHT: f64 = 0.125;

/// The window: who wants to write an intent down takes a turn, and holds it until the fact is written down. So a process that dies leaves
/// at most as many krav of which nobody knows whether they were sent.
///
/// What stands in it has a permit that runs out. With a slow service, the last of a large window would never get a call slot in time. So
/// the window is as large as what goes through it in a [`PART`] of the permit, as far as the turns so far tell.
pub(crate) struct Window {
    turns: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    permit: Duration,
    state: Mutex<State>,
}

struct State {
    /// What is wanted.
    most: usize,
    /// How many turns there are, taken or not.
    size: usize,
    /// How many seconds pass from one fact to the next, with the window full. Nobody knows before the first.
    pace: Option<f64>,
}

impl Window {
    pub(crate) fn new(clock: Arc<dyn Clock>, permit: Duration) -> Self {
        let state = State { most: USUAL, size: USUAL, pace: None };
        Self { turns: Arc::new(Semaphore::new(USUAL)), clock, permit, state: Mutex::new(state) }
    }

    /// Sets how large it may be; at least one.
    pub(crate) fn allow(&self, most: usize) {
        let mut state = self.state();
        state.most = most.clamp(1, Semaphore::MAX_PERMITS >> 1);
        let target = self.target(&state);
        if target < state.size {
            // Turns that are taken end one by one; each looks whether it is one too many.
            state.size -= self.turns.forget_permits(state.size - target);
        }
        self.grow(&mut state, target);
    }

    /// How many orders should be open so that the window can be full: some are opened, and others put away, while it is.
    pub(super) fn orders(&self) -> usize {
        self.state().most.saturating_mul(4)
    }

    /// Waits for a turn. Whoever waited longest gets the next.
    pub(crate) async fn turn(self: &Arc<Self>) -> Taken {
        // Nobody closes it; if somebody did, the quota behind the adapter would still bound the calls.
        let permit = self.turns.clone().acquire_owned().await.ok();
        let beside = self.state().size.saturating_sub(self.turns.available_permits()).max(1);
        Taken { window: self.clone(), permit, began: self.clock.steady(), beside }
    }

    fn ended(&self, turn: &mut Taken) {
        // A journal that could not be written for an hour says nothing about the service.
        let took = self.clock.steady().saturating_sub(turn.began).min(self.permit);
        #[expect(clippy::cast_precision_loss, reason = "nobody has so many krav under way")]
        let pace = took.as_secs_f64() / turn.beside as f64;
        let mut state = self.state();
        state.pace = Some(state.pace.map_or(pace, |mean| mean + WEIGHT * (pace - mean)));
        let target = self.target(&state);
        if target < state.size
            && let Some(permit) = turn.permit.take()
        {
            permit.forget();
            state.size -= 1;
        }
        self.grow(&mut state, target);
    }

    fn grow(&self, state: &mut State, target: usize) {
        if target > state.size {
            self.turns.add_permits(target - state.size);
            state.size = target;
        }
    }

    fn target(&self, state: &State) -> usize {
        let least = USUAL.min(state.most);
        let Some(pace) = state.pace else { return least };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not negative, and bounded"
        )]
        let in_time = ((self.permit / PART).as_secs_f64() / pace) as usize;
        in_time.clamp(least, state.most)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { most, size, .. } = *self.state();
        f.debug_struct("Window").field("most", &most).field("size", &size).finish_non_exhaustive()
    }
}

/// A turn, until it is dropped.
pub(crate) struct Taken {
    window: Arc<Window>,
    permit: Option<OwnedSemaphorePermit>,
    began: Duration,
    /// How many turns were taken when this one was, itself among them.
    beside: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let window = self.window.clone();
        window.ended(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_ports::fakes::ManualClock;

    const PERMIT: Duration = Duration::from_secs(120);

    fn window(most: usize) -> (ManualClock, Arc<Window>) {
        let clock = ManualClock::default();
        let window = Window::new(Arc::new(clock.clone()), PERMIT);
        window.allow(most);
        (clock, Arc::new(window))
    }

    /// Takes all turns that there are at once.
    fn fill(window: &Arc<Window>) -> Vec<Taken> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let turn = || match std::pin::pin!(window.turn()).poll(&mut context) {
            std::task::Poll::Ready(turn) => Some(turn),
            std::task::Poll::Pending => None,
        };
        std::iter::from_fn(turn).collect()
    }

    /// Fills it some times, with a service that takes five calls of this length at a time. Answers how many there were at last.
    fn goes_through(clock: &ManualClock, window: &Arc<Window>, times: u32, call: Duration) -> usize {
        for _ in 0..times {
            let mut turns = fill(window);
            while !turns.is_empty() {
                clock.advance(call);
                turns.drain(..turns.len().min(5));
            }
        }
        fill(window).len()
    }

    #[test]
    fn nothing_is_known_at_first_and_then_it_is_as_large_as_wanted() {
        let (clock, window) = window(64);
        assert_eq!(fill(&window).len(), USUAL);
        assert_eq!(goes_through(&clock, &window, 3, Duration::from_millis(50)), 64);
    }

    #[test]
    fn with_a_slow_service_nothing_waits_longer_than_its_permit() {
        for seconds in [3, 10, 30] {
            let (clock, window) = window(1000);
            let call = Duration::from_secs(seconds);
            goes_through(&clock, &window, 1, Duration::from_millis(50));
            // It was fast, so that it is large; then the service slows down.
            let size = goes_through(&clock, &window, 20, call);
            let waits = call * u32::try_from(size.div_ceil(5)).unwrap();
            assert!(size == USUAL || waits <= PERMIT / 2, "{size} krav, {waits:?}");
            assert!(size < 64, "{size}");
            // And recovers.
            assert_eq!(goes_through(&clock, &window, 20, Duration::from_millis(50)), 1000);
        }
    }

    #[test]
    fn it_is_never_larger_than_wanted_nor_smaller_than_usual() {
        for (most, least) in [(1, 1), (7, 7), (10, 10), (64, USUAL)] {
            let (clock, window) = window(most);
            assert_eq!(goes_through(&clock, &window, 3, Duration::from_millis(1)), most);
            assert_eq!(goes_through(&clock, &window, 50, Duration::from_secs(100)), least);
        }
    }

    #[test]
    fn a_smaller_one_holds_as_soon_as_what_is_under_way_has_ended() {
        let (clock, window) = window(64);
        goes_through(&clock, &window, 3, Duration::from_millis(50));
        let turns = fill(&window);
        window.allow(3);
        assert_eq!(fill(&window).len(), 0);
        drop(turns);
        assert_eq!(fill(&window).len(), 3);
    }
}
