//! How cases are shown.

use super::short;
use crate::output::krav::confirmation;
use crate::output::krav_json;
use crate::output::time::local;
use serde_json::{Value, json};
use skattebro::domain::filing::{Filing, FilingEnd};
use skattebro::domain::flow::{Flow, Step};
use skattebro::domain::innsending::{Innsending, InnsendingEnd};
use skattebro::domain::krav::machine::{Krav, Operation, Standing, Verdict, What, describe};
use skattebro::domain::{ResultatAvValidering, Timestamp};
use skattebro::krav::KravReport;
use skattebro::ports::journal::{CaseState, CaseSummary, WorkerId};
use skattebro::{CaseFlow, CaseView, Cases};

/// All but the records.
pub(super) fn summary(summary: &CaseSummary) -> Value {
    let due = match summary.state {
        CaseState::Due(at) => Some(at.to_string()),
        CaseState::Waiting | CaseState::Settled => None,
    };
    json!({
        "id": summary.id.as_str(),
        "kind": summary.kind.as_str(),
        "environment": summary.environment.as_str(),
        "title": summary.title,
        "state": summary.state.as_str(),
        "due": due,
        "status": summary.status,
        "records": summary.version.0,
        "opened": summary.opened.to_string(),
        "changed": summary.changed.to_string(),
        "owner": summary.owner.as_ref().map(WorkerId::as_str),
        "ownerHasEnded": summary.owner.as_ref().map(Cases::has_ended),
    })
}

/// Who has it, in a few words.
pub(super) fn owner(summary: &CaseSummary) -> String {
    let Some(owner) = &summary.owner else { return String::new() };
    let process = owner.as_str().split_once('.').map_or(owner.as_str(), |(process, _)| process);
    match Cases::has_ended(owner) {
        true => format!("process {process}, ended"),
        false => format!("process {process}"),
    }
}

/// A status, or what stands for one before anybody has taken the case up.
pub(super) fn status(summary: &CaseSummary) -> String {
    if summary.status.is_empty() { "new".to_owned() } else { summary.status.clone() }
}

/// How it has gone, and why, if not well.
pub(super) struct Gone {
    pub(super) verdict: Verdict,
    pub(super) reasons: Vec<String>,
}

pub(super) fn gone(view: &CaseView) -> Gone {
    match &view.flow {
        CaseFlow::Krav(krav) => {
            let report = KravReport {
                tag: None,
                case: None,
                findings: Vec::new(),
                krav: (**krav).clone(),
                not_tried: None,
            };
            Gone { verdict: report.verdict(), reasons: report.reasons() }
        }
        CaseFlow::Filing(filing) => match filing.end(Timestamp::now()) {
            Some(FilingEnd::Validated { resultat, .. }) => Gone {
                verdict: match resultat {
                    ResultatAvValidering::ValidertOk => Verdict::Well,
                    ResultatAvValidering::ValidertMedFeil => Verdict::Wrong,
                    ResultatAvValidering::Ukjent(_) => Verdict::Open,
                },
                reasons: Vec::new(),
            },
            Some(end) => Gone { verdict: of_end(&end), reasons: vec![in_words(filing, end)] },
            None => Gone { verdict: Verdict::Open, reasons: Vec::new() },
        },
        CaseFlow::Innsending(innsending) => match innsending.end(Timestamp::now()) {
            Some(InnsendingEnd::Kvittert { resultat, aarsaker, .. }) => match resultat {
                ResultatAvValidering::ValidertOk => Gone { verdict: Verdict::Well, reasons: Vec::new() },
                other => Gone {
                    verdict: Verdict::Wrong,
                    reasons: vec![format!("the receipt says {other}: {}", aarsaker.join(", "))],
                },
            },
            Some(end) => Gone {
                verdict: match &end {
                    InnsendingEnd::GaveUp { .. } | InnsendingEnd::Uvisst { .. } => Verdict::Open,
                    InnsendingEnd::Validering(end) => of_end(end),
                    _ => Verdict::Wrong,
                },
                reasons: vec![submission_in_words(innsending, end)],
            },
            None => Gone { verdict: Verdict::Open, reasons: Vec::new() },
        },
    }
}

fn submission_in_words(innsending: &Innsending, end: InnsendingEnd) -> String {
    let (referanse, perhaps_moved) = (innsending.referanse().cloned(), innsending.perhaps_moved());
    let end = Box::new(end);
    skattebro::InnsendingError::Ended { end, referanse, perhaps_moved, case: None }.to_string()
}

