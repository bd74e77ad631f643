//! A person's tokens: the login with a browser, and what follows it.

use crate::client::shown;
use crate::signin::issuer::{Issuer, read, refusal};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use skattebro_adapter_http::{IdPorten, IdPortenSettings, LoggedIn, RefreshStore, StoreError};
use skattebro_ports::{Clock, PortError, TokenSource};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Keeps it in memory; refuses when it is told to.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    kept: Mutex<Option<SecretString>>,
    pub(crate) full: Mutex<bool>,
}

impl Memory {
    pub(crate) fn with(token: &str) -> Arc<Self> {
        let memory = Self::default();
        *memory.kept.lock().unwrap() = Some(token.to_owned().into());
        Arc::new(memory)
    }

    pub(crate) fn kept(&self) -> Option<String> {
        self.kept.lock().unwrap().as_ref().map(|token| token.expose_secret().to_owned())
    }
}

#[async_trait]
impl RefreshStore for Memory {
    async fn load(&self) -> Result<Option<SecretString>, StoreError> {
        Ok(self.kept.lock().unwrap().clone())
    }

    async fn save(&self, token: &SecretString) -> Result<(), StoreError> {
        if *self.full.lock().unwrap() {
            return Err(StoreError("the store is full".to_owned()));
        }
        *self.kept.lock().unwrap() = Some(token.clone());
        Ok(())
    }

    async fn delete(&self) -> Result<(), StoreError> {
        *self.kept.lock().unwrap() = None;
        Ok(())
    }
}

pub(crate) fn idporten(issuer: &Issuer, store: Arc<dyn RefreshStore>) -> IdPorten {
    let settings =
        IdPortenSettings::new("innlogging-1", &["skatteetaten:formueinntekt/skattemelding"]).unwrap();
    let settings = settings.redirect(0, "/token").unwrap().wait(Duration::from_secs(20));
    IdPorten::new(&issuer.settings("idporten"), settings, store, issuer.clock()).unwrap()
}

/// What is in the address of the login page.
pub(crate) fn query(page: &Url) -> HashMap<String, String> {
    page.query_pairs().into_owned().collect()
}

/// Asks the program's own little server, as a browser does.
pub(crate) async fn browse(page: &Url, target: &str) -> String {
    let redirect = Url::parse(&query(page)["redirect_uri"]).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", redirect.port().unwrap())).await.unwrap();
    stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// An id token for the login that began with this page; `change` spoils it.
fn id_token(issuer: &Issuer, page: &Url, key: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "iss": format!("{}/idporten/", issuer.url),
        "aud": "innlogging-1",
        "nonce": query(page)["nonce"],
        "exp": issuer.clock.now().as_second() + 120,
        "acr": "idporten-loa-high",
        "pid": "17912099997",
    });
    change(&mut claims);
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("praktisk-test".to_owned());
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_pem(&read(key)).unwrap()).unwrap()
}

/// Logs in, with an id token that `change` spoils.
async fn login_with(
    issuer: &Issuer,
    idporten: &IdPorten,
    key: &'static str,
    change: impl FnOnce(&mut Value) + Send + Copy,
) -> Result<LoggedIn, PortError> {
    let page = Mutex::new(None);
    let open = |url: &Url| {
        issuer.extra(json!({
            "id_token": id_token(issuer, url, key, change),
            "refresh_token": "hemmelig-fornyelse",
            "scope": "openid",
        }));
        let url = url.clone();
        let target = format!("/token?code=hemmelig-kode&state={}", query(&url)["state"]);
        *page.lock().unwrap() = Some(tokio::spawn(async move { browse(&url, &target).await }));
    };
    let outcome = idporten.login(open).await;
    let page = page.lock().unwrap().take().unwrap();
    assert!(page.await.unwrap().contains("Du kan lukke dette vinduet"));
    outcome
}

pub(crate) async fn login(issuer: &Issuer, idporten: &IdPorten) -> LoggedIn {
    login_with(issuer, idporten, "key-pkcs8.pem", |_| ()).await.unwrap()
}

