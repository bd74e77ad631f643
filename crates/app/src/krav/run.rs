use super::service::KravService;
use super::{KravOrder, KravReport};
use futures_util::{Stream, StreamExt};
use skattebro_domain::Timestamp;
use skattebro_domain::krav::machine::Standing;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{self, JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How many krav stand where, by the word for where they stand ([`Standing::as_str`]).
pub type Counts = BTreeMap<&'static str, u64>;

/// Many orders being carried out. Yields a report as soon as an order has ended, in no particular order.
///
/// Dropping it stops the run before the next request of each krav; what was not reported then is not known to anybody.
#[derive(Debug)]
pub struct KravRun {
    reports: mpsc::Receiver<KravReport>,
    tally: Arc<Tally>,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl KravRun {
    /// The next report; `None` when every order has ended.
    pub async fn next(&mut self) -> Option<KravReport> {
        self.reports.recv().await
    }

    /// How many krav stand where, of all orders that were taken up so far.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Something to stop the run with: no more orders are taken, and no krav makes another request. What is under way is finished, and
    /// every order that was taken is reported.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }
}

impl Stream for KravRun {
    type Item = KravReport;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<KravReport>> {
        self.reports.poll_recv(context)
    }
}

/// Counts krav by where they stand.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

impl Tally {
    pub(super) fn enter(&self, standing: &Standing) {
        *self.lock().entry(standing.as_str()).or_default() += 1;
    }

    pub(super) fn moved(&self, from: &Standing, to: &Standing) {
        let mut counts = self.lock();
        if let Some(count) = counts.get_mut(from.as_str()) {
            *count = count.saturating_sub(1);
        }
        *counts.entry(to.as_str()).or_default() += 1;
    }

    fn counts(&self) -> Counts {
        self.lock().iter().filter(|(_, count)| **count > 0).map(|(name, count)| (*name, *count)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn start<S>(service: KravService, orders: S, max_open: usize) -> KravRun
where
    S: Stream<Item = KravOrder> + Send + 'static,
{
    let (sender, reports) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let tally = Arc::new(Tally::default());
    let run = Run { service, tally: tally.clone(), stop: stop.clone(), sender, outage: Outage::default() };
    tokio::spawn(run.go(Box::pin(orders), max_open.max(1)));
    KravRun { reports, tally, _stop_on_drop: stop.clone().drop_guard(), stop }
}

struct Run {
    service: KravService,
    tally: Arc<Tally>,
    stop: CancellationToken,
    sender: mpsc::Sender<KravReport>,
    outage: Outage,
}

/// How many orders are under way before the first has got through: if none does, the others are not tried in vain.
const FIRST: usize = 16;

impl Run {
    async fn go(mut self, mut orders: Pin<Box<dyn Stream<Item = KravOrder> + Send>>, max_open: usize) {
        let mut open = JoinSet::new();
        let mut taken: HashMap<task::Id, KravOrder> = HashMap::new();
        let mut more = true;
        while more || !open.is_empty() {
            let first = !self.service.getting_through().is_cancelled();
            let room = if first { max_open.min(FIRST) } else { max_open };
            tokio::select! {
                order = orders.next(), if more && open.len() < room && !self.stop.is_cancelled() => match order {
                    Some(order) => self.take(order, &mut open, &mut taken).await,
                    None => more = false,
                },
                Some(ended) = open.join_next_with_id() => {
                    let report = match ended {
                        Ok((id, report)) => {
                            taken.remove(&id);
                            Some(report)
                        }
                        Err(broken) => taken.remove(&broken.id()).map(|order| {
                            self.service.broke_off(order, format!("the program broke off while it was under way: {broken}"))
                        }),
                    };
                    if let Some(report) = report {
                        self.outage.learn(&report, self.service.now());
                        let _ = self.sender.send(report).await; // nobody listens: the run was dropped, and stops
                    }
                }
                () = self.stop.cancelled(), if more => more = false,
                () = self.service.getting_through().cancelled(), if first => {}
            }
        }
    }

    async fn take(
        &mut self,
        order: KravOrder,
        open: &mut JoinSet<KravReport>,
        taken: &mut HashMap<task::Id, KravOrder>,
    ) {
        if let Some(why) = self.outage.turns_away(self.service.now()) {
            let _ = self.sender.send(self.service.not_tried(order, why)).await;
            return;
        }
        let (service, tally, stop) = (self.service.clone(), self.tally.clone(), self.stop.clone());
        let kept = order.clone();
        let task = open.spawn(async move { service.work(order, tally, &stop).await });
        taken.insert(task.id(), kept);
    }
}

/// Notices that nothing gets through at all, so that ten thousand rows need not each find that out.
#[derive(Default)]
struct Outage {
    in_a_row: u32,
    until: Option<Timestamp>,
    why: String,
}

impl Outage {
    const ENOUGH: u32 = 20;
    const PAUSE: Duration = Duration::from_secs(60);

    fn learn(&mut self, report: &KravReport, now: Timestamp) {
        match report.nothing_got_through() {
            Some(message) => {
                self.in_a_row += 1;
                if self.in_a_row >= Self::ENOUGH {
                    self.until = now.checked_add(Self::PAUSE).ok();
                    message.clone_into(&mut self.why);
                }
            }
            // Findings say nothing about the service.
            None if report.krav.operations().iter().all(|operation| operation.end().is_none()) => {}
            None => *self = Self::default(),
        }
    }

    fn turns_away(&self, now: Timestamp) -> Option<String> {
        self.until.filter(|until| now < *until)?;
        Some(format!("not tried, since the last {} could not be sent either: {}", self.in_a_row, self.why))
    }
}
