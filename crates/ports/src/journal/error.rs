use std::error::Error;
use std::fmt;

/// Why a journal could not be read or written.
///
/// The text says what happened and what to do, and has no personal numbers and no password.
#[derive(Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why a journal could not be used, by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// No connection to it, or it was lost on the way; trying again can help.
    Unreachable,
    /// Others are writing, for longer than one waits; trying again can help.
    Busy,
    /// There is no room on the disk.
    Full,
    /// It was written by a newer version of this program.
    NewerSchema,
    /// It lies where it cannot be kept safely, such as on a network file system.
    WrongPlace,
    /// What it holds cannot be read.
    Damaged,
    /// What it holds was encrypted with another key, or with one while none is given.
    WrongKey,
    /// It is not there, or may not be read or written.
    NotAccessible,
    /// Something else.
    Other,
}

impl JournalError {
    /// An error with a sentence that says what happened and what to do.
    pub fn new(kind: JournalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same, with its cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why, by meaning.
    pub fn kind(&self) -> JournalErrorKind {
        self.kind
    }

    /// Whether trying again can help by itself.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, JournalErrorKind::Unreachable | JournalErrorKind::Busy | JournalErrorKind::Full)
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for JournalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
