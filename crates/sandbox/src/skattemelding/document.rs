//! A document that was sent in, kept as a temporary file.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

use super::base64_text::TooLong;
use super::kinds::Dokumenttype;
use super::scan::{Facts, scan};
use super::target::parse_year;
use crate::problem::Problem;

const KODE: &str = "SANDBOX-DOKUMENT";

/// A well-formed XML document on disk.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) path: TempPath,
    pub(crate) len: u64,
    pub(crate) facts: Facts,
}

impl Document {
    /// Stores what `source` gives and scans it. `source` gives the XML itself, unpacked.
    ///
    /// # Errors
    /// If reading fails, more than `limit` bytes come, or it is no well-formed XML.
    pub(crate) fn store(source: impl Read, limit: u64, dir: &Path) -> Result<Self, Problem> {
        let mut file = NamedTempFile::new_in(dir).map_err(Problem::internal)?;
        let len = copy(source, file.as_file_mut(), limit)?;
        let path = file.into_temp_path();
        let reader = BufReader::with_capacity(64 << 10, File::open(&path).map_err(Problem::internal)?);
        let facts = scan(reader).map_err(|why| bad(format!("Dokumentet er ikke velformet XML: {why}")))?;
        Ok(Document { path, len, facts })
    }

    /// Whether it is of this kind and year.
    ///
    /// # Errors
    /// With the difference.
    pub(crate) fn check(&self, kind: Dokumenttype, inntektsaar: u16) -> Result<(), Problem> {
        let Facts { root, namespace, inntektsaar: year, .. } = &self.facts;
        if root != kind.root() || !kind.owns(namespace) {
            return Err(bad(format!(
                "Dokumentet er {{{namespace}}}{root}, ikke {} slik {} skal være",
                kind.root(),
                kind.name()
            )));
        }
        match year.as_deref().map(parse_year) {
            Some(Some(year)) if year == inntektsaar => Ok(()),
            Some(Some(year)) => {
                Err(bad(format!("Dokumentet gjelder inntektsår {year}, kallet gjelder {inntektsaar}")))
            }
            Some(None) => Err(bad("inntektsaar i dokumentet er ikke et årstall")),
            None => Err(bad("Dokumentet har ikke noe inntektsaar")),
        }
    }

    /// Whether its version is the year's.
    ///
    /// # Errors
    /// With the difference.
    pub(crate) fn check_version(&self, kind: Dokumenttype, inntektsaar: u16) -> Result<(), Problem> {
        match kind.namespace(inntektsaar) {
            Some(expected) if expected == self.facts.namespace => Ok(()),
            Some(expected) => Err(bad(format!(
                "{} for {inntektsaar} skal ha navnerommet {expected}, ikke {}",
                kind.name(),
                self.facts.namespace
            ))),
            None => Err(bad(format!("{} fantes ikke i {inntektsaar}", kind.name()))),
        }
    }
}

fn bad(melding: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::bad(KODE, melding)
}

fn copy(mut source: impl Read, to: &mut File, limit: u64) -> Result<u64, Problem> {
    let mut buffer = vec![0; 64 << 10];
    let mut len = 0u64;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => return Ok(len),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(&error)),
        };
        len += read as u64;
        if len > limit {
            return Err(bad(format!("Dokumentet er større enn {limit} byte utpakket")));
        }
        to.write_all(&buffer[..read]).map_err(Problem::internal)?;
    }
}

/// A reader that says in its errors which layer of the packing was wrong.
pub(crate) struct Layer<R> {
    pub(crate) inner: R,
    pub(crate) name: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("{layer}: {why}")]
struct InLayer {
    layer: &'static str,
    why: io::Error,
}

impl<R: Read> Read for Layer<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into).map_err(|error| {
            let inner_layer = error.get_ref().is_some_and(|e| e.is::<InLayer>() || e.is::<TooLong>());
            if inner_layer || error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            io::Error::new(error.kind(), InLayer { layer: self.name, why: error })
        })
    }
}

fn unreadable(error: &io::Error) -> Problem {
    let mut cause = error.get_ref().map(|e| e as &dyn std::error::Error);
    while let Some(error) = cause {
        if error.is::<TooLong>() {
            return Problem::too_large("Dokumentene er større enn tjenesten tar imot");
        }
        cause = error.source();
    }
    bad(format!("Dokumentet kan ikke leses: {error}"))
}
