//! Requests whose work is done later than their connection lived.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::world::lock;

/// When each of them is to act, until it has.
#[derive(Clone, Debug, Default)]
pub(crate) struct LateRequests {
    due: Arc<Mutex<Vec<Duration>>>,
}

/// One of them, until it has acted.
#[derive(Debug)]
pub(crate) struct Late {
    all: LateRequests,
    due: Duration,
}

impl LateRequests {
    pub(crate) fn expect(&self, due: Duration) -> Late {
        lock(&self.due).push(due);
        Late { all: self.clone(), due }
    }

    /// How many should have acted by `now` and have not.
    pub(crate) fn behind(&self, now: Duration) -> usize {
        lock(&self.due).iter().filter(|due| **due <= now).count()
    }
}

impl Drop for Late {
    fn drop(&mut self) {
        let mut due = lock(&self.all.due);
        if let Some(place) = due.iter().position(|due| *due == self.due) {
            due.swap_remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_request_is_behind_from_when_it_is_due_until_it_has_acted() {
        let (late, second) = (LateRequests::default(), Duration::from_secs(1));
        let one = late.expect(second);
        assert_eq!((late.behind(Duration::ZERO), late.behind(second)), (0, 1));
        drop(one);
        assert_eq!(late.behind(second), 0);
    }
}
