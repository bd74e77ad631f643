//! The sandbox's own routes.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{Effect, Fault, FaultRule, Scenario};

use crate::http::{self, Answer};
use crate::service::{ORG, OTHER_ORG, Service, naering};

async fn admin(service: &Service, method: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
    http::call(service.sandbox.addr(), method, &format!("/sandbox/{path}"), &[], &body).await
}

#[tokio::test]
async fn faults_are_added_listed_and_cleared() {
    let service = Service::new().await;
    let rule = json!({"route": "ping", "when": "always", "fault": {"error_before": 503}});
    assert_eq!(admin(&service, "POST", "faults", rule.clone()).await.status, 204);
    let more =
        json!([{"route": "any", "when": {"next": 1}, "fault": {"too_many_requests": {"retry_after": 2}}}]);
    assert_eq!(admin(&service, "POST", "faults", more).await.status, 204);
    let listed = admin(&service, "GET", "faults", Value::Null).await.json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]), (2, &rule));
    assert_eq!(listed[1]["fault"]["too_many_requests"]["retry_after"], 2.0);
    assert_eq!(service.get("/api/skattemelding/v2/ping").await.status, 503);
    assert_eq!(admin(&service, "DELETE", "faults", Value::Null).await.status, 204);
    assert_eq!(service.get("/api/skattemelding/v2/ping").await.status, 200);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let service = Service::new().await;
    for (method, path, body) in [
        ("POST", "faults", json!({"route": "strat", "when": "always", "fault": "twice"})),
        ("POST", "faults", json!({"route": "start", "when": "always", "fault": "thrice"})),
        ("POST", "faults", json!([{"route": "start", "when": "always"}])),
        ("POST", "faults", Value::Null),
        ("POST", "clock/advance", json!({"seconds": -1})),
        ("POST", "clock/advance", json!({"minutes": 1})),
        ("PUT", "scenario", json!({"scenario": {"utfall": "ok"}})),
        ("PUT", "scenario", json!({"outcome": "ok"})),
    ] {
        let answer = admin(&service, method, path, body.clone()).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-ADMIN")), "{body}");
    }
}

#[tokio::test]
async fn the_clock_is_read_and_advanced() {
    let service = Service::new().await;
    let before = admin(&service, "GET", "clock", Value::Null).await.json();
    assert_eq!(before["seconds"], 0.0);
    let after = admin(&service, "POST", "clock/advance", json!({"seconds": 90.5})).await.json();
    assert_eq!(after["seconds"], 90.5);
    let timestamp =
        |reading: &Value| reading["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(timestamp(&after).duration_since(timestamp(&before)).as_millis(), 90_500);
    assert_eq!(service.sandbox.clock().now(), Duration::from_millis(90_500));
}

#[tokio::test]
async fn effects_are_the_same_in_json() {
    let service = Service::new().await;
    let job = service.job(ORG, 2023).await;
    let answer = admin(&service, "GET", "effects", Value::Null).await;
    let effects: Vec<Effect> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(effects, service.sandbox.effects());
    let started = &answer.json()[1];
    assert_eq!(started["what"], "job_started");
    assert_eq!((&started["jobb_id"], &started["delivery"]), (&json!(job), &json!("normal")));
    assert_eq!((&started["identifikator"], &started["route"]), (&json!(ORG), &json!("start")));
}

#[tokio::test]
async fn scenarios_are_set_for_all_or_for_one() {
    let service = Service::new().await;
    let slow = json!({"scenario": {"ny": 1000}});
    assert_eq!(admin(&service, "PUT", "scenario", slow).await.status, 204);
    let quick = json!({"identifikator": ORG, "scenario": {"ny": 0, "run": 0, "run_per_mb": 0}});
    assert_eq!(admin(&service, "PUT", "scenario", quick).await.status, 204);
    let (one, other) = (service.job(ORG, 2023).await, service.job(OTHER_ORG, 2023).await);
    assert_eq!(service.status(ORG, 2023, &one).await["jobbStatus"], "FERDIG");
    service.pass(999);
    assert_eq!(service.status(OTHER_ORG, 2023, &other).await["jobbStatus"], "NY");
}

#[tokio::test]
async fn rust_sets_scenarios_too() {
    let service = Service::new().await;
    service.sandbox.set_scenario_for(ORG, Scenario::med_feil());
    service.upload(ORG, 2023, &naering(2023)).await;
    let job = service.job(ORG, 2023).await;
    service.pass(7200);
    assert!(service.result(ORG, 2023, &job).await.text().contains("validertMedFeil"));
}

#[tokio::test]
#[should_panic(expected = "no route is named so")]
async fn rules_for_routes_that_do_not_exist_are_mistakes() {
    let service = Service::new().await;
    service.sandbox.inject(FaultRule::next("strat", 1, Fault::Twice));
}
