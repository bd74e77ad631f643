//! The rows of a file, each with everything that is wrong with it.

use super::ids::MadeIds;
use super::replaced::{ReplacedIds, same_id};
use super::source::Source;
use crate::args::krav::{Reading, Whose};
use skattebro::codec::krav::{Extras, Layout, RawRow, RowFormat, Rows};
use skattebro::domain::krav::{Edition, Innkrevingsoppdrag, KravId};
use skattebro::domain::{Code, Finding};
use skattebro::krav::SeenIds;
use std::fs::File;
use std::io::{self, BufReader};

const OWN_ID: &str = "oppdragsgiversKravidentifikator";

type Rules = dyn Fn(&Innkrevingsoppdrag) -> Vec<Finding> + Send + Sync;

/// How the rows of a file are checked.
pub(super) struct Checks {
    pub(super) source: Source,
    edition: Edition,
    format: Option<RowFormat>,
    pub(super) lag_id: bool,
    /// Whether the rows replace other krav.
    replaces: Replaces,
    /// The rules.
    rules: Box<Rules>,
}

/// Which krav the rows of a file replace.
#[derive(Debug, Clone)]
pub(super) enum Replaces {
    /// None.
    Nothing,
    /// Each row the one that it names.
    Named(Whose),
    /// This one.
    This(KravId),
}

/// A row, right or wrong.
#[derive(Debug)]
pub(super) struct CheckedRow {
    /// Counted from 1; 0 is the file as a whole.
    pub(super) number: u64,
    /// The line it begins on.
    pub(super) line: u64,
    /// What the file says besides.
    pub(super) extras: Extras,
    /// Its own id as it was written, or as it was made.
    pub(super) own_id: Option<String>,
    /// Whether the id was made here.
    pub(super) id_was_made: bool,
    /// The krav, if it could be read.
    pub(super) krav: Option<Box<Innkrevingsoppdrag>>,
    /// The row as it stood, if it could not.
    pub(super) raw: Option<RawRow>,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
}

impl CheckedRow {
    /// The krav, if nothing stops it from being sent.
    pub(super) fn sendable(&self) -> Option<&Innkrevingsoppdrag> {
        if self.has_errors() { None } else { self.krav.as_deref() }
    }

    /// Whether something stops it from being sent.
    pub(super) fn has_errors(&self) -> bool {
        self.krav.is_none() || self.findings.iter().any(Finding::is_error)
    }
}

impl Checks {
    pub(super) fn new(
        source: Source,
        reading: &Reading,
        edition: Edition,
        replaces: Replaces,
        rules: impl Fn(&Innkrevingsoppdrag) -> Vec<Finding> + Send + Sync + 'static,
    ) -> Self {
        let (format, lag_id) = (reading.format, reading.lag_id);
        Self { source, edition, format, lag_id, replaces, rules: Box::new(rules) }
    }

    /// The rows from the beginning.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn rows(&self) -> io::Result<CheckedRows<'_>> {
        let rows = Rows::new(self.source.reader()?, self.format, self.edition);
        Ok(CheckedRows {
            rows,
            checks: self,
            seen: SeenIds::default(),
            replaced: ReplacedIds::default(),
            made: MadeIds::default(),
        })
    }
}

/// The rows of a file; see [`Checks::rows`]. An error of the reader ends them.
pub(super) struct CheckedRows<'c> {
    rows: Rows<BufReader<File>>,
    checks: &'c Checks,
    seen: SeenIds,
    replaced: ReplacedIds,
    made: MadeIds,
}

impl CheckedRows<'_> {
    /// How the file is laid out, once its first row was read.
    pub(super) fn layout(&self) -> Option<Layout> {
        self.rows.layout()
    }
}

impl Iterator for CheckedRows<'_> {
    type Item = io::Result<CheckedRow>;

    fn next(&mut self) -> Option<io::Result<CheckedRow>> {
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let (mut krav, mut findings) = match row.content {
            Ok(krav) => (Some(krav), Vec::new()),
            Err(findings) => (None, findings),
        };
        let mut own_id = row.given_id;
        let mut id_was_made = false;
        if let Some(krav) = &mut krav {
            if krav.oppdragsgivers_kravidentifikator.is_none() {
                if self.checks.lag_id {
                    own_id = Some(self.made.next(krav, self.checks.edition));
                    krav.oppdragsgivers_kravidentifikator.clone_from(&own_id);
                    id_was_made = true;
                } else {
                    findings.push(id_missing());
                }
            }
            findings.extend((self.checks.rules)(krav));
        }
        findings.extend(own_id.as_deref().and_then(|id| self.seen.check_id(id, row.number)));
        if row.number > 0 {
            findings.extend(match &self.checks.replaces {
                Replaces::Nothing => None,
                Replaces::Named(whose) => {
                    let old = row.extras.erstatter.as_deref();
                    self.replaced.check(old, *whose, own_id.as_deref(), row.number)
                }
                Replaces::This(old) => same_id(old, own_id.as_deref()),
            });
        }
        for finding in &mut findings {
            finding.source.clone_from(&self.checks.source.name);
            finding.row = Some(row.number).filter(|number| *number > 0);
        }
        let (number, line, extras, raw) = (row.number, row.line, row.extras, row.raw);
        Some(Ok(CheckedRow { number, line, extras, own_id, id_was_made, krav, raw, findings }))
    }
}

fn id_missing() -> Finding {
    Finding::error(
        Code::IdMissing,
        "",
        "without an oppdragsgiversKravidentifikator a krav whose answer is lost can never be sent again, and might be doubled by hand",
        "give each krav an id of your own that you can find again; or let --lag-id make one from the row's content",
    )
    .in_field(OWN_ID)
}
