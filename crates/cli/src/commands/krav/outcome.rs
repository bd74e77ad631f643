//! What became of a row or an id: what is printed and written down of it.

use super::rows::CheckedRow;
use skattebro::domain::flow::Effect;
use skattebro::domain::krav::machine::{Confirmation, Operation, OperationEnd, Proof, Standing, Verdict};
use skattebro::domain::krav::{Mottaksstatus, Valideringsfeil, slugs};
use skattebro::domain::{Finding, Timestamp};
use skattebro::krav::KravReport;
use skattebro::ports::journal::CaseId;

const LOOK_LATER: &str = "look at it later with «skattebro krav status»";
const ID_IN_USE: &str = "a krav with this id exists, and may be in force: look at it before anything is done, and send this one under \
                         another id only if it is another krav";

/// Where an order comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    /// Which row, counted from 1.
    pub(crate) row: Option<u64>,
    /// The line it begins on.
    pub(crate) line: Option<u64>,
    /// The id that it was named by.
    pub(crate) id: Option<String>,
    /// The krav that it takes the place of.
    pub(crate) erstatter: Option<String>,
}

impl Origin {
    /// Of a row.
    pub(super) fn of(row: &CheckedRow) -> Self {
        Self {
            row: Some(row.number).filter(|number| *number > 0),
            line: Some(row.line),
            id: row.own_id.clone(),
            erstatter: row.extras.erstatter.clone(),
        }
    }
}

impl Origin {
    /// Where the write-off of the krav that it replaces comes from.
    pub(super) fn of_replaced(&self) -> Self {
        Self { id: self.erstatter.clone(), erstatter: None, ..self.clone() }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// How it went.
    pub(super) went: Went,
    /// What else a person should know of it.
    note: Option<String>,
}

#[derive(Debug)]
pub(super) enum Went {
    /// It was carried out, one way or the other.
    Reported(Box<KravReport>),
    /// It has errors and was not sent.
    Bad(Box<CheckedRow>),
    /// It was not even tried.
    NotTried(String, Verdict),
    /// It is in the store, as this case, and a worker carries it out.
    Queued(CaseId),
}

impl Outcome {
    pub(super) fn reported(origin: Origin, mut report: KravReport) -> Self {
        for finding in &mut report.findings {
            finding.row = origin.row;
        }
        Self { origin, went: Went::Reported(Box::new(report)), note: None }
    }

    pub(super) fn bad(row: CheckedRow) -> Self {
        Self { origin: Origin::of(&row), went: Went::Bad(Box::new(row)), note: None }
    }

    /// Still open: it was not tried.
    pub(super) fn not_tried(origin: Origin, why: impl Into<String>) -> Self {
        Self::left_out(origin, why, Verdict::Open)
    }

    /// Not tried, with this verdict.
    pub(super) fn left_out(origin: Origin, why: impl Into<String>, verdict: Verdict) -> Self {
        Self { origin, went: Went::NotTried(why.into(), verdict), note: None }
    }

    /// It was put into the store.
    pub(super) fn queued(origin: Origin, case: CaseId) -> Self {
        Self { origin, went: Went::Queued(case), note: None }
    }

