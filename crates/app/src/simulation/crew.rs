//! The processes of a schedule: they start, claim, freeze, die and start again.

use super::clock::{SimClock, Time};
use super::faulty_journal::FaultyJournal;
use super::hands::{PERMIT, SimHands};
use super::planted::Planted;
use super::run::{Event, Run};
use super::work::{Drive, Job, speaks};
use super::world::ready;
use crate::journal::{Desk, Patience};
use crate::krav::{KRAV, Window};
use skattebro_ports::Journal;
use skattebro_ports::journal::{Case, CaseId, CaseState, CaseSummary, Claim, WorkerId};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// The calls that Skatteetaten allows at a time.
const CALLS: usize = 5;
/// How long a worker counts as alive after its last beat, at most and at least.
const ALIVE_FOR: u64 = 15;
/// A heart that beats is not beaten in steps: it is alive for ever, until something happens to it.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// The same as of the runner.
const SHUN: Duration = Duration::from_secs(5 * 60);
const PATIENCE: Duration = Duration::from_secs(5 * 60);

pub(super) struct Worker {
    pub(super) id: WorkerId,
    desk: Arc<Desk>,
    pub(super) clock: SimClock,
    pub(super) state: State,
    /// When its heart stops; none while it beats.
    alive_until: Option<Duration>,
    shunned: HashSet<CaseId>,
    is_able: bool,
    stop: CancellationToken,
    window: Arc<Window>,
    slots: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Works,
    Frozen { since: Duration, suspended: bool },
    Stops,
    Gone,
}

pub(super) struct Task {
    pub(super) worker: usize,
    pub(super) case: usize,
    drive: Drive,
    woken: Arc<Woken>,
    pub(super) stirred: Arc<Notify>,
    /// Whether the case was claimed again while this had it.
    pub(super) is_followed: bool,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Task {
    /// What it comes to, if it was woken and comes to an end now.
    pub(super) fn poll(&mut self) -> Option<Poll<super::work::Outcome>> {
        if !self.woken.0.swap(false, Relaxed) {
            return None;
        }
        let waker = Waker::from(self.woken.clone());
        Some(self.drive.as_mut().poll(&mut Context::from_waker(&waker)))
    }

    pub(super) fn wake(&self) {
        self.woken.0.store(true, Relaxed);
    }
}

impl Run<'_> {
    /// A process is started. Each is another worker.
    pub(super) fn start(&mut self, is_able: bool) -> usize {
        let worker = self.workers.len();
        let time: Time = self.world.time().clone();
        let clock = SimClock::right(time);
        if let Some(ahead) = self.plan.ahead.get(worker) {
            clock.jump(*ahead);
        }
        self.world.lock().clocks.push(clock.clone());
        let id: WorkerId = format!("w{worker}").parse().unwrap();
        let journal = Arc::new(FaultyJournal { world: self.world.clone(), worker });
        let desk_clock = Arc::new(clock.of_worker(self.world.clone(), worker));
        let desk = Arc::new(Desk::named(id.clone(), journal, desk_clock));
        let window = Window::new(desk.clock.clone(), PERMIT);
        window.allow(self.plan.window);
        let (window, slots) = (Arc::new(window), Arc::new(Semaphore::new(CALLS)));
        let (shunned, stop) = (HashSet::new(), CancellationToken::new());
        let state = State::Works;
        let alive_until = None;
        self.workers.push(Worker {
            id,
            desk,
            clock,
            state,
            alive_until,
            shunned,
            is_able,
            stop,
            window,
            slots,
        });
        self.beat(worker);
        self.world.say(|| format!("w{worker} starts"));
        worker
    }

    /// The heart beats from now on, and hears what was written by others.
    pub(super) fn beat(&mut self, worker: usize) {
        let heard = ready(self.world.journal().beat(&self.workers[worker].id, FOR_EVER)).unwrap();
        self.workers[worker].alive_until = None;
        for task in self.tasks.iter().filter(|task| task.worker == worker) {
            let case = super::world::case_id(task.case);
            let is_lost = heard.still.as_ref().is_some_and(|still| !still.contains(&case));
            if is_lost || heard.stirred.contains(&case) {
                task.stirred.notify_one();
            }
        }
    }

