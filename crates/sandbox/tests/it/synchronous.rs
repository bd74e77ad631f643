//! `valider` and `validertest`.

use skattebro_sandbox::Scenario;

use crate::schema;
use crate::service::{Envelope, ORG, Service, XML, base64, naering, tax_return};

const SCHEMA: &str = "skattemeldingognaeringsspesifikasjonresponse_v2_kompakt.xsd";

fn path(call: &str) -> String {
    format!("/api/skattemelding/v2/{call}/2023/{ORG}")
}

async fn inline(service: &Service) -> Envelope {
    let current = service.gjeldende_id(ORG, 2023).await;
    Envelope::new(ORG, 2023, &current).document("naeringsspesifikasjon", &base64(&naering(2023)))
}

#[tokio::test]
async fn the_response_comes_at_once_and_changes_nothing() {
    let service = Service::of(Scenario::med_feil().with_veiledning()).await;
    let envelope = inline(&service).await;
    let answer = service.post(&path("valider"), &[XML], envelope.xml().as_bytes()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")));
    schema::validate(SCHEMA, &answer.body);
    assert!(answer.text().contains("validertMedFeil"));
    assert!(answer.text().contains(&base64(&naering(2023))));
    assert!(answer.text().contains(&base64(&tax_return(ORG, 2023))));
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn only_the_test_call_does_without_the_current_return() {
    let service = Service::new().await;
    let envelope = inline(&service).await.change(|e| e.current = None).xml();
    let answer = service.post(&path("valider"), &[XML], envelope.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-GJELDENDE")));
    let answer = service.post(&path("validertest"), &[XML], envelope.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    schema::validate(SCHEMA, &answer.body);
}

#[tokio::test]
async fn a_reference_is_for_jobs_only() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, 2023, &naering(2023)).await;
    let envelope = service.envelope(ORG, 2023, &referanse).await.xml();
    for call in ["valider", "validertest"] {
        let answer = service.post(&path(call), &[XML], envelope.as_bytes()).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains("bare i jobber"), "{}", answer.text());
    }
}

#[tokio::test]
async fn one_naeringsspesifikasjon_at_most() {
    let service = Service::new().await;
    let none = inline(&service).await.change(|e| drop(e.documents.pop()));
    assert_eq!(service.post(&path("valider"), &[XML], none.xml().as_bytes()).await.status, 200);
    let two = inline(&service).await.change(|e| e.documents.push(e.documents[1].clone()));
    assert_eq!(service.post(&path("valider"), &[XML], two.xml().as_bytes()).await.status, 400);
}

#[tokio::test]
async fn over_ten_million_characters_of_base64_are_413() {
    let service = Service::new().await;
    let others = base64(&tax_return(ORG, 2023)).len();
    // Room for the rest of the document, then padded with spaces to the limit.
    let room = (10_000_000 - others) / 4 * 3;
    for (size, status) in [(room, 200), (room + 3, 413)] {
        let document = naering(2023);
        let padding = "<!---->\n".repeat((size - document.len()) / 8);
        let padded = document + &padding;
        let padded = format!("{padded}{}", " ".repeat(size - padded.len()));
        let envelope = inline(&service).await.change(|e| e.documents[1].1 = base64(&padded));
        let answer = service.post(&path("valider"), &[XML], envelope.xml().as_bytes()).await;
        assert_eq!(answer.status, status, "{size}");
    }
}
