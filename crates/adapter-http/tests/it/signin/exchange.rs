//! Altinn's token in exchange for another.

use crate::client::shown;
use crate::signin::issuer::{Answer, Issuer};
use crate::signin::maskinporten::{part, per_party, plain, source};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::json;
use skattebro_adapter_http::{AltinnExchange, ExchangeKind, HttpSettings};
use skattebro_ports::fakes::StaticToken;
use skattebro_ports::{Clock, Token, TokenSource};
use std::sync::Arc;
use std::time::Duration;

fn exchange(platform: &Issuer, inner: Arc<dyn TokenSource>, kind: ExchangeKind) -> AltinnExchange {
    AltinnExchange::new(&platform.settings(""), inner, kind, platform.clock()).unwrap()
}

fn fixed() -> Arc<dyn TokenSource> {
    Arc::new(StaticToken::new(Token::parse("indre").unwrap()))
}

/// A token of Altinn's that lives so long.
fn altinn(issuer: &Issuer, name: &str, life: i64) -> String {
    let now = issuer.clock.now().as_second();
    let claims = json!({ "iat": now, "exp": now + life, "name": name }).to_string();
    format!("e30.{}.underskrift", URL_SAFE_NO_PAD.encode(claims))
}

#[tokio::test]
async fn a_token_is_bare_text_or_a_json_string() {
    for kind in [ExchangeKind::IdPorten, ExchangeKind::Maskinporten] {
        let platform = Issuer::start().await;
        let exchange = exchange(&platform, fixed(), kind);
        for (body, token) in [("a.b.c", "a.b.c"), ("\"d.e.f\"", "d.e.f"), (" g.h.i\r\n", "g.h.i")] {
            platform.next(Answer::Text(200, body.into()));
            let got = exchange.token().await.unwrap();
            assert_eq!(got.expose(), token);
            exchange.rejected(&got).await;
        }
        let name = if kind == ExchangeKind::IdPorten { "id-porten" } else { "maskinporten" };
        for asked in platform.asked() {
            assert_eq!(asked.path, format!("/authentication/api/v1/exchange/{name}"));
            assert_eq!(asked.bearer.as_deref(), Some("Bearer indre"));
        }
    }
}

#[tokio::test]
async fn a_token_is_kept_until_a_minute_before_it_says_it_expires() {
    let platform = Issuer::start().await;
    let exchange = exchange(&platform, fixed(), ExchangeKind::IdPorten);
    let first = altinn(&platform, "en", 1800);
    platform.next(Answer::Text(200, first.clone()));
    let calls = join_all((0..20).map(|_| exchange.token())).await;
    assert!(calls.into_iter().all(|token| token.unwrap().expose() == first));
    platform.clock.advance(Duration::from_secs(1739));
    assert_eq!(exchange.token().await.unwrap().expose(), first);
    assert_eq!(platform.asked().len(), 1);
    platform.clock.advance(Duration::from_secs(1));
    platform.next(Answer::Text(200, "ugjennomsiktig".into()));
    assert_eq!(exchange.token().await.unwrap().expose(), "ugjennomsiktig");
    platform.clock.advance(Duration::from_secs(24 * 60 - 1));
    exchange.token().await.unwrap();
    assert_eq!(platform.asked().len(), 2, "one that says nothing is good for 25 minutes");
    platform.clock.advance(Duration::from_secs(1));
    platform.next(Answer::Text(200, "ny".into()));
    assert_eq!(exchange.token().await.unwrap().expose(), "ny");
}

