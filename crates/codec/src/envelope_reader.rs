use crate::base64_engine::ENGINE;
use crate::envelope::write_frame;
use crate::fill::fill;
use base64::Engine;
use skattebro_domain::Envelope;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::mem;

/// So many bytes of a document become one block of base64: a multiple of three, so that only the last block is padded.
const RAW: usize = 48 << 10;
const BLOCK: usize = RAW / 3 * 4;

/// An envelope that is written while it is read: the bytes that [`write_envelope`](crate::write_envelope) writes, with one block of one
/// document in memory at a time.
///
/// Each document is opened when its turn comes, and closed behind its last byte.
pub struct EnvelopeReader<C, F> {
    pieces: VecDeque<Piece<C>>,
    open: F,
    /// The document whose turn it is.
    document: Option<Box<dyn Read + Send>>,
    raw: Box<[u8]>,
    /// What is written and not read yet: `ready[from..to]`.
    ready: Vec<u8>,
    from: usize,
}

enum Piece<C> {
    Text(Vec<u8>),
    Document(C),
}

impl<C, F> EnvelopeReader<C, F>
where
    C: Clone,
    F: FnMut(&C) -> io::Result<Box<dyn Read + Send>>,
{
    /// Reads `envelope`, its inline documents from what `open` gives for their content.
    pub fn new(envelope: &Envelope<C>, open: F) -> Self {
        let mut pieces = VecDeque::new();
        let split = write_frame(Vec::new(), envelope, |text: &mut Vec<u8>, document| {
            pieces.push_back(Piece::Text(mem::take(text)));
            pieces.push_back(Piece::Document(document.clone()));
            Ok(())
        });
        // Writing to memory cannot fail.
        pieces.extend(split.ok().map(Piece::Text));
        let raw = vec![0; RAW].into_boxed_slice();
        Self { pieces, open, document: None, raw, ready: Vec::new(), from: 0 }
    }

    /// Writes the next bytes to `out` where it has room for a block, and has them ready otherwise. Returns how many it wrote; neither happens
    /// at the end of the envelope.
    fn next(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.from == self.ready.len() {
            self.from = 0;
            self.ready.clear();
            if let Some(document) = &mut self.document {
                let count = fill(document, &mut self.raw)?;
                if count < RAW {
                    self.document = None;
                }
                let raw = &self.raw[..count];
                if out.len() >= BLOCK {
                    match ENGINE.encode_slice(raw, out).map_err(io::Error::other)? {
                        0 => continue,
                        written => return Ok(written),
                    }
                }
                self.ready.resize(BLOCK, 0);
                let written = ENGINE.encode_slice(raw, &mut self.ready).map_err(io::Error::other)?;
                self.ready.truncate(written);
                continue;
            }
            match self.pieces.pop_front() {
                None => return Ok(0),
                Some(Piece::Text(text)) => self.ready = text,
                Some(Piece::Document(content)) => self.document = Some((self.open)(&content)?),
            }
        }
        Ok(0)
    }
}

impl<C, F> Read for EnvelopeReader<C, F>
where
    C: Clone,
    F: FnMut(&C) -> io::Result<Box<dyn Read + Send>>,
{
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let written = self.next(out)?;
        if written > 0 {
            return Ok(written);
        }
        let ready = &self.ready[self.from..];
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.from += count;
        Ok(count)
    }
}

/// Shows no document.
impl<C, F> std::fmt::Debug for EnvelopeReader<C, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnvelopeReader").field("pieces", &self.pieces.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{envelope_len, write_envelope};
    use proptest::prelude::*;
    use skattebro_domain::{Dokumenttype, Konvoluttdokument, Tekst};

    fn envelope(documents: Vec<Vec<u8>>) -> Envelope<Vec<u8>> {
        let namespace: Option<Tekst> = "urn:x&y".parse().ok();
        let mut dokumenter: Vec<_> = documents
            .into_iter()
            .map(|bytes| Konvoluttdokument {
                navnerom_ved_forhaandsfastsetting: namespace.clone(),
                ..Konvoluttdokument::inline(Dokumenttype::Naeringsspesifikasjon, bytes)
            })
            .collect();
        let referanse = "a7a076307d21385cf50209cebdc2b2886467".parse().unwrap();
        dokumenter.push(Konvoluttdokument::referanse(referanse));
        Envelope::new("2023".parse().unwrap(), dokumenter, vec![], None).unwrap()
    }

    fn document(size: usize) -> Vec<u8> {
        (0..size).map(|n| (n * 7 % 251) as u8).collect()
    }

    /// A document that yields at most `piece` bytes at a time, and is interrupted in between.
    fn broken_up(bytes: &[u8], piece: usize) -> Box<dyn Read + Send> {
        struct Pieces(io::Cursor<Vec<u8>>, usize, bool);
        impl Read for Pieces {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.2 = !self.2;
                if self.2 {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                let count = out.len().min(self.1);
                self.0.read(&mut out[..count])
            }
        }
        Box::new(Pieces(io::Cursor::new(bytes.to_vec()), piece, false))
    }

    fn assert_same(sizes: &[usize], piece: usize, step: usize) {
        let envelope = envelope(sizes.iter().map(|size| document(*size)).collect());
        let mut written = Vec::new();
        write_envelope(&mut written, &envelope, |c| Ok(Box::new(io::Cursor::new(c.clone())))).unwrap();
        let mut reader = EnvelopeReader::new(&envelope, |c| Ok(broken_up(c, piece)));
        let (mut read, mut buffer) = (Vec::new(), vec![0; step]);
        loop {
            match reader.read(&mut buffer).unwrap() {
                0 => break,
                count => read.extend_from_slice(&buffer[..count]),
            }
        }
        assert!(read == written, "{sizes:?} in pieces of {piece}, read {step} at a time");
        assert_eq!(read.len() as u64, envelope_len(&envelope, |c| c.len() as u64));
        assert_eq!(reader.read(&mut buffer).unwrap(), 0, "behind its end there is nothing");
    }

    #[test]
    fn it_reads_what_is_written() {
        for size in [0, 1, 2, 3, RAW - 1, RAW, RAW + 1, 2 * RAW, 3 * RAW + 2] {
            for (piece, step) in [(1 << 20, 64 << 10), (1000, 64 << 10), (7777, 333), (RAW, 1 << 20)] {
                assert_same(&[size, 5, size], piece, step);
            }
        }
    }

    proptest! {
        #[test]
        fn however_it_is_read(
            sizes in proptest::collection::vec(0usize..120_000, 0..4), piece in 1usize..70_000, step in 1usize..90_000,
        ) {
            assert_same(&sizes, piece.max(500), step.max(100));
        }
    }

    #[test]
    fn a_document_is_opened_in_its_turn_and_its_error_is_passed_on() {
        let envelope = envelope(vec![document(10), document(20)]);
        let mut opened = 0;
        let mut reader = EnvelopeReader::new(&envelope, |c| {
            opened += 1;
            match c.len() {
                10 => Ok(Box::new(io::Cursor::new(c.clone())) as Box<dyn Read + Send>),
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        });
        assert_eq!(reader.read(&mut []).unwrap(), 0);
        let mut read = Vec::new();
        let error = reader.read_to_end(&mut read).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(String::from_utf8(read).unwrap().ends_with("<content>"));
        drop(reader);
        assert_eq!(opened, 2);
    }
}
