//! The looks at jobs of everything that is under way here, one after the other as the budget allows.

use skattebro_domain::filing::{DueLook, DueLooks, NextLook, Pace};
use skattebro_ports::Clock;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Whose look is next, for one process and environment.
pub(crate) struct Looks {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    due: DueLooks<oneshot::Sender<LookTurn>>,
    /// Whether a task waits for the time at which the next may begin.
    is_timed: bool,
}

/// The right to look, until it is dropped.
pub(crate) struct LookTurn(Option<Arc<Looks>>);

impl Drop for LookTurn {
    fn drop(&mut self) {
        if let Some(looks) = self.0.take() {
            looks.state().due.done();
            looks.serve();
        }
    }
}

impl Looks {
    pub(crate) fn new(pace: Pace, clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::new(State { due: DueLooks::new(pace), is_timed: false }) }
    }

    /// Waits until this look may be made. Dropping the future gives the place up.
    pub(crate) async fn turn(self: &Arc<Self>, due: DueLook) -> Option<LookTurn> {
        let (granted, turn) = oneshot::channel();
        self.state().due.enter(due, granted, self.clock.steady());
        self.serve();
        turn.await.ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets begin what may.
    fn serve(self: &Arc<Self>) {
        let mut state = self.state();
        loop {
            let now = self.clock.steady();
            match state.due.next(now) {
                NextLook::Now(who) => match who.send(LookTurn(Some(self.clone()))) {
                    Ok(()) => state.due.begun(now),
                    // Gone, and nothing was counted.
                    Err(mut turn) => turn.0 = None,
                },
                NextLook::At(at) => {
                    // Where no runtime is any more, nobody waits for it either.
                    if let (false, Ok(runtime)) = (state.is_timed, Handle::try_current()) {
                        state.is_timed = true;
                        runtime.spawn(self.clone().serve_after(at.saturating_sub(now)));
                    }
                    return;
                }
                NextLook::Nothing => return,
            }
        }
    }

    async fn serve_after(self: Arc<Self>, pause: Duration) {
        let now = self.clock.now();
        self.clock.sleep_until(now.checked_add(pause).unwrap_or(now)).await;
        self.state().is_timed = false;
        self.serve();
    }
}

impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use skattebro_ports::fakes::ManualClock;
    use std::pin::Pin;

    fn looks(at_a_time: u32) -> Arc<Looks> {
        Arc::new(Looks::new(Pace { at_a_time, a_second: 1_000_000 }, Arc::new(ManualClock::default())))
    }

    type Turn = Pin<Box<dyn Future<Output = Option<LookTurn>>>>;

    /// Stands in the line from now on.
    async fn waiting(looks: &Arc<Looks>, pauses: u64) -> Turn {
        let (waited, pause) = (Duration::from_secs(10 * pauses), Duration::from_secs(10));
        let looks = looks.clone();
        let mut turn: Turn = Box::pin(async move { looks.turn(DueLook { waited, pause }).await });
        assert!(poll!(&mut turn).is_pending());
        turn
    }

    #[tokio::test]
    async fn a_look_that_is_done_lets_the_most_overdue_begin() {
        let looks = looks(1);
        let due = DueLook { waited: Duration::ZERO, pause: Duration::from_secs(1) };
        let first = looks.turn(due).await.unwrap();
        let (mut one, mut other) = (waiting(&looks, 2).await, waiting(&looks, 3).await);
        drop(first);
        assert!(poll!(&mut one).is_pending());
        let second = other.as_mut().await.unwrap();
        assert!(poll!(&mut one).is_pending());
        drop(second);
        assert!(one.await.is_some());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_or_with_the_turn_on_its_way_keeps_nobody_waiting() {
        let looks = looks(1);
        let due = DueLook { waited: Duration::ZERO, pause: Duration::from_secs(1) };
        let first = looks.turn(due).await.unwrap();
        let (gives_up, granted) = (waiting(&looks, 9).await, waiting(&looks, 5).await);
        let stays = waiting(&looks, 1).await;
        drop(gives_up);
        drop(first);
        drop(granted); // it has its turn by now, and has not heard of it
        assert!(stays.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_too_soon_waits_for_the_pace() {
        let clock = ManualClock::default();
        let looks = Arc::new(Looks::new(Pace { at_a_time: 1, a_second: 10 }, Arc::new(clock.clone())));
        let due = DueLook { waited: Duration::ZERO, pause: Duration::from_secs(1) };
        drop(looks.turn(due).await);
        // On this clock, who sleeps moves it.
        let before = clock.steady();
        assert!(looks.turn(due).await.is_some());
        assert_eq!(clock.steady() - before, Duration::from_millis(100));
    }
}
