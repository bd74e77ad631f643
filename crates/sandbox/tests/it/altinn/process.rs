//! `process/next`: what it demands, and the way it goes.

use serde_json::{Value, json};
use skattebro_sandbox::{AltinnScenario, Scenario};

use super::client::{JSON, PID, YEAR, codes};
use crate::service::{ORG, PERSON, Service};

fn step(from: &str, to: &str, by: &str) -> (String, String, String) {
    (from.to_owned(), to.to_owned(), by.to_owned())
}

#[tokio::test]
async fn a_person_takes_both_steps() {
    for (pid, party) in [(PID, ORG), (PERSON, PERSON)] {
        let service = Service::new().await;
        let app = service.person(pid);
        let id = app.ready(party).await;
        let answer = app.next(&id).await;
        let task = answer.json()["currentTask"].clone();
        assert_eq!(answer.status, 200);
        assert_eq!((&task["elementId"], &task["altinnTaskType"]), (&json!("Task_2"), &json!("confirmation")));
        assert_eq!(app.step(&id).await, "Task_3");
        let process = app.look(&id).await["process"].clone();
        assert_eq!(process["currentTask"]["altinnTaskType"], "feedback");
        assert_eq!(process["ended"], Value::Null);
        assert_eq!(service.moves(), [step("Task_1", "Task_2", "person"), step("Task_2", "Task_3", "person")]);
        assert_eq!(service.done()[4..], ["innsendt".to_owned()]);
        service.pass(30);
        let process = app.look(&id).await["process"].clone();
        assert!(process["currentTask"].is_null() && process["ended"].is_string(), "{process}");
        let seen = service.instance();
        assert_eq!((seen.task, seen.submissions, seen.aarsaker), (None, 1, vec![]));
    }
}

#[tokio::test]
async fn there_is_nowhere_to_go_from_the_feedback() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    app.step(&id).await;
    app.step(&id).await;
    assert_eq!(app.next(&id).await.status, 409);
    service.pass(3600);
    assert_eq!(app.next(&id).await.status, 409);
    assert_eq!(service.moves().len(), 2);
    assert_eq!(service.instance().submissions, 1);
}

#[tokio::test]
async fn an_instance_of_year_zero_goes_nowhere() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_with(ORG, Value::Null).await;
    app.upload(&id, &service.whole_envelope(ORG).await).await;
    service.pass(10);
    let answer = app.next(&id).await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["SANDBOX-INNTEKTSAAR".to_owned()]));
    let element = app.look(&id).await["data"][0]["id"].as_str().unwrap().to_owned();
    let metadata = json!({ "inntektsaar": YEAR }).to_string();
    assert_eq!(app.put_data(&id, &element, &[JSON], metadata.as_bytes()).await.status, 201);
    assert_eq!(app.step(&id).await, "Task_2");
}

#[tokio::test]
async fn exactly_one_envelope_must_lie_in_it() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let answer = app.next(&id).await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["TooFewDataElementsOfType".to_owned()]));
    let envelope = service.whole_envelope(ORG).await;
    let first = app.upload(&id, &envelope).await;
    app.upload(&id, &envelope).await;
    service.pass(10);
    let answer = app.next(&id).await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["TooManyDataElementsOfType".to_owned()]));
    assert_eq!(app.delete_data(&id, &first).await.status, 200);
    assert_eq!(app.step(&id).await, "Task_2");
}

#[tokio::test]
async fn everything_must_be_scanned_and_clean() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let attached = app.attach(&id).await;
    app.upload(&id, &service.whole_envelope(ORG).await).await;
    let answer = app.next(&id).await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!((answer.status, codes(&answer)), (409, vec!["DataElementFileScanPending".to_owned(); 2]));
    assert_eq!(answer.json()["validationIssues"][0]["dataElementId"], attached);

    let infected = Scenario::ok().with_altinn(AltinnScenario::default().infected());
    service.sandbox.set_scenario(infected);
    let headers =
        [("content-type", "application/pdf"), ("content-disposition", "attachment; filename=a.pdf")];
    assert_eq!(app.put_data(&id, &attached, &headers, b"x").await.status, 201);
    service.pass(10);
    let answer = app.next(&id).await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["DataElementFileInfected".to_owned()]));
    assert_eq!(service.instance().elements[0].scan, "Infected");

    service.sandbox.set_scenario(Scenario::ok());
    assert_eq!(app.put_data(&id, &attached, &headers, b"x").await.status, 201);
    service.pass(10);
    assert_eq!(app.step(&id).await, "Task_2");
    assert_eq!(service.moves().len(), 1);
}

#[tokio::test]
async fn the_scan_takes_as_long_as_the_scenario_says() {
    let slow = AltinnScenario::default().scanned_after(std::time::Duration::from_secs(600));
    let service = Service::of(Scenario::ok().with_altinn(slow)).await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    service.pass(589);
    assert_eq!(app.next(&id).await.status, 409);
    service.pass(1);
    assert_eq!(app.step(&id).await, "Task_2");
}
