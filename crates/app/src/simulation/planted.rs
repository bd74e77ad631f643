//! Violations of the design's rules that are planted on purpose: the simulation must find each.

use super::sent::lost_why;
use super::world::World;
use crate::journal::Notation;
use crate::journal::payload::Unreadable;
use skattebro_domain::Timestamp;
use skattebro_domain::filing::{self, Filing};
use skattebro_domain::flow::{AttemptNo, Declined, Effect, ErrorKind, Failure, Flow, Retry, Step};
use skattebro_domain::innsending::{self, Innsending};
use skattebro_domain::krav::machine::{self, Krav};
use skattebro_domain::krav::slugs;
use skattebro_ports::journal::{CaseKey, CaseState, Hold, Payload};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planted {
    Nothing,
    /// Rule 1: a request that got no answer is not counted on to act late.
    NoLateAction,
    /// Rule 1: requests are sent whenever, also by a process that was frozen.
    PermitsNeverEnd,
    /// Rule 1: a journal that lets anybody begin.
    NoFence,
    /// Rule 2: a refusal is believed although an earlier request may have acted.
    RefusalsBelieved,
    /// Rule 2: what exists already is taken for ours.
    ExistsIsOurs,
    /// Rule 3: who lost a case cannot write down what it learned.
    FactsOfLosersDropped,
    /// Rule 4: a krav's key is let go before it has ended.
    NoKravKey,
    /// Rule 4: a start takes no key.
    NoJobKey,
    /// Rule 5: no answer is taken for "not sent".
    UnknownForgotten,
    /// Rule 6: any open instance is adopted.
    AnyInstansIsOurs,
    /// Rule 6: the return in force is not looked at again.
    GjeldendeOnce,
    /// Rule 1, of a process: a step that got no answer is taken again at once.
    StepsRepeated,
    /// Rule 7: workers of another edition or without the documents carry cases out.
    AnyWorkerDoes,
    /// Rule 8: nobody says that a backup was restored.
    NotToldOfRestore,
    /// As many intents are written down as there are krav.
    NoWindow,
}

/// A workflow that is told, or says, something else than the one in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bent<F> {
    pub(super) flow: F,
    pub(super) how: Planted,
}

/// What a bent workflow must be able to tell itself.
pub(super) trait Bendable: Flow {
    fn failure(fact: &Self::Fact) -> Option<&Failure>;
    fn failed(failure: Failure) -> Self::Fact;
    /// The attempts of which nobody knows what they did.
    fn unresolved(&self) -> Vec<AttemptNo>;
}

impl Bendable for Krav {
    fn failure(fact: &machine::Fact) -> Option<&Failure> {
        if let machine::Fact::Failed(failure) = fact { Some(failure) } else { None }
    }

    fn failed(failure: Failure) -> machine::Fact {
        machine::Fact::Failed(failure)
    }

    fn unresolved(&self) -> Vec<AttemptNo> {
        let attempts = self.operations().iter().flat_map(machine::Operation::attempts);
        attempts.filter(|attempt| attempt.effect.is_unresolved()).map(|attempt| attempt.n).collect()
    }
}

impl Bendable for Filing {
    fn failure(fact: &filing::Fact) -> Option<&Failure> {
        if let filing::Fact::Failed(failure) = fact { Some(failure) } else { None }
    }

    fn failed(failure: Failure) -> filing::Fact {
        filing::Fact::Failed(failure)
    }

    fn unresolved(&self) -> Vec<AttemptNo> {
        Vec::new()
    }
}

impl Bendable for Innsending {
    fn failure(fact: &innsending::Fact) -> Option<&Failure> {
        if let innsending::Fact::Failed(failure) = fact { Some(failure) } else { None }
    }

    fn failed(failure: Failure) -> innsending::Fact {
        innsending::Fact::Failed(failure)
    }

    fn unresolved(&self) -> Vec<AttemptNo> {
        Vec::new()
    }
}

impl<F: Bendable> Flow for Bent<F> {
    type Ask = F::Ask;
    type Act = F::Act;
    type Read = F::Read;
    type Fact = F::Fact;

    fn asked(&mut self, ask: F::Ask, at: Timestamp) -> Result<(), Declined> {
        self.flow.asked(ask, at)
    }

