//! Who waits for something to be asked.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

/// Counts how often something was asked, as far as it is known here, and wakes who waits for more.
#[derive(Debug)]
pub(crate) struct Bell(watch::Sender<u64>);

/// What one handle has been told of.
#[derive(Debug)]
pub(crate) struct Heard(AtomicU64);

impl Bell {
    pub(crate) fn new(rung: u64) -> Self {
        Self(watch::Sender::new(rung))
    }

    pub(crate) fn ring(&self) {
        self.0.send_modify(|rung| *rung += 1);
    }

    /// It was rung so often in all, which somebody else counted.
    pub(crate) fn rung_in_all(&self, in_all: u64) {
        self.0.send_if_modified(|rung| {
            let more = in_all > *rung;
            *rung = in_all.max(*rung);
            more
        });
    }

    /// Who has heard all until now.
    pub(crate) fn heard(&self) -> Heard {
        Heard(AtomicU64::new(*self.0.borrow()))
    }

    /// Returns once it was rung more often than `heard` knew when this was called: of two that wait with the same, the first does not
    /// take the ringing from the other.
    pub(crate) async fn next(&self, heard: &Heard) {
        let since = heard.0.load(Ordering::Relaxed);
        let mut rung = self.0.subscribe();
        // The sender is here, so it cannot have gone.
        if let Ok(rung) = rung.wait_for(|rung| *rung > since).await {
            heard.0.fetch_max(*rung, Ordering::Relaxed);
        }
    }
}
