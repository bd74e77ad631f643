//! Lines of any file, none of which is held beyond a bound.

use std::io::{self, BufRead};

/// The longest line that is read.
const LONGEST: usize = 1 << 20;

/// A line, without its end, or why it is none that can be used.
pub(super) type Line = Result<Vec<u8>, TooLong>;

/// A line is longer than a mebibyte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// The lines of a reader with their numbers.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let (mut line, mut is_long, mut any) = (Vec::new(), false, false);
        loop {
            let read = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read.is_empty() {
                break;
            }
            any = true;
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            is_long |= line.len() + part.len() > LONGEST;
            if !is_long {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(any.then_some(if is_long { Err(TooLong) } else { Ok(line) }))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<(u64, Line)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.number += 1;
        self.read().transpose().map(|line| line.map(|line| (self.number, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_passed_over_and_the_next_is_read() {
        let text = [b"a\n\n".to_vec(), vec![b'x'; LONGEST + 1], b"\nlast".to_vec()].concat();
        for buffer in [7, 1 << 16] {
            let reader = io::BufReader::with_capacity(buffer, &*text);
            let lines: Vec<_> = Lines::new(reader).map(Result::unwrap).collect();
            let line = |text: &str| Ok(text.as_bytes().to_vec());
            assert_eq!(lines, [(1, line("a")), (2, line("")), (3, Err(TooLong)), (4, line("last"))]);
        }
        assert!(Lines::new(io::BufReader::new(&b""[..])).next().is_none());
    }
}
