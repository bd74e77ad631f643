use sha2::{Digest as _, Sha256};
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use skattebro_ports::DocumentSink;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Stores documents as files of one folder, each complete or not there at all. The folder is made if it is missing.
///
/// A file is named by the document's type, stripped of everything that could lead out of the folder.
#[derive(Debug)]
pub struct DirectorySink {
    dir: PathBuf,
    taken: Mutex<Vec<String>>,
}

impl DirectorySink {
    /// Stores in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), taken: Mutex::default() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl DocumentSink for DirectorySink {
    fn store(&self, head: &DocumentHead, content: &mut dyn Read) -> io::Result<StoredDocument> {
        std::fs::create_dir_all(&self.dir)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = skattebro_codec::store_in_dir(&self.dir, head, &taken, content)?;
        taken.push(stored.name.clone());
        Ok(stored)
    }

    fn begin(&self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Keeps nothing but sizes and digests, for who needs only the facts of an answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscardSink;

impl DocumentSink for DiscardSink {
    fn store(&self, head: &DocumentHead, content: &mut dyn Read) -> io::Result<StoredDocument> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        let mut bytes = 0;
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&buffer[..count]);
                    bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(StoredDocument { name: head.dokumenttype.clone(), bytes, sha256: Digest(hash.finalize().into()) })
    }
}

/// A sink that stores in this folder, or in none.
pub(crate) fn sink_into(dir: Option<&Path>) -> Arc<dyn DocumentSink> {
    match dir {
        Some(dir) => Arc::new(DirectorySink::new(dir)),
        None => Arc::new(DiscardSink),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_reading_of_an_answer_replaces_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let sink = DirectorySink::new(dir.path().join("new/folder"));
        let head = |index| DocumentHead { dokumenttype: "x".into(), encoding: "utf-8".into(), index };
        let names = |sink: &DirectorySink| {
            sink.begin();
            [0, 1].map(|index| sink.store(&head(index), &mut &b"<a/>"[..]).unwrap().name)
        };
        assert_eq!(names(&sink), ["x.xml", "x-2.xml"]);
        assert_eq!(names(&sink), ["x.xml", "x-2.xml"]);
    }
}
