use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A document on disk, or a gzip of it, read as the document.
pub struct Input {
    bytes: Box<dyn Read + Send>,
    left: u64,
    limit: u64,
    gzip: bool,
}

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
    /// It expands beyond the limit.
    #[error("it expands to more than {0} bytes")]
    ExpandsTooFar(u64),
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
        let mut bytes = BufReader::with_capacity(64 << 10, bytes);
        let begins = bytes.fill_buf().map_err(|source| InputError::Open { path: PathBuf::new(), source })?;
        let gzip = begins.starts_with(&[0x1f, 0x8b]);
        if named_gz && !gzip {
            return Err(InputError::NotGzip);
        }
        let bytes: Box<dyn Read + Send> =
            if gzip { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
        Ok(Self { bytes, left: limit, limit, gzip })
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
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::from(InputError::ExpandsTooFar(self.limit)))?;
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
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
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
    fn a_file_that_is_not_there_or_is_a_directory_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Input::open(&dir.path().join("borte.xml"), 10).unwrap_err().to_string();
        assert!(missing.contains("borte.xml"), "{missing}");
        assert!(Input::open(dir.path(), 10).is_err());
    }
}
