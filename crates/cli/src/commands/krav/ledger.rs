//! Everything that is printed and written down of what became of krav.

use super::avviste::Avviste;
use super::kvittering::{Key, Kvittering};
use super::outcome::Outcome;
use crate::exit::Exit;
use crate::output::krav::{attention, counts, table};
use crate::output::krav_json::{self, JsonList};
use crate::output::time::local;
use crate::output::{complain, print};
use skattebro::domain::Timestamp;
use skattebro::domain::krav::machine::{Proof, Verdict};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many rows that need attention are listed as text; the rest is counted.
const LISTED: usize = 1000;

/// Keeps count. Memory does not grow with the number of krav.
pub(super) struct Ledger {
    json: Option<JsonList>,
    kvittering: Option<Arc<Kvittering>>,
    is_broken: bool,
    avviste: Option<Avviste>,
    counts: BTreeMap<String, u64>,
    verdict: Verdict,
    /// Whether rows with errors are listed; their findings were printed before.
    lists_bad: bool,
    attention: Vec<(Option<u64>, Vec<String>)>,
    not_listed: u64,
    there_already: u64,
    found_by_id: u64,
    ended: u64,
    /// When the run began.
    began: Timestamp,
    /// How many had been done before that, and the last of them: what it is called, and when.
    done_before: (u64, Option<(String, Timestamp)>),
    /// Whether what is under way outlives the program.
    survives: bool,
    is_stopped: bool,
}

impl Ledger {
    pub(super) fn new(
        as_json: bool,
        kvittering: Option<Kvittering>,
        avviste: Option<Avviste>,
        survives: bool,
    ) -> Self {
        Self {
            json: as_json.then(JsonList::default),
            kvittering: kvittering.map(Arc::new),
            is_broken: false,
            avviste,
            counts: BTreeMap::new(),
            verdict: Verdict::Well,
            lists_bad: true,
            attention: Vec::new(),
            not_listed: 0,
            there_already: 0,
            found_by_id: 0,
            ended: 0,
            began: Timestamp::now(),
            done_before: (0, None),
            survives,
            is_stopped: false,
        }
    }

    /// The run was stopped.
    pub(super) fn stopped(&mut self) {
        self.is_stopped = true;
    }

    /// How many rows were recorded.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    pub(super) fn kvittering(&self) -> Option<Arc<Kvittering>> {
        self.kvittering.clone()
    }

    /// Whether the kvittering could not be written: then nothing more should be sent.
    pub(super) fn is_broken(&mut self) -> bool {
        if let Some(why) = self.kvittering.as_ref().and_then(|kvittering| kvittering.take_failure()) {
            self.broke(&format!("{why}; nothing more is sent"));
            self.is_broken = true;
        }
        self.is_broken
    }

    /// Records what became of a row. `key` is what the kvittering knows it by.
    pub(super) fn record(&mut self, key: Option<Key>, outcome: &Outcome) {
        self.ended += 1;
        self.note(key, outcome);
    }

    /// Records what became of a krav of a row that has another.
    pub(super) fn record_part(&mut self, key: Key, outcome: &Outcome) {
        self.note(Some(key), outcome);
    }

    fn note(&mut self, key: Option<Key>, outcome: &Outcome) {
        let is_whole_file = outcome.origin.row.is_none() && outcome.report().is_none();
        if !is_whole_file {
            *self.counts.entry(outcome.word().to_owned()).or_default() += 1;
        }
        self.verdict = self.verdict.max(outcome.verdict());
        match outcome.weak_proof() {
            Some(Proof::AlreadyThere { .. }) => self.there_already += 1,
            Some(Proof::FoundById) => self.found_by_id += 1,
            _ => {}
        }
        if let Some(kvittering) = &self.kvittering {
            kvittering.ended(key, outcome);
        }
        if let Some(Err(why)) = self.avviste.as_mut().map(|avviste| avviste.write(outcome)) {
            self.broke(&format!("{why}; the file is not put in place"));
            self.avviste = None;
        }
        let done_before = outcome.done_before(self.began);
        if let Some(at) = done_before {
            let name = outcome.own_id().or(outcome.kravidentifikator()).unwrap_or("it").to_owned();
            self.done_before = (self.done_before.0 + 1, Some((name, at)));
        }
        if let Some(json) = &mut self.json {
            json.push(&krav_json::outcome(outcome, done_before));
        } else if outcome.verdict() != Verdict::Well && (self.lists_bad || !outcome.is_bad()) {
            if self.attention.len() < LISTED {
                self.attention.push((outcome.origin.row, attention(outcome)));
            } else {
                self.not_listed += 1;
            }
        }
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

    /// Whether the rows that were refused are written down.
    pub(super) fn keeps_refused(&self) -> bool {
        self.avviste.is_some()
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
            rest.extend(self.goes_on().map(|how| ("stopped".to_owned(), how.into())));
            json.finish(rest);
            return exit;
        }
        print(&counts(&self.counts));
        match &self.done_before {
            (1, Some((name, at))) => print(&format!("{name}: already done {}: nothing was sent", local(*at))),
            (count, Some((_, at))) => print(&format!(
                "Of these, {count} had been done before, one of them {}: nothing was sent for them",
                local(*at)
            )),
            _ => {}
        }
        if self.counts.contains_key("queued") {
            print(
                "What is queued is in the store. A worker carries it out: «skattebro kjoer», or «skattebro jobb fortsett»",
            );
        }
        if self.there_already > 0 {
            let there = self.there_already;
            print(&format!(
                "Of these, {there} had been created before, with the same id and the same content; not created again"
            ));
        }
        if self.found_by_id > 0 {
            let found = self.found_by_id;
            print(&format!(
                "Of these, {found} had a lost answer, and were found by their id; what they hold could not be read back (found-by-id)"
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
        if let Some(word) = word.or(self.goes_on()) {
            print(&format!("\n{word}"));
        }
        exit
    }

    /// How a run that was stopped goes on.
    fn goes_on(&self) -> Option<&'static str> {
        (self.is_stopped && self.survives).then_some(
            "Stopped. What was begun is in the store, and goes on with «skattebro jobb fortsett». To send the rest as well, run the same \
             command again: nothing is sent twice.",
        )
    }
}
