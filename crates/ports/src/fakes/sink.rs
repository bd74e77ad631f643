use crate::DocumentSink;
use sha2::{Digest as _, Sha256};
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use std::io::{self, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps documents in memory. For tests and small answers: what it holds is as large as the documents.
#[derive(Default)]
pub struct MemorySink(Mutex<Vec<Kept>>);

struct Kept {
    name: String,
    dokumenttype: String,
    bytes: Vec<u8>,
}

impl MemorySink {
    /// The documents kept, in the order they came: type and bytes.
    pub fn documents(&self) -> Vec<(String, Vec<u8>)> {
        self.kept().iter().map(|kept| (kept.dokumenttype.clone(), kept.bytes.clone())).collect()
    }

    /// The bytes of the document that was stored under `name`, as [`StoredDocument::name`] says it.
    pub fn document(&self, name: &str) -> Option<Vec<u8>> {
        self.kept().iter().find(|kept| kept.name == name).map(|kept| kept.bytes.clone())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut kept = self.kept();
        kept.retain(|kept| kept.name != stored.name);
        kept.push(Kept { name: stored.name.clone(), dokumenttype: head.dokumenttype.clone(), bytes });
        Ok(stored)
    }

    fn begin(&self) {
        self.kept().clear();
    }
}

impl std::fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemorySink").finish_non_exhaustive()
    }
}
