use super::columns::Header;
use super::csv::BadQuotes;
use super::json::Node;
use super::lines::{self, KEPT, LONGEST, Line, Lines};
use super::reader::{Reader, Strictness};
use super::request;
use super::row::{Raw, Shape};
use super::values::Wrong;
use super::{Extras, Layout, RawRow, Row, RowFormat, cells, csv};
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag};
use skattebro_domain::{Code, Finding, Place};
use std::fmt;
use std::io::{self, BufRead};
use std::sync::Arc;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The rows of a file of krav, one at a time, in memory that does not grow with the file.
///
/// A broken row is given with everything that is wrong with it, and reading goes on with the next. If nothing can be read, because the
/// file is empty, is no text or has a wrong header, there is one row with the number 0 that says so. The findings name no source; that
/// is for the caller to add.
///
/// After an error of the reader there is nothing more.
pub struct Rows<R> {
    lines: Lines<R>,
    edition: Edition,
    asked: Option<RowFormat>,
    state: State,
    number: u64,
}

enum State {
    NotBegun,
    JsonLines,
    /// Objects over several lines.
    Pretty,
    Csv(Arc<Header>),
    End(Option<Layout>),
}

impl<R: BufRead> Rows<R> {
    /// Reads from `reader`. Without a format it is told from the first line: JSON begins with `{`.
    pub fn new(reader: R, format: Option<RowFormat>, edition: Edition) -> Self {
        Self { lines: Lines::new(reader), edition, asked: format, state: State::NotBegun, number: 0 }
    }

    /// The format; before the first row was read only if it was given.
    pub fn format(&self) -> Option<RowFormat> {
        self.layout().map(|layout| layout.format()).or(self.asked)
    }

    /// How the file is laid out, so that another can be written like it. `None` before the first row was read, and if nothing can be.
    pub fn layout(&self) -> Option<Layout> {
        match &self.state {
            State::NotBegun => None,
            State::JsonLines | State::Pretty => Some(Layout::json_lines()),
            State::Csv(header) => Some(Layout(Shape::Csv(header.clone()))),
            State::End(layout) => layout.clone(),
        }
    }

    fn step(&mut self) -> io::Result<Option<Row>> {
        if matches!(self.state, State::NotBegun)
            && let Some(row) = self.begin()?
        {
            return Ok(Some(row));
        }
        let row = match &self.state {
            State::NotBegun | State::End(_) => return Ok(None),
            State::JsonLines => self.json_line()?,
            State::Pretty => self.pretty_object()?,
            State::Csv(header) => {
                let header = header.clone();
                self.csv_line(&header)?
            }
        };
        if row.is_none() {
            let nothing = self.number == 0;
            self.state = State::End(self.layout());
            return Ok(nothing.then(no_rows));
        }
        Ok(row)
    }

    /// Finds out what the file is. A row if it is nothing that can be read.
    fn begin(&mut self) -> io::Result<Option<Row>> {
        let mut has_bom = false;
        let mut first = loop {
            let Some(mut line) = self.lines.next()? else {
                return Ok(Some(self.refuse(no_rows())));
            };
            if line.start.line == 1 {
                if is_utf16(&line.bytes) {
                    let advice = "save the file as UTF-8";
                    let wrong = Wrong::new(Code::NotUtf8, "the file is UTF-16", advice);
                    return Ok(Some(self.refuse(whole_file(wrong, line.start))));
                }
                if line.bytes.starts_with(BOM) {
                    has_bom = true;
                    line.bytes.drain(..BOM.len());
                    line.start.byte += BOM.len() as u64;
                }
            }
            if !line.is_blank() {
                break line;
            }
        };
        let begins_with = first.bytes.trim_ascii_start().first().copied();
        let told =
            || if matches!(begins_with, Some(b'{' | b'[')) { RowFormat::JsonLines } else { RowFormat::Csv };
        match self.asked.unwrap_or_else(told) {
            RowFormat::JsonLines if begins_with == Some(b'[') => {
                let message = "the file is a list, and it must have one object a line";
                let advice = "write each object on a line of its own, without the list around them and without commas between them";
                let row = whole_file(Wrong::new(Code::RowBroken, message, advice), first.start);
                return Ok(Some(self.refuse(row)));
            }
            RowFormat::JsonLines => {
                self.state = if self.is_pretty(&first)? { State::Pretty } else { State::JsonLines };
                self.lines.put_back(first);
            }
            RowFormat::Csv => {
                strip_return(&mut first.bytes);
                match self.header(&first, has_bom) {
                    Ok(header) => self.state = State::Csv(Arc::new(header)),
                    Err(findings) => {
                        let findings = findings.into_iter().map(|finding| finding.in_row(0)).collect();
                        return Ok(Some(self.refuse(refusal(findings, first.start))));
                    }
                }
            }
        }
        Ok(None)
    }

