//! The kvittering file: a line of JSON for each krav as soon as it has ended.

use super::outcome::Outcome;
use crate::output::krav_json;
use skattebro::domain::Timestamp;
use skattebro::domain::krav::Edition;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Holds personal numbers: readable for its owner only.
pub(super) struct Kvittering {
    path: PathBuf,
    file: File,
    edition: Edition,
}

impl Kvittering {
    /// Opens it for appending.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn open(path: &Path, edition: Edition) -> Result<Self, String> {
        let open = || {
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;
                options.mode(0o600);
            }
            let mut file = options.open(path)?;
            end_last_line(&mut file)?;
            Ok::<_, io::Error>(file)
        };
        match open() {
            Ok(file) => Ok(Self { path: path.to_owned(), file, edition }),
            Err(error) => Err(format!("--kvittering {}: {error}", path.display())),
        }
    }

    /// Writes what became of a krav, if anything of it was sent.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(super) fn write(&mut self, outcome: &Outcome) -> Result<(), String> {
        if !outcome.was_sent() {
            return Ok(());
        }
        let line = format!("{}\n", krav_json::kvittering(outcome, self.edition, Timestamp::now()));
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|error| format!("--kvittering {} cannot be written: {error}", self.path.display()))
    }
}

/// A program that was killed may have left half a line.
fn end_last_line(file: &mut File) -> io::Result<()> {
    if !file.metadata()?.is_file() || file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last[0] == b'\n' { Ok(()) } else { file.write_all(b"\n") }
}
