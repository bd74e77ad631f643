//! The example requests of the contract, written down by hand.

use super::*;

/// `v1-opprett-nav.json`
pub(super) fn nav() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_SYKEPENGER".into(),
        skyldner: person(),
        hovedstol: Kroner::new(48_210),
        rente_beloep: Some(vec![straffe(4_821, Some(date(2026, 3, 2)))]),
        oppdragsgivers_referanse: "SAK-2026/88".into(),
        oppdragsgivers_kravidentifikator: Some("K-2026-000088".into()),
        fastsettelsesdato: date(2026, 3, 2),
        foreldelsesfristens_utgangspunkt: Some(date(2025, 11, 30)),
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: Some(Periode { fom: date(2025, 9, 1), tom: date(2025, 11, 30) }),
            stoenadstype: None,
            ytelser_for_avregning: Some(Kroner::new(1_200)),
        }),
    }
}

/// `v1-opprett-fradato.json`
pub(super) fn fradato() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_BARNETRYGD".into(),
        skyldner: Skyldner { identifikator: "08846328271".into(), ..person() },
        hovedstol: Kroner::new(15_000),
        rente_beloep: None,
        oppdragsgivers_referanse: "S1".into(),
        oppdragsgivers_kravidentifikator: Some("K1".into()),
        fastsettelsesdato: date(2026, 1, 15),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(nav_tillegg(date(2025, 1, 1), date(2025, 12, 31))),
    }
}

/// `v1-opprett-brreg.json`
pub(super) fn brreg() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN".into(),
        skyldner: organisation(),
        hovedstol: Kroner::new(25_000),
        rente_beloep: None,
        oppdragsgivers_referanse: "TVA-2026-7".into(),
        oppdragsgivers_kravidentifikator: Some("K-2026-000007".into()),
        fastsettelsesdato: date(2026, 2, 1),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(brreg_tillegg(
            date(2026, 1, 1),
            date(2026, 1, 31),
            Some(date(2026, 1, 31)),
        )),
    }
}

/// `v1-opprett-minimal.json`
pub(super) fn minimal() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".into(),
        skyldner: organisation(),
        hovedstol: Kroner::new(1),
        rente_beloep: None,
        oppdragsgivers_referanse: "æøå-ÆØÅ/1".into(),
        oppdragsgivers_kravidentifikator: None,
        fastsettelsesdato: date(2026, 2, 1),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

/// `2023-opprett.json`
pub(super) fn of_2023() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_FEILUTBETALT_YTELSE".into(),
        skyldner: person(),
        hovedstol: Kroner::new(9_000),
        rente_beloep: Some(vec![RenteBeloep { rentetype: None, ..straffe(900, Some(date(2023, 6, 1))) }]),
        oppdragsgivers_referanse: "S-23-1".into(),
        oppdragsgivers_kravidentifikator: Some("K-23-1".into()),
        fastsettelsesdato: date(2023, 6, 1),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: None,
            stoenadstype: Some("BARNETRYGD".into()),
            ytelser_for_avregning: Some(Kroner::new(100)),
        }),
    }
}

#[test]
fn the_examples_have_no_findings() {
    let of = |organ| Oppdragsgiver { organ: Some(organ), ..TEST_V1 };
    for (request, oppdragsgiver, today) in [
        (nav(), of(Organ::Nav), TODAY),
        (fradato(), of(Organ::Nav), date(2026, 1, 15)),
        (brreg(), of(Organ::Broennoeysund), date(2026, 2, 1)),
        (minimal(), of(Organ::Annen), date(2026, 2, 1)),
        (of_2023(), Oppdragsgiver { organ: Some(Organ::Nav), ..TEST_2023 }, date(2023, 6, 1)),
    ] {
        assert_eq!(check(&request, &oppdragsgiver, today), [], "{}", request.kravtype);
    }
}
