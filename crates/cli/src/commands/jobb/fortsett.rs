//! `skattebro jobb fortsett`.

use super::show::Gone;
use super::{fail, failed, find, short, show, tell_restored};
use crate::args::jobb::Fortsett;
use crate::commands::bad_input;
use crate::commands::stop::{Stop, stop_at_signals};
use crate::connect::connect_with_lasting_store;
use crate::exit::Exit;
use crate::output::krav::many;
use crate::output::krav_json::{self, JsonList};
use crate::output::krav_progress::Progress;
use crate::output::{complain, print};
use crate::settings::{ApiKind, Settings};
use serde_json::json;
use skattebro::domain::Timestamp;
use skattebro::domain::filing::FilingEnd;
use skattebro::domain::innsending::InnsendingEnd;
use skattebro::domain::krav::machine::Verdict;
use skattebro::ports::journal::{CaseId, CaseState};
use skattebro::{Came, CameTo, CaseError, CaseFlow, CaseView, Cases, Skattebro};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const STOPPING: &str = "stopping: requests under way are finished, nothing new is begun; press Ctrl-C again to end at once. What is not done \
                        stays in the store and goes on another time";

pub(super) async fn run(settings: &Settings, arguments: Fortsett) -> Exit {
    let as_json = arguments.json;
    let bridge = match connect_with_lasting_store(settings, ApiKind::Skattemelding).await {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, as_json),
    };
    go_on(&bridge, arguments).await.unwrap_or_else(|exit| exit)
}

async fn go_on(bridge: &Skattebro, arguments: Fortsett) -> Result<Exit, Exit> {
    let (cases, as_json) = (bridge.cases(), arguments.json);
    tell_restored(&cases, &arguments.restored, as_json).await?;
    let wanted = wanted(bridge, &cases, &arguments).await?;
    let in_trouble = |error| failed(&CaseError::Journal(error), as_json);
    cases.disown_the_dead().await.map_err(in_trouble)?;
    let mut report = Report::new(cases, as_json, !arguments.ids.is_empty());
    for view in &wanted.done {
        report.add(view, Some("nothing is left to do for it"));
    }
    let (stop, signal) = (CancellationToken::new(), Stop::new());
    let signals = tokio::spawn(stop_at_signals(signal.clone(), STOPPING));
    let (said, stopper) = (signal.said(), stop.clone());
    let stopping = tokio::spawn(async move {
        said.await;
        stopper.cancel();
    });
    let (told, mut came) = mpsc::unbounded_channel();
    let runner = bridge.runner().telling(told);
    let working = runner.progress();
    let everything = arguments.ids.is_empty();
    let mut run = std::pin::pin!(async move {
        match everything {
            true => runner.run_what_is_due(stop).await,
            false => runner.run_only(wanted.open, stop).await,
        }
    });
    let mut progress = Progress::of("Cases", as_json);
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    let mut ran = None;
    loop {
        tokio::select! {
            // The channel ends when the run has, and everything was told.
            told = came.recv() => match told {
                Some(told) => report.told(told).await,
                None => break,
            },
            ended = &mut run, if ran.is_none() => ran = Some(ended),
            _ = ticks.tick() => {
                let status = working.status();
                progress.show(&BTreeMap::from([("under way", status.open)]), report.count, None);
            }
        }
    }
    progress.finish();
    signals.abort();
    stopping.abort();
    let ran = match ran {
        Some(ran) => ran,
        None => run.await,
    };
    Ok(report.finish(ran.err().map(|error| error.to_string()), signal.is_said()))
}

/// The cases that were named.
#[derive(Default)]
struct Wanted {
    open: Vec<CaseId>,
    /// Those for which nothing is left to do.
    done: Vec<CaseView>,
}

/// Finds the named cases, and asks those to go on that would not by themselves.
async fn wanted(bridge: &Skattebro, cases: &Cases, arguments: &Fortsett) -> Result<Wanted, Exit> {
    let as_json = arguments.json;
    let mut views = Vec::new();
    // All are looked at before anything is asked: a mistake in one of them stops the command.
    for beginning in &arguments.ids {
        let id = find(cases, beginning, as_json).await?;
        let view = cases.view(&id).await.map_err(|error| failed(&error, as_json))?;
        let (here, there) = (bridge.environment(), &view.summary.environment);
        if here != there {
            let why = format!(
                "case {id} belongs to {there}, and this is {here}: give --profil or --server as they were when it was begun"
            );
            return Err(fail(&why, Exit::BadInput, as_json));
        }
        views.push(view);
    }
    let mut wanted = Wanted::default();
    for view in views {
        let id = view.summary.id.clone();
        if wanted.open.contains(&id) || wanted.done.iter().any(|other| other.summary.id == id) {
            continue;
        }
        if is_done(&view) {
            wanted.done.push(view);
            continue;
        }
        if !matches!(view.summary.state, CaseState::Due(_)) {
            cases.fortsett(&id).await.map_err(|error| failed(&error, as_json))?;
        }
        wanted.open.push(id);
    }
    Ok(wanted)
}

