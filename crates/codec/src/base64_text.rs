use std::io::{self, BufRead, Read};

/// What is wrong in a base64 text of an XML element, other than the base64 itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextError {
    #[error("it has markup or an entity inside")]
    Markup,
    #[error("it ends in the middle")]
    Truncated,
}

/// The text of an element as base64 alone, up to the `<` that ends it: white space is dropped, also where it is written as a
/// character reference, as Java's serialisers do with carriage returns.
pub(crate) struct Base64Text<S> {
    from: S,
}

impl<S: BufRead> Base64Text<S> {
    pub(crate) fn new(from: S) -> Self {
        Self { from }
    }

    fn skip_reference(&mut self) -> io::Result<()> {
        let mut reference = Vec::with_capacity(8);
        (&mut self.from).take(8).read_until(b';', &mut reference)?;
        match reference.to_ascii_lowercase().as_slice() {
            b"&#13;" | b"&#10;" | b"&#9;" | b"&#32;" | b"&#xd;" | b"&#xa;" | b"&#x9;" | b"&#x20;" => Ok(()),
            cut if cut.len() < 8 && !cut.ends_with(b";") => Err(io::Error::other(TextError::Truncated)),
            _ => Err(io::Error::other(TextError::Markup)),
        }
    }
}

impl<S: BufRead> Read for Base64Text<S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            let available = self.from.fill_buf()?;
            let window = &available[..available.len().min(out.len())];
            match window.first() {
                None => return Err(io::Error::other(TextError::Truncated)),
                Some(b'<') => return Ok(0),
                Some(b'&') => {
                    self.skip_reference()?;
                    continue;
                }
                Some(_) => {}
            }
            let end = memchr::memchr2(b'<', b'&', window).unwrap_or(window.len());
            let text = &window[..end];
            let kept = if memchr::memchr3(b'\n', b'\r', b' ', text).is_none()
                && memchr::memchr(b'\t', text).is_none()
            {
                out[..end].copy_from_slice(text);
                end
            } else {
                let mut kept = 0;
                for byte in text.iter().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                    out[kept] = *byte;
                    kept += 1;
                }
                kept
            };
            self.from.consume(end);
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(xml: &str, buffer: usize) -> Result<String, String> {
        let mut out = String::new();
        let source = io::BufReader::with_capacity(buffer, xml.as_bytes());
        Base64Text::new(source).read_to_string(&mut out).map_err(|error| error.to_string())?;
        Ok(out)
    }

    #[test]
    fn white_space_is_dropped_however_it_is_written() {
        for buffer in 1..9 {
            assert_eq!(text("\r\n  aGVs&#13;\nbG8=&#xD;&#xA;\t</content>", buffer).unwrap(), "aGVsbG8=");
            assert_eq!(text("</content>", buffer).unwrap(), "");
        }
    }

    #[test]
    fn anything_else_in_the_text_is_refused() {
        assert!(text("aG&lt;Vs</content>", 8).unwrap_err().contains("entity"));
        assert!(text("aG&#65;Vs</content>", 8).unwrap_err().contains("entity"));
        assert!(text("aGVs", 8).unwrap_err().contains("middle"));
    }
}
