//! The krav that are asked for, one after the other: those that are here, or those of the store, a page at a time.

use super::known::Known;
use crate::connect::environment;
use crate::output::complain;
use crate::settings::{ApiKind, Settings};
use crate::store;
use futures_util::stream::{self, BoxStream, StreamExt};
use skattebro::domain::Timestamp;
use skattebro::domain::krav::machine::{self, Operation, OperationEnd, Standing, What};
use skattebro::ports::journal::{CaseSummary, Filter};
use skattebro::{CaseError, CaseFlow, CaseView, Cases};
use std::collections::VecDeque;

/// So many are read at a time.
const PAGE: usize = 200;

/// Where the krav are.
#[derive(Debug)]
pub(super) enum Krav {
    Here(Vec<Known>),
    /// In the store, which is read while they are asked for.
    Stored(Box<Stored>),
}

impl Krav {
    /// One after the other, and how many there are, if that is known.
    pub(super) fn into_stream(self) -> (BoxStream<'static, Found>, Option<u64>) {
        match self {
            Self::Here(known) => {
                let total = known.len() as u64;
                let found = known.into_iter().map(|known| Found::Known(Box::new(known)));
                (stream::iter(found.collect::<Vec<_>>()).boxed(), Some(total))
            }
            Self::Stored(stored) => (stored.into_stream(), None),
        }
    }
}

impl Default for Krav {
    fn default() -> Self {
        Self::Here(Vec::new())
    }
}

/// What was found while the krav were asked for one after the other, besides what is known of them.
#[derive(Debug, Default)]
pub(super) struct Besides {
    pub(super) dead: u64,
    /// Whether some could not be read; that was told.
    pub(super) is_not_whole: bool,
}

impl Besides {
    /// What there is to be asked; the rest is counted, or told.
    pub(super) fn note(&mut self, found: Found) -> Option<Known> {
        match found {
            Found::Known(known) => return Some(*known),
            Found::Dead => self.dead += 1,
            Found::Unreadable(why) => {
                complain(&format!("left out: {why}"));
                self.is_not_whole = true;
            }
            Found::Broken(why) => {
                complain(&format!("{why}; krav may be missing here"));
                self.is_not_whole = true;
            }
        }
        None
    }
}

/// The krav of the store that were sent to this service, for this oppdragsgiver.
#[derive(Debug)]
pub(super) struct Stored {
    cases: Cases,
    filter: Filter,
    oppdragsgiver: Option<String>,
    page: VecDeque<CaseSummary>,
    is_over: bool,
}

/// A krav of the store.
pub(super) enum Found {
    Known(Box<Known>),
    /// It was rejected when it was created.
    Dead,
    /// It cannot be read, and why.
    Unreadable(String),
    /// The store cannot be read, and why: more may be missing.
    Broken(String),
}

impl Stored {
    pub(super) async fn open(settings: &Settings) -> Result<Self, String> {
        let store = store::open_lasting(settings).await.map_err(|why| {
            format!(
                "--alle means every krav of a kvittering file (--kvittering FILE), or of the store: {why}"
            )
        })?;
        let environment = Some(environment(settings, ApiKind::Innkreving).await?);
        Ok(Self {
            cases: Cases::of(store.journal),
            filter: Filter { environment, kind: "krav".parse().ok(), ..Filter::all(PAGE) },
            oppdragsgiver: settings.oppdragsgiver.as_ref().map(|given| given.value.as_str().to_owned()),
            page: VecDeque::new(),
            is_over: false,
        })
    }

    pub(super) fn into_stream(self) -> BoxStream<'static, Found> {
        stream::unfold(self, |mut stored| async move { stored.next().await.map(|found| (found, stored)) })
            .boxed()
    }

    async fn next(&mut self) -> Option<Found> {
        loop {
            let Some(summary) = self.page.pop_front() else {
                if self.is_over {
                    return None;
                }
                match self.cases.list(self.filter.clone()).await {
                    Ok(page) => {
                        self.is_over = page.len() < PAGE;
                        self.filter.after = page.last().map(|case| case.id.clone());
                        self.page = page.into();
                    }
                    Err(error) => {
                        self.is_over = true;
                        return Some(Found::Broken(error.to_string()));
                    }
                }
                continue;
            };
            match self.cases.view(&summary.id).await {
                Ok(view) if view.oppdragsgiver != self.oppdragsgiver => {}
                Ok(view) => {
                    let CaseFlow::Krav(krav) = &view.flow else { continue };
                    if !exists(krav) {
                        continue;
                    }
                    return Some(match krav.standing() {
                        Standing::Rejected(_) | Standing::NotToBeBooked => Found::Dead,
                        _ => Found::Known(Box::new(known(&view, krav))),
                    });
                }
                Err(CaseError::NoCase(_)) => {}
                Err(CaseError::Journal(error)) => {
                    self.is_over = true;
                    self.page.clear();
                    return Some(Found::Broken(error.to_string()));
                }
                Err(error) => return Some(Found::Unreadable(error.to_string())),
            }
        }
    }
}

/// Whether there is, or may be, such a krav at Skatteetaten by what was sent.
fn exists(krav: &machine::Krav) -> bool {
    match creation(krav) {
        Some(creation) => match creation.end() {
            Some(OperationEnd::Done(_) | OperationEnd::Unproven { .. }) => true,
            Some(_) => false,
            None => krav.kravidentifikator().is_some(),
        },
        None => krav.operations().iter().any(|operation| operation.end().is_some_and(OperationEnd::is_done)),
    }
}

fn creation(krav: &machine::Krav) -> Option<&Operation> {
    krav.operations().first().filter(|first| matches!(first.what(), What::Opprett(_)))
}

fn known(view: &CaseView, krav: &machine::Krav) -> Known {
    let done =
        || krav.operations().iter().filter(|operation| operation.end().is_some_and(OperationEnd::is_done));
    let oppdrag = creation(krav).and_then(|creation| match creation.what() {
        What::Opprett(oppdrag) => Some((**oppdrag).clone()),
        _ => None,
    });
    Known {
        ours: krav.oppdragsgivers_kravidentifikator().map(|id| id.as_str().to_owned()),
        theirs: krav.kravidentifikator().map(|id| id.as_str().to_owned()),
        created: created(view, krav),
        is_dead: false,
        oppdrag,
        endringer: done()
            .filter_map(|operation| match operation.what() {
                What::Endre(endring) => Some(endring.clone()),
                _ => None,
            })
            .collect(),
        avskrevet: done().any(|operation| *operation.what() == What::Avskriv),
    }
}

/// When the creation was answered; if that answer was lost, when the last request of it was begun.
fn created(view: &CaseView, krav: &machine::Krav) -> Option<Timestamp> {
    let creation = creation(krav).filter(|creation| creation.end().is_some_and(OperationEnd::is_done))?;
    let last = creation.attempts().last()?;
    let answer = view.history.iter().find(|happened| happened.what == skattebro::What::Answered(last.n));
    Some(answer.map_or(last.begun, |answer| answer.at))
}
