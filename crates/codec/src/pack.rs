//! Packing a document for upload.

mod crew;
mod deflate;
mod form;
mod gzip;
mod text;

pub use form::{Compression, Effort, Packing};

use crate::segments::Segments;
use deflate::{BEFORE, BLOCK};
use gzip::Gzip;
use std::io::{self, Write};
use std::mem;
use std::num::NonZeroUsize;
use text::{Brotli, Plain};

/// Up to so many bytes of base64 go as they are; more is compressed.
const SMALL: usize = 256 << 10;
/// More threads than this are not used by themselves: each has its memory.
const MOST_THREADS: usize = 8;

/// Packs a document for upload while it is written: unbroken base64, compressed when that pays.
///
/// The order is the contract's: the base64 *text* is compressed, and the name then ends with `.gz` or `.br`. Unbroken base64
/// compresses better than broken base64: the pattern that gzip finds keeps its phase.
///
/// Gzip is made by several threads at a time, unless there is only one block or [one thread](Self::threads). They end with the packer. The same
/// document becomes the same bytes, however many threads there are and however it is written.
///
/// Memory is that of the packed form, up to the limit, and 16 MiB; brotli takes more: some 50 MiB, 100 MiB when strong.
pub struct Packer {
    /// What stands before the block that is being filled, and it.
    raw: Vec<u8>,
    /// How much of that stands before it.
    before: usize,
    stage: Stage,
    threads: NonZeroUsize,
    limit: u64,
    xml_bytes: u64,
}

/// A packed document.
#[derive(Debug, Clone)]
pub struct Packed {
    /// The size of the document.
    pub xml_bytes: u64,
    /// The size of its base64 text.
    pub base64_bytes: u64,
    /// The size of what would be sent.
    pub packed_bytes: u64,
    /// What that is.
    pub packing: Packing,
    /// What is sent; `None` if it is larger than the limit.
    pub body: Option<Segments>,
}

enum Stage {
    /// Plain or gzip, as it turns out.
    Undecided,
    /// Gzip, with no block yet.
    GzipAhead,
    Plain(Plain),
    Gzip(Gzip),
    Brotli(Effort, Brotli),
}

impl Packer {
    /// A packer that keeps at most `limit` bytes of the packed form, and only counts beyond.
    pub fn new(compression: Compression, limit: u64) -> Self {
        match compression {
            Compression::Auto | Compression::AutoOrBrotli => Self::at(Stage::Undecided, limit),
            Compression::Gzip => Self::of(Packing::Gzip, limit),
            Compression::Brotli => Self::of(Packing::Brotli(Effort::Fast), limit),
            Compression::None => Self::of(Packing::Plain, limit),
        }
    }

    /// A packer for this form and no other.
    pub fn of(packing: Packing, limit: u64) -> Self {
        let stage = match packing {
            Packing::Plain => Stage::Plain(Plain::plain(limit)),
            Packing::Gzip => Stage::GzipAhead,
            Packing::Brotli(effort) => Stage::Brotli(effort, Brotli::brotli(effort, limit)),
        };
        Self::at(stage, limit)
    }

    fn at(stage: Stage, limit: u64) -> Self {
        Self { raw: Vec::new(), before: 0, stage, threads: Self::default_threads(), limit, xml_bytes: 0 }
    }

    /// How many threads compress. With one, that is the thread that writes, and no other is made.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// How many compress unless that is said: as many as the machine can run at a time, and 8 at most.
    pub fn default_threads() -> NonZeroUsize {
        let here = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        here.min(NonZeroUsize::new(MOST_THREADS).unwrap_or(here))
    }

    /// The packed document, once all of it was written.
    ///
    /// # Errors
    /// If a thread broke down.
    pub fn finish(mut self) -> io::Result<Packed> {
        let text_len = self.raw.len().div_ceil(3) * 4;
        if let Stage::Undecided = self.stage {
            // All of it is here: it would have been decided otherwise.
            self.stage =
                if text_len > SMALL { Stage::GzipAhead } else { Stage::Plain(Plain::plain(self.limit)) };
        }
        if let Stage::GzipAhead = self.stage {
            self.stage = Stage::Gzip(Gzip::new(self.limit, NonZeroUsize::MIN)?);
        }
        let (packing, (base64_bytes, packed_bytes, body)) = match self.stage {
            Stage::Gzip(mut gzip) => {
                gzip.push(self.raw, self.before, true)?;
                (Packing::Gzip, gzip.finish()?)
            }
            Stage::Brotli(effort, mut brotli) => {
                brotli.push(&self.raw)?;
                (Packing::Brotli(effort), brotli.finish())
            }
            Stage::Plain(mut plain) => {
                plain.push(&self.raw)?;
                (Packing::Plain, plain.finish())
            }
            Stage::Undecided | Stage::GzipAhead => {
                return Err(io::Error::other("it was not decided how to pack"));
            }
        };
        Ok(Packed { xml_bytes: self.xml_bytes, base64_bytes, packed_bytes, packing, body })
    }

    /// Passes a whole block on, and begins the next one.
    fn pass_on(&mut self) -> io::Result<()> {
        if let Stage::Undecided | Stage::GzipAhead = self.stage {
            self.stage = Stage::Gzip(Gzip::new(self.limit, self.threads)?);
        }
        match &mut self.stage {
            Stage::Gzip(gzip) => {
                let mut next = gzip.buffer();
                next.extend_from_slice(&self.raw[self.raw.len() - BEFORE..]);
                let raw = mem::replace(&mut self.raw, next);
                let before = mem::replace(&mut self.before, BEFORE);
                return gzip.push(raw, before, false);
            }
            Stage::Plain(plain) => plain.push(&self.raw)?,
            Stage::Brotli(_, brotli) => brotli.push(&self.raw)?,
            Stage::Undecided | Stage::GzipAhead => {}
        }
        self.raw.clear();
        Ok(())
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // Only with something behind it: the last block must know that it is the last.
            if self.raw.len() == self.before + BLOCK {
                self.pass_on()?;
            }
            let room = self.before + BLOCK - self.raw.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.raw.extend_from_slice(now);
            rest = later;
        }
        self.xml_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").field("xml_bytes", &self.xml_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
