//! What users and persons do: they order, ask for more, let go on, and tell of a restored backup.

use super::planted::Planted;
use super::run::{Run, environment};
use super::scenario::Order;
use super::submissions::{Submission, goes_on_when_ordered_again};
use super::work::AnyFlow;
use super::world::{case_id, ready};
use crate::filing::FilingNotation;
use crate::innsending::{INNSENDING, InnsendingNotation};
use crate::journal::{Notation, kind, payload};
use crate::krav::{KRAV, KravNotation};
use skattebro_domain::filing::{self, FilingEnd};
use skattebro_domain::flow::Flow;
use skattebro_domain::innsending::{self, InnsendingEnd};
use skattebro_domain::krav::machine::{self, Krav, Verdict};
use skattebro_domain::krav::{Edition, KravId};
use skattebro_domain::{Digest, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{CaseId, CaseKey, NewAsk, NewCase, Opened, Payload, Recorded};
use std::time::Duration;

impl Run<'_> {
    /// Somebody orders something: a case is opened, or what is asked is asked of the case that is there.
    pub(super) fn order(&mut self, order: &Order, owner: Option<usize>) {
        let new = match order {
            Order::Krav { .. } => self.new_krav(order),
            Order::Filing(_) => self.new_filing(order),
            Order::Innsending(submission) => self.new_innsending(order, submission),
        };
        let (id, fingerprint) = (new.id.clone(), new.fingerprint);
        let owner_id = owner.map(|owner| self.workers[owner].id.clone());
        let opened = ready(self.world.journal().open(vec![NewCase { owner: owner_id, ..new }])).unwrap();
        match opened.into_iter().next() {
            Some(Opened::New(_)) => {
                self.world.say(|| format!("case {} is opened", self.cases.len()));
                self.cases.push(order.clone());
                super::invariants::one_case_a_thing(self);
                if let Some(owner) = owner {
                    let case = self.world.case(&id).unwrap();
                    self.take_up(owner, case, true);
                }
            }
            Some(Opened::Taken(by)) => {
                let is_the_same = by.fingerprint == fingerprint;
                self.world.say(|| format!("there is {} already", by.id));
                if let Some(by) = self.place(&by.id) {
                    self.join(by, order, is_the_same);
                }
            }
            None => unreachable!("one is opened, one is answered"),
        }
    }

    /// What is ordered is asked of the case that is there.
    fn join(&mut self, case: usize, order: &Order, is_the_same: bool) {
        let now = self.right_now();
        match (order, self.flow(case)) {
            (Order::Krav { asks, .. }, _) => {
                for ask in asks {
                    let asked =
                        |flow: &AnyFlow| matches!(flow, AnyFlow::Krav(krav) if krav.has_been_asked(ask));
                    if !self.flow(case).is_some_and(|flow| asked(&flow)) {
                        self.ask_krav(case, ask);
                    }
                }
            }
            (_, Some(AnyFlow::Innsending(innsending)))
                if is_the_same && goes_on_when_ordered_again(&innsending, now) =>
            {
                self.ask(case, &AnyAsk::Innsending(innsending::Ask::Fortsett));
            }
            _ => {}
        }
    }

    fn new_innsending(&self, order: &Order, submission: &Submission) -> NewCase {
        let late_action = self.late_action();
        let content = submission.content(order.filing_content(late_action), late_action);
        let notation = InnsendingNotation::new(content, environment());
        let asks = vec![payload::innsending::write_ask(&submission.ask(&notation), None)];
        let content = payload::innsending::write_content(notation.content());
        let keys = vec![notation.request_key(), notation.party_key()];
        self.new_case(INNSENDING, keys, notation.fingerprint(), content, asks)
    }

    fn new_krav(&self, order: &Order) -> NewCase {
        let Order::Krav { asks, .. } = order else { unreachable!("an order of another kind") };
        let kind_of_service = self.plan.scenario.krav.kind;
        let there = match (order, &self.their_id) {
            (Order::Krav { own_id: true, .. }, Some(_)) => {
                Some(KravId::Oppdragsgivers(super::scenario::OURS.parse().unwrap()))
            }
            (_, theirs) => theirs.clone().map(KravId::Skatteetatens),
        };
        let content = order.krav_content(kind_of_service, self.late_action(), there);
        let notation = KravNotation::new(content, environment());
        let mut flow: Krav = notation.blank();
        for ask in asks {
            flow.asked(ask.clone(), self.right_now()).unwrap();
        }
        let edition = kind_of_service.edition();
        let asks = asks.iter().map(|ask| payload::krav::write_ask(ask, edition, None)).collect();
        let content = payload::krav::write_content(notation.content());
        self.new_case(KRAV, notation.first_keys(&flow), Digest([0; 32]), content, asks)
    }

    fn new_filing(&self, order: &Order) -> NewCase {
        let notation = FilingNotation::new(order.filing_content(self.late_action()), environment());
        let asks = vec![payload::filing::write_ask(&Order::filing_ask(), None)];
        let content = payload::filing::write_content(notation.content());
        let keys = vec![notation.request_key()];
        self.new_case(crate::filing::FILING, keys, notation.fingerprint(), content, asks)
    }

    fn new_case(
        &self,
        word: &str,
        keys: Vec<CaseKey>,
        fingerprint: Digest,
        content: Payload,
        asks: Vec<Payload>,
    ) -> NewCase {
        NewCase {
            id: case_id(self.cases.len()),
            kind: kind(word),
            environment: environment(),
            title: String::new(),
            keys: if self.plan.planted == Planted::NoKravKey { Vec::new() } else { keys },
            fingerprint,
            content,
            asks,
            at: self.right_now(),
            owner: None,
        }
    }

    fn late_action(&self) -> Duration {
        if self.plan.planted == Planted::NoLateAction { Duration::ZERO } else { Duration::from_secs(120) }
    }

    pub(super) fn right_now(&self) -> Timestamp {
        super::clock::on_the_wall(self.world.now())
    }

    /// Something is asked of a krav, by another process.
    pub(super) fn ask_krav(&mut self, case: usize, ask: &machine::Ask) {
        self.ask(case, &AnyAsk::Krav(ask.clone()));
    }

    fn ask(&mut self, case: usize, ask: &AnyAsk) -> bool {
        let at = self.right_now();
        let Some(read) = self.world.case(&case_id(case)) else { return false };
        let can = self.flow(case).is_some_and(|flow| ask.is_possible(flow, at));
        let payload = ask.payload(self.plan.scenario.krav.kind.edition());
        self.world.say(|| format!("case {case} is asked {}: {can}", payload.as_str()));
        if can {
            let version = Some(read.summary.version);
            let ask = NewAsk { case: case_id(case), version, at, payload };
            let recorded = ready(self.world.journal().ask(ask)).unwrap();
            assert!(matches!(recorded, Recorded::New(_)), "nobody came between");
            self.stir(None);
        }
        can
    }

    /// What was given up goes on. Answers whether there was anything.
    pub(super) fn let_go_on(&mut self) -> bool {
        let now = self.right_now();
        let mut any = false;
        for case in 0..self.cases.len() {
            let ask = match self.flow(case) {
                Some(AnyFlow::Krav(krav)) if krav.verdict() == Verdict::Open => {
                    AnyAsk::Krav(machine::Ask::Fortsett { follow: false })
                }
                Some(AnyFlow::Filing(filing)) if is_given_up(filing.end(now).as_ref()) => {
                    AnyAsk::Filing(filing::Ask::Fortsett)
                }
                Some(AnyFlow::Innsending(innsending)) => match innsending.end(now) {
                    Some(InnsendingEnd::Uvisst { .. }) => AnyAsk::Innsending(self.look_in_altinn(case)),
                    Some(end) if end.can_go_on() => AnyAsk::Innsending(innsending::Ask::Fortsett),
                    _ => continue,
                },
                _ => continue,
            };
            any |= self.ask(case, &ask);
        }
        any
    }

    /// A person looks in Altinn whether a return was submitted, and deletes what is open and was not.
    fn look_in_altinn(&self, case: usize) -> innsending::Ask {
        let mut inner = self.world.lock();
        match inner.altinn.is_submitted_for(case, self.world.now()) {
            true => innsending::Ask::Cancel,
            false => {
                inner.altinn.delete_all_of(case);
                innsending::Ask::Fortsett
            }
        }
    }

    /// Every case that is not settled is told that it is a copy.
    pub(super) fn tell_restored(&mut self, since: Timestamp) {
        let unsettled: Vec<CaseId> = self
            .world
            .summaries()
            .into_iter()
            .filter(|case| case.state.as_str() != "settled")
            .map(|case| case.id)
            .collect();
        for id in unsettled {
            let Some(case) = self.place(&id) else { continue };
            let ask = match &self.cases[case] {
                Order::Krav { .. } => AnyAsk::Krav(machine::Ask::Restored { since }),
                Order::Filing(_) => AnyAsk::Filing(filing::Ask::Restored { since }),
                Order::Innsending(_) => AnyAsk::Innsending(innsending::Ask::Restored { since }),
            };
            self.ask(case, &ask);
        }
    }
}

/// What can be asked of a case.
enum AnyAsk {
    Krav(machine::Ask),
    Filing(filing::Ask),
    Innsending(innsending::Ask),
}

impl AnyAsk {
    fn payload(&self, edition: Edition) -> Payload {
        match self {
            Self::Krav(ask) => payload::krav::write_ask(ask, edition, None),
            Self::Filing(ask) => payload::filing::write_ask(ask, None),
            Self::Innsending(ask) => payload::innsending::write_ask(ask, None),
        }
    }

    fn is_possible(&self, of: AnyFlow, at: Timestamp) -> bool {
        match (self, of) {
            (Self::Krav(ask), AnyFlow::Krav(mut krav)) => krav.asked(ask.clone(), at).is_ok(),
            (Self::Filing(ask), AnyFlow::Filing(mut filing)) => filing.asked(ask.clone(), at).is_ok(),
            (Self::Innsending(ask), AnyFlow::Innsending(mut innsending)) => {
                innsending.asked(ask.clone(), at).is_ok()
            }
            _ => false,
        }
    }
}

fn is_given_up(end: Option<&FilingEnd>) -> bool {
    matches!(end, Some(FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. }))
}
