//! What becomes of everything that an issuer may say instead of giving a token.

use crate::client::shown;
use crate::far::Nowhere;
use crate::signin::issuer::{Answer, Issuer, fixture, refusal};
use crate::signin::maskinporten::{part, per_party, plain, source};
use serde_json::json;
use skattebro_adapter_http::{HttpSettings, KeyId, Maskinporten, MaskinportenSettings, SigningKey};
use skattebro_ports::{PortError, TokenSource};

async fn error(issuer: &Issuer, settings: MaskinportenSettings, answer: Answer) -> PortError {
    issuer.next(answer);
    source(issuer, settings).token_for(&part("310079928")).await.unwrap_err()
}

fn line(error: &PortError) -> String {
    let text = error.to_string();
    // The error is not Clone, and `shown` takes a result.
    let parts = PortError::new(error.kind(), "x", error.effect().clone(), "x").with_retry(error.retry());
    assert!(text.contains("Nothing was sent."), "{text}");
    shown::<()>(&Err(parts))
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let issuer = Issuer::start().await;
    let delegated = || plain().consumer_org("974761076".parse().unwrap());
    for (settings, code, description, expected, says) in [
        (
            plain(),
            "invalid_scope",
            "The scope is not granted",
            "Unauthorized",
            "must be added to the client in Samarbeidsportalen",
        ),
        (plain(), "invalid_client", "Client not found", "Unauthorized", "Check the client id"),
        (
            plain(),
            "invalid_grant",
            "Invalid assertion. Invalid JWT signature",
            "Unauthorized",
            "does not fit the kid «praktisk-test»",
        ),
        (
            plain(),
            "invalid_grant",
            "Unknown key identifier kid",
            "Unauthorized",
            "does not fit the kid «praktisk-test»",
        ),
        (
            plain(),
            "invalid_grant",
            "The certificate has expired",
            "Unauthorized",
            "Check the company's certificate",
        ),
        (plain(), "invalid_grant", "Invalid iat", "Unauthorized", "check this machine's clock"),
        (plain(), "invalid_grant", "", "Unauthorized", "does not fit the kid"),
        (
            per_party(),
            "invalid_authorization_details",
            "",
            "Forbidden",
            "310079928 has not approved the system user",
        ),
        (
            per_party(),
            "invalid_grant",
            "System user not found",
            "Forbidden",
            "the customer must approve it in Altinn",
        ),
        (
            per_party(),
            "invalid_altinn_customer_configuration",
            "x",
            "Forbidden",
            "the customer must approve it in Altinn",
        ),
        (per_party(), "invalid_scope", "x", "Unauthorized", "Samarbeidsportalen"),
        (
            delegated(),
            "invalid_grant",
            "Consumer has not delegated access",
            "Forbidden",
            "The organisation 974761076 has not delegated",
        ),
        (plain(), "invalid_request", "Noe annet", "Refused", "«invalid_request: Noe annet»"),
    ] {
        let error = error(&issuer, settings, refusal(code, description)).await;
        assert_eq!(
            line(&error),
            format!("{expected} not-sent after-change"),
            "{code} {description}: {error}"
        );
        let text = error.to_string();
        assert!(text.contains(says) && text.contains(code), "{text}");
        assert!(text.contains(description), "what the server said is quoted: {text}");
    }
}

#[tokio::test]
async fn what_may_pass_is_worth_another_try_later() {
    let issuer = Issuer::start().await;
    let page = "<!DOCTYPE html><html>Feil</html>";
    for (answer, expected, says) in [
        (refusal("temporarily_unavailable", "x"), "ServiceFailure not-sent later", "temporarily_unavailable"),
        (Answer::Text(500, "x".into()), "ServiceFailure not-sent later", "HTTP 500"),
        (Answer::Text(502, page.into()), "ServiceFailure not-sent later", "a page for people"),
        (Answer::RetryAfter(503, 7), "ServiceFailure not-sent later:7s", "an empty answer"),
        (Answer::RetryAfter(429, 9), "RateLimited not-sent later:9s", "HTTP 429"),
        (Answer::Text(200, page.into()), "Unreadable not-sent later", "a page for people"),
        (Answer::Text(200, String::new()), "Unreadable not-sent later", "an empty answer"),
        (
            Answer::Text(403, page.into()),
            "Unreadable not-sent later",
            "a proxy or a gateway may have answered",
        ),
        (Answer::Text(302, String::new()), "Unreadable not-sent later", "Is its address right?"),
        (
            Answer::Json(200, json!({ "access_token": "to ord" })),
            "Unreadable not-sent later",
            "something else",
        ),
        (Answer::Json(200, json!({ "expires_in": 1 })), "Unreadable not-sent later", "something else"),
    ] {
        let error = error(&issuer, plain(), answer).await;
        assert_eq!(line(&error), expected, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for_long() {
    let issuer = Issuer::start().await;
    let hasty = || Maskinporten::new(&issuer.hasty("maskinporten/"), plain(), issuer.clock()).unwrap();
    issuer.next(Answer::Never);
    let error = hasty().token().await.unwrap_err();
    assert_eq!(line(&error), "Timeout not-sent later");
    assert!(error.to_string().contains("Maskinporten did not answer within 0.3 s"), "{error}");
    issuer.metadata(Some(Answer::Never));
    assert_eq!(line(&hasty().token().await.unwrap_err()), "Timeout not-sent later");
    let nowhere = Nowhere::new();
    let settings = HttpSettings::new(&nowhere.url()).unwrap();
    let error = Maskinporten::new(&settings, plain(), issuer.clock()).unwrap().token().await.unwrap_err();
    assert_eq!(line(&error), "Unreachable not-sent later");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_with_every_failure() {
    let issuer = Issuer::start().await;
    issuer.ahead(303);
    let told = "This machine's clock is 5 min 3 s behind the sign-in server's; set it (NTP)";
    for answer in [refusal("invalid_grant", "Invalid iat"), Answer::Text(500, String::new())] {
        let error = error(&issuer, plain(), answer).await;
        assert!(error.to_string().contains(told), "{error}");
    }
    issuer.ahead(4);
    let error = error(&issuer, plain(), refusal("invalid_grant", "x")).await;
    assert!(!error.to_string().contains("NTP"), "{error}");
}

#[tokio::test]
async fn a_key_that_is_not_the_registered_one_is_named_by_its_kid() {
    let issuer = Issuer::start().await;
    let other = SigningKey::load(&fixture("other-key.pem"), None).unwrap();
    let settings =
        MaskinportenSettings::new("k", other, KeyId::Kid("praktisk-test".into()), &["a:b"]).unwrap();
    let error = error(&issuer, settings, refusal("invalid_grant", "Invalid JWT signature")).await;
    assert!(error.to_string().contains("register the public half of this key, and set its kid"), "{error}");
    let asked = issuer.request();
    let public = jsonwebtoken::DecodingKey::from_rsa_pem(&crate::signin::issuer::read("public.pem")).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let checked = jsonwebtoken::decode::<serde_json::Value>(&asked.form["assertion"], &public, &validation);
    assert!(checked.is_err(), "the issuer would see it");
}