    /// It beat for the last time some moments ago.
    pub(super) fn heart_stops(&mut self, worker: usize) {
        let left = Duration::from_secs(ALIVE_FOR - self.plan.since_beat.min(3));
        if self.workers[worker].alive_until.is_none() {
            ready(self.world.journal().beat(&self.workers[worker].id, left)).unwrap();
            self.workers[worker].alive_until = Some(self.world.now() + left);
        }
    }

    pub(super) fn dies(&mut self, worker: usize) {
        super::invariants::few_are_in_doubt(self, worker);
        self.tasks.retain(|task| task.worker != worker);
        self.heart_stops(worker);
        self.workers[worker].state = State::Gone;
        let restart = Duration::from_secs(self.plan.restart);
        self.at(restart, Event::Start(self.plan.leaves.then_some(worker)));
    }

    pub(super) fn is_frozen(&mut self, worker: usize, length: u64, suspended: bool) {
        self.heart_stops(worker);
        self.workers[worker].state = State::Frozen { since: self.world.now(), suspended };
        self.at(Duration::from_secs(length), Event::Wake(worker));
    }

    pub(super) fn wakes(&mut self, worker: usize) {
        let State::Frozen { since, suspended } = self.workers[worker].state else { return };
        self.world.say(|| format!("w{worker} wakes"));
        let is_stopping = self.workers[worker].stop.is_cancelled();
        self.workers[worker].state = if is_stopping { State::Stops } else { State::Works };
        if suspended {
            self.workers[worker].clock.stood_still(self.world.now() - since);
        }
        self.tasks.iter().filter(|task| task.worker == worker).for_each(Task::wake);
        self.at(Duration::ZERO, Event::Beat(worker));
    }

    pub(super) fn stops(&mut self, worker: usize) {
        if self.workers[worker].state == State::Works {
            self.workers[worker].state = State::Stops;
        }
        self.workers[worker].stop.cancel();
    }

    /// A worker that was told to stop and has nothing under way any more goes.
    pub(super) fn let_go(&mut self) {
        for worker in 0..self.workers.len() {
            let is_done = !self.tasks.iter().any(|task| task.worker == worker);
            if self.workers[worker].state == State::Stops && is_done {
                self.world.say(|| format!("w{worker} is gone"));
                ready(self.world.journal().leave(&self.workers[worker].id)).unwrap();
                self.workers[worker].state = State::Gone;
                let restart = Duration::from_secs(self.plan.restart);
                self.at(restart, Event::Start(None));
            }
        }
    }

    pub(super) fn heart_beats(&self, worker: usize) -> bool {
        let of = &self.workers[worker];
        of.alive_until.is_none() && matches!(of.state, State::Works | State::Stops)
    }

    fn lives(&self, worker: &WorkerId) -> bool {
        self.free_at(worker).is_none_or(|at| self.world.now() < at)
    }

    /// When what it owns is anybody's.
    fn free_at(&self, worker: &WorkerId) -> Option<Duration> {
        self.workers.iter().find(|other| other.id == *worker)?.alive_until
    }

    /// The next claim: when, and by whom.
    pub(super) fn next_claim(&self) -> Option<(Duration, usize)> {
        let cases = self.world.summaries();
        cases.iter().filter_map(|case| self.next_claim_of(case)).min_by_key(|(at, _)| *at)
    }

    fn next_claim_of(&self, case: &CaseSummary) -> Option<(Duration, usize)> {
        let CaseState::Due(due) = case.state else { return None };
        let free = match &case.owner {
            None => Duration::ZERO,
            Some(owner) => self.free_at(owner)?,
        };
        let lag = Duration::from_secs(self.plan.claim_lag);
        let count = self.workers.len();
        let order = (0..count).map(|place| (place + self.plan.first_claims) % count);
        let claims = order.filter_map(|worker| {
            let of = &self.workers[worker];
            let may = of.state == State::Works && of.alive_until.is_none() && !of.shunned.contains(&case.id);
            let until_due = due.duration_since(super::clock::on_the_wall(Duration::ZERO)).as_secs_f64();
            let due = Duration::from_secs_f64((until_due - of.clock.ahead() as f64).max(0.0));
            may.then(|| (due.max(free + lag).max(self.world.now()), worker))
        });
        claims.min_by_key(|(at, _)| *at)
    }

