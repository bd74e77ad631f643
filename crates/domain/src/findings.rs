//! Findings: what is wrong with an input, as data. All of them at once, each with place, cause and advice.

use crate::Place;
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; sent all the same.
    Warning,
    /// Nothing is sent while this stands.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule; stable, for machines.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// In which input: a file name, or a role such as `næringsspesifikasjon`. Empty if it is about the whole.
    pub source: String,
    /// Where in it.
    pub place: Option<Place>,
    /// What is wrong, and why that matters.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    /// An error in `source`.
    pub fn error(
        code: Code,
        source: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            source: source.into(),
            place: None,
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// A warning about `source`.
    pub fn warning(
        code: Code,
        source: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, message, advice) }
    }

    /// The same finding, at `place`.
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Whether it stops a filing.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `source: line 1, column 2 (byte 1): error [code]: message – advice`, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            write!(f, "{}: ", self.source)?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{} [{}]: {} – {}", self.severity, self.code, self.message, self.advice)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// The rule behind a finding. `Display` is its stable name for machines.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

codes! {
    /// The file cannot be opened or read.
    UnreadableFile = "unreadable-file",
    /// The file is empty.
    EmptyFile = "empty-file",
    /// It is not XML.
    NotXml = "not-xml",
    /// It ends in the middle.
    Truncated = "truncated",
    /// It is not well-formed.
    Malformed = "malformed",
    /// It is not UTF-8.
    NotUtf8 = "not-utf8",
    /// It has a DTD.
    DocumentType = "document-type",
    /// It uses an entity that XML does not define.
    UnknownEntity = "unknown-entity",
    /// A single value is larger than any real one.
    TooLargeValue = "too-large-value",
    /// It is nested deeper than any real one.
    TooDeep = "too-deep",
    /// A `.gz` is not gzip, or a broken one.
    BadGzip = "bad-gzip",
    /// A compressed input expands beyond every limit.
    ExpandsTooFar = "expands-too-far",
    /// The root element or its namespace belongs to no known document.
    WrongRoot = "wrong-root",
    /// A document stands where another kind belongs.
    WrongKind = "wrong-kind",
    /// The namespace version belongs to another income year.
    VersionOfAnotherYear = "version-of-another-year",
    /// The year or version is newer than this program.
    NewerThanKnown = "newer-than-known",
    /// The year is older than the service.
    OlderThanKnown = "older-than-known",
    /// An advance assessment, which follows other version rules.
    AdvanceAssessment = "advance-assessment",
    /// The document says no income year.
    InntektsaarMissing = "inntektsaar-missing",
    /// The document says another income year.
    InntektsaarDiffers = "inntektsaar-differs",
    /// The party's number is missing.
    PartMissing = "part-missing",
    /// The party's number is a placeholder or no number.
    PartNotANumber = "part-not-a-number",
    /// Attachments in the næringsspesifikasjon.
    Vedlegg = "vedlegg",
    /// The auditor is asked to confirm.
    Revisor = "revisor",
    /// Something that may ask the auditor to confirm, which the contract does not name.
    PerhapsRevisor = "perhaps-revisor",
    /// What must be sent is over the service's limit.
    OverLimit = "over-limit",
    /// A document that the filing needs is missing.
    DocumentMissing = "document-missing",
    /// The same kind of document was given twice.
    DocumentTwice = "document-twice",
    /// `innsendingsformaal` is missing.
    InnsendingsformaalMissing = "innsendingsformaal-missing",
    /// A validation for the same party is under way in this process.
    PartyBusy = "party-busy",
    /// The current return is of a kind that no envelope can refer to, or unlike the one that is sent.
    GjeldendeDiffers = "gjeldende-differs",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
