//! NAV's rules and those of Brønnøysundregistrene.

use super::examples::{brreg, nav};
use super::*;

const SKYLDNERS_TYPE: &str = "skyldner.identifikatortype";

#[test]
fn kravtype_gjelder_kun_for_person() {
    breaks(
        &nav(),
        &TEST_V1,
        (Error, "kravtype-gjelder-kun-for-person", SKYLDNERS_TYPE),
        |k| k.skyldner = organisation(),
        |_| (),
    );
    for both in [OMSORGSPENGER, LOENNSKOMPENSASJON] {
        let request = with(&nav(), |k| {
            k.kravtype = both.into();
            k.skyldner = organisation();
        });
        assert_eq!(check(&request, &TEST_V1, TODAY), [], "{both}");
    }
}

#[test]
fn kravtype_gjelder_kun_for_organisasjon() {
    let rule = (Error, "kravtype-gjelder-kun-for-organisasjon", SKYLDNERS_TYPE);
    breaks(
        &with(&nav(), |k| k.kravtype = LOENNSKOMPENSASJON.into()),
        &TEST_V1,
        rule,
        |_| (),
        |k| k.skyldner = organisation(),
    );
    breaks(&brreg(), &TEST_V1, rule, |k| k.skyldner = person(), |_| ());
    let request = with(&nav(), |k| k.kravtype = OMSORGSPENGER.into());
    assert_eq!(check(&request, &TEST_V1, TODAY), []);
}

#[test]
fn tilleggsfrist_etter_foreldelsesloven_eldre_enn_11_maaneder() {
    let base = with(&nav(), |k| {
        k.kravtype = DAGPENGER.into();
        k.foreldelsesfristens_utgangspunkt = None;
    });
    breaks(
        &base,
        &TEST_V1,
        (
            Error,
            "tilleggsfrist-etter-foreldelsesloven-eldre-enn-11-maaneder",
            "tilleggsfristEtterForeldelsesloven",
        ),
        |k| k.tilleggsfrist_etter_foreldelsesloven = Some(date(2025, 4, 1)),
        |_| (),
    );
    // The nearest one is not over 11 months, and has the warning about 10.
    let nearest = with(&base, |k| k.tilleggsfrist_etter_foreldelsesloven = Some(date(2025, 4, 2)));
    let codes: Vec<_> = check(&nearest, &TEST_V1, TODAY).iter().map(|f| (f.severity, f.code)).collect();
    assert_eq!(codes, [(Warning, Code::TilleggsfristEtterForeldelseslovenEldreEnn10Maaneder)]);
}

#[test]
fn ytelser_for_avregning_er_ikke_over_0() {
    let ytelser = |beloep| {
        move |k: &mut Innkrevingsoppdrag| {
            if let Some(Tilleggsinformasjon::Nav { ytelser_for_avregning, .. }) = &mut k.tilleggsinformasjon {
                *ytelser_for_avregning = Some(Kroner::new(beloep));
            }
        }
    };
    for wrong in [0, -1] {
        breaks(
            &nav(),
            &TEST_V1,
            (Error, "ytelser-for-avregning-er-ikke-over-0", "tilleggsinformasjon.ytelserForAvregning.beloep"),
            ytelser(wrong),
            ytelser(1),
        );
    }
}

#[test]
fn ugyldig_tilbakekrevingsperiode() {
    let slug = "ugyldig-tilbakekrevingsperiode";
    let set =
        |fom, tom| move |k: &mut Innkrevingsoppdrag| k.tilleggsinformasjon = Some(nav_tillegg(fom, tom));
    breaks(
        &nav(),
        &TEST_V1,
        (Error, slug, "tilleggsinformasjon.tilbakekrevingsperiode.fom"),
        set(date(2025, 9, 2), date(2025, 9, 1)),
        set(date(2025, 9, 1), date(2025, 9, 1)),
    );
    breaks(
        &nav(),
        &TEST_V1,
        (Error, slug, "tilleggsinformasjon.tilbakekrevingsperiode.tom"),
        set(date(2025, 9, 1), TOMORROW),
        set(TODAY, TODAY),
    );
}

#[test]
fn ugyldig_periode() {
    let slug = "ugyldig-periode";
    let set = |fom, tom| {
        move |k: &mut Innkrevingsoppdrag| k.tilleggsinformasjon = Some(brreg_tillegg(fom, tom, None))
    };
    breaks(
        &brreg(),
        &TEST_V1,
        (Error, slug, "tilleggsinformasjon.periode.fom"),
        set(date(2026, 1, 2), date(2026, 1, 1)),
        set(date(2026, 1, 1), date(2026, 1, 1)),
    );
    breaks(
        &brreg(),
        &TEST_V1,
        (Error, slug, "tilleggsinformasjon.periode.tom"),
        set(date(2026, 1, 1), TOMORROW),
        set(TODAY, TODAY),
    );
}

#[test]
fn ugyldig_stoppdato_for_loepende_mulkt() {
    let (fom, tom) = (date(2026, 1, 1), date(2026, 1, 31));
    breaks(
        &brreg(),
        &TEST_V1,
        (Error, "ugyldig-stoppdato-for-løpende-mulkt", "tilleggsinformasjon.stoppdatoForLøpendeMulkt"),
        |k| k.tilleggsinformasjon = Some(brreg_tillegg(fom, tom, Some(TOMORROW))),
        |k| k.tilleggsinformasjon = Some(brreg_tillegg(fom, tom, Some(TODAY))),
    );
}

#[test]
fn foreldelsesfristens_utgangspunkt_eldre_enn_2_aar_og_10_maaneder() {
    breaks(
        &brreg(),
        &TEST_V1,
        (
            Error,
            "foreldelsesfristens-utgangspunkt-eldre-enn-2-aar-og-10-maaneder",
            "foreldelsesfristensUtgangspunkt",
        ),
        |k| k.foreldelsesfristens_utgangspunkt = Some(date(2023, 5, 1)),
        |k| k.foreldelsesfristens_utgangspunkt = Some(date(2023, 5, 2)),
    );
    let of_nav = with(&nav(), |k| k.foreldelsesfristens_utgangspunkt = Some(date(2020, 1, 1)));
    assert_eq!(check(&of_nav, &TEST_V1, TODAY), [], "the rule is not NAV's");
}

#[test]
fn rentebeloep_er_ikke_tillatt_for_kravtype() {
    breaks(
        &brreg(),
        &TEST_V1,
        (Error, "rentebeloep-er-ikke-tillatt-for-kravtype", "renteBeloep"),
        |k| k.rente_beloep = Some(vec![straffe(1, None)]),
        |k| k.rente_beloep = Some(Vec::new()),
    );
}
