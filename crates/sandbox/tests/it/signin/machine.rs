//! A machine with a key of its own, and what it says to Maskinporten.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::{Map, Value, json};
use skattebro_sandbox::{MaskinportenClient, SandboxBuilder, Systembruker};

use crate::http::{self, Answer};
use crate::service::Service;

pub(crate) const CLIENT: &str = "en-klient";
pub(crate) const ITS_ORG: &str = "310202002";
pub(crate) const CUSTOMER: &str = "974761076";
pub(crate) const CONSUMER: &str = "310817074";
pub(crate) const SKATTEMELDING: &str = "skatteetaten:formueinntekt/skattemelding";
pub(crate) const INNKREVING: &str = "skatteetaten:innkrevingsoppdrag";
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// One for the whole process: making a key takes its time.
pub(crate) fn key_pair() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap())
}

pub(crate) fn signing_key() -> EncodingKey {
    EncodingKey::from_rsa_pem(key_pair().serialize_pem().as_bytes()).unwrap()
}

pub(crate) fn client() -> MaskinportenClient {
    let mut jwk = Jwk::from_encoding_key(&signing_key(), Algorithm::RS256).unwrap();
    jwk.common.key_id = Some("k1".to_owned());
    MaskinportenClient {
        jwks: Some(json!({ "keys": [jwk] })),
        scopes: [SKATTEMELDING, INNKREVING, "altinn:instances.read"].map(str::to_owned).into(),
        systembrukere: vec![Systembruker::of(CUSTOMER)],
        delegations: vec![CONSUMER.to_owned()],
        ..MaskinportenClient::new(CLIENT, ITS_ORG)
    }
}

/// A sandbox that knows the client.
pub(crate) async fn sandbox(change: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Service {
    Service::with(|builder| change(builder.maskinporten_client(client()))).await
}

/// An assertion that is right until it is changed.
pub(crate) struct Assertion {
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
    pub(crate) key: EncodingKey,
}

impl Assertion {
    pub(crate) fn new(service: &Service) -> Self {
        let now = service.sandbox.clock().timestamp().as_second();
        let claims = json!({
            "aud": format!("{}/maskinporten/", service.sandbox.url()), "iss": CLIENT, "scope": SKATTEMELDING,
            "iat": now, "exp": now + 120, "jti": uuid::Uuid::new_v4().to_string()
        });
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("k1".to_owned());
        Assertion { header, claims: claims.as_object().unwrap().clone(), key: signing_key() }
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// So many seconds later than it should be; earlier if negative.
    pub(crate) fn later(self, seconds: i64) -> Self {
        let at = |name: &str| self.claims[name].as_i64().unwrap() + seconds;
        let (iat, exp) = (at("iat"), at("exp"));
        self.claim("iat", iat).claim("exp", exp)
    }

    pub(crate) fn signed(&self) -> String {
        jsonwebtoken::encode(&self.header, &self.claims, &self.key).unwrap()
    }
}

impl Service {
    /// A form to a token endpoint.
    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        http::call(self.sandbox.addr(), "POST", path, &headers, body.as_bytes()).await
    }

    pub(crate) async fn assert(&self, assertion: &Assertion) -> Answer {
        let pairs = [("grant_type", JWT_BEARER), ("assertion", &assertion.signed())];
        self.form("/maskinporten/token", &pairs).await
    }

    /// A token for this scope.
    pub(crate) async fn machine_token(&self, scope: &str) -> String {
        token(&self.assert(&Assertion::new(self).claim("scope", scope)).await)
    }

    pub(crate) async fn get_with(&self, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        http::call(self.sandbox.addr(), "GET", path, &[("authorization", &bearer)], b"").await
    }
}

pub(crate) fn token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The error of RFC 6749, which names this and says something.
pub(crate) fn assert_refused(answer: &Answer, error: &str, description: &str) {
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some(error)), "{}", answer.text());
    let said = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(said.contains(description), "{said:?} says nothing of {description:?}");
    // What RFC 6749 allows in a description.
    assert!(said.bytes().all(|b| (0x20..=0x7e).contains(&b) && b != b'"' && b != b'\\'), "{said}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// What a JWT says; nothing is verified.
pub(crate) fn payload(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
