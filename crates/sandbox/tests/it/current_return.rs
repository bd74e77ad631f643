//! `gjeldende`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_sandbox::Scenario;

use crate::schema;
use crate::service::{ORG, OTHER_ORG, PERSON, Service, between};

const SCHEMA: &str = "skattemeldingognaeringsspesifikasjonforespoerselresponse_v2_kompakt.xsd";

fn document(response: &str) -> String {
    String::from_utf8(STANDARD.decode(between(response, "<content>", "</content>")).unwrap()).unwrap()
}

#[tokio::test]
async fn an_organisation_has_an_upersonlig_draft() {
    let service = Service::new().await;
    for (year, namespace) in [
        (2021, "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlige:ekstern:v1"),
        (2023, "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v3"),
        (2025, "urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v5"),
    ] {
        let answer = service.get(&format!("/api/skattemelding/v2/{year}/{ORG}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")));
        schema::validate(SCHEMA, &answer.body);
        assert_eq!(between(answer.text(), "<type>", "</type>"), "skattemeldingUpersonligUtkast");
        let document = document(answer.text());
        assert!(document.contains(&format!("xmlns=\"{namespace}\"")) && document.contains("<partsnummer>"));
        match year {
            2023 => schema::validate("skattemeldingUpersonlig_v3_kompakt_ekstern.xsd", document.as_bytes()),
            2025 => schema::validate("skattemeldingUpersonlig_v5_kompakt_ekstern.xsd", document.as_bytes()),
            _ => {}
        }
        assert!(answer.text().contains("<laastFeltSkattemelding>"));
        assert!(!answer.text().contains("utvidetVeiledning"));
    }
}

#[tokio::test]
async fn a_person_has_a_personlig_draft() {
    let service = Service::new().await;
    let answer = service.get(&format!("/api/skattemelding/v2/2023/{PERSON}")).await;
    schema::validate(SCHEMA, &answer.body);
    assert_eq!(between(answer.text(), "<type>", "</type>"), "skattemeldingPersonligUtkast");
    let document = document(answer.text());
    assert!(document.contains(":skattemelding:ekstern:v11\"") && document.contains("<partsreferanse>"));
}

#[tokio::test]
async fn guidance_comes_when_asked_for() {
    let service = Service::new().await;
    let path = format!("/api/skattemelding/v2/2023/{ORG}?inkluderUtvidetVeiledning");
    let answer = service.get(&format!("{path}=true")).await;
    schema::validate(SCHEMA, &answer.body);
    assert!(answer.text().contains("<utvidetVeiledningdokument>"));
    assert!(!service.get(&format!("{path}=false")).await.text().contains("utvidetVeiledning"));
    assert_eq!(service.get(&format!("{path}=kanskje")).await.status, 400);
}

#[tokio::test]
async fn the_id_belongs_to_identifier_year_and_seed() {
    let service = Service::new().await;
    let id = service.gjeldende_id(ORG, 2023).await;
    let digits = id.strip_prefix("SKI:755:").unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()), "{id}");
    assert_eq!(service.gjeldende_id(ORG, 2023).await, id);
    assert_ne!(service.gjeldende_id(ORG, 2024).await, id);
    assert_ne!(service.gjeldende_id(OTHER_ORG, 2023).await, id);
    assert_ne!(Service::with(|builder| builder.seed(1)).await.gjeldende_id(ORG, 2023).await, id);
}

#[tokio::test]
async fn scenarios_change_it() {
    let service = Service::of(Scenario::ok().selskapsmelding()).await;
    let answer = service.get(&format!("/api/skattemelding/v2/2023/{ORG}")).await;
    assert_eq!(between(answer.text(), "<type>", "</type>"), "selskapsmeldingSdfUtkast");
    schema::validate(SCHEMA, &answer.body);
    let before = service.gjeldende_id(ORG, 2023).await;
    service.sandbox.set_scenario(Scenario::ok().gjeldende_version(7));
    assert_ne!(service.gjeldende_id(ORG, 2023).await, before);
}

#[tokio::test]
async fn there_are_none_before_the_forms_began() {
    let service = Service::new().await;
    let answer = service.get(&format!("/api/skattemelding/v2/2019/{ORG}")).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (404, Some("SANDBOX-GJELDENDE")));
}
