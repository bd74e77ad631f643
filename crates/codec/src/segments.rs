use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use skattebro_domain::Digest;
use std::io::{self, Write};

const SEGMENT: usize = 1 << 20;

/// Bytes in memory, in pieces of at most a MiB: growing never copies, and every piece can be sent as it is.
#[derive(Debug, Clone)]
pub struct Segments {
    pieces: Vec<Bytes>,
    len: u64,
    sha256: Digest,
}

impl Segments {
    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The SHA-256 of all of them.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The pieces, in order. Cloning one is cheap.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// All that `write` writes.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn collect(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Self> {
        let mut writer = SegmentsWriter::new(u64::MAX);
        write(&mut writer)?;
        let (_, segments) = writer.finish();
        segments.ok_or_else(|| io::ErrorKind::FileTooLarge.into())
    }
}

/// Collects what is written. Beyond its limit it only counts, so that one can say by how much something is too large.
pub(crate) struct SegmentsWriter {
    pieces: Vec<Bytes>,
    open: Vec<u8>,
    len: u64,
    limit: u64,
    hash: Sha256,
}

impl SegmentsWriter {
    pub(crate) fn new(limit: u64) -> Self {
        Self { pieces: Vec::new(), open: Vec::new(), len: 0, limit, hash: Sha256::new() }
    }

    /// How many bytes were written, and they, unless they were more than the limit.
    pub(crate) fn finish(mut self) -> (u64, Option<Segments>) {
        if self.len > self.limit {
            return (self.len, None);
        }
        self.close();
        let sha256 = Digest(self.hash.finalize().into());
        (self.len, Some(Segments { pieces: self.pieces, len: self.len, sha256 }))
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(std::mem::take(&mut self.open).into());
        }
    }
}

impl Write for SegmentsWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.len += bytes.len() as u64;
        if self.len > self.limit {
            self.pieces.clear();
            self.open = Vec::new();
            return Ok(bytes.len());
        }
        self.hash.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.open.is_empty() && !self.pieces.is_empty() {
                // What has filled a piece will most likely fill another: no growing, and no holes where the smaller ones were.
                self.open = Vec::with_capacity(SEGMENT);
            }
            let count = rest.len().min(SEGMENT - self.open.len());
            self.open.extend_from_slice(&rest[..count]);
            rest = &rest[count..];
            if self.open.len() == SEGMENT {
                self.close();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|n| n as u8).collect();
        let segments = Segments::collect(|out| out.write_all(&bytes)).unwrap();
        let read = segments.pieces().concat();
        assert_eq!((segments.len(), segments.pieces().len()), (3_000_000, 3));
        assert!(read == bytes);
        assert_eq!(segments.sha256(), Digest(Sha256::digest(&bytes).into()));
    }

    #[test]
    fn beyond_the_limit_it_only_counts() {
        let mut writer = SegmentsWriter::new(10);
        writer.write_all(&[0; 8]).unwrap();
        writer.write_all(&[0; 8]).unwrap();
        writer.write_all(&[0; 8]).unwrap();
        let (len, segments) = writer.finish();
        assert_eq!((len, segments.is_none()), (24, true));
    }
}
