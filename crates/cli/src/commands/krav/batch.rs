//! Carries out many orders, and records what became of each. None is lost from the report, whatever ends the run.

use super::ledger::Ledger;
use super::outcome::{Origin, Outcome, Went};
use crate::output::complain;
use crate::output::krav_progress::Progress;
use futures_util::stream;
use skattebro::domain::krav::Innkrevingsoppdrag;
use skattebro::domain::krav::machine::{Standing, Verdict};
use skattebro::krav::{KravOrder, KravReport, KravService};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

const STOPPED: &str = "not tried: the run was stopped before its turn";

/// Where orders are handed in, from a blocking thread.
pub(super) struct Feed {
    orders: mpsc::Sender<KravOrder>,
    said: mpsc::Sender<Outcome>,
    taken: Arc<Taken>,
}

impl Feed {
    /// Hands in an order. Waits until there is room for it.
    pub(super) fn order(&self, order: KravOrder, origin: Origin) {
        let tag = self.taken.put(origin);
        if self.orders.blocking_send(order.tagged(tag)).is_err()
            && let Some(origin) = self.taken.take(Some(tag))
        {
            self.say(Outcome::not_tried(origin, STOPPED));
        }
    }

    /// Tells of something that is no order.
    pub(super) fn say(&self, outcome: Outcome) {
        // Nobody listens only when the program is ending.
        let _ = self.said.blocking_send(outcome);
    }
}

/// The orders that were handed in and not reported yet.
#[derive(Default)]
struct Taken(Mutex<(u64, HashMap<u64, Origin>)>);

impl Taken {
    fn put(&self, origin: Origin) -> u64 {
        let mut taken = self.lock();
        taken.0 += 1;
        let tag = taken.0;
        taken.1.insert(tag, origin);
        tag
    }

    fn take(&self, tag: Option<u64>) -> Option<Origin> {
        self.lock().1.remove(&tag?)
    }

    fn rest(&self) -> Vec<Origin> {
        let mut rest: Vec<Origin> = self.lock().1.drain().map(|(_, origin)| origin).collect();
        rest.sort_by_key(|origin| origin.row);
        rest
    }

    fn lock(&self) -> MutexGuard<'_, (u64, HashMap<u64, Origin>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries out what `feeder` hands in, on a thread of its own. An order whose origin says what comes `then` is a write-off, and the
/// krav that replaces it is created only after it. Ctrl-C stops after the requests under way; a second one ends the program.
pub(super) async fn carry_out(
    service: &KravService,
    ledger: &mut Ledger,
    quiet: bool,
    total: Option<u64>,
    feeder: impl FnOnce(&Feed) + Send + 'static,
) {
    let taken = Arc::new(Taken::default());
    let (orders, order_queue) = mpsc::channel(16);
    let (said, mut said_queue) = mpsc::channel(64);
    let feed = Feed { orders, said, taken: taken.clone() };
    let feeding = tokio::task::spawn_blocking(move || feeder(&feed));

    let mut run = service.carry_out_all(Box::pin(stream::unfold(order_queue, |mut queue| async {
        queue.recv().await.map(|order| (order, queue))
    })));
    let (later, later_queue) = mpsc::unbounded_channel();
    let mut replacing = service.carry_out_all(Box::pin(stream::unfold(later_queue, |mut queue| async {
        queue.recv().await.map(|order| (order, queue))
    })));
    let mut later = Some(later);

    let (stop, stop_replacing) = (run.stopper(), replacing.stopper());
    let stop_all = move || {
        stop.cancel();
        stop_replacing.cancel();
    };
    let interrupts = tokio::spawn(stop_at_interrupt(stop_all.clone()));
    let mut progress = Progress::new(quiet);
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut saying, mut replaced) = (true, false);
    while saying || later.is_some() || !replaced {
        let outcome = tokio::select! {
            outcome = said_queue.recv(), if saying => match outcome {
                Some(outcome) => outcome,
                None => { saying = false; continue }
            },
            report = run.next(), if later.is_some() => {
                let Some(report) = report else { later = None; continue };
                let mut origin = taken.take(report.tag).unwrap_or_default();
                if let Some(new) = origin.then.take() {
                    record(ledger, &Outcome::reported(old(&origin), report.clone()), &stop_all);
                    match replace(&report, origin, *new, &taken, later.as_ref()) {
                        Some(outcome) => outcome,
                        None => continue,
                    }
                } else {
                    Outcome::reported(origin, report)
                }
            }
            report = replacing.next(), if !replaced => match report {
                Some(report) => Outcome::reported(taken.take(report.tag).unwrap_or_default(), report),
                None => { replaced = true; continue }
            },
            _ = ticks.tick() => {
                let mut counts = run.counts();
                replacing.counts().into_iter().for_each(|(name, count)| *counts.entry(name).or_default() += count);
                progress.show(&counts, ledger.ended(), total);
                continue;
            }
        };
        record(ledger, &outcome, &stop_all);
    }
    progress.finish();
    interrupts.abort();
    for origin in taken.rest() {
        record(ledger, &Outcome::not_tried(origin, STOPPED), &stop_all);
    }
    if feeding.await.is_err() {
        ledger.broke("reading the rows failed inside this program; rows may be missing from the report");
    }
}

fn record(ledger: &mut Ledger, outcome: &Outcome, stop: impl Fn()) {
    if ledger.record(outcome).is_err() {
        stop();
    }
}

/// Where the write-off of a replaced krav comes from.
fn old(origin: &Origin) -> Origin {
    Origin { id: origin.erstatter.clone(), erstatter: None, then: None, ..origin.clone() }
}

/// Hands in the creation of what replaces a krav, if that one was written off; else both might be collected. Otherwise what becomes of
/// it instead.
fn replace(
    old: &KravReport,
    origin: Origin,
    new: Innkrevingsoppdrag,
    taken: &Taken,
    later: Option<&mpsc::UnboundedSender<KravOrder>>,
) -> Option<Outcome> {
    if old.verdict() != Verdict::Well || old.standing() != Standing::WrittenOff {
        let why = "not created, since the krav that it replaces was not written off";
        return Some(Outcome { went: Went::NotTried(why.to_owned(), old.verdict()), origin });
    }
    let tag = taken.put(origin);
    let sent = later.is_some_and(|later| later.send(KravOrder::opprett(new).tagged(tag)).is_ok());
    let why = "not tried: the run was stopped after the krav that it replaces was written off; the same command creates it";
    if sent { None } else { taken.take(Some(tag)).map(|origin| Outcome::not_tried(origin, why)) }
}

async fn stop_at_interrupt(stop: impl Fn()) {
    if tokio::signal::ctrl_c().await.is_ok() {
        complain("stopping before the next requests; press Ctrl-C again to end at once, without a report");
        stop();
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    }
}
