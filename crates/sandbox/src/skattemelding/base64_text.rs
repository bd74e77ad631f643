//! base64 as it comes: with line breaks in an upload, with any XML white space in an envelope.

use std::io::{self, BufRead, Read};

/// The characters of an uploaded base64 text without its line breaks.
pub(crate) struct Unbroken<R> {
    inner: R,
}

impl<R> Unbroken<R> {
    pub(crate) fn new(inner: R) -> Self {
        Unbroken { inner }
    }
}

impl<R: Read> Read for Unbroken<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(into)?;
            let mut kept = 0;
            for at in 0..read {
                if !matches!(into[at], b'\r' | b'\n') {
                    into[kept] = into[at];
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// The character data up to the next `<`, without white space, written out or as the references
/// (`&#13;`) that some serialisers make of it. Counts what it gives and fails beyond `left`.
pub(crate) struct ElementText<R> {
    inner: R,
    left: u64,
}

/// The text is longer than allowed.
#[derive(Debug, thiserror::Error)]
#[error("base64-teksten er for lang")]
pub(crate) struct TooLong;

impl<R> ElementText<R> {
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        ElementText { inner, left: limit }
    }

    /// How much of the limit was not used.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl<R: BufRead> ElementText<R> {
    /// Reads over a reference to white space. Any other is no part of base64.
    fn skip_reference(&mut self) -> io::Result<()> {
        let mut reference = Vec::with_capacity(8);
        (&mut self.inner).take(10).read_until(b';', &mut reference)?;
        let known: [&[u8]; 8] =
            [b"&#13;", b"&#10;", b"&#9;", b"&#32;", b"&#xD;", b"&#xA;", b"&#xd;", b"&#xa;"];
        if known.contains(&reference.as_slice()) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "en referanse i base64-teksten"))
    }
}

impl<R: BufRead> Read for ElementText<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let available = self.inner.fill_buf()?;
            if available.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let (mut seen, mut kept) = (0, 0);
            let mut stop = None;
            for &byte in available {
                match byte {
                    b'<' | b'&' => {
                        stop = Some(byte);
                        break;
                    }
                    _ if kept == into.len() => break,
                    b' ' | b'\t' | b'\r' | b'\n' => {}
                    _ => {
                        into[kept] = byte;
                        kept += 1;
                    }
                }
                seen += 1;
            }
            self.inner.consume(seen);
            self.left = self
                .left
                .checked_sub(kept as u64)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, TooLong))?;
            if kept > 0 || stop == Some(b'<') {
                return Ok(kept);
            }
            if stop == Some(b'&') {
                self.skip_reference()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(text: &str, limit: u64) -> io::Result<String> {
        let mut out = String::new();
        // A tiny buffer, so that every boundary is met.
        let reader = io::BufReader::with_capacity(3, text.as_bytes());
        ElementText::new(reader, limit).read_to_string(&mut out).map(|_| out)
    }

    #[test]
    fn element_text_ends_at_markup_and_drops_white_space() {
        assert_eq!(element(" aGVs\r\n\tbG8=&#13;\n </x>", 8).unwrap(), "aGVsbG8=");
        assert_eq!(element("</x>", 8).unwrap(), "");
        assert!(element("aGVs&lt;bG8=</x>", 100).is_err());
        assert!(element("aGVsbG8=", 100).is_err(), "no markup at the end");
        assert!(element("aGVsbG8=</x>", 7).is_err());
    }

    #[test]
    fn uploads_may_be_broken_into_lines() {
        let mut out = String::new();
        Unbroken::new(&b"\r\naGVs\nbG8=\n"[..]).read_to_string(&mut out).unwrap();
        assert_eq!(out, "aGVsbG8=");
    }
}
