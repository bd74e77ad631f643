//! What is wanted: the workflows that are run through everything.

use super::model_altinn::AltinnHabits;
use super::model_filing::FilingHabits;
use super::model_krav::{Habits, Kind};
use super::sent::Return;
use super::submissions::{ALTINN, Submission};
use skattebro_codec::Compression;
use skattebro_domain::filing::{self, FilingRules, Plan};
use skattebro_domain::krav::machine::{self, KravRules};
use skattebro_domain::krav::{Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Skyldner};
use skattebro_domain::{Identifikator, Innsendingstype};
use skattebro_ports::Subject;
use std::sync::Arc;
use std::time::Duration;

use crate::journal::payload;

/// A workflow, or several that meet.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) krav: Habits,
    pub(super) filing: FilingHabits,
    pub(super) altinn: AltinnHabits,
    /// What is ordered at the beginning.
    pub(super) orders: Vec<Order>,
    /// What is wanted later: when a fault says so, or else when all is quiet.
    pub(super) later: Vec<Later>,
    /// A krav that is there from the beginning, with content of its own, or with the same.
    pub(super) there: Option<There>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct There {
    pub(super) same: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Order {
    Krav { own_id: bool, existing: bool, asks: Vec<machine::Ask> },
    Filing(Return),
    Innsending(Submission),
}

#[derive(Debug, Clone)]
pub(super) enum Later {
    /// Of the case with this place.
    Ask(usize, machine::Ask),
    /// As somebody else who has the same order.
    Order(Order),
}

pub(super) const OURS: &str = "K-1";
pub(super) const PARTIES: [&str; 2] = ["974761076", "13895118960"];

pub(super) fn oppdrag(own_id: bool) -> Arc<Innkrevingsoppdrag> {
    Arc::new(Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_SYKEPENGER".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".into(),
        },
        hovedstol: Kroner::new(1000),
        rente_beloep: None,
        oppdragsgivers_referanse: "R-1".into(),
        oppdragsgivers_kravidentifikator: own_id.then(|| OURS.into()),
        fastsettelsesdato: "2026-01-31".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    })
}

pub(super) fn another_oppdrag() -> Arc<Innkrevingsoppdrag> {
    Arc::new(Innkrevingsoppdrag { hovedstol: Kroner::new(77), ..(*oppdrag(true)).clone() })
}

fn opprett(own_id: bool) -> machine::Ask {
    machine::Ask::Opprett(oppdrag(own_id))
}

fn hovedstol(kroner: i64) -> machine::Ask {
    machine::Ask::Endre(Endring::Hovedstol(Kroner::new(kroner)))
}

fn referanse(referanse: &str) -> machine::Ask {
    machine::Ask::Endre(Endring::Referanse(referanse.into()))
}

impl Scenario {
    pub(super) fn of(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            krav: Habits::usual(kind),
            filing: FilingHabits { job_takes: 40, fails: 0, forgets_upload: false, finds_errors: false },
            altinn: ALTINN,
            orders: Vec::new(),
            later: Vec::new(),
            there: None,
        }
    }

    fn krav(name: &str, kind: Kind, own_id: bool, asks: Vec<machine::Ask>) -> Self {
        let orders = vec![Order::Krav { own_id, existing: false, asks }];
        Self { orders, ..Self::of(format!("{name}, {kind:?}"), kind) }
    }

    fn existing(name: &str, kind: Kind, asks: Vec<machine::Ask>) -> Self {
        let orders = vec![Order::Krav { own_id: kind == Kind::V1, existing: true, asks }];
        let there = Some(There { same: true });
        Self { orders, there, ..Self::of(format!("{name}, {kind:?}"), kind) }
    }

    fn later(mut self, later: impl IntoIterator<Item = machine::Ask>) -> Self {
        self.later = later.into_iter().map(|ask| Later::Ask(0, ask)).collect();
        self
    }
}

