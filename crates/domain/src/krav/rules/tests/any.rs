//! Of whatever request: the rules answer, and tell nobody's number.

use super::*;
use proptest::prelude::*;

fn any_date() -> impl Strategy<Value = Date> {
    prop_oneof![
        1 => Just(Date::MIN),
        1 => Just(Date::MAX),
        3 => (-400i32..400).prop_map(|days| TODAY.saturating_add(days.days())),
        5 => (-9999i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| date(y, m, d)),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{0,14}",
        "[0-9 -]{0,20}",
        "[A-Zæøå/ -]{0,60}[0-9]{11}[a-z ]{0,5}",
        Just("13895118960".to_owned()),
        Just("138951 18961".to_owned()),
        Just("29822099635".to_owned()),
    ]
}

fn any_beloep() -> impl Strategy<Value = Kroner> {
    prop_oneof![any::<i64>(), -2i64..3, Just(-13_895_118_960)].prop_map(Kroner::new)
}

fn any_kravtype() -> impl Strategy<Value = String> {
    prop_oneof![
        any_text(),
        prop::sample::select(vec![
            "TILBAKEKREVING_SYKEPENGER",
            DAGPENGER,
            LOENNSKOMPENSASJON,
            OMSORGSPENGER,
            "TILBAKEKREVING_FEILUTBETALT_YTELSE",
            "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN",
            "RETTSGEBYR_UTLEGGSBEGJAERING",
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_rente() -> impl Strategy<Value = RenteBeloep> {
    (any_beloep(), prop::option::of(any_date()), prop::option::of(any_text())).prop_map(
        |(beloep, renter_ilagt_dato, rentetype)| RenteBeloep { beloep, renter_ilagt_dato, rentetype },
    )
}

fn any_tillegg() -> impl Strategy<Value = Tilleggsinformasjon> {
    let periode = || prop::option::of((any_date(), any_date()).prop_map(|(fom, tom)| Periode { fom, tom }));
    prop_oneof![
        (periode(), prop::option::of(any_text()), prop::option::of(any_beloep())).prop_map(
            |(tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning)| Tilleggsinformasjon::Nav {
                tilbakekrevingsperiode,
                stoenadstype,
                ytelser_for_avregning,
            }
        ),
        (periode(), prop::option::of(any_date())).prop_map(|(periode, stoppdato_for_loepende_mulkt)| {
            Tilleggsinformasjon::Broennoeysund { periode, stoppdato_for_loepende_mulkt }
        }),
        any_text().prop_map(Tilleggsinformasjon::Annet),
    ]
}

prop_compose! {
    fn any_request()(
        kravtype in any_kravtype(),
        identifikatortype in prop::sample::select(vec![
            Identifikatortype::Person,
            Identifikatortype::Organisasjon,
        ]),
        identifikator in any_text(),
        hovedstol in any_beloep(),
        rente_beloep in prop::option::of(prop::collection::vec(any_rente(), 0..3)),
        oppdragsgivers_referanse in any_text(),
        oppdragsgivers_kravidentifikator in prop::option::of(any_text()),
        fastsettelsesdato in any_date(),
        foreldelsesfristens_utgangspunkt in prop::option::of(any_date()),
        tilleggsfrist_etter_foreldelsesloven in prop::option::of(any_date()),
        tilleggsinformasjon in prop::option::of(any_tillegg()),
    ) -> Innkrevingsoppdrag {
        Innkrevingsoppdrag {
            kravtype,
            skyldner: Skyldner { identifikatortype, identifikator },
            hovedstol,
            rente_beloep,
            oppdragsgivers_referanse,
            oppdragsgivers_kravidentifikator,
            fastsettelsesdato,
            foreldelsesfristens_utgangspunkt,
            tilleggsfrist_etter_foreldelsesloven,
            tilleggsinformasjon,
        }
    }
}

fn any_endring() -> impl Strategy<Value = Endring> {
    prop_oneof![
        any_beloep().prop_map(Endring::Hovedstol),
        prop::collection::vec(any_rente(), 0..3).prop_map(Endring::Renter),
        any_text().prop_map(Endring::Referanse),
    ]
}

fn any_oppdragsgiver() -> impl Strategy<Value = Oppdragsgiver> {
    let organ =
        prop::sample::select(vec![None, Some(Organ::Nav), Some(Organ::Broennoeysund), Some(Organ::Annen)]);
    let edition = prop::sample::select(vec![Edition::V1, Edition::Utgave2023]);
    (organ, edition, any::<bool>()).prop_map(|(organ, edition, synthetic_persons)| Oppdragsgiver {
        organ,
        edition,
        synthetic_persons,
    })
}

/// Each is whole, on one line, and without a personal number.
fn tell_nobody(findings: &[Finding]) -> Result<(), TestCaseError> {
    for finding in findings {
        let text = finding.to_string();
        prop_assert!(!finding.field.is_empty() && !finding.message.is_empty() && !finding.advice.is_empty());
        prop_assert!(!text.contains(char::is_control), "{text:?}");
        prop_assert_eq!(&crate::masking::mask(&text), &text);
        let longest = text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 11);
        prop_assert!(!longest, "{text}");
        prop_assert!(finding.is_error() || finding.code != Code::UgyldigSkyldnersIdentifikator);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_request_is_judged_without_a_panic_and_without_telling_a_number(
        request in any_request(),
        oppdragsgiver in any_oppdragsgiver(),
        today in any_date(),
    ) {
        let findings = check(&request, &oppdragsgiver, today);
        tell_nobody(&findings)?;
        // What only the service can know never stops a krav.
        prop_assert!(findings.iter().all(|f| !(f.is_error() && f.code.is_for_the_service())));
    }

    #[test]
    fn any_change_is_judged_without_a_panic_and_without_telling_a_number(
        endring in any_endring(),
        in_force in prop::option::of(any_beloep()),
        oppdragsgiver in any_oppdragsgiver(),
        today in any_date(),
    ) {
        tell_nobody(&check_endring(&endring, in_force, &oppdragsgiver, today))?;
    }

    #[test]
    fn a_skyldner_is_never_told_whole(identifikator in "[0-9]{10,14}", person: bool) {
        let identifikatortype =
            if person { Identifikatortype::Person } else { Identifikatortype::Organisasjon };
        let skyldner = Skyldner { identifikatortype, identifikator: identifikator.clone() };
        let request = with(&super::examples::minimal(), |k| k.skyldner = skyldner);
        let production = Oppdragsgiver { synthetic_persons: false, ..TEST_V1 };
        for finding in check(&request, &production, TODAY) {
            prop_assert!(!finding.to_string().contains(&identifikator[..7]), "{finding}");
        }
    }
}
