//! Runs one krav against the model of the service, with everything that can go wrong in between, and watches every step.

use super::driver::{
    another_oppdrag, failure, hovedstol, lost, not_connected, oppdrag, refused, start, too_many, turned_away,
};
use super::model::{Habits, Kind, Service};
use crate::Timestamp;
use crate::flow::{AttemptNo, Effect, ErrorKind, Failure, Flow, Retry, Step};
use crate::krav::machine::{Act, Ask, Fact, Krav, KravRules, Operation, OperationEnd, Read, Standing, What};
use crate::krav::{Edition, Endring, Innkrevingsoppdrag};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// One course of events.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) habits: Habits,
    pub(super) own_id: bool,
    pub(super) before: Option<Before>,
    /// What is asked after the creation, each so many seconds after the last.
    pub(super) wishes: Vec<(u64, Wish)>,
    /// What goes wrong, each after so many requests and looks that go well.
    pub(super) fates: Vec<(u8, Fate)>,
    /// How long an answer takes.
    pub(super) latency: u64,
    pub(super) deadline: u64,
}

/// Somebody else created a krav with our id, so long before we begin.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub(super) seconds: u64,
    pub(super) same: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Wish {
    Hovedstol(i64),
    Referanse(u8),
    Avskriv,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    RequestLost,
    AnswerLost,
    /// No answer; it acts so many seconds after it was sent.
    Late(u64),
    /// A proxy sends it twice; we get the second answer.
    Twice,
    FailsBefore,
    FailsAfter,
    /// 429, and how long to wait.
    TooMany(u64),
    NotConnected,
    /// 401: our token was bad this once.
    TurnedAway,
    /// 422 by a rule that nobody knows.
    Refused,
    /// Our process dies after it was sent, and resumes from its journal; it acts after so many seconds, or never.
    Crash(Option<u64>),
}

/// Seconds until we give up waiting for an answer.
const PATIENCE: u64 = 10;

/// What the machine was told: all that a journal holds.
#[derive(Debug, Clone)]
enum Told {
    Asked(Ask),
    Begun(AttemptNo, Act),
    Learned(AttemptNo, Fact),
}

#[derive(Debug)]
pub(super) struct Run {
    plan: Plan,
    pub(super) krav: Krav,
    pub(super) service: Service,
    journal: Vec<(Told, Timestamp)>,
    wishes: VecDeque<(Timestamp, Ask)>,
    fates: VecDeque<Fate>,
    now: Timestamp,
    n: AttemptNo,
    /// Requests of changes and of the write-off that nobody knows the effect of: since when, and of which operation.
    unanswered: Vec<(Timestamp, usize)>,
    /// Whether a request of the creation may have acted without our hearing so.
    pub(super) creation_in_doubt: bool,
}

impl Run {
    /// Runs it to its end, and until nothing is on the way any more.
    pub(super) fn of(plan: &Plan) -> Result<Self, TestCaseError> {
        let mut run = Self::new(plan.clone());
        let mut steps = 0;
        while run.step()? {
            steps += 1;
            prop_assert!(steps < 600, "it does not come to an end");
        }
        run.service.until(Timestamp::MAX);
        run.what_is_done_holds()?;
        prop_assert_eq!(&run.krav, &run.replayed(), "it is no more than what it was told");
        Ok(run)
    }