    fn refuse(&mut self, row: Row) -> Row {
        self.state = State::End(None);
        row
    }

    /// Whether the objects go over several lines: the first line is the beginning of one. A row of JSON Lines that was cut off looks
    /// the same, but then the next line begins with an object.
    fn is_pretty(&mut self, first: &Line) -> io::Result<bool> {
        let text = String::from_utf8_lossy(&first.bytes);
        let is_beginning = !first.is_too_long && Node::parse(&text).is_err_and(|error| error.is_cut_off);
        if !is_beginning {
            return Ok(false);
        }
        let Some(second) = self.lines.next()? else { return Ok(false) };
        let begins_object = second.bytes.trim_ascii_start().first() == Some(&b'{');
        self.lines.put_back(second);
        Ok(text.trim() == "{" || !begins_object)
    }

    fn header(&self, line: &Line, has_bom: bool) -> Result<Header, Vec<Finding>> {
        let text = text_of(line).map_err(|finding| vec![*finding])?;
        Header::read(text, self.edition, line.start, has_bom)
    }

    fn json_line(&mut self) -> io::Result<Option<Row>> {
        while let Some(line) = self.lines.next()? {
            if !line.is_blank() {
                self.number += 1;
                return Ok(Some(self.json_row(&line)));
            }
        }
        Ok(None)
    }

    /// The lines up to the end of an object, or up to where the next one seems to begin.
    fn pretty_object(&mut self) -> io::Result<Option<Row>> {
        let Some(mut object) = self.line_that_is_not_blank()? else { return Ok(None) };
        let mut depth = depth_after(0, &object.bytes);
        let mut expects_value = ends_expecting_value(&object.bytes);
        while depth > 0 || object.is_too_long {
            let Some(line) = self.lines.next()? else { break };
            if line.bytes.first() == Some(&b'{') && !expects_value {
                self.lines.put_back(line);
                break;
            }
            depth = depth_after(depth, &line.bytes);
            expects_value = if line.is_blank() { expects_value } else { ends_expecting_value(&line.bytes) };
            if line.is_too_long || object.bytes.len() + line.bytes.len() >= LONGEST {
                object.is_too_long = true;
                object.bytes.truncate(KEPT);
            }
            if !object.is_too_long {
                object.bytes.push(b'\n');
                object.bytes.extend_from_slice(&line.bytes);
            }
        }
        self.number += 1;
        Ok(Some(self.json_row(&object)))
    }

    fn line_that_is_not_blank(&mut self) -> io::Result<Option<Line>> {
        loop {
            match self.lines.next()? {
                Some(line) if line.is_blank() => {}
                other => return Ok(other),
            }
        }
    }

    fn json_row(&self, line: &Line) -> Row {
        let text = match text_of(line) {
            Ok(text) => text,
            Err(finding) => return self.unread(line, *finding),
        };
        let node = match Node::parse(text) {
            Ok(node) => node,
            Err(error) => return self.unread(line, request::broken(&error, text, line.start)),
        };
        let mut reader = Reader::new(text, line.start, self.edition, Strictness::Row);
        let krav = reader.krav(&node);
        let extras = reader.extras(&node);
        let krav = reader.end(krav);
        let raw = krav.is_err().then(|| raw_members(line, &node));
        self.row(line, extras, krav, request::given_id(&node), raw)
    }

