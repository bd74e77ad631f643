//! Steering the issuers over HTTP.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::machine::{Assertion, CLIENT, CONSUMER, assert_refused, client, payload, sandbox, token};
use crate::http::{self, Answer};
use crate::service::Service;

async fn admin(service: &Service, method: &str, path: &str, body: Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
    http::call(service.sandbox.addr(), method, &format!("/sandbox/signin/{path}"), &[], &body).await
}

/// The key of a private JWK, made anew from its members.
fn key(jwk: &Value) -> EncodingKey {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let [n, e, d, p, q, dp, dq, qi] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(part);
    let public_key = rsa::PublicKeyComponents { n, e };
    let components = rsa::KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi };
    let pair = rsa::KeyPair::from_components(&components).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let base64 = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_demo_client_can_do_everything_at_once() {
    let service = Service::new().await;
    let answer = admin(&service, "POST", "demo-client", Value::Null).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let demo = answer.json();
    let scopes: Vec<&str> =
        demo["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": {
            "authority": "iso6523-actorid-upis", "ID": format!("0192:{}", demo["systembruker"].as_str().unwrap())
        }
    }]);
    let signed = |demo: &Value| {
        let mut assertion = Assertion::new(&service).claim("iss", demo["client_id"].clone());
        assertion.header.kid = Some(demo["private_jwk"]["kid"].as_str().unwrap().to_owned());
        assertion.key = key(&demo["private_jwk"]);
        assertion
    };
    let assertion = signed(&demo).claim("scope", scopes.join(" ")).claim("authorization_details", details);
    let claims = payload(&token(&service.assert(&assertion).await));
    assert_eq!(claims["consumer"]["ID"], format!("0192:{}", demo["orgnr"].as_str().unwrap()));
    // Another one takes its place.
    let second = admin(&service, "POST", "demo-client", Value::Null).await.json();
    assert_refused(&service.assert(&signed(&demo)).await, "invalid_grant", "kid");
    assert_eq!(service.assert(&signed(&second)).await.status, 200);
    // The private key is told once.
    let listed = admin(&service, "GET", "clients", Value::Null).await;
    assert_eq!(listed.json()["maskinporten"][0]["client_id"], demo["client_id"]);
    assert!(!listed.text().contains("\"d\""));
}

#[tokio::test]
async fn clients_are_registered_and_listed() {
    let service = Service::new().await;
    let idporten = json!({
        "client_id": "min", "redirect_uris": ["http://localhost:1234/token"], "scopes": ["openid"]
    });
    for body in [json!({"maskinporten": client()}), json!({ "idporten": idporten })] {
        assert_eq!(admin(&service, "PUT", "clients", body).await.status, 204);
    }
    assert_eq!(service.assert(&Assertion::new(&service)).await.status, 200);
    let listed = admin(&service, "GET", "clients", Value::Null).await.json();
    assert_eq!(listed["maskinporten"], json!([client()]));
    let names: Vec<_> =
        listed["idporten"].as_array().unwrap().iter().map(|client| &client["client_id"]).collect();
    assert_eq!(names, ["min", "skattebro-demo"]);
}

#[tokio::test]
async fn customers_approve_and_withdraw() {
    let service = sandbox(|builder| builder).await;
    let ask = async || {
        let details = json!([{
            "type": "urn:altinn:systemuser",
            "systemuser_org": {"authority": "iso6523-actorid-upis", "ID": format!("0192:{CONSUMER}")}
        }]);
        service.assert(&Assertion::new(&service).claim("authorization_details", details)).await.status
    };
    let approval = json!({"client_id": CLIENT, "orgnr": CONSUMER});
    assert_eq!(ask().await, 400);
    assert_eq!(admin(&service, "PUT", "systembrukere", approval.clone()).await.status, 204);
    assert_eq!(ask().await, 200);
    assert_eq!(admin(&service, "DELETE", "systembrukere", approval).await.status, 204);
    assert_eq!(ask().await, 400);
}

#[tokio::test]
async fn tokens_are_revoked_by_kind_or_all_of_them() {
    let service = sandbox(|builder| builder).await;
    let exchange = "/authentication/api/v1/exchange/maskinporten";
    for (query, status) in [("?kind=idporten", 200), ("?kind=maskinporten", 401), ("", 401)] {
        let machine = service.machine_token("altinn:instances.read").await;
        assert_eq!(admin(&service, "DELETE", &format!("tokens{query}"), Value::Null).await.status, 204);
        assert_eq!(service.get_with(exchange, &machine).await.status, status, "{query}");
    }
}

#[tokio::test]
async fn settings_are_set_and_the_rest_is_as_usual() {
    let service = sandbox(|builder| builder).await;
    assert_eq!(admin(&service, "PUT", "settings", json!({"maskinporten_token": 30})).await.status, 204);
    assert_eq!(service.assert(&Assertion::new(&service)).await.json()["expires_in"], 30);
    assert_eq!(admin(&service, "PUT", "settings", json!({"altinn_token": 30})).await.status, 204);
    assert_eq!(service.assert(&Assertion::new(&service)).await.json()["expires_in"], 119);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let service = sandbox(|builder| builder).await;
    let mut private = client();
    private.jwks.as_mut().unwrap()["keys"][0]["d"] = json!("AQAB");
    let mut nobody = client();
    nobody.orgnr = "974761077".to_owned();
    for (method, path, body) in [
        ("PUT", "clients", json!({"maskinporten": {"client_id": "en"}})),
        ("PUT", "clients", json!({"andre": {}})),
        ("PUT", "clients", json!({ "maskinporten": private })),
        ("PUT", "clients", json!({ "maskinporten": nobody })),
        (
            "PUT",
            "clients",
            json!({"idporten": {"client_id": "en", "redirect_uris": ["token"], "scopes": []}}),
        ),
        ("PUT", "systembrukere", json!({"client_id": "ukjent", "orgnr": CONSUMER})),
        ("PUT", "systembrukere", json!({"client_id": CLIENT, "orgnr": "974761077"})),
        ("DELETE", "systembrukere", json!({"client_id": "ukjent", "orgnr": CONSUMER})),
        ("DELETE", "tokens?kind=maskin", Value::Null),
        ("DELETE", "tokens?kinds=maskinporten", Value::Null),
        ("PUT", "settings", json!({"maskinporten_token": -1})),
        ("PUT", "settings", json!({"token": 1})),
    ] {
        let answer = admin(&service, method, path, body.clone()).await;
        let kode = answer.json()["kode"].clone();
        assert_eq!((answer.status, kode), (400, json!("SANDBOX-ADMIN")), "{method} {path} {body}");
    }
}
