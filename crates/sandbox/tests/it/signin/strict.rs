//! A service that looks at tokens.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule, TokenKind};

use super::machine::{Assertion, CUSTOMER, INNKREVING, ITS_ORG, SKATTEMELDING, sandbox, token};
use crate::http::{self, Answer};
use crate::krav::client::{NO_ID, SKATTEETATENS, V1, clock, nav};
use crate::service::{ORG, PERSON, Service, soon};

fn gjeldende() -> String {
    format!("/api/skattemelding/v2/2023/{ORG}")
}

fn krav() -> String {
    format!("{V1}/{NO_ID}/mottaksstatus?{SKATTEETATENS}")
}

async fn strict() -> Service {
    sandbox(|builder| builder.strict_auth(true).clock(clock())).await
}

async fn create(service: &Service, token: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    http::call(service.sandbox.addr(), "POST", V1, &headers, body.to_string().as_bytes()).await
}

fn assert_turned_away(answer: &Answer, status: u16, kode: &str, challenge: &str) {
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (status, Some(kode)), "{}", answer.text());
    let said = answer.header("www-authenticate").unwrap();
    assert!(said.starts_with("Bearer") && said.contains(challenge), "{said}");
}

#[tokio::test]
async fn the_tax_return_takes_the_tokens_of_both_issuers() {
    let service = strict().await;
    let machine = service.machine_token(SKATTEMELDING).await;
    assert_eq!(service.get_with(&gjeldende(), &machine).await.status, 200);
    let tokens = service.person_tokens().await;
    let path = format!("/api/skattemelding/v2/2023/{PERSON}");
    assert_eq!(service.get_with(&path, tokens["access_token"].as_str().unwrap()).await.status, 200);
    // An id token tells the client who logged in, and opens nothing.
    let id_token = service.get_with(&path, tokens["id_token"].as_str().unwrap()).await;
    assert_turned_away(&id_token, 401, "SANDBOX-TOKEN", "invalid_token");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told() {
    let service = strict().await;
    let elsewhere = strict().await.machine_token(&format!("{SKATTEMELDING} {INNKREVING}")).await;
    for path in [gjeldende(), krav()] {
        for token in ["t", "sandbox-974761076", elsewhere.as_str()] {
            assert_turned_away(&service.get_with(&path, token).await, 401, "SANDBOX-TOKEN", "invalid_token");
        }
        let none = http::call(service.sandbox.addr(), "GET", &path, &[], b"").await;
        assert_turned_away(&none, 401, "SANDBOX-TOKEN", "");
    }
    assert_eq!(service.get_with("/api/skattemelding/v2/ping", "t").await.status, 200);
}

#[tokio::test]
async fn tokens_expire_on_the_virtual_clock() {
    let service = strict().await;
    let machine = service.machine_token(SKATTEMELDING).await;
    service.pass(118);
    assert_eq!(service.get_with(&gjeldende(), &machine).await.status, 200);
    service.pass(1);
    let late = service.get_with(&gjeldende(), &machine).await;
    assert_turned_away(&late, 401, "SANDBOX-TOKEN", "invalid_token");
    assert_eq!(late.json()["melding"], "Tilgangstokenet er utløpt");
}

#[tokio::test]
async fn revoked_tokens_are_worthless_and_later_ones_are_not() {
    let service = strict().await;
    let machine = service.machine_token(SKATTEMELDING).await;
    service.sandbox.revoke_tokens(Some(TokenKind::Altinn));
    assert_eq!(service.get_with(&gjeldende(), &machine).await.status, 200);
    service.sandbox.revoke_tokens(Some(TokenKind::Maskinporten));
    let answer = service.get_with(&gjeldende(), &machine).await;
    assert_turned_away(&answer, 401, "SANDBOX-TOKEN", "invalid_token");
    let next = service.machine_token(SKATTEMELDING).await;
    assert_eq!(service.get_with(&gjeldende(), &next).await.status, 200);
}

#[tokio::test]
async fn every_api_has_its_scope() {
    let service = strict().await;
    let returns = service.machine_token(SKATTEMELDING).await;
    let claims = service.machine_token(INNKREVING).await;
    assert_eq!(service.get_with(&krav(), &claims).await.status, 404);
    let denied = service.get_with(&krav(), &returns).await;
    assert_turned_away(&denied, 403, "DAS-008", &format!("scope=\"{INNKREVING}\""));
    let denied = service.get_with(&gjeldende(), &claims).await;
    assert_turned_away(&denied, 403, "DAS-008", &format!("scope=\"{SKATTEMELDING}\""));
    let both = service.machine_token(&format!("{INNKREVING} {SKATTEMELDING}")).await;
    assert_eq!(service.get_with(&gjeldende(), &both).await.status, 200);
}

#[tokio::test]
async fn altinns_token_is_for_altinn() {
    let service = strict().await;
    let machine = service.machine_token(SKATTEMELDING).await;
    let altinn = service.get_with("/authentication/api/v1/exchange/maskinporten", &machine).await;
    let answer = service.get_with(&gjeldende(), altinn.text()).await;
    assert_turned_away(&answer, 401, "SANDBOX-TOKEN", "invalid_token");
}

#[tokio::test]
async fn krav_belong_to_whom_the_token_was_given_for() {
    let service = strict().await;
    let own = service.machine_token(INNKREVING).await;
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}")}
    }]);
    let assertion =
        Assertion::new(&service).claim("scope", INNKREVING).claim("authorization_details", details);
    let customers = token(&service.assert(&assertion).await);
    assert_eq!(create(&service, &own, &nav("K-1")).await.status, 201);
    assert_eq!(create(&service, &customers, &nav("K-2")).await.status, 201);
    let of = |orgnr: &str| service.sandbox.krav(orgnr).len();
    assert_eq!((of(ITS_ORG), of(CUSTOMER)), (1, 1));
}

#[tokio::test]
async fn what_acts_late_was_let_in_when_it_came() {
    let service = strict().await;
    let own = service.machine_token(INNKREVING).await;
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::ActLate(Duration::from_secs(600))));
    let bearer = format!("Bearer {own}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = nav("K-1").to_string();
    assert!(http::try_call(service.sandbox.addr(), "POST", V1, &headers, body.as_bytes()).await.is_none());
    service.pass(600);
    assert!(soon(|| service.sandbox.krav(ITS_ORG).len() == 1).await);
}

#[tokio::test]
async fn a_sandbox_that_is_not_strict_takes_anything() {
    let service = sandbox(|builder| builder.clock(clock())).await;
    assert_eq!(service.get_with(&gjeldende(), "t").await.status, 200);
    let machine = service.machine_token("altinn:instances.read").await;
    service.pass(1000);
    assert_eq!(service.get_with(&gjeldende(), &machine).await.status, 200);
}
