use super::columns::Header;
use super::values::shown;
use skattebro_domain::Finding;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag};
use skattebro_domain::masking::mask;
use std::fmt;
use std::sync::Arc;

/// The format of a file of krav.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowFormat {
    /// One JSON object a line.
    JsonLines,
    /// A table with a header, its cells separated by `;` or `,`.
    Csv,
}

/// One row of a file, right or wrong. `Debug` masks personal numbers.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// Which row, counted from 1; the header of a CSV file, and what is passed over because it is blank, are not counted. 0 stands for
    /// the file as a whole or its header: nothing can be read then, and this row is the only one.
    pub number: u64,
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// What is said about the krav besides, and never sent.
    pub extras: Extras,
    /// The krav, or everything that is wrong with its form.
    pub content: Result<Box<Innkrevingsoppdrag>, Vec<Finding>>,
    /// Its oppdragsgiversKravidentifikator as it was written, also that of a broken row if it could be read.
    pub given_id: Option<String>,
    /// A broken row as it stood, for [`RowWriter::write_raw`](super::RowWriter::write_raw). `None` if it is not broken, and for row 0.
    pub raw: Option<RawRow>,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("number", &self.number)
            .field("line", &self.line)
            .field("extras", &self.extras)
            .field("content", &self.content)
            .field("given_id", &self.given_id.as_deref().map(mask))
            .field("raw", &self.raw)
            .finish()
    }
}

/// What a file says about a krav besides the krav. `Debug` masks personal numbers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extras {
    /// The oppdragsgiversKravidentifikator of the krav that this one replaces (`_erstatter`, column `erstatter`).
    pub erstatter: Option<String>,
    /// Why it was refused (`_aarsaker`, column `aarsaker`). In CSV they are joined by ` | ` and line breaks become spaces.
    pub aarsaker: Vec<String>,
}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aarsaker: Vec<String> = self.aarsaker.iter().map(|aarsak| mask(aarsak)).collect();
        f.debug_struct("Extras")
            .field("erstatter", &self.erstatter.as_deref().map(mask))
            .field("aarsaker", &aarsaker)
            .finish()
    }
}

/// A broken row as it stood, without its [`Extras`]. Holds personal data; `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRow(pub(super) Raw);

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// The members of a JSON object, each value as JSON on one line.
    Members(Vec<(String, String)>),
    /// The cells that are not empty, by their columns.
    Cells(Vec<(&'static str, String)>),
    /// What could not be taken apart; only the beginning of a row that is too long.
    Text(String),
}

impl RawRow {
    pub(super) fn text(bytes: &[u8]) -> Self {
        Self(Raw::Text(String::from_utf8_lossy(bytes).trim_end().to_owned()))
    }
}

impl fmt::Debug for RawRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Raw::Members(members) => write!(f, "RawRow({} members)", members.len()),
            Raw::Cells(cells) => write!(f, "RawRow({} cells)", cells.len()),
            Raw::Text(text) => write!(f, "RawRow({})", shown(text)),
        }
    }
}

/// The format of a file in all its details, so that another can be written like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(pub(super) Shape);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    JsonLines,
    Csv(Arc<Header>),
}

impl Layout {
    /// JSON Lines.
    pub fn json_lines() -> Self {
        Self(Shape::JsonLines)
    }

    /// CSV with `;` and every column of the edition.
    pub fn csv(edition: Edition) -> Self {
        Self(Shape::Csv(Arc::new(Header::all(edition))))
    }

    /// Which of the two it is.
    pub fn format(&self) -> RowFormat {
        match self.0 {
            Shape::JsonLines => RowFormat::JsonLines,
            Shape::Csv(_) => RowFormat::Csv,
        }
    }
}