fn of_end(end: &FilingEnd) -> Verdict {
    match end {
        FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. } => Verdict::Open,
        _ => Verdict::Wrong,
    }
}

fn in_words(filing: &Filing, end: FilingEnd) -> String {
    let (referanse, perhaps_started) = (filing.referanse().cloned(), filing.perhaps_started());
    skattebro::ValidationError::Ended { end: Box::new(end), referanse, perhaps_started }.to_string()
}

/// Whether nothing is left to do by itself.
pub(super) fn has_ended(view: &CaseView) -> bool {
    let now = Timestamp::now();
    match &view.flow {
        CaseFlow::Krav(krav) => matches!(krav.next(now), Step::End | Step::Person(_)),
        CaseFlow::Filing(filing) => matches!(filing.next(now), Step::End | Step::Person(_)),
        CaseFlow::Innsending(innsending) => matches!(innsending.next(now), Step::End | Step::Person(_)),
    }
}

/// What was asked of a krav, for a person.
pub(super) fn operation(operation: &Operation) -> String {
    match operation.what() {
        What::Opprett(_) => "the creation".to_owned(),
        What::Endre(endring) => format!("the change: {}", describe(endring)),
        What::Avskriv => "the write-off".to_owned(),
    }
}

pub(super) fn krav(krav: &Krav) -> Value {
    let (standing, verdict) = (krav.standing(), krav.verdict());
    let (confirmed, feil) = match &standing {
        Standing::InForce(how) => (Some(confirmation(*how)), Vec::new()),
        Standing::Rejected(feil) => (None, krav_json::valideringsfeil(feil)),
        _ => (None, Vec::new()),
    };
    json!({
        "oppdragsgiversKravidentifikator": krav.oppdragsgivers_kravidentifikator().map(|id| id.as_str()),
        "kravidentifikator": krav.kravidentifikator().map(|id| id.as_str()),
        "standing": standing.as_str(),
        "verdict": krav_json::word(verdict),
        "confirmation": confirmed,
        "operations": krav.operations().iter().map(krav_json::operation).collect::<Vec<_>>(),
        "valideringsfeil": feil,
    })
}

pub(super) fn filing(view: &CaseView, filing: &Filing) -> Value {
    let end = filing.end(Timestamp::now());
    json!({
        "stage": format!("{:?}", filing.stage()).to_lowercase(),
        "end": end.as_ref().map(crate::output::json::end),
        "why": end.filter(|end| !matches!(end, FilingEnd::Validated { .. })).map(|end| in_words(filing, end)),
        "jobbId": view.jobb.as_ref().map(|jobb| jobb.as_str()),
        "referanse": filing.referanse().map(|referanse| referanse.as_str()),
        "perhapsStarted": filing.perhaps_started(),
    })
}

pub(super) fn innsending(innsending: &Innsending) -> Value {
    let end = innsending.end(Timestamp::now());
    let (kvittering, aarsaker) = match &end {
        Some(InnsendingEnd::Kvittert { resultat, aarsaker, .. }) => {
            (Some(resultat.to_string()), aarsaker.clone())
        }
        _ => (None, Vec::new()),
    };
    json!({
        "stage": stage(innsending),
        "instans": innsending.instans().map(ToString::to_string),
        "prosess": innsending.prosess().map(|prosess| prosess.as_str().to_owned()),
        "validering": innsending.verdict().map(ToString::to_string),
        "kvittering": kvittering,
        "aarsaker": aarsaker,
        "why": end
            .filter(|end| !matches!(end, InnsendingEnd::Kvittert { .. }))
            .map(|end| submission_in_words(innsending, end)),
        "referanse": innsending.referanse().map(|referanse| referanse.as_str()),
        "perhapsMoved": innsending.perhaps_moved(),
    })
}

pub(super) fn stage(innsending: &Innsending) -> String {
    format!("{:?}", innsending.stage()).to_lowercase()
}

/// A case in one line.
pub(super) fn line(summary: &CaseSummary) -> Vec<String> {
    let state = match summary.state {
        CaseState::Due(at) if at > Timestamp::now() => format!("due {}", local(at)),
        state => state.as_str().to_owned(),
    };
    vec![
        short(&summary.id).to_owned(),
        summary.kind.to_string(),
        summary.title.replace(['\n', '\r'], " "),
        state,
        status(summary),
        local(summary.changed),
        owner(summary),
    ]
}