    fn begun(&mut self, n: AttemptNo, act: &F::Act, at: Timestamp, until: Timestamp) {
        self.flow.begun(n, act, at, until);
    }

    fn learned(&mut self, n: AttemptNo, fact: F::Fact, at: Timestamp) {
        let not_sent = || F::failed(lost_why(ErrorKind::Unreachable, Effect::NotSent, Retry::Later(None)));
        let effect = F::failure(&fact).map(|failure| failure.effect.clone());
        match (self.how, effect) {
            (Planted::RefusalsBelieved, Some(Effect::Refused(_))) => {
                for earlier in self.flow.unresolved().into_iter().filter(|earlier| *earlier != n) {
                    self.flow.learned(earlier, not_sent(), at);
                }
                self.flow.learned(n, fact, at);
            }
            (Planted::UnknownForgotten, Some(Effect::Unknown)) => self.flow.learned(n, not_sent(), at),
            _ => self.flow.learned(n, fact, at),
        }
    }

    fn resumed(&mut self, at: Timestamp) {
        self.flow.resumed(at);
    }

    fn is_news(&self, n: AttemptNo, fact: &F::Fact, at: Timestamp) -> bool {
        self.flow.is_news(n, fact, at)
    }

    fn next(&self, now: Timestamp) -> Step<F::Act, F::Read> {
        self.flow.next(now)
    }
}

/// The notation of a bent workflow, which may be bent itself.
pub(super) struct BentNotation<N> {
    pub(super) notation: N,
    pub(super) how: Planted,
}

impl<F: Bendable, N: Notation<F>> Notation<Bent<F>> for BentNotation<N> {
    fn blank(&self) -> Bent<F> {
        Bent { flow: self.notation.blank(), how: self.how }
    }

    fn read_ask(&self, payload: &Payload) -> Result<F::Ask, Unreadable> {
        self.notation.read_ask(payload)
    }

    fn write_act(&self, act: &F::Act) -> Payload {
        self.notation.write_act(act)
    }

    fn read_act(&self, payload: &Payload, flow: &Bent<F>) -> Result<F::Act, Unreadable> {
        self.notation.read_act(payload, &flow.flow)
    }

    fn write_fact(&self, fact: &F::Fact) -> Payload {
        self.notation.write_fact(fact)
    }

    fn read_fact(&self, payload: &Payload) -> Result<F::Fact, Unreadable> {
        self.notation.read_fact(payload)
    }

    fn takes(&self, act: &F::Act) -> Option<CaseKey> {
        self.notation.takes(act).filter(|_| self.how != Planted::NoJobKey)
    }

    fn holds(&self, flow: &Bent<F>, now: Timestamp) -> Vec<Hold> {
        match self.how {
            Planted::NoKravKey => Vec::new(),
            _ => self.notation.holds(&flow.flow, now),
        }
    }

    fn rests(&self, flow: &Bent<F>, now: Timestamp) -> CaseState {
        self.notation.rests(&flow.flow, now)
    }

    fn status(&self, flow: &Bent<F>, now: Timestamp) -> String {
        self.notation.status(&flow.flow, now)
    }
}

impl World {
    /// What a submission's worker makes of a step that failed.
    pub(super) fn bend_lost_step(&self, failure: Failure) -> Failure {
        let is_bent = self.lock().planted == Planted::StepsRepeated && failure.effect == Effect::Unknown;
        if is_bent { Failure { effect: Effect::NotSent, ..failure } } else { failure }
    }

    /// What a krav's worker makes of an answer.
    pub(super) fn bend_answer(&self, fact: machine::Fact) -> machine::Fact {
        let inner = self.lock();
        let exists = |failure: &Failure| match &failure.effect {
            Effect::Refused(slug) => slugs::short(slug) == slugs::EXISTS_ALREADY,
            _ => false,
        };
        match &fact {
            machine::Fact::Failed(failure) if inner.planted == Planted::ExistsIsOurs && exists(failure) => {
                machine::Fact::Opprettet("00000000-0000-4000-8000-000000000000".parse().unwrap())
            }
            _ => fact,
        }
    }
}