#[tokio::test]
async fn a_person_logs_in_and_the_login_is_kept() {
    let issuer = Issuer::start().await;
    let store = Arc::new(Memory::default());
    let idporten = idporten(&issuer, store.clone());
    let page = Mutex::new(None);
    let outcome = idporten.login(|url| {
        issuer.extra(json!({ "id_token": id_token(&issuer, url, "key-pkcs8.pem", |_| ()), "refresh_token": "hemmelig-fornyelse" }));
        let url = url.clone();
        *page.lock().unwrap() = Some((url.clone(), tokio::spawn(async move {
            let favicon = browse(&url, "/favicon.ico").await;
            assert!(favicon.starts_with("HTTP/1.1 404"), "{favicon}");
            let target = format!("/token?code=hemmelig-kode&state={}", query(&url)["state"]);
            browse(&url, &target).await
        })));
    });
    let logged_in = outcome.await.unwrap();
    let (url, browser) = page.lock().unwrap().take().unwrap();
    assert_eq!(logged_in.person.as_deref(), Some("179120*****"));
    assert!(logged_in.stays);
    assert_eq!(logged_in.expires.duration_since(issuer.clock.now()).as_secs(), 120);
    assert_eq!(store.kept().as_deref(), Some("hemmelig-fornyelse"));

    let answer = browser.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for part in [
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "Du kan lukke",
        "You can close this window",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }

    let asked = query(&url);
    let redirect = &asked["redirect_uri"];
    assert!(redirect.starts_with("http://localhost:") && redirect.ends_with("/token"), "{redirect}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "innlogging-1"),
        ("scope", "openid skatteetaten:formueinntekt/skattemelding"),
        ("code_challenge_method", "S256"),
        ("acr_values", "idporten-loa-high"),
        ("ui_locales", "nb"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    assert_ne!(asked["state"], asked["nonce"]);

    let redeemed = issuer.request().form;
    assert_eq!(redeemed["grant_type"], "authorization_code");
    assert_eq!(redeemed["code"], "hemmelig-kode");
    assert_eq!(redeemed["client_id"], "innlogging-1");
    assert_eq!(&redeemed["redirect_uri"], redirect);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, redeemed["code_verifier"].as_bytes());
    assert_eq!(asked["code_challenge"], URL_SAFE_NO_PAD.encode(digest));

    assert_eq!(idporten.token().await.unwrap().expose(), "hemmelig-token-1");
    assert_eq!(issuer.asked().len(), 1, "the login's own token is used first");
}

#[tokio::test]
async fn every_login_has_secrets_of_its_own() {
    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Arc::new(Memory::default()));
    login(&issuer, &idporten).await;
    login(&issuer, &idporten).await;
    let verifiers: Vec<_> =
        issuer.asked().into_iter().map(|asked| asked.form["code_verifier"].clone()).collect();
    assert_eq!(verifiers.len(), 2);
    assert_ne!(verifiers[0], verifiers[1]);
}

#[tokio::test]
async fn an_id_token_that_is_not_ours_is_not_believed() {
    type Change = fn(&mut Value);
    let cases: [(&'static str, Change, &str); 7] = [
        ("other-key.pem", |_| (), "its signature is wrong"),
        ("key-pkcs8.pem", |claims| claims["iss"] = json!("https://en-annen.no"), "another issuer's"),
        ("key-pkcs8.pem", |claims| claims["aud"] = json!("en-annen"), "for another client"),
        ("key-pkcs8.pem", |claims| claims["nonce"] = json!("x"), "another login (nonce)"),
        ("key-pkcs8.pem", |claims| claims["exp"] = json!(1_000), "it has expired"),
        (
            "key-pkcs8.pem",
            |claims| claims["acr"] = json!("idporten-loa-substantial"),
            "not at the highest level",
        ),
        ("key-pkcs8.pem", |claims| claims["exp"] = Value::Null, "lacks what it must say"),
    ];
    for (key, change, says) in cases {
        let issuer = Issuer::start().await;
        let store = Memory::with("fra-foer");
        let idporten = idporten(&issuer, store.clone());
        let outcome = login_with(&issuer, &idporten, key, change).await;
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(store.kept().as_deref(), Some("fra-foer"), "{says}: nothing of it is kept");
    }
}

#[tokio::test]
async fn another_logins_browser_is_turned_away_and_the_right_one_waited_for() {
    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Arc::new(Memory::default()));
    let browser = Mutex::new(None);
    let outcome = idporten.login(|url| {
        issuer.extra(json!({ "id_token": id_token(&issuer, url, "key-pkcs8.pem", |_| ()) }));
        let url = url.clone();
        *browser.lock().unwrap() = Some(tokio::spawn(async move {
            for wrong in
                ["/token?code=x&state=feil", "/token?code=x", "/token?error=access_denied&state=feil"]
            {
                let answer = browse(&url, wrong).await;
                assert!(
                    answer.starts_with("HTTP/1.1 400") && answer.contains("annen innlogging"),
                    "{answer}"
                );
            }
            browse(&url, &format!("/token?code=hemmelig-kode&state={}", query(&url)["state"])).await
        }));
    });
    let logged_in = outcome.await.unwrap();
    assert!(!logged_in.stays, "there was no refresh token");
    let browser = browser.lock().unwrap().take().unwrap();
    assert!(browser.await.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(issuer.request().form["code"], "hemmelig-kode");
}

#[tokio::test]
async fn a_browser_that_only_connects_keeps_nobody_waiting() {
    let issuer = Issuer::start().await;
    let idporten = idporten(&issuer, Arc::new(Memory::default()));
    let silent = Mutex::new(None);
    let outcome = idporten.login(|url| {
        issuer.extra(json!({ "id_token": id_token(&issuer, url, "key-pkcs8.pem", |_| ()) }));
        let url = url.clone();
        *silent.lock().unwrap() = Some(tokio::spawn(async move {
            let port = Url::parse(&query(&url)["redirect_uri"]).unwrap().port().unwrap();
            let silent = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let mut loud = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            // What is no request, and what does not end, is left alone.
            let _ = loud.write_all(&vec![b'x'; 64 * 1024]).await;
            browse(&url, &format!("/token?code=k&state={}", query(&url)["state"])).await;
            silent
        }));
    });
    outcome.await.unwrap();
}

fn impatient(issuer: &Issuer, port: u16) -> IdPorten {
    let settings = IdPortenSettings::new("innlogging-1", &[]).unwrap().redirect(port, "/token").unwrap();
    let settings = settings.wait(Duration::from_millis(300));
    IdPorten::new(&issuer.settings("idporten"), settings, Arc::new(Memory::default()), issuer.clock())
        .unwrap()
}

#[tokio::test]
async fn a_browser_that_does_not_come_back_is_not_waited_for_for_ever() {
    let issuer = Issuer::start().await;
    let outcome = impatient(&issuer, 0).login(|_| ()).await;
    assert_eq!(shown(&outcome), "Timeout not-sent after-change");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("the browser did not come back within 0.3 s"), "{error}");
    assert!(!error.contains("wrong state"), "{error}");
    let idporten = impatient(&issuer, 0);
    let strangers = idporten.login(|url| {
        let url = url.clone();
        tokio::spawn(async move { browse(&url, "/token?code=x&state=feil").await });
    });
    let error = strangers.await.unwrap_err().to_string();
    assert!(error.contains("1 times from another login (wrong state)"), "{error}");
    assert!(issuer.asked().is_empty());
}

