//! Maskinporten: what it says of itself, what it gives, and each thing that it refuses.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule, SigninSettings};

use super::machine::{
    Assertion, CLIENT, CONSUMER, ITS_ORG, JWT_BEARER, SKATTEMELDING, assert_refused, payload, sandbox, token,
};
use crate::http;
use crate::service::Service;

#[tokio::test]
async fn the_discovery_document_leads_to_all_the_rest() {
    let service = sandbox(|builder| builder).await;
    let answer = service.get("/maskinporten/.well-known/oauth-authorization-server").await.json();
    let base = service.sandbox.url();
    assert_eq!(answer["issuer"], format!("{base}/maskinporten/"));
    assert_eq!(answer["token_endpoint"], format!("{base}/maskinporten/token"));
    assert_eq!(answer["jwks_uri"], format!("{base}/maskinporten/jwk"));
    assert_eq!(answer["grant_types_supported"], json!([JWT_BEARER]));
}

#[tokio::test]
async fn a_good_assertion_gives_a_token_that_its_key_set_verifies() {
    let service = sandbox(|builder| builder).await;
    let scope = format!("{SKATTEMELDING} altinn:instances.read");
    let answer = service.assert(&Assertion::new(&service).claim("scope", scope.as_str())).await;
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(119)));
    assert_eq!(body["scope"], scope);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    let keys: JwkSet = serde_json::from_value(service.get("/maskinporten/jwk").await.json()).unwrap();
    let token = token(&answer);
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[format!("{}/maskinporten/", service.sandbox.url())]);
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(CLIENT), &json!(scope)));
    assert_eq!(
        claims["consumer"],
        json!({"authority": "iso6523-actorid-upis", "ID": format!("0192:{ITS_ORG}")})
    );
    let now = service.sandbox.clock().timestamp().as_second();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 119)));
    assert!(claims["jti"].is_string() && claims.get("authorization_details").is_none());
}

#[tokio::test]
async fn all_three_algorithms_will_do_and_no_other() {
    let service = sandbox(|builder| builder).await;
    for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512] {
        let mut assertion = Assertion::new(&service);
        assertion.header.alg = algorithm;
        assert_eq!(service.assert(&assertion).await.status, 200, "{algorithm:?}");
    }
    let mut assertion = Assertion::new(&service);
    assertion.header.alg = Algorithm::PS256;
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "RS256");
    // No one may choose how it is verified: here with the public key as a secret.
    assertion.header.alg = Algorithm::HS256;
    assertion.key = EncodingKey::from_secret(b"hemmelig");
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "RS256");
}

#[tokio::test]
async fn what_is_no_request_for_a_token() {
    let service = sandbox(|builder| builder).await;
    let good = Assertion::new(&service).signed();
    for (pairs, error, says) in [
        (&[][..], "invalid_request", "grant_type"),
        (&[("grant_type", JWT_BEARER)], "invalid_request", "assertion"),
        (&[("grant_type", JWT_BEARER), ("assertion", "")], "invalid_request", "assertion"),
        (&[("grant_type", "client_credentials")], "unsupported_grant_type", JWT_BEARER),
        (&[("grant_type", JWT_BEARER), ("grant_type", JWT_BEARER)], "invalid_request", "more than once"),
        (&[("grant_type", JWT_BEARER), ("assertion", "a.b.c")], "invalid_grant", "JWT"),
    ] {
        assert_refused(&service.form("/maskinporten/token", pairs).await, error, says);
    }
    let json = json!({"grant_type": JWT_BEARER, "assertion": good}).to_string();
    let headers = [("content-type", "application/json")];
    let addr = service.sandbox.addr();
    let answer = http::call(addr, "POST", "/maskinporten/token", &headers, json.as_bytes()).await;
    assert_refused(&answer, "invalid_request", "x-www-form-urlencoded");
    assert_eq!(service.get("/maskinporten/token").await.status, 405);
}

