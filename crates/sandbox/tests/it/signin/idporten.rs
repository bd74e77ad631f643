//! ID-porten's tokens: for a code, once; for a refresh token, once each.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule, SigninSettings, TokenKind};

use super::browser::{CLIENT, PERSON, VERIFIER, Wanted, scope};
use super::machine::{assert_refused, payload};
use crate::service::Service;

const EXCHANGE: &str = "/authentication/api/v1/exchange/id-porten";

#[tokio::test]
async fn a_login_gives_three_tokens() {
    let service = Service::new().await;
    let code = service.log_in(&Wanted::new()).await;
    service.pass(10);
    let answer = service.redeem(&code, VERIFIER).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(8 * 3600)));
    assert_eq!(tokens["scope"], scope());

    let keys: JwkSet = serde_json::from_value(service.get("/idporten/jwks").await.json()).unwrap();
    let verified = |token: &str, audience: Option<&str>| {
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[format!("{}/idporten", service.sandbox.url())]);
        audience.iter().for_each(|audience| validation.set_audience(&[audience]));
        let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
        jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
    };
    let id = verified(tokens["id_token"].as_str().unwrap(), Some(CLIENT));
    let now = service.sandbox.clock().timestamp().as_second();
    assert_eq!((&id["nonce"], &id["pid"]), (&json!("en-nonce"), &json!(PERSON)));
    assert_eq!((&id["acr"], &id["auth_time"]), (&json!("idporten-loa-high"), &json!(now - 10)));
    assert_eq!((&id["iat"], &id["exp"]), (&json!(now), &json!(now + 120)));
    let access = verified(tokens["access_token"].as_str().unwrap(), None);
    assert_eq!((&access["pid"], &access["scope"]), (&json!(PERSON), &json!(scope())));
    assert_eq!((&access["sub"], &access["exp"]), (&id["sub"], &json!(now + 8 * 3600)));
    assert_eq!(access["client_id"], CLIENT);
}

#[tokio::test]
async fn the_verifier_must_belong_to_the_challenge() {
    let service = Service::new().await;
    let code = service.log_in(&Wanted::new()).await;
    let wrong = service.redeem(&code, "en-annen-verifikator-som-er-lang-nok-0123456789").await;
    assert_refused(&wrong, "invalid_grant", "code_verifier");
    // There is no second guess.
    assert_refused(&service.redeem(&code, VERIFIER).await, "invalid_grant", "used before");
    let code = service.log_in(&Wanted::new()).await;
    assert_refused(&service.redeem_with(&code, &[]).await, "invalid_request", "code_verifier");
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_the_session() {
    let service = Service::new().await;
    let code = service.log_in(&Wanted::new()).await;
    let tokens = service.redeem(&code, VERIFIER).await.json();
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    assert_eq!(service.get_with(EXCHANGE, access).await.status, 200);
    assert_refused(&service.redeem(&code, VERIFIER).await, "invalid_grant", "used before");
    assert_eq!(service.get_with(EXCHANGE, access).await.status, 401);
    assert_refused(&service.refresh(refresh).await, "invalid_grant", "not known");
}

#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let service = Service::new().await;
    let (quick, slow) = (service.log_in(&Wanted::new()).await, service.log_in(&Wanted::new()).await);
    service.pass(59);
    assert_eq!(service.redeem(&quick, VERIFIER).await.status, 200);
    service.pass(1);
    assert_refused(&service.redeem(&slow, VERIFIER).await, "invalid_grant", "expired");
}

#[tokio::test]
async fn the_token_request_must_be_the_clients_own() {
    let service = Service::new().await;
    let code = service.log_in(&Wanted::new()).await;
    let verifier = ("code_verifier", VERIFIER);
    for (more, error, says) in [
        (&[("client_id", "")][..], "invalid_request", "client_id"),
        (&[("client_id", "en-annen")], "invalid_client", "not known"),
        (&[("client_secret", "hemmelig")], "invalid_client", "public"),
        (&[("grant_type", "password")], "unsupported_grant_type", "authorization_code"),
        (&[("grant_type", "")], "invalid_request", "grant_type"),
        (&[("redirect_uri", "")], "invalid_request", "redirect_uri"),
        (&[("code", "ukjent")], "invalid_grant", "not known"),
    ] {
        let answer = service.redeem_with(&code, &[more, &[verifier]].concat()).await;
        assert_refused(&answer, error, says);
    }
    let elsewhere = [("redirect_uri", "http://localhost:43211/token"), verifier];
    assert_refused(&service.redeem_with(&code, &elsewhere).await, "invalid_grant", "redirect_uri");
}

