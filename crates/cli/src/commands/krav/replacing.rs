//! Replacements: a krav is written off and another created, as one unit of work.

use super::batch::{Ended, Taken};
use super::kvittering::Kvittering;
use super::outcome::{Origin, Outcome};
use crate::commands::stop::Stop;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use skattebro::domain::krav::machine::{Standing, Verdict};
use skattebro::domain::krav::{Innkrevingsoppdrag, KravId};
use skattebro::krav::{Counts, KravService, Replaced};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many are under way at a time; the service bounds the requests.
const AT_A_TIME: usize = 64;
/// After so many in a row that could not be sent, the rest is not tried.
const ENOUGH: u32 = 20;

/// A krav that shall be written off, and the one that takes its place.
pub(super) struct Replacement {
    pub(super) tag: u64,
    pub(super) old: KravId,
    pub(super) new: Box<Innkrevingsoppdrag>,
}

/// Replacements being carried out. Those that were begun run to their end, whatever stops the run.
pub(super) struct Replacing {
    ended: BoxStream<'static, Ended>,
    under_way: Arc<AtomicU64>,
}

impl Replacing {
    pub(super) fn begin(
        service: &KravService,
        kvittering: Option<Arc<Kvittering>>,
        taken: &Arc<Taken>,
        replacements: impl Stream<Item = Replacement> + Send + 'static,
        stop: &Stop,
    ) -> Self {
        let under_way = Arc::new(AtomicU64::new(0));
        let (service, taken, count) = (service.clone(), taken.clone(), under_way.clone());
        let one = move |replacement: Replacement| {
            let Replacement { tag, old, new } = replacement;
            let mut service = service.clone();
            if let Some(kvittering) = kvittering.clone() {
                service = service.watched_by(taken.watcher(kvittering, Some(tag)));
            }
            let count = count.clone();
            async move {
                count.fetch_add(1, Ordering::Relaxed);
                let replaced = tokio::spawn(async move { service.erstatt(old, *new).await }).await;
                count.fetch_sub(1, Ordering::Relaxed);
                match replaced {
                    Ok(replaced) => Ended::Replacement(tag, Box::new(replaced)),
                    Err(broken) => {
                        let why = format!(
                            "the program broke off while it was under way; look at both krav before anything else: {broken}"
                        );
                        Ended::Broke(tag, why)
                    }
                }
            }
        };
        let ended = replacements.take_until(stop.said()).map(one).buffer_unordered(AT_A_TIME).boxed();
        Self { ended, under_way }
    }

    pub(super) async fn next(&mut self) -> Option<Ended> {
        self.ended.next().await
    }

    pub(super) fn counts(&self) -> Counts {
        Counts::from_iter([("being replaced", self.under_way.load(Ordering::Relaxed))])
    }

    /// Why no more should be begun: nothing gets through at all. `unsent` counts those in a row.
    pub(super) fn why_in_vain(ended: &Ended, unsent: &mut u32) -> Option<String> {
        let Ended::Replacement(_, replaced) = ended else { return None };
        let message = replaced.old.nothing_got_through();
        *unsent = if message.is_some() { *unsent + 1 } else { 0 };
        let message = message.filter(|_| *unsent >= ENOUGH)?;
        Some(format!("not tried, since the last {unsent} could not be sent either: {message}"))
    }
}

/// What became of the old krav, and of the one in its place.
pub(super) fn outcomes(origin: Origin, replaced: Replaced) -> (Outcome, Outcome) {
    let old = Outcome::reported(origin.of_replaced(), replaced.old);
    let Some(report) = replaced.new else {
        let why = "not created, since the krav that it replaces was not written off";
        let verdict = old.verdict();
        return (old, Outcome::left_out(origin, why, verdict));
    };
    let is_written_off = old.verdict() == Verdict::Well && old.standing() == Standing::WrittenOff;
    let what = match report.standing() {
        Standing::NotSent => Some("was not created; the same command creates it"),
        Standing::Refused => Some("was not created"),
        Standing::Rejected(_) | Standing::NotToBeBooked => Some("is not collected"),
        Standing::Sent | Standing::Unproven => Some("may not have been created"),
        Standing::Received | Standing::InForce(_) | Standing::WrittenOff => None,
    };
    let replaced = origin.erstatter.as_deref().unwrap_or_default();
    let note = what
        .filter(|_| is_written_off)
        .map(|what| format!("the krav that it replaces ({replaced}) is written off, and this one {what}"));
    (old, Outcome::reported(origin, report).noted(note))
}
