//! One oppdragsgiver never sees another's krav.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use skattebro_sandbox::DEFAULT_ORGANISATION;

use super::client::{
    AAR_2023, BRREG, OPPDRAGSGIVERS, SKATTEETATENS, V1, by_id, by_own_id, minimal, nav, sandbox, slug, with,
};
use crate::http;

#[tokio::test]
async fn another_oppdragsgivers_krav_does_not_exist() {
    let service = sandbox().await;
    let (mine, other) = (service.anyone(), service.krav(BRREG));
    let id = mine.create_and_settle(&nav("K-1")).await;
    let amendment = json!({"hovedstol": {"valuta": "NOK", "beloep": 1}});
    for (address, kind) in [(id.as_str(), SKATTEETATENS), ("K-1", OPPDRAGSGIVERS)] {
        for (method, what, body) in [
            ("GET", "/mottaksstatus", Value::Null),
            ("GET", "/valideringsfeil", Value::Null),
            ("GET", "/avstemming", Value::Null),
            ("GET", "", Value::Null),
            ("PUT", "/hovedstol", amendment.clone()),
        ] {
            let answer = other.call(method, &format!("{V1}/{address}{what}?{kind}"), &body).await;
            assert_eq!(
                (answer.status, slug(&answer).as_str()),
                (404, "innkrevingsoppdrag-eksisterer-ikke"),
                "{what}"
            );
        }
    }
    for body in [by_id(&id), by_own_id("K-1")] {
        assert_eq!(other.call("POST", &format!("{V1}/avskriving"), &body).await.status, 404);
    }
    assert_eq!(other.call("POST", &format!("{AAR_2023}/avskriving"), &by_id(&id)).await.status, 404);
    assert!(other.seen().is_empty());
    assert!(!mine.seen()[0].avskrevet);
}

#[tokio::test]
async fn ids_are_unique_to_each_oppdragsgiver() {
    let service = sandbox().await;
    let body = with(minimal(), "/oppdragsgiversKravidentifikator", json!("K-1"));
    let (one, other) = (service.krav("974761076"), service.krav("310817074"));
    assert_ne!(one.create(&body).await, other.create(&body).await);
    assert_eq!(one.post(&body).await.status, 422);
    // Both editions are one service.
    let older = super::client::aar_2023("K-1");
    assert_eq!(one.call("POST", AAR_2023, &older).await.status, 422);
}

#[tokio::test]
async fn the_token_says_who_it_is() {
    let service = sandbox().await;
    let jwt = |payload: Value| format!("x.{}.y", URL_SAFE_NO_PAD.encode(payload.to_string()));
    let consumer = json!({"consumer": {"ID": "0192:974761076"}});
    let systembruker = json!({
        "consumer": {"ID": "0192:974761076"},
        "authorization_details": [{"systemuser_org": {"ID": "0192:310817074"}}]
    });
    for (token, number) in [
        (jwt(consumer), "974761076"),
        (jwt(systembruker), "310817074"),
        ("sandbox-889640782".to_owned(), "889640782"),
        ("t".to_owned(), DEFAULT_ORGANISATION),
    ] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = serde_json::to_vec(&nav("K-1")).unwrap();
        let answer = http::call(service.sandbox.addr(), "POST", V1, &headers, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert_eq!(service.sandbox.krav(number).len(), 1, "{number}");
        assert_eq!(service.sandbox.effects().last().unwrap().identifikator, number);
    }
}
