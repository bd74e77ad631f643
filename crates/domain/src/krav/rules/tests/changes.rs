//! Changes of a krav that is there.

use super::*;

fn hovedstol(beloep: i64) -> Endring {
    Endring::Hovedstol(Kroner::new(beloep))
}

#[test]
fn hovedstol_er_ikke_over_0() {
    for wrong in [0, -1, i64::MIN] {
        for (oppdragsgiver, field) in [(TEST_V1, "hovedstol.beloep"), (TEST_2023, "nyHovedstol.beloep")] {
            let rule = (Error, "hovedstol-er-ikke-over-0", field);
            breaks_change(&oppdragsgiver, rule, &hovedstol(wrong), &hovedstol(1));
        }
    }
}

#[test]
fn a_principal_that_is_not_lower_is_a_warning() {
    for wrong in [48_210, 48_211, i64::MAX] {
        let rule = (Warning, "hovedstol-not-lower", "hovedstol.beloep");
        breaks_change(&TEST_V1, rule, &hovedstol(wrong), &hovedstol(48_209));
        let rule = (Warning, "hovedstol-not-lower", "nyHovedstol.beloep");
        breaks_change(&TEST_2023, rule, &hovedstol(wrong), &hovedstol(48_209));
    }
    assert_eq!(
        check_endring(&hovedstol(i64::MAX), None, &TEST_V1, TODAY),
        [],
        "what is in force is not known"
    );
}

#[test]
fn rentebeloep_er_under_0() {
    let renter = |beloep| Endring::Renter(vec![straffe(0, None), straffe(beloep, Some(TODAY))]);
    breaks_change(&TEST_V1, (Error, "rentebeloep-er-under-0", "renter[1].beloep"), &renter(-1), &renter(0));
    assert_eq!(check_endring(&Endring::Renter(Vec::new()), None, &TEST_V1, TODAY), []);
}

#[test]
fn new_interest_follows_the_rules_of_dates_and_types() {
    let renter = |dato, rentetype: Option<&str>| {
        let rentetype = rentetype.map(str::to_owned);
        Endring::Renter(vec![RenteBeloep { rentetype, ..straffe(1, Some(dato)) }])
    };
    let right = renter(TODAY, Some("STRAFFERENTE"));
    for (rule, wrong) in [
        (
            (Error, "ugyldig-renterilagtdato", "renter[0].renterIlagtDato"),
            renter(TOMORROW, Some("STRAFFERENTE")),
        ),
        ((Error, "field-missing", "renter[0].rentetype"), renter(TODAY, None)),
        ((Warning, "rentetype-unknown", "renter[0].rentetype"), renter(TODAY, Some("FORSINKELSESRENTE"))),
    ] {
        breaks_change(&TEST_V1, rule, &wrong, &right);
    }
}

#[test]
fn a_new_reference_follows_the_rules_of_the_first() {
    let right = Endring::Referanse("SAK-2026/88-B".into());
    for (slug, wrong) in [
        ("tom-oppdragsgivers-referanse", ""),
        ("tom-oppdragsgivers-referanse", " "),
        ("ugyldig-oppdragsgivers-referanse", "SAK 88"),
    ] {
        let wrong = Endring::Referanse(wrong.into());
        breaks_change(&TEST_V1, (Error, slug, "nyOppdragsgiversReferanse"), &wrong, &right);
    }
}

#[test]
fn edition_2023_changes_the_principal_only() {
    let right = hovedstol(8_000);
    for (wrong, field) in [
        (Endring::Renter(vec![straffe(-1, None)]), "renter"),
        (Endring::Referanse(String::new()), "nyOppdragsgiversReferanse"),
    ] {
        breaks_change(&TEST_2023, (Error, "not-in-this-edition", field), &wrong, &right);
    }
}
