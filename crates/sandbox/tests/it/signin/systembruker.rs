//! A customer's systembruker: asked for, approved, and in the token.

use serde_json::{Value, json};
use skattebro_sandbox::Systembruker;

use super::machine::{
    Assertion, CLIENT, CONSUMER, CUSTOMER, ITS_ORG, assert_refused, payload, sandbox, token,
};
use crate::service::Service;

const NOT_CONFIGURED: &str = "invalid_altinn_customer_configuration";

fn details(orgnr: &str) -> Value {
    json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{orgnr}")}
    }])
}

fn asking(service: &Service, details: Value) -> Assertion {
    Assertion::new(service).claim("authorization_details", details)
}

#[tokio::test]
async fn an_approved_one_stands_in_the_token_and_is_always_the_same() {
    let service = sandbox(|builder| builder).await;
    let first = payload(&token(&service.assert(&asking(&service, details(CUSTOMER))).await));
    let mut expected = details(CUSTOMER);
    let id = first["authorization_details"][0]["systemuser_id"][0].as_str().unwrap().to_owned();
    assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
    expected[0]["systemuser_id"] = json!([id]);
    expected[0]["system_id"] = json!(format!("{ITS_ORG}_{CLIENT}"));
    assert_eq!(first["authorization_details"], expected);
    assert_eq!(first["consumer"]["ID"], format!("0192:{ITS_ORG}"));
    let second = payload(&token(&service.assert(&asking(&service, details(CUSTOMER))).await));
    assert_eq!(second["authorization_details"], expected);
}

#[tokio::test]
async fn only_while_the_customer_approves() {
    let service = sandbox(|builder| builder).await;
    let ask = async || service.assert(&asking(&service, details(CONSUMER))).await;
    assert_refused(&ask().await, NOT_CONFIGURED, "MP-303");
    service.sandbox.approve_systembruker(CLIENT, Systembruker::of(CONSUMER)).unwrap();
    assert_eq!(ask().await.status, 200);
    service.sandbox.withdraw_systembruker(CLIENT, &Systembruker::of(CONSUMER)).unwrap();
    assert_refused(&ask().await, NOT_CONFIGURED, "MP-303");
    assert_eq!(service.assert(&asking(&service, details(CUSTOMER))).await.status, 200);
}

#[tokio::test]
async fn the_external_reference_tells_several_from_each_other() {
    let service = sandbox(|builder| builder).await;
    let second = Systembruker { orgnr: CUSTOMER.to_owned(), external_ref: Some("avdeling-2".to_owned()) };
    let with = |reference: &str| {
        let mut details = details(CUSTOMER);
        details[0]["externalRef"] = json!(reference);
        asking(&service, details)
    };
    assert_refused(&service.assert(&with("avdeling-2")).await, NOT_CONFIGURED, "externalRef");
    service.sandbox.approve_systembruker(CLIENT, second).unwrap();
    let named = payload(&token(&service.assert(&with("avdeling-2")).await));
    assert_eq!(named["authorization_details"][0]["externalRef"], "avdeling-2");
    let nameless = payload(&token(&service.assert(&asking(&service, details(CUSTOMER))).await));
    // Without one it is the customer's number.
    let numbered = payload(&token(&service.assert(&with(CUSTOMER)).await));
    let id = |claims: &Value| claims["authorization_details"][0]["systemuser_id"][0].clone();
    assert_eq!(id(&nameless), id(&numbered));
    assert_ne!(id(&named), id(&nameless));
}

#[tokio::test]
async fn what_is_not_of_the_form_is_refused() {
    let service = sandbox(|builder| builder).await;
    let changed = |path: &str, value: Value| {
        let mut details = details(CUSTOMER);
        *details.pointer_mut(path).unwrap() = value;
        details
    };
    for bad in [
        json!({}),
        json!([]),
        json!([{"type": "urn:altinn:systemuser"}]),
        changed("/0/type", json!("urn:altinn:samtykke")),
        changed("/0/systemuser_org/authority", json!("orgnr")),
        changed("/0/systemuser_org/ID", json!(CUSTOMER)),
        changed("/0/systemuser_org/ID", json!("0192:974761077")),
        json!([details(CUSTOMER)[0], details(CUSTOMER)[0]]),
    ] {
        let answer = service.assert(&asking(&service, bad)).await;
        assert_refused(&answer, "invalid_request", "authorization_details");
    }
}
