//! The rules for every krav.

use super::examples::{minimal, nav, of_2023};
use super::*;

#[test]
fn kravtype_eksisterer_ikke() {
    let rule = (Warning, "kravtype-eksisterer-ikke", "kravtype");
    breaks(&minimal(), &TEST_V1, rule, |k| k.kravtype = "RETTSGEBYR_NYTT".into(), |_| ());
    breaks(
        &minimal(),
        &TEST_V1,
        rule,
        |k| k.kravtype = "rettsgebyr_utleggsbegjaering".into(),
        |k| k.kravtype = "EGENANDEL_FRITT_RETTSRAAD".into(),
    );
    assert!(Code::KravtypeEksistererIkke.is_for_the_service());
}

#[test]
fn kravtype_er_inaktiv() {
    // Nothing here knows which kravtyper are in use: it is never found, only named.
    assert_eq!(Code::KravtypeErInaktiv.as_str(), "kravtype-er-inaktiv");
    assert!(Code::KravtypeErInaktiv.is_for_the_service());
}

#[test]
fn beloep_er_ikke_over_0() {
    let rule = (Error, "beloep-er-ikke-over-0", "hovedstol.beloep");
    for beloep in [0, -1, i64::MIN] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.hovedstol = Kroner::new(beloep),
            |k| k.hovedstol = Kroner::new(1),
        );
    }
}

#[test]
fn tom_oppdragsgivers_referanse() {
    let rule = (Error, "tom-oppdragsgivers-referanse", "oppdragsgiversReferanse");
    for empty in ["", " ", "\u{a0}\t"] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.oppdragsgivers_referanse = empty.into(),
            |k| k.oppdragsgivers_referanse = "1".into(),
        );
    }
}

#[test]
fn ugyldig_oppdragsgivers_referanse() {
    let rule = (Error, "ugyldig-oppdragsgivers-referanse", "oppdragsgiversReferanse");
    for wrong in ["SAK 88", "SAK_88", " SAK", "a\u{30a}", "é", &"x".repeat(41)] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.oppdragsgivers_referanse = wrong.into(),
            |k| k.oppdragsgivers_referanse = "å".repeat(40),
        );
    }
}

#[test]
fn ugyldig_oppdragsgivers_kravidentifikator() {
    let rule = (Error, "ugyldig-oppdragsgivers-kravidentifikator", "oppdragsgiversKravidentifikator");
    for wrong in ["", " ", "K 1", "K.1", &"x".repeat(41)] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.oppdragsgivers_kravidentifikator = Some(wrong.into()),
            |k| k.oppdragsgivers_kravidentifikator = Some("Ø".repeat(40)),
        );
    }
}

#[test]
fn oppdragsgivers_kravidentifikator_eksisterer_allerede() {
    let code = Code::OppdragsgiversKravidentifikatorEksistererAllerede;
    assert_eq!(code.as_str(), super::super::super::slugs::EXISTS_ALREADY);
    assert!(code.is_for_the_service());
}

#[test]
fn ugyldig_fastsettelsesdato() {
    breaks(
        &minimal(),
        &TEST_V1,
        (Error, "ugyldig-fastsettelsesdato", "fastsettelsesdato"),
        |k| k.fastsettelsesdato = TOMORROW,
        |k| k.fastsettelsesdato = TODAY,
    );
}

#[test]
fn ugyldig_foreldelsesfristens_utgangspunkt() {
    let rule = (Error, "ugyldig-foreldelsesfristens-utgangspunkt", "foreldelsesfristensUtgangspunkt");
    for wrong in [date(2026, 2, 1), date(2026, 2, 2)] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.foreldelsesfristens_utgangspunkt = Some(wrong),
            |k| k.foreldelsesfristens_utgangspunkt = Some(date(2026, 1, 31)),
        );
    }
}

#[test]
fn ugyldig_tilleggsfrist_etter_foreldelsesloven() {
    breaks(
        &minimal(),
        &TEST_V1,
        (Error, "ugyldig-tilleggsfrist-etter-foreldelsesloven", "tilleggsfristEtterForeldelsesloven"),
        |k| {
            k.tilleggsfrist_etter_foreldelsesloven = Some(TODAY);
            k.foreldelsesfristens_utgangspunkt = Some(date(2026, 1, 31));
        },
        |k| k.tilleggsfrist_etter_foreldelsesloven = Some(TODAY),
    );
}

#[test]
fn tilleggsfrist_etter_foreldelsesloven_eldre_enn_10_maaneder() {
    let rule = "tilleggsfrist-etter-foreldelsesloven-eldre-enn-10-maaneder";
    let field = "tilleggsfristEtterForeldelsesloven";
    for wrong in [date(2025, 5, 1), date(2020, 1, 1)] {
        breaks(
            &minimal(),
            &TEST_V1,
            (Error, rule, field),
            |k| k.tilleggsfrist_etter_foreldelsesloven = Some(wrong),
            |k| k.tilleggsfrist_etter_foreldelsesloven = Some(date(2025, 5, 2)),
        );
    }
    // Between 10 and 11 months nobody knows whether the rule holds for this kravtype.
    for perhaps in [date(2025, 5, 1), date(2025, 4, 2)] {
        breaks(
            &with(&nav(), |k| {
                k.kravtype = DAGPENGER.into();
                k.foreldelsesfristens_utgangspunkt = None;
            }),
            &TEST_V1,
            (Warning, rule, field),
            |k| k.tilleggsfrist_etter_foreldelsesloven = Some(perhaps),
            |k| k.tilleggsfrist_etter_foreldelsesloven = Some(date(2025, 5, 2)),
        );
    }
}

