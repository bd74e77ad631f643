//! Cases of [`DocumentSink`].

use sha2::{Digest as _, Sha256};
use skattebro_domain::{Digest, DocumentHead};
use skattebro_ports::DocumentSink;
use std::io::{self, Read};
use std::sync::Arc;

suite! { $
    /// A test for each case of [`DocumentSink`](skattebro_ports::DocumentSink), given a [`Shelf`](crate::sink::Shelf).
    sink for &dyn Shelf:
    a_document_is_kept_as_it_came,
    a_large_document_in_small_pieces_is_kept_as_it_came,
    an_empty_document_is_kept,
    documents_of_one_type_are_kept_apart,
    a_type_may_be_called_anything,
    a_document_that_breaks_off_is_not_kept,
    the_error_of_a_content_is_passed_on,
    a_second_reading_replaces_the_first,
    a_second_reading_that_breaks_off_leaves_no_half_document,
}

/// A sink, and a look at what it keeps.
pub trait Shelf: Send + Sync {
    /// The sink; nothing is in it.
    fn sink(&self) -> Arc<dyn DocumentSink>;

    /// Whether it keeps documents at all, or only their sizes and digests.
    fn keeps(&self) -> bool;

    /// The bytes that somebody who looks now finds under `name`.
    fn found(&self, name: &str) -> Option<Vec<u8>>;

    /// How many documents, or parts of some, somebody finds who looks now.
    fn count(&self) -> usize;
}

fn head(dokumenttype: &str, index: usize) -> DocumentHead {
    DocumentHead { dokumenttype: dokumenttype.to_owned(), encoding: "utf-8".to_owned(), index }
}

/// Some bytes, then the end of the connection.
fn broken_off(bytes: &[u8]) -> impl Read + '_ {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionAborted.into())
        }
    }
    bytes.chain(Broken)
}

/// Stores a document, and checks what the sink says of it and keeps.
fn store(shelf: &dyn Shelf, sink: &dyn DocumentSink, head: &DocumentHead, bytes: &[u8]) -> String {
    struct InPieces<'b>(&'b [u8]);
    impl Read for InPieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = out.len().min(1000);
            self.0.read(&mut out[..count])
        }
    }
    let stored = sink.store(head, &mut InPieces(bytes)).unwrap();
    assert_eq!((stored.bytes, stored.sha256), (bytes.len() as u64, Digest(Sha256::digest(bytes).into())));
    if shelf.keeps() {
        assert_eq!(shelf.found(&stored.name).as_deref(), Some(bytes), "{}", stored.name);
    }
    stored.name
}

async fn a_document_is_kept_as_it_came(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    sink.begin();
    store(shelf, &*sink, &head("beregnetSkattUpersonlig", 0), "<a>æ</a>\r\n".as_bytes());
}

async fn a_large_document_in_small_pieces_is_kept_as_it_came(shelf: &dyn Shelf) {
    let large: Vec<u8> = (0..300_001u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    store(shelf, &*shelf.sink(), &head("x", 0), &large);
}

async fn an_empty_document_is_kept(shelf: &dyn Shelf) {
    store(shelf, &*shelf.sink(), &head("x", 0), b"");
}

async fn documents_of_one_type_are_kept_apart(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    sink.begin();
    let names = [b"<a/>", b"<b/>", b"<c/>"].map(|bytes| bytes.as_slice());
    let names: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, bytes)| store(shelf, &*sink, &head("x", index), bytes))
        .collect();
    if shelf.keeps() {
        assert_eq!(shelf.found(&names[0]).unwrap(), b"<a/>");
        assert_eq!(shelf.found(&names[1]).unwrap(), b"<b/>");
        assert_eq!(shelf.count(), 3);
    }
}

async fn a_type_may_be_called_anything(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    sink.begin();
    let long = "x".repeat(5000);
    let types = ["", ".", "..", "../../x", "/etc/x", "C:\\x", "CON", "a\0b", "æøå 🧾", "a\nb", &long];
    for (index, dokumenttype) in types.into_iter().enumerate() {
        store(shelf, &*sink, &head(dokumenttype, index), dokumenttype.as_bytes());
    }
    assert!(!shelf.keeps() || shelf.count() == types.len(), "each is where one looks for it");
}

async fn a_document_that_breaks_off_is_not_kept(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    sink.begin();
    let content = vec![b'x'; 200_000];
    for some in [&b""[..], b"<a>", &content] {
        assert!(sink.store(&head("x", 0), &mut broken_off(some)).is_err());
        assert_eq!(shelf.count(), 0);
    }
    store(shelf, &*sink, &head("x", 0), b"<a/>");
}

async fn the_error_of_a_content_is_passed_on(shelf: &dyn Shelf) {
    let error = shelf.sink().store(&head("x", 0), &mut broken_off(b"<a>")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted, "{error:?}");
}

async fn a_second_reading_replaces_the_first(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    let read = |bytes: [&[u8]; 2]| {
        sink.begin();
        [0, 1].map(|index| store(shelf, &*sink, &head("x", index), bytes[index]))
    };
    let first = read([b"<a/>", b"<b/>"]);
    let second = read([b"<c/>", b"<d/>"]);
    assert_eq!(first, second);
    assert!(!shelf.keeps() || shelf.count() == 2);
}

async fn a_second_reading_that_breaks_off_leaves_no_half_document(shelf: &dyn Shelf) {
    let sink = shelf.sink();
    sink.begin();
    let name = store(shelf, &*sink, &head("x", 0), b"<hel/>");
    sink.begin();
    assert!(sink.store(&head("x", 0), &mut broken_off(b"<halv>")).is_err());
    let found = shelf.found(&name);
    assert!(found.is_none() || found.as_deref() == Some(b"<hel/>"), "{found:?}");
    assert!(shelf.count() <= 1);
}
