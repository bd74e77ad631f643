//! How a filing is written down in the journal.

use crate::journal::Notation;
use crate::journal::payload::filing as payload;
use crate::journal::payload::{Unreadable, filing::Content};
use sha2::{Digest as _, Sha256};
use skattebro_domain::filing::{Act, Ask, Fact, Filing, FilingEnd, FilingRules, Stage};
use skattebro_domain::{Digest, Identifikator, Timestamp};
use skattebro_ports::journal::{Case, CaseKey, CaseState, Environment, Hold, Payload};
use std::path::PathBuf;
use std::sync::Arc;

/// The word for filings among the kinds of cases.
pub(crate) const FILING: &str = "filing";

/// One filing on paper.
#[derive(Debug, Clone)]
pub(crate) struct FilingNotation {
    content: Arc<Content>,
    environment: Environment,
}

impl FilingNotation {
    pub(crate) fn new(content: Content, environment: Environment) -> Self {
        Self { content: Arc::new(content), environment }
    }

    pub(crate) fn of(case: &Case) -> Result<Self, Unreadable> {
        Ok(Self::new(payload::read_content(&case.content)?, case.summary.environment.clone()))
    }

    pub(crate) fn content(&self) -> &Arc<Content> {
        &self.content
    }

    /// What is filed: the party, the year, the documents and what is said about them. Neither where they lie nor how patiently it is
    /// followed.
    pub(crate) fn fingerprint(&self) -> Digest {
        let mut content =
            Content { rules: FilingRules::default(), out: None, ..Content::clone(&self.content) };
        let inputs =
            [&mut content.skattemelding, &mut content.selskapsmelding, &mut content.naeringsspesifikasjon];
        for input in inputs.into_iter().flatten() {
            (input.name, input.path) = (String::new(), None::<PathBuf>);
        }
        Digest(Sha256::digest(payload::write_content(&content).as_str()).into())
    }

    /// The key of the same request, so that it is gone on with and not begun again.
    pub(crate) fn request_key(&self) -> CaseKey {
        CaseKey::of(&[FILING, self.environment.as_str(), &self.fingerprint().to_string()])
    }

    fn job_key(&self) -> CaseKey {
        job_key(&self.environment, &self.content.subject.identifikator)
    }
}

/// The key of the one job that a party may have at a time, of any income year.
pub(crate) fn job_key(environment: &Environment, identifikator: &Identifikator) -> CaseKey {
    CaseKey::of(&["job", environment.as_str(), identifikator.as_str()])
}

impl Notation<Filing> for FilingNotation {
    fn blank(&self) -> Filing {
        Filing::new(self.content.rules)
    }

    fn read_ask(&self, payload: &Payload) -> Result<Ask, Unreadable> {
        payload::read_ask(payload)
    }

    fn write_act(&self, act: &Act) -> Payload {
        payload::write_act(act)
    }

    fn read_act(&self, payload: &Payload, _: &Filing) -> Result<Act, Unreadable> {
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
            Act::Upload => None,
            Act::Start { .. } => Some(self.job_key()),
        }
    }

    fn holds(&self, flow: &Filing, now: Timestamp) -> Vec<Hold> {
        let mut holds = Vec::new();
        let end = flow.end(now);
        // Whoever asks the same again gets what this came to, or goes on with it; what ended otherwise is begun anew.
        let goes_on = matches!(
            end,
            None | Some(
                FilingEnd::Validated { .. } | FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. }
            )
        );
        if goes_on {
            holds.push(Hold::of(self.request_key()));
        }
        match &end {
            None if flow.has_started() => holds.push(Hold::of(self.job_key())),
            None => {}
            // A start that may still act would abort the job of whoever comes next.
            Some(_) => {
                let until = flow.may_start_until(now);
                holds.extend(until.map(|until| Hold { key: self.job_key(), until: Some(until) }));
            }
        }
        holds
    }

    fn rests(&self, flow: &Filing, now: Timestamp) -> CaseState {
        match flow.end(now) {
            Some(FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. }) | None => CaseState::Waiting,
            Some(_) => CaseState::Settled,
        }
    }

    fn status(&self, flow: &Filing, now: Timestamp) -> String {
        let status = match flow.end(now) {
            Some(FilingEnd::Validated { resultat, .. }) => return resultat.to_string(),
            Some(FilingEnd::Superseded { .. }) => "superseded",
            Some(FilingEnd::JobFailed { .. }) => "job-failed",
            Some(FilingEnd::Refused { .. }) => "refused",
            Some(FilingEnd::GaveUp { .. }) => "gave-up",
            Some(FilingEnd::Unreadable { .. }) => "unreadable",
            Some(FilingEnd::Cancelled { .. }) => "cancelled",
            None => match flow.stage() {
                Stage::Gjeldende => "before-upload",
                Stage::Upload => "uploading",
                Stage::Start => "starting",
                Stage::Job => "job",
                Stage::Resultat => "fetching-result",
            },
        };
        status.to_owned()
    }
}