#[tokio::test]
async fn refreshing_gives_new_tokens_for_the_same_person() {
    let service = Service::new().await;
    let first = service.person_tokens().await;
    service.pass(3600);
    let answer = service.refresh(first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let second = answer.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let claims = |tokens: &Value, which: &str| payload(tokens[which].as_str().unwrap());
    let (old, new) = (claims(&first, "access_token"), claims(&second, "access_token"));
    assert_eq!((&old["sub"], &old["scope"], &old["sid"]), (&new["sub"], &new["scope"], &new["sid"]));
    assert_eq!(new["exp"].as_i64().unwrap() - old["exp"].as_i64().unwrap(), 3600);
    let id = claims(&second, "id_token");
    assert_eq!(id["auth_time"], claims(&first, "id_token")["auth_time"]);
    assert!(id.get("nonce").is_none());
    // The older access token lives on.
    assert_eq!(service.get_with(EXCHANGE, first["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_the_session() {
    let service = Service::new().await;
    let other = service.person_tokens().await;
    let first = service.person_tokens().await;
    let second = service.refresh(first["refresh_token"].as_str().unwrap()).await.json();
    let again = service.refresh(first["refresh_token"].as_str().unwrap()).await;
    assert_refused(&again, "invalid_grant", "used before");
    assert_refused(&service.refresh(second["refresh_token"].as_str().unwrap()).await, "invalid_grant", "");
    assert_eq!(service.get_with(EXCHANGE, second["access_token"].as_str().unwrap()).await.status, 401);
    // Nobody else is logged out.
    assert_eq!(service.refresh(other["refresh_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_session_is_refreshed_for_ninety_days_from_the_login_on() {
    let service = Service::new().await;
    let first = service.person_tokens().await;
    service.pass(90 * 24 * 3600 - 1);
    let answer = service.refresh(first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status, 200);
    service.pass(1);
    let late = service.refresh(answer.json()["refresh_token"].as_str().unwrap()).await;
    assert_refused(&late, "invalid_grant", "expired");
}

#[tokio::test]
async fn refresh_tokens_can_be_revoked_and_not_widened() {
    let service = Service::new().await;
    let tokens = service.person_tokens().await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let wider = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", refresh),
        ("scope", "openid skatteetaten:innkrevingsoppdrag"),
    ];
    assert_refused(&service.form("/idporten/token", &wider).await, "invalid_scope", "");
    service.sandbox.revoke_tokens(Some(TokenKind::Refresh));
    assert_refused(&service.refresh(refresh).await, "invalid_grant", "not known");
    assert_eq!(service.get_with(EXCHANGE, tokens["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn lives_can_be_set_and_faults_work() {
    let mut settings = SigninSettings::default();
    settings.idporten_token = Duration::from_secs(30);
    settings.code = Duration::from_secs(5);
    let service = Service::with(|builder| builder.signin(settings)).await;
    let slow = service.log_in(&Wanted::new()).await;
    service.pass(5);
    assert_refused(&service.redeem(&slow, VERIFIER).await, "invalid_grant", "expired");
    let tokens = service.person_tokens().await;
    assert_eq!(tokens["expires_in"], 30);
    service.sandbox.inject(FaultRule::next("idporten-token", 1, Fault::ErrorBefore(503)));
    assert_eq!(service.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 503);
    // The answer is lost, and with it the new refresh token: the old one is spent.
    service.sandbox.inject(FaultRule::next("idporten-token", 1, Fault::ErrorAfter(502)));
    assert_eq!(service.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 502);
    assert_refused(
        &service.refresh(tokens["refresh_token"].as_str().unwrap()).await,
        "invalid_grant",
        "used before",
    );
}
