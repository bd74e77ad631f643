//! Carries out many orders, and records what became of each. None is lost from the report, whatever ends the run.

use super::kvittering::{Kvittering, Watcher};
use super::ledger::Ledger;
use super::outcome::{Origin, Outcome};
use super::replacing::{Replacement, Replacing};
use crate::commands::stop::{Stop, stop_at_signals};
use crate::output::krav_progress::Progress;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use skattebro::krav::{Counts, KravOrder, KravReport, KravRun, KravService, Replaced};
use skattebro::ports::journal::CaseId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

const STOPPED: &str = "not tried: the run was stopped before its turn";
const STOPPING: &str = "stopping: requests under way are finished, nothing new is begun; press Ctrl-C again to end at once, without a report";
/// So many orders are put into the store at a time: it writes what comes together as one.
const QUEUED_AT_A_TIME: usize = 256;

/// Where work is handed in, from a blocking thread.
pub(super) struct Feed {
    work: mpsc::Sender<Work>,
    said: mpsc::Sender<Outcome>,
    taken: Arc<Taken>,
}

/// One unit of work, with its tag.
enum Work {
    Order(u64, KravOrder),
    Replacement(Box<Replacement>),
}

impl Feed {
    /// Hands in an order. Waits until there is room for it.
    pub(super) fn order(&self, order: KravOrder, origin: Origin) {
        self.hand_in(origin, |tag| Work::Order(tag, order));
    }

    /// Hands in a krav that shall be written off and the one that replaces it. Waits until there is room for it.
    pub(super) fn replace(&self, replacement: Replacement, origin: Origin) {
        self.hand_in(origin, |tag| Work::Replacement(Box::new(Replacement { tag, ..replacement })));
    }

