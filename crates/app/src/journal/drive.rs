//! The one loop that drives every workflow, and writes down what it does.
//!
//! Nothing is sent before its intent is on disk; what was learned is on disk before the next step. A process that dies in between leaves
//! records from which another goes on.

use super::desk::{Desk, HINDERED};
use super::fold::{Folded, Resumed, fold};
use super::notation::Notation;
use super::payload::Unreadable;
use async_trait::async_trait;
use skattebro_domain::filing::DueLook;
use skattebro_domain::flow::{AttemptNo, Flow, Step, WaitingFor};
use skattebro_domain::{Korrelasjonsid, Timestamp};
use skattebro_ports::journal::{
    Begun, Case, CaseId, CaseState, Entry, Fenced, Intent, JournalError, Learned, Look, Parked, Parking,
    Record, Recorded, Source, Version,
};
use skattebro_ports::{Call, Permit};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What does the acts and reads of a workflow, and is told how it goes.
#[async_trait]
pub(crate) trait Hands<F: Flow>: Sync {
    /// Waits until an act can be sent without a queue. A flow that is stopped while it waits has sent nothing.
    async fn turn(&self) -> Turn {
        Turn(Box::new(()))
    }
    /// Whether an act can be sent as things are here; else it [gets ready](Self::get_ready) first.
    fn is_ready(&self, _: &F::Act) -> bool {
        true
    }
    /// Gets what an act needs, such as documents. They are here from then on until something must be waited for.
    async fn get_ready(&self) {}
    /// What to wait for before a look: the others that are due; `None`: nothing.
    fn due_look(&self, _: &F, _: &F::Read, _: Timestamp) -> Option<DueLook> {
        None
    }
    /// Waits until such a look may be made.
    async fn turn_to_look(&self, _: DueLook) -> Turn {
        Turn(Box::new(()))
    }
    /// How long after its intent an act may be sent and answered.
    fn permit(&self, act: &F::Act) -> Duration;
    /// Sends an act. Never fails: a failure is a fact.
    async fn act(&self, call: Call, act: F::Act) -> F::Fact;
    /// Looks at something. Never fails either.
    async fn read(&self, call: Call, read: F::Read) -> F::Fact;
    /// The fact that an act was not sent.
    fn not_sent(&self, why: String) -> F::Fact;
    /// What to ask of the flow when it is stopped; `None`: nothing, it goes on later from the journal.
    fn on_stop(&self) -> Option<F::Ask>;
    /// Something was learned.
    fn learned(&self, flow: &F);
    /// Nothing will be done before then.
    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor);
    /// Something is in the way that is not of this flow's making, and it tries again.
    fn hindered(&self, why: &str);
}

/// The right to send an act, until it is dropped.
pub(crate) struct Turn(#[allow(dead_code)] pub(crate) Box<dyn Send>);

/// How a drive ended.
#[derive(Debug)]
pub(crate) enum Drove<F> {
    /// There is nothing left to do, and the journal says so.
    Ended(F),
    /// It was stopped, or has nothing to do for a long while; the journal knows when it is due.
    Left(F),
    /// Somebody else has it now.
    Lost(F),
    /// The journal holds something that this program cannot read.
    Unreadable(Unreadable),
}

/// How long a flow may wait in memory; with nothing to do for longer, it is left to the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience {
    Endless,
    Until(Duration),
}

/// A case that is being driven.
pub(crate) struct Driver<'d, F: Flow, N> {
    desk: &'d Desk,
    notation: &'d N,
    case: CaseId,
    flow: F,
    version: Version,
    looks: AttemptNo,
    resumed: Option<Resumed>,
    /// The calls of intents of which the journal did not say that they are on disk.
    unsent: Vec<Korrelasjonsid>,
    /// Both clocks when they were looked at last.
    clocks: (Timestamp, Duration),
}

