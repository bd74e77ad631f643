//! `skattebro krav avstem`: what was sent, against what Skatteetaten says it received.

use super::known::{Choice, Known, choose};
use super::look::{AT_A_TIME, FAILURES, not_tried, patiently, tell_unreadable};
use super::paths::all_different;
use super::rows::{Checks, Replaces};
use super::source::Source;
use super::stored::{Besides, Krav};
use super::{connect, csv};
use crate::args::krav::Avstem;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::{counts, difference, many};
use crate::output::krav_json::{self, JsonList};
use crate::output::{complain, print};
use crate::settings::Settings;
use futures_util::StreamExt;
use futures_util::future::ready;
use serde_json::{Value, json};
use skattebro::domain::krav::machine::{Difference, Verdict};
use skattebro::domain::krav::{Edition, Mottaksstatus};
use skattebro::krav::{KravService, Reconciled, Reconciliation};
use skattebro::ports::PortError;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use tempfile::NamedTempFile;

pub(super) async fn run(settings: &Settings, arguments: Avstem) -> Exit {
    let as_json = arguments.service.json;
    let prepare = async || {
        all_different(&[
            ("--kvittering", arguments.chosen.kvittering.as_deref()),
            ("--sendt", arguments.sendt.as_deref()),
            ("--ut", arguments.ut.as_deref()),
        ])?;
        let service = connect(settings)?;
        let choice = match &arguments.sendt {
            Some(path) => sent_rows(path, &arguments, settings.edition.value)?,
            None => choose(&arguments.chosen, settings).await?,
        };
        Ok::<_, String>((service, choice, arguments.ut.as_deref().map(Table::begin).transpose()?))
    };
    let (service, choice, mut table) = match prepare().await {
        Ok(prepared) => prepared,
        Err(why) => return bad_input(&why, as_json),
    };
    let mut verdict = tell_unreadable(&choice);
    if choice.bad_rows > 0 {
        let rows = many(choice.bad_rows, "row");
        complain(&format!(
            "left out, since they have errors and cannot have been sent so: {rows}; see «skattebro krav sjekk»"
        ));
        verdict = verdict.max(Verdict::Wrong);
    }
    let is_all = arguments.sendt.is_none();
    let (krav, total) = choice.krav.into_stream();
    let mut besides = Besides { dead: choice.dead, ..Besides::default() };
    let asked = krav.filter_map(|found| ready(besides.note(found))).map(|known| ask(&service, known, is_all));
    let mut asked = asked.buffered(AT_A_TIME);
    let (mut list, mut tally, mut failures, mut done) = (JsonList::default(), BTreeMap::new(), 0, 0);
    while let Some(compared) = asked.next().await {
        done += 1;
        failures = if compared.has_failed() { failures + 1 } else { 0 };
        verdict = verdict.max(compared.verdict());
        *tally.entry(compared.word().to_owned()).or_default() += 1;
        if as_json {
            list.push(&compared.json());
        } else if compared.word() != "equal" {
            print(&compared.text());
        }
        if let Some(Err(why)) = table.as_mut().map(|table| table.add(&compared)) {
            complain(&why);
            verdict = Verdict::Open;
            table = None;
        }
        if failures >= FAILURES {
            break;
        }
    }
    drop(asked);
    if failures >= FAILURES && total != Some(done) {
        verdict = verdict.max(not_tried(&mut tally, total.map(|total| total - done)));
    }
    if besides.is_not_whole {
        verdict = Verdict::Open;
    }
    if let Some(Err(why)) = table.map(Table::finish) {
        complain(&why);
        verdict = Verdict::Open;
    }
    if as_json {
        list.finish(krav_json::summary(&tally, verdict));
    } else {
        print(&counts(&tally));
        if besides.dead > 0 {
            print(&format!("Left out, since they were rejected when they were created: {}", besides.dead));
        }
    }
    Exit::from(verdict)
}

/// The krav of the file that was sent.
fn sent_rows(path: &Path, arguments: &Avstem, edition: Edition) -> Result<Choice, String> {
    let source = Source::open(path)?;
    let name = source.name.clone();
    let unreadable = |error: std::io::Error| format!("{name} cannot be read: {error}");
    let nothing = |_: &_| Vec::new();
    let checks = Checks::new(source, &arguments.reading, edition, Replaces::Nothing, nothing);
    // A row is known by our id, whatever that looks like.
    let ids: Vec<_> = arguments.chosen.ids.iter().map(|id| id.id(true)).collect();
    let (mut choice, mut sent) = (Choice::default(), Vec::new());
    for row in checks.rows().map_err(unreadable)? {
        let row = row.map_err(unreadable)?;
        let Some(krav) = row.sendable() else {
            choice.bad_rows += u64::from(row.number > 0);
            continue;
        };
        let known = Known::of_row(krav.clone());
        if ids.is_empty() || ids.iter().any(|id| Some(id.as_str()) == known.ours.as_deref()) {
            sent.push(known);
        }
    }
    if sent.is_empty() && choice.bad_rows == 0 {
        return Err(format!("{name} has none of these krav"));
    }
    choice.krav = Krav::Here(sent);
    Ok(choice)
}

/// A krav that was asked for.
struct Compared {
    known: Known,
    answer: Result<Reconciliation, PortError>,
}

