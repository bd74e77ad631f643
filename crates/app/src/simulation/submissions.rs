//! The submissions that are run through everything.

use super::model_altinn::{AltinnHabits, VEDLEGG};
use super::model_filing::FilingHabits;
use super::model_krav::Kind;
use super::scenario::{Later, Order, Scenario};
use super::sent::Return;
use crate::innsending::InnsendingNotation;
use crate::journal::payload::filing::Input;
use crate::journal::payload::innsending::{Content, VedleggInput, Vei};
use skattebro_domain::Digest;
use skattebro_domain::altinn::{Metadata, Vedleggstype};
use skattebro_domain::innsending::{
    Ask, Innsending, InnsendingEnd, InnsendingRules, Plan, PlanlagtVedlegg, Utfoerer, Validering,
};
use std::time::Duration;

/// A submission that somebody orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Submission {
    pub(super) of: Return,
    pub(super) way: Way,
    pub(super) utfoerer: Utfoerer,
    pub(super) has_vedlegg: bool,
    /// Other documents than the others'.
    pub(super) is_another: bool,
}

/// How it is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Synkron,
    Jobb,
    Instans,
}

pub(super) const ALTINN: AltinnHabits = AltinnHabits {
    scan_takes: 6,
    person_takes: None,
    receipt_takes: 20,
    takes_year: true,
    changes_at: None,
    has_others: false,
};

const OF: Return = Return { party: 0, year: 2024 };
const PERSON: Submission = Submission {
    of: OF,
    way: Way::Synkron,
    utfoerer: Utfoerer::Person,
    has_vedlegg: false,
    is_another: false,
};

fn scenario(name: &str, submission: Submission) -> Scenario {
    let orders = vec![Order::Innsending(submission)];
    Scenario { orders, ..Scenario::of(format!("submission, {name}"), Kind::V1) }
}

/// Everything about submissions.
pub(super) fn of_submissions() -> Vec<Scenario> {
    validated_at_once().into_iter().chain(validated_by_jobs()).collect()
}

fn with(scenario: Scenario, altinn: AltinnHabits) -> Scenario {
    Scenario { altinn, ..scenario }
}

/// Those that are validated in one call.
pub(super) fn validated_at_once() -> Vec<Scenario> {
    let systembruker = Submission { utfoerer: Utfoerer::Systembruker, ..PERSON };
    let another = Order::Innsending(Submission { is_another: true, ..PERSON });
    let mut all = vec![
        scenario("synchronous", PERSON),
        with(scenario("a person confirms", systembruker), AltinnHabits { person_takes: Some(40), ..ALTINN }),
        scenario("with an attachment", Submission { has_vedlegg: true, ..PERSON }),
        with(scenario("the return changes", PERSON), AltinnHabits { changes_at: Some(8), ..ALTINN }),
        with(scenario("others have instances", PERSON), AltinnHabits { has_others: true, ..ALTINN }),
        with(scenario("the year must be written", PERSON), AltinnHabits { takes_year: false, ..ALTINN }),
    ];
    let mut errors = scenario("with errors", PERSON);
    errors.filing.finds_errors = true;
    all.push(errors);
    let mut two = scenario("two for the same party and year", PERSON);
    two.orders.push(another.clone());
    all.push(Scenario { later: vec![Later::Order(another)], ..two });
    let again = vec![Later::Order(Order::Innsending(PERSON)), Later::Order(Order::Innsending(PERSON))];
    all.push(Scenario { later: again, ..scenario("ordered again", PERSON) });
    all
}

/// Those that are validated by jobs.
pub(super) fn validated_by_jobs() -> Vec<Scenario> {
    let by = |way| Submission { way, ..PERSON };
    let mut all = vec![
        scenario("v1", by(Way::Jobb)),
        scenario("v2", by(Way::Instans)),
        scenario("v2 with an attachment", Submission { has_vedlegg: true, ..by(Way::Instans) }),
    ];
    let mut changes = scenario("v1, the return changes", by(Way::Jobb));
    changes.filing = FilingHabits { job_takes: 600, ..changes.filing };
    all.push(with(changes, AltinnHabits { changes_at: Some(120), ..ALTINN }));
    let mut two = scenario("v1, two years of a party", by(Way::Jobb));
    two.orders.push(Order::Innsending(Submission { of: Return { year: 2023, ..OF }, ..by(Way::Jobb) }));
    all.push(two);
    all
}

impl Submission {
    /// The content of a case. `filing`: what is filed.
    pub(super) fn content(
        &self,
        filing: crate::journal::payload::filing::Content,
        late_action: Duration,
    ) -> Content {
        let opprettet_av = self.is_another.then(|| "others".parse().unwrap());
        let rules = InnsendingRules { filing: filing.rules, late_action, ..InnsendingRules::default() };
        let (navn, bytes) = VEDLEGG;
        let input = Input { name: navn.to_owned(), path: None, sha256: Digest([7; 32]), bytes };
        let vedlegg = VedleggInput { input, navn: navn.to_owned(), kind: Vedleggstype::Pdf };
        Content {
            filing: crate::journal::payload::filing::Content { opprettet_av, ..filing },
            vei: match self.way {
                Way::Synkron => Vei::Synkron,
                Way::Jobb => Vei::Jobb,
                Way::Instans => Vei::Instans,
            },
            utfoerer: self.utfoerer,
            skal_bekreftes_av_revisor: false,
            vedlegg: if self.has_vedlegg { vec![vedlegg] } else { Vec::new() },
            rules,
        }
    }

    pub(super) fn ask(&self, notation: &InnsendingNotation) -> Ask {
        let subject = &notation.content().filing.subject;
        let (navn, stoerrelse) = VEDLEGG;
        let vedlegg = PlanlagtVedlegg { navn: navn.to_owned(), stoerrelse };
        Ask::SendInn(Plan {
            eier: subject.identifikator.clone(),
            metadata: Metadata { inntektsaar: subject.inntektsaar, skal_bekreftes_av_revisor: false },
            utfoerer: self.utfoerer,
            validering: match self.way {
                Way::Synkron => Validering::Synkron,
                Way::Jobb => Validering::Jobb { referanse: None, can_upload: true },
                Way::Instans => Validering::Instans,
            },
            gjeldende: None,
            vedlegg: if self.has_vedlegg { vec![vedlegg] } else { Vec::new() },
            med_feil: false,
        })
    }
}

/// Whether whoever orders the same again lets it go on, as the library does.
pub(super) fn goes_on_when_ordered_again(innsending: &Innsending, now: skattebro_domain::Timestamp) -> bool {
    matches!(innsending.end(now), Some(InnsendingEnd::GaveUp { .. } | InnsendingEnd::Validering(_)))
}
