//! `resultat`.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_sandbox::{Malformed, Scenario};

use crate::http::Answer;
use crate::schema;
use crate::service::{Envelope, ORG, PERSON, Service, base64, between, naering, tax_return};

const SCHEMA: &str = "skattemeldingognaeringsspesifikasjonresponse_v2_kompakt.xsd";

async fn finished(service: &Service, id: &str, year: u16) -> Answer {
    let job = service.job(id, year).await;
    service.pass(24 * 3600);
    let result = service.result(id, year, &job).await;
    assert_eq!(result.status, 200);
    assert_eq!(result.header("content-type"), Some("application/xml"));
    assert!(result.complete(), "{:?} {}", result.headers, result.body.len());
    result
}

/// The documents of a response, decoded.
fn documents(response: &str) -> Vec<(String, Vec<u8>)> {
    response
        .split("<dokument>")
        .skip(1)
        .map(|document| {
            let content: String =
                between(document, "<content>", "</content>").split_ascii_whitespace().collect();
            assert_eq!(between(document, "<encoding>", "</encoding>"), "utf-8");
            (between(document, "<type>", "</type>").to_owned(), STANDARD.decode(content).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn there_is_no_result_before_the_job_is_done() {
    let service = Service::new().await;
    let job = service.job(ORG, 2023).await;
    for _ in 0..3 {
        let answer = service.result(ORG, 2023, &job).await;
        assert_eq!((answer.status, answer.body.len(), answer.header("content-type")), (204, 0, None));
        service.pass(300);
    }
}

#[tokio::test]
async fn documents_come_back_byte_for_byte() {
    for scenario in [Scenario::ok(), Scenario::med_feil().with_veiledning(), Scenario::ok().broken_base64()] {
        let service = Service::of(scenario.clone()).await;
        let result = finished(&service, ORG, 2023).await;
        let documents = documents(result.text());
        let names: Vec<_> = documents.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "skattemeldingUpersonligEtterBeregning",
                "naeringsspesifikasjonEtterBeregning",
                "beregnetSkattUpersonlig"
            ]
        );
        assert_eq!(documents[0].1, tax_return(ORG, 2023).into_bytes());
        assert_eq!(documents[1].1, naering(2023).into_bytes());
        schema::validate(SCHEMA, &result.body);
    }
}

#[tokio::test]
async fn a_persons_result_has_documents_of_its_kind() {
    let service = Service::of(Scenario::med_feil()).await;
    let result = finished(&service, PERSON, 2024).await;
    let names: Vec<_> = documents(result.text()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "skattemeldingPersonligEtterBeregning",
            "naeringsspesifikasjonEtterBeregning",
            "beregnetSkattPersonlig"
        ]
    );
    assert!(result.text().contains("<informasjonOmPersonligSkattesubjekt>"));
    schema::validate(SCHEMA, &result.body);
}

#[tokio::test]
async fn a_selskapsmelding_comes_back_as_one() {
    let service = Service::of(Scenario::ok().selskapsmelding()).await;
    let referanse = service.upload(ORG, 2023, &naering(2023)).await;
    let sdf = "<selskapsmelding xmlns=\"urn:no:skatteetaten:fastsetting:formueinntekt:selskapsmelding:selskapmeddeltakerfastsetting:ekstern:v2\"><inntektsaar>2023</inntektsaar></selskapsmelding>";
    let envelope = service.envelope(ORG, 2023, &referanse).await.change(|e: &mut Envelope| {
        e.documents[0] = ("selskapsmeldingSdf".into(), base64(sdf));
        e.current.as_mut().unwrap().0 = "selskapsmeldingSdf".into();
    });
    let started = service.start(ORG, 2023, &envelope.xml()).await;
    assert_eq!(started.status, 200, "{}", started.text());
    service.pass(24 * 3600);
    let job = started.json()["jobbId"].as_str().unwrap().to_owned();
    let result = service.result(ORG, 2023, &job).await;
    let documents = documents(result.text());
    assert_eq!(documents[0], ("selskapsmeldingSdfEtterBeregning".to_owned(), sdf.as_bytes().to_vec()));
    assert_eq!(documents.len(), 2);
    schema::validate(SCHEMA, &result.body);
}

#[tokio::test]
async fn the_outcome_is_the_scenarios() {
    let ok = finished(&Service::new().await, ORG, 2023).await;
    assert!(ok.text().contains("<resultatAvValidering>validertOK</resultatAvValidering>"));
    assert!(!ok.text().contains("avvik") && !ok.text().contains("veiledning"));

    let service = Service::of(Scenario::med_feil().with_veiledning()).await;
    let errors = finished(&service, ORG, 2023).await;
    let text = errors.text();
    assert!(text.contains("<resultatAvValidering>validertMedFeil</resultatAvValidering>"));
    assert!(text.contains("<aarsakTilValidertMedFeil>avvikNaeringsopplysninger</aarsakTilValidertMedFeil>"));
    assert!(text.matches("<avvik>").count() >= 3);
    for expected in ["3519088.25", "<sti>", "Årsavskrivning &amp; påkostning", "<veiledning>"] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn base64_can_be_broken_and_indented() {
    let service = Service::of(Scenario::ok().broken_base64()).await;
    let result = finished(&service, ORG, 2023).await;
    let content = between(result.text(), "<content>", "</content>");
    let lines: Vec<_> = content.lines().collect();
    assert!(lines.len() > 3 && lines[0].is_empty() && lines.last().unwrap().trim().is_empty());
    assert!(lines[1..lines.len() - 1].iter().all(|line| line.starts_with("   ") && line.trim().len() <= 76));
    assert_eq!(lines[1].trim().len(), 76);
}

#[tokio::test]
async fn unknown_documents_and_malformed_results_can_be_had() {
    let service = Service::of(Scenario::ok().unknown_document()).await;
    let result = finished(&service, ORG, 2023).await;
    assert!(documents(result.text()).iter().any(|(name, _)| name == "beregnetFremtidsskatt"));
    let whole = result.body.len();

    let service = Service::of(Scenario::ok().malformed(Malformed::TruncatedXml)).await;
    let result = finished(&service, ORG, 2023).await;
    assert!(result.body.len() < whole && !result.text().contains("</skattemeldingOg"));

    let service = Service::of(Scenario::ok().malformed(Malformed::BrokenBase64)).await;
    let result = finished(&service, ORG, 2023).await;
    assert!(STANDARD.decode(between(result.text(), "<content>", "</content>")).is_err());

    let service = Service::of(Scenario::ok().malformed(Malformed::NotXml)).await;
    let result = finished(&service, ORG, 2023).await;
    assert!(!result.text().contains('<'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_large_example_goes_through() {
    let path = schema::data().join("examples/2023-naeringsspesifikasjon-kraft-v4.xml.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        return schema::skip(&format!("{} is absent", path.display()));
    };
    let mut large = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut large).unwrap();
    for scenario in [Scenario::ok(), Scenario::ok().broken_base64()] {
        let service = Service::of(scenario).await;
        let referanse = service.upload(ORG, 2023, &large).await;
        let job = service.job_with(ORG, 2023, &referanse).await;
        service.sandbox.clock().advance(Duration::from_secs(30 * 60));
        assert_eq!(service.status(ORG, 2023, &job).await["jobbStatus"], "KJOERER", "over half an hour");
        service.pass(10 * 60);
        let result = service.result(ORG, 2023, &job).await;
        assert!(result.complete());
        assert_eq!(documents(result.text())[1].1, large.as_bytes());
    }
}
