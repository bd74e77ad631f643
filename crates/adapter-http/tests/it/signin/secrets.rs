//! Nothing that signs anybody in reaches an error, a log or a `Debug`, whatever the issuer says.

use crate::far::Nowhere;
use crate::secrets::{everything, listen_to_the_log, log};
use crate::signin::idporten::{Memory, browse, idporten, query};
use crate::signin::issuer::{Answer, Issuer, refusal};
use crate::signin::maskinporten::{fixed_customer, plain, source};
use serde_json::json;
use skattebro_adapter_http::{AltinnExchange, ExchangeKind, HttpSettings, Maskinporten};
use skattebro_ports::fakes::StaticToken;
use skattebro_ports::{PortError, Token, TokenSource};
use std::sync::Arc;
use std::time::Duration;

const CODE: &str = "merket-kode-9f";
const REFRESH: &str = "merket-fornyelse-9f";
const ACCESS: &str = "merket-tilgang-9f";
const PERSON: &str = "17912099997";
/// How every JWT begins.
const JWT: &str = "eyJ";
const SECRETS: [&str; 8] = [CODE, REFRESH, ACCESS, PERSON, JWT, "http://", "Bearer", "assertion="];

fn assert_clean(text: &str, what: &str) {
    for secret in SECRETS.into_iter().chain([&PERSON[6..]]) {
        assert!(!text.contains(secret), "{secret} in {what}: {text}");
    }
}

/// What an issuer may say to a request with `own` in it, at its worst.
fn answers(own: &str) -> Vec<Answer> {
    let all = format!("{own} {PERSON} http://x/?code={own} eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.x");
    let refused = json!({ "error": all, "error_description": all });
    let texts = [200, 302, 400, 401, 403, 404, 429, 500].map(|status| Answer::Text(status, all.clone()));
    let errors = [400, 401, 500].map(|status| Answer::Json(status, refused.clone()));
    let codes = ["invalid_grant", "invalid_scope"].map(|code| refusal(code, &all));
    let broken = Answer::Json(200, json!({ "access_token": all }));
    texts.into_iter().chain(errors).chain(codes).chain([broken]).collect()
}

async fn check(source: &dyn TokenSource, issuer: &Issuer, own: &str) {
    for (at, answer) in answers(own).into_iter().enumerate() {
        issuer.next(answer);
        // Beyond the pause after a failure.
        issuer.clock.advance(Duration::from_secs(60));
        let error = source.token().await.unwrap_err();
        assert_clean(&everything(&error), &format!("answer {at} of {source:?}"));
    }
    // Where it leads to is no secret.
    assert_clean(&format!("{source:?}").replace("http://", ""), "Debug");
}

/// Logs in with a browser that comes back so.
async fn login(issuer: &Issuer, returned: &str) -> PortError {
    let person = idporten(issuer, Memory::with(REFRESH));
    let login = person.login(|url| {
        let (url, target) = (url.clone(), format!("/token?{returned}&state={}", query(url)["state"]));
        tokio::spawn(async move { browse(&url, &target).await });
    });
    login.await.unwrap_err()
}

#[tokio::test]
async fn no_error_and_no_log_shows_what_signs_anybody_in() {
    listen_to_the_log();
    let issuer = Issuer::start().await;
    check(&source(&issuer, plain()), &issuer, "").await;
    check(&source(&issuer, fixed_customer()), &issuer, "").await;
    check(&idporten(&issuer, Memory::with(REFRESH)), &issuer, REFRESH).await;
    let inner = Arc::new(StaticToken::new(Token::parse(ACCESS).unwrap()));
    let altinn = AltinnExchange::new(&issuer.settings(""), inner, ExchangeKind::IdPorten, issuer.clock());
    check(&altinn.unwrap(), &issuer, ACCESS).await;
    for answer in answers(CODE) {
        issuer.next(answer);
        assert_clean(&everything(&login(&issuer, &format!("code={CODE}")).await), "a login");
    }
    let said = format!("error=rart&error_description={PERSON}+http://x+eyJx.y.z&code={CODE}");
    assert_clean(&everything(&login(&issuer, &said).await), "what came with the browser");
    let nowhere = HttpSettings::new(&Nowhere::new().url()).unwrap();
    let unreachable = Maskinporten::new(&nowhere, plain(), issuer.clock()).unwrap();
    assert_clean(&everything(&unreachable.token().await.unwrap_err()), "nobody listens");

    issuer.ahead(303);
    source(&issuer, plain()).token().await.unwrap();

    let log = String::from_utf8_lossy(&log()).into_owned();
    let warned = "This machine's clock is 5 min 3 s behind the sign-in server's; set it (NTP)";
    assert!(
        log.lines().any(|line| line.contains("WARN") && line.contains(warned)),
        "a wrong clock is warned of"
    );
    assert!(log.contains("starting new connection"), "the libraries below log to the same place");
    for line in log.lines() {
        for secret in [CODE, REFRESH, ACCESS, PERSON, JWT] {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}

#[tokio::test]
async fn a_source_that_holds_tokens_does_not_show_them() {
    let issuer = Issuer::start().await;
    let company = source(&issuer, plain());
    let person = idporten(&issuer, Memory::with(REFRESH));
    company.token().await.unwrap();
    issuer.extra(json!({ "refresh_token": REFRESH }));
    person.token().await.unwrap();
    for shown in [format!("{company:?}"), format!("{person:#?}")] {
        assert!(!shown.contains("hemmelig-token") && !shown.contains(REFRESH), "{shown}");
        assert!(!shown.contains("MII") && !shown.contains("PRIVATE"), "{shown}");
    }
}
