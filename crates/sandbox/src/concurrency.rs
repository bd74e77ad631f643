//! How many requests of the service are being handled at the same time: the limit of the general usage
//! page is about that number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug, Default)]
pub(crate) struct Concurrency {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    current: AtomicUsize,
    peak: AtomicUsize,
}

/// One request that is being handled, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    counts: Arc<Counts>,
}

impl Concurrency {
    pub(crate) fn enter(&self) -> Busy {
        let now = self.counts.current.fetch_add(1, Ordering::SeqCst) + 1;
        self.counts.peak.fetch_max(now, Ordering::SeqCst);
        Busy { counts: self.counts.clone() }
    }

    pub(crate) fn current(&self) -> usize {
        self.counts.current.load(Ordering::SeqCst)
    }

    pub(crate) fn peak(&self) -> usize {
        self.counts.peak.load(Ordering::SeqCst)
    }

    /// Forgets the peak; what is being handled now counts on.
    pub(crate) fn reset_peak(&self) {
        self.counts.peak.store(self.current(), Ordering::SeqCst);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.counts.current.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_kept_until_it_is_reset() {
        let concurrency = Concurrency::default();
        let one = concurrency.enter();
        let two = concurrency.enter();
        drop(one);
        assert_eq!((concurrency.current(), concurrency.peak()), (1, 2));
        concurrency.reset_peak();
        assert_eq!(concurrency.peak(), 1);
        drop(two);
        assert_eq!((concurrency.current(), concurrency.peak()), (0, 1));
    }
}
