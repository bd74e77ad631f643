use skattebro_domain::Place;
use std::io::{self, BufRead, Read};

/// A buffered source that knows where it is, and lets no single XML event grow beyond a budget.
///
/// quick-xml buffers whole events and has no maximum, so a hostile text node or attribute would be held in memory whole.
///
/// Lines and characters are counted a buffer at a time, or when somebody asks: counting them for each of a million events costs more than
/// parsing them.
#[derive(Debug)]
pub(crate) struct Source<R> {
    inner: R,
    /// How much of what `inner` has ready was consumed here. `inner` learns of it when all of it was.
    taken: usize,
    /// How much `inner` has ready.
    ready: usize,
    /// How much of what was taken is counted in `place`.
    counted: usize,
    place: Place,
    mark: Mark,
    left: u64,
    budget_spent: bool,
    at_end: bool,
}

/// Where an event begins.
#[derive(Debug, Clone, Copy)]
enum Mark {
    /// At so many bytes of what is ready.
    Ready(usize),
    /// Before that.
    Passed(Place),
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            taken: 0,
            ready: 0,
            counted: 0,
            place: Place::START,
            mark: Mark::Ready(0),
            left: 0,
            budget_spent: false,
            at_end: false,
        }
    }

    /// Begins an event here, and gives it so many bytes.
    pub(crate) fn begin(&mut self, budget: u64) {
        self.mark = Mark::Ready(self.taken);
        self.left = budget;
    }

    /// Where the event began.
    pub(crate) fn begun(&mut self) -> Place {
        if let Mark::Ready(at) = self.mark {
            self.count_to(at);
        }
        match self.mark {
            Mark::Ready(_) => self.place,
            Mark::Passed(place) => place,
        }
    }

    /// Where the next byte stands.
    pub(crate) fn place(&mut self) -> Place {
        self.count_to(self.taken);
        self.place
    }

    /// What it reads from, which has no more ready than what was not consumed.
    pub(crate) fn inner_mut(&mut self) -> &mut R {
        self.release();
        &mut self.inner
    }

    /// Gives the event under way so many bytes more.
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

    /// Tells `inner` what was consumed.
    fn release(&mut self) {
        self.count_to(self.taken);
        if let Mark::Ready(_) = self.mark {
            self.mark = Mark::Passed(self.place);
        }
        self.inner.consume(self.taken);
        // What is left stays ready: quick-xml consumes what it has seen before.
        self.ready -= self.taken;
        (self.taken, self.counted) = (0, 0);
    }

    fn count_to(&mut self, at: usize) {
        if at <= self.counted {
            return;
        }
        if let Mark::Ready(mark) = self.mark
            && (self.counted..at).contains(&mark)
        {
            self.count(mark);
            self.mark = Mark::Passed(self.place);
        }
        self.count(at);
    }

    fn count(&mut self, at: usize) {
        // The bytes are ready, so looking at them again cannot fail.
        let Some(passed) = self.inner.fill_buf().ok().and_then(|ready| ready.get(self.counted..at)) else {
            return;
        };
        let newlines = memchr::memchr_iter(b'\n', passed).count();
        let since_newline = memchr::memrchr(b'\n', passed).map_or(passed, |at| &passed[at + 1..]);
        let characters: u64 = since_newline.chunks(128).map(|chunk| u64::from(characters(chunk))).sum();
        self.place.byte += passed.len() as u64;
        self.place.line += newlines as u64;
        self.place.column = if newlines > 0 { 1 } else { self.place.column } + characters;
        self.counted = at;
    }
}

/// How many characters begin in at most 255 bytes; so few that a byte counts them, many at a time.
fn characters(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |count, byte| count + u8::from((byte & 0xc0) != 0x80))
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
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.ready {
            self.release();
        }
        let ready = self.inner.fill_buf()?;
        self.ready = ready.len();
        let available = ready.get(self.taken..).unwrap_or_default();
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

    #[inline]
    fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.ready - self.taken);
        self.taken += bytes;
        self.left = self.left.saturating_sub(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// The place behind the first `at` bytes of a text, the slow way.
    fn place_in(text: &str, at: usize) -> Place {
        let passed = &text[..at];
        let line = passed.rsplit('\n').next().unwrap();
        Place {
            byte: at as u64,
            line: passed.matches('\n').count() as u64 + 1,
            column: line.chars().count() as u64 + 1,
        }
    }

    proptest! {
        #[test]
        fn places_are_right_whenever_they_are_asked_for(
            text in "[aæ\n]{0,60}", buffer in 1usize..20, steps in prop::collection::vec((1usize..9, 0u8..8), 0..40),
        ) {
            let mut source = Source::new(io::BufReader::with_capacity(buffer, text.as_bytes()));
            let (mut at, mut begun) = (0, 0);
            source.begin(1000);
            for (step, asks) in steps {
                let step = step.min(source.fill_buf().unwrap().len());
                source.consume(step);
                at += step;
                let is_char = |at| text.is_char_boundary(at);
                if asks & 1 > 0 && is_char(at) {
                    prop_assert_eq!(source.place(), place_in(&text, at));
                }
                if asks & 2 > 0 && is_char(begun) {
                    prop_assert_eq!(source.begun(), place_in(&text, begun));
                }
                if asks & 4 > 0 {
                    source.begin(1000);
                    begun = at;
                }
            }
        }
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
