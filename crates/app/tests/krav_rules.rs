//! The client's rules and the sandbox's were written apart from the same contract: here they meet.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use skattebro::domain::Korrelasjonsid;
use skattebro::domain::flow::Effect;
use skattebro::domain::krav::rules::{Oppdragsgiver, check};
use skattebro::domain::krav::{
    Date, Edition, Identifikatortype, Innkrevingsoppdrag, Kroner, Periode, RenteBeloep, Skyldner,
    Tilleggsinformasjon, slugs,
};
use skattebro::http::{HttpInnkreving, HttpSettings};
use skattebro::krav::today_in_norway;
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Call, KravActs, Token};
use skattebro_sandbox::{Sandbox, VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CASES: u32 = 10_000;

#[test]
fn in_edition_v1_the_first_complaint_is_among_our_findings_and_no_finding_means_201() {
    agree(Edition::V1, CASES);
}

#[test]
fn in_edition_2023_they_agree_as_well() {
    agree(Edition::Utgave2023, CASES / 5);
}

fn agree(edition: Edition, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let clock = VirtualClock::stepped_from("2026-03-10T11:00:00Z".parse().unwrap());
    let sandbox = runtime.block_on(Sandbox::builder().clock(clock).start()).unwrap();
    let today = today_in_norway(sandbox.clock().timestamp());
    let token = Arc::new(StaticToken::new(Token::parse("hemmelig").unwrap()));
    let http = HttpInnkreving::new(HttpSettings::new(&sandbox.url()).unwrap(), token, edition).unwrap();
    let oppdragsgiver = Oppdragsgiver { organ: None, edition, synthetic_persons: true };
    let (fresh, accepted) = (AtomicU64::new(0), AtomicU64::new(0));

    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&krav(today, edition), |mut oppdrag| {
        if let Some(id) = &mut oppdrag.oppdragsgivers_kravidentifikator
            && id == "K"
        {
            *id = format!("K-{}", fresh.fetch_add(1, Ordering::Relaxed));
        }
        let findings = check(&oppdrag, &oppdragsgiver, today);
        let call = Call::new(Korrelasjonsid::from_uuid(7));
        match runtime.block_on(http.opprett(&call, &oppdrag)) {
            Ok(_) => {
                accepted.fetch_add(1, Ordering::Relaxed);
                let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
                prop_assert!(errors.is_empty(), "accepted, but we would not have sent it: {errors:#?}");
            }
            Err(error) => {
                let Effect::Refused(slug) = error.effect() else {
                    return Err(TestCaseError::fail(error.with_causes()));
                };
                // Edition 2023 does not document its names, and calls the reference a saksnummer.
                let rule = slugs::short(slug).replace("saksnummer", "referanse");
                let known = findings.iter().any(|finding| finding.code.as_str() == rule);
                prop_assert!(known, "refused for {rule}, which is not among {findings:#?}");
            }
        }
        Ok(())
    });
    let accepted = accepted.into_inner();
    println!("{accepted} of {cases} were accepted");
    outcome.unwrap();
    assert!(
        u64::from(cases) / 10 < accepted && accepted < u64::from(cases) * 9 / 10,
        "{accepted} were accepted"
    );
}

/// Mostly right krav, with up to three things changed to something that may be wrong.
fn krav(today: Date, edition: Edition) -> impl Strategy<Value = Innkrevingsoppdrag> {
    let changes = proptest::collection::vec(change(today, edition), 0..=3);
    (right(today, edition), changes).prop_map(|(mut krav, changes)| {
        changes.into_iter().for_each(|change| change.make(&mut krav));
        krav
    })
}

const V1: [&str; 6] = [
    "TILBAKEKREVING_SYKEPENGER",
    "TILBAKEKREVING_FORSKUTTERTE_DAGPENGER",
    "TILBAKEKREVING_LOENNSKOMPENSASJON",
    "TILBAKEKREVING_OMSORGSPENGER",
    "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN",
    "RETTSGEBYR_UTLEGGSBEGJAERING",
];
const OF_2023: [&str; 2] =
    ["TILBAKEKREVING_FEILUTBETALT_YTELSE", "FORSIKRINGSPREMIE_SELVSTENDIG_NAERINGSDRIVENDE"];

