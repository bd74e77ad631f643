use super::*;

const HEADER: &str = "kravtype;identifikatortype;identifikator;hovedstol;oppdragsgiversReferanse;fastsettelsesdato;\
    oppdragsgiversKravidentifikator;rente1Beloep;rente1IlagtDato;rente1Type;rente3Beloep;tilbakekrevingsperiodeFom;\
    tilbakekrevingsperiodeTom;ytelserForAvregning;periodeFom;periodeTom;stoppdatoForLoependeMulkt;erstatter;aarsaker";

/// A row that is right, with the cells given set.
fn row(set: &[(&str, &str)]) -> Found {
    let header = Header::read(HEADER, Edition::V1, Place::START, false).unwrap();
    let right = [
        ("kravtype", "TILBAKEKREVING_SYKEPENGER"),
        ("identifikator", "13895118960"),
        ("hovedstol", "48210"),
        ("oppdragsgiversReferanse", "S-1"),
        ("fastsettelsesdato", "2026-03-02"),
    ];
    for (name, _) in set {
        assert!(header.names.contains(name), "{name}");
    }
    let find = |name: &&str| {
        let cell = set.iter().rev().chain(&right).find(|(column, _)| column == name);
        cell.map_or("", |(_, cell)| cell).to_owned()
    };
    let cells = header.names.iter().map(find).collect();
    read(cells, &header, Edition::V1, Place::START).unwrap()
}

#[test]
fn a_row_becomes_a_krav() {
    let found = row(&[
        ("oppdragsgiversKravidentifikator", "K-1"),
        ("rente1Beloep", "5"),
        ("rente1IlagtDato", "2026-01-01"),
        ("rente1Type", "STRAFFERENTE"),
        ("rente3Beloep", "6"),
        ("tilbakekrevingsperiodeFom", "2025-01-01"),
        ("tilbakekrevingsperiodeTom", "2025-02-01"),
        ("erstatter", "K-0"),
        ("aarsaker", "en | to"),
    ]);
    let krav = found.krav.unwrap();
    assert_eq!(krav.skyldner.identifikatortype, Identifikatortype::Person);
    assert_eq!(krav.rente_beloep.as_ref().unwrap().len(), 2);
    assert!(matches!(krav.tilleggsinformasjon, Some(Tilleggsinformasjon::Nav { stoenadstype: None, .. })));
    assert_eq!(found.given_id.as_deref(), Some("K-1"));
    assert_eq!(
        found.extras,
        Extras { erstatter: Some("K-0".into()), aarsaker: vec!["en".into(), "to".into()] }
    );
    let organisation = row(&[("identifikator", "974761076")]).krav.unwrap();
    assert_eq!(organisation.skyldner.identifikatortype, Identifikatortype::Organisasjon);
    assert_eq!((organisation.rente_beloep, organisation.tilleggsinformasjon), (None, None));
    // What the column says counts, right or wrong; the rules look at the number.
    let said = row(&[("identifikatortype", "ORGANISASJON")]).krav.unwrap();
    assert_eq!(said.skyldner.identifikatortype, Identifikatortype::Organisasjon);
}

#[test]
fn a_single_mistake_is_told_with_its_column() {
    for (name, cell, code, says) in [
        ("kravtype", "", "field-missing", "fill in kravtype"),
        ("kravtype", " TILBAKEKREVING_SYKEPENGER", "field-mistyped", "spaces"),
        ("identifikator", "13895118960 ", "field-mistyped", "spaces"),
        ("identifikator", "1389511896", "field-mistyped", "leading zero"),
        ("identifikator", "1,38951E+10", "field-mistyped", "shortened"),
        ("identifikator", "12345678", "field-mistyped", "identifikatortype"),
        ("identifikator", "1389511896x", "field-mistyped", "identifikatortype"),
        ("identifikatortype", "person", "field-mistyped", "PERSON or ORGANISASJON"),
        ("hovedstol", "48210,50", "field-mistyped", "øre"),
        ("hovedstol", "48 210", "field-mistyped", "without spaces"),
        ("hovedstol", "48210 ", "field-mistyped", "spaces before or after"),
        ("hovedstol", "99999999999999999999", "too-large-value", "larger"),
        ("fastsettelsesdato", "31.12.2025", "field-mistyped", "write it as 2025-12-31"),
        ("fastsettelsesdato", "2026-02-30", "field-mistyped", "no such day"),
        ("rente1Beloep", "x", "field-mistyped", "digits"),
        ("tilbakekrevingsperiodeFom", "x", "field-mistyped", "2025-12-31"),
        ("erstatter", " K", "field-mistyped", "spaces"),
    ] {
        let set = [
            ("tilbakekrevingsperiodeTom", "2025-02-01"),
            ("tilbakekrevingsperiodeFom", "2025-01-01"),
            (name, cell),
        ];
        let findings = row(&set).krav.unwrap_err();
        let shown = findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n");
        assert_eq!(findings.len(), 1, "{name} {cell}:\n{shown}");
        assert_eq!((findings[0].field.as_str(), findings[0].code.as_str()), (name, code), "{shown}");
        assert!(shown.contains(says) && !shown.contains("13895118960"), "{name} {cell}:\n{shown}");
    }
}

#[test]
fn half_of_something_misses_its_other_half() {
    for (set, field) in [
        (&[("rente1IlagtDato", "2026-01-01")][..], "rente1Beloep"),
        (&[("rente1Type", "STRAFFERENTE")], "rente1Beloep"),
        (&[("periodeFom", "2026-01-01")], "periodeTom"),
        (&[("tilbakekrevingsperiodeTom", "2026-01-01")], "tilbakekrevingsperiodeFom"),
    ] {
        let findings = row(set).krav.unwrap_err();
        assert_eq!(findings.len(), 1, "{set:?} {findings:?}");
        assert_eq!((findings[0].code, findings[0].field.as_str()), (Code::FieldMissing, field));
    }
    let both =
        row(&[("ytelserForAvregning", "1"), ("stoppdatoForLoependeMulkt", "2026-01-01")]).krav.unwrap_err();
    assert_eq!((both.len(), both[0].code), (1, Code::FieldTwice), "{both:?}");
}

#[test]
fn ten_digits_are_no_hint_where_the_column_says_what_they_are() {
    let said = row(&[("identifikatortype", "PERSON"), ("identifikator", "1389511896")]);
    assert!(said.krav.is_ok());
}

#[test]
fn a_row_of_other_length_than_the_header_is_not_read() {
    let header = Header::read(HEADER, Edition::V1, Place::START, false).unwrap();
    for count in [1, 18, 20] {
        let finding = read(vec!["x".into(); count], &header, Edition::V1, Place::START).err().unwrap();
        assert!(
            finding.code == Code::RowCount && finding.message.contains(&format!("{count} cells")),
            "{finding:?}"
        );
    }
}
