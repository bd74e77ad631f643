//! The library's own sinks and clock pass the suites of their ports.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use skattebro::{DirectorySink, DiscardSink, SystemClock};
use skattebro_conformance::sink::Shelf;
use skattebro_ports::DocumentSink;
use std::sync::Arc;
use tempfile::TempDir;

/// A folder that is not there before the first document comes.
struct Folder {
    parent: TempDir,
    sink: Arc<DirectorySink>,
}

impl Folder {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let sink = Arc::new(DirectorySink::new(parent.path().join("ny/mappe")));
        Self { parent, sink }
    }
}

impl Shelf for Folder {
    fn sink(&self) -> Arc<dyn DocumentSink> {
        self.sink.clone()
    }

    fn keeps(&self) -> bool {
        true
    }

    fn found(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.sink.dir().join(name)).ok()
    }

    /// Temporary files count as well, and so does whatever stands beside the folder.
    fn count(&self) -> usize {
        let entries = |dir: &std::path::Path| std::fs::read_dir(dir).map_or(0, Iterator::count);
        let beside = entries(self.parent.path()) + entries(&self.parent.path().join("ny"));
        let folders = [self.parent.path().join("ny"), self.sink.dir().to_owned()];
        entries(self.sink.dir()) + beside - folders.iter().filter(|folder| folder.is_dir()).count()
    }
}

struct Nothing;

impl Shelf for Nothing {
    fn sink(&self) -> Arc<dyn DocumentSink> {
        Arc::new(DiscardSink)
    }

    fn keeps(&self) -> bool {
        false
    }

    fn found(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn count(&self) -> usize {
        0
    }
}

mod directory_sink {
    use super::*;
    skattebro_conformance::sink!(Folder::new());
}

mod discard_sink {
    use super::*;
    skattebro_conformance::sink!(Nothing);
}

mod system_clock {
    use super::*;
    skattebro_conformance::clock!(SystemClock);
}