    pub(super) fn noted(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    pub(crate) fn report(&self) -> Option<&KravReport> {
        match &self.went {
            Went::Reported(report) => Some(report),
            Went::Bad(_) | Went::NotTried(..) | Went::Queued(_) => None,
        }
    }

    /// The case in the store, if there is one that outlives the program.
    pub(crate) fn case(&self) -> Option<&CaseId> {
        match &self.went {
            Went::Reported(report) => report.case.as_ref(),
            Went::Queued(case) => Some(case),
            Went::Bad(_) | Went::NotTried(..) => None,
        }
    }

    /// When the last request of it was begun, if that was before `began` and nothing is left to do: then nothing of it was sent since.
    pub(crate) fn done_before(&self, began: Timestamp) -> Option<Timestamp> {
        let attempts = self.operations().iter().flat_map(Operation::attempts);
        let last = attempts.map(|attempt| attempt.begun).max()?;
        (self.case().is_some() && self.verdict() != Verdict::Open && last < began).then_some(last)
    }

    /// Where it stands, in a word.
    pub(crate) fn word(&self) -> &'static str {
        match &self.went {
            Went::Queued(_) => "queued",
            _ => self.standing().as_str(),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match &self.went {
            Went::Reported(report) => report.verdict(),
            Went::Bad(_) => Verdict::Wrong,
            Went::NotTried(_, verdict) => *verdict,
            Went::Queued(_) => Verdict::Well,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.report().map_or(Standing::NotSent, KravReport::standing)
    }

    pub(crate) fn confirmation(&self) -> Option<Confirmation> {
        match self.standing() {
            Standing::InForce(confirmation) => Some(confirmation),
            _ => None,
        }
    }

    /// The oppdragsgiver's id.
    pub(crate) fn own_id(&self) -> Option<&str> {
        let known = self.report().and_then(|report| report.krav.oppdragsgivers_kravidentifikator());
        let named = self.origin.id.as_deref().filter(|id| Some(*id) != self.kravidentifikator());
        known.map(|id| id.as_str()).or(named)
    }

    /// Skatteetaten's id.
    pub(crate) fn kravidentifikator(&self) -> Option<&str> {
        self.report().and_then(|report| report.krav.kravidentifikator()).map(|id| id.as_str())
    }

    pub(crate) fn operations(&self) -> &[Operation] {
        self.report().map_or(&[], |report| report.krav.operations())
    }

    /// How it is known that it was created, if not by the answer or by its content after a lost one.
    pub(crate) fn weak_proof(&self) -> Option<&Proof> {
        self.operations().iter().find_map(|operation| match operation.end() {
            Some(OperationEnd::Done(proof @ (Proof::AlreadyThere { .. } | Proof::FoundById))) => Some(proof),
            _ => None,
        })
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        match &self.went {
            Went::Reported(report) => &report.findings,
            Went::Bad(row) => &row.findings,
            Went::NotTried(..) | Went::Queued(_) => &[],
        }
    }

    pub(crate) fn valideringsfeil(&self) -> Vec<Valideringsfeil> {
        match self.standing() {
            Standing::Rejected(feil) => feil,
            _ => Vec::new(),
        }
    }

    /// Why it did not go well, for a person.
    pub(crate) fn reasons(&self) -> Vec<String> {
        match &self.went {
            Went::Reported(report) => {
                let mut reasons: Vec<String> = self.note.iter().cloned().collect();
                if self.is_id_in_use() {
                    reasons.push(ID_IN_USE.to_owned());
                }
                reasons.extend(report.reasons());
                if report.standing() == Standing::Received && report.verdict() == Verdict::Open {
                    reasons.push(LOOK_LATER.to_owned());
                }
                reasons
            }
            Went::Bad(row) => row.findings.iter().map(ToString::to_string).collect(),
            Went::NotTried(why, _) => vec![why.clone()],
            Went::Queued(_) => Vec::new(),
        }
    }

    /// Whether it was refused because its id is that of a krav which, for all that is known, may be in force.
    pub(super) fn is_id_in_use(&self) -> bool {
        let is_dead = self
            .report()
            .and_then(|report| report.krav.mottak())
            .is_some_and(|mottak| mottak.mottaksstatus == Mottaksstatus::Valideringsfeil);
        self.has_used_id() && !is_dead
    }

    /// Whether it was refused because its id is another krav's.
    pub(super) fn has_used_id(&self) -> bool {
        self.standing() == Standing::Refused
            && self.operations().iter().any(|operation| {
                matches!(operation.end(), Some(OperationEnd::Refused { rule, .. }) if rule == slugs::EXISTS_ALREADY)
            })
    }

    /// Whether it is a row with errors, which was not sent.
    pub(crate) fn is_bad(&self) -> bool {
        matches!(self.went, Went::Bad(_))
    }

    /// Whether any request of it has left this machine.
    pub(crate) fn was_sent(&self) -> bool {
        let mut attempts = self.operations().iter().flat_map(Operation::attempts);
        attempts.any(|attempt| attempt.effect != Effect::NotSent)
    }
}