#[test]
fn ugyldig_skyldners_identifikator() {
    let rule = (Error, "ugyldig-skyldners-identifikator", "skyldner.identifikator");
    for wrong in ["13895118961", "138951 18960", "3895118960", "974761076", "", "13895118960x"] {
        breaks(
            &nav(),
            &TEST_V1,
            rule,
            |k| k.skyldner.identifikator = wrong.into(),
            |k| k.skyldner.identifikator = "17912099997".into(),
        );
    }
    for wrong in ["974761077", "974 761 076", "29822099635"] {
        breaks(
            &minimal(),
            &TEST_V1,
            rule,
            |k| k.skyldner.identifikator = wrong.into(),
            |k| k.skyldner.identifikator = "889640782".into(),
        );
    }
}

#[test]
fn a_synthetic_person_is_only_for_test_environments() {
    let production = Oppdragsgiver { synthetic_persons: false, ..TEST_V1 };
    for number in ["13895118960", "08846328271", "17912099997", "29822099635"] {
        let request = with(&nav(), |k| k.skyldner.identifikator = number.into());
        let findings = check(&request, &production, TODAY);
        assert_eq!(seen(&findings), [(Error, Code::UgyldigSkyldnersIdentifikator, "skyldner.identifikator")]);
        assert!(findings[0].message.contains("synthetic test person"), "{}", findings[0]);
        assert!(!findings[0].to_string().contains(&number[6..]), "{}", findings[0]);
        assert_eq!(check(&request, &TEST_V1, TODAY), []);
    }
    assert_eq!(check(&minimal(), &production, TODAY), []);
}

#[test]
fn ugyldig_kravtype() {
    let rule = (Warning, "ugyldig-kravtype", "kravtype");
    let brreg = Oppdragsgiver { organ: Some(Organ::Broennoeysund), ..TEST_V1 };
    breaks(&minimal(), &brreg, rule, |_| (), |k| *k = super::examples::brreg());
    let nav_itself = Oppdragsgiver { organ: Some(Organ::Nav), ..TEST_V1 };
    breaks(&minimal(), &nav_itself, rule, |_| (), |k| *k = nav());
    assert_eq!(check(&minimal(), &TEST_V1, TODAY), [], "whose kravtyper are its own is not known");
    assert!(Code::UgyldigKravtype.is_for_the_service());
    assert!(!Code::UgyldigSkyldnersIdentifikator.is_for_the_service());
}

#[test]
fn rentebeloep_er_ikke_over_0() {
    for wrong in [0, -1] {
        breaks(
            &minimal(),
            &TEST_V1,
            (Error, "rentebeloep-er-ikke-over-0", "renteBeloep[1].beloep"),
            |k| k.rente_beloep = Some(vec![straffe(1, None), straffe(wrong, None)]),
            |k| k.rente_beloep = Some(vec![straffe(1, None), straffe(1, None)]),
        );
    }
}

#[test]
fn ugyldig_renterilagtdato() {
    breaks(
        &minimal(),
        &TEST_V1,
        (Error, "ugyldig-renterilagtdato", "renteBeloep[0].renterIlagtDato"),
        |k| k.rente_beloep = Some(vec![straffe(1, Some(TOMORROW)), straffe(1, Some(TODAY))]),
        |k| k.rente_beloep = Some(vec![straffe(1, Some(TODAY)), straffe(1, Some(TODAY))]),
    );
}