/// Two clocks may drift apart by so much between two steps before somebody must have set one.
const DRIFT: Duration = Duration::from_secs(2);
/// The pause before a key that is held by another case is tried again.
const KEY_TAKEN: Duration = Duration::from_secs(10);
/// How often a fact is offered to a journal that cannot be written, once the drive is stopped or that will not pass by itself.
const LAST_TRIES: u32 = 30;

impl<'d, F: Flow, N: Notation<F>> Driver<'d, F, N>
where
    F::Act: Send + Sync,
    F::Read: Send,
    F::Fact: Send + Sync,
{
    /// A case that this desk has opened itself, with its flow after the first asks.
    pub(crate) fn opened(desk: &'d Desk, notation: &'d N, case: CaseId, flow: F, version: Version) -> Self {
        let (looks, resumed, clocks) = (AttemptNo::default(), None, desk.clocks());
        Self { desk, notation, case, flow, version, looks, resumed, unsent: Vec::new(), clocks }
    }

    /// A case that this desk has claimed.
    pub(crate) fn claimed(desk: &'d Desk, notation: &'d N, case: &Case) -> Result<Self, Unreadable> {
        let clocks = desk.clocks();
        let resumed = Some(Resumed { version: case.summary.version, at: clocks.0 });
        let Folded { flow, version, looks } = fold(notation, case, resumed)?;
        let (case, unsent) = (case.summary.id.clone(), Vec::new());
        Ok(Self { desk, notation, case, flow, version, looks, resumed, unsent, clocks })
    }

    /// As it is now.
    pub(crate) fn flow(&self) -> &F {
        &self.flow
    }

    /// Drives it until it ends or needs a person, or is stopped. An act under way is finished first, since what it does at the other side
    /// must be learned. `stirred` is notified when somebody else wrote to the case.
    pub(crate) async fn drive(
        mut self,
        hands: &impl Hands<F>,
        patience: Patience,
        stop: &CancellationToken,
        stirred: &Notify,
    ) -> Drove<F> {
        let mut stopping = false;
        let mut turn = None;
        loop {
            if stop.is_cancelled() && !stopping {
                stopping = true;
                let Some(ask) = hands.on_stop() else { return self.leave().await };
                if let Err(declined) = self.flow.asked(ask, self.desk.clock.now()) {
                    tracing::debug!(%declined, "stopping");
                }
            }
            self.mind_the_clocks();
            let end = match self.flow.next(self.desk.clock.now()) {
                // The step is asked for again when it can be taken: time has passed, and somebody may have stopped it.
                Step::Act(act) if turn.is_none() => {
                    if !hands.is_ready(&act) {
                        stoppable(stop, stopping, hands.get_ready()).await;
                    }
                    turn = stoppable(stop, stopping, hands.turn()).await;
                    None
                }
                Step::Act(act) => {
                    let end = self.send(act, hands, stop).await;
                    turn = None;
                    end
                }
                Step::Read(read) => match hands.due_look(&self.flow, &read, self.desk.clock.now()) {
                    None => self.look(read, hands, stop, stopping).await,
                    Some(due) => tokio::select! {
                        biased;
                        turn = stoppable(stop, stopping, hands.turn_to_look(due)) => match turn {
                            Some(_turn) => self.look(read, hands, stop, stopping).await,
                            None => None,
                        },
                        () = stirred.notified() => self.reload(hands, stop).await,
                    },
                },
                Step::Wait(until, waiting_for) => {
                    turn = None;
                    hands.waiting(until, waiting_for);
                    let left = Duration::try_from(until.duration_since(self.desk.clock.now()));
                    let is_too_long =
                        matches!((patience, left), (Patience::Until(most), Ok(left)) if left > most);
                    if is_too_long {
                        self.rest_until(until, hands, stop).await
                    } else {
                        tokio::select! {
                            _ = stoppable(stop, stopping, self.desk.clock.sleep_until(until)) => None,
                            () = stirred.notified() => self.reload(hands, stop).await,
                        }
                    }
                }
                Step::Person(_) | Step::End => self.rest(hands, stop).await,
            };
            match end {
                None => {}
                Some(End::Rests) => return Drove::Ended(self.flow),
                Some(End::Left) => return Drove::Left(self.flow),
                Some(End::Lost) => return Drove::Lost(self.flow),
                Some(End::Unreadable(why)) => return Drove::Unreadable(why),
            }
        }
    }

    /// Writes the intent down, sends, and writes down what came of it.
    async fn send(&mut self, act: F::Act, hands: &impl Hands<F>, stop: &CancellationToken) -> Option<End> {
        let korrelasjonsid = self.desk.korrelasjonsid();
        // Before the intent is written: the writing counts.
        let permit = Permit::new(self.desk.clock.clone(), hands.permit(&act));
        let (at, until) = (self.desk.clock.now(), permit.until());
        let intent = Intent {
            case: self.case.clone(),
            version: self.version,
            at,
            until,
            korrelasjonsid: korrelasjonsid.clone(),
            takes: self.notation.takes(&act),
            payload: self.notation.write_act(&act),
        };
        let begun = self.desk.journal.begin(&self.desk.worker, vec![intent]).await;
        let n = match begun.map(|begun| begun.into_iter().next()) {
            Ok(Some(Begun::Permitted(n))) => n,
            Ok(Some(Begun::Fenced(Fenced::Stale(_)))) => return self.reload(hands, stop).await,
            Ok(Some(Begun::Fenced(Fenced::NotOwner)) | None) => return Some(End::Lost),
            Ok(Some(Begun::Fenced(Fenced::KeyTaken(by)))) => {
                hands.hindered(&format!("case {by} has a job under way for the same party; it goes first"));
                self.pause(KEY_TAKEN, stop).await;
                return self.reload(hands, stop).await;
            }
            // Nobody knows whether the intent is on disk, now or in a while; that it was not sent, we do.
            Err(error) => {
                hands.hindered(&error.to_string());
                self.unsent.push(korrelasjonsid);
                self.pause(HINDERED, stop).await;
                return self.reload(hands, stop).await;
            }
        };
        self.version = Version(n.0);
        self.flow.begun(n, &act, at, until);
        let fact = hands.act(Call::new(korrelasjonsid.clone()).under(permit), act).await;
        self.learn(Source::Answer(n), n, fact, Some(korrelasjonsid), hands, stop).await
    }

    async fn look(
        &mut self,
        read: F::Read,
        hands: &impl Hands<F>,
        stop: &CancellationToken,
        stopping: bool,
    ) -> Option<End> {
        let n = AttemptNo(self.looks.0.max(self.version.0) + 1);
        let korrelasjonsid = self.desk.korrelasjonsid();
        let looking = hands.read(Call::new(korrelasjonsid.clone()), read);
        // A look can be dropped at any time. None: it was, because of a stop.
        let fact = stoppable(stop, stopping, looking).await?;
        self.looks = n;
        if self.flow.is_news(n, &fact, self.desk.clock.now()) {
            let look = Look { n, id: korrelasjonsid.clone() };
            return self.learn(Source::Look(look), n, fact, Some(korrelasjonsid), hands, stop).await;
        }
        self.flow.learned(n, fact, self.desk.clock.now());
        hands.learned(&self.flow);
        None
    }

    /// Writes a fact down, however long that takes: what was learned and is lost is a doubt for a person.
    async fn learn(
        &mut self,
        from: Source,
        n: AttemptNo,
        fact: F::Fact,
        korrelasjonsid: Option<Korrelasjonsid>,
        hands: &impl Hands<F>,
        stop: &CancellationToken,
    ) -> Option<End> {
        let at = self.desk.clock.now();
        let learned = Learned {
            case: self.case.clone(),
            from,
            at,
            worker: self.desk.worker.clone(),
            korrelasjonsid,
            payload: self.notation.write_fact(&fact),
        };
        self.flow.learned(n, fact, at);
        let mut tries = 0;
        let recorded = loop {
            match self.desk.journal.learn(vec![learned.clone()]).await {
                Ok(recorded) => break recorded.into_iter().next(),
                Err(error) => {
                    tries += u32::from(stop.is_cancelled() || !error.may_pass());
                    hands.hindered(&error.to_string());
                    if tries > LAST_TRIES {
                        tracing::error!(case = %self.case, %error, "what a call did could not be written down");
                        return Some(End::Lost);
                    }
                    self.desk.pause(HINDERED).await;
                }
            }
        };
        hands.learned(&self.flow);
        match recorded {
            Some(Recorded::New(version)) if version.0 == self.version.0 + 1 => {
                self.version = version;
                None
            }
            // Others wrote to the case as well.
            Some(_) => self.reload(hands, stop).await,
            None => Some(End::Lost),
        }
    }

    async fn rest(&mut self, hands: &impl Hands<F>, stop: &CancellationToken) -> Option<End> {
        let state = self.notation.rests(&self.flow, self.desk.clock.now());
        match self.park(state, false).await {
            Ok(Some(Parked::Yes)) => Some(End::Rests),
            // Somebody asked for more in the meantime.
            Ok(Some(Parked::Fenced(Fenced::Stale(_)))) => self.reload(hands, stop).await,
            Ok(_) => Some(End::Lost),
            Err(error) => {
                hands.hindered(&error.to_string());
                self.pause(HINDERED, stop).await;
                // Nothing is lost: whoever takes it up finds that it has ended.
                (stop.is_cancelled() || !error.may_pass()).then_some(End::Rests)
            }
        }
    }

    /// Leaves it to the journal until then. A case that could not be parked is not left: nobody takes it up as long as this worker lives.
    async fn rest_until(
        &mut self,
        until: Timestamp,
        hands: &impl Hands<F>,
        stop: &CancellationToken,
    ) -> Option<End> {
        match self.park(CaseState::Due(until), false).await {
            Ok(Some(Parked::Yes)) => Some(End::Left),
            Ok(Some(Parked::Fenced(Fenced::Stale(_)))) => self.reload(hands, stop).await,
            Ok(_) => Some(End::Lost),
            Err(error) => {
                hands.hindered(&error.to_string());
                self.pause(HINDERED, stop).await;
                (!error.may_pass()).then_some(End::Lost)
            }
        }
    }

    /// Leaves it to others, since this worker stops.
    async fn leave(mut self) -> Drove<F> {
        let now = self.desk.clock.now();
        let due = if let Step::Wait(until, _) = self.flow.next(now) { until } else { now };
        // If it cannot be parked, it is anybody's as soon as this worker's heart stops.
        match self.park(CaseState::Due(due), false).await {
            Ok(Some(Parked::Yes)) => {}
            other => tracing::debug!(case = %self.case, ?other, "left without parking"),
        }
        Drove::Left(self.flow)
    }

    async fn park(&mut self, state: CaseState, keep: bool) -> Result<Option<Parked>, JournalError> {
        let now = self.desk.clock.now();
        let parking = Parking {
            case: self.case.clone(),
            version: self.version,
            state,
            status: self.notation.status(&self.flow, now),
            holds: self.notation.holds(&self.flow, now),
            keep,
        };
        let parked = self.desk.journal.park(&self.desk.worker, vec![parking]).await?;
        Ok(parked.into_iter().next())
    }

    /// Reads the case again.
    async fn reload(&mut self, hands: &impl Hands<F>, stop: &CancellationToken) -> Option<End> {
        loop {
            let case = match self.load(hands, stop).await {
                Ok(case) => case,
                Err(end) => return end,
            };
            if let Some(end) = self.refold(&case) {
                return Some(end);
            }
            let disowned = self.disown(&case, hands);
            if disowned.is_empty() {
                return None;
            }
            if let Err(error) = self.desk.journal.learn(disowned).await {
                hands.hindered(&error.to_string());
                if !error.may_pass() {
                    return Some(End::Lost);
                }
                self.pause(HINDERED, stop).await;
            }
        }
    }

    /// The facts that intents which turned up on disk after all were never sent.
    fn disown(&self, case: &Case, hands: &impl Hands<F>) -> Vec<Learned> {
        let answered = |n| case.records.iter().any(|record| record.entry == Entry::Answer(n));
        let unsent = |record: &Record| {
            let is_ours = record.korrelasjonsid.as_ref().is_some_and(|id| self.unsent.contains(id));
            is_ours && matches!(record.entry, Entry::Intent { .. })
        };
        let written =
            case.records.iter().zip(1..).filter(|(record, n)| unsent(record) && !answered(AttemptNo(*n)));
        let fact = || {
            hands.not_sent(
                "it was not sent, since the journal did not say in time that it is written down".into(),
            )
        };
        written
            .map(|(record, n)| Learned {
                case: self.case.clone(),
                from: Source::Answer(AttemptNo(n)),
                at: self.desk.clock.now(),
                worker: self.desk.worker.clone(),
                korrelasjonsid: record.korrelasjonsid.clone(),
                payload: self.notation.write_fact(&fact()),
            })
            .collect()
    }

    fn refold(&mut self, case: &Case) -> Option<End> {
        if case.summary.owner.as_ref() != Some(&self.desk.worker) {
            return Some(End::Lost);
        }
        let read = usize::try_from(self.version.0).unwrap_or(usize::MAX);
        let is_anothers = |record: &Record| record.worker.as_ref().is_some_and(|by| *by != self.desk.worker);
        if case.records.iter().skip(read).any(is_anothers) {
            // What another worker learned is dated by its clock; how long that may still act is counted by ours.
            self.resumed = Some(Resumed { version: case.summary.version, at: self.desk.clock.now() });
        }
        match fold(self.notation, case, self.resumed) {
            Ok(folded) => {
                self.flow = folded.flow;
                self.version = folded.version;
                self.looks = self.looks.max(folded.looks);
                None
            }
            Err(why) => Some(End::Unreadable(why)),
        }
    }

    /// Reads the case, as soon as the journal can be read. The error is how the drive ends instead.
    async fn load(&self, hands: &impl Hands<F>, stop: &CancellationToken) -> Result<Case, Option<End>> {
        loop {
            match self.desk.journal.load(&self.desk.worker, &self.case).await {
                Ok(Some(case)) => return Ok(case),
                Ok(None) => return Err(Some(End::Lost)),
                Err(error) => {
                    hands.hindered(&error.to_string());
                    // One that is damaged stays so until a person mends it: whoever asks again is told.
                    if stop.is_cancelled() || !error.may_pass() {
                        return Err(Some(End::Lost));
                    }
                    self.pause(HINDERED, stop).await;
                }
            }
        }
    }

    async fn pause(&self, length: Duration, stop: &CancellationToken) {
        stop.run_until_cancelled(self.desk.pause(length)).await;
    }

    /// A machine that was suspended, or whose clock was set, has lost count of the time.
    fn mind_the_clocks(&mut self) {
        let (wall, steady) = self.desk.clocks();
        let passed = wall.duration_since(self.clocks.0).as_secs_f64();
        let steadily = steady.saturating_sub(self.clocks.1).as_secs_f64();
        self.clocks = (wall, steady);
        if (passed - steadily).abs() > DRIFT.as_secs_f64() {
            self.resumed = Some(Resumed { version: self.version, at: wall });
            self.flow.resumed(wall);
        }
    }
}

/// Why a drive goes no further.
enum End {
    Rests,
    Left,
    Lost,
    Unreadable(Unreadable),
}

async fn stoppable<T>(stop: &CancellationToken, stopping: bool, work: impl Future<Output = T>) -> Option<T> {
    if stopping { Some(work.await) } else { stop.run_until_cancelled(work).await }
}
