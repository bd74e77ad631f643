use skattebro_domain::Place;
use std::io::{self, BufRead, Read};

/// A buffered source that knows where it is, and lets no single XML event grow beyond a budget.
///
/// quick-xml buffers whole events and has no maximum, so a hostile text node or attribute would be held in memory whole.
#[derive(Debug)]
pub(crate) struct Source<R> {
    inner: R,
    place: Place,
    left: u64,
    budget_spent: bool,
    at_end: bool,
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, place: Place::START, left: 0, budget_spent: false, at_end: false }
    }

    /// Where the next byte stands.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// What it reads from.
    pub(crate) fn inner_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// Gives the next event so many bytes.
    pub(crate) fn refill(&mut self, budget: u64) {
        self.left = budget;
    }

    /// Whether a read failed because the event was larger than its budget.
    pub(crate) fn budget_spent(&self) -> bool {
        self.budget_spent
    }

    /// Whether the end of the input was seen.
    pub(crate) fn at_end(&self) -> bool {
        self.at_end
    }

    fn advance(&mut self, bytes: usize) -> io::Result<()> {
        let passed = &self.inner.fill_buf()?[..bytes];
        let newlines = memchr::memchr_iter(b'\n', passed).count();
        let since_newline = memchr::memrchr(b'\n', passed).map_or(passed, |at| &passed[at + 1..]);
        let characters = since_newline.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() as u64;
        self.place.byte += bytes as u64;
        self.place.line += newlines as u64;
        self.place.column = if newlines > 0 { 1 } else { self.place.column } + characters;
        Ok(())
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.inner.fill_buf()?;
        if available.is_empty() {
            self.at_end = true;
            return Ok(available);
        }
        if self.left == 0 {
            self.budget_spent = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an XML event larger than its budget"));
        }
        let budget = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(&available[..available.len().min(budget)])
    }

    fn consume(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        // The buffer is filled already, so looking at it again cannot fail.
        if self.advance(bytes).is_ok() {
            self.inner.consume(bytes);
            self.left = self.left.saturating_sub(bytes as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_bytes_lines_and_characters() {
        let mut source = Source::new("æøå\nab\n\ncd".as_bytes());
        source.refill(100);
        let mut seen = Vec::new();
        for step in [2, 4, 2, 3, 1] {
            source.fill_buf().unwrap();
            source.consume(step);
            let place = source.place();
            seen.push((place.byte, place.line, place.column));
        }
        assert_eq!(seen, [(2, 1, 2), (6, 1, 4), (8, 2, 2), (11, 4, 1), (12, 4, 2)]);
    }

    #[test]
    fn an_event_beyond_its_budget_fails() {
        let mut source = Source::new(&[b'x'; 100][..]);
        source.refill(64);
        assert_eq!(source.fill_buf().unwrap().len(), 64);
        source.consume(64);
        assert!(source.fill_buf().is_err() && source.budget_spent());
        source.refill(36);
        source.consume(36);
        assert!(source.fill_buf().unwrap().is_empty() && source.at_end());
    }
}
