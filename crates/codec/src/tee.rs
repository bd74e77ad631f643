use std::io::{self, Read, Write};

/// A reader that writes everything it hands out, so that one pass over a document can both scan and pack it.
#[derive(Debug)]
pub struct Tee<R, W> {
    from: R,
    to: W,
}

impl<R: Read, W: Write> Tee<R, W> {
    /// Reads `from`, and writes what was read to `to`.
    pub fn new(from: R, to: W) -> Self {
        Self { from, to }
    }

    /// The writer, which has all that was read.
    pub fn into_writer(self) -> W {
        self.to
    }
}

impl<R: Read, W: Write> Read for Tee<R, W> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(out)?;
        self.to.write_all(&out[..count])?;
        Ok(count)
    }
}