#[tokio::test]
async fn a_person_may_say_no() {
    let issuer = Issuer::start().await;
    for (said, expected, says) in [
        ("error=access_denied", "Unauthorized not-sent after-change", "cancelled in the browser"),
        ("error=invalid_scope", "Unauthorized not-sent after-change", "Samarbeidsportalen"),
        ("error=server_error", "ServiceFailure not-sent later", "cannot log anybody in now"),
        (
            "error=rart&error_description=noe+nytt&code=x",
            "Unauthorized not-sent after-change",
            "«rart: noe nytt»",
        ),
    ] {
        let idporten = idporten(&issuer, Arc::new(Memory::default()));
        let browser = Mutex::new(None);
        let outcome = idporten.login(|url| {
            let url = url.clone();
            *browser.lock().unwrap() = Some(tokio::spawn(async move {
                browse(&url, &format!("/token?{said}&state={}", query(&url)["state"])).await
            }));
        });
        let outcome = outcome.await;
        assert_eq!(shown(&outcome), expected);
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
        let browser = browser.lock().unwrap().take().unwrap();
        assert!(browser.await.unwrap().contains("The login was not completed"));
    }
    assert!(issuer.asked().is_empty());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let issuer = Issuer::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let outcome = impatient(&issuer, port).login(|_| panic!("no browser is opened")).await;
    assert_eq!(shown(&outcome), "Local not-sent after-change");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(&format!("port {port} on this machine")), "{error}");
    assert!(error.contains("the setting for the login's redirect"), "{error}");
}

#[tokio::test]
async fn a_code_that_is_refused_is_told_with_what_to_check() {
    let issuer = Issuer::start().await;
    issuer.next(refusal("invalid_grant", "Koden hemmelig-kode er brukt"));
    let outcome =
        login_with(&issuer, &idporten(&issuer, Arc::new(Memory::default())), "key-pkcs8.pem", |_| ()).await;
    assert_eq!(shown(&outcome), "Unauthorized not-sent after-change");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("Koden … er brukt") && error.contains("redirect address"), "{error}");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    assert!(IdPortenSettings::new("", &[]).is_err());
    assert!(IdPortenSettings::new("k", &["a b"]).is_err());
    for path in ["token", "/a?b", "/a b", ""] {
        assert!(IdPortenSettings::new("k", &[]).unwrap().redirect(1, path).is_err(), "{path}");
    }
}
