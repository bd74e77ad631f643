use super::columns::Header;
use super::json::quoted;
use super::lines::LONGEST;
use super::request::{AARSAKER, ERSTATTER};
use super::row::{Raw, Shape};
use super::{Extras, Layout, PeriodNames, RawRow, cells, csv, wire};
use skattebro_domain::Place;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag};
use std::io::{self, Write};

/// Why a row could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RowWriteError {
    /// The file could not be written.
    #[error("the row could not be written: {0}")]
    Io(#[from] io::Error),
    /// The row would not be read as the same krav again. Nothing was written.
    #[error("a file with this layout cannot hold this krav as it is; JSON Lines can, up to 1 MiB a row")]
    Inexpressible,
}

/// Writes rows of krav, right and broken ones, with what is said about them: a file that can be corrected and read again.
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    shape: Shape,
    edition: Edition,
    names: PeriodNames,
    has_begun: bool,
}

impl<W: Write> RowWriter<W> {
    /// Writes to `out`. A CSV file gets the columns of the annotations, if `layout` has none.
    pub fn new(out: W, layout: Layout, edition: Edition, names: PeriodNames) -> Self {
        let shape = match layout.0 {
            Shape::JsonLines => Shape::JsonLines,
            Shape::Csv(header) => Shape::Csv(header.with_annotations().into()),
        };
        Self { out, shape, edition, names, has_begun: false }
    }

    /// Writes a krav as one row. It is read again as it is, with one exception: in CSV an empty list of interest is the same as none.
    ///
    /// # Errors
    /// [`Inexpressible`](RowWriteError::Inexpressible) for a krav that CSV has no cells for: tilleggsinformasjon of a form that is not
    /// known here, more than nine interests, a text with a line break, or something that the layout has no column for. In either format
    /// for one that is longer than the longest row.
    pub fn write(&mut self, krav: &Innkrevingsoppdrag, extras: &Extras) -> Result<(), RowWriteError> {
        let line = match &self.shape {
            Shape::JsonLines => wire::row(krav, self.edition, self.names, extras),
            Shape::Csv(header) => {
                let mut cells = cells::cells(krav, self.edition);
                cells.extend(cells::extras_cells(extras));
                let line = cells::line(&cells, header);
                if !is_read_as(&line, krav, header, self.edition) {
                    return Err(RowWriteError::Inexpressible);
                }
                line.into_bytes()
            }
        };
        if line.len() > LONGEST {
            return Err(RowWriteError::Inexpressible);
        }
        Ok(self.line(&line)?)
    }

    /// Writes a broken row again. What could be taken apart, in the format of this file, stays as it was. Of anything else only the
    /// annotations are written, and what the row was as one more reason; such a row has no fields, so it stays broken.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_raw(&mut self, raw: &RawRow, extras: &Extras) -> io::Result<()> {
        let was = |text: String| {
            let mut extras = extras.clone();
            extras.aarsaker.push(format!("the row was: {text}"));
            extras
        };
        let line = match (&self.shape, &raw.0) {
            (Shape::JsonLines, Raw::Members(members)) => json_line(members, extras),
            (Shape::JsonLines, other) => json_line(&[], &was(as_text(other))),
            (Shape::Csv(header), Raw::Cells(cells)) if fits(cells, header) => {
                let mut cells = cells.clone();
                cells.extend(cells::extras_cells(extras));
                cells::line(&cells, header)
            }
            (Shape::Csv(header), other) => cells::line(&cells::extras_cells(&was(as_text(other))), header),
        };
        self.line(line.as_bytes())
    }

    /// Ends the file. A CSV file has its header, even if it has no row.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.begin()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin(&mut self) -> io::Result<()> {
        if let (Shape::Csv(header), false) = (&self.shape, self.has_begun) {
            writeln!(self.out, "{}", header.line())?;
        }
        self.has_begun = true;
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.begin()?;
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }
}

fn is_read_as(line: &str, krav: &Innkrevingsoppdrag, header: &Header, edition: Edition) -> bool {
    if line.contains(['\n', '\r', '\0']) {
        return false;
    }
    let Ok(cells) = csv::split(line, header.delimiter) else { return false };
    let Ok(found) = cells::read(cells, header, edition, Place::START) else { return false };
    let Ok(read) = found.krav else { return false };
    let no_interest = |krav: &Innkrevingsoppdrag| krav.rente_beloep.as_ref().is_none_or(Vec::is_empty);
    let mut krav = krav.clone();
    if no_interest(&krav) {
        krav.rente_beloep = None;
    }
    read == krav
}

fn fits(cells: &cells::Cells, header: &Header) -> bool {
    let has_column = |name: &&str| header.names.contains(name);
    cells.iter().all(|(name, cell)| has_column(name) && !cell.contains(['\n', '\r', '\0']))
}

fn json_line(members: &[(String, String)], extras: &Extras) -> String {
    let mut fields: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    if let Some(erstatter) = &extras.erstatter {
        fields.push(format!("{}:{}", quoted(ERSTATTER), quoted(erstatter)));
    }
    if !extras.aarsaker.is_empty() {
        let aarsaker: Vec<String> = extras.aarsaker.iter().map(|aarsak| quoted(aarsak)).collect();
        fields.push(format!("{}:[{}]", quoted(AARSAKER), aarsaker.join(",")));
    }
    format!("{{{}}}", fields.join(","))
}

fn as_text(raw: &Raw) -> String {
    match raw {
        Raw::Members(members) => json_line(members, &Extras::default()),
        Raw::Cells(cells) => {
            cells.iter().map(|(name, cell)| format!("{name}={cell}")).collect::<Vec<_>>().join("; ")
        }
        Raw::Text(text) => text.clone(),
    }
}
