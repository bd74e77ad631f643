use super::*;

const ID: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";

#[test]
fn a_created_krav_has_an_id_that_is_safe_in_a_path() {
    let read = |id: &str| read_opprettet(format!(r#"{{"kravidentifikator":{id},"nytt":[]}}"#).as_bytes());
    assert_eq!(read(&format!("\"{ID}\"")).unwrap().as_str(), ID);
    for bad in ["\"\"", "\"../x\"", "1", "null"] {
        assert!(read(bad).is_err(), "{bad}");
    }
    for (body, says) in [("", "empty"), ("<html>", "expected value"), ("{}", "missing field")] {
        let error = read_opprettet(body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("answer to opprett") && error.contains(says), "{error}");
    }
}

#[test]
fn a_change_is_accepted_with_or_without_an_id() {
    for body in ["", "OK", "{}", "[]", "null", r#"{"transaksjonsid":null}"#, "\u{0}"] {
        assert_eq!(read_transaksjon(body.as_bytes()), Ok(None), "{body}");
    }
    let read = read_transaksjon(br#"{"transaksjonsid":"t-1","nytt":1}"#).unwrap().unwrap();
    assert_eq!(read.as_str(), "t-1");
    for bad in [r#"{"transaksjonsid":1}"#, r#"{"transaksjonsid":""}"#] {
        assert!(read_transaksjon(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn a_status_is_read_with_what_can_be_read_of_it() {
    let read = |rest: &str| {
        read_mottak(format!(r#"{{"kravidentifikator":"{ID}","mottaksstatus":"NY"{rest}}}"#).as_bytes())
    };
    let bare = read("").unwrap();
    assert_eq!((bare.mottaksstatus.as_str(), bare.status_oppdatert), ("NY", None));
    assert_eq!(read(r#","statusOppdatert":"2026-03-02T10:30:00""#).unwrap().status_oppdatert, None);
    assert_eq!(read(r#","statusOppdatert":17"#).unwrap().status_oppdatert, None);
    assert!(read(r#","statusOppdatert":"2026-03-02T10:30:00.5+01:00""#).unwrap().status_oppdatert.is_some());
    assert!(
        read(r#","oppdragsgiversKravidentifikator":null"#)
            .unwrap()
            .oppdragsgivers_kravidentifikator
            .is_none()
    );
    let from_before_the_rule = read(r#","oppdragsgiversKravidentifikator":"K 1""#).unwrap();
    assert_eq!(from_before_the_rule.oppdragsgivers_kravidentifikator, None);
}

#[test]
fn only_an_empty_list_says_that_nothing_was_found() {
    for empty in ["[]", r#"{"valideringsfeil":[]}"#, r#"{"valideringsfeil":[],"nytt":1}"#] {
        assert_eq!(read_valideringsfeil(empty.as_bytes()), Ok(vec![]), "{empty}");
    }
    for no_list in [
        "",
        "{}",
        "null",
        r#"{"valideringsfeil":null}"#,
        r#"["PERSON_ER_DOED"]"#,
        "17",
        "{\"valideringsfeil\":{}}",
    ] {
        assert!(read_valideringsfeil(no_list.as_bytes()).is_err(), "{no_list}");
    }
    let read = read_valideringsfeil(br#"[{"error":"NY","felt":"x"}]"#).unwrap();
    assert_eq!(read, [Valideringsfeil { error: "NY".into(), message: String::new() }]);
}

#[test]
fn every_part_of_an_avstemming_is_read() {
    let krav = r#"{"kravtype":"X","skyldner":{"identifikatortype":"PERSON","identifikator":"13895118960","navn":"N"},
        "hovedstol":{"beloep":48210.00},"oppdragsgiversReferanse":"R","fastsettelsesdato":"2026-03-02","nytt":{},
        "tilleggsinformasjon":{"tilbakekrevingsperiode":{"fraDato":"2025-01-01","tilDato":"2025-12-31"}}}"#;
    let json = format!(
        r#"{{"kravidentifikator":"{ID}","opprinneligInnkrevingsoppdrag":{{"mottattInnkrevingsoppdrag":{krav},"mottattTidspunkt":"i går"}},
        "endringer":{{"periode":[{{}},{{}}],"nyeTing":[1],"antall":7,
          "oppdragsgiversReferanse":[{{"mottattEndring":{{"nyOppdragsgiversReferanse":"R2"}},"mottattTidspunkt":"2026-03-03T00:00:00Z","transaksjonsid":"t2"}}],
          "renter":[{{"mottattEndring":{{"renter":[]}}}}],
          "hovedstol":[{{"mottattEndring":{{"hovedstol":{{"valuta":"NOK","beloep":2}}}}}},{{"mottattEndring":{{"hovedstol":{{"valuta":"NOK","beloep":1}}}}}}]}},
        "avskriving":{{"transaksjonsid":"t3"}}}}"#
    );
    let read = read_avstemming(json.as_bytes()).unwrap();
    let opprinnelig = read.opprinnelig.unwrap();
    assert_eq!((opprinnelig.tidspunkt.as_str(), opprinnelig.tidspunkt_utc), ("i går", None));
    assert_eq!(opprinnelig.innhold.hovedstol.get(), 48210);
    let endringer: Vec<_> = read.endringer.iter().map(|endring| endring.innhold.clone()).collect();
    assert_eq!(
        endringer,
        [
            Endring::Hovedstol(skattebro_domain::krav::Kroner::new(2)),
            Endring::Hovedstol(skattebro_domain::krav::Kroner::new(1)),
            Endring::Renter(vec![]),
            Endring::Referanse("R2".into()),
        ]
    );
    assert!(read.endringer[3].tidspunkt_utc.is_some());
    assert_eq!(read.andre_endringer, 3);
    assert_eq!(read.avskriving.unwrap().transaksjonsid.unwrap().as_str(), "t3");
}

#[test]
fn an_avstemming_that_cannot_be_compared_says_where_and_shows_no_person() {
    let krav = r#"{"kravtype":"X","skyldner":{"identifikatortype":"13895118960","identifikator":"13895118960"},
        "hovedstol":{"valuta":"NOK","beloep":1},"oppdragsgiversReferanse":"R","fastsettelsesdato":"2026-03-02"}"#;
    let json = format!(
        r#"{{"kravidentifikator":"{ID}","opprinneligInnkrevingsoppdrag":{{"mottattInnkrevingsoppdrag":{krav}}}}}"#
    );
    let error = read_avstemming(json.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("skyldner.identifikatortype") && !error.contains("13895118960"), "{error}");
    let change =
        format!(r#"{{"kravidentifikator":"{ID}","endringer":{{"hovedstol":[{{"mottattEndring":{{}}}}]}}}}"#);
    let error = read_avstemming(change.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("endringer.hovedstol: hovedstol"), "{error}");
    assert!(read_avstemming(format!(r#"{{"kravidentifikator":"{ID}"}}"#).as_bytes()).is_ok());
}

#[test]
fn details_are_read_as_far_as_they_are_where_they_were() {
    let json = r#"{"kravlinjer":[{"kravlinjetype":"HOVEDSTOL","opprinneligBeloep":100.50,"gjenstaaendeBeloep":{"valuta":"NOK","beloep":7}},{}, 3]}"#;
    let read = read_detaljer(json.as_bytes()).unwrap();
    assert_eq!(
        read.kravlinjer[0],
        Kravlinje {
            kravlinjetype: "HOVEDSTOL".into(),
            opprinnelig_beloep: Some("100.50".into()),
            gjenstaaende_beloep: Some("7".into()),
        }
    );
    assert_eq!((read.kravlinjer.len(), read.json.as_str()), (3, json));
    for other in ["{}", "[]", r#"{"kravlinjer":null}"#] {
        assert!(read_detaljer(other.as_bytes()).unwrap().kravlinjer.is_empty(), "{other}");
    }
    assert!(
        read_detaljer(b"<html>").is_err() && read_detaljer(b"").is_err() && read_detaljer(b"\xff").is_err()
    );
}

#[test]
fn an_error_shows_no_person() {
    let error = read_opprettet(br#"{"kravidentifikator":"13895118960 x"}"#).unwrap_err().to_string();
    assert!(error.contains("138951*****"), "{error}");
    let error =
        read_mottak(br#"{"kravidentifikator":"a","mottaksstatus":13895118960}"#).unwrap_err().to_string();
    assert!(!error.contains("13895118960"), "{error}");
}