#[tokio::test]
async fn each_party_has_its_own() {
    let (platform, issuer) = (Issuer::start().await, Issuer::start().await);
    let inner = Arc::new(source(&issuer, per_party()));
    let exchange = exchange(&platform, inner, ExchangeKind::Maskinporten);
    for (number, body) in [("974761076", "en"), ("310079928", "to")] {
        platform.next(Answer::Text(200, body.into()));
        for _ in 0..2 {
            assert_eq!(exchange.token_for(&part(number)).await.unwrap().expose(), body);
        }
    }
    let bearers: Vec<_> = platform.asked().into_iter().map(|asked| asked.bearer.unwrap()).collect();
    assert_eq!(bearers, ["Bearer hemmelig-token-1", "Bearer hemmelig-token-2"]);
}

#[tokio::test]
async fn a_token_that_altinn_does_not_take_is_replaced_once() {
    let (platform, issuer) = (Issuer::start().await, Issuer::start().await);
    let inner = Arc::new(source(&issuer, plain()));
    let exchange = exchange(&platform, inner, ExchangeKind::Maskinporten);
    platform.next(Answer::Text(401, String::new()));
    platform.next(Answer::Text(200, "altinns".into()));
    assert_eq!(exchange.token().await.unwrap().expose(), "altinns");
    let bearers: Vec<_> = platform.asked().into_iter().map(|asked| asked.bearer.unwrap()).collect();
    assert_eq!(bearers, ["Bearer hemmelig-token-1", "Bearer hemmelig-token-2"]);

    exchange.rejected(&Token::parse("altinns").unwrap()).await;
    platform.next(Answer::Text(401, String::new()));
    platform.next(Answer::Text(401, String::new()));
    let error = exchange.token().await;
    assert_eq!(shown(&error), "Unauthorized not-sent after-change");
    assert_eq!(platform.asked().len(), 4, "once, and not for ever");
    let error = error.unwrap_err();
    assert!(error.to_string().contains("of the same environment"), "{error}");
}

#[tokio::test]
async fn the_same_token_is_not_offered_twice() {
    let platform = Issuer::start().await;
    let exchange = exchange(&platform, fixed(), ExchangeKind::IdPorten);
    platform.next(Answer::Text(401, String::new()));
    assert_eq!(shown(&exchange.token().await), "Unauthorized not-sent after-change");
    assert_eq!(platform.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_token_is_told_and_what_the_inner_source_says_is_passed_on() {
    for (answer, expected) in [
        (Answer::Text(403, String::new()), "Forbidden not-sent after-change"),
        (Answer::Text(200, "<html>".into()), "Unreadable not-sent later"),
        (Answer::Text(200, "<p>to ord</p>".into()), "Unreadable not-sent later"),
        (Answer::Text(200, String::new()), "Unreadable not-sent later"),
        (Answer::Json(200, json!({ "token": "x" })), "Unreadable not-sent later"),
        (Answer::RetryAfter(503, 3), "ServiceFailure not-sent later:3s"),
    ] {
        let platform = Issuer::start().await;
        let exchange = exchange(&platform, fixed(), ExchangeKind::IdPorten);
        platform.next(answer);
        assert_eq!(shown(&exchange.token().await), expected);
    }
    let (platform, issuer) = (Issuer::start().await, Issuer::start().await);
    let exchange = exchange(&platform, Arc::new(source(&issuer, plain())), ExchangeKind::Maskinporten);
    issuer.next(crate::signin::issuer::refusal("invalid_scope", "Nei"));
    let error = exchange.token().await.unwrap_err();
    assert!(error.to_string().starts_with("the sign-in with Maskinporten failed"), "{error}");
    assert!(platform.asked().is_empty());
    issuer.clock.advance(Duration::from_secs(1));
    platform.next(Answer::Text(200, "altinns".into()));
    assert_eq!(exchange.token().await.unwrap().expose(), "altinns", "it keeps no failure of another's");
}

#[tokio::test]
async fn a_token_is_not_offered_over_http() {
    let platform = Issuer::start().await;
    let settings = HttpSettings::new("http://platform.altinn.example").unwrap();
    assert!(AltinnExchange::new(&settings, fixed(), ExchangeKind::IdPorten, platform.clock()).is_err());
}
