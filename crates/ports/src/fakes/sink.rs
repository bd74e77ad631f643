use crate::DocumentSink;
use sha2::{Digest as _, Sha256};
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

/// Keeps documents in memory. For tests and small answers: what it holds is as large as the documents.
#[derive(Default)]
pub struct MemorySink(Mutex<Vec<(String, Vec<u8>)>>);

impl MemorySink {
    /// The documents kept, in the order they came: type and bytes.
    pub fn documents(&self) -> Vec<(String, Vec<u8>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DocumentSink for MemorySink {
    fn store(&self, head: &DocumentHead, content: &mut dyn Read) -> io::Result<StoredDocument> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        let stored = StoredDocument {
            name: format!("{}-{}", head.index, head.dokumenttype),
            bytes: bytes.len() as u64,
            sha256: Digest(Sha256::digest(&bytes).into()),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((head.dokumenttype.clone(), bytes));
        Ok(stored)
    }

    fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl std::fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemorySink").finish_non_exhaustive()
    }
}
