//! The looks at jobs of everything that is under way here, one after the other as the budget allows.

use skattebro_domain::filing::{DueLook, DueLooks, NextLook, Pace};
use skattebro_ports::Clock;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
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
                    if !std::mem::replace(&mut state.is_timed, true) {
                        tokio::spawn(self.clone().serve_after(at.saturating_sub(now)));
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
