use crate::Port;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use skattebro_domain::Digest;
use std::collections::VecDeque;
use std::io::{self, Read};

/// Bytes that are sent, and that can be read again, since a retry must send the same ones.
pub trait Body: Port {
    /// How many bytes [`open`](Self::open) yields, exactly: it becomes the length that the request declares.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The SHA-256 of those bytes.
    fn sha256(&self) -> Digest;

    /// Reads them from the beginning. May be called any number of times, and yields the same bytes each time.
    ///
    /// # Errors
    /// If they cannot be read any more, or are not the same bytes any more.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

/// A body in memory, in one piece or several.
#[derive(Clone)]
pub struct MemoryBody {
    pieces: Vec<Bytes>,
    len: u64,
    sha256: Digest,
}

impl MemoryBody {
    /// These bytes.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self::from_pieces(vec![bytes.into()])
    }

    /// These pieces, one after the other.
    pub fn from_pieces(pieces: Vec<Bytes>) -> Self {
        let mut hash = Sha256::new();
        pieces.iter().for_each(|piece| hash.update(piece));
        Self::from_hashed_pieces(pieces, Digest(hash.finalize().into()))
    }

    /// As [`from_pieces`](Self::from_pieces), for who knows their SHA-256 already.
    pub fn from_hashed_pieces(pieces: Vec<Bytes>, sha256: Digest) -> Self {
        let len = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces, len, sha256 }
    }
}

impl Body for MemoryBody {
    fn len(&self) -> u64 {
        self.len
    }

    fn sha256(&self) -> Digest {
        self.sha256
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Pieces(self.pieces.iter().cloned().collect())))
    }
}

/// Documents do not belong in logs.
impl std::fmt::Debug for MemoryBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryBody").field("len", &self.len).field("sha256", &self.sha256).finish()
    }
}

struct Pieces(VecDeque<Bytes>);

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.0.front_mut() {
            if piece.is_empty() {
                self.0.pop_front();
                continue;
            }
            let count = piece.len().min(out.len());
            out[..count].copy_from_slice(&piece.split_to(count));
            return Ok(count);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_the_same_bytes_each_time() {
        let body = MemoryBody::from_pieces(vec!["ab".into(), Bytes::new(), "cde".into()]);
        assert_eq!((body.len(), body.is_empty()), (5, false));
        assert_eq!(body.sha256(), MemoryBody::new("abcde").sha256());
        for _ in 0..2 {
            let mut text = String::new();
            body.open().unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "abcde");
        }
        assert!(!format!("{body:?}").contains("ab\""), "documents do not belong in logs");
    }
}
