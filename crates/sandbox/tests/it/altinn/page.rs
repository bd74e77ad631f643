//! The page on which a person confirms, by plain requests.

use serde_json::json;

use super::client::{APP_ID, PID, YEAR};
use crate::http::{self, Answer};
use crate::service::{ORG, PERSON, Service, base64, between, naering};

const PAGE: &str = "/web/skattemelding-visning/altinn";

async fn page(service: &Service, id: &str) -> Answer {
    let path = format!("{PAGE}?appId={APP_ID}&instansId={id}");
    http::call(service.sandbox.addr(), "GET", &path, &[], b"").await
}

/// Sends the one form of a page, as a browser without scripts does.
async fn press(service: &Service, page: &Answer) -> Answer {
    let action = between(page.text(), "<form method=\"post\" action=\"", "\"").replace("&amp;", "&");
    let form = ("content-type", "application/x-www-form-urlencoded");
    http::call(service.sandbox.addr(), "POST", &action, &[form], b"").await
}

fn status(page: &Answer) -> &str {
    between(page.text(), "<dd id=\"status\" role=\"status\">", "</dd>")
}

#[tokio::test]
async fn a_person_confirms_what_a_machine_made_ready() {
    let service = Service::new().await;
    let app = service.systembruker(ORG);
    let id = app.ready(ORG).await;
    let early = page(&service, &id).await;
    assert!(early.status == 200 && !early.text().contains("<button"), "{}", early.text());
    app.step(&id).await;
    let ready = page(&service, &id).await;
    assert!(ready.text().starts_with("<!DOCTYPE html>\n<html lang=\"nb\">"));
    assert!(ready.text().contains("<button type=\"submit\" id=\"bekreft\">"));
    assert!(!ready.text().contains("<script"));
    assert_eq!(between(ready.text(), "<dd id=\"part\">", "</dd>"), ORG);
    assert_eq!(between(ready.text(), "<dd id=\"inntektsaar\">", "</dd>"), "2023");
    let pressed = press(&service, &ready).await;
    assert_eq!(pressed.status, 303);
    assert_eq!(pressed.header("location"), Some(format!("{PAGE}?appId={APP_ID}&instansId={id}").as_str()));
    assert_eq!(app.look(&id).await["process"]["currentTask"]["elementId"], "Task_3");
    assert!(status(&page(&service, &id).await).contains("Sendt inn"));
    service.pass(30);
    assert!(status(&page(&service, &id).await).contains("Avsluttet"));
    assert_eq!(service.moves()[1].2, "person");
    assert_eq!(service.instance().aarsaker, [] as [&str; 0]);
    // Pressed again from a page that is still open.
    assert_eq!(press(&service, &ready).await.status, 409);
    assert_eq!(service.instance().submissions, 1);
}

#[tokio::test]
async fn the_auditor_has_a_button_too() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_with(ORG, json!({"inntektsaar": YEAR, "skalBekreftesAvRevisor": true})).await;
    let flag = "<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor></naeringsspesifikasjon>";
    let flagged = naering(YEAR).replace("</naeringsspesifikasjon>", flag);
    app.upload(&id, &service.whole_envelope(ORG).await.change(|e| e.documents[1].1 = base64(&flagged))).await;
    service.pass(10);
    app.step(&id).await;
    let taxpayers = page(&service, &id).await;
    assert_eq!(press(&service, &taxpayers).await.status, 303);
    assert_eq!(press(&service, &taxpayers).await.status, 409, "once only, and not as the auditor");
    let auditors = page(&service, &id).await;
    assert!(auditors.text().contains("id=\"bekreft-revisor\""), "{}", auditors.text());
    assert_eq!(press(&service, &auditors).await.status, 303);
    let seen = service.instance();
    assert_eq!((seen.task.as_deref(), seen.submissions), (Some("Task_3"), 1));
    assert_eq!(seen.elements[1].data_type, "revisor-bekreftelse");
    assert_eq!(service.moves()[2].2, "revisor");
    assert_eq!(press(&service, &auditors).await.status, 409);
}

#[tokio::test]
async fn the_page_masks_persons_and_knows_its_instances_only() {
    let service = Service::new().await;
    let id = service.person(PERSON).ready(PERSON).await;
    let shown = page(&service, &id).await;
    assert!(shown.text().contains("010190*****") && !shown.text().contains(PERSON));
    let unknown = page(&service, "1/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d").await;
    assert_eq!((unknown.status, unknown.text().contains("<form")), (404, false));
    assert!(unknown.text().contains("role=\"alert\""));
    for path in [PAGE.to_owned(), format!("{PAGE}?appId=x&instansId={id}")] {
        assert_eq!(http::call(service.sandbox.addr(), "GET", &path, &[], b"").await.status, 400);
    }
    let elsewhere = format!("{PAGE}/bekreft?appId={APP_ID}&instansId=x/%3Cy%3E");
    assert_eq!(http::call(service.sandbox.addr(), "POST", &elsewhere, &[], b"").await.status, 404);
}
