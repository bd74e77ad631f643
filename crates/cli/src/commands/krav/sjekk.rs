//! `skattebro krav sjekk`.

use super::rows::{Checks, Replaces};
use super::source::Source;
use crate::args::krav::Sjekk;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::{finding, many};
use crate::output::{krav_json, print};
use crate::settings::Settings;
use serde_json::{Map, Value, json};
use skattebro::codec::krav::Layout;
use skattebro::domain::krav::rules::{Oppdragsgiver, check};
use skattebro::domain::{Finding, Timestamp};
use skattebro::krav::today_in_norway;

/// So many findings are printed as text; the rest is counted.
const PRINTED: u64 = 1000;

pub(super) fn run(settings: &Settings, arguments: &Sjekk) -> Exit {
    let edition = settings.edition.value;
    let is_production = arguments.produksjon || settings.is_production();
    let oppdragsgiver = Oppdragsgiver { organ: None, edition, synthetic_persons: !is_production };
    let today = today_in_norway(Timestamp::now());
    let mut sources = Vec::new();
    for file in &arguments.files {
        match Source::open(file) {
            Ok(source) => sources.push(source),
            Err(why) => return bad_input(&why, arguments.json),
        }
    }
    let mut printer = Printer::new(if arguments.json { How::Json } else { How::Text });
    let mut files = Vec::new();
    for source in sources {
        let name = source.name.clone();
        let checks = Checks::new(source, &arguments.reading, edition, Replaces::Nothing, move |krav| {
            check(krav, &oppdragsgiver, today)
        });
        let scan = match scan(&checks, &mut printer) {
            Ok(scan) => scan,
            Err(why) => return bad_input(&why, false),
        };
        if !arguments.json {
            let (errors, warnings) = (many(scan.errors, "error"), many(scan.warnings, "warning"));
            print(&format!("{name}: {}, {errors}, {warnings}", many(scan.rows, "row")));
        }
        files.push(json!({
            "source": name, "rows": scan.rows, "rowsWithErrors": scan.rows - scan.good, "errors": scan.errors, "warnings": scan.warnings
        }));
    }
    let (errors, warnings) = (printer.errors, printer.warnings);
    printer.finish(&files);
    if arguments.json {
        return if errors > 0 { Exit::MedFeil } else { Exit::Ok };
    }
    if errors > 0 || warnings > 0 {
        let sent = if errors > 0 { "Nothing would be sent." } else { "Warnings stop nothing." };
        print(sent);
    }
    if errors > 0 { Exit::MedFeil } else { Exit::Ok }
}

/// What a file is like.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) rows: u64,
    /// Rows that can be sent.
    pub(super) good: u64,
    pub(super) errors: u64,
    pub(super) warnings: u64,
    pub(super) layout: Option<Layout>,
}

/// Reads a whole file, and prints what is wrong with it.
///
/// # Errors
/// With a sentence for the user.
pub(super) fn scan(checks: &Checks, printer: &mut Printer) -> Result<Scan, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", checks.source.name);
    let mut scan = Scan::default();
    let mut rows = checks.rows().map_err(unreadable)?;
    while let Some(row) = rows.next() {
        let row = row.map_err(unreadable)?;
        scan.layout = rows.layout();
        scan.rows += u64::from(row.number > 0);
        scan.good += u64::from(row.sendable().is_some());
        for finding in &row.findings {
            if finding.is_error() {
                scan.errors += 1;
            } else {
                scan.warnings += 1;
            }
            printer.print(finding, row.line);
        }
    }
    Ok(scan)
}

/// What is done with findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Text,
    Json,
    Nothing,
}

/// Prints findings as they come, so that none need be kept.
pub(super) struct Printer {
    how: How,
    errors: u64,
    warnings: u64,
}

impl Printer {
    pub(super) fn new(how: How) -> Self {
        if how == How::Json {
            print("{\"findings\":[");
        }
        Self { how, errors: 0, warnings: 0 }
    }

    fn print(&mut self, found: &Finding, line: u64) {
        let before = self.errors + self.warnings;
        if found.is_error() {
            self.errors += 1;
        } else {
            self.warnings += 1;
        }
        match self.how {
            How::Text if before < PRINTED => print(&finding(found)),
            How::Json => {
                let mut value = krav_json::finding(found, Some(line));
                value["source"] = found.source.clone().into();
                let comma = if before == 0 { "" } else { "," };
                print(&format!("{comma}{value}"));
            }
            How::Text | How::Nothing => {}
        }
    }

    /// Tells how many were not printed.
    pub(super) fn finish(self, files: &[Value]) {
        let all = self.errors + self.warnings;
        match self.how {
            How::Text if all > PRINTED => {
                print(&format!("… and {} more findings; --json shows all", all - PRINTED));
            }
            How::Json => {
                let rest = Map::from_iter([
                    ("files".to_owned(), json!(files)),
                    ("errors".to_owned(), self.errors.into()),
                    ("warnings".to_owned(), self.warnings.into()),
                ]);
                print(&format!("],{}", Value::Object(rest).to_string().trim_start_matches('{')));
            }
            How::Text | How::Nothing => {}
        }
    }
}
