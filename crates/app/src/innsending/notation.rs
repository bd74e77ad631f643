//! How a submission is written down in the journal.

use crate::filing::{FilingNotation, job_key};
use crate::journal::Notation;
use crate::journal::payload::innsending::{self as payload, Content, Vei};
use crate::journal::payload::{Unreadable, filing::Content as FilingContent};
use sha2::{Digest as _, Sha256};
use skattebro_domain::filing::Act as FilingAct;
use skattebro_domain::innsending::{Act, Ask, Fact, Innsending, InnsendingEnd, InnsendingRules, Stage};
use skattebro_domain::{Digest, ResultatAvValidering, Timestamp};
use skattebro_ports::journal::{Case, CaseKey, CaseState, Environment, Hold, Payload};
use std::path::PathBuf;
use std::sync::Arc;

/// The word for submissions among the kinds of cases.
pub(crate) const INNSENDING: &str = "innsending";

/// One submission on paper.
#[derive(Debug, Clone)]
pub(crate) struct InnsendingNotation {
    content: Arc<Content>,
    environment: Environment,
}

impl InnsendingNotation {
    pub(crate) fn new(content: Content, environment: Environment) -> Self {
        Self { content: Arc::new(content), environment }
    }

    pub(crate) fn of(case: &Case) -> Result<Self, Unreadable> {
        Ok(Self::new(payload::read_content(&case.content)?, case.summary.environment.clone()))
    }

    pub(crate) fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// What is submitted: the party, the year, the documents and what is said about them. Neither where they lie, nor how they are
    /// validated, nor how patiently it is followed.
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut vedlegg = self.content.vedlegg.clone();
        for vedlegg in &mut vedlegg {
            (vedlegg.input.name, vedlegg.input.path) = (String::new(), None::<PathBuf>);
        }
        let filing = FilingNotation::new(self.content.filing.clone(), self.environment.clone()).fingerprint();
        // The documents are in the fingerprint of the filing; what is left beside them is the attachments.
        let bare = FilingContent {
            skattemelding: None,
            selskapsmelding: None,
            naeringsspesifikasjon: None,
            ..self.content.filing.clone()
        };
        let bare = FilingContent { rules: Default::default(), out: None, ..bare };
        let content = Content {
            filing: bare,
            vei: Vei::Jobb,
            vedlegg,
            rules: InnsendingRules::default(),
            ..Content::clone(&self.content)
        };
        let text = format!("{filing}{}", payload::write_content(&content).as_str());
        Digest(Sha256::digest(text).into())
    }

    /// The key of the same submission, so that it is gone on with and not made twice.
    pub(crate) fn request_key(&self) -> CaseKey {
        CaseKey::of(&[INNSENDING, self.environment.as_str(), &self.fingerprint().to_string()])
    }

    /// The key of the one submission that a party may have under way for a year.
    pub(crate) fn party_key(&self) -> CaseKey {
        let subject = &self.content.filing.subject;
        let (year, party) = (subject.inntektsaar.to_string(), subject.identifikator.as_str());
        CaseKey::of(&["innsending-part", self.environment.as_str(), party, &year])
    }

    fn job_key(&self) -> CaseKey {
        job_key(&self.environment, &self.content.filing.subject.identifikator)
    }
}

/// Whether it is under way, or ended in a way that is gone on with.
fn is_open(end: Option<&InnsendingEnd>) -> bool {
    end.is_none_or(InnsendingEnd::can_go_on)
}

/// Whether who asks the same is told of this one: what was submitted and accepted is never submitted again, and what the validation found is
/// told once.
fn is_the_answer(end: Option<&InnsendingEnd>) -> bool {
    match end {
        Some(InnsendingEnd::Kvittert { resultat, .. }) => *resultat == ResultatAvValidering::ValidertOk,
        Some(InnsendingEnd::ValidertMedFeil { .. }) => true,
        _ => false,
    }
}

impl Notation<Innsending> for InnsendingNotation {
    fn blank(&self) -> Innsending {
        Innsending::new(self.content.rules)
    }

    fn read_ask(&self, payload: &Payload) -> Result<Ask, Unreadable> {
        payload::read_ask(payload)
    }

    fn write_act(&self, act: &Act) -> Payload {
        payload::write_act(act)
    }

    fn read_act(&self, payload: &Payload, _: &Innsending) -> Result<Act, Unreadable> {
        payload::read_act(payload)
    }

    fn write_fact(&self, fact: &Fact) -> Payload {
        payload::write_fact(fact)
    }

    fn read_fact(&self, payload: &Payload) -> Result<Fact, Unreadable> {
        payload::read_fact(payload)
    }

    fn takes(&self, act: &Act) -> Option<CaseKey> {
        match act {
            Act::Validering(FilingAct::Start { .. }, ..) => Some(self.job_key()),
            _ => None,
        }
    }

    fn holds(&self, flow: &Innsending, now: Timestamp) -> Vec<Hold> {
        let end = flow.end(now);
        let mut holds = Vec::new();
        if is_open(end.as_ref()) || is_the_answer(end.as_ref()) {
            holds.push(Hold::of(self.request_key()));
        }
        if is_open(end.as_ref()) {
            holds.push(Hold::of(self.party_key()));
        } else if let Some(until) = flow.may_act_until(now) {
            holds.push(Hold { key: self.party_key(), until: Some(until) });
        }
        match (&end, flow.filing()) {
            // A job may be under way, and it goes on as soon as a person has looked.
            (None | Some(InnsendingEnd::Uvisst { .. }), Some(filing))
                if filing.has_started() && flow.verdict().is_none() =>
            {
                holds.push(Hold::of(self.job_key()));
            }
            // A start that may still act would abort the job of whoever comes next.
            (_, Some(filing)) => holds.extend(
                filing.may_start_until(now).map(|until| Hold { key: self.job_key(), until: Some(until) }),
            ),
            (_, None) => {}
        }
        holds
    }

    fn rests(&self, flow: &Innsending, now: Timestamp) -> CaseState {
        if is_open(flow.end(now).as_ref()) { CaseState::Waiting } else { CaseState::Settled }
    }

    fn status(&self, flow: &Innsending, now: Timestamp) -> String {
        let status = match flow.end(now) {
            Some(InnsendingEnd::Kvittert { resultat, .. }) => return format!("kvittert-{resultat}"),
            Some(InnsendingEnd::ValidertMedFeil { resultat, .. }) => return resultat.to_string(),
            Some(InnsendingEnd::Validering(_)) => "validation-failed",
            Some(InnsendingEnd::GjeldendeEndret { .. }) => "return-changed",
            Some(InnsendingEnd::Infisert { .. }) => "infected",
            Some(InnsendingEnd::Borte { .. }) => "instance-gone",
            Some(InnsendingEnd::Fremmed { .. }) => "instance-changed",
            Some(InnsendingEnd::Uvisst { .. }) => "unproven",
            Some(InnsendingEnd::Refused { .. }) => "refused",
            Some(InnsendingEnd::GaveUp { .. }) => "gave-up",
            Some(InnsendingEnd::Cancelled { .. }) => "cancelled",
            None => match flow.stage() {
                Stage::Gjeldende => "before-validation",
                Stage::Validering => "validating",
                Stage::Instans => "making-instance",
                Stage::Dokumenter => "uploading",
                Stage::Skanning => "virus-scan",
                Stage::Neste => "submitting",
                Stage::Person => "waits-for-person",
                Stage::Revisor => "waits-for-auditor",
                Stage::Kvittering => "waits-for-receipt",
            },
        };
        status.to_owned()
    }
}
