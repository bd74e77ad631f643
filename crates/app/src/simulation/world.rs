//! What all workers of a schedule share: the time, the service, the journal's disk, and what is to go wrong.

use super::clock::{At, SimClock, Time, Timers};
use super::faults::{Fault, Op, Side};
use super::model_altinn::AltinnService;
use super::model_filing::FilingService;
use super::model_krav::KravService;
use super::planted::Planted;
use super::scenario::Scenario;
use super::sent::{Happened, Reply, Sent, Speaks, What};
use skattebro_domain::{Dokumentreferanse, Timestamp, filing, innsending, krav::machine};
use skattebro_ports::Journal;
use skattebro_ports::fakes::MemoryJournal;
use skattebro_ports::journal::{CaseId, Version};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Everything that is not a worker.
#[derive(Clone)]
pub(super) struct World {
    time: Time,
    inner: Arc<Mutex<Inner>>,
}

pub(super) struct Inner {
    timers: Timers,
    /// What goes wrong, each at the first step from the given one on where it can.
    faults: Vec<(usize, Fault)>,
    /// The steps so far.
    pub(super) steps: Vec<Op>,
    /// What the harness has to do because of a fault.
    pub(super) commands: Vec<Command>,
    /// The clock of each worker.
    pub(super) clocks: Vec<SimClock>,
    pub(super) krav: KravService,
    pub(super) filing: FilingService,
    pub(super) altinn: AltinnService,
    /// When each case saw the return in force last, and which.
    pub(super) gjeldende_seen: HashMap<usize, (Duration, Dokumentreferanse)>,
    pub(super) on_the_way: Vec<(Duration, Sent)>,
    pub(super) happened: Vec<Happened>,
    /// The disk.
    pub(super) journal: MemoryJournal,
    /// Facts that a worker wrote down, or could have if it had not died: they must be in the journal.
    pub(super) told: Vec<(CaseId, u32)>,
    /// At which version each worker parked a case last.
    pub(super) parked: HashMap<(usize, CaseId), Version>,
    pub(super) violations: Vec<String>,
    pub(super) planted: Planted,
    /// Faults that came to pass.
    pub(super) fired: Vec<Fault>,
    pub(super) edition: Speaks,
    pub(super) trace: Option<Vec<String>>,
}

pub(super) enum Command {
    Died(usize),
    Frozen(usize, u64, bool),
    Stop(usize),
    HeartStops(usize, u64),
    Snapshot,
    Disaster(u64),
    Ask,
    ForeignJob,
    /// Something that the journal does only later.
    Later(Duration, Late),
    /// This worker wrote something down, and the owner of the case may be another.
    Stirred(usize),
}

pub(super) type Late = Box<dyn FnOnce(&MemoryJournal) + Send>;

impl World {
    pub(super) fn new(
        scenario: &Scenario,
        faults: Vec<(usize, Fault)>,
        planted: Planted,
        traced: bool,
    ) -> Self {
        let time = Time::default();
        let clock = Arc::new(SimClock::right(time.clone()));
        let inner = Inner {
            timers: Timers::default(),
            faults,
            steps: Vec::new(),
            commands: Vec::new(),
            clocks: Vec::new(),
            krav: KravService::new(scenario.krav),
            filing: FilingService::new(scenario.filing),
            altinn: AltinnService::new(scenario.altinn),
            gjeldende_seen: HashMap::new(),
            on_the_way: Vec::new(),
            happened: Vec::new(),
            journal: MemoryJournal::surviving(clock),
            told: Vec::new(),
            parked: HashMap::new(),
            violations: Vec::new(),
            planted,
            fired: Vec::new(),
            edition: Speaks::Edition(scenario.krav.kind.edition()),
            trace: traced.then(Vec::new),
        };
        Self { time, inner: Arc::new(Mutex::new(inner)) }
    }

    pub(super) fn time(&self) -> &Time {
        &self.time
    }

