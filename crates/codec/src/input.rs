use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A document on disk, or a gzip of it, read as the document.
pub struct Input {
    bytes: Box<dyn Read + Send>,
    read: u64,
    limit: u64,
    gzip: bool,
    packed: Arc<AtomicU64>,
}

/// So much is read ahead. Whoever reads more than this at a time gets it without another copy.
const AHEAD: usize = 16 << 10;
/// A gzip that grows more than this is a bomb: real documents grow about tenfold, gzip's limit is about a thousandfold.
const MAX_GROWTH: u64 = 200;
/// But short ones may be all one character.
const GROWTH_COUNTS_FROM: u64 = 64 << 20;

/// Why an input cannot be read. Failures while reading come as an [`io::Error`]; [`InputError::of`] finds this in it.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be opened or read.
    #[error("«{}» cannot be read: {source}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The name ends with `.gz`, and it is not gzip.
    #[error("the name ends with .gz, but the file is not gzip")]
    NotGzip,
    /// The gzip is broken or cut off.
    #[error("the gzip is broken or cut off: {0}")]
    BrokenGzip(String),
    /// It is larger than the limit, unpacked.
    #[error("it is more than {0} bytes")]
    ExpandsTooFar(u64),
    /// It is a small gzip of very much.
    #[error("its gzip grows more than {0} times, which no real document does")]
    Bomb(u64),
}

impl InputError {
    /// The cause of an error that reading an [`Input`] gave.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        Self::other(error)
    }
}

impl Input {
    /// The largest document that is read by default, 2 GiB: four times what any edition of the service takes.
    pub const DEFAULT_LIMIT: u64 = 2 << 30;

    /// Opens a file. A name that ends with `.gz`, or the first bytes of a gzip, mean that it is one; it is then read
    /// unpacked. `limit` bounds the unpacked document in bytes.
    ///
    /// # Errors
    /// If it cannot be opened, is a directory, or is named `.gz` and is not gzip.
    pub fn open(path: &Path, limit: u64) -> Result<Self, InputError> {
        let open_error = |source| InputError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open_error)?;
        if file.metadata().map_err(open_error)?.is_dir() {
            return Err(open_error(io::ErrorKind::IsADirectory.into()));
        }
        let named_gz = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        Self::new(file, named_gz, limit).map_err(|error| match error {
            InputError::Open { source, .. } => open_error(source),
            other => other,
        })
    }

    /// As [`open`](Self::open), for bytes from elsewhere; `named_gz` demands that they are gzip.
    ///
    /// # Errors
    /// If the first bytes cannot be read, or gzip was demanded and they are not.
    pub fn new(bytes: impl Read + Send + 'static, named_gz: bool, limit: u64) -> Result<Self, InputError> {
        let packed = Arc::new(AtomicU64::new(0));
        let mut bytes = BufReader::with_capacity(AHEAD, Counted { inner: bytes, count: packed.clone() });
        let begins = bytes.fill_buf().map_err(|source| InputError::Open { path: PathBuf::new(), source })?;
        let gzip = begins.starts_with(&[0x1f, 0x8b]);
        if named_gz && !gzip {
            return Err(InputError::NotGzip);
        }
        let bytes: Box<dyn Read + Send> =
            if gzip { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        Ok(Self { bytes, read: 0, limit, gzip, packed })
    }

    /// Whether it is being unpacked.
    pub fn is_gzip(&self) -> bool {
        self.gzip
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                if self.gzip =>
            {
                InputError::BrokenGzip(error.to_string()).into()
            }
            _ => error,
        })?;
        self.read += count as u64;
        if self.read > self.limit {
            return Err(InputError::ExpandsTooFar(self.limit).into());
        }
        let packed = self.packed.load(Ordering::Relaxed);
        if self.gzip && self.read > GROWTH_COUNTS_FROM && self.read / MAX_GROWTH > packed {
            return Err(InputError::Bomb(MAX_GROWTH).into());
        }
        Ok(count)
    }
}

/// Counts what is read of a file.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("gzip", &self.gzip).field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>, named_gz: bool, limit: u64) -> Result<Vec<u8>, String> {
        let mut input =
            Input::new(io::Cursor::new(bytes), named_gz, limit).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        input.read_to_end(&mut out).map_err(|error| InputError::of(&error).unwrap().to_string())?;
        Ok(out)
    }

    #[test]
    fn plain_and_gzip_are_read_alike() {
        assert_eq!(read(b"<a/>".to_vec(), false, 100).unwrap(), b"<a/>");
        assert_eq!(read(gz(b"<a/>"), true, 100).unwrap(), b"<a/>");
        assert_eq!(read(gz(b"<a/>"), false, 100).unwrap(), b"<a/>", "known by its first bytes");
        let two_members = [gz(b"<a>"), gz(b"</a>")].concat();
        assert_eq!(read(two_members, true, 100).unwrap(), b"<a></a>");
    }

    #[test]
    fn what_is_wrong_with_a_gz_is_said() {
        assert!(read(b"<a/>".to_vec(), true, 100).unwrap_err().contains("not gzip"));
        let whole = gz(&[b'x'; 1000]);
        assert!(read(whole[..whole.len() - 5].to_vec(), true, 10_000).unwrap_err().contains("cut off"));
        let mut corrupt = whole.clone();
        let middle = corrupt.len() - 6;
        corrupt[middle] ^= 0xff;
        assert!(read(corrupt, true, 10_000).unwrap_err().contains("broken"));
        assert!(read(gz(&vec![0; 1 << 20]), true, 1000).unwrap_err().contains("more than 1000 bytes"));
    }

    #[test]
    fn a_bomb_is_refused_long_before_the_limit() {
        let bomb = gz(&vec![b' '; 80 << 20]);
        assert!(bomb.len() < 1 << 20);
        assert!(read(bomb, true, Input::DEFAULT_LIMIT).unwrap_err().contains("grows more than 200 times"));
        let short = gz(&vec![b' '; 1 << 20]);
        assert_eq!(read(short, true, Input::DEFAULT_LIMIT).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_file_that_is_not_there_or_is_a_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Input::open(&dir.path().join("borte.xml"), 10).unwrap_err().to_string();
        assert!(missing.contains("borte.xml"), "{missing}");
        assert!(Input::open(dir.path(), 10).is_err());
    }
}
