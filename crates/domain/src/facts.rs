//! What one streaming pass over a document saw. Facts only; [`crate::judge`] says what they mean.

use crate::Dokumenttype;
use std::fmt;

/// Where in a document something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Bytes before it, counted from 0.
    pub byte: u64,
    /// Its line, counted from 1.
    pub line: u64,
    /// Its column in characters, counted from 1.
    pub column: u64,
}

impl Place {
    /// The beginning of a document.
    pub const START: Self = Self { byte: 0, line: 1, column: 1 };
}

/// Shown as "line 3, column 14"; on the first line, where a whole document may stand, with the byte offset as well.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if self.line == 1 {
            write!(f, " (byte {})", self.byte)?;
        }
        Ok(())
    }
}

/// Something, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Located<T> {
    /// `value` at `place`.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// The root element of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootElement {
    /// Its local name.
    pub name: String,
    /// Its namespace; empty if it has none.
    pub namespace: String,
}

/// What kills a document: reading stopped there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// The file has no bytes, or nothing but white space.
    Empty,
    /// It does not begin as XML does.
    NotXml,
    /// It ends before its last element is closed.
    Truncated,
    /// It breaks a rule of XML.
    Malformed(String),
    /// It is not the UTF-8 that the envelope promises: another encoding is declared, or bytes are not UTF-8.
    NotUtf8(String),
    /// It has a DTD, which is how entity bombs and file inclusion come in.
    DocumentType,
    /// It refers to an entity that XML does not define.
    UnknownEntity(String),
    /// A single value, tag or comment is larger than this many bytes.
    TooLargeValue(u64),
    /// Elements are nested deeper than this.
    TooDeep(usize),
}

/// What one pass over a document saw. Lists are bounded; the counts beside them are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFacts {
    /// The size of the XML in bytes, as far as it was read.
    pub bytes: u64,
    /// The root element.
    pub root: Option<Located<RootElement>>,
    /// The text of the root's child `inntektsaar`.
    pub inntektsaar: Option<Located<String>>,
    /// The text of the root's child `partsreferanse` or `partsnummer`.
    pub partsreferanse: Option<Located<String>>,
    /// The first of the root's children `vedlegg`.
    pub foerste_vedlegg: Option<Place>,
    /// How many such children there are.
    pub antall_vedlegg: u64,
    /// Elements named `…kalBekreftesAvRevisor` that say true: the first of each name.
    pub revisorflagg: Vec<Located<String>>,
    /// How many such elements there are in all.
    pub antall_revisorflagg: u64,
    /// What stopped the reading.
    pub defect: Option<Located<Defect>>,
}

impl DocumentFacts {
    /// What kind of document the root says it is, and the version in its namespace.
    pub fn kind(&self) -> Option<(DocumentKind, u16)> {
        self.root.as_ref().and_then(|root| DocumentKind::of(&root.value))
    }
}

/// The kinds of documents that a filing is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentKind {
    /// `naeringsspesifikasjon`.
    Naeringsspesifikasjon,
    /// `skattemelding` of a company.
    SkattemeldingUpersonlig,
    /// `skattemelding` of a person.
    SkattemeldingPersonlig,
    /// `selskapsmelding` of a partnership.
    SelskapsmeldingSdf,
}

const NAMESPACE: &str = "urn:no:skatteetaten:fastsetting:formueinntekt:";

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Naeringsspesifikasjon,
        Self::SkattemeldingUpersonlig,
        Self::SkattemeldingPersonlig,
        Self::SelskapsmeldingSdf,
    ];

    /// The name of its root element.
    pub fn root_name(self) -> &'static str {
        match self {
            Self::Naeringsspesifikasjon => "naeringsspesifikasjon",
            Self::SkattemeldingUpersonlig | Self::SkattemeldingPersonlig => "skattemelding",
            Self::SelskapsmeldingSdf => "selskapsmelding",
        }
    }

    /// Its namespace in `version`.
    pub fn namespace(self, version: u16) -> String {
        let middle = match self {
            Self::Naeringsspesifikasjon => "naeringsspesifikasjon",
            // Spelled so in 2021, and only then.
            Self::SkattemeldingUpersonlig if version == 1 => "skattemelding:upersonlige",
            Self::SkattemeldingUpersonlig => "skattemelding:upersonlig",
            Self::SkattemeldingPersonlig => "skattemelding",
            Self::SelskapsmeldingSdf => "selskapsmelding:selskapmeddeltakerfastsetting",
        };
        format!("{NAMESPACE}{middle}:ekstern:v{version}")
    }

    /// The document type that it has in an envelope.
    pub fn dokumenttype(self) -> Dokumenttype {
        match self {
            Self::Naeringsspesifikasjon => Dokumenttype::Naeringsspesifikasjon,
            Self::SkattemeldingUpersonlig => Dokumenttype::SkattemeldingUpersonlig,
            Self::SkattemeldingPersonlig => Dokumenttype::SkattemeldingPersonlig,
            Self::SelskapsmeldingSdf => Dokumenttype::SelskapsmeldingSdf,
        }
    }

    /// Kind and version of a root element, if it is one of ours.
    pub fn of(root: &RootElement) -> Option<(Self, u16)> {
        let (_, version) = root.namespace.rsplit_once(":v")?;
        let version = version.parse().ok()?;
        let kind = Self::ALL
            .into_iter()
            .find(|kind| kind.root_name() == root.name && kind.namespace(version) == root.namespace)?;
        Some((kind, version))
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.dokumenttype().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_version_are_read_off_the_root() {
        use DocumentKind::*;
        let cases = [
            ("naeringsspesifikasjon", "naeringsspesifikasjon:ekstern:v4", Some((Naeringsspesifikasjon, 4))),
            ("skattemelding", "skattemelding:upersonlig:ekstern:v3", Some((SkattemeldingUpersonlig, 3))),
            ("skattemelding", "skattemelding:upersonlige:ekstern:v1", Some((SkattemeldingUpersonlig, 1))),
            ("skattemelding", "skattemelding:upersonlig:ekstern:v1", None),
            ("skattemelding", "skattemelding:ekstern:v11", Some((SkattemeldingPersonlig, 11))),
            (
                "selskapsmelding",
                "selskapsmelding:selskapmeddeltakerfastsetting:ekstern:v2",
                Some((SelskapsmeldingSdf, 2)),
            ),
            ("naeringsspesifikasjon", "skattemelding:ekstern:v11", None),
            ("naeringsspesifikasjon", "naeringsspesifikasjon:ekstern:v", None),
            ("naeringsspesifikasjon", "naeringsspesifikasjon:ekstern:v04", None),
        ];
        for (name, namespace, expected) in cases {
            let root = RootElement { name: name.into(), namespace: format!("{NAMESPACE}{namespace}") };
            assert_eq!(DocumentKind::of(&root), expected, "{name} {namespace}");
        }
    }
}
