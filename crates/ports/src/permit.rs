use crate::Clock;
use skattebro_domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The right to send one request, for a while: what changes something at the other side is sent under one.
///
/// It runs out on the wall clock and on the steady one, whichever is earlier: a process that was frozen, or a clock that was set, must
/// not send what others count as never to be sent any more.
#[derive(Debug, Clone)]
pub struct Permit {
    clock: Arc<dyn Clock>,
    until: Timestamp,
    steady_until: Duration,
}

impl Permit {
    /// A permit for `length` from now. Make it *before* the intent is written down, so that the writing counts.
    pub fn new(clock: Arc<dyn Clock>, length: Duration) -> Self {
        let until = clock.now().checked_add(length).unwrap_or(Timestamp::MAX);
        let steady_until = clock.steady().saturating_add(length);
        Self { clock, until, steady_until }
    }

    /// When it ends on the wall clock.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// How long it still holds; `None` if it has run out. Ask just before the first byte, and end the call within that time.
    pub fn remaining(&self) -> Option<Duration> {
        let by_wall = Duration::try_from(self.until.duration_since(self.clock.now())).ok()?;
        let by_steady = self.steady_until.checked_sub(self.clock.steady())?;
        let remaining = by_wall.min(by_steady);
        (!remaining.is_zero()).then_some(remaining)
    }
}
