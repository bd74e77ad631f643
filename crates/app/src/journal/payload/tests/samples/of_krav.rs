use super::*;
use skattebro_domain::krav::machine::{Act, Ask, Fact, Read as Look, Settlement};
use skattebro_domain::krav::{
    Avstemming, Date, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Mottak, Mottatt,
    Periode, RenteBeloep, Skyldner, Tilleggsinformasjon, Valideringsfeil,
};
use std::sync::Arc;
use std::time::Duration;

const THEIRS: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";

pub(in super::super) fn their_id() -> KravId {
    KravId::Skatteetatens(THEIRS.parse().unwrap())
}

fn our_id() -> KravId {
    KravId::Oppdragsgivers("K-2026/88".parse().unwrap())
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// With all that a krav can have.
pub(in super::super) fn krav() -> Innkrevingsoppdrag {
    let person = Identifikatortype::Person;
    Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_SYKEPENGER".into(),
        skyldner: Skyldner { identifikatortype: person, identifikator: "13895118960".into() },
        hovedstol: Kroner::new(48_210),
        rente_beloep: Some(renter()),
        oppdragsgivers_referanse: "SAK-2026/88".into(),
        oppdragsgivers_kravidentifikator: Some("K-2026/88".into()),
        fastsettelsesdato: date("2026-03-02"),
        foreldelsesfristens_utgangspunkt: Some(date("2026-01-01")),
        tilleggsfrist_etter_foreldelsesloven: Some(date("2027-01-01")),
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: Some(periode()),
            stoenadstype: Some("SYKEPENGER".into()),
            ytelser_for_avregning: Some(Kroner::new(1000)),
        }),
    }
}

/// With as little as a krav can have.
fn bare() -> Innkrevingsoppdrag {
    let organisasjon = Identifikatortype::Organisasjon;
    Innkrevingsoppdrag {
        kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".into(),
        skyldner: Skyldner { identifikatortype: organisasjon, identifikator: "974761076".into() },
        hovedstol: Kroner::new(1314),
        rente_beloep: None,
        oppdragsgivers_referanse: "S-1".into(),
        oppdragsgivers_kravidentifikator: None,
        fastsettelsesdato: date("2026-03-02"),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

fn with(tilleggsinformasjon: Tilleggsinformasjon) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag { tilleggsinformasjon: Some(tilleggsinformasjon), ..bare() }
}

/// What no service would take.
fn wrong() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "\u{0}".into(),
        hovedstol: Kroner::new(i64::MIN),
        rente_beloep: Some(Vec::new()),
        oppdragsgivers_kravidentifikator: Some(String::new()),
        fastsettelsesdato: Date::MIN,
        ..with(Tilleggsinformasjon::Annet("no JSON".into()))
    }
}

fn renter() -> Vec<RenteBeloep> {
    let bare = RenteBeloep { beloep: Kroner::new(12), renter_ilagt_dato: None, rentetype: None };
    let whole = RenteBeloep {
        beloep: Kroner::new(4821),
        renter_ilagt_dato: Some(date("2026-03-02")),
        rentetype: Some("STRAFFERENTE".into()),
    };
    vec![whole, bare]
}

fn periode() -> Periode {
    Periode { fom: date("2025-09-01"), tom: date("2025-11-30") }
}

fn hovedstol() -> Endring {
    Endring::Hovedstol(Kroner::new(40_000))
}

fn referanse() -> Endring {
    Endring::Referanse("SAK-2026/89".into())
}

pub(super) fn all() -> Vec<(String, Kept)> {
    let groups =
        [("content", contents()), ("ask", asks()), ("act", acts()), ("fact", facts()), ("fact", failed())];
    let named = |(what, records): (&'static str, Vec<(String, Kept)>)| {
        records.into_iter().map(move |(name, kept)| (format!("krav {what}: {name}"), kept))
    };
    groups.into_iter().flat_map(named).collect()
}

/// Not the defaults, which may change.
fn rules() -> KravRules {
    KravRules {
        follow: false,
        late_action: Duration::from_millis(1),
        settle: Duration::from_millis(2),
        deadline: Duration::from_millis(u64::MAX),
        min_pause: Duration::from_millis(4),
        max_pause: Duration::from_millis(5),
        max_backoff: Duration::from_millis(6),
        max_unsent: 7,
        max_strange: 8,
        max_refused_looks: u32::MAX,
        clock_skew: Duration::from_millis(10),
        clock_skew_first: Duration::ZERO,
    }
}

