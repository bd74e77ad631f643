//! A person with a browser, and the client that sent it there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::machine::SKATTEMELDING;
use crate::http::Answer;
use crate::service::{Service, between};

pub(crate) const CLIENT: &str = "skattebro-demo";
pub(crate) const REDIRECT: &str = "http://localhost:43210/token";
pub(crate) const VERIFIER: &str = "en-verifikator-som-er-lang-nok-0123456789-abc";
pub(crate) const PERSON: &str = "17887590168";

pub(crate) fn scope() -> String {
    format!("openid {SKATTEMELDING} altinn:instances.read altinn:instances.write")
}

/// The parameters of an authorization request that is right until it is changed.
#[derive(Clone)]
pub(crate) struct Wanted {
    pairs: Vec<(&'static str, String)>,
}

impl Wanted {
    pub(crate) fn new() -> Self {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let pairs = [
            ("response_type", "code".to_owned()),
            ("client_id", CLIENT.to_owned()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("scope", scope()),
            ("state", "tilstand&mer".to_owned()),
            ("nonce", "en-nonce".to_owned()),
            ("acr_values", "idporten-loa-high".to_owned()),
            ("ui_locales", "nb".to_owned()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        Wanted { pairs: pairs.into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self = self.without(name);
        self.pairs.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(known, _)| *known != name);
        self
    }

    fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/idporten/authorize?{}", query.extend_pairs(&self.pairs).finish())
    }
}

impl Service {
    pub(crate) async fn authorize(&self, wanted: &Wanted) -> Answer {
        self.get(&wanted.path()).await
    }

    /// Fills in the login page and presses one of its buttons.
    pub(crate) async fn press(&self, page: &Answer, button: &str, pid: &str) -> Answer {
        let ticket = between(page.text(), "name=\"innlogging\" value=\"", "\"");
        self.form("/idporten/login", &[("innlogging", ticket), ("pid", pid), ("valg", button)]).await
    }

    /// A whole login; gives the code.
    pub(crate) async fn log_in(&self, wanted: &Wanted) -> String {
        let page = self.authorize(wanted).await;
        assert_eq!(page.status, 200, "{page:?}");
        let back = self.press(&page, "logg-inn", PERSON).await;
        let code = told(&back, REDIRECT, "code");
        assert_eq!(told(&back, REDIRECT, "state"), "tilstand&mer");
        code
    }

    pub(crate) async fn redeem(&self, code: &str, verifier: &str) -> Answer {
        self.redeem_with(code, &[("code_verifier", verifier)]).await
    }

    /// The same with parameters added or in the place of others.
    pub(crate) async fn redeem_with(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("code", code),
        ];
        let kept = usual.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
        self.form("/idporten/token", &kept.chain(more).copied().collect::<Vec<_>>()).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        let pairs = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", token)];
        self.form("/idporten/token", &pairs).await
    }

    /// All tokens of a new login.
    pub(crate) async fn person_tokens(&self) -> Value {
        let code = self.log_in(&Wanted::new()).await;
        let answer = self.redeem(&code, VERIFIER).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// A parameter that the browser carries back to the client, who must be this one.
pub(crate) fn told(answer: &Answer, redirect: &str, name: &str) -> String {
    assert_eq!(answer.status, 302, "{answer:?}");
    let url = Url::parse(answer.header("location").unwrap()).unwrap();
    assert!(url.as_str().starts_with(&format!("{redirect}?")), "{url}");
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}
