use super::*;
use crate::krav::values::MOST_FINDINGS;
use skattebro_domain::krav::Tilleggsinformasjon;

const NAV_V1: &str = r#"{"kravtype":"TILBAKEKREVING_SYKEPENGER","skyldner":{"identifikatortype":"PERSON","identifikator":"13895118960"},
"hovedstol":{"valuta":"NOK","beloep":48210},"renteBeloep":[{"valuta":"NOK","beloep":4821,"renterIlagtDato":"2026-03-02","rentetype":"STRAFFERENTE"}],
"oppdragsgiversReferanse":"SAK-2026/88","oppdragsgiversKravidentifikator":"K-1","fastsettelsesdato":"2026-03-02",
"tilleggsinformasjon":{"tilbakekrevingsperiode":{"fom":"2025-09-01","tom":"2025-11-30"}}}"#;

/// Each finding as `code field`, for the request with `from` replaced by `to`.
fn findings(from: &str, to: &str) -> Vec<Finding> {
    assert!(NAV_V1.contains(from), "{from}");
    read_opprett(NAV_V1.replacen(from, to, 1).as_bytes(), Edition::V1).unwrap_err()
}

fn krav(from: &str, to: &str) -> Innkrevingsoppdrag {
    assert!(NAV_V1.contains(from), "{from}");
    read_opprett(NAV_V1.replacen(from, to, 1).as_bytes(), Edition::V1).unwrap()
}

