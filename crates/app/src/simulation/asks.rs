//! What users and persons do: they order, ask for more, let go on, and tell of a restored backup.

use super::planted::Planted;
use super::run::{Run, environment};
use super::scenario::Order;
use super::work::AnyFlow;
use super::world::{case_id, ready};
use crate::filing::FilingNotation;
use crate::journal::{Notation, kind, payload};
use crate::krav::{KRAV, KravNotation};
use skattebro_domain::filing::{self, Filing, FilingEnd};
use skattebro_domain::flow::Flow;
use skattebro_domain::krav::KravId;
use skattebro_domain::krav::machine::{self, Krav, Verdict};
use skattebro_domain::{Digest, Timestamp};
use skattebro_ports::Journal;
use skattebro_ports::journal::{CaseId, CaseKey, NewAsk, NewCase, Opened, Payload, Recorded};
use std::time::Duration;

impl Run<'_> {
    /// Somebody orders something: a case is opened, or what is asked is asked of the case that is there.
    pub(super) fn order(&mut self, order: &Order, owner: Option<usize>) {
        let new = match order {
            Order::Krav { .. } => self.new_krav(order),
            Order::Filing { .. } => self.new_filing(order),
        };
        let id = new.id.clone();
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
                let by = self.place(&by.id);
                if let (Some(by), Order::Krav { asks, .. }) = (by, order) {
                    for ask in asks {
                        let asked =
                            |flow: &AnyFlow| matches!(flow, AnyFlow::Krav(krav) if krav.has_been_asked(ask));
                        if !self.flow(by).is_some_and(|flow| asked(&flow)) {
                            self.ask_krav(by, ask);
                        }
                    }
                }
            }
            None => unreachable!("one is opened, one is answered"),
        }
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
        let edition = self.plan.scenario.krav.kind.edition();
        let payload = payload::krav::write_ask(ask, edition, None);
        let can = |flow: &mut Krav, at| flow.asked(ask.clone(), at).is_ok();
        self.ask(case, payload, can, |_, _| false);
    }

    fn ask(
        &mut self,
        case: usize,
        payload: Payload,
        of_krav: impl Fn(&mut Krav, Timestamp) -> bool,
        of_filing: impl Fn(&mut Filing, Timestamp) -> bool,
    ) -> bool {
        let at = self.right_now();
        let Some(read) = self.world.case(&case_id(case)) else { return false };
        let can = match self.flow(case) {
            Some(AnyFlow::Krav(mut krav)) => of_krav(&mut krav, at),
            Some(AnyFlow::Filing(mut filing)) => of_filing(&mut filing, at),
            None => false,
        };
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
        let edition = self.plan.scenario.krav.kind.edition();
        let mut any = false;
        for case in 0..self.cases.len() {
            let flow = self.flow(case);
            let is_open = match &flow {
                Some(AnyFlow::Krav(krav)) => krav.verdict() == Verdict::Open,
                Some(AnyFlow::Filing(filing)) => {
                    matches!(
                        filing.end(self.right_now()),
                        Some(FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. })
                    )
                }
                None => false,
            };
            if !is_open {
                continue;
            }
            let ask = machine::Ask::Fortsett { follow: false };
            let payload = match flow {
                Some(AnyFlow::Krav(_)) => payload::krav::write_ask(&ask, edition, None),
                _ => payload::filing::write_ask(&filing::Ask::Fortsett, None),
            };
            any |= self.ask(
                case,
                payload,
                |krav, at| krav.asked(ask.clone(), at).is_ok(),
                |filing, at| filing.asked(filing::Ask::Fortsett, at).is_ok(),
            );
        }
        any
    }

    /// Every case that is not settled is told that it is a copy.
    pub(super) fn tell_restored(&mut self, since: Timestamp) {
        let edition = self.plan.scenario.krav.kind.edition();
        let unsettled: Vec<CaseId> = self
            .world
            .summaries()
            .into_iter()
            .filter(|case| case.state.as_str() != "settled")
            .map(|case| case.id)
            .collect();
        for id in unsettled {
            let Some(case) = self.place(&id) else { continue };
            let ask = machine::Ask::Restored { since };
            let of_filing = filing::Ask::Restored { since };
            let payload = match &self.cases[case] {
                Order::Krav { .. } => payload::krav::write_ask(&ask, edition, None),
                Order::Filing { .. } => payload::filing::write_ask(&of_filing, None),
            };
            self.ask(
                case,
                payload,
                |krav, at| krav.asked(ask.clone(), at).is_ok(),
                |filing, at| filing.asked(of_filing.clone(), at).is_ok(),
            );
        }
    }
}
