//! One schedule from beginning to end, on one thread, without a runtime: what is woken is polled, and when all wait, time passes.

use super::crew::{State, Task, Worker};
use super::faults::Op;
use super::invariants;
use super::plan::Plan;
use super::planted::Planted;
use super::scenario::{Later, Order};
use super::work::{AnyFlow, Outcome};
use super::world::{Command, Late, World, case_id, ready};
use skattebro_domain::Timestamp;
use skattebro_ports::Journal;
use skattebro_ports::fakes::MemoryJournal;
use skattebro_ports::journal::{CaseId, CaseSummary, Environment, Filter, Version};
use std::cell::RefCell;
use std::collections::HashMap;
use std::task::Poll;
use std::time::Duration;

/// What a schedule came to.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) steps: Vec<Op>,
    pub(super) violations: Vec<String>,
    pub(super) trace: Vec<String>,
    /// How each case ended, in a word.
    pub(super) ends: Vec<String>,
}

/// Something that will happen.
pub(super) enum Event {
    /// A process starts; one of the same machine that has ended is known to have.
    Start(Option<usize>),
    Wake(usize),
    /// The heart beats again.
    Beat(usize),
    /// A beat of a heart that beats hears something.
    Hear(usize),
    Later(Late),
    /// A worker tries again what it could not do.
    Unshun(usize, CaseId),
    Restore,
}

pub(super) struct Run<'p> {
    pub(super) plan: &'p Plan,
    pub(super) world: World,
    pub(super) workers: Vec<Worker>,
    pub(super) tasks: Vec<Task>,
    /// The orders of the cases that were opened.
    pub(super) cases: Vec<Order>,
    events: Vec<(Duration, Event)>,
    later: Vec<Later>,
    backup: Option<(MemoryJournal, Timestamp)>,
    restored: bool,
    has_gone_on: bool,
    pub(super) their_id: Option<skattebro_domain::Kravidentifikator>,
    /// What the records of cases told, at a version.
    folded: RefCell<HashMap<usize, (Version, AnyFlow)>>,
}

/// More than any schedule needs that comes to an end.
const MOMENTS: usize = 20_000;
const DAYS: Duration = Duration::from_secs(4 * 24 * 3600);

pub(super) fn environment() -> Environment {
    "test".parse().unwrap()
}

/// Runs a schedule.
pub(super) fn run(plan: &Plan, traced: bool) -> Ran {
    let world = World::new(&plan.scenario, plan.faults.clone(), plan.planted, traced);
    let mut run = Run {
        plan,
        world,
        workers: Vec::new(),
        tasks: Vec::new(),
        cases: Vec::new(),
        events: Vec::new(),
        later: plan.scenario.later.iter().rev().cloned().collect(),
        backup: None,
        restored: false,
        has_gone_on: false,
        their_id: None,
        folded: RefCell::default(),
    };
    run.begin();
    run.go();
    let ends = invariants::check(&run);
    let mut inner = run.world.lock();
    Ran {
        steps: std::mem::take(&mut inner.steps),
        violations: std::mem::take(&mut inner.violations),
        trace: inner.trace.take().unwrap_or_default(),
        ends,
    }
}

