use crate::Port;
use skattebro_domain::{DocumentHead, StoredDocument};
use std::io::{self, Read};

/// Where the documents of an answer go, one by one, while the answer is read.
///
/// Synchronous: adapters call it on a thread that may block.
pub trait DocumentSink: Port {
    /// Keeps one document and says where. Either all of it is kept or none: a document whose `content` fails must not be found
    /// later as if it were whole. If an answer is fetched again, a document of the same name replaces the earlier one.
    ///
    /// # Errors
    /// Those of `content`, passed on, and its own.
    fn store(&self, head: &DocumentHead, content: &mut dyn Read) -> io::Result<StoredDocument>;

    /// An answer is about to be read from its beginning: what was stored from an earlier reading of it no longer counts.
    fn begin(&self) {}
}
