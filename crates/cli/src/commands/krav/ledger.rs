//! Everything that is printed and written down of what became of krav.

use super::avviste::Avviste;
use super::kvittering::Kvittering;
use super::outcome::Outcome;
use crate::exit::Exit;
use crate::output::krav::{attention, counts, table};
use crate::output::krav_json::{self, JsonList};
use crate::output::{complain, print};
use skattebro::domain::krav::machine::{OperationEnd, Proof, Verdict};
use std::collections::BTreeMap;

/// So many rows that need attention are listed as text; the rest is counted.
const LISTED: usize = 1000;

/// Keeps count. Memory does not grow with the number of krav.
pub(super) struct Ledger {
    json: Option<JsonList>,
    kvittering: Option<Kvittering>,
    avviste: Option<Avviste>,
    counts: BTreeMap<String, u64>,
    verdict: Verdict,
    /// Whether rows with errors are listed; their findings were printed before.
    lists_bad: bool,
    attention: Vec<(Option<u64>, Vec<String>)>,
    not_listed: u64,
    there_already: u64,
    ended: u64,
}

impl Ledger {
    pub(super) fn new(as_json: bool, kvittering: Option<Kvittering>, avviste: Option<Avviste>) -> Self {
        Self {
            json: as_json.then(JsonList::default),
            kvittering,
            avviste,
            counts: BTreeMap::new(),
            verdict: Verdict::Well,
            lists_bad: true,
            attention: Vec::new(),
            not_listed: 0,
            there_already: 0,
            ended: 0,
        }
    }

    /// How many were recorded.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    /// Records what became of a krav.
    ///
    /// # Errors
    /// If the kvittering could not be written: then nothing more should be sent.
    pub(super) fn record(&mut self, outcome: &Outcome) -> Result<(), ()> {
        self.ended += 1;
        let is_whole_file = outcome.origin.row.is_none() && outcome.report().is_none();
        if !is_whole_file {
            *self.counts.entry(outcome.standing().as_str().to_owned()).or_default() += 1;
        }
        self.verdict = self.verdict.max(outcome.verdict());
        self.there_already += u64::from(outcome.operations().iter().any(|operation| {
            matches!(operation.end(), Some(OperationEnd::Done(Proof::AlreadyThere { .. })))
        }));
        let kept = self.kvittering.as_mut().map_or(Ok(()), |kvittering| kvittering.write(outcome));
        if let Some(Err(why)) = self.avviste.as_mut().map(|avviste| avviste.write(outcome)) {
            complain(&why);
        }
        if let Some(json) = &mut self.json {
            json.push(&krav_json::outcome(outcome));
        } else if outcome.verdict() != Verdict::Well && (self.lists_bad || !outcome.is_bad()) {
            if self.attention.len() < LISTED {
                self.attention.push((outcome.origin.row, attention(outcome)));
            } else {
                self.not_listed += 1;
            }
        }
        kept.map_err(|why| {
            complain(&format!("{why}; nothing more is sent"));
            self.kvittering = None;
            self.verdict = Verdict::Open;
        })
    }

    /// Does not list rows with errors again.
    pub(super) fn without_bad_rows(&mut self) {
        self.lists_bad = false;
    }

    /// Counts krav that were neither sent nor found wrong.
    pub(super) fn held_back(&mut self, krav: u64) {
        if krav > 0 {
            *self.counts.entry("not-sent".to_owned()).or_default() += krav;
        }
    }

    /// Something went wrong that is about no single krav.
    pub(super) fn broke(&mut self, why: &str) {
        complain(why);
        self.verdict = Verdict::Open;
    }

    /// Prints the end of it. `word` is said of all together.
    pub(super) fn finish(mut self, word: Option<&str>) -> Exit {
        if let Some(Err(why)) = self.avviste.take().map(Avviste::finish) {
            self.broke(&why);
        }
        let exit = Exit::from(self.verdict);
        if let Some(json) = self.json.take() {
            let mut rest = krav_json::summary(&self.counts, self.verdict);
            rest.extend(word.map(|word| ("error".to_owned(), word.into())));
            json.finish(rest);
            return exit;
        }
        print(&counts(&self.counts));
        if self.there_already > 0 {
            let there = self.there_already;
            print(&format!(
                "Of these, {there} had been created before, with the same id and the same content; not created again"
            ));
        }
        if !self.attention.is_empty() {
            let mut rows =
                vec![["  ", "own id", "kravidentifikator", "standing", "reason"].map(str::to_owned).to_vec()];
            self.attention.sort_by_key(|(row, _)| *row);
            rows.extend(self.attention.drain(..).map(|(_, cells)| cells));
            print(&format!("\nNeeds attention:\n{}", table(rows)));
        }
        if self.not_listed > 0 {
            print(&format!("  … and {} more; --json shows all", self.not_listed));
        }
        if let Some(word) = word {
            print(&format!("\n{word}"));
        }
        exit
    }
}
