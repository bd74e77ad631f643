//! `start`: what an envelope must say.

use skattebro_sandbox::Scenario;
use std::time::Duration;

use crate::service::{
    Envelope, ORG, OTHER_ORG, PERSON, Service, XML, base64, naering, start_path, tax_return,
};

const YEAR: u16 = 2023;

/// The refusal of an envelope that was changed from a right one.
async fn refusal(service: &Service, change: impl FnOnce(&mut Envelope)) -> (u16, String, String) {
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let envelope = service.envelope(ORG, YEAR, &referanse).await.change(change);
    let answer = service.start(ORG, YEAR, &envelope.xml()).await;
    let error = answer.json();
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (answer.status, text("kode"), text("melding"))
}

#[tokio::test]
async fn a_right_envelope_starts_a_job() {
    let service = Service::new().await;
    for (id, year) in [(ORG, 2023), (ORG, 2024), (ORG, 2026), (PERSON, 2023)] {
        let job = service.job(id, year).await;
        assert!(job.len() == 36 && job.bytes().all(|b| b.is_ascii_hexdigit()), "{job}");
    }
}

#[tokio::test]
async fn one_reference_serves_several_jobs() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let first = service.job_with(ORG, YEAR, &referanse).await;
    assert_ne!(first, service.job_with(ORG, YEAR, &referanse).await);
}

#[tokio::test]
async fn a_remembered_id_of_the_current_return_works() {
    let asked = Service::new().await.gjeldende_id(ORG, YEAR).await;
    let fresh = Service::new().await;
    let referanse = fresh.upload(ORG, YEAR, &naering(YEAR)).await;
    let envelope = Envelope::new(ORG, YEAR, &asked).document("naeringsspesifikasjonReferanse", &referanse);
    assert_eq!(fresh.start(ORG, YEAR, &envelope.xml()).await.status, 200);
}

#[tokio::test]
async fn content_type_must_be_xml() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let envelope = service.envelope(ORG, YEAR, &referanse).await.xml();
    for (content_type, status) in [
        ("application/xml", 200),
        ("application/xml; charset=utf-8", 200),
        ("text/xml", 200),
        ("application/json", 415),
        ("", 415),
    ] {
        let headers = [("content-type", content_type)];
        let answer = service.post(&start_path(ORG, YEAR), &headers, envelope.as_bytes()).await;
        assert_eq!(answer.status, status, "{content_type}");
    }
}

