use crate::segments::{Segments, SegmentsWriter};
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::write::EncoderWriter;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// Up to so many bytes of base64 go as they are; more is compressed.
const SMALL: usize = 256 << 10;

/// Whether the body of an upload is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Plain when small (up to 256 KiB of base64), gzip otherwise.
    #[default]
    Auto,
    /// Always gzip.
    Gzip,
    /// Never.
    None,
}

/// Packs a document for upload while it is written: unbroken base64, compressed when that pays.
///
/// The order is the contract's: the base64 *text* is compressed, and the name then ends with `.gz`. Unbroken base64
/// compresses better than broken base64: the pattern that gzip finds keeps its phase.
pub struct Packer {
    encoder: EncoderWriter<'static, GeneralPurpose, Stage>,
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
    /// Whether that is gzip.
    pub gzip: bool,
    /// What is sent; `None` if it is larger than the limit.
    pub body: Option<Segments>,
}

enum Stage {
    /// Not decided yet.
    Small {
        text: Vec<u8>,
        limit: u64,
    },
    Plain(SegmentsWriter),
    Gzip {
        encoder: Box<GzEncoder<SegmentsWriter>>,
        text_bytes: u64,
    },
}

impl Packer {
    /// A packer that keeps at most `limit` bytes of the packed form, and only counts beyond.
    pub fn new(compression: Compression, limit: u64) -> Self {
        let stage = match compression {
            Compression::Auto => Stage::Small { text: Vec::new(), limit },
            Compression::Gzip => Stage::gzip(limit),
            Compression::None => Stage::Plain(SegmentsWriter::new(limit)),
        };
        Self { encoder: EncoderWriter::new(stage, &STANDARD), xml_bytes: 0 }
    }

    /// The packed document, once all of it was written.
    ///
    /// # Errors
    /// None in practice: everything is in memory.
    pub fn finish(mut self) -> io::Result<Packed> {
        let stage = self.encoder.finish()?;
        let (base64_bytes, gzip, (packed_bytes, body)) = match stage {
            Stage::Small { text, limit } => {
                let mut writer = SegmentsWriter::new(limit);
                writer.write_all(&text)?;
                (text.len() as u64, false, writer.finish())
            }
            Stage::Plain(writer) => {
                let (len, body) = writer.finish();
                (len, false, (len, body))
            }
            Stage::Gzip { encoder, text_bytes } => (text_bytes, true, encoder.finish()?.finish()),
        };
        Ok(Packed { xml_bytes: self.xml_bytes, base64_bytes, packed_bytes, gzip, body })
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.encoder.write(bytes)?;
        self.xml_bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage {
    fn gzip(limit: u64) -> Self {
        let encoder = GzEncoder::new(SegmentsWriter::new(limit), flate2::Compression::new(6));
        Self::Gzip { encoder: Box::new(encoder), text_bytes: 0 }
    }
}

impl Write for Stage {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::Small { text: kept, limit } => {
                kept.extend_from_slice(text);
                if kept.len() > SMALL {
                    let kept = std::mem::take(kept);
                    *self = Self::gzip(*limit);
                    self.write_all(&kept)?;
                }
            }
            Self::Plain(writer) => writer.write_all(text)?,
            Self::Gzip { encoder, text_bytes } => {
                encoder.write_all(text)?;
                *text_bytes += text.len() as u64;
            }
        }
        Ok(text.len())
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
mod tests {
    use super::*;
    use base64::Engine;
    use proptest::prelude::*;
    use std::io::Read;

    fn pack(bytes: &[u8], compression: Compression, limit: u64) -> Packed {
        let mut packer = Packer::new(compression, limit);
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn unpack(packed: &Packed) -> Vec<u8> {
        let body = packed.body.as_ref().unwrap().pieces().concat();
        let text = if packed.gzip {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
            text
        } else {
            body
        };
        assert_eq!(text.len() as u64, packed.base64_bytes);
        STANDARD.decode(text).unwrap()
    }

    #[test]
    fn small_goes_plain_and_large_goes_as_gzip() {
        let small = pack(b"<a/>", Compression::Auto, 1000);
        assert!(!small.gzip);
        assert_eq!(small.packed_bytes, 8);
        let large = pack(&vec![b'x'; 400_000], Compression::Auto, 1_000_000);
        assert!(large.gzip && large.packed_bytes < large.base64_bytes);
        assert_eq!(unpack(&large).len(), 400_000);
    }

    #[test]
    fn over_the_limit_both_sizes_are_still_known() {
        let packed = pack(&vec![b'x'; 3000], Compression::None, 1000);
        assert_eq!((packed.xml_bytes, packed.base64_bytes, packed.packed_bytes), (3000, 4000, 4000));
        assert!(packed.body.is_none());
    }

    proptest! {
        #[test]
        fn what_is_packed_can_be_unpacked(bytes in prop::collection::vec(any::<u8>(), 0..2000), gzip: bool) {
            let compression = if gzip { Compression::Gzip } else { Compression::None };
            prop_assert_eq!(unpack(&pack(&bytes, compression, 1 << 20)), bytes);
        }
    }
}
