//! A document that is read from where it lies each time it is sent.

use crate::DocumentSource;
use sha2::{Digest as _, Sha256};
use skattebro_codec::Input;
use skattebro_domain::Digest;
use skattebro_ports::Body;
use std::fs::File;
use std::io::{self, Cursor, Read, Write};

/// The XML of a document, unpacked if it lies there as gzip; or a file as it is.
#[derive(Debug)]
pub(crate) struct DocumentBody {
    source: DocumentSource,
    unpacked: bool,
    len: u64,
    sha256: Digest,
}

impl DocumentBody {
    /// A document whose XML was measured.
    pub(crate) fn of_xml(source: &DocumentSource, measured: Measured) -> Self {
        let (len, sha256) = measured.finish();
        Self { source: source.clone(), unpacked: true, len, sha256 }
    }

    /// A file as it is. Reads it once.
    pub(crate) fn of_file(source: &DocumentSource) -> io::Result<Self> {
        let mut measured = Measured::default();
        io::copy(&mut raw(source)?, &mut measured)?;
        let (len, sha256) = measured.finish();
        Ok(Self { source: source.clone(), unpacked: false, len, sha256 })
    }
}

fn raw(source: &DocumentSource) -> io::Result<Box<dyn Read + Send>> {
    Ok(match source {
        DocumentSource::File(path) => Box::new(File::open(path)?),
        DocumentSource::Bytes(_, bytes) => Box::new(Cursor::new(bytes.clone())),
    })
}

impl Body for DocumentBody {
    fn len(&self) -> u64 {
        self.len
    }

    fn sha256(&self) -> Digest {
        self.sha256
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let inner: Box<dyn Read + Send> = match (&self.source, self.unpacked) {
            (source, false) => raw(source)?,
            (DocumentSource::File(path), true) => Box::new(Input::open(path, Input::DEFAULT_LIMIT)?),
            (DocumentSource::Bytes(name, bytes), true) => {
                let named_gz = name.ends_with(".gz");
                Box::new(Input::new(Cursor::new(bytes.clone()), named_gz, Input::DEFAULT_LIMIT)?)
            }
        };
        let measured = Measured::default();
        Ok(Box::new(Verified { inner, measured: Some(measured), len: self.len, sha256: self.sha256 }))
    }
}

/// Counts and hashes what is written to it.
#[derive(Default)]
pub(crate) struct Measured {
    len: u64,
    hash: Sha256,
}

impl Measured {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    fn finish(self) -> (u64, Digest) {
        (self.len, Digest(self.hash.finalize().into()))
    }
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.len += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends with an error if it was not the same bytes: what was checked is what is sent.
struct Verified {
    inner: Box<dyn Read + Send>,
    /// Until the end.
    measured: Option<Measured>,
    len: u64,
    sha256: Digest,
}

impl Read for Verified {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        if count > 0 {
            if let Some(measured) = &mut self.measured {
                measured.write_all(&out[..count])?;
            }
        } else if !out.is_empty()
            && let Some(measured) = self.measured.take()
            && measured.finish() != (self.len, self.sha256)
        {
            return Err(io::Error::other("the document changed while it was being filed"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &DocumentBody) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        body.open()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_file_that_changes_ends_with_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("v.pdf");
        std::fs::write(&path, b"one").unwrap();
        let body = DocumentBody::of_file(&path.as_path().into()).unwrap();
        assert_eq!((body.len(), read(&body).unwrap()), (3, b"one".to_vec()));
        assert_eq!(read(&body).unwrap(), b"one", "it can be read again");
        for other in [&b"two"[..], b"on", b"ones"] {
            std::fs::write(&path, other).unwrap();
            assert!(read(&body).is_err(), "{other:?}");
        }
    }

    #[test]
    fn xml_is_sent_unpacked_and_a_file_as_it_is() {
        let gz = {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(b"<a/>").unwrap();
            encoder.finish().unwrap()
        };
        let source = DocumentSource::Bytes("a.xml.gz".into(), gz.clone().into());
        let mut measured = Measured::default();
        measured.write_all(b"<a/>").unwrap();
        assert_eq!(read(&DocumentBody::of_xml(&source, measured)).unwrap(), b"<a/>");
        assert_eq!(read(&DocumentBody::of_file(&source).unwrap()).unwrap(), gz);
    }
}
