//! Text about krav, for people.

use super::krav_json;
use crate::commands::krav::{Difference, Outcome};
use skattebro::domain::Finding;
use skattebro::domain::krav::machine::Confirmation;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A finding over three lines: where and what, then what to do.
pub(crate) fn finding(finding: &Finding) -> String {
    let mut text = String::new();
    if !finding.source.is_empty() {
        let _ = write!(text, "{}: ", finding.source);
    }
    if let Some(row) = finding.row {
        let _ = write!(text, "row {row}: ");
    }
    if let Some(place) = &finding.place {
        let _ = write!(text, "{place}: ");
    }
    if !finding.field.is_empty() {
        let _ = write!(text, "{}: ", finding.field);
    }
    let _ = write!(
        text,
        "{} [{}]\n  {}\n  → {}",
        finding.severity, finding.code, finding.message, finding.advice
    );
    text
}

/// How it is known that a krav is being collected.
pub(crate) fn confirmation(confirmation: Confirmation) -> &'static str {
    match confirmation {
        Confirmation::Booked => "booked",
        Confirmation::Migrated => "migrated",
        Confirmation::ChangeAccepted => "change-accepted",
        Confirmation::SettleTime => "settle-time",
    }
}

/// `1 row`, `2 rows`.
pub(crate) fn many(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Krav by where they stand.
pub(crate) fn counts(counts: &BTreeMap<String, u64>) -> String {
    let total: u64 = counts.values().sum();
    let rows = counts.iter().map(|(standing, count)| vec![format!("  {standing}"), count.to_string()]);
    format!("Krav: {total}\n{}", table(rows.collect())).trim_end().to_owned()
}

/// A row that needs attention.
pub(crate) fn attention(outcome: &Outcome) -> Vec<String> {
    let row = outcome.origin.row.map(|row| format!("row {row}")).unwrap_or_default();
    let text = |text: Option<&str>| text.unwrap_or("–").to_owned();
    let reasons = if outcome.is_bad() { errors(outcome.findings()) } else { outcome.reasons().join("; ") };
    let reasons = reasons.replace(['\n', '\r'], " ");
    let how = outcome.weak_proof().map(|proof| format!(" ({})", krav_json::proof(proof))).unwrap_or_default();
    vec![
        format!("  {row}"),
        text(outcome.own_id()),
        text(outcome.kravidentifikator()),
        format!("{}{how}", outcome.word()),
        reasons,
    ]
}

/// The findings of a row were printed whole before; here is what it was.
fn errors(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error());
    errors.map(|finding| format!("{} [{}]", finding.message, finding.code)).collect::<Vec<_>>().join("; ")
}

/// A difference of a krav that was compared.
pub(crate) fn difference(difference: &Difference) -> String {
    let shown = |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("«{text}»") };
    format!(
        "  {}: sent {}, received {}",
        difference.field,
        shown(&difference.sent),
        shown(&difference.received)
    )
}

/// Cells in columns.
pub(crate) fn table(rows: Vec<Vec<String>>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_straight_columns() {
        let cells = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        assert_eq!(table(vec![cells(["å", "1"]), cells(["lang", "22"])]), "å     1\nlang  22");
        assert_eq!((many(1, "row"), many(0, "row")), ("1 row".to_owned(), "0 rows".to_owned()));
    }
}