fn contents() -> Vec<(String, Kept)> {
    let of = |edition, existing| krav::Content { edition, existing, rules: rules(), oppdragsgiver: None };
    let whole = krav::Content { oppdragsgiver: Some("974761076".into()), ..of(Edition::V1, Some(our_id())) };
    [
        ("whole", whole),
        ("to be created, v1", of(Edition::V1, None)),
        ("to be created, 2023", of(Edition::Utgave2023, None)),
        ("by their id", of(Edition::V1, Some(their_id()))),
        ("followed", krav::Content { rules: KravRules { follow: true, ..rules() }, ..of(Edition::V1, None) }),
    ]
    .map(|(name, content)| (name.to_owned(), Kept::KravContent(content)))
    .into()
}

fn asks() -> Vec<(String, Kept)> {
    let opprett = |krav| Ask::Opprett(Arc::new(krav));
    let nav = Tilleggsinformasjon::Nav {
        tilbakekrevingsperiode: None,
        stoenadstype: None,
        ytelser_for_avregning: None,
    };
    let broennoeysund = Tilleggsinformasjon::Broennoeysund {
        periode: Some(periode()),
        stoppdato_for_loepende_mulkt: Some(date("2026-06-30")),
    };
    let broennoeysund_bare =
        Tilleggsinformasjon::Broennoeysund { periode: None, stoppdato_for_loepende_mulkt: None };
    let annet = Tilleggsinformasjon::Annet(r#"{"nytt": {"b":1.10,"a":[]}}"#.into());
    let avgjoer = |operation, happened, id: Option<&str>| {
        let kravidentifikator = id.map(|id| id.parse().unwrap());
        Ask::Avgjoer(Settlement { operation, happened, kravidentifikator })
    };
    let mut asks: Vec<_> = [
        ("opprett, whole", opprett(krav())),
        ("opprett, bare", opprett(bare())),
        ("opprett, wrong", opprett(wrong())),
        ("opprett, nav without anything", opprett(with(nav))),
        ("opprett, broennoeysund", opprett(with(broennoeysund))),
        ("opprett, broennoeysund without anything", opprett(with(broennoeysund_bare))),
        ("opprett, annet", opprett(with(annet))),
        ("endre hovedstol", Ask::Endre(hovedstol())),
        ("endre renter", Ask::Endre(Endring::Renter(renter()))),
        ("endre renter to none", Ask::Endre(Endring::Renter(Vec::new()))),
        ("endre referanse", Ask::Endre(referanse())),
        ("avskriv", Ask::Avskriv),
        ("stop", Ask::Stop),
        ("fortsett", Ask::Fortsett { follow: false }),
        ("fortsett and follow", Ask::Fortsett { follow: true }),
        ("avgjoer, whole", avgjoer(0, true, Some(THEIRS))),
        ("avgjoer, bare", avgjoer(2, false, None)),
        ("restored", Ask::Restored { since: time("2026-03-02T10:15:30.123456789Z") }),
    ]
    .map(|(name, ask)| (name.to_owned(), Kept::KravAsk(ask, Edition::V1, None)))
    .into();
    let in_2023 = Kept::KravAsk(opprett(bare()), Edition::Utgave2023, None);
    asks.push(("opprett, edition 2023".into(), in_2023));
    asks.push(("avskriv, with who and why".into(), Kept::KravAsk(Ask::Avskriv, Edition::V1, Some(said()))));
    let nobody = Said { by: None, grunn: String::new() };
    asks.push(("stop, with why".into(), Kept::KravAsk(Ask::Stop, Edition::V1, Some(nobody))));
    asks
}

fn acts() -> Vec<(String, Kept)> {
    [
        ("opprett", Act::Opprett(Arc::new(krav()))),
        ("endre hovedstol", Act::Endre(our_id(), hovedstol())),
        ("endre renter", Act::Endre(their_id(), Endring::Renter(renter()))),
        ("endre referanse", Act::Endre(their_id(), referanse())),
        ("avskriv", Act::Avskriv(their_id())),
    ]
    .map(|(name, act)| (name.to_owned(), Kept::KravAct(act)))
    .into()
}

fn facts() -> Vec<(String, Kept)> {
    let feil = |error: &str, message: &str| Valideringsfeil { error: error.into(), message: message.into() };
    let mottak = |status: &str| {
        let Ok(mottaksstatus) = status.parse();
        Fact::Mottak(Mottak {
            kravidentifikator: THEIRS.parse().unwrap(),
            oppdragsgivers_kravidentifikator: None,
            mottaksstatus,
            status_oppdatert: None,
        })
    };
    let mut facts = vec![
        ("opprettet", Fact::Opprettet(THEIRS.parse().unwrap())),
        ("accepted", Fact::Accepted(Some("T-1".parse().unwrap()))),
        ("accepted, bare", Fact::Accepted(None)),
        ("not-there", Fact::NotThere),
        (
            "valideringsfeil",
            Fact::Valideringsfeil(vec![feil("PERSON_ER_DOED", "Skyldner er død"), feil("", "")]),
        ),
        ("valideringsfeil, none", Fact::Valideringsfeil(Vec::new())),
        ("avstemming, not yet", Fact::Avstemming(None)),
        ("avstemming, bare", Fact::Avstemming(Some(Box::new(avstemming_bare())))),
        ("avstemming, whole", Fact::Avstemming(Some(Box::new(avstemming())))),
        (
            "mottak, whole",
            Fact::Mottak(Mottak {
                kravidentifikator: THEIRS.parse().unwrap(),
                oppdragsgivers_kravidentifikator: Some("K-2026/88".parse().unwrap()),
                mottaksstatus: "RESKONTROFOERT".parse().unwrap(),
                status_oppdatert: Some(time("2026-03-02T10:15:30Z")),
            }),
        ),
    ];
    for status in [
        "MOTTATT_IKKE_BEHANDLET",
        "MOTTATT_UNDER_BEHANDLING",
        "VALIDERINGSFEIL",
        "RESKONTROFOERT",
        "MIGRERT",
        "SKAL_IKKE_RESKONTROFOERES",
        "EN_NY_STATUS",
    ] {
        facts.push((status, mottak(status)));
    }
    facts.into_iter().map(|(name, fact)| (name.to_owned(), Kept::KravFact(fact, Edition::V1))).collect()
}

fn mottatt<T>(innhold: T) -> Mottatt<T> {
    Mottatt {
        innhold,
        tidspunkt: "2026-03-02T10:15:30".into(),
        tidspunkt_utc: Some(time("2026-03-02T09:15:30Z")),
        transaksjonsid: Some("T-1".parse().unwrap()),
    }
}

fn avstemming() -> Avstemming {
    let bare = Mottatt {
        tidspunkt: String::new(),
        tidspunkt_utc: None,
        transaksjonsid: None,
        ..mottatt(referanse())
    };
    Avstemming {
        kravidentifikator: THEIRS.parse().unwrap(),
        oppdragsgivers_kravidentifikator: Some("K-2026/88".parse().unwrap()),
        opprinnelig: Some(mottatt(krav())),
        endringer: vec![mottatt(hovedstol()), mottatt(Endring::Renter(renter())), bare],
        andre_endringer: 3,
        avskriving: Some(mottatt(())),
    }
}

fn avstemming_bare() -> Avstemming {
    Avstemming {
        oppdragsgivers_kravidentifikator: None,
        opprinnelig: None,
        endringer: Vec::new(),
        andre_endringer: 0,
        avskriving: None,
        ..avstemming()
    }
}

fn failed() -> Vec<(String, Kept)> {
    let fact = |name: String, fact| (name, Kept::KravFact(fact, Edition::V1));
    let mut facts: Vec<_> = failures()
        .into_iter()
        .map(|(name, failure)| fact(format!("failed, {name}"), Fact::Failed(failure)))
        .collect();
    let (_, failure) = failures().remove(0);
    let looks = [
        ("mottaksstatus", Look::Mottaksstatus(our_id())),
        ("valideringsfeil", Look::Valideringsfeil(their_id())),
        ("avstemming", Look::Avstemming(their_id())),
    ];
    facts.extend(
        looks.map(|(name, look)| {
            fact(format!("look-failed, {name}"), Fact::LookFailed(look, failure.clone()))
        }),
    );
    facts
}
