//! How a krav is written down in the journal.

use crate::journal::Notation;
use crate::journal::payload::{Unreadable, krav as payload};
use skattebro_domain::Timestamp;
use skattebro_domain::krav::KravId;
use skattebro_domain::krav::machine::{Act, Ask, Fact, Krav, OperationEnd, Standing, Verdict};
use skattebro_ports::journal::{Case, CaseKey, CaseState, Environment, Hold, Payload};

/// The word for krav among the kinds of cases.
pub(crate) const KRAV: &str = "krav";

/// Whose krav: what makes an id one of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whose {
    pub(crate) environment: Environment,
    pub(crate) oppdragsgiver: Option<String>,
}

impl Whose {
    /// The key of a krav.
    pub(crate) fn key(&self, id: &KravId) -> CaseKey {
        let (whose, id) = match id {
            KravId::Oppdragsgivers(id) => ("ours", id.as_str()),
            KravId::Skatteetatens(id) => ("theirs", id.as_str()),
        };
        let oppdragsgiver = self.oppdragsgiver.as_deref().unwrap_or_default();
        CaseKey::of(&[KRAV, self.environment.as_str(), oppdragsgiver, whose, id])
    }
}

/// One krav on paper.
#[derive(Debug, Clone)]
pub(crate) struct KravNotation {
    content: payload::Content,
    whose: Whose,
}

impl KravNotation {
    pub(crate) fn new(content: payload::Content, environment: Environment) -> Self {
        let whose = Whose { environment, oppdragsgiver: content.oppdragsgiver.clone() };
        Self { content, whose }
    }

    pub(crate) fn of(case: &Case) -> Result<Self, Unreadable> {
        Ok(Self::new(payload::read_content(&case.content)?, case.summary.environment.clone()))
    }

    pub(crate) fn content(&self) -> &payload::Content {
        &self.content
    }

    /// The keys that it takes when it is opened.
    pub(crate) fn first_keys(&self, flow: &Krav) -> Vec<CaseKey> {
        self.ids(flow).iter().map(|id| self.whose.key(id)).collect()
    }

    fn ids(&self, flow: &Krav) -> Vec<KravId> {
        let ours = flow.oppdragsgivers_kravidentifikator().cloned().map(KravId::Oppdragsgivers);
        let theirs = flow.kravidentifikator().cloned().map(KravId::Skatteetatens);
        ours.into_iter().chain(theirs).collect()
    }
}

impl Notation<Krav> for KravNotation {
    fn blank(&self) -> Krav {
        let (rules, can) = (self.content.rules, self.content.edition.capabilities());
        match &self.content.existing {
            Some(id) => Krav::existing(id.clone(), rules, can),
            None => Krav::new(rules, can),
        }
    }

    fn read_ask(&self, payload: &Payload) -> Result<Ask, Unreadable> {
        payload::read_ask(payload)
    }

    fn write_act(&self, act: &Act) -> Payload {
        payload::write_act(act)
    }

    fn read_act(&self, payload: &Payload, flow: &Krav) -> Result<Act, Unreadable> {
        payload::read_act(payload, flow)
    }

    fn write_fact(&self, fact: &Fact) -> Payload {
        payload::write_fact(fact, self.content.edition)
    }

    fn read_fact(&self, payload: &Payload) -> Result<Fact, Unreadable> {
        payload::read_fact(payload)
    }

    fn takes(&self, _: &Act) -> Option<CaseKey> {
        None
    }

    /// Its ids, for ever, unless it is certain that nothing of it exists at the service and nobody will try again: then they are free.
    fn holds(&self, flow: &Krav, _: Timestamp) -> Vec<Hold> {
        let is_free = match flow.standing() {
            Standing::Refused => true,
            Standing::NotSent => flow.is_stopped(),
            _ => false,
        };
        let may_still_act = flow.operations().iter().any(|operation| operation.is_unresolved());
        match is_free && !may_still_act {
            true => Vec::new(),
            false => self.first_keys(flow).into_iter().map(Hold::of).collect(),
        }
    }

    fn rests(&self, flow: &Krav, _: Timestamp) -> CaseState {
        if flow.verdict() == Verdict::Open && !flow.is_stopped() {
            CaseState::Waiting
        } else {
            CaseState::Settled
        }
    }

    /// Where it stands; what is unproven of a krav that is there is the more important news.
    fn status(&self, flow: &Krav, _: Timestamp) -> String {
        let unproven = |end: Option<&OperationEnd>| end.is_some_and(OperationEnd::is_unproven);
        match flow.operations().iter().any(|operation| unproven(operation.end())) {
            true => "unproven".to_owned(),
            false => flow.standing().as_str().to_owned(),
        }
    }
}
