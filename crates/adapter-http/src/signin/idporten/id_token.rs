//! Whether an id token is what we asked for: whose signature, for whom, which login, how sure.

use crate::signin::failed::Failed;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use skattebro_domain::{Timestamp, masking};
use skattebro_ports::ErrorKind;

/// The level that filing a return asks for, and the highest there is.
pub(super) const LEVEL: &str = "idporten-loa-high";
/// So many seconds the clocks may differ.
const LEEWAY: i64 = 30;

/// What is asked of an id token.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    nonce: Option<String>,
    acr: Option<String>,
    pid: Option<String>,
}

/// The person's number, masked, if the token is good.
pub(super) fn check(
    token: &SecretString,
    keys: &JwkSet,
    expected: &Expected<'_>,
) -> Result<Option<String>, Failed> {
    let wrong = |what: &str| {
        let detail = format!("ID-porten's id token is not to be trusted: {what}");
        Failed::for_good(ErrorKind::Unauthorized, detail)
    };
    let token = token.expose_secret();
    let header = decode_header(token).map_err(|_| wrong("it is no JWT"))?;
    // Anything else could be signed by whoever knows the public keys.
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256) {
        return Err(wrong("it is signed in a way that is not accepted"));
    }
    let jwk = match &header.kid {
        Some(kid) => keys.find(kid),
        None if keys.keys.len() == 1 => keys.keys.first(),
        None => None,
    };
    let jwk = jwk.ok_or_else(|| wrong("its key is none of those that ID-porten publishes"))?;
    let key = DecodingKey::from_jwk(jwk).map_err(|_| wrong("its key cannot be used"))?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // By our clock, below, and not by the machine's.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &key, &validation).map_err(|error| {
        use jsonwebtoken::errors::ErrorKind as Kind;
        wrong(match error.kind() {
            Kind::InvalidSignature => "its signature is wrong",
            Kind::InvalidIssuer => "it is another issuer's",
            Kind::InvalidAudience => "it is for another client",
            _ => "it lacks what it must say",
        })
    })?;
    let claims = claims.claims;
    if claims.exp.saturating_add(LEEWAY) <= expected.now.as_second() {
        return Err(wrong("it has expired; is this machine's clock right?"));
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(wrong("it belongs to another login (nonce)"));
    }
    if claims.acr.as_deref() != Some(LEVEL) {
        let detail = "the login was not at the highest level (idporten-loa-high), which filing needs: log in with BankID, Buypass or Commfides";
        return Err(Failed::for_good(ErrorKind::Unauthorized, detail));
    }
    Ok(claims.pid.map(|pid| masking::mask(&pid)))
}