impl Run<'_> {
    fn begin(&mut self) {
        if let Some(there) = self.plan.scenario.there {
            let oppdrag = match there.same {
                true => super::scenario::oppdrag(true),
                false => super::scenario::another_oppdrag(),
            };
            let id = self.world.lock().krav.had_before(oppdrag, Duration::from_secs(24 * 3600));
            self.their_id = Some(id);
        }
        for worker in 0..self.plan.crew {
            self.start(!self.plan.mixed || worker > 0);
        }
        for (place, order) in self.plan.scenario.orders.iter().enumerate() {
            let owner = (self.plan.drives_itself).then_some(place % self.plan.crew);
            self.order(order, owner);
        }
    }

    fn go(&mut self) {
        for moment in 0.. {
            self.poll();
            if self.obey() {
                continue;
            }
            self.let_go();
            if moment > MOMENTS || self.world.now() > DAYS {
                return self.world.violated("it does not come to an end".into());
            }
            let claim = self.next_claim();
            let event = self.events.iter().map(|(at, _)| *at).min();
            let next = self.world.next_moment();
            let Some(at) = event.into_iter().chain(next).chain(claim.map(|(at, _)| at)).min() else {
                if self.goes_on_by_a_person() {
                    continue;
                }
                return;
            };
            self.world.move_to(at.max(self.world.now()));
            // What sleeps first: what hears and what is claimed comes after.
            if next.is_some_and(|next| next <= at) {
                continue;
            }
            if event.is_some_and(|event| event <= at) {
                self.happen();
                continue;
            }
            if let Some((_, worker)) = claim {
                self.claim(worker);
            }
        }
    }

    /// Polls what was woken until all wait.
    fn poll(&mut self) {
        let mut place = 0;
        while place < self.tasks.len() {
            let worker = self.tasks[place].worker;
            if matches!(self.workers[worker].state, State::Frozen { .. }) {
                place += 1;
                continue;
            }
            match self.tasks[place].poll() {
                None => place += 1,
                Some(Poll::Pending) => {
                    if !self.world.lock().commands.is_empty() {
                        return;
                    }
                    place = 0;
                }
                Some(Poll::Ready(outcome)) => {
                    let task = self.tasks.remove(place);
                    self.came_to(&task, outcome);
                    place = 0;
                }
            }
        }
    }

    fn came_to(&mut self, task: &Task, outcome: Outcome) {
        let (worker, case) = (task.worker, task.case);
        self.world.say(|| {
            let how = match &outcome {
                Outcome::Ended(_) => "ended",
                Outcome::Left => "left",
                Outcome::Lost => "lost",
                Outcome::NotHere => "not for this worker",
                Outcome::Unreadable(why) => why,
            };
            format!("w{worker} is done with case {case}: {how}")
        });
        match outcome {
            Outcome::Ended(flow) => invariants::is_what_its_records_tell(self, worker, case, &flow),
            Outcome::Left | Outcome::Lost => {}
            Outcome::NotHere => self.shun(worker, case),
            Outcome::Unreadable(why) => self.world.violated(format!("case {case} cannot be read: {why}")),
        }
        if task.is_followed {
            self.follow(worker, case);
        }
    }

    /// Does what faults demand. Answers whether there was anything.
    fn obey(&mut self) -> bool {
        let commands = std::mem::take(&mut self.world.lock().commands);
        let any = !commands.is_empty();
        for command in commands {
            match command {
                // What a process had yet to suffer ended with it.
                Command::Died(worker)
                | Command::Frozen(worker, ..)
                | Command::Stop(worker)
                | Command::HeartStops(worker, _)
                    if self.workers[worker].state == State::Gone => {}
                Command::Died(worker) => self.dies(worker),
                Command::Frozen(worker, length, suspended) => self.is_frozen(worker, length, suspended),
                Command::Stop(worker) => self.stops(worker),
                Command::HeartStops(worker, length) => {
                    self.heart_stops(worker);
                    self.at(Duration::from_secs(length), Event::Beat(worker));
                }
                Command::Snapshot => {
                    let clock = super::clock::on_the_wall(self.world.now());
                    self.backup = Some((self.world.journal().snapshot(), clock));
                }
                Command::Disaster(length) => self.disaster(length),
                Command::Ask => {
                    self.want_more();
                }
                Command::ForeignJob => {
                    let now = self.world.now();
                    self.world.lock().filing.begin(0, None, false, now);
                }
                Command::Later(at, late) => self.events.push((at, Event::Later(late))),
                Command::Stirred(writer) => self.stir(Some(writer)),
            }
        }
        any
    }

    /// All who work hear at their next beat what somebody else wrote.
    pub(super) fn stir(&mut self, writer: Option<usize>) {
        let mut hearers: Vec<usize> = self.tasks.iter().map(|task| task.worker).collect();
        hearers.dedup();
        for worker in hearers.into_iter().filter(|worker| Some(*worker) != writer) {
            self.at(Duration::from_secs(self.plan.since_beat), Event::Hear(worker));
        }
    }

    pub(super) fn at(&mut self, after: Duration, event: Event) {
        self.events.push((self.world.now() + after, event));
    }

    /// The first thing that is to happen by now happens.
    fn happen(&mut self) {
        let first = self.events.iter().enumerate().min_by_key(|(_, (at, _))| *at);
        let Some((place, _)) = first else { return };
        match self.events.remove(place).1 {
            Event::Start(gone) => {
                if let Some(gone) = gone {
                    ready(self.world.journal().leave(&self.workers[gone].id)).unwrap();
                }
                self.start(true);
            }
            Event::Wake(worker) => self.wakes(worker),
            Event::Beat(worker) => {
                if matches!(self.workers[worker].state, State::Works | State::Stops) {
                    self.beat(worker);
                }
            }
            Event::Hear(worker) if !self.heart_beats(worker) => {}
            Event::Hear(worker) => self.beat(worker),
            Event::Later(late) => {
                self.world.say(|| "the journal writes what it was told before".into());
                late(&self.world.journal());
                self.stir(None);
            }
            Event::Unshun(worker, case) => self.unshun(worker, &case),
            Event::Restore => self.restore(),
        }
    }

    /// The journal is lost, and every process with it.
    fn disaster(&mut self, length: u64) {
        if self.backup.is_none() || self.restored {
            return;
        }
        self.restored = true;
        self.tasks.clear();
        self.events.clear();
        self.world.lock().told.clear();
        for worker in &mut self.workers {
            worker.state = State::Gone;
        }
        self.at(Duration::from_secs(length), Event::Restore);
    }

    fn restore(&mut self) {
        let Some((journal, since)) = self.backup.take() else { return };
        self.world.say(|| format!("a backup of {since} is restored"));
        self.folded.borrow_mut().clear();
        for worker in &self.workers {
            ready(journal.leave(&worker.id)).unwrap();
        }
        self.world.lock().journal = journal;
        if self.plan.planted != Planted::NotToldOfRestore {
            self.tell_restored(since);
        }
        self.start(true);
    }

    /// The user wants the next thing.
    fn want_more(&mut self) -> bool {
        match self.later.pop() {
            None => false,
            Some(Later::Ask(case, ask)) => {
                self.ask_krav(case, &ask);
                true
            }
            Some(Later::Order(order)) => {
                self.order(&order, None);
                true
            }
        }
    }

    /// All is quiet. Answers whether somebody wants something more.
    fn goes_on_by_a_person(&mut self) -> bool {
        if self.want_more() {
            return true;
        }
        let goes_on = self.plan.goes_on && !std::mem::replace(&mut self.has_gone_on, true);
        goes_on && self.let_go_on()
    }

    pub(super) fn went_on(&self) -> bool {
        self.has_gone_on
    }

    pub(super) fn was_restored(&self) -> bool {
        self.restored
    }

    pub(super) fn place(&self, id: &CaseId) -> Option<usize> {
        (0..self.cases.len()).find(|place| case_id(*place) == *id)
    }

    pub(super) fn flow(&self, case: usize) -> Option<AnyFlow> {
        let read = self.world.case(&case_id(case))?;
        let mut folded = self.folded.borrow_mut();
        match folded.get(&case) {
            Some((version, flow)) if *version == read.summary.version => Some(flow.clone()),
            _ => {
                let flow = super::work::folded(&read, self.plan.planted);
                folded.insert(case, (read.summary.version, flow.clone()));
                Some(flow)
            }
        }
    }
}

impl World {
    pub(super) fn summaries(&self) -> Vec<CaseSummary> {
        ready(self.journal().list(Filter::all(100))).unwrap()
    }
}
