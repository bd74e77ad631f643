//! The receipt: when it comes, and what it says.

use std::time::Duration;

use serde_json::Value;
use skattebro_sandbox::{AltinnScenario, Malformed, Scenario};

use super::client::{App, PID, of_type};
use crate::http::Answer;
use crate::schema;
use crate::service::{Envelope, ORG, PERSON, Service, base64, between, naering, tax_return};

const SCHEMA: &str = "skattemeldingognaeringsspesifikasjonresponse_v2_kompakt.xsd";
const NO_PERSON: &str = "innkommendeForespoerselManglerSporTilUtfoerende";

fn aarsaker(receipt: &Answer) -> Vec<String> {
    let parts = receipt.text().split("<aarsakTilValidertMedFeil>").skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

/// Submits an envelope as a person; gives the receipt.
async fn submitted(app: &App<'_>, envelope: &Envelope) -> Answer {
    let id = app.instance_of(ORG).await;
    app.upload(&id, envelope).await;
    app.service.pass(10);
    assert_eq!((app.step(&id).await.as_str(), app.step(&id).await.as_str()), ("Task_2", "Task_3"));
    app.service.pass(30);
    let receipt = app.receipt(&id).await;
    schema::validate(SCHEMA, &receipt.body);
    receipt
}

/// The reasons in the receipt of an envelope that was changed from a right one.
async fn refused(change: impl FnOnce(&mut Envelope)) -> Vec<String> {
    let service = Service::new().await;
    let envelope = service.whole_envelope(ORG).await.change(change);
    let receipt = submitted(&service.person(PID), &envelope).await;
    assert!(receipt.text().contains("<resultatAvValidering>validertMedFeil</resultatAvValidering>"));
    assert_eq!(service.instance().aarsaker, aarsaker(&receipt));
    aarsaker(&receipt)
}

#[tokio::test]
async fn the_receipt_comes_when_its_time_has_come_and_the_process_ends_then() {
    let altinn =
        AltinnScenario::default().receipt_after(Duration::from_secs(100)).ended_after(Duration::from_secs(5));
    let service = Service::of(Scenario::ok().with_altinn(altinn)).await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    app.step(&id).await;
    app.step(&id).await;
    for (pass, there, ended) in [(99, false, false), (1, true, false), (4, true, false), (1, true, true)] {
        service.pass(pass);
        let instance = app.look(&id).await;
        assert_eq!(of_type(&instance, "tilbakemelding").is_some(), there, "{instance}");
        assert_eq!(instance["process"]["ended"] != Value::Null, ended, "{instance}");
    }
    let receipt = of_type(&app.look(&id).await, "tilbakemelding").unwrap().clone();
    assert_eq!(
        (&receipt["contentType"], &receipt["fileScanResult"]),
        (&"application/xml".into(), &"NotApplicable".into())
    );
}

#[tokio::test]
async fn a_right_submission_is_validert_ok_with_its_documents() {
    let service = Service::new().await;
    let receipt = submitted(&service.person(PID), &service.whole_envelope(ORG).await).await;
    let text = receipt.text();
    assert!(text.contains("<resultatAvValidering>validertOK</resultatAvValidering>"), "{text}");
    assert!(text.contains(&base64(&naering(2023))) && text.contains(&base64(&tax_return(ORG, 2023))));
    assert_eq!(aarsaker(&receipt), [] as [&str; 0]);
}

#[tokio::test]
async fn the_scenario_can_have_it_refused() {
    let altinn = AltinnScenario::default().with_aarsak("vedleggStoppetAvAntivirus").with_aarsak("a<b");
    let service = Service::of(Scenario::ok().with_altinn(altinn)).await;
    let receipt = submitted(&service.person(PID), &service.whole_envelope(ORG).await).await;
    assert_eq!(aarsaker(&receipt), ["vedleggStoppetAvAntivirus", "a&lt;b"]);

    let service = Service::of(Scenario::med_feil()).await;
    let receipt = submitted(&service.person(PID), &service.whole_envelope(ORG).await).await;
    assert_eq!(aarsaker(&receipt), ["avvikSkattemelding", "avvikNaeringsopplysninger"]);

    let service = Service::of(Scenario::ok().malformed(Malformed::NotXml)).await;
    let app = service.person(PID);
    let id = app.ready(ORG).await;
    app.step(&id).await;
    app.step(&id).await;
    service.pass(30);
    assert!(!app.receipt(&id).await.text().contains('<'));
}

#[tokio::test]
async fn a_machine_alone_is_answered_200_and_refused_in_the_receipt() {
    let service = Service::new().await;
    let app = service.systembruker(ORG);
    let id = app.ready(ORG).await;
    assert_eq!((app.step(&id).await.as_str(), app.step(&id).await.as_str()), ("Task_2", "Task_3"));
    service.pass(30);
    let receipt = app.receipt(&id).await;
    assert_eq!(aarsaker(&receipt), [NO_PERSON]);
    assert!(service.moves().iter().all(|(_, _, by)| by == "systembruker"));
    // The return that was there before is the current one still.
    assert_eq!(service.gjeldende_id(ORG, 2023).await, Service::new().await.gjeldende_id(ORG, 2023).await);
}

#[tokio::test]
async fn a_machine_and_a_person_submit_together() {
    for machine_first in [true, false] {
        let service = Service::new().await;
        let (machine, person) = (service.systembruker(ORG), service.person(PID));
        let id = machine.ready(ORG).await;
        let (first, second) = if machine_first { (&machine, &person) } else { (&person, &machine) };
        first.step(&id).await;
        second.step(&id).await;
        service.pass(30);
        assert_eq!(aarsaker(&machine.receipt(&id).await), [] as [&str; 0], "{machine_first}");
    }
}

#[tokio::test]
async fn what_was_not_right_is_found_after_the_submission() {
    let wrong = refused(|e| e.current.as_mut().unwrap().1 = "SKI:755:1".to_owned()).await;
    assert_eq!(wrong, ["idAvvikerFraKrav"]);
    let wrong = refused(|e| e.documents[1] = ("naeringsspesifikasjonReferanse".into(), "0".repeat(36))).await;
    assert_eq!(wrong, ["naeringsspesifikasjonReferanseErUkjent"]);
    let wrong = refused(|e| e.year = "2022".to_owned()).await;
    assert_eq!(wrong, ["konvoluttIkkeRiktigFormatert"]);
    let wrong = refused(|e| e.documents[1].1 = "ikke base64".to_owned()).await;
    assert_eq!(wrong, ["konvoluttIkkeRiktigFormatert"]);
    let flagged = naering(2023).replace(
        "</naeringsspesifikasjon>",
        "<skalBekreftesAvRevisor>true</skalBekreftesAvRevisor></naeringsspesifikasjon>",
    );
    let wrong = refused(|e| e.documents[1].1 = base64(&flagged)).await;
    assert_eq!(wrong, ["skalBekreftesAvRevisorAvvikerFraInstansen"]);
}

#[tokio::test]
async fn a_submission_may_refer_to_what_was_uploaded_for_its_job() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, 2023, &naering(2023)).await;
    let envelope = service.envelope(ORG, 2023, &referanse).await;
    let receipt = submitted(&service.person(PID), &envelope).await;
    assert_eq!(aarsaker(&receipt), [] as [&str; 0]);
    assert!(receipt.text().contains(&base64(&naering(2023))));
}

