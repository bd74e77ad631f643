//! How many cases are under way that only wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Counts them. They cost little, so a worker may have many more of them under way than of those that have something to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idle(Arc<AtomicUsize>);

impl Idle {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// For a case that does not wait yet.
    pub(crate) fn mark(&self) -> IdleMark {
        IdleMark { idle: self.clone(), is_set: AtomicBool::new(false) }
    }
}

/// Whether one case is among them, until this is dropped.
#[derive(Debug)]
pub(crate) struct IdleMark {
    idle: Idle,
    is_set: AtomicBool,
}

impl IdleMark {
    pub(crate) fn set(&self, is_idle: bool) {
        match (self.is_set.swap(is_idle, Ordering::Relaxed), is_idle) {
            (false, true) => _ = self.idle.0.fetch_add(1, Ordering::Relaxed),
            (true, false) => _ = self.idle.0.fetch_sub(1, Ordering::Relaxed),
            _ => {}
        }
    }
}

impl Drop for IdleMark {
    fn drop(&mut self) {
        self.set(false);
    }
}
