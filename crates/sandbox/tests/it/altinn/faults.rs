//! Faults on the app's calls: what is done, and whether there is an answer.

use std::time::Duration;

use serde_json::json;
use skattebro_sandbox::{Delivery, Fault, FaultRule};

use super::client::{App, BASE, JSON, KONVOLUTT, NAMED, PID, TEXT_XML, creation};
use crate::service::{ORG, Service, soon};

fn fault(service: &Service, route: &str, fault: Fault) {
    service.sandbox.inject(FaultRule::next(route, 1, fault));
}

async fn lost(app: &App<'_>, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
    let answer = app.try_call(method, &format!("{BASE}{path}"), headers, body).await;
    assert!(answer.is_none(), "{answer:?}");
}

#[tokio::test]
async fn a_step_can_be_taken_late() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    fault(&service, "altinn-neste", Fault::ActLate(Duration::from_secs(60)));
    lost(&app, "PUT", &format!("/instances/{id}/process/next"), &[], b"").await;
    service.pass(59);
    assert_eq!(app.look(&id).await["process"]["currentTask"]["elementId"], "Task_1");
    service.pass(1);
    assert!(soon(|| !service.moves().is_empty()).await);
    assert_eq!(app.look(&id).await["process"]["currentTask"]["elementId"], "Task_2");
    assert_eq!(service.sandbox.effects().pop().unwrap().delivery, Delivery::Late);
}

#[tokio::test]
async fn a_late_step_after_its_repetition_is_a_second_step() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    fault(&service, "altinn-neste", Fault::ActLate(Duration::from_secs(60)));
    lost(&app, "PUT", &format!("/instances/{id}/process/next"), &[], b"").await;
    assert_eq!(app.step(&id).await, "Task_2");
    service.pass(60);
    assert!(soon(|| service.instance().submissions == 1).await);
}

#[tokio::test]
async fn a_doubled_step_is_two_steps() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    fault(&service, "altinn-neste", Fault::Twice);
    assert_eq!(app.step(&id).await, "Task_3");
    let deliveries: Vec<_> = service.sandbox.effects().iter().map(|effect| effect.delivery).collect();
    assert_eq!(deliveries[2..], [Delivery::Normal, Delivery::Second, Delivery::Second]);
    assert_eq!(service.done()[2..], ["prosess_flyttet", "prosess_flyttet", "innsendt"]);
}

#[tokio::test]
async fn a_doubled_submission_is_one() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    app.step(&id).await;
    fault(&service, "altinn-neste", Fault::Twice);
    assert_eq!(app.next(&id).await.status, 409);
    assert_eq!(service.done().iter().filter(|what| *what == "innsendt").count(), 1);
}

#[tokio::test]
async fn lost_answers_leave_their_effects() {
    let service = Service::new().await;
    let app = service.person(PID);
    let body = creation(ORG, json!({"inntektsaar": 2023})).to_string();
    fault(&service, "altinn-opprett", Fault::DropAfter);
    lost(&app, "POST", "/instances/", &[JSON], body.as_bytes()).await;
    let id = service.instance().id;
    let party = id.split('/').next().unwrap();
    assert_eq!(app.get(&format!("/instances/{party}/active")).await.json()[0]["id"], id, "looked up");

    let envelope = service.whole_envelope(ORG).await.xml();
    let upload = format!("/instances/{id}/data?dataType={KONVOLUTT}");
    fault(&service, "altinn-data-opp", Fault::DropAfter);
    lost(&app, "POST", &upload, &[TEXT_XML, NAMED], envelope.as_bytes()).await;
    let element = service.instance().elements[0].clone();
    assert_eq!(element.size, envelope.len() as u64);

    fault(&service, "altinn-data-erstatt", Fault::ErrorAfter(502));
    assert_eq!(app.put_data(&id, &element.id, &[TEXT_XML, NAMED], b"<x/>").await.status, 502);
    assert_eq!(service.instance().elements[0].size, 4);

    fault(&service, "altinn-data-slett", Fault::EmptyOk);
    assert_eq!(app.delete_data(&id, &element.id).await.body, b"");
    assert!(service.instance().elements.is_empty());
}

#[tokio::test]
async fn uploads_that_come_twice_are_two_elements() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    fault(&service, "altinn-data-opp", Fault::Twice);
    // Over the size that is kept in memory.
    let mut envelope = service.whole_envelope(ORG).await;
    envelope.documents[1].1 += &" ".repeat(300_000);
    let second = app.upload(&id, &envelope).await;
    let elements = service.instance().elements;
    assert_eq!((elements.len(), &elements[1].id), (2, &second));
    assert!(elements.iter().all(|element| element.size == envelope.xml().len() as u64));
}

#[tokio::test]
async fn every_route_of_the_app_can_fail() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    let element = service.instance().elements[0].id.clone();
    let (party, before) = (id.split('/').next().unwrap(), service.done());
    let job = "/api/skattemelding/v2/jobb/altinn/2023/974761076";
    for (route, method, path) in [
        ("altinn-profil", "GET", format!("{BASE}/api/v1/profile/user")),
        ("altinn-aktive", "GET", format!("{BASE}/instances/{party}/active")),
        ("altinn-opprett", "POST", format!("{BASE}/instances/")),
        ("altinn-opprett", "POST", format!("{BASE}/instances")),
        ("altinn-instans", "GET", format!("{BASE}/instances/{id}")),
        ("altinn-data-opp", "POST", format!("{BASE}/instances/{id}/data?dataType={KONVOLUTT}")),
        ("altinn-data-hent", "GET", format!("{BASE}/instances/{id}/data/{element}")),
        ("altinn-data-erstatt", "PUT", format!("{BASE}/instances/{id}/data/{element}")),
        ("altinn-data-slett", "DELETE", format!("{BASE}/instances/{id}/data/{element}")),
        ("altinn-neste", "PUT", format!("{BASE}/instances/{id}/process/next")),
        ("start-v2", "POST", format!("{job}/start")),
        ("status-v2", "GET", format!("{job}/storeDokument-1/status")),
        ("resultat-v2", "GET", format!("{job}/storeDokument-1/resultat")),
    ] {
        fault(&service, route, Fault::ErrorBefore(503));
        assert_eq!(app.call(method, &path, &[], b"").await.status, 503, "{route}");
        fault(&service, route, Fault::HtmlError(502));
        let page = app.call(method, &path, &[], b"").await;
        assert!(page.status == 502 && page.text().contains("gateway"), "{route}");
    }
    fault(&service, "altinn-*", Fault::DropBefore);
    assert!(app.try_call("GET", &format!("{BASE}/instances/{id}"), &[], b"").await.is_none());
    assert_eq!(service.done(), before);
}

#[tokio::test]
async fn a_receipt_can_be_cut_off() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    app.step(&id).await;
    app.step(&id).await;
    service.pass(30);
    let whole = app.receipt(&id).await;
    fault(&service, "altinn-data-hent", Fault::TruncatedBody);
    let receipt = app.look(&id).await["data"][2]["id"].as_str().unwrap().to_owned();
    let cut = app.get(&format!("/instances/{id}/data/{receipt}")).await;
    assert!(!cut.complete() && cut.body.len() == whole.body.len() / 2);
}