    fn csv_line(&mut self, header: &Header) -> io::Result<Option<Row>> {
        while let Some(mut line) = self.lines.next()? {
            strip_return(&mut line.bytes);
            let is_empty =
                line.bytes.trim_ascii().iter().all(|b| *b == header.delimiter) && !line.is_too_long;
            if !is_empty {
                self.number += 1;
                return Ok(Some(self.csv_row(&line, header)));
            }
        }
        Ok(None)
    }

    fn csv_row(&self, line: &Line, header: &Header) -> Row {
        let text = match text_of(line) {
            Ok(text) => text,
            Err(finding) => return self.unread(line, *finding),
        };
        let cells = csv::split(text, header.delimiter).map_err(BadQuotes::wrong);
        match cells.and_then(|cells| cells::read(cells, header, self.edition, line.start)) {
            Ok(found) => {
                let raw = RawRow(Raw::Cells(found.cells));
                self.row(line, found.extras, found.krav, found.given_id, Some(raw))
            }
            Err(wrong) => self.unread(line, wrong.at(line.start)),
        }
    }

    /// A row that could not be taken apart.
    fn unread(&self, line: &Line, finding: Finding) -> Row {
        self.row(line, Extras::default(), Err(vec![finding]), None, Some(RawRow::text(&line.bytes)))
    }

    fn row(
        &self,
        line: &Line,
        extras: Extras,
        krav: Result<Innkrevingsoppdrag, Vec<Finding>>,
        given_id: Option<String>,
        raw: Option<RawRow>,
    ) -> Row {
        let number = self.number;
        let in_row =
            |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.in_row(number)).collect();
        Row {
            number,
            line: line.start.line,
            extras,
            raw: raw.filter(|_| krav.is_err()),
            content: krav.map(Box::new).map_err(in_row),
            given_id,
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<io::Result<Row>> {
        match self.step() {
            Ok(row) => row.map(Ok),
            Err(error) => {
                self.state = State::End(self.layout());
                Some(Err(error))
            }
        }
    }
}

/// Lines that wait to be read are not shown, since they hold personal data.
impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("edition", &self.edition)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// A row as it stood, without what this program wrote into it.
fn raw_members(line: &Line, node: &Node<'_>) -> RawRow {
    if node.members().is_empty() {
        return RawRow::text(&line.bytes);
    }
    let members = node.members().iter().filter(|(name, node)| !request::is_annotation(name, node));
    RawRow(Raw::Members(members.map(|(name, node)| (name.clone(), node.on_one_line())).collect()))
}

/// UTF-16 says so with a mark, or has a NUL beside each ASCII character.
fn is_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] => (*first == 0) != (*second == 0),
        _ => false,
    }
}

fn strip_return(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
}

/// How many objects and lists are open after this line. A text never goes over several lines, so each begins outside of one.
fn depth_after(before: usize, line: &[u8]) -> usize {
    let (mut depth, mut in_text, mut escaped) = (before, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

/// Whether a value must follow, so that an object on the next line is no new row.
fn ends_expecting_value(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end().last(), Some(b'{' | b'[' | b',' | b':'))
}

fn no_rows() -> Row {
    let advice = "give a file with at least one krav";
    whole_file(Wrong::new(Code::EmptyFile, "the file has no rows", advice), Place::START)
}

fn whole_file(wrong: Wrong, start: Place) -> Row {
    refusal(vec![wrong.at(start)], start)
}

fn refusal(findings: Vec<Finding>, start: Place) -> Row {
    Row {
        number: 0,
        line: start.line,
        extras: Extras::default(),
        content: Err(findings),
        given_id: None,
        raw: None,
    }
}

fn text_of(line: &Line) -> Result<&str, Box<Finding>> {
    if line.is_too_long {
        let message = format!("it is longer than {LONGEST} bytes, and no krav is");
        let wrong = Wrong::new(Code::RowTooLong, message, "look for a missing line break");
        return Err(Box::new(wrong.at(line.start)));
    }
    lines::text(&line.bytes, line.start)
}

#[cfg(test)]
mod tests;