#[test]
fn a_single_mistake_is_told_with_its_field_and_what_stands_there() {
    for (from, to, code, field, says) in [
        (r#""kravtype":"TILBAKEKREVING_SYKEPENGER","#, "", "field-missing", "kravtype", "missing"),
        (r#""TILBAKEKREVING_SYKEPENGER""#, "null", "field-missing", "kravtype", "null"),
        (r#""TILBAKEKREVING_SYKEPENGER""#, "7", "field-mistyped", "kravtype", "a number stands"),
        (r#""kravtype""#, r#""nytt":1,"kravtype""#, "field-unknown", "nytt", "lost"),
        (r#""kravtype""#, r#""_erstatter":"K","kravtype""#, "field-unknown", "_erstatter", "lost"),
        (
            r#""kravtype""#,
            r#""fastsettelsesDato":"x","kravtype""#,
            "field-unknown",
            "fastsettelsesDato",
            "write fastsettelsesdato",
        ),
        (r#""kravtype""#, r#""kravtype":"A","kravtype""#, "field-twice", "kravtype", "twice"),
        (
            r#""fom""#,
            r#""fom":"2025-09-01","fom""#,
            "field-twice",
            "tilleggsinformasjon.tilbakekrevingsperiode.fom",
            "twice",
        ),
        ("48210", "48210.50", "field-mistyped", "hovedstol.beloep", "øre"),
        ("48210", "4821e1", "field-mistyped", "hovedstol.beloep", "exponent"),
        ("48210", "9223372036854775808", "too-large-value", "hovedstol.beloep", "larger"),
        ("48210", "\"48210\"", "field-mistyped", "hovedstol.beloep", "a text stands"),
        ("48210", "true", "field-mistyped", "hovedstol.beloep", "true or false stands"),
        ("NOK", "EUR", "field-mistyped", "hovedstol.valuta", "EUR"),
        (r#""valuta":"NOK","#, "", "field-missing", "hovedstol.valuta", "missing"),
        ("4821,", "\"x\",", "field-mistyped", "renteBeloep[0].beloep", "a text stands"),
        (
            r#""fastsettelsesdato":"2026-03-02""#,
            r#""fastsettelsesdato":"2026-02-30""#,
            "field-mistyped",
            "fastsettelsesdato",
            "no such day",
        ),
        (
            r#""fastsettelsesdato":"2026-03-02""#,
            r#""fastsettelsesdato":"2026-03-02T00:00:00Z""#,
            "field-mistyped",
            "fastsettelsesdato",
            "alone: 2026-03-02",
        ),
        (
            r#""fastsettelsesdato":"2026-03-02""#,
            r#""fastsettelsesdato":"02.03.2026""#,
            "field-mistyped",
            "fastsettelsesdato",
            "write it as 2026-03-02",
        ),
        (
            r#""fastsettelsesdato":"2026-03-02""#,
            r#""fastsettelsesdato":20260302"#,
            "field-mistyped",
            "fastsettelsesdato",
            "a number stands",
        ),
        ("PERSON", "PRIVATPERSON", "field-mistyped", "skyldner.identifikatortype", "PERSON or ORGANISASJON"),
        (r#""13895118960""#, "13895118960", "field-mistyped", "skyldner.identifikator", "a number stands"),
        (
            "oppdragsgiversReferanse",
            "oppdragsgiversSaksnummer",
            "not-in-this-edition",
            "oppdragsgiversSaksnummer",
            "write oppdragsgiversReferanse",
        ),
        (
            r#""fom":"2025-09-01","tom":"2025-11-30""#,
            r#""fom":"2025-09-01""#,
            "field-missing",
            "tilleggsinformasjon.tilbakekrevingsperiode.tom",
            "missing",
        ),
        (
            r#""tom":"#,
            r#""fraDato":"2025-09-01","tom":"#,
            "field-twice",
            "tilleggsinformasjon.tilbakekrevingsperiode",
            "both",
        ),
        (
            r#"{"tilbakekrevingsperiode""#,
            r#"{"periode":1,"tilbakekrevingsperiode""#,
            "field-unknown",
            "tilleggsinformasjon.periode",
            "lost",
        ),
        (
            r#"{"fom":"2025-09-01","tom":"2025-11-30"}"#,
            "[]",
            "field-mistyped",
            "tilleggsinformasjon.tilbakekrevingsperiode",
            "a list stands",
        ),
    ] {
        let found = findings(from, to);
        let shown = found.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(found.len(), 1, "{to}:\n{shown}");
        assert_eq!((found[0].code.as_str(), found[0].field.as_str()), (code, field), "{shown}");
        assert!(shown.contains(says), "{to}:\n{shown}");
        assert!(!shown.contains("13895118960"), "{shown}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_each_where_it_stands() {
    let json = br#"{"kravtype":1,
  "hovedstol": {"valuta":"NOK", "beloep": 1.5},
  "nytt": [], "oppdragsgiversReferanse":"R"}"#;
    let found = read_opprett(json, Edition::V1).unwrap_err();
    let told: Vec<_> = found
        .iter()
        .map(|f| (f.code.as_str(), f.field.as_str(), f.place.map(|p| (p.line, p.column)).unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("field-unknown", "nytt", (3, 11)),
            ("field-mistyped", "kravtype", (1, 13)),
            ("field-missing", "skyldner", (1, 1)),
            ("field-mistyped", "hovedstol.beloep", (2, 43)),
            ("field-missing", "fastsettelsesdato", (1, 1)),
        ]
    );
}

#[test]
fn what_is_no_object_is_told_once() {
    for (json, code) in [
        (&b""[..], "row-broken"),
        (b"{", "row-broken"),
        (b"[]", "row-broken"),
        (b"17", "row-broken"),
        (b"{\"a\":1}x", "row-broken"),
        (b"\xff", "not-utf8"),
        (b"{\0}", "row-broken"),
    ] {
        let found = read_opprett(json, Edition::V1).unwrap_err();
        assert_eq!(found.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), [code], "{json:?}");
    }
}

#[test]
fn null_is_the_same_as_absent() {
    let with_null =
        krav(r#""oppdragsgiversKravidentifikator":"K-1""#, r#""oppdragsgiversKravidentifikator":null"#);
    assert_eq!(with_null.oppdragsgivers_kravidentifikator, None);
}

#[test]
fn a_new_rentetype_is_kept() {
    let renter = krav("STRAFFERENTE", "NY RENTE").rente_beloep.unwrap();
    assert_eq!(renter[0].rentetype.as_deref(), Some("NY RENTE"));
}

#[test]
fn the_form_of_tilleggsinformasjon_is_told_from_its_names() {
    let object = r#"{"tilbakekrevingsperiode":{"fom":"2025-09-01","tom":"2025-11-30"}}"#;
    let tillegg = |json: &str| krav(object, json).tilleggsinformasjon;
    assert!(matches!(tillegg(r#"{"stoenadstype":"BARNETRYGD"}"#), Some(Tilleggsinformasjon::Nav { .. })));
    assert!(matches!(
        tillegg(r#"{"stoppdatoForLøpendeMulkt":"2026-01-31"}"#),
        Some(Tilleggsinformasjon::Broennoeysund { .. })
    ));
    assert_eq!(
        tillegg(r#"{"b": [1.10], "a": {"d": 1, "c": null}}"#),
        Some(Tilleggsinformasjon::Annet(r#"{"a":{"c":null,"d":1},"b":[1.10]}"#.into()))
    );
    assert_eq!(tillegg("null"), None);
}

#[test]
fn a_name_is_exact_also_in_its_unicode_form() {
    let decomposed = "stoppdatoForLo\u{338}pendeMulkt";
    let object = r#"{"tilbakekrevingsperiode":{"fom":"2025-09-01","tom":"2025-11-30"}}"#;
    let annet = krav(object, &format!("{{\"{decomposed}\":\"2026-01-31\"}}")).tilleggsinformasjon;
    assert!(matches!(annet, Some(Tilleggsinformasjon::Annet(_))), "{annet:?}");
}

#[test]
fn a_request_with_a_million_mistakes_gives_a_bounded_number_of_findings() {
    let json = format!("{{{}}}", vec!["\"x\":1"; 100_000].join(","));
    assert_eq!(read_opprett(json.as_bytes(), Edition::V1).unwrap_err().len(), MOST_FINDINGS);
}
