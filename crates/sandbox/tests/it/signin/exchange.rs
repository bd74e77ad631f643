//! Altinn's exchange.

use std::time::Duration;

use serde_json::json;
use skattebro_sandbox::{Fault, FaultRule, SigninSettings, TokenKind};

use super::browser::{PERSON, scope};
use super::machine::{Assertion, CUSTOMER, ITS_ORG, SKATTEMELDING, payload, sandbox, token};
use crate::http;

const MASKINPORTEN: &str = "/authentication/api/v1/exchange/maskinporten";
const IDPORTEN: &str = "/authentication/api/v1/exchange/id-porten";

#[tokio::test]
async fn a_machines_token_becomes_altinns_for_half_an_hour() {
    let service = sandbox(|builder| builder).await;
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}")}
    }]);
    let first =
        token(&service.assert(&Assertion::new(&service).claim("authorization_details", details)).await);
    service.pass(100);
    let answer = service.get_with(MASKINPORTEN, &first).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let (claims, before) = (payload(answer.text()), payload(&first));
    let now = service.sandbox.clock().timestamp().as_second();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 1800)));
    assert_eq!(claims["consumer"]["ID"], format!("0192:{ITS_ORG}"));
    assert_eq!((&claims["scope"], &claims["client_id"]), (&json!(SKATTEMELDING), &before["client_id"]));
    assert_eq!(claims["authorization_details"], before["authorization_details"]);
    assert_ne!((&claims["iss"], &claims["jti"]), (&before["iss"], &before["jti"]));
}

#[tokio::test]
async fn a_persons_token_too() {
    let service = sandbox(|builder| builder).await;
    let tokens = service.person_tokens().await;
    let answer = service.get_with(IDPORTEN, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200);
    let claims = payload(answer.text());
    assert_eq!((&claims["pid"], &claims["scope"]), (&json!(PERSON), &json!(scope())));
    assert_eq!(claims["urn:altinn:authenticatemethod"], "idporten");
}

#[tokio::test]
async fn only_what_is_good_and_of_the_right_kind() {
    let service = sandbox(|builder| builder).await;
    let machine = service.machine_token(SKATTEMELDING).await;
    let tokens = service.person_tokens().await;
    let person = tokens["access_token"].as_str().unwrap();
    let altinn = service.get_with(MASKINPORTEN, &machine).await.text().to_owned();
    let elsewhere = sandbox(|builder| builder).await.machine_token(SKATTEMELDING).await;
    let (head, _) = machine.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.");
    for (path, token) in [
        (MASKINPORTEN, person),
        (IDPORTEN, &machine),
        (MASKINPORTEN, &altinn),
        (IDPORTEN, tokens["id_token"].as_str().unwrap()),
        (MASKINPORTEN, &elsewhere),
        (MASKINPORTEN, &unsigned),
        (MASKINPORTEN, "t"),
    ] {
        let answer = service.get_with(path, token).await;
        assert_eq!((answer.status, answer.body.len()), (401, 0), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
    let bare = http::call(service.sandbox.addr(), "GET", MASKINPORTEN, &[], b"").await;
    assert_eq!(bare.status, 401);
    service.pass(118);
    assert_eq!(service.get_with(MASKINPORTEN, &machine).await.status, 200);
    service.pass(1);
    assert_eq!(service.get_with(MASKINPORTEN, &machine).await.status, 401);
    service.sandbox.revoke_tokens(Some(TokenKind::Idporten));
    assert_eq!(service.get_with(IDPORTEN, person).await.status, 401);
}

#[tokio::test]
async fn it_may_answer_json_and_has_faults() {
    let mut settings = SigninSettings::default();
    settings.altinn_as_json = true;
    settings.altinn_token = Duration::from_secs(60);
    let service = sandbox(|builder| builder.signin(settings)).await;
    let machine = service.machine_token(SKATTEMELDING).await;
    let answer = service.get_with(MASKINPORTEN, &machine).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let claims = payload(answer.json().as_str().unwrap());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    service.sandbox.inject(FaultRule::next("altinn-exchange", 1, Fault::HtmlError(502)));
    assert_eq!(service.get_with(MASKINPORTEN, &machine).await.status, 502);
}