fn kravtype(edition: Edition) -> impl Strategy<Value = &'static str> {
    match edition {
        Edition::V1 => proptest::sample::select(V1.to_vec()),
        Edition::Utgave2023 => proptest::sample::select(OF_2023.to_vec()),
    }
}

fn right(today: Date, edition: Edition) -> impl Strategy<Value = Innkrevingsoppdrag> {
    kravtype(edition).prop_map(move |kravtype| {
        let is_org = kravtype.starts_with("TVANGSMULKT") || kravtype == "TILBAKEKREVING_LOENNSKOMPENSASJON";
        Innkrevingsoppdrag {
            kravtype: kravtype.to_owned(),
            skyldner: if is_org { organisation("974761076") } else { person("13895118960") },
            hovedstol: Kroner::new(9_000),
            rente_beloep: None,
            oppdragsgivers_referanse: "SAK-2026/88".to_owned(),
            oppdragsgivers_kravidentifikator: Some("K".to_owned()),
            fastsettelsesdato: days(today, -8),
            foreldelsesfristens_utgangspunkt: None,
            tilleggsfrist_etter_foreldelsesloven: None,
            tilleggsinformasjon: match kravtype {
                _ if edition == Edition::Utgave2023 => Some(nav(None, Some("BARNETRYGD"), None)),
                "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN" => Some(brreg(periode(today, -60, -30), None)),
                "RETTSGEBYR_UTLEGGSBEGJAERING" => None,
                _ => Some(nav(periode(today, -200, -100), None, None)),
            },
        }
    })
}

#[derive(Debug, Clone)]
enum Change {
    Kravtype(&'static str),
    Skyldner(Skyldner),
    Hovedstol(i64),
    Referanse(String),
    Id(Option<String>),
    Fastsettelsesdato(Date),
    Utgangspunkt(Option<Date>),
    Tilleggsfrist(Option<Date>),
    Renter(Vec<RenteBeloep>),
    Tilleggsinformasjon(Option<Tilleggsinformasjon>),
}

impl Change {
    fn make(self, krav: &mut Innkrevingsoppdrag) {
        match self {
            Self::Kravtype(kravtype) => krav.kravtype = kravtype.to_owned(),
            Self::Skyldner(skyldner) => krav.skyldner = skyldner,
            Self::Hovedstol(beloep) => krav.hovedstol = Kroner::new(beloep),
            Self::Referanse(referanse) => krav.oppdragsgivers_referanse = referanse,
            Self::Id(id) => krav.oppdragsgivers_kravidentifikator = id,
            Self::Fastsettelsesdato(date) => krav.fastsettelsesdato = date,
            Self::Utgangspunkt(date) => krav.foreldelsesfristens_utgangspunkt = date,
            Self::Tilleggsfrist(date) => krav.tilleggsfrist_etter_foreldelsesloven = date,
            Self::Renter(renter) => krav.rente_beloep = Some(renter),
            Self::Tilleggsinformasjon(info) => krav.tilleggsinformasjon = info,
        }
    }
}

fn change(today: Date, edition: Edition) -> impl Strategy<Value = Change> {
    let skyldnere = [
        person("13895118960"),
        person("08846328271"),
        person("974761076"),
        person("13895118961"),
        person("138951 18960"),
        person("1389511896"),
        person(""),
        organisation("974761076"),
        organisation("974761077"),
        organisation("13895118960"),
        organisation("97476107"),
    ];
    let texts = ["", " ", "S1", "æøå-ÆØÅ/1", "a_b", "a b", "é", "S.1", "K\u{e5}", "a\u{30a}"];
    let texts: Vec<String> =
        texts.iter().map(|text| (*text).to_owned()).chain(["x".repeat(40), "x".repeat(41)]).collect();
    let ids = texts.clone().into_iter().filter(|text| text.len() != 40).map(|text| match text.as_str() {
        // Those that are right must also be fresh.
        "S1" | "æøå-ÆØÅ/1" | "K\u{e5}" => None,
        _ => Some(text),
    });
    let day = prop_oneof![-4_000..=40_i64, -3..=3_i64].prop_map(move |by| days(today, by));
    let months = (0..=12_i64, -1..=1_i64).prop_map(move |(months, by)| {
        let back = today.checked_sub(jiff::Span::new().months(months)).unwrap();
        days(back, by)
    });
    let date = prop_oneof![day, months];
    // Edition 2023 demands the date.
    let undated = if edition == Edition::V1 { 1 } else { 0 };
    let rente = move |rentetype: Option<&'static str>| {
        let by = prop_oneof![9 => (-3..=3_i64).prop_map(Some), undated => Just(None)];
        (-1..=2_i64, by).prop_map(move |(beloep, by)| RenteBeloep {
            beloep: Kroner::new(beloep),
            renter_ilagt_dato: by.map(|by| days(today, by)),
            rentetype: rentetype.map(str::to_owned),
        })
    };
    let renter = proptest::collection::vec(rente((edition == Edition::V1).then_some("STRAFFERENTE")), 0..3);
    prop_oneof![
        kravtype(edition).prop_map(Change::Kravtype),
        proptest::sample::select(skyldnere.to_vec()).prop_map(Change::Skyldner),
        prop_oneof![-2..=2_i64, Just(i64::MAX), Just(i64::MIN)].prop_map(Change::Hovedstol),
        proptest::sample::select(texts).prop_map(Change::Referanse),
        proptest::sample::select(ids.collect::<Vec<_>>()).prop_map(Change::Id),
        date.clone().prop_map(Change::Fastsettelsesdato),
        proptest::option::of(date.clone()).prop_map(Change::Utgangspunkt),
        match edition {
            Edition::V1 => proptest::option::of(date).prop_map(Change::Tilleggsfrist).boxed(),
            Edition::Utgave2023 => Just(Change::Tilleggsfrist(None)).boxed(),
        },
        renter.prop_map(Change::Renter),
        tilleggsinformasjon(today, edition).prop_map(Change::Tilleggsinformasjon),
    ]
}

