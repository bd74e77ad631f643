//! What only one of the editions has.

use super::examples::{brreg, nav, of_2023};
use super::*;

#[test]
fn the_reference_has_the_name_of_its_edition() {
    breaks(
        &of_2023(),
        &TEST_2023,
        (Error, "tom-oppdragsgivers-referanse", "oppdragsgiversSaksnummer"),
        |k| k.oppdragsgivers_referanse = String::new(),
        |_| (),
    );
    breaks(
        &of_2023(),
        &TEST_2023,
        (Error, "ugyldig-oppdragsgivers-referanse", "oppdragsgiversSaksnummer"),
        |k| k.oppdragsgivers_referanse = "S 1".into(),
        |_| (),
    );
}

#[test]
fn the_general_rules_hold_in_both_editions() {
    let request = with(&of_2023(), |k| {
        k.hovedstol = Kroner::new(0);
        k.fastsettelsesdato = TOMORROW;
        k.foreldelsesfristens_utgangspunkt = Some(TOMORROW);
        k.skyldner.identifikator = "13895118961".into();
        k.rente_beloep.as_mut().unwrap()[0].beloep = Kroner::new(0);
    });
    assert_eq!(
        seen(&check(&request, &TEST_2023, TODAY)),
        [
            (Error, Code::BeloepErIkkeOver0, "hovedstol.beloep"),
            (Error, Code::UgyldigFastsettelsesdato, "fastsettelsesdato"),
            (Error, Code::UgyldigForeldelsesfristensUtgangspunkt, "foreldelsesfristensUtgangspunkt"),
            (Error, Code::UgyldigSkyldnersIdentifikator, "skyldner.identifikator"),
            (Error, Code::RentebeloepErIkkeOver0, "renteBeloep[0].beloep"),
        ]
    );
}

#[test]
fn a_krav_of_v1_in_edition_2023_has_fields_too_many() {
    let request = with(&nav(), |k| {
        k.tilleggsfrist_etter_foreldelsesloven = Some(date(2020, 1, 1));
        k.tilleggsinformasjon = Some(nav_tillegg(TOMORROW, TODAY));
    });
    let findings = check(&request, &TEST_2023, TODAY);
    assert_eq!(
        seen(&findings),
        [
            (Warning, Code::KravtypeEksistererIkke, "kravtype"),
            // No word about its being too old or beside another: the rules about a field that is not there do not apply.
            (Error, Code::NotInThisEdition, "tilleggsfristEtterForeldelsesloven"),
            (Error, Code::NotInThisEdition, "renteBeloep[0].rentetype"),
            (Error, Code::NotInThisEdition, "tilleggsinformasjon.tilbakekrevingsperiode"),
            (Error, Code::UgyldigTilleggsinformasjon, "tilleggsinformasjon.stoenadstype"),
        ]
    );
    assert!(findings[1].message.contains("edition 2023"), "{}", findings[1]);
}

#[test]
fn a_krav_of_broennoeysund_in_edition_2023_has_fields_too_many() {
    assert_eq!(
        seen(&check(&brreg(), &TEST_2023, TODAY)),
        [
            (Warning, Code::KravtypeEksistererIkke, "kravtype"),
            (Error, Code::NotInThisEdition, "tilleggsinformasjon.periode"),
            (Error, Code::NotInThisEdition, "tilleggsinformasjon.stoppdatoForLøpendeMulkt"),
        ]
    );
}

#[test]
fn a_krav_of_2023_in_edition_v1_lacks_fields() {
    assert_eq!(
        seen(&check(&of_2023(), &TEST_V1, TODAY)),
        [
            (Warning, Code::KravtypeEksistererIkke, "kravtype"),
            (Error, Code::FieldMissing, "renteBeloep[0].rentetype"),
            (Error, Code::NotInThisEdition, "tilleggsinformasjon.stoenadstype"),
            (Error, Code::UgyldigTilleggsinformasjon, "tilleggsinformasjon.tilbakekrevingsperiode"),
        ]
    );
}

#[test]
fn a_kind_of_interest_is_demanded_in_v1() {
    let set = |rentetype: Option<&str>| {
        let rentetype = rentetype.map(str::to_owned);
        move |k: &mut Innkrevingsoppdrag| k.rente_beloep.as_mut().unwrap()[0].rentetype = rentetype
    };
    let field = "renteBeloep[0].rentetype";
    for missing in [None, Some(""), Some(" ")] {
        breaks(&nav(), &TEST_V1, (Error, "field-missing", field), set(missing), set(Some("STRAFFERENTE")));
    }
    breaks(&nav(), &TEST_V1, (Warning, "rentetype-unknown", field), set(Some("strafferente")), |_| ());
}

#[test]
fn edition_2023_demands_a_day_of_interest_and_a_benefit() {
    breaks(
        &of_2023(),
        &TEST_2023,
        (Error, "field-missing", "renteBeloep[0].renterIlagtDato"),
        |k| k.rente_beloep.as_mut().unwrap()[0].renter_ilagt_dato = None,
        |_| (),
    );
    breaks(
        &of_2023(),
        &TEST_2023,
        (Error, "ugyldig-tilleggsinformasjon", "tilleggsinformasjon.stoenadstype"),
        |k| {
            k.tilleggsinformasjon = Some(Tilleggsinformasjon::Nav {
                tilbakekrevingsperiode: None,
                stoenadstype: None,
                ytelser_for_avregning: None,
            });
        },
        |k| k.tilleggsinformasjon = None,
    );
}

#[test]
fn the_wide_kravtyper_of_2023_are_for_persons_with_a_warning() {
    breaks(
        &of_2023(),
        &TEST_2023,
        (Warning, "kravtype-gjelder-kun-for-person", "skyldner.identifikatortype"),
        |k| k.skyldner = organisation(),
        |_| (),
    );
}

#[test]
fn a_form_that_is_not_navs_is_wrong_in_2023_as_well() {
    breaks(
        &of_2023(),
        &TEST_2023,
        (Error, "ugyldig-tilleggsinformasjon", "tilleggsinformasjon"),
        |k| k.tilleggsinformasjon = Some(Tilleggsinformasjon::Annet(r#"{"stonadstype":"A"}"#.into())),
        |_| (),
    );
}