fn with_vedlegg(id: &str) -> String {
    let vedlegg = format!("<vedlegg><id>{id}</id></vedlegg></skattemelding>");
    base64(&tax_return(ORG, 2023).replace("</skattemelding>", &vedlegg))
}

#[tokio::test]
async fn attachments_that_the_return_names_must_lie_in_the_instance() {
    let service = Service::new().await;
    let app = service.person(PID);
    for named in [true, false] {
        let id = app.instance_of(ORG).await;
        let attached = app.attach(&id).await;
        let vedlegg = if named { attached.as_str() } else { "2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d" };
        let envelope = service.whole_envelope(ORG).await;
        app.upload(&id, &envelope.change(|e| e.documents[0].1 = with_vedlegg(vedlegg))).await;
        service.pass(10);
        app.step(&id).await;
        app.step(&id).await;
        service.pass(30);
        let expected: &[&str] = if named { &[] } else { &["vedleggManglerIInstansen"] };
        assert_eq!(aarsaker(&app.receipt(&id).await), expected);
    }
}

#[tokio::test]
async fn a_persons_return_goes_the_same_way() {
    let service = Service::new().await;
    let app = service.person(PERSON);
    let id = app.ready(PERSON).await;
    app.step(&id).await;
    app.step(&id).await;
    service.pass(30);
    let receipt = app.receipt(&id).await;
    assert_eq!(between(receipt.text(), "<resultatAvValidering>", "<"), "validertOK");
    assert!(service.sandbox.effects().iter().all(|effect| effect.identifikator == "010190*****"));
}
