//! Requests that are not of the API's form, and calls without a token.

use serde_json::{Value, json};

use super::client::{AAR_2023, ANYONE, V1, assert_refused, minimal, nav, sandbox, with};
use crate::http;

#[tokio::test]
async fn what_has_not_the_right_form_is_refused() {
    let service = sandbox().await;
    let rente = |field: &str, value: Value| {
        let rente = json!({"valuta": "NOK", "beloep": 1, "rentetype": "STRAFFERENTE"});
        json!([with(rente, &format!("/{field}"), value)])
    };
    for (pointer, value) in [
        ("/kravtype", Value::Null),
        ("/kravtype", json!(7)),
        ("/skyldner", Value::Null),
        ("/skyldner", json!("13895118960")),
        ("/skyldner/identifikatortype", json!("FIRMA")),
        ("/skyldner/identifikator", json!(13895118960u64)),
        ("/hovedstol", Value::Null),
        ("/hovedstol/valuta", json!("EUR")),
        ("/hovedstol/valuta", Value::Null),
        ("/hovedstol/beloep", json!(9000.5)),
        ("/hovedstol/beloep", json!("9000")),
        ("/hovedstol/beloep", Value::Null),
        ("/renteBeloep", json!({})),
        ("/renteBeloep", rente("rentetype", json!("FORSINKELSESRENTE"))),
        ("/renteBeloep", rente("rentetype", Value::Null)),
        ("/renteBeloep", rente("beloep", json!(0.5))),
        ("/renteBeloep", rente("renterIlagtDato", json!("i går"))),
        ("/oppdragsgiversReferanse", Value::Null),
        ("/oppdragsgiversKravidentifikator", json!(88)),
        ("/fastsettelsesdato", Value::Null),
        ("/fastsettelsesdato", json!("2026-02-30")),
        ("/foreldelsesfristensUtgangspunkt", json!("2025-11-30T00:00:00Z")),
        ("/tilleggsfristEtterForeldelsesloven", json!(20260101)),
    ] {
        let answer = service.anyone().post(&with(nav("K-1"), pointer, value)).await;
        assert_refused(&answer, "ugyldig-forespoersel", 400, "Ugyldig forespørsel", V1);
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let service = sandbox().await;
    let token = format!("Bearer {ANYONE}");
    for base in [V1, AAR_2023] {
        for (content_type, body, status) in [
            ("application/json", "", 400),
            ("application/json", "{\"kravtype\": \"13895118960", 400),
            ("application/json;charset=UTF-8", "[]", if base == V1 { 400 } else { 422 }),
            ("text/plain", "{}", 415),
        ] {
            let headers = [("authorization", token.as_str()), ("content-type", content_type)];
            let addr = service.sandbox.addr();
            let answer = http::call(addr, "POST", base, &headers, body.as_bytes()).await;
            assert_eq!(answer.status, status, "{content_type} {body}: {}", answer.text());
            assert!(!answer.text().contains("13895118960"));
        }
    }
}

#[tokio::test]
async fn fields_that_nobody_knows_are_of_no_importance() {
    let service = sandbox().await;
    let body = with(minimal(), "/nyttFelt", json!({"a": 1}));
    let body = with(body, "/hovedstol/oere", json!(50));
    service.anyone().create(&body).await;
}

#[tokio::test]
async fn null_is_as_good_as_nothing() {
    let service = sandbox().await;
    let mut body = minimal();
    for field in ["oppdragsgiversKravidentifikator", "renteBeloep", "foreldelsesfristensUtgangspunkt"] {
        body[field] = Value::Null;
    }
    service.anyone().create(&body).await;
}

#[tokio::test]
async fn every_call_needs_a_token() {
    let service = sandbox().await;
    for (method, path) in [
        ("POST", V1.to_owned()),
        ("GET", format!("{V1}/x")),
        ("PUT", format!("{V1}/x/hovedstol")),
        ("PUT", format!("{V1}/x/renter")),
        ("PUT", format!("{V1}/x/oppdragsgiversreferanse")),
        ("POST", format!("{V1}/avskriving")),
        ("GET", format!("{V1}/x/mottaksstatus")),
        ("GET", format!("{V1}/x/valideringsfeil")),
        ("GET", format!("{V1}/x/avstemming")),
        ("POST", AAR_2023.to_owned()),
        ("PUT", format!("{AAR_2023}/endring")),
        ("POST", format!("{AAR_2023}/avskriving")),
        ("GET", format!("{AAR_2023}/x/mottaksstatus")),
        ("GET", format!("{AAR_2023}/x/valideringsfeil")),
    ] {
        let answer = http::call(service.sandbox.addr(), method, &path, &[], b"").await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (401, Some("SANDBOX-TOKEN")), "{path}");
    }
}