#[test]
fn ugyldig_tilleggsinformasjon() {
    let slug = "ugyldig-tilleggsinformasjon";
    let (fom, tom) = (date(2025, 9, 1), date(2025, 11, 30));
    let without_period = Tilleggsinformasjon::Nav {
        tilbakekrevingsperiode: None,
        stoenadstype: None,
        ytelser_for_avregning: Some(Kroner::new(1)),
    };
    let unlike = Tilleggsinformasjon::Annet(r#"{"a":1}"#.into());
    for (wrong, field) in [
        (None, "tilleggsinformasjon"),
        (Some(without_period), "tilleggsinformasjon.tilbakekrevingsperiode"),
        (Some(brreg_tillegg(fom, tom, None)), "tilleggsinformasjon"),
        (Some(unlike.clone()), "tilleggsinformasjon"),
    ] {
        breaks(
            &nav(),
            &TEST_V1,
            (Error, slug, field),
            |k| k.tilleggsinformasjon = wrong,
            |k| k.tilleggsinformasjon = Some(nav_tillegg(fom, tom)),
        );
    }
    let without_period =
        Tilleggsinformasjon::Broennoeysund { periode: None, stoppdato_for_loepende_mulkt: Some(tom) };
    for (wrong, field) in [
        (None, "tilleggsinformasjon"),
        (Some(without_period), "tilleggsinformasjon.periode"),
        (Some(nav_tillegg(fom, tom)), "tilleggsinformasjon"),
        (Some(unlike.clone()), "tilleggsinformasjon"),
    ] {
        breaks(
            &super::examples::brreg(),
            &TEST_V1,
            (Error, slug, field),
            |k| k.tilleggsinformasjon = wrong,
            |k| k.tilleggsinformasjon = Some(brreg_tillegg(fom, tom, None)),
        );
    }
    for given in [nav_tillegg(fom, tom), brreg_tillegg(fom, tom, None), unlike] {
        let others = with(&minimal(), |k| k.tilleggsinformasjon = Some(given.clone()));
        assert_eq!(check(&others, &TEST_V1, TODAY), [], "the others need none, and may have it");
        let unknown = with(&others, |k| k.kravtype = "NOE_NYTT".into());
        assert_eq!(
            seen(&check(&unknown, &TEST_V1, TODAY)),
            [(Warning, Code::KravtypeEksistererIkke, "kravtype")]
        );
    }
}

#[test]
fn a_kravtype_must_be_there() {
    for empty in ["", " "] {
        let request = with(&minimal(), |k| k.kravtype = empty.into());
        assert_eq!(seen(&check(&request, &TEST_V1, TODAY)), [(Error, Code::FieldMissing, "kravtype")]);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let request = with(&nav(), |k| {
        k.hovedstol = Kroner::new(0);
        k.oppdragsgivers_referanse = String::new();
        k.oppdragsgivers_kravidentifikator = Some("K 1".into());
        k.fastsettelsesdato = TOMORROW;
        k.foreldelsesfristens_utgangspunkt = Some(TOMORROW);
        k.tilleggsfrist_etter_foreldelsesloven = Some(date(2020, 1, 1));
        k.skyldner = organisation();
        k.skyldner.identifikator = "1".into();
        k.rente_beloep = Some(vec![straffe(0, Some(TOMORROW)), straffe(-5, None)]);
        k.tilleggsinformasjon = Some(Tilleggsinformasjon::Nav {
            tilbakekrevingsperiode: Some(Periode { fom: date(2026, 3, 4), tom: TOMORROW }),
            stoenadstype: Some("BARNETRYGD".into()),
            ytelser_for_avregning: Some(Kroner::new(0)),
        });
    });
    let brreg = Oppdragsgiver { organ: Some(Organ::Broennoeysund), ..TEST_V1 };
    let periode = "tilleggsinformasjon.tilbakekrevingsperiode";
    let frist = "tilleggsfristEtterForeldelsesloven";
    assert_eq!(
        seen(&check(&request, &brreg, TODAY)),
        [
            (Error, Code::BeloepErIkkeOver0, "hovedstol.beloep"),
            (Error, Code::TomOppdragsgiversReferanse, "oppdragsgiversReferanse"),
            (Error, Code::UgyldigOppdragsgiversKravidentifikator, "oppdragsgiversKravidentifikator"),
            (Error, Code::UgyldigFastsettelsesdato, "fastsettelsesdato"),
            (Error, Code::UgyldigForeldelsesfristensUtgangspunkt, "foreldelsesfristensUtgangspunkt"),
            (Error, Code::UgyldigTilleggsfristEtterForeldelsesloven, frist),
            (Error, Code::TilleggsfristEtterForeldelseslovenEldreEnn10Maaneder, frist),
            (Error, Code::UgyldigSkyldnersIdentifikator, "skyldner.identifikator"),
            (Warning, Code::UgyldigKravtype, "kravtype"),
            (Error, Code::RentebeloepErIkkeOver0, "renteBeloep[0].beloep"),
            (Error, Code::UgyldigRenterilagtdato, "renteBeloep[0].renterIlagtDato"),
            (Error, Code::RentebeloepErIkkeOver0, "renteBeloep[1].beloep"),
            (Error, Code::NotInThisEdition, "tilleggsinformasjon.stoenadstype"),
            (Error, Code::KravtypeGjelderKunForPerson, "skyldner.identifikatortype"),
            (Error, Code::YtelserForAvregningErIkkeOver0, "tilleggsinformasjon.ytelserForAvregning.beloep"),
            (Error, Code::UgyldigTilbakekrevingsperiode, &format!("{periode}.fom")),
            (Error, Code::UgyldigTilbakekrevingsperiode, &format!("{periode}.tom")),
        ]
    );
}

#[test]
fn the_values_that_are_wrong_are_shown() {
    let request = with(&of_2023(), |k| {
        k.hovedstol = Kroner::new(-7);
        k.oppdragsgivers_referanse = "SAK 13895118960".into();
    });
    let findings = check(&request, &TEST_2023, TODAY);
    assert_eq!(seen(&findings).len(), 2, "{findings:?}");
    assert!(findings[0].message.contains("-7 kroner"), "{}", findings[0]);
    assert!(findings[1].message.contains("«SAK 138951*****»"), "{}", findings[1]);
}
