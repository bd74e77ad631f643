//! The lines of a file, in bounded memory, and where in it something stands.

use super::values::Wrong;
use memchr::{memchr, memchr_iter};
use skattebro_domain::{Code, Finding, Place};
use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind};

/// The longest line that is read: a thousand times longer than any real one.
pub(super) const LONGEST: usize = 1 << 20;
/// What is kept of a longer one.
pub(super) const KEPT: usize = 1 << 10;

/// One line, without its `\n`.
pub(super) struct Line {
    pub(super) start: Place,
    /// Only the beginning if it is too long.
    pub(super) bytes: Vec<u8>,
    pub(super) is_too_long: bool,
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.trim_ascii().is_empty() && !self.is_too_long
    }
}

pub(super) struct Lines<R> {
    reader: R,
    byte: u64,
    line: u64,
    held: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, byte: 0, line: 1, held: VecDeque::new() }
    }

    /// The next time this line comes first.
    pub(super) fn put_back(&mut self, line: Line) {
        self.held.push_front(line);
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.held.pop_front() {
            return Ok(Some(line));
        }
        let start = Place { byte: self.byte, line: self.line, column: 1 };
        let mut line = Line { start, bytes: Vec::new(), is_too_long: false };
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok((self.byte > start.byte).then_some(line));
            }
            let end = memchr(b'\n', available);
            let part = &available[..end.unwrap_or(available.len())];
            if line.bytes.len() + part.len() > LONGEST {
                line.is_too_long = true;
            }
            if line.is_too_long {
                let room = KEPT.saturating_sub(line.bytes.len()).min(part.len());
                line.bytes.extend_from_slice(&part[..room]);
                line.bytes.truncate(KEPT);
                line.bytes.shrink_to_fit();
            } else {
                line.bytes.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            self.byte += used as u64;
            if end.is_some() {
                self.line += 1;
                return Ok(Some(line));
            }
        }
    }
}

/// The text that the bytes are. Otherwise what is wrong with them, of which the first thing is enough.
pub(super) fn text(bytes: &[u8], start: Place) -> Result<&str, Box<Finding>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = error.valid_up_to();
        let before = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
        let at = place(start, before, valid);
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let message =
            format!("byte {} (0x{byte:02X}) is not UTF-8; it looks like Latin-1 or Windows-1252", at.byte);
        Box::new(Wrong::new(Code::NotUtf8, message, "save the file as UTF-8").at(at))
    })?;
    match text.find('\0') {
        None => Ok(text),
        Some(offset) => {
            let advice = "look whether the file was damaged or saved as UTF-16; save it as UTF-8";
            let wrong = Wrong::new(Code::RowBroken, "there is a NUL byte, which no text has", advice);
            Err(Box::new(wrong.at(place(start, text, offset))))
        }
    }
}

/// Where `offset` of `text` is, if `text` begins at `start`.
pub(super) fn place(start: Place, text: &str, offset: usize) -> Place {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let breaks = memchr_iter(b'\n', before.as_bytes()).count() as u64;
    let column = match before.rfind('\n') {
        Some(at) => before[at + 1..].chars().count() as u64 + 1,
        None => start.column + before.chars().count() as u64,
    };
    Place { byte: start.byte + offset as u64, line: start.line + breaks, column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    /// A gigabyte of one line, and a short one after it.
    struct Endless {
        left: u64,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(usize::try_from(self.left).unwrap());
            for byte in &mut buffer[..count] {
                *byte = if self.left <= 4 { b"dne\n"[usize::try_from(self.left).unwrap() - 1] } else { b'x' };
                self.left -= 1;
            }
            Ok(count)
        }
    }

    #[test]
    fn a_line_of_a_gigabyte_is_passed_over_without_holding_it() {
        let mut lines = Lines::new(BufReader::with_capacity(1 << 16, Endless { left: (1 << 30) + 4 }));
        let line = lines.next().unwrap().unwrap();
        assert!(line.is_too_long);
        assert!(line.bytes.capacity() <= 2 * KEPT, "{}", line.bytes.capacity());
        let line = lines.next().unwrap().unwrap();
        assert_eq!(
            (line.bytes.as_slice(), line.start.line, line.start.byte),
            (&b"end"[..], 2, (1 << 30) + 1)
        );
        assert!(lines.next().unwrap().is_none());
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_not() {
        for (length, is_too_long) in [(LONGEST, false), (LONGEST + 1, true)] {
            let bytes = vec![b'x'; length];
            for capacity in [1 << 10, 1 << 22] {
                let mut lines = Lines::new(BufReader::with_capacity(capacity, bytes.as_slice()));
                assert_eq!(lines.next().unwrap().unwrap().is_too_long, is_too_long, "{length} {capacity}");
            }
        }
    }

    #[test]
    fn what_is_not_utf8_is_told_with_its_byte() {
        let start = Place { byte: 100, line: 3, column: 1 };
        let finding = text(b"bl\xe5", start).unwrap_err();
        assert_eq!(finding.place, Some(Place { byte: 102, line: 3, column: 3 }));
        assert!(finding.message.contains("byte 102 (0xE5)"), "{finding}");
        assert_eq!(text(b"a\0", start).unwrap_err().code, Code::RowBroken);
    }

    #[test]
    fn a_place_counts_lines_and_characters() {
        let start = Place { byte: 10, line: 2, column: 4 };
        assert_eq!(place(start, "æb", 2), Place { byte: 12, line: 2, column: 5 });
        assert_eq!(place(start, "æ\nøx", 5), Place { byte: 15, line: 3, column: 2 });
        assert_eq!(place(start, "æ", 1), Place { byte: 10, line: 2, column: 4 });
    }
}