/// Whether going on could change nothing.
fn is_done(view: &CaseView) -> bool {
    match &view.flow {
        CaseFlow::Krav(krav) => krav.verdict() != Verdict::Open && show::has_ended(view),
        CaseFlow::Filing(filing) => matches!(
            filing.end(Timestamp::now()),
            Some(FilingEnd::Validated { .. } | FilingEnd::Superseded { .. } | FilingEnd::JobFailed { .. })
        ),
        CaseFlow::Innsending(innsending) => matches!(
            innsending.end(Timestamp::now()),
            Some(
                InnsendingEnd::Kvittert { .. }
                    | InnsendingEnd::ValidertMedFeil { .. }
                    | InnsendingEnd::GjeldendeEndret { .. }
                    | InnsendingEnd::Infisert { .. }
                    | InnsendingEnd::Borte { .. }
                    | InnsendingEnd::Fremmed { .. }
            )
        ),
    }
}

/// What became of cases. Those that went well are counted and, unless they were named, not listed.
struct Report {
    cases: Cases,
    json: Option<JsonList>,
    lists_all: bool,
    count: u64,
    counts: BTreeMap<String, u64>,
    verdict: Verdict,
    /// Taken up, and not carried to their end.
    left: HashSet<CaseId>,
}

impl Report {
    fn new(cases: Cases, as_json: bool, lists_all: bool) -> Self {
        let json = as_json.then(|| JsonList::of("cases"));
        let (counts, left) = (BTreeMap::new(), HashSet::new());
        Self { cases, json, lists_all, count: 0, counts, verdict: Verdict::Well, left }
    }

    async fn told(&mut self, came: Came) {
        let note = match came.to {
            CameTo::Left => {
                self.left.insert(came.case);
                return;
            }
            CameTo::Rest => None,
            CameTo::Elsewhere => Some("another process has it under way, and goes on with it".to_owned()),
            CameTo::CannotHere(why) => Some(format!("it cannot be done here: {why}")),
        };
        self.left.remove(&came.case);
        self.look_at(&came.case, note.as_deref()).await;
    }

    async fn look_at(&mut self, case: &CaseId, note: Option<&str>) {
        match self.cases.view(case).await {
            Ok(view) => self.add(&view, note),
            Err(error) => {
                complain(&error.to_string());
                self.verdict = Verdict::Open;
            }
        }
    }

    fn add(&mut self, view: &CaseView, note: Option<&str>) {
        let Gone { verdict, mut reasons } = show::gone(view);
        reasons.extend(note.map(str::to_owned));
        self.verdict = self.verdict.max(verdict);
        self.count += 1;
        *self.counts.entry(show::status(&view.summary)).or_default() += 1;
        if let Some(json) = &mut self.json {
            let mut value = show::summary(&view.summary);
            value["verdict"] = krav_json::word(verdict).into();
            value["reasons"] = json!(reasons);
            json.push(&value);
        } else if self.lists_all || verdict != Verdict::Well {
            let summary = &view.summary;
            let status = show::status(summary);
            print(&format!("{}  {}  {}  {status}", short(&summary.id), summary.kind, summary.title));
            reasons.iter().for_each(|reason| print(&format!("  {}", reason.replace(['\n', '\r'], " "))));
        }
    }

    fn finish(mut self, broke: Option<String>, was_stopped: bool) -> Exit {
        let left = self.left.len() as u64;
        if broke.is_some() || left > 0 || was_stopped {
            self.verdict = Verdict::Open;
        }
        let word = match (left, was_stopped) {
            (0, false) => None,
            (0, true) => {
                Some("Stopped. What is still due goes on with the same command, or with a worker.".to_owned())
            }
            (left, true) => Some(format!(
                "Stopped. {} on the way stays in the store and goes on with the same command, or with a worker.",
                many(left, "case")
            )),
            (left, false) => Some(format!(
                "{} not done yet; a worker goes on, or this command when it is due («skattebro jobb list»).",
                many(left, "case")
            )),
        };
        let exit = Exit::from(self.verdict);
        if let Some(json) = self.json.take() {
            let mut rest = krav_json::summary(&self.counts, self.verdict);
            rest.insert("left".to_owned(), left.into());
            rest.extend(word.map(|word| ("stopped".to_owned(), word.into())));
            rest.extend(broke.map(|why| ("error".to_owned(), why.into())));
            json.finish(rest);
            return exit;
        }
        if let Some(why) = broke {
            complain(&why);
        }
        match self.count {
            0 if word.is_none() => print("Nothing is due."),
            0 => {}
            count => {
                let counts: Vec<_> =
                    self.counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
                print(&format!("{}: {}", many(count, "case"), counts.join(", ")));
            }
        }
        if let Some(word) = word {
            print(&word);
        }
        exit
    }
}