    fn new(plan: Plan) -> Self {
        let mut service = Service::new(plan.habits.clone());
        if let Some(before) = &plan.before {
            let theirs = if before.same { oppdrag() } else { another_oppdrag() };
            service.had_before(theirs, start() - Duration::from_secs(before.seconds));
        }
        let good = |n: u8| std::iter::repeat_n(Fate::Answered, n.into());
        let fates = plan.fates.iter().flat_map(|(n, fate)| good(*n).chain([*fate])).collect();
        let id = oppdrag().oppdragsgivers_kravidentifikator.clone().filter(|_| plan.own_id);
        let oppdrag = Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: id, ..(*oppdrag()).clone() };
        let mut at = start();
        let later = plan.wishes.iter().map(|(seconds, wish)| {
            at += Duration::from_secs(*seconds);
            (at, wish.ask(plan.habits.kind))
        });
        let wishes = [(start(), Ask::Opprett(Arc::new(oppdrag)))].into_iter().chain(later).collect();
        Self {
            krav: blank(&plan),
            service,
            journal: vec![],
            wishes,
            fates,
            now: start(),
            n: AttemptNo(0),
            unanswered: vec![],
            creation_in_doubt: false,
            plan,
        }
    }

    /// One step. `false`: it is over, and nothing more will be asked.
    fn step(&mut self) -> Result<bool, TestCaseError> {
        while let Some((_, ask)) = self.wishes.pop_front_if(|(at, _)| *at <= self.now) {
            self.tell(Told::Asked(ask));
        }
        match self.krav.next(self.now) {
            Step::Act(act) => self.act(act)?,
            Step::Read(read) => self.read(&read)?,
            Step::Wait(until, _) => {
                prop_assert!(until > self.now, "a wait for the past");
                self.now = self.wishes.front().map_or(until, |(at, _)| until.min(*at));
            }
            Step::Person(_) | Step::End => match self.wishes.front() {
                Some((at, _)) => self.now = *at,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    fn act(&mut self, act: Act) -> Result<(), TestCaseError> {
        self.n = self.n.next();
        self.tell(Told::Begun(self.n, act.clone()));
        let of_this = |operation: &Operation| operation.attempts().iter().any(|attempt| attempt.n == self.n);
        let Some(operation) = self.krav.operations().iter().position(of_this) else {
            return Err(TestCaseError::fail(format!("begun, and not written down: {act:?}")));
        };
        self.no_other_is_in_doubt(operation)?;
        let sent = self.now;
        let fate = self.fates.pop_front().unwrap_or(Fate::Answered);
        let fact = match fate {
            Fate::Answered => Some(self.service.act(operation, &act, sent)),
            Fate::Twice => {
                self.service.act(operation, &act, sent);
                Some(self.service.act(operation, &act, sent))
            }
            Fate::AnswerLost => {
                self.service.act(operation, &act, sent);
                Some(lost())
            }
            Fate::FailsAfter => {
                self.service.act(operation, &act, sent);
                Some(Fact::Failed(down()))
            }
            Fate::Late(seconds) => {
                self.service.act_later(operation, act.clone(), sent + Duration::from_secs(seconds));
                Some(lost())
            }
            Fate::Crash(acts) => {
                if let Some(seconds) = acts {
                    self.service.act_later(operation, act.clone(), sent + Duration::from_secs(seconds));
                }
                None
            }
            Fate::RequestLost => Some(lost()),
            Fate::FailsBefore => Some(Fact::Failed(down())),
            Fate::TooMany(seconds) => Some(too_many(seconds)),
            Fate::NotConnected => Some(not_connected()),
            Fate::TurnedAway => Some(turned_away(ErrorKind::Unauthorized, "DAS-008".parse().unwrap())),
            Fate::Refused => Some(refused("noe-nytt")),
        };
        let acts_unheard = matches!(
            fate,
            Fate::Twice | Fate::AnswerLost | Fate::FailsAfter | Fate::Late(_) | Fate::Crash(Some(_))
        );
        self.creation_in_doubt |= matches!(act, Act::Opprett(_)) && acts_unheard;
        let unanswered = fact.as_ref().is_none_or(|fact| *fact == lost() || *fact == Fact::Failed(down()));
        let no_answer_at_all = fact.as_ref().is_none_or(|fact| *fact == lost());
        self.now += Duration::from_secs(if no_answer_at_all { PATIENCE } else { self.plan.latency });
        match fact {
            Some(fact) => self.tell(Told::Learned(self.n, fact)),
            None => self.krav = self.replayed(),
        }
        if unanswered && !matches!(act, Act::Opprett(_)) {
            let since = if matches!(fate, Fate::Crash(_)) { sent } else { self.now };
            self.unanswered.push((since, operation));
        }
        self.service.until(self.now);
        self.what_is_done_holds()
    }

    fn read(&mut self, read: &Read) -> Result<(), TestCaseError> {
        self.n = self.n.next();
        let failed = |failure| Fact::LookFailed(read.clone(), failure);
        let fact = match self.fates.pop_front().unwrap_or(Fate::Answered) {
            Fate::Answered | Fate::Twice | Fate::Late(_) | Fate::Crash(_) => {
                self.service.read(read, self.now)
            }
            Fate::Refused | Fate::TurnedAway => self.service.read(read, self.now),
            Fate::RequestLost | Fate::AnswerLost => {
                failed(failure(ErrorKind::Timeout, Effect::Unknown, Retry::Later(None)))
            }
            Fate::FailsBefore | Fate::FailsAfter => failed(down()),
            Fate::TooMany(seconds) => {
                let Fact::Failed(too_many) = too_many(seconds) else { return Ok(()) };
                failed(too_many)
            }
            Fate::NotConnected => {
                failed(failure(ErrorKind::Unreachable, Effect::NotSent, Retry::Later(None)))
            }
        };
        self.now += Duration::from_secs(self.plan.latency);
        self.tell(Told::Learned(self.n, fact));
        self.what_is_done_holds()
    }

    fn tell(&mut self, told: Told) {
        tell(&mut self.krav, told.clone(), self.now);
        self.journal.push((told, self.now));
    }

    /// A process that resumes knows what the journal holds.
    fn replayed(&self) -> Krav {
        let mut krav = blank(&self.plan);
        for (told, at) in &self.journal {
            tell(&mut krav, told.clone(), *at);
        }
        krav
    }

    /// A different change goes out only when no unanswered one can act any more.
    fn no_other_is_in_doubt(&self, operation: usize) -> Result<(), TestCaseError> {
        let late_action = KravRules::default().late_action;
        for (since, other) in &self.unanswered {
            let over = *since + late_action;
            prop_assert!(
                *other == operation || self.now >= over,
                "operation {operation} goes out at {}, and an unanswered request of {other} may act until {over}",
                self.now
            );
        }
        Ok(())
    }

    /// What is called done holds at the service, unless a later change of its kind took effect.
    fn what_is_done_holds(&self) -> Result<(), TestCaseError> {
        if self.krav.standing() == Standing::WrittenOff {
            prop_assert!(self.service.is_written_off());
        }
        if matches!(self.krav.standing(), Standing::InForce(_)) {
            prop_assert!(!self.service.is_rejected(), "in force, and rejected or about to be");
        }
        for (index, operation) in self.krav.operations().iter().enumerate() {
            let What::Endre(endring) = operation.what() else { continue };
            let is_of_its_kind = |other: &Operation| match other.what() {
                What::Endre(other) => std::mem::discriminant(other) == std::mem::discriminant(endring),
                What::Opprett(_) | What::Avskriv => false,
            };
            let mut took_effect = self.service.took_effect.iter();
            let is_replaced = took_effect
                .any(|(other, _)| *other > index && is_of_its_kind(&self.krav.operations()[*other]));
            if is_done(operation) && !is_replaced {
                prop_assert!(
                    self.service.is_in_force(endring),
                    "{endring:?} is called done and is not in force"
                );
            }
        }
        Ok(())
    }
}

impl Wish {
    fn ask(&self, kind: Kind) -> Ask {
        match self {
            Self::Referanse(n) if kind == Kind::V1 => Ask::Endre(Endring::Referanse(format!("R-{n}"))),
            Self::Referanse(n) => Ask::Endre(hovedstol(100 + i64::from(*n))),
            Self::Hovedstol(kroner) => Ask::Endre(hovedstol(*kroner)),
            Self::Avskriv => Ask::Avskriv,
        }
    }
}

pub(super) fn is_done(operation: &Operation) -> bool {
    operation.end().is_some_and(OperationEnd::is_done)
}

fn blank(plan: &Plan) -> Krav {
    let edition = match plan.habits.kind {
        Kind::V1 => Edition::V1,
        Kind::WithStatus | Kind::WithStatusByTheirId | Kind::WithoutStatus => Edition::Utgave2023,
    };
    let deadline = Duration::from_secs(plan.deadline);
    Krav::new(KravRules { deadline, ..KravRules::default() }, edition.capabilities())
}

fn tell(krav: &mut Krav, told: Told, at: Timestamp) {
    match told {
        Told::Asked(ask) => krav.asked(ask, at).unwrap(),
        Told::Begun(n, act) => krav.begun(n, &act, at, at),
        Told::Learned(n, fact) => krav.learned(n, fact, at),
    }
}

/// 503.
fn down() -> Failure {
    failure(ErrorKind::ServiceFailure, Effect::Unknown, Retry::Later(None))
}
