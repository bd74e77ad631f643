//! Steering the krav API over HTTP.

use serde_json::{Value, json};
use skattebro_sandbox::{DEFAULT_ORGANISATION, Effect, KravSeen};

use super::client::{AAR_2023, ANYONE, aar_2023, created, nav, sandbox};
use crate::http::{self, Answer};
use crate::service::Service;

async fn admin(service: &Service, method: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
    http::call(service.sandbox.addr(), method, &format!("/sandbox/{path}"), &[], &body).await
}

#[tokio::test]
async fn scenarios_are_set_for_all_or_for_some() {
    let service = sandbox().await;
    let client = service.anyone();
    for body in [
        json!({"scenario": {"ending": "migrert", "settled": 7}}),
        json!({"oppdragsgivers_kravidentifikator": "K-1", "scenario": {"ending": {"status": "EN_NY_STATUS"}}}),
        json!({"skyldner": "08846328271", "scenario": {"ending": {"valideringsfeil": [{"error": "PERSON_ER_SLETTET"}]}}}),
    ] {
        assert_eq!(admin(&service, "PUT", "krav/scenario", body).await.status, 204);
    }
    let one = client.create(&nav("K-1")).await;
    let two = client.create(&nav("K-2")).await;
    let mut body = nav("K-3");
    body["skyldner"]["identifikator"] = json!("08846328271");
    let three = client.create(&body).await;
    service.pass(7);
    assert_eq!(client.status(&two).await, "MIGRERT");
    service.pass(3);
    assert_eq!(client.status(&one).await, "EN_NY_STATUS");
    assert_eq!(client.status(&three).await, "VALIDERINGSFEIL");
}

#[tokio::test]
async fn the_older_edition_has_switches() {
    let service = sandbox().await;
    let body = json!({"problem_slugs": false, "mottaksstatus": false});
    assert_eq!(admin(&service, "PUT", "krav/edition-2023", body).await.status, 204);
    let answer = service.anyone().call("POST", AAR_2023, &json!({})).await;
    assert_eq!(answer.json()["type"], "about:blank");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let service = sandbox().await;
    for (method, path, body) in [
        ("PUT", "krav/scenario", json!({"scenario": {"ending": "borte"}})),
        ("PUT", "krav/scenario", json!({"skyldner": "1"})),
        (
            "PUT",
            "krav/scenario",
            json!({"skyldner": "1", "oppdragsgivers_kravidentifikator": "2", "scenario": {}}),
        ),
        ("PUT", "krav/edition-2023", json!({"slugs": false})),
        ("POST", "faults", json!({"route": "kravet-*", "when": "always", "fault": "twice"})),
    ] {
        let answer = admin(&service, method, path, body.clone()).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-ADMIN")), "{body}");
    }
}

#[tokio::test]
async fn krav_and_effects_are_the_same_in_json() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&nav("K-1")).await;
    created(&client.call("POST", AAR_2023, &aar_2023("K-2")).await);
    client
        .put(&id, "renter", &json!({"renter": [{"valuta": "NOK", "beloep": 1, "rentetype": "STRAFFERENTE"}]}))
        .await;
    let answer = admin(&service, "GET", &format!("krav?oppdragsgiver={ANYONE}"), Value::Null).await;
    let seen: Vec<KravSeen> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(seen, client.seen());
    let expected = json!({
        "kravidentifikator": id, "oppdragsgivers_kravidentifikator": "K-1", "edition": "v1",
        "kravtype": "TILBAKEKREVING_SYKEPENGER", "mottaksstatus": "RESKONTROFOERT", "hovedstol": 48210,
        "renter": [{"beloep": 1, "renter_ilagt_dato": null, "rentetype": "STRAFFERENTE"}],
        "referanse": "SAK-2026/88", "avskrevet": false
    });
    assert_eq!(answer.json()[0], expected);

    let answer = admin(&service, "GET", "effects", Value::Null).await;
    let effects: Vec<Effect> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(effects, service.sandbox.effects());
    let first = &answer.json()[0];
    assert_eq!((&first["what"], &first["beloep"]), (&json!("krav_opprettet"), &json!(48210)));
    assert_eq!((&first["identifikator"], &first["inntektsaar"]), (&json!(ANYONE), &Value::Null));

    service.krav(DEFAULT_ORGANISATION).create(&nav("K-9")).await;
    let answer = admin(&service, "GET", "krav", Value::Null).await;
    assert_eq!(answer.json()[0]["oppdragsgivers_kravidentifikator"], "K-9");
}
