//! The XML reader buffers whole events, so a hostile text node or tag would be held in memory whole.
//! Each event gets a budget of bytes instead.

use std::io::{self, BufRead, Read};

/// A reader that fails when more is read than was allowed since the last refill.
pub(crate) struct Budget<R> {
    inner: R,
    left: u64,
}

impl<R> Budget<R> {
    pub(crate) fn new(inner: R) -> Self {
        Budget { inner, left: 0 }
    }

    pub(crate) fn refill(&mut self, bytes: u64) {
        self.left = bytes;
    }
}

impl<R: BufRead> Read for Budget<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(into.len());
        into[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Budget<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left;
        let available = self.inner.fill_buf()?;
        if available.is_empty() {
            return Ok(available);
        }
        if left == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "et XML-element eller en tekst er for stor",
            ));
        }
        let shown = usize::try_from(left).map_or(available.len(), |left| left.min(available.len()));
        Ok(&available[..shown])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}
