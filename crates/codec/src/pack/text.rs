use super::deflate::{PIECE, PIECE_OF_TEXT, text_of};
use super::form::Effort;
use crate::segments::{Segments, SegmentsWriter};
use brotli::CompressorWriter;
use brotli::enc::backward_references::{BrotliEncoderMode, BrotliEncoderParams};
use std::io::{self, Write};

/// A body that the text is written into from beginning to end: as it is, or as brotli.
pub(super) struct Text<W> {
    to: W,
    text: Box<[u8]>,
    text_bytes: u64,
}

pub(super) type Plain = Text<SegmentsWriter>;
pub(super) type Brotli = Text<Box<CompressorWriter<SegmentsWriter>>>;

impl<W: Write> Text<W> {
    fn into(to: W) -> Self {
        Self { to, text: vec![0; PIECE_OF_TEXT].into_boxed_slice(), text_bytes: 0 }
    }

    /// Takes a part of the document: a multiple of three bytes, but for the last one.
    pub(super) fn push(&mut self, raw: &[u8]) -> io::Result<()> {
        for piece in raw.chunks(PIECE) {
            let text = text_of(piece, &mut self.text)?;
            self.to.write_all(text)?;
            self.text_bytes += text.len() as u64;
        }
        Ok(())
    }
}

impl Plain {
    pub(super) fn plain(limit: u64) -> Self {
        Self::into(SegmentsWriter::new(limit))
    }

    pub(super) fn finish(self) -> (u64, u64, Option<Segments>) {
        let (len, body) = self.to.finish();
        (self.text_bytes, len, body)
    }
}

impl Brotli {
    pub(super) fn brotli(effort: Effort, limit: u64) -> Self {
        let out = CompressorWriter::with_params(SegmentsWriter::new(limit), 64 << 10, &params(effort));
        Self::into(Box::new(out))
    }

    pub(super) fn finish(self) -> (u64, u64, Option<Segments>) {
        let (len, body) = self.to.into_inner().finish();
        (self.text_bytes, len, body)
    }
}

/// Settings that were measured on large næringsspesifikasjoner. Their window is the largest that every decoder takes.
fn params(effort: Effort) -> BrotliEncoderParams {
    let params = BrotliEncoderParams {
        lgwin: 24,
        // All that is asked of the size is whether it is over 4 MiB. Without it, the text becomes two thirds larger.
        size_hint: 1 << 30,
        ..BrotliEncoderParams::default()
    };
    match effort {
        Effort::Fast => BrotliEncoderParams { quality: 5, ..params },
        Effort::Strong => {
            let mut params = BrotliEncoderParams {
                quality: 10,
                q9_5: true,
                mode: BrotliEncoderMode::BROTLI_FORCE_LSB_PRIOR,
                ..params
            };
            params.hasher.literal_byte_score = 200;
            params
        }
    }
}
