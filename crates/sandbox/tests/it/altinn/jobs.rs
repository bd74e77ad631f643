//! Jobs of edition v2, for what lies in an instance.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{AltinnScenario, Scenario, What};

use super::client::{APP_ID, App, JSON, NAMED, PID, TEXT_XML, YEAR};
use crate::http::Answer;
use crate::service::{ORG, OTHER_ORG, PERSON, Service, base64, naering, result_path, status_path};

fn path(party: &str, year: u16, rest: &str) -> String {
    format!("/api/skattemelding/v2/jobb/altinn/{year}/{party}/{rest}")
}

async fn start(app: &App<'_>, party: &str, year: u16, id: &str) -> Answer {
    let body = json!({"appId": APP_ID, "instansId": id}).to_string();
    app.call("POST", &path(party, year, "start"), &[JSON], body.as_bytes()).await
}

async fn started(app: &App<'_>, party: &str, id: &str) -> String {
    let answer = start(app, party, YEAR, id).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["jobbStatus"], "OPPRETTET");
    answer.json()["jobbId"].as_str().unwrap().to_owned()
}

async fn status(app: &App<'_>, party: &str, job: &str) -> Value {
    app.call("GET", &path(party, YEAR, &format!("{job}/status")), &[], b"").await.json()["jobbStatus"].clone()
}

fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["kode"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_job_validates_what_lies_in_the_instance() {
    let quick = Scenario::ok().queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(80));
    let service = Service::of(quick.with_pause(Duration::from_secs(30))).await;
    for (app, party) in [(service.systembruker(ORG), ORG), (service.person(PERSON), PERSON)] {
        let id = app.ready(party).await;
        let job = started(&app, party, &id).await;
        assert!(job.starts_with("storeDokument-"), "{job}");
        for (pass, expected) in [(0, "NY"), (5, "KJOERER"), (40, "VENTER"), (30, "KJOERER"), (40, "FERDIG")] {
            service.pass(pass);
            assert_eq!(status(&app, party, &job).await, expected);
            let result = app.call("GET", &path(party, YEAR, &format!("{job}/resultat")), &[], b"").await;
            assert_eq!(result.status, if expected == "FERDIG" { 200 } else { 204 });
            if expected == "FERDIG" {
                assert!(result.complete() && result.text().contains(&base64(&naering(YEAR))));
                assert!(result.text().contains("validertOK"));
            }
        }
        let last = service.sandbox.effects().pop().unwrap();
        assert_eq!(last.what, What::JobStarted { jobb_id: job, referanse: id });
        assert_eq!(last.route, "start-v2");
    }
}

#[tokio::test]
async fn an_identifikator_has_one_live_job_across_the_editions() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    let old = service.job(ORG, YEAR).await;
    let new = started(&app, ORG, &id).await;
    assert_eq!(service.status(ORG, YEAR, &old).await["jobbStatus"], "AVBRUTT");
    service.job(ORG, YEAR).await;
    assert_eq!(status(&app, ORG, &new).await, "AVBRUTT");
}

#[tokio::test]
async fn each_edition_knows_its_own_jobs() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    let new = started(&app, ORG, &id).await;
    let old = service.job(ORG, YEAR).await;
    for path in [
        status_path(ORG, YEAR, &new),
        result_path(ORG, YEAR, &new),
        path(ORG, YEAR, &format!("{old}/status")),
        path(ORG, YEAR, &format!("{old}/resultat")),
        path(OTHER_ORG, YEAR, &format!("{new}/status")),
    ] {
        assert_eq!(refusal(&app.call("GET", &path, &[], b"").await), (404, "SANDBOX-JOBB".into()), "{path}");
    }
}

