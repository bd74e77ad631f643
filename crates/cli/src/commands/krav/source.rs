//! Where rows come from: a file, or standard input.

use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;

/// A file that can be read more than once. What cannot, such as a pipe, was copied to an unnamed temporary file.
pub(super) struct Source {
    /// What findings call it.
    pub(super) name: String,
    file: File,
}

impl Source {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let open = || {
            if is_stdin {
                return spool(&mut io::stdin().lock());
            }
            let mut file = File::open(path)?;
            if file.metadata()?.is_file() { Ok(file) } else { spool(&mut file) }
        };
        match open() {
            Ok(file) => Ok(Self { name, file }),
            Err(error) => Err(format!("{name} cannot be read: {error}")),
        }
    }

    /// Reads from the beginning. There must be one reader at a time.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn reader(&self) -> io::Result<BufReader<File>> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(BufReader::with_capacity(256 << 10, file))
    }
}

fn spool(from: &mut impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(from, &mut file)?;
    Ok(file)
}
