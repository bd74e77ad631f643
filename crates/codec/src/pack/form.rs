use std::fmt;

/// How the body of an upload is to be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Plain when small (up to 256 KiB of base64), gzip otherwise.
    #[default]
    Auto,
    /// The same; and brotli, where gzip does not fit into the request. Only a later revision of the contract's page has `.br`.
    AutoOrBrotli,
    /// Always gzip.
    Gzip,
    /// Always brotli: fast, or strong where fast does not fit.
    Brotli,
    /// Never.
    None,
}

/// What a body is: the base64 text, or a compressed form of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packing {
    /// The text as it is.
    Plain,
    /// Gzip, one member.
    Gzip,
    /// Brotli.
    Brotli(Effort),
}

/// How much time brotli is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// Some 50 MB a second.
    Fast,
    /// Some 2 MB a second, for a text a fifth smaller.
    Strong,
}

impl Packing {
    /// The word for machines: `ingen`, `gzip` or `brotli`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "ingen",
            Self::Gzip => "gzip",
            Self::Brotli(_) => "brotli",
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Brotli(Effort::Fast) => "brotli (fast)",
            Self::Brotli(Effort::Strong) => "brotli (strong)",
        })
    }
}

impl Compression {
    /// What to pack a document as next, that was packed as this and became larger than `limit`: nothing, if there is no other form or it could
    /// not fit either.
    pub fn after(self, packing: Packing, packed_bytes: u64, limit: u64) -> Option<Packing> {
        // Strong brotli is a little less than two thirds of gzip, and four fifths of fast brotli; no document is known that gains more than this.
        let fits_at = |percent: u64| packed_bytes.saturating_mul(percent) / 100 <= limit;
        match (self, packing) {
            (Self::AutoOrBrotli, Packing::Gzip) if fits_at(50) => Some(Packing::Brotli(Effort::Fast)),
            (Self::AutoOrBrotli | Self::Brotli, Packing::Brotli(Effort::Fast)) if fits_at(65) => {
                Some(Packing::Brotli(Effort::Strong))
            }
            _ => None,
        }
    }
}
