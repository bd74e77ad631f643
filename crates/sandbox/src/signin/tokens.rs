//! The tokens that the sandbox gives out, and which of them are good.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::oauth;
use super::rsa_key::{NoKey, RsaKey};
use crate::world::lock;

/// Who gave a token out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Maskinporten: for an organisation, perhaps as a customer's systembruker.
    Maskinporten,
    /// ID-porten: for a person. Access tokens only.
    Idporten,
    /// ID-porten's refresh tokens.
    Refresh,
    /// Altinn, in exchange for one of the first two.
    Altinn,
}

/// All kinds.
pub(crate) const KINDS: [TokenKind; 4] =
    [TokenKind::Maskinporten, TokenKind::Idporten, TokenKind::Refresh, TokenKind::Altinn];

/// The claim that counts the tokens. Only access tokens have it, so that an id token is never taken for one.
const NUMBER: &str = "sandbox_nr";

pub(crate) struct Tokens {
    issuers: [(TokenKind, String); 3],
    /// Made when it is first needed: most sandboxes are never asked for a token.
    key: OnceCell<RsaKey>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    issued: u64,
    /// Tokens up to this number are not good any more.
    revoked: HashMap<TokenKind, u64>,
    revoked_sessions: HashSet<String>,
}

/// A token that is good.
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) claims: Map<String, Value>,
}

/// Why a token is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotGood {
    /// No JWT, or none of this sandbox's.
    Foreign,
    Expired,
    Revoked,
}

impl Tokens {
    pub(crate) fn new(base: &str) -> Self {
        let issuers = [
            (TokenKind::Maskinporten, format!("{base}/maskinporten/")),
            (TokenKind::Idporten, format!("{base}/idporten")),
            (TokenKind::Altinn, format!("{base}/authentication/api/v1/openid/")),
        ];
        Tokens { issuers, key: OnceCell::new(), book: Mutex::default() }
    }

    /// What stands in `iss`.
    pub(crate) fn issuer(&self, kind: TokenKind) -> &str {
        self.issuers.iter().find(|(known, _)| *known == kind).map_or("", |(_, issuer)| issuer)
    }

    /// The key set of every issuer: they share one key.
    pub(crate) async fn jwks(&self) -> Result<Value, NoKey> {
        Ok(json!({ "keys": [self.key().await?.public_jwk()] }))
    }

    /// A token with these claims and those that every token has.
    pub(crate) async fn issue(
        &self,
        kind: TokenKind,
        mut claims: Map<String, Value>,
        jti: Uuid,
        now: Timestamp,
        life: Duration,
    ) -> Result<String, NoKey> {
        let number = {
            let mut book = lock(&self.book);
            book.issued += 1;
            book.issued
        };
        claims.insert("jti".to_owned(), jti.to_string().into());
        claims.insert(NUMBER.to_owned(), number.into());
        self.sign(kind, claims, now, life).await
    }

    /// A JWT that says something to the client and opens nothing: an id token.
    pub(crate) async fn sign(
        &self,
        kind: TokenKind,
        mut claims: Map<String, Value>,
        now: Timestamp,
        life: Duration,
    ) -> Result<String, NoKey> {
        let iat = now.as_second();
        claims.insert("iss".to_owned(), self.issuer(kind).into());
        claims.insert("iat".to_owned(), iat.into());
        claims.insert("exp".to_owned(), iat.saturating_add_unsigned(life.as_secs()).into());
        self.key().await?.sign(&claims).map_err(|_| NoKey)
    }

    /// Whether a token was good at a moment.
    pub(crate) fn verify(&self, token: &str, moment: Timestamp) -> Result<Token, NotGood> {
        let key = self.key.get().ok_or(NotGood::Foreign)?;
        let decoded = jsonwebtoken::decode::<Map<String, Value>>(
            token,
            key.verifying(),
            &signature_only(Algorithm::RS256),
        );
        let claims = decoded.map_err(|_| NotGood::Foreign)?.claims;
        let issuer = claims.get("iss").and_then(Value::as_str);
        let kind = self.issuers.iter().find(|(_, known)| issuer == Some(known)).ok_or(NotGood::Foreign)?.0;
        let number = claims.get(NUMBER).and_then(Value::as_u64).ok_or(NotGood::Foreign)?;
        if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= moment.as_second()) {
            return Err(NotGood::Expired);
        }
        let book = lock(&self.book);
        let session = claims.get("sid").and_then(Value::as_str);
        let revoked = book.revoked.get(&kind).is_some_and(|last| number <= *last)
            || session.is_some_and(|session| book.revoked_sessions.contains(session));
        if revoked { Err(NotGood::Revoked) } else { Ok(Token { kind, claims }) }
    }

    /// Makes all tokens of a kind that were given out so far worthless.
    pub(crate) fn revoke(&self, kind: TokenKind) {
        let mut book = lock(&self.book);
        let last = book.issued;
        book.revoked.insert(kind, last);
    }

    /// The same for the access tokens of one session of ID-porten.
    pub(crate) fn revoke_session(&self, session: &str) {
        lock(&self.book).revoked_sessions.insert(session.to_owned());
    }

    async fn key(&self) -> Result<&RsaKey, NoKey> {
        self.key.get_or_try_init(fresh_key).await
    }
}

impl Token {
    pub(crate) fn has_scope(&self, wanted: &str) -> bool {
        let list = self.claims.get("scope").and_then(Value::as_str).unwrap_or("");
        oauth::scopes(list).any(|scope| scope == wanted)
    }
}

/// A new RSA key; other requests go on meanwhile.
pub(crate) async fn fresh_key() -> Result<RsaKey, NoKey> {
    tokio::task::spawn_blocking(RsaKey::generate).await.map_err(|_| NoKey)?
}

/// Checks nothing but the signature: the rest is decided by the sandbox's own clock.
pub(crate) fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