    /// A worker looks for something to do.
    pub(super) fn claim(&mut self, worker: usize) {
        let of = &self.workers[worker];
        let claim = Claim {
            worker: of.id.clone(),
            max: 32,
            environment: super::run::environment(),
            only: None,
            except: of.shunned.iter().cloned().collect(),
            now: skattebro_ports::Clock::now(&of.clock),
        };
        let claimed = ready(self.world.journal().claim(claim)).unwrap();
        for case in claimed.cases {
            self.world.say(|| format!("w{worker} claims {}", case.summary.id));
            self.take_up(worker, case, false);
        }
    }

    pub(super) fn take_up(&mut self, worker: usize, case: Case, is_fresh: bool) {
        let Some(place) = self.place(&case.summary.id) else { return };
        let taken = self.tasks.iter_mut().find(|task| task.worker == worker && task.case == place);
        if let Some(task) = taken {
            // It has lost the case and may not know it yet; as the runner does it, it is told to look, and somebody goes on after it.
            task.stirred.notify_one();
            task.is_followed = true;
            return;
        }
        let of = &self.workers[worker];
        let planted = self.plan.planted;
        let is_krav = case.summary.kind.as_str() == KRAV;
        let hands = SimHands {
            world: self.world.clone(),
            worker,
            case: place,
            of: self.cases[place].of(),
            speaks: speaks(&case, of.is_able),
            latency: Duration::from_millis(self.plan.latency),
            window: (is_krav && planted != Planted::NoWindow).then(|| of.window.clone()),
            slots: of.slots.clone(),
        };
        let stirred = Arc::new(Notify::new());
        let patience = if self.plan.endless { Patience::Endless } else { Patience::Until(PATIENCE) };
        let (desk, stop, is_able) = (of.desk.clone(), of.stop.clone(), of.is_able);
        let stirring = stirred.clone();
        let job = Job { desk, case, hands, patience, stop, stirred: stirring, is_able, is_fresh, planted };
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let is_followed = false;
        self.tasks.push(Task { worker, case: place, drive: job.drive(), woken, stirred, is_followed });
    }

    /// A task ended that another was to follow: that one reads the case, and does it if it is still this worker's.
    pub(super) fn follow(&mut self, worker: usize, case: usize) {
        let id = super::world::case_id(case);
        let read = ready(self.world.journal().load(&self.workers[worker].id, &id)).unwrap();
        if let Some(case) = read.filter(|case| case.summary.owner.as_ref() == Some(&self.workers[worker].id))
        {
            self.take_up(worker, case, false);
        }
    }

    /// A case that this worker cannot do is left to others for a while.
    pub(super) fn shun(&mut self, worker: usize, case: usize) {
        let id = super::world::case_id(case);
        ready(self.world.journal().give_back(&self.workers[worker].id, vec![id.clone()])).unwrap();
        self.workers[worker].shunned.insert(id.clone());
        self.at(SHUN, Event::Unshun(worker, id));
    }

    pub(super) fn unshun(&mut self, worker: usize, case: &CaseId) {
        self.workers[worker].shunned.remove(case);
    }

    /// Cases with something to do that nobody does and nobody can take: their owner lives, and has forgotten them.
    pub(super) fn orphans(&self) -> Vec<CaseId> {
        let is_orphan = |case: &CaseSummary| match (&case.state, &case.owner) {
            (CaseState::Due(_), Some(owner)) => self.lives(owner),
            _ => false,
        };
        self.world.summaries().into_iter().filter(is_orphan).map(|case| case.id).collect()
    }
}
