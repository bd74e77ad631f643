//! Returns that an auditor must confirm.

use serde_json::json;

use super::client::{App, NAMED, PID, TEXT_XML, YEAR, codes, created};
use crate::service::{ORG, OTHER_ORG, Service, base64, naering};

const BEKREFTELSE: &str = "revisor-bekreftelse";

/// An instance that waits for the auditor.
async fn waiting(app: &App<'_>) -> String {
    let values = json!({"inntektsaar": YEAR, "skalBekreftesAvRevisor": true});
    let id = app.instance_with(ORG, values).await;
    let flag = "<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor></naeringsspesifikasjon>";
    let flagged = naering(YEAR).replace("</naeringsspesifikasjon>", flag);
    let envelope = app.service.whole_envelope(ORG).await.change(|e| e.documents[1].1 = base64(&flagged));
    app.upload(&id, &envelope).await;
    app.service.pass(10);
    assert_eq!((app.step(&id).await.as_str(), app.step(&id).await.as_str()), ("Task_2", "Task_2Revisor"));
    id
}

#[tokio::test]
async fn the_auditor_confirms_after_the_taxpayer() {
    let service = Service::new().await;
    let id = waiting(&service.person(PID)).await;
    let auditor = service.systembruker(OTHER_ORG);
    let task = auditor.look(&id).await["process"]["currentTask"].clone();
    assert_eq!(
        (&task["elementId"], &task["altinnTaskType"]),
        (&json!("Task_2Revisor"), &json!("confirmation"))
    );
    let answer = auditor.next(&id).await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["TooFewDataElementsOfType".to_owned()]));
    created(&auditor.post_data(&id, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await);
    let pdf = [("content-type", "application/pdf"), ("content-disposition", "attachment; filename=r.pdf")];
    created(&auditor.post_data(&id, "revisor-vedlegg", &pdf, b"x").await);
    assert_eq!(auditor.next(&id).await.status, 409, "scans pend");
    service.pass(10);
    assert_eq!(auditor.step(&id).await, "Task_3");
    let (from, to, by) = service.moves().pop().unwrap();
    assert_eq!((from.as_str(), to.as_str(), by.as_str()), ("Task_2Revisor", "Task_3", "revisor"));
    let seen = service.instance();
    assert_eq!((seen.submissions, seen.aarsaker), (1, vec![]));
    assert_eq!(auditor.get(&format!("/instances/{id}")).await.status, 403, "it is the taxpayer's again");
}

#[tokio::test]
async fn the_taxpayer_is_no_auditor() {
    let service = Service::new().await;
    let person = service.person(PID);
    let id = waiting(&person).await;
    for taxpayer in [&person, &service.systembruker(ORG)] {
        assert_eq!(taxpayer.next(&id).await.status, 403);
        assert_eq!(taxpayer.post_data(&id, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await.status, 403);
        assert_eq!(taxpayer.look(&id).await["process"]["currentTask"]["elementId"], "Task_2Revisor");
    }
    assert_eq!(service.instance().submissions, 0);
}

#[tokio::test]
async fn the_auditors_files_have_their_own_time() {
    let service = Service::new().await;
    let app = service.anybody();
    let early = app.ready(ORG).await;
    assert_eq!(app.post_data(&early, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await.status, 409);
    let id = waiting(&app).await;
    created(&app.post_data(&id, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await);
    assert_eq!(
        app.post_data(&id, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await.status,
        409,
        "one is enough"
    );
}

#[tokio::test]
async fn the_instance_and_the_documents_must_agree() {
    let service = Service::new().await;
    let app = service.person(PID);
    let values = json!({"inntektsaar": YEAR, "skalBekreftesAvRevisor": true});
    let id = app.instance_with(ORG, values).await;
    app.upload(&id, &service.whole_envelope(ORG).await).await;
    service.pass(10);
    app.step(&id).await;
    assert_eq!(app.step(&id).await, "Task_2Revisor");
    let auditor = service.systembruker(OTHER_ORG);
    created(&auditor.post_data(&id, BEKREFTELSE, &[TEXT_XML, NAMED], b"<b/>").await);
    service.pass(10);
    assert_eq!(auditor.step(&id).await, "Task_3");
    assert_eq!(service.instance().aarsaker, ["skalBekreftesAvRevisorAvvikerFraInstansen"]);
}
