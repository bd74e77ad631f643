//! The sandbox's own routes about instances.

use serde_json::Value;
use skattebro_sandbox::InstansSeen;

use super::client::{APP_ID, BASE, PID};
use crate::http::{self, Answer};
use crate::service::{ORG, Service};

async fn admin(service: &Service, method: &str, path: &str) -> Answer {
    http::call(service.sandbox.addr(), method, &format!("/sandbox/altinn/instances{path}"), &[], b"").await
}

#[tokio::test]
async fn instances_are_the_same_in_json() {
    let service = Service::new().await;
    let id = service.person(PID).ready(ORG).await;
    let answer = admin(&service, "GET", "").await;
    let seen: Vec<InstansSeen> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(seen, service.sandbox.instances());
    assert_eq!((seen[0].id.as_str(), seen[0].eier.as_str()), (id.as_str(), ORG));
    assert_eq!((seen[0].task.as_deref(), seen[0].submissions), (Some("Task_1"), 0));
    assert_eq!(seen[0].elements[0].scan, "Clean");
}

#[tokio::test]
async fn an_instance_can_be_deleted_meanwhile() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    assert_eq!(admin(&service, "DELETE", &format!("/{id}")).await.status, 204);
    assert_eq!(admin(&service, "DELETE", &format!("/{id}")).await.status, 404);
    assert_eq!(app.get(&format!("/instances/{id}")).await.status, 404);
    assert_eq!(app.next(&id).await.status, 404);
    let party = id.split('/').next().unwrap();
    assert_eq!(app.get(&format!("/instances/{party}/active")).await.json(), Value::Array(vec![]));
    let start = format!("/api/skattemelding/v2/jobb/altinn/2023/{ORG}/start");
    let body = serde_json::json!({"appId": APP_ID, "instansId": id}).to_string();
    let json = [("content-type", "application/json")];
    assert_eq!(app.call("POST", &start, &json, body.as_bytes()).await.status, 404);
    assert!(service.sandbox.instances().is_empty());
}

#[tokio::test]
async fn the_person_can_be_made_to_confirm() {
    let service = Service::new().await;
    let app = service.systembruker(ORG);
    let id = app.ready(ORG).await;
    let confirm = format!("/{id}/bekreft");
    let early = admin(&service, "POST", &confirm).await;
    assert_eq!((early.status, early.json()["kode"].as_str()), (409, Some("SANDBOX-ADMIN")));
    app.step(&id).await;
    assert_eq!(admin(&service, "POST", &confirm).await.status, 204);
    assert_eq!(app.look(&id).await["process"]["currentTask"]["elementId"], "Task_3");
    assert_eq!(service.instance().aarsaker, [] as [&str; 0]);
    assert_eq!(admin(&service, "POST", &confirm).await.status, 409);
    assert_eq!(admin(&service, "POST", "/1/x/bekreft").await.status, 404);
}

#[tokio::test]
async fn scenarios_of_the_app_are_set_over_http_too() {
    let service = Service::new().await;
    let scenario =
        serde_json::json!({"scenario": {"altinn": {"scan": 0, "receipt": 1, "aarsaker": ["tekniskFeil"]}}});
    let path = "/sandbox/scenario";
    let body = scenario.to_string();
    assert_eq!(http::call(service.sandbox.addr(), "PUT", path, &[], body.as_bytes()).await.status, 204);
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    app.upload(&id, &service.whole_envelope(ORG).await).await;
    app.step(&id).await;
    app.step(&id).await;
    service.pass(1);
    assert!(app.receipt(&id).await.text().contains("tekniskFeil"));
    assert_eq!(app.get("/api/v1/profile/user").await.status, 200);
    let profile = app.call("GET", &format!("{BASE}/api/v1/profile/user"), &[], b"").await.json();
    assert!(profile["partyId"].is_u64(), "{profile}");
}
