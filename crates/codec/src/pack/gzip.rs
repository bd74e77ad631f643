use super::crew::Crew;
use super::deflate::{BEFORE, BLOCK, Block, DEFLATED, Deflated, Deflater};
use crate::segments::{Segments, SegmentsWriter};
use flate2::Crc;
use std::io::{self, Write};
use std::num::NonZeroUsize;

/// What a gzip without a name begins with, and no time, of an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// One member of gzip, whose blocks are compressed each for itself and put behind one another, as pigz does. So they can be compressed at
/// the same time, and the bytes are the same however many threads do that.
pub(super) struct Gzip {
    out: SegmentsWriter,
    crc: Crc,
    text_bytes: u64,
    work: Work,
    /// Buffers that nobody uses.
    idle_raw: Vec<Vec<u8>>,
    idle_bytes: Vec<Vec<u8>>,
}

enum Work {
    Here(Box<Deflater>),
    Crew(Crew<Block, Deflated>),
}

impl Gzip {
    pub(super) fn new(limit: u64, threads: NonZeroUsize) -> io::Result<Self> {
        let mut out = SegmentsWriter::new(limit);
        out.write_all(&HEADER)?;
        let crew = || {
            Crew::new(threads.get(), || {
                let mut deflater = Deflater::new();
                move |block| deflater.deflate(block)
            })
        };
        let work = match threads.get() {
            1 => None,
            // Where there can be no threads, it goes without.
            _ => crew().ok(),
        };
        let work = work.map_or_else(|| Work::Here(Box::new(Deflater::new())), Work::Crew);
        Ok(Self { out, crc: Crc::new(), text_bytes: 0, work, idle_raw: Vec::new(), idle_bytes: Vec::new() })
    }

    /// An empty buffer for a block.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        empty(&mut self.idle_raw, BEFORE + BLOCK)
    }

    /// Takes a block, and as much before it as it is primed with.
    pub(super) fn push(&mut self, raw: Vec<u8>, before: usize, is_last: bool) -> io::Result<()> {
        let block = Block { raw, before, is_last, bytes: empty(&mut self.idle_bytes, DEFLATED) };
        let deflated = match &mut self.work {
            Work::Here(deflater) => Some(deflater.deflate(block)?),
            Work::Crew(crew) => {
                let deflated = if crew.is_full() { Some(crew.take()?) } else { None };
                crew.give(block)?;
                deflated
            }
        };
        deflated.map_or(Ok(()), |deflated| self.append(deflated))
    }

    fn append(&mut self, deflated: Deflated) -> io::Result<()> {
        self.out.write_all(&deflated.bytes)?;
        self.crc.combine(&deflated.crc);
        self.text_bytes += deflated.text_bytes;
        self.idle_raw.push(deflated.raw);
        self.idle_bytes.push(deflated.bytes);
        Ok(())
    }

    /// The size of the text, of the gzip, and that, unless it is over the limit.
    pub(super) fn finish(mut self) -> io::Result<(u64, u64, Option<Segments>)> {
        while let Work::Crew(crew) = &mut self.work
            && !crew.is_idle()
        {
            let deflated = crew.take()?;
            self.append(deflated)?;
        }
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        // Modulo 2^32, as the format has it.
        self.out.write_all(&(self.text_bytes as u32).to_le_bytes())?;
        let (packed_bytes, body) = self.out.finish();
        Ok((self.text_bytes, packed_bytes, body))
    }
}

fn empty(idle: &mut Vec<Vec<u8>>, capacity: usize) -> Vec<u8> {
    let mut buffer = idle.pop().unwrap_or_else(|| Vec::with_capacity(capacity));
    buffer.clear();
    buffer
}