#[tokio::test]
async fn what_is_wrong_with_an_assertion() {
    let service = sandbox(|builder| builder).await;
    let new = || Assertion::new(&service);
    let base = service.sandbox.url();
    let now = service.sandbox.clock().timestamp().as_second();
    for (assertion, error, says) in [
        (new().without("iss"), "invalid_grant", "iss"),
        (new().claim("iss", "en-annen"), "invalid_grant", "not known"),
        (new().without("aud"), "invalid_grant", "aud"),
        (new().claim("aud", format!("{base}/maskinporten")), "invalid_grant", "aud"),
        (new().claim("aud", format!("{base}/maskinporten/token")), "invalid_grant", "aud"),
        (new().claim("aud", json!([format!("{base}/maskinporten/"), "andre"])), "invalid_grant", "aud"),
        (new().without("iat"), "invalid_grant", "iat"),
        (new().without("exp"), "invalid_grant", "exp"),
        (new().claim("exp", now + 121), "invalid_grant", "120"),
        (new().claim("exp", now - 1), "invalid_grant", "exp"),
        (new().claim("iat", now - 5).claim("exp", now), "invalid_grant", "Expired"),
        (new().claim("iat", "i går"), "invalid_grant", "type"),
        (new().claim("nbf", now + 60), "invalid_grant", "nbf"),
        (new().without("jti"), "invalid_grant", "jti"),
        (new().claim("jti", ""), "invalid_grant", "jti"),
        (new().without("scope"), "invalid_scope", "missing"),
        (new().claim("scope", " "), "invalid_scope", "missing"),
        (new().claim("scope", format!("{SKATTEMELDING} en:annen")), "invalid_scope", "invalid scopes"),
        (new().claim("consumer_org", ITS_ORG), "invalid_request", "left out"),
        (new().claim("consumer_org", "974761076"), "invalid_request", "delegated"),
        (new().claim("consumer_org", "974761077"), "invalid_request", "organisation number"),
    ] {
        assert_refused(&service.assert(&assertion).await, error, says);
    }
}

#[tokio::test]
async fn the_key_must_be_the_clients() {
    let service = sandbox(|builder| builder).await;
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let mut assertion = Assertion::new(&service);
    assertion.key = EncodingKey::from_rsa_pem(other.serialize_pem().as_bytes()).unwrap();
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "signature");
    for (kid, says) in [(Some("k2"), "kid"), (None, "either kid or x5c")] {
        let mut assertion = Assertion::new(&service);
        assertion.header.kid = kid.map(str::to_owned);
        assert_refused(&service.assert(&assertion).await, "invalid_grant", says);
    }
    // A claim that was changed after it was signed.
    let signed = Assertion::new(&service).signed();
    let [head, _, signature] = <[&str; 3]>::try_from(signed.split('.').collect::<Vec<_>>()).unwrap();
    let changed = Assertion::new(&service).claim("scope", "altinn:instances.read").signed();
    let forged = format!("{head}.{}.{signature}", changed.split('.').nth(1).unwrap());
    let pairs = [("grant_type", JWT_BEARER), ("assertion", forged.as_str())];
    assert_refused(&service.form("/maskinporten/token", &pairs).await, "invalid_grant", "signature");
}

#[tokio::test]
async fn clocks_may_be_ten_seconds_apart() {
    let service = sandbox(|builder| builder).await;
    for near in [-10, 10] {
        assert_eq!(service.assert(&Assertion::new(&service).later(near)).await.status, 200, "{near}");
    }
    for far in [-11, 11] {
        assert_refused(&service.assert(&Assertion::new(&service).later(far)).await, "invalid_grant", "iat");
    }
    // It is the virtual clock that counts.
    let before = Assertion::new(&service);
    service.pass(11);
    assert_refused(&service.assert(&before).await, "invalid_grant", "iat");
    assert_eq!(service.assert(&Assertion::new(&service)).await.status, 200);
}