#[tokio::test]
async fn a_job_needs_an_instance_that_is_ready() {
    let service = Service::new().await;
    let app = service.anybody();
    let of_instance = |status: u16| (status, "SANDBOX-INSTANS".to_owned());
    let unknown = "1/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d";
    assert_eq!(refusal(&start(&app, ORG, YEAR, unknown).await), of_instance(404));
    assert_eq!(refusal(&start(&app, ORG, YEAR, "x").await), of_instance(404));

    let id = app.instance_of(ORG).await;
    assert_eq!(refusal(&start(&app, ORG, YEAR, &id).await), of_instance(400), "no envelope");
    let envelope = service.whole_envelope(ORG).await;
    let first = app.upload(&id, &envelope).await;
    assert_eq!(refusal(&start(&app, ORG, YEAR, &id).await), of_instance(400), "not scanned");
    service.pass(10);
    assert_eq!(refusal(&start(&app, OTHER_ORG, YEAR, &id).await), of_instance(400), "another party's");
    assert_eq!(refusal(&start(&app, ORG, 2022, &id).await), of_instance(400), "another year");
    let stranger = service.systembruker(OTHER_ORG);
    assert_eq!(refusal(&start(&stranger, ORG, YEAR, &id).await), of_instance(403));
    app.upload(&id, &envelope).await;
    service.pass(10);
    assert_eq!(refusal(&start(&app, ORG, YEAR, &id).await), of_instance(400), "two envelopes");
    assert_eq!(app.delete_data(&id, &first).await.status, 200);
    started(&app, ORG, &id).await;

    service.sandbox.set_scenario(Scenario::ok().with_altinn(AltinnScenario::default().infected()));
    let infected = app.ready(ORG).await;
    assert_eq!(refusal(&start(&app, ORG, YEAR, &infected).await), of_instance(400), "infected");
}

#[tokio::test]
async fn a_start_must_be_json_for_this_app() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.ready(ORG).await;
    let start = path(ORG, YEAR, "start");
    let body = json!({"appId": APP_ID, "instansId": id}).to_string();
    let kode = "SANDBOX-INNHOLDSTYPE".to_owned();
    assert_eq!(refusal(&app.call("POST", &start, &[TEXT_XML], body.as_bytes()).await), (415, kode));
    for body in
        [json!({"instansId": id}), json!({"appId": "skd/x", "instansId": id}), json!({"appId": APP_ID})]
    {
        let answer = app.call("POST", &start, &[JSON], body.to_string().as_bytes()).await;
        assert_eq!(refusal(&answer), (400, "SANDBOX-INSTANS".to_owned()), "{body}");
    }
    assert!(!service.done().contains(&"job_started".to_owned()));
}

#[tokio::test]
async fn the_envelope_is_judged_at_the_start() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.ready(ORG).await;
    let element = service.instance().elements[0].id.clone();
    let right = service.whole_envelope(ORG).await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    for (envelope, kode) in [
        (right.clone().change(|e| e.year = "2022".into()).xml(), "SANDBOX-KONVOLUTT"),
        (right.clone().change(|e| e.current = None).xml(), "SANDBOX-GJELDENDE"),
        (service.envelope(ORG, YEAR, &referanse).await.xml(), "SANDBOX-KONVOLUTT"),
        (right.clone().change(|e| e.documents[1].1 = base64("<x>")).xml(), "SANDBOX-DOKUMENT"),
        ("<x/>".to_owned(), "SANDBOX-KONVOLUTT"),
    ] {
        let answer = app.put_data(&id, &element, &[TEXT_XML, NAMED], envelope.as_bytes()).await;
        assert_eq!(answer.status, 201);
        service.pass(10);
        assert_eq!(refusal(&start(&app, ORG, YEAR, &id).await), (400, kode.to_owned()));
    }
    let answer = app.put_data(&id, &element, &[TEXT_XML, NAMED], right.xml().as_bytes()).await;
    assert_eq!(answer.status, 201);
    service.pass(10);
    started(&app, ORG, &id).await;
}

#[tokio::test]
async fn what_was_validated_is_then_submitted() {
    let service = Service::new().await;
    let app = service.systembruker(ORG);
    let id = app.ready(ORG).await;
    let job = started(&app, ORG, &id).await;
    service.pass(3600);
    assert_eq!(status(&app, ORG, &job).await, "FERDIG");
    app.step(&id).await;
    service.person(PID).step(&id).await;
    service.pass(30);
    assert!(app.receipt(&id).await.text().contains("validertOK"));
}