    fn hand_in(&self, origin: Origin, work: impl FnOnce(u64) -> Work) {
        let tag = self.taken.put(origin);
        if self.work.blocking_send(work(tag)).is_err()
            && let Some(origin) = self.taken.take(tag)
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

/// What was handed in and not reported yet.
#[derive(Default)]
pub(super) struct Taken(Mutex<(u64, HashMap<u64, Origin>)>);

impl Taken {
    fn put(&self, origin: Origin) -> u64 {
        let mut taken = self.lock();
        taken.0 += 1;
        let tag = taken.0;
        taken.1.insert(tag, origin);
        tag
    }

    fn take(&self, tag: u64) -> Option<Origin> {
        self.lock().1.remove(&tag)
    }

    fn rest(&self) -> Vec<Origin> {
        let mut rest: Vec<Origin> = self.lock().1.drain().map(|(_, origin)| origin).collect();
        rest.sort_by_key(|origin| origin.row);
        rest
    }

    fn lock(&self) -> MutexGuard<'_, (u64, HashMap<u64, Origin>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the record of what is under way. `tag` is that of orders without one.
    pub(super) fn watcher(self: &Arc<Self>, kvittering: Arc<Kvittering>, tag: Option<u64>) -> Arc<Watcher> {
        let taken = self.clone();
        let origin = move |tag| taken.lock().1.get(&tag).cloned();
        Arc::new(Watcher::new(kvittering, tag, Box::new(origin)))
    }
}

/// What became of a unit of work.
pub(super) enum Ended {
    Order(Box<KravReport>),
    Replacement(u64, Box<Replaced>),
    /// It was put into the store.
    Queued(u64, CaseId),
    /// This program broke off while it was under way.
    Broke(u64, String),
}

/// What is being carried out.
pub(super) enum Running {
    Orders(KravRun),
    Replacements(Replacing),
    Queue(BoxStream<'static, Ended>),
}

impl Running {
    async fn next(&mut self) -> Option<Ended> {
        match self {
            Self::Orders(run) => run.next().await.map(|report| Ended::Order(Box::new(report))),
            Self::Replacements(replacing) => replacing.next().await,
            Self::Queue(queue) => queue.next().await,
        }
    }

    fn counts(&self) -> Counts {
        match self {
            Self::Orders(run) => run.counts(),
            Self::Replacements(replacing) => replacing.counts(),
            Self::Queue(_) => Counts::new(),
        }
    }
}

/// What is done with what is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Orders,
    Replacements,
    /// Orders that are only put into the store.
    Queue,
}

impl Kind {
    /// Orders, that are carried out here or put into the store.
    pub(super) fn orders(koe: bool) -> Self {
        if koe { Self::Queue } else { Self::Orders }
    }
}

/// Carries out what `feeder` hands in, on a thread of its own. The first Ctrl-C, SIGTERM or SIGHUP: nothing new is begun, and what is
/// under way is finished: of an order its request, of a replacement the whole.
pub(super) async fn carry_out(
    service: &KravService,
    ledger: &mut Ledger,
    (quiet, kind): (bool, Kind),
    total: Option<u64>,
    feeder: impl FnOnce(&Feed) + Send + 'static,
) {
    let taken = Arc::new(Taken::default());
    let (work, queue) = mpsc::channel(16);
    let (said, mut said_queue) = mpsc::channel(64);
    let feed = Feed { work, said, taken: taken.clone() };
    let feeding = tokio::task::spawn_blocking(move || feeder(&feed));
    let stop = Stop::new();
    let mut running = Some(begin(service, kind, ledger.kvittering(), &taken, queue, &stop));
    let signals = tokio::spawn(stop_at_signals(stop.clone(), STOPPING));
    let mut progress = Progress::new(quiet);
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut saying, mut stopped) = (true, STOPPED.to_owned());
    let mut unsent = 0;
    while saying || running.is_some() {
        tokio::select! {
            outcome = said_queue.recv(), if saying => match outcome {
                Some(outcome) => ledger.record(None, &outcome),
                None => saying = false,
            },
            ended = next(&mut running) => match ended {
                Some(ended) => {
                    if let Some(why) = Replacing::why_in_vain(&ended, &mut unsent) {
                        stopped = why;
                        stop.now();
                    }
                    record(ledger, &taken, ended);
                }
                // What the feeder still hands in comes back to it.
                None => running = None,
            },
            _ = ticks.tick() => {
                let counts = running.as_ref().map(Running::counts).unwrap_or_default();
                progress.show(&counts, ledger.ended(), total);
            }
        }
        if ledger.is_broken() {
            stop.now();
        }
    }
    progress.finish();
    signals.abort();
    if stop.is_said() {
        ledger.stopped();
    }
    for origin in taken.rest() {
        ledger.record(None, &Outcome::not_tried(origin, &*stopped));
    }
    if feeding.await.is_err() {
        ledger.broke("reading the rows failed inside this program; rows may be missing from the report");
    }
}

async fn next(running: &mut Option<Running>) -> Option<Ended> {
    match running {
        Some(running) => running.next().await,
        None => std::future::pending().await,
    }
}

fn begin(
    service: &KravService,
    kind: Kind,
    kvittering: Option<Arc<Kvittering>>,
    taken: &Arc<Taken>,
    mut queue: mpsc::Receiver<Work>,
    stop: &Stop,
) -> Running {
    if kind == Kind::Replacements {
        let replacements = stream::poll_fn(move |context| {
            queue.poll_recv(context).map(|work| match work {
                Some(Work::Replacement(replacement)) => Some(*replacement),
                Some(Work::Order(..)) | None => None, // a feeder hands in one kind
            })
        });
        return Running::Replacements(Replacing::begin(service, kvittering, taken, replacements, stop));
    }
    if kind == Kind::Queue {
        return Running::Queue(put_into_store(service, orders(queue), stop).boxed());
    }
    let mut service = service.clone();
    if let Some(kvittering) = kvittering {
        service = service.watched_by(taken.watcher(kvittering, None));
    }
    let run = service.carry_out_all(orders(queue).map(|(_, order)| order));
    let (stopper, stopping) = (run.stopper(), stop.said());
    tokio::spawn(async move {
        stopping.await;
        stopper.cancel();
    });
    Running::Orders(run)
}

/// Orders with their tags.
fn orders(mut queue: mpsc::Receiver<Work>) -> impl Stream<Item = (u64, KravOrder)> + Send {
    stream::poll_fn(move |context| {
        queue.poll_recv(context).map(|work| match work {
            Some(Work::Order(tag, order)) => Some((tag, order.tagged(tag))),
            Some(Work::Replacement(_)) | None => None,
        })
    })
}

fn put_into_store(
    service: &KravService,
    orders: impl Stream<Item = (u64, KravOrder)> + Send + 'static,
    stop: &Stop,
) -> impl Stream<Item = Ended> + Send + 'static {
    let service = service.clone();
    let one = move |(tag, order)| {
        let service = service.clone();
        async move {
            match service.enqueue(order).await {
                Ok(case) => Ended::Queued(tag, case),
                Err(report) => Ended::Order(Box::new(report)),
            }
        }
    };
    orders.take_until(stop.said()).map(one).buffer_unordered(QUEUED_AT_A_TIME)
}

fn record(ledger: &mut Ledger, taken: &Taken, ended: Ended) {
    let take = |tag| taken.take(tag).unwrap_or_default();
    match ended {
        Ended::Order(report) => {
            let tag = report.tag;
            let origin = tag.map(take).unwrap_or_default();
            ledger.record(tag.map(|tag| (tag, false)), &Outcome::reported(origin, *report));
        }
        Ended::Replacement(tag, replaced) => {
            let (old, new) = super::replacing::outcomes(take(tag), *replaced);
            ledger.record_part((tag, true), &old);
            ledger.record(Some((tag, false)), &new);
        }
        Ended::Queued(tag, case) => ledger.record(None, &Outcome::queued(take(tag), case)),
        Ended::Broke(tag, why) => ledger.record(None, &Outcome::not_tried(take(tag), why)),
    }
}