/// Everything about krav that is run, of one kind of service.
pub(super) fn of_krav(kind: Kind) -> Vec<Scenario> {
    use machine::Ask::Avskriv;
    let create = || opprett(true);
    let second = || if kind == Kind::V1 { referanse("R-2") } else { hovedstol(800) };
    let krav = |name: &str, asks| Scenario::krav(name, kind, true, asks);
    let mut all = vec![
        krav("create", vec![create()]),
        krav("create, change, change", vec![create(), hovedstol(900), second()]),
        krav("create, change, write off", vec![create(), hovedstol(900), Avskriv]),
        krav("create, later change and change back", vec![create()]).later([
            hovedstol(900),
            hovedstol(1000),
            second(),
        ]),
        krav("create, later change and write off", vec![create()]).later([hovedstol(900), Avskriv]),
        Scenario::existing("change, write off", kind, vec![hovedstol(900), Avskriv]),
        Scenario::existing("change, later change", kind, vec![hovedstol(900)])
            .later([second(), hovedstol(700)]),
    ];
    let slow = Habits { books_after: 200, ..Habits::usual(kind) };
    all.push(Scenario { krav: slow, ..krav("create slowly, change", vec![create(), hovedstol(900)]) });
    let rejects = Habits { rejects: true, ..Habits::usual(kind) };
    all.push(Scenario { krav: rejects, ..krav("create, rejected, change", vec![create(), hovedstol(900)]) });
    let there =
        |name, same| Scenario { there: Some(There { same }), ..krav(name, vec![create(), hovedstol(900)]) };
    all.push(there("create what is there with other content", false));
    let again = Order::Krav { own_id: true, existing: false, asks: vec![create(), hovedstol(900)] };
    let twice = krav("create, ordered twice", vec![create(), hovedstol(900)]);
    all.push(Scenario { later: vec![Later::Order(again)], ..twice });
    if kind == Kind::V1 {
        all.push(there("create what is there with the same content", true));
    }
    all
}

/// A krav that has no id of ours.
pub(super) fn without_id() -> Vec<Scenario> {
    let kinds = [Kind::V1, Kind::WithoutStatus];
    let create = |kind| Scenario::krav("create without an id", kind, false, vec![opprett(false)]);
    let changed = |kind| {
        let asks = vec![opprett(false), hovedstol(900), machine::Ask::Avskriv];
        Scenario::krav("create without an id, change, write off", kind, false, asks)
    };
    kinds.into_iter().flat_map(|kind| [create(kind), changed(kind)]).collect()
}

/// Everything about filings.
pub(super) fn of_filings() -> Vec<Scenario> {
    let filing = |name: &str| {
        let orders = vec![Order::Filing(Return { party: 0, year: 2024 })];
        Scenario { orders, ..Scenario::of(name, Kind::V1) }
    };
    let with = |name, habits| Scenario { filing: habits, ..filing(name) };
    let usual = filing("").filing;
    let second = |party| Order::Filing(Return { party, year: 2023 });
    let mut all = vec![
        filing("a filing"),
        with("a filing with a long job", FilingHabits { job_takes: 600, ..usual }),
        with("a filing whose first job fails", FilingHabits { fails: 1, ..usual }),
        with("a filing whose upload is forgotten", FilingHabits { forgets_upload: true, ..usual }),
    ];
    let mut two = filing("two filings of a party");
    two.orders.push(second(0));
    all.push(two);
    let mut two = filing("two filings of two parties");
    two.orders.push(second(1));
    all.push(two);
    let later = vec![Later::Order(second(0)), Later::Order(Order::Filing(Return { party: 0, year: 2024 }))];
    all.push(Scenario { later, ..filing("a filing, later another of the party and the same again") });
    all
}

impl Order {
    /// The content of a case. `late_action`: the rules' H.
    pub(super) fn krav_content(
        &self,
        kind: Kind,
        late_action: Duration,
        there: Option<KravId>,
    ) -> payload::krav::Content {
        let Self::Krav { existing, .. } = self else { unreachable!("an order of another kind") };
        payload::krav::Content {
            edition: kind.edition(),
            existing: there.filter(|_| *existing),
            rules: KravRules { late_action, ..KravRules::default() },
            oppdragsgiver: None,
        }
    }

    pub(super) fn filing_content(&self, late_action: Duration) -> payload::filing::Content {
        let Return { party, year } = self.of();
        let identifikator: Identifikator = PARTIES[party].parse().unwrap();
        payload::filing::Content {
            subject: Subject { inntektsaar: year.to_string().parse().unwrap(), identifikator },
            skattemelding: None,
            selskapsmelding: None,
            naeringsspesifikasjon: None,
            referanse: None,
            gjeldende: None,
            innsendingstype: Innsendingstype::Komplett,
            innsendingsformaal: None,
            opprettet_av: None,
            tin: None,
            forhaandsfastsetting: false,
            compression: Compression::Auto,
            rules: FilingRules { late_action, ..FilingRules::default() },
            out: None,
        }
    }

    pub(super) fn filing_ask() -> filing::Ask {
        filing::Ask::Validate(Plan { referanse: None, can_upload: true, gjeldende: None })
    }

    /// The oppdragsgiver's id of a krav, if it has one.
    pub(super) fn own_id(&self) -> Option<&str> {
        let Self::Krav { own_id: true, asks, .. } = self else { return None };
        match asks.first() {
            Some(machine::Ask::Opprett(oppdrag)) => oppdrag.oppdragsgivers_kravidentifikator.as_deref(),
            _ => Some(OURS),
        }
    }

    pub(super) fn of(&self) -> Return {
        match self {
            Self::Filing(of) => *of,
            Self::Innsending(submission) => submission.of,
            Self::Krav { .. } => Return { party: 0, year: 0 },
        }
    }
}
