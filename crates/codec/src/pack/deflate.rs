use crate::base64_engine::ENGINE;
use base64::Engine;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use std::io;

/// So much of a document becomes one block of a gzip, 512 KiB of text: small enough for several at a time, large enough that what each of
/// them costs does not count. A multiple of three, so that only the last block is padded.
pub(super) const BLOCK: usize = 384 << 10;
/// So much of the document before a block primes its compression: the 32 KiB of text that deflate looks back on.
pub(super) const BEFORE: usize = 24 << 10;
/// So much of it becomes text at a time, which stays in the processor's cache.
pub(super) const PIECE: usize = 48 << 10;
pub(super) const PIECE_OF_TEXT: usize = PIECE / 3 * 4;

/// A little more than the dictionary.
static NOTHING: [u8; BEFORE / 3 * 4 + 64] = [0; BEFORE / 3 * 4 + 64];

/// What a block most likely becomes at most; more is made room for.
pub(super) const DEFLATED: usize = 128 << 10;

/// A block of a document.
pub(super) struct Block {
    /// What stands before it, and it.
    pub(super) raw: Vec<u8>,
    /// How much of that stands before it.
    pub(super) before: usize,
    pub(super) is_last: bool,
    /// Where its deflate goes. The buffers go round: allocated by one thread and freed by another, they would leave holes in each one's heap.
    pub(super) bytes: Vec<u8>,
}

/// A block as deflate, whole bytes of it.
pub(super) struct Deflated {
    pub(super) bytes: Vec<u8>,
    /// That of its text.
    pub(super) crc: Crc,
    pub(super) text_bytes: u64,
    /// What it was made of.
    pub(super) raw: Vec<u8>,
}

/// Makes deflate of the base64 text of blocks. What it makes of a block depends on that block alone, so that it does not matter who does it.
pub(super) struct Deflater {
    compress: Compress,
    text: Box<[u8]>,
}

impl Deflater {
    pub(super) fn new() -> Self {
        let compress = Compress::new(Compression::new(6), false);
        Self { compress, text: vec![0; PIECE_OF_TEXT].into_boxed_slice() }
    }

    /// Makes the compressor as good as new. One that is only reset looks at what the block before it left behind the dictionary in its window,
    /// and finds other matches for it; and a new one for each block leaves holes in the heaps of the threads, some MiB in each.
    fn forget(&mut self) -> io::Result<()> {
        self.compress.reset();
        self.compress.set_dictionary(&NOTHING)?;
        self.compress.reset();
        Ok(())
    }

    pub(super) fn deflate(&mut self, block: Block) -> io::Result<Deflated> {
        let Block { raw: buffer, before, is_last, mut bytes } = block;
        let (mut crc, mut text_bytes) = (Crc::new(), 0);
        let (before, raw) = buffer.split_at(before);
        self.forget()?;
        if !before.is_empty() {
            let text = text_of(before, &mut self.text)?;
            self.compress.set_dictionary(text)?;
        }
        for piece in raw.chunks(PIECE) {
            let text = text_of(piece, &mut self.text)?;
            crc.update(text);
            text_bytes += text.len() as u64;
            run(&mut self.compress, text, FlushCompress::None, &mut bytes)?;
        }
        // A flush ends at a whole byte, so that the next block can be put behind it.
        let end = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
        run(&mut self.compress, &[], end, &mut bytes)?;
        Ok(Deflated { bytes, crc, text_bytes, raw: buffer })
    }
}

/// The base64 text of a piece.
pub(super) fn text_of<'t>(raw: &[u8], text: &'t mut [u8]) -> io::Result<&'t [u8]> {
    let len = ENGINE.encode_slice(raw, text).map_err(io::Error::other)?;
    Ok(&text[..len])
}

fn run(
    compress: &mut Compress,
    mut text: &[u8],
    flush: FlushCompress,
    bytes: &mut Vec<u8>,
) -> io::Result<()> {
    loop {
        bytes.reserve(DEFLATED / 4);
        let begun = compress.total_in();
        let status = compress.compress_vec(text, bytes, flush)?;
        let used = usize::try_from(compress.total_in() - begun).map_err(io::Error::other)?;
        text = &text[used..];
        let is_done = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            // It had room for more.
            _ => text.is_empty() && bytes.len() < bytes.capacity(),
        };
        if is_done {
            return Ok(());
        }
    }
}
