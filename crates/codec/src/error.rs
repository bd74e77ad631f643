use skattebro_domain::Place;
use std::io;

/// Why an answer of the service could not be read.
///
/// None of these says that nothing happened at the service; whoever made the call knows that.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// There was nothing.
    #[error("the answer is empty")]
    Empty,
    /// It ended in the middle.
    #[error("the answer ends in the middle, at {0}")]
    Truncated(Place),
    /// It is something else: another envelope, an HTML page.
    #[error("the answer is not the expected envelope: {0}")]
    NotTheEnvelope(String),
    /// It is not well-formed, has a DTD, or breaks a bound.
    #[error("the answer is not well-formed, at {place}: {why}")]
    Malformed {
        /// Where.
        place: Place,
        /// Why.
        why: String,
    },
    /// The base64 of a document is broken.
    #[error("the base64 of the document {dokumenttype} is broken: {why}")]
    Base64 {
        /// Which document.
        dokumenttype: String,
        /// How.
        why: String,
    },
    /// An element that the schema demands is missing, or holds what it must not.
    #[error("the answer has no usable <{0}>")]
    Missing(&'static str),
    /// There is more text outside the documents than anything real has.
    #[error("the answer has more than {0} bytes of findings")]
    TooMuchText(u64),
    /// The transfer failed.
    #[error("the transfer failed: {0}")]
    Source(#[source] io::Error),
    /// A document could not be stored here.
    #[error("the document {dokumenttype} could not be stored here: {source}")]
    Sink {
        /// Which document.
        dokumenttype: String,
        /// Why.
        source: io::Error,
    },
}

/// quick-xml shares its I/O errors; nobody else holds this one, so the original comes back with its cause.
pub(crate) fn unshare(error: std::sync::Arc<io::Error>) -> io::Error {
    std::sync::Arc::try_unwrap(error).unwrap_or_else(|shared| io::Error::new(shared.kind(), shared))
}
