//! Tables of changes, and lists of krav to write off.

use super::csv::split;
use super::lines::{Lines, TooLong};
use super::outcome::Origin;
use super::source::Source;
use crate::args::krav::Whose;
use skattebro::domain::krav::{Endring, KravId};
use skattebro::domain::{Code, Finding};
use skattebro::krav::{KravOrder, SeenIds};
use std::path::Path;

/// An order and where it comes from.
pub(super) type Placed = (KravOrder, Origin);

pub(super) fn named(id: &KravId, row: Option<u64>) -> Origin {
    Origin { row, id: Some(id.as_str().to_owned()), ..Origin::default() }
}

/// The rows of a file, without blank ones.
type Texts = Vec<Result<String, Box<Finding>>>;

fn lines(path: &Path) -> Result<(String, Texts), String> {
    let source = Source::open(path)?;
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", source.name);
    let mut texts = Vec::new();
    for line in Lines::new(source.reader().map_err(unreadable)?) {
        let (_, line) = line.map_err(unreadable)?;
        let text = match line.map(String::from_utf8) {
            Ok(Ok(text)) => Ok(text.trim_start_matches('\u{feff}').trim_end().to_owned()),
            Ok(Err(_)) => {
                let why = "the line is not UTF-8";
                Err(boxed(Code::RowBroken, "", why, "save the file as UTF-8"))
            }
            Err(TooLong) => {
                let why = "the line is longer than a mebibyte";
                Err(boxed(Code::RowBroken, "", why, "write one krav a line"))
            }
        };
        if text.as_ref() != Ok(&String::new()) {
            texts.push(text);
        }
    }
    if texts.is_empty() {
        return Err(format!("{} is empty", source.name));
    }
    Ok((source.name, texts))
}

/// A table of changes: id, hovedstol, referanse. `row` counts from the first below the header.
pub(super) fn changes(path: &Path, whose: Whose) -> Result<(Vec<Placed>, Vec<Finding>), String> {
    let (name, lines) = lines(path)?;
    let header = lines[0].as_deref().map_err(|wrong| format!("{name}: the first line: {}", wrong.message))?;
    let delimiter = if header.contains(';') { ';' } else { ',' };
    let columns = split(header, delimiter).unwrap_or_default();
    let known = ["id", "hovedstol", "referanse"];
    let is_known = columns.iter().all(|column| known.contains(&column.as_str()));
    let is_twice = (1..columns.len()).any(|at| columns[..at].contains(&columns[at]));
    if !is_known || is_twice || !columns.iter().any(|column| column == "id") {
        return Err(format!("{name}: the first line must name the columns: id;hovedstol;referanse"));
    }
    let (mut orders, mut findings, mut seen) = (Vec::new(), Vec::new(), SeenIds::default());
    for (row, line) in (1..).zip(&lines[1..]) {
        let line = match line {
            Ok(line) => line,
            Err(wrong) => {
                findings.push((**wrong).clone().in_row(row));
                continue;
            }
        };
        let cells = match split(line, delimiter) {
            Some(cells) if cells.len() <= columns.len() => cells,
            Some(cells) => {
                let why = format!("it has {} cells, and the first line names {}", cells.len(), columns.len());
                findings.push(wrong(Code::RowCount, "", why, "write one cell a column").in_row(row));
                continue;
            }
            None => {
                let why = "a quotation mark is not closed";
                findings.push(wrong(Code::RowBroken, "", why, "close it; a row is one line").in_row(row));
                continue;
            }
        };
        let cell = |column: &str| {
            let at = columns.iter().position(|name| name == column)?;
            cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
        };
        match change(whose, cell("id"), cell("hovedstol"), cell("referanse")) {
            Ok((id, endringer)) => {
                findings.extend(seen.check_id(id.as_str(), row));
                let order = endringer.into_iter().fold(KravOrder::existing(id.clone()), KravOrder::endre);
                orders.push((order, named(&id, Some(row))));
            }
            Err(wrong) => findings.push((*wrong).in_row(row)),
        }
    }
    findings.iter_mut().for_each(|finding| finding.source.clone_from(&name));
    Ok((orders, findings))
}

fn change(
    whose: Whose,
    id: Option<&str>,
    hovedstol: Option<&str>,
    referanse: Option<&str>,
) -> Result<(KravId, Vec<Endring>), Box<Finding>> {
    let missing = || {
        boxed(Code::FieldMissing, "id", "the row has no id", "write the id of the krav that shall be changed")
    };
    let id = whose.read(id.ok_or_else(missing)?);
    let id = id.map_err(|invalid| {
        boxed(Code::FieldMistyped, "id", invalid.to_string(), "write the id as it was sent or answered")
    })?;
    let mut endringer = Vec::new();
    if let Some(hovedstol) = hovedstol {
        let kroner = hovedstol.parse().map_err(|invalid| {
            boxed(Code::FieldMistyped, "hovedstol", format!("{invalid}"), "write whole kroner")
        })?;
        endringer.push(Endring::Hovedstol(kroner));
    }
    endringer.extend(referanse.map(|referanse| Endring::Referanse(referanse.to_owned())));
    if endringer.is_empty() {
        return Err(boxed(
            Code::FieldMissing,
            "",
            "the row changes nothing",
            "fill in hovedstol or referanse, or remove the row",
        ));
    }
    Ok((id, endringer))
}

/// One id a line; one that stands twice is written off once.
pub(super) fn write_offs(path: &Path, whose: Whose) -> Result<(Vec<Placed>, Vec<Finding>), String> {
    let (name, lines) = lines(path)?;
    let (mut orders, mut findings, mut seen) = (Vec::new(), Vec::new(), SeenIds::default());
    for (row, line) in (1..).zip(lines) {
        let line = match line {
            Ok(line) => line,
            Err(wrong) => {
                findings.push((*wrong).in_row(row));
                continue;
            }
        };
        match whose.read(line.trim()) {
            Ok(id) if seen.check_id(id.as_str(), row).is_some() => {}
            Ok(id) => orders.push((KravOrder::existing(id.clone()).avskriv(), named(&id, Some(row)))),
            Err(invalid) => {
                let advice = "write one id a line, and nothing else";
                findings.push(wrong(Code::FieldMistyped, "id", invalid.to_string(), advice).in_row(row));
            }
        }
    }
    findings.iter_mut().for_each(|finding| finding.source.clone_from(&name));
    Ok((orders, findings))
}

fn wrong(code: Code, field: &str, message: impl Into<String>, advice: &str) -> Finding {
    Finding::error(code, "", message, advice).in_field(field)
}

fn boxed(code: Code, field: &str, message: impl Into<String>, advice: &str) -> Box<Finding> {
    Box::new(wrong(code, field, message, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_no_row_is_told_for_what_is_wrong_with_it_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("endringer.csv");
        std::fs::write(&path, "id;hovedstol\nK-1;\"5\nK-2;5;6\nK-3;7\n").unwrap();
        let (orders, findings) = changes(&path, Whose { egen_id: false }).unwrap();
        let codes: Vec<_> = findings.iter().map(|finding| (finding.row, finding.code)).collect();
        assert_eq!(codes, [(Some(1), Code::RowBroken), (Some(2), Code::RowCount)]);
        assert_eq!(orders.len(), 1);
    }
}
