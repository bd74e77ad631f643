use crate::base64_engine::ENGINE;
use base64::{DecodeError, DecodeSliceError, Engine};
use std::io::{self, BufRead, Read};

/// What is wrong with the base64 text of an XML element.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("it has markup or an entity inside")]
    Markup,
    #[error("it ends in the middle")]
    Truncated,
    #[error(transparent)]
    Base64(DecodeError),
}

impl From<ContentError> for io::Error {
    fn from(error: ContentError) -> Self {
        Self::other(error)
    }
}

/// The bytes that the text of an element is the base64 of, up to the `<` that ends it. White space is dropped, also where it is written as a
/// character reference, as Java's serialisers do with carriage returns.
///
/// It is decoded from where it was read straight to where it is wanted; only text with white space in it is copied once more.
pub(crate) struct Base64Content<S> {
    from: S,
    /// The beginning of a quad whose end is not here yet.
    quad: Quad,
    /// Decoded, and not asked for yet.
    spare: Spare,
    /// Text that had white space in it.
    packed: Vec<u8>,
    /// How many symbols were decoded.
    symbols: usize,
    is_padded: bool,
}

#[derive(Default)]
struct Quad {
    symbols: [u8; 4],
    len: usize,
}

#[derive(Default)]
struct Spare {
    bytes: [u8; 3],
    from: usize,
    to: usize,
}

impl<S: BufRead> Base64Content<S> {
    pub(crate) fn new(from: S) -> Self {
        Self {
            from,
            quad: Quad::default(),
            spare: Spare::default(),
            packed: Vec::new(),
            symbols: 0,
            is_padded: false,
        }
    }

    fn skip_reference(&mut self) -> io::Result<()> {
        let mut reference = Vec::with_capacity(8);
        (&mut self.from).take(8).read_until(b';', &mut reference)?;
        match reference.to_ascii_lowercase().as_slice() {
            b"&#13;" | b"&#10;" | b"&#9;" | b"&#32;" | b"&#xd;" | b"&#xa;" | b"&#x9;" | b"&#x20;" => Ok(()),
            cut if cut.len() < 8 && !cut.ends_with(b";") => Err(ContentError::Truncated.into()),
            _ => Err(ContentError::Markup.into()),
        }
    }

    /// Nothing may be left over at the end; the engine refuses a quad that is not whole.
    fn end(&mut self) -> io::Result<usize> {
        let rest = &self.quad.symbols[..self.quad.len];
        decode(rest, &mut self.spare.bytes, &mut self.symbols, &mut self.is_padded)?;
        Ok(0)
    }
}

impl<S: BufRead> Read for Base64Content<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.spare.from < self.spare.to {
                return Ok(self.spare.take(out));
            }
            let ready = self.from.fill_buf()?;
            match ready.first() {
                None => return Err(ContentError::Truncated.into()),
                Some(b'<') => return self.end(),
                Some(b'&') => {
                    self.skip_reference()?;
                    continue;
                }
                Some(_) => {}
            }
            let room = (out.len() / 3 * 4).max(4);
            let window = &ready[..ready.len().min(room)];
            let text = &window[..memchr::memchr2(b'<', b'&', window).unwrap_or(window.len())];
            let (symbols, padded) = (&mut self.symbols, &mut self.is_padded);

            if self.quad.len > 0 || text.len() < 4 || out.len() < 3 {
                let used = self.quad.fill(text);
                self.from.consume(used);
                if self.quad.len == 4 {
                    let quad = std::mem::take(&mut self.quad).symbols;
                    let count = decode(&quad, &mut self.spare.bytes, symbols, padded)?;
                    (self.spare.from, self.spare.to) = (0, count);
                }
                continue;
            }
            let quads = &text[..text.len() / 4 * 4];
            let (used, decoded) = match decode(quads, out, symbols, padded) {
                Err(_) if text.iter().any(is_white_space) => {
                    drop_white_space(text, &mut self.packed);
                    let (quads, rest) = self.packed.split_at(self.packed.len() / 4 * 4);
                    self.quad.fill(rest);
                    (text.len(), decode(quads, out, symbols, padded))
                }
                decoded => (quads.len(), decoded),
            };
            self.from.consume(used);
            match decoded? {
                0 => {}
                count => return Ok(count),
            }
        }
    }
}

/// Decodes whole quads, or what is left of the last one. Counts the symbols, and minds that nothing follows a padding.
fn decode(text: &[u8], out: &mut [u8], before: &mut usize, padded: &mut bool) -> Result<usize, ContentError> {
    let Some(last) = text.last() else { return Ok(0) };
    if *padded {
        return Err(ContentError::Base64(DecodeError::InvalidByte(*before - 1, b'=')));
    }
    let count = ENGINE.decode_slice(text, out).map_err(|error| {
        ContentError::Base64(match error {
            DecodeSliceError::DecodeError(error) => moved(error, *before),
            // There is room for all that the text can be.
            DecodeSliceError::OutputSliceTooSmall => DecodeError::InvalidLength(*before + text.len()),
        })
    })?;
    *before += text.len();
    *padded = *last == b'=';
    Ok(count)
}

/// The error, told of the whole text.
fn moved(error: DecodeError, before: usize) -> DecodeError {
    match error {
        DecodeError::InvalidByte(offset, byte) => DecodeError::InvalidByte(before + offset, byte),
        DecodeError::InvalidLength(len) => DecodeError::InvalidLength(before + len),
        DecodeError::InvalidLastSymbol { offset, symbol, symbol_value } => {
            DecodeError::InvalidLastSymbol { offset: before + offset, symbol, symbol_value }
        }
        DecodeError::InvalidPadding => DecodeError::InvalidPadding,
    }
}

fn is_white_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Lines are mostly as long as this and longer.
const RUN: usize = 32;

fn drop_white_space(text: &[u8], to: &mut Vec<u8>) {
    to.clear();
    to.reserve(text.len());
    for run in text.chunks(RUN) {
        // Without a branch for each byte, so that they are compared many at a time.
        if run.iter().fold(true, |all, byte| all & (*byte > b' ')) {
            to.extend_from_slice(run);
        } else {
            run.split(is_white_space).for_each(|piece| to.extend_from_slice(piece));
        }
    }
}

impl Quad {
    /// Takes symbols up to four, and says how much of the text that was.
    fn fill(&mut self, text: &[u8]) -> usize {
        let mut used = 0;
        for byte in text {
            if self.len == 4 {
                break;
            }
            used += 1;
            if !is_white_space(byte) {
                self.symbols[self.len] = *byte;
                self.len += 1;
            }
        }
        used
    }
}

impl Spare {
    fn take(&mut self, out: &mut [u8]) -> usize {
        let count = out.len().min(self.to - self.from);
        out[..count].copy_from_slice(&self.bytes[self.from..self.from + count]);
        self.from += count;
        count
    }
}

#[cfg(test)]
mod tests;