    pub(super) fn now(&self) -> Duration {
        self.time.now()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// The disk, as it is now.
    pub(super) fn journal(&self) -> MemoryJournal {
        self.lock().journal.clone()
    }

    pub(super) fn say(&self, text: impl FnOnce() -> String) {
        let now = self.now();
        if let Some(trace) = &mut self.lock().trace {
            trace.push(format!("{:>9.1} s  {}", now.as_secs_f64(), text()));
        }
    }

    pub(super) fn violated(&self, text: String) {
        self.say(|| format!("VIOLATION: {text}"));
        self.lock().violations.push(text);
    }

    pub(super) fn wake_at(&self, at: Duration, waker: Waker) {
        self.lock().timers.add(at, waker);
    }

    /// When something happens by itself: somebody wakes, or a request arrives late.
    pub(super) fn next_moment(&self) -> Option<Duration> {
        let inner = self.lock();
        let arrival = inner.on_the_way.iter().map(|(at, _)| *at).min();
        inner.timers.next().into_iter().chain(arrival).min()
    }

    /// Lets it be that time.
    pub(super) fn move_to(&self, now: Duration) {
        self.time.set(now);
        self.arrive();
        let due = self.lock().timers.due(now);
        due.into_iter().for_each(Waker::wake);
    }

    fn arrive(&self) {
        loop {
            let now = self.now();
            let mut inner = self.lock();
            let due = (0..inner.on_the_way.len()).filter(|place| inner.on_the_way[*place].0 <= now);
            let Some(place) = due.min_by_key(|place| inner.on_the_way[*place].0) else { return };
            let (_, sent) = inner.on_the_way.remove(place);
            drop(inner);
            self.say(|| "a request arrives late".into());
            self.act(sent);
        }
    }

    /// A worker touches the world. Answers what goes wrong with that; what goes wrong before it has happened by then.
    pub(super) async fn enter(&self, worker: usize, op: Op) -> Option<Fault> {
        let fault = self.draw(worker, op);
        if let Some(fault) = fault {
            self.say(|| format!("w{worker} {op:?}: {fault:?}"));
        }
        match fault {
            Some(Fault::Crash(Side::Before)) => self.die(worker).await,
            Some(Fault::Freeze(Side::Before, length, suspended)) => {
                self.freeze(worker, length, suspended).await;
                None
            }
            other => other,
        }
    }

    /// It is done, and what goes wrong after it happens.
    pub(super) async fn leave(&self, worker: usize, fault: Option<Fault>) {
        match fault {
            Some(Fault::Crash(Side::After)) => self.die(worker).await,
            Some(Fault::Freeze(Side::After, length, suspended)) => {
                self.freeze(worker, length, suspended).await;
            }
            _ => {}
        }
    }

    /// Lets time pass.
    pub(super) async fn pass(&self, length: Duration) {
        At { world: self.clone(), at: self.now() + length }.await;
    }

    pub(super) async fn sleeps(&self, worker: usize, until: Timestamp) {
        self.say(|| format!("w{worker} sleeps until {until}"));
        self.enter(worker, Op::Sleep).await;
    }

    pub(super) async fn die<T>(&self, worker: usize) -> T {
        self.lock().commands.push(Command::Died(worker));
        std::future::pending().await
    }

    async fn freeze(&self, worker: usize, length: u64, suspended: bool) {
        self.lock().commands.push(Command::Frozen(worker, length, suspended));
        Once(false).await;
    }

    fn draw(&self, worker: usize, op: Op) -> Option<Fault> {
        let mut inner = self.lock();
        let step = inner.steps.len();
        inner.steps.push(op);
        loop {
            let fits = |(from, fault): &(usize, Fault)| *from <= step && fault.fits(op);
            let place = inner.faults.iter().position(fits)?;
            let (_, fault) = inner.faults.remove(place);
            inner.fired.push(fault);
            if !fault.is_beside() {
                return Some(fault);
            }
            let command = match fault {
                Fault::Jump(seconds) => {
                    inner.clocks[worker].jump(seconds);
                    None
                }
                Fault::Stop => Some(Command::Stop(worker)),
                Fault::HeartStops(length) => Some(Command::HeartStops(worker, length)),
                Fault::Snapshot => Some(Command::Snapshot),
                Fault::Disaster(length) => Some(Command::Disaster(length)),
                Fault::Ask => Some(Command::Ask),
                _ => Some(Command::ForeignJob),
            };
            inner.commands.extend(command);
            if let Some(trace) = &mut inner.trace {
                trace.push(format!("             w{worker} {op:?}: {fault:?}"));
            }
        }
    }

    /// A request arrives at the service.
    pub(super) fn act(&self, sent: Sent) -> Reply {
        let now = self.now();
        self.check_speaker(&sent);
        self.check_job(&sent);
        self.check_instance(&sent);
        let mut inner = self.lock();
        let (reply, effect) = match &sent.what {
            What::Krav(_) => inner.krav.act(&sent, now),
            What::Filing(party, act) => {
                let (fact, effect) = inner.filing.act(*party, act, &sent, now);
                (Reply::Filing(fact), effect)
            }
            What::Innsending(of, innsending::Act::Validering(act, konvolutt, instans)) => {
                let validates = inner.begins_validation(sent.case, act, konvolutt, instans.as_ref());
                let (fact, effect) = match validates {
                    Ok(()) => inner.filing.act(of.party, act, &sent, now),
                    Err(failure) => (filing::Fact::Failed(failure), None),
                };
                (Reply::Innsending(innsending::Fact::Validering(fact)), effect)
            }
            What::Innsending(..) => inner.altinn.act(&sent, now),
        };
        if let Some(effect) = &effect {
            inner.happened.push(Happened { by: sent.clone(), effect: effect.clone() });
        }
        drop(inner);
        self.say(|| format!("the service: case {} {:?} → {effect:?} {reply:?}", sent.case, sent.what));
        reply
    }

    pub(super) fn act_late(&self, sent: Sent, at: Duration) {
        self.lock().on_the_way.push((at, sent));
    }

    pub(super) fn look_at_krav(&self, read: &machine::Read) -> machine::Fact {
        self.lock().krav.read(read, self.now())
    }

    pub(super) fn look_at_filing(&self, read: &filing::Read) -> filing::Fact {
        self.lock().filing.read(read, self.now())
    }

    pub(super) fn case_ids(&self) -> HashSet<CaseId> {
        let all = skattebro_ports::journal::Filter::all(100);
        ready(self.journal().list(all)).unwrap().into_iter().map(|case| case.id).collect()
    }
}

pub(super) fn case_id(case: usize) -> CaseId {
    CaseId::from_uuid(case as u128 + 1)
}

/// What a method of a journal in memory answers, which it does at once.
pub(super) fn ready<T>(answer: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(answer).expect("a journal in memory answers at once")
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World at {:?}", self.now())
    }
}

/// Is not ready when it is looked at the first time.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match std::mem::replace(&mut self.0, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
