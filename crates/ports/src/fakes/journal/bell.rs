//! Who waits for something to be asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Counts how often it was rung, and wakes who waits for the next time.
#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<Ringing>);

#[derive(Debug, Default)]
struct Ringing {
    rung: u64,
    listeners: u64,
    /// In the order of their coming: a simulation must go the same way twice.
    waiting: BTreeMap<u64, Waker>,
}

impl Bell {
    pub(super) fn ring(&self) {
        let waiting = {
            let mut ringing = self.ringing();
            ringing.rung += 1;
            std::mem::take(&mut ringing.waiting)
        };
        // Not under the lock: a waker is anybody's code.
        waiting.into_values().for_each(Waker::wake);
    }

    pub(super) fn rung(&self) -> u64 {
        self.ringing().rung
    }

    /// Returns once it was rung more often than `heard` says, which then is how often.
    pub(super) fn next<'b>(&'b self, heard: &'b AtomicU64) -> Next<'b> {
        Next { bell: self, heard, since: heard.load(Ordering::Relaxed), listener: None }
    }

    fn ringing(&self) -> MutexGuard<'_, Ringing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a [`Bell`].
///
/// It knows by itself since when it listens: of two that wait on one handle, the first to return does not take the ringing from the other.
pub(super) struct Next<'b> {
    bell: &'b Bell,
    heard: &'b AtomicU64,
    since: u64,
    listener: Option<u64>,
}

impl Future for Next<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut ringing = self.bell.ringing();
        if ringing.rung > self.since {
            self.heard.fetch_max(ringing.rung, Ordering::Relaxed);
            return Poll::Ready(());
        }
        let listener = self.listener.unwrap_or(ringing.listeners + 1);
        ringing.listeners = ringing.listeners.max(listener);
        ringing.waiting.insert(listener, context.waker().clone());
        drop(ringing);
        self.listener = Some(listener);
        Poll::Pending
    }
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        if let Some(listener) = self.listener {
            self.bell.ringing().waiting.remove(&listener);
        }
    }
}