fn tilleggsinformasjon(today: Date, edition: Edition) -> impl Strategy<Value = Option<Tilleggsinformasjon>> {
    let periode = (-3..=1_i64, -3..=1_i64).prop_map(move |(fom, tom)| periode(today, fom, tom));
    let amount = proptest::option::of(-1..=2_i64);
    let nav = match edition {
        Edition::V1 => (proptest::option::weighted(0.9, periode.clone()), amount)
            .prop_map(|(periode, amount)| nav(periode.flatten(), None, amount))
            .boxed(),
        Edition::Utgave2023 => amount.prop_map(|amount| nav(None, Some("BARNETRYGD"), amount)).boxed(),
    };
    let stopp = proptest::option::of(-3..=3_i64);
    let brreg = (proptest::option::weighted(0.9, periode), stopp)
        .prop_map(move |(periode, stopp)| brreg(periode.flatten(), stopp.map(|by| days(today, by))));
    match edition {
        Edition::V1 => prop_oneof![Just(None), nav.prop_map(Some), brreg.prop_map(Some)].boxed(),
        Edition::Utgave2023 => prop_oneof![Just(None), nav.prop_map(Some)].boxed(),
    }
}

fn days(from: Date, by: i64) -> Date {
    from.checked_add(jiff::Span::new().days(by)).unwrap()
}

fn periode(today: Date, fom: i64, tom: i64) -> Option<Periode> {
    Some(Periode { fom: days(today, fom), tom: days(today, tom) })
}

fn nav(
    tilbakekrevingsperiode: Option<Periode>,
    stoenadstype: Option<&str>,
    amount: Option<i64>,
) -> Tilleggsinformasjon {
    Tilleggsinformasjon::Nav {
        tilbakekrevingsperiode,
        stoenadstype: stoenadstype.map(str::to_owned),
        ytelser_for_avregning: amount.map(Kroner::new),
    }
}

fn brreg(periode: Option<Periode>, stopp: Option<Date>) -> Tilleggsinformasjon {
    Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt: stopp }
}

fn person(identifikator: &str) -> Skyldner {
    Skyldner { identifikatortype: Identifikatortype::Person, identifikator: identifikator.to_owned() }
}

fn organisation(identifikator: &str) -> Skyldner {
    Skyldner { identifikatortype: Identifikatortype::Organisasjon, identifikator: identifikator.to_owned() }
}