#[tokio::test]
async fn a_sandbox_in_a_hurry_may_leave_the_clock_out_of_it() {
    let service = sandbox(|builder| builder).await;
    let mut settings = SigninSettings::default();
    settings.any_clock = true;
    service.sandbox.set_signin(settings);
    let assertion = Assertion::new(&service);
    service.pass(100_000);
    assert_eq!(service.assert(&assertion).await.status, 200);
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "used before");
    let long = Assertion::new(&service).claim("iat", 1);
    assert_refused(&service.assert(&long).await, "invalid_grant", "120");
}

#[tokio::test]
async fn an_assertion_is_used_once_whatever_came_of_it() {
    let service = sandbox(|builder| builder).await;
    let assertion = Assertion::new(&service);
    assert_eq!(service.assert(&assertion).await.status, 200);
    assert_refused(&service.assert(&assertion).await, "invalid_grant", "used before");
    // Another assertion, but with the same jti.
    let another = assertion.claim("scope", "altinn:instances.read");
    assert_refused(&service.assert(&another).await, "invalid_grant", "used before");

    let refused = Assertion::new(&service).claim("scope", "en:annen");
    assert_refused(&service.assert(&refused).await, "invalid_scope", "");
    assert_refused(&service.assert(&refused).await, "invalid_grant", "used before");

    service.sandbox.inject(FaultRule::next("maskinporten-token", 1, Fault::ErrorAfter(500)));
    let lost = Assertion::new(&service);
    assert_eq!(service.assert(&lost).await.status, 500);
    assert_refused(&service.assert(&lost).await, "invalid_grant", "used before");
}

#[tokio::test]
async fn a_consumer_who_has_delegated_stands_in_the_token() {
    let service = sandbox(|builder| builder).await;
    let answer = service.assert(&Assertion::new(&service).claim("consumer_org", CONSUMER)).await;
    let claims = payload(&token(&answer));
    assert_eq!(claims["consumer"]["ID"], format!("0192:{CONSUMER}"));
    assert_eq!(claims["supplier"]["ID"], format!("0192:{ITS_ORG}"));
}

#[tokio::test]
async fn a_resource_does_no_harm() {
    let service = sandbox(|builder| builder).await;
    for resource in [json!("https://api.example/"), json!(["https://api.example/"])] {
        let answer = service.assert(&Assertion::new(&service).claim("resource", resource)).await;
        assert!(payload(&token(&answer)).get("aud").is_none());
    }
}

#[tokio::test]
async fn faults_work_on_it_and_it_is_no_call_of_the_service() {
    let service = sandbox(|builder| builder).await;
    service.sandbox.inject(FaultRule::next("maskinporten-token", 1, Fault::HtmlInsteadOfJson));
    let answer = service.assert(&Assertion::new(&service)).await;
    assert_eq!((answer.status, answer.text().starts_with('<')), (200, true));
    service.sandbox.inject(FaultRule::next("maskinporten-*", 1, Fault::DropAfter));
    let form = format!("grant_type={JWT_BEARER}&assertion={}", Assertion::new(&service).signed());
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let addr = service.sandbox.addr();
    let dropped = http::try_call(addr, "POST", "/maskinporten/token", &headers, form.as_bytes()).await;
    assert!(dropped.is_none());
    assert_eq!(service.assert(&Assertion::new(&service)).await.status, 200);
    assert_eq!((service.sandbox.peak_concurrent_calls(), service.sandbox.effects().len()), (0, 0));
}

#[tokio::test]
async fn clients_that_make_no_sense_keep_a_sandbox_from_starting() {
    let mut client = super::machine::client();
    client.certificates = vec!["-----BEGIN CERTIFICATE-----".to_owned()];
    let started = skattebro_sandbox::Sandbox::builder().maskinporten_client(client).start().await;
    assert_eq!(started.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    // Nobody is known to a sandbox that was told of nobody.
    let service = Service::new().await;
    assert_refused(&service.assert(&Assertion::new(&service)).await, "invalid_grant", "not known");
}