#[tokio::test]
async fn the_reference_must_be_known_for_the_identifier_and_the_year() {
    let service = Service::new().await;
    let known = service.upload(ORG, YEAR, &naering(YEAR)).await;
    for (id, year, referanse) in
        [(ORG, YEAR, "a7a076307d21385cf50209cebdc2b2886467"), (OTHER_ORG, YEAR, &known), (ORG, 2024, &known)]
    {
        let envelope = service.envelope(id, year, referanse).await.xml();
        let answer = service.start(id, year, &envelope).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-REFERANSE")));
    }
    assert_eq!(service.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn references_can_be_forgotten() {
    let service = Service::of(Scenario::ok().references_last(Duration::from_secs(60))).await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let envelope = service.envelope(ORG, YEAR, &referanse).await.xml();
    service.pass(59);
    assert_eq!(service.start(ORG, YEAR, &envelope).await.status, 200);
    service.pass(1);
    let answer = service.start(ORG, YEAR, &envelope).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-REFERANSE")));
}

#[tokio::test]
async fn rules_are_refused_with_their_reason() {
    let service = Service::new().await;
    type Change = Box<dyn FnOnce(&mut Envelope)>;
    let main = |content: String| -> Change { Box::new(move |e| e.documents[0].1 = base64(&content)) };
    let good = tax_return(ORG, YEAR);
    let cases: Vec<(Change, &str, &str)> = vec![
        (Box::new(|e| e.year = "2022".into()), "SANDBOX-KONVOLUTT", "i banen 2023"),
        (Box::new(|e| e.year = "2".into()), "SANDBOX-KONVOLUTT", "årstall"),
        (Box::new(|e| drop(e.documents.remove(0))), "SANDBOX-KONVOLUTT", "nøyaktig én"),
        (Box::new(|e| e.documents.push(e.documents[0].clone())), "SANDBOX-KONVOLUTT", "nøyaktig én"),
        (
            Box::new(|e| drop(e.documents.remove(1))),
            "SANDBOX-KONVOLUTT",
            "mangler naeringsspesifikasjonReferanse",
        ),
        (Box::new(|e| e.documents.push(e.documents[1].clone())), "SANDBOX-KONVOLUTT", "mer enn én"),
        (
            Box::new(|e| e.documents.push(("naeringsspesifikasjon".into(), base64(&naering(YEAR))))),
            "SANDBOX-KONVOLUTT",
            "ikke naeringsspesifikasjon",
        ),
        (
            Box::new(|e| e.documents[0].0 = "skattemeldingPersonlig".into()),
            "SANDBOX-KONVOLUTT",
            "passer ikke",
        ),
        (Box::new(|e| e.documents[0].0 = "noe".into()), "SANDBOX-KONVOLUTT", "dokumenttype"),
        (Box::new(|e| e.documents[0].1 = "***".into()), "SANDBOX-DOKUMENT", "base64"),
        (Box::new(|e| e.documents[0].1 = String::new()), "SANDBOX-DOKUMENT", "rotelement"),
        (main(good.replace("</skattemelding>", "")), "SANDBOX-DOKUMENT", "velformet"),
        (main(good.replace("2023", "2022")), "SANDBOX-DOKUMENT", "inntektsår 2022"),
        (main(good.replace(":v3", ":v2")), "SANDBOX-DOKUMENT", "skal ha navnerommet"),
        (main(good.replace(":upersonlig", "")), "SANDBOX-DOKUMENT", "ikke skattemelding"),
        (main(naering(YEAR)), "SANDBOX-DOKUMENT", "ikke skattemelding"),
        (Box::new(|e| e.current = None), "SANDBOX-GJELDENDE", "mangler"),
        (Box::new(|e| e.current.as_mut().unwrap().1 = "SKI:755:1".into()), "SANDBOX-GJELDENDE", "gjeldende"),
        (
            Box::new(|e| e.current.as_mut().unwrap().0 = "selskapsmeldingSdf".into()),
            "SANDBOX-GJELDENDE",
            "gjelder",
        ),
    ];
    for (change, kode, reason) in cases {
        let (status, found, melding) = refusal(&service, change).await;
        assert_eq!((status, found.as_str()), (400, kode), "{reason}: {melding}");
        assert!(melding.contains(reason), "{reason}: {melding}");
    }
    assert!(service.sandbox.effects().iter().all(|effect| effect.route == "last-opp"));
}

#[tokio::test]
async fn a_purpose_is_required_from_2024() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, 2024, &naering(2024)).await;
    let envelope = service.envelope(ORG, 2024, &referanse).await.change(|e| e.purpose = false);
    let answer = service.start(ORG, 2024, &envelope.xml()).await;
    assert!(answer.text().contains("innsendingsformaal"), "{}", answer.text());
}

#[tokio::test]
async fn an_advance_assessment_names_its_own_namespace() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let earlier = base64(&tax_return(ORG, YEAR).replace(":v3", ":v2"));
    let envelope = service.envelope(ORG, YEAR, &referanse).await.change(|e| e.documents[0].1 = earlier).xml();
    let namespace = "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v2";
    let named = |namespace: &str| {
        let element = format!(
            "</content><navneromVedForhaandsfastsetting>{namespace}</navneromVedForhaandsfastsetting>"
        );
        envelope.replacen("</content>", &element, 1)
    };
    assert_eq!(service.start(ORG, YEAR, &envelope).await.status, 400);
    assert_eq!(service.start(ORG, YEAR, &named("urn:annet")).await.status, 400);
    assert_eq!(service.start(ORG, YEAR, &named(namespace)).await.status, 200);
}

#[tokio::test]
async fn the_current_return_may_change_meanwhile() {
    let service = Service::new().await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let before = service.envelope(ORG, YEAR, &referanse).await.xml();
    service.sandbox.set_scenario_for(ORG, Scenario::ok().gjeldende_version(1));
    let answer = service.start(ORG, YEAR, &before).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (400, Some("SANDBOX-GJELDENDE")));
    let after = service.envelope(ORG, YEAR, &referanse).await.xml();
    assert_eq!(service.start(ORG, YEAR, &after).await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let service = Service::with(|builder| builder.max_request_bytes(3000)).await;
    let referanse = service.upload(ORG, YEAR, &naering(YEAR)).await;
    let mut envelope = service.envelope(ORG, YEAR, &referanse).await.xml();
    envelope += &" ".repeat(3001 - envelope.len());
    let answer = service.post(&start_path(ORG, YEAR), &[XML], envelope.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (413, Some("SANDBOX-FOR-STOR")));
    envelope.pop();
    assert_eq!(service.start(ORG, YEAR, &envelope).await.status, 200);
}
