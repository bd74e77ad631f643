//! The asynchronous rules, each by its name, found of the numbers that are marked with it.

use serde_json::{Value, json};
use skattebro_sandbox::MARKED_NUMBERS;

use super::client::{brreg, nav, sandbox, with};
use super::life::errors;

fn marked(error: &str) -> &'static str {
    MARKED_NUMBERS.iter().find(|marked| marked.error == error).unwrap().number
}

fn against(body: Value, number: &str) -> Value {
    with(body, "/skyldner/identifikator", json!(number))
}

/// A krav against the marked skyldner must be accepted and then fail by the rule.
async fn fails(body: Value, error: &str) {
    let service = sandbox().await;
    let client = service.anyone();
    let number = marked(error);
    let id = client.create(&against(body, number)).await;
    service.pass(5);
    assert_eq!(errors(client, &id).await, [error]);
    assert_eq!(client.status(&id).await, "VALIDERINGSFEIL");
    assert!(!client.get(&id, "/valideringsfeil").await.text().contains(number));
    service.pass(1000);
    assert_eq!(client.status(&id).await, "VALIDERINGSFEIL");
}

#[tokio::test]
async fn person_eksisterer_ikke() {
    fails(nav("K-1"), "PERSON_EKSISTERER_IKKE").await;
}

#[tokio::test]
async fn person_er_doed() {
    fails(with(nav("K-1"), "/kravtype", json!("TILBAKEKREVING_FORSKUTTERTE_DAGPENGER")), "PERSON_ER_DOED")
        .await;
    // The dead owe anything else.
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&against(nav("K-1"), marked("PERSON_ER_DOED"))).await;
    assert_eq!(service.anyone().status(&id).await, "RESKONTROFOERT");
    assert!(errors(service.anyone(), &id).await.is_empty());
}

#[tokio::test]
async fn person_er_slettet() {
    fails(nav("K-1"), "PERSON_ER_SLETTET").await;
}

#[tokio::test]
async fn organisasjonsnummer_finnes_ikke() {
    fails(brreg(), "ORGANISASJONSNUMMER_FINNES_IKKE").await;
}

#[tokio::test]
async fn organisasjon_er_opphoert() {
    fails(brreg(), "ORGANISASJON_ER_OPPHOERT").await;
}

#[tokio::test]
async fn organisasjon_er_slettet() {
    fails(brreg(), "ORGANISASJON_ER_SLETTET").await;
}