async fn ask(service: &KravService, known: Known, is_all: bool) -> Compared {
    let sent = known.sent(is_all);
    let answer = match known.id() {
        Some(id) => patiently(|| service.avstem(&id, &sent)).await,
        None => {
            Ok(Reconciliation { kravidentifikator: None, result: Reconciled::NotTold(None), theirs: None })
        }
    };
    Compared { known, answer }
}

impl Compared {
    fn has_failed(&self) -> bool {
        self.answer.is_err()
    }

    fn word(&self) -> &'static str {
        match &self.answer {
            Ok(answer) => match &answer.result {
                Reconciled::Equal if !self.known.can_be_compared() => "there",
                Reconciled::Equal => "equal",
                Reconciled::Different(_) => "different",
                Reconciled::NotThere => "not-there",
                Reconciled::NotTold(Some(status)) if is_dead(status) => "not-collected",
                Reconciled::NotTold(_) => "not-told",
                Reconciled::NotInThisEdition => "not-in-this-edition",
            },
            Err(_) => "failed",
        }
    }

    fn verdict(&self) -> Verdict {
        match self.word() {
            "equal" | "there" => Verdict::Well,
            "different" | "not-there" | "not-collected" => Verdict::Wrong,
            _ => Verdict::Open,
        }
    }

    fn status(&self) -> Option<&Mottaksstatus> {
        match &self.answer.as_ref().ok()?.result {
            Reconciled::NotTold(status) => status.as_ref(),
            _ => None,
        }
    }

    fn differences(&self) -> &[Difference] {
        match &self.answer {
            Ok(Reconciliation { result: Reconciled::Different(found), .. }) => found,
            _ => &[],
        }
    }

    fn kravidentifikator(&self) -> Option<&str> {
        let told = self.answer.as_ref().ok().and_then(|answer| answer.kravidentifikator.as_ref());
        told.map(|id| id.as_str()).or(self.known.theirs.as_deref())
    }

    /// What can be said besides.
    fn note(&self) -> Option<String> {
        match &self.answer {
            Err(error) => Some(error.with_causes()),
            Ok(answer) => match (&answer.result, &answer.theirs) {
                (Reconciled::NotInThisEdition, _) => {
                    Some("edition 2023 has no reconciliation; use status".to_owned())
                }
                (Reconciled::NotTold(status), _) => status.as_ref().map(|status| status.as_str().to_owned()),
                (Reconciled::Equal, Some(theirs)) if !self.known.can_be_compared() => {
                    let hovedstol =
                        theirs.opprinnelig.as_ref().map(|krav| krav.innhold.hovedstol.to_string());
                    let changes = theirs.endringer.len() + theirs.andre_endringer;
                    let end = if theirs.avskriving.is_some() { ", written off" } else { "" };
                    Some(format!(
                        "received with hovedstol {}, {changes} changes{end}; nothing is known here to compare it with",
                        hovedstol.as_deref().unwrap_or("?")
                    ))
                }
                _ => None,
            },
        }
    }

    fn json(&self) -> Value {
        let differences = self
            .differences()
            .iter()
            .map(|found| json!({"field": found.field, "sent": found.sent, "received": found.received}));
        json!({
            "oppdragsgiversKravidentifikator": self.known.ours,
            "kravidentifikator": self.kravidentifikator(),
            "result": self.word(),
            "mottaksstatus": self.status().map(Mottaksstatus::as_str),
            "differences": differences.collect::<Vec<_>>(),
            "note": self.note(),
        })
    }

    fn text(&self) -> String {
        let ours = self.known.ours.as_deref().unwrap_or("–");
        let mut text = format!("{ours}  {}  {}", self.kravidentifikator().unwrap_or("–"), self.word());
        if let Some(note) = self.note() {
            text.push_str(&format!("  {note}"));
        }
        for found in self.differences() {
            text.push_str(&format!("\n{}", difference(found)));
        }
        text
    }
}

/// Whether it will never be collected, so that there is nothing to reconcile.
fn is_dead(status: &Mottaksstatus) -> bool {
    matches!(status, Mottaksstatus::Valideringsfeil | Mottaksstatus::SkalIkkeReskontrofoeres)
}

/// The file of `--ut`, written under a temporary name.
struct Table<'p> {
    path: &'p Path,
    file: BufWriter<NamedTempFile>,
}

impl<'p> Table<'p> {
    fn begin(path: &'p Path) -> Result<Self, String> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let begin = || {
            let mut file = BufWriter::new(NamedTempFile::new_in(dir)?);
            writeln!(file, "id;kravidentifikator;resultat;felt;sendt;mottatt")?;
            Ok(Self { path, file })
        };
        begin().map_err(|error: std::io::Error| unwritable(path, &error))
    }

    fn add(&mut self, compared: &Compared) -> Result<(), String> {
        let ours = compared.known.ours.as_deref().unwrap_or_default();
        let start = [ours, compared.kravidentifikator().unwrap_or_default(), compared.word()];
        let mut write = |rest: [&str; 3]| writeln!(self.file, "{}", csv::line(&[&start[..], &rest].concat()));
        let written = match compared.differences() {
            [] => write(["", "", ""]),
            found => found.iter().try_for_each(|found| write([found.field, &found.sent, &found.received])),
        };
        written.map_err(|error| unwritable(self.path, &error))
    }

    fn finish(self) -> Result<(), String> {
        let finish = || {
            let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.persist(self.path)?;
            Ok(())
        };
        finish().map_err(|error: std::io::Error| unwritable(self.path, &error))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> String {
    format!("--ut {} cannot be written: {error}", path.display())
}
