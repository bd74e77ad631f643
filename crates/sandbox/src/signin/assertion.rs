//! What Maskinporten asks of a JWT bearer assertion (RFC 7523): who signed it, when, and that it is new.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use super::clients::{Clients, Registered};
use super::oauth::OAuthError;
use super::tokens::signature_only;

/// How far `iat` may be from Maskinporten's clock, and `exp` from `iat`, in seconds.
const CLOCKS_APART: f64 = 10.0;
const LIFE: f64 = 120.0;

/// The claims, of which any may be missing. `resource` says for whom the token is meant; nothing depends on it.
#[derive(Deserialize)]
pub(crate) struct Claims {
    aud: Option<OneOrMany>,
    iss: Option<String>,
    iat: Option<f64>,
    exp: Option<f64>,
    nbf: Option<f64>,
    jti: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) consumer_org: Option<String>,
    pub(crate) authorization_details: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn is(&self, wanted: &str) -> bool {
        match self {
            OneOrMany::One(one) => one == wanted,
            // One that is meant for others as well could be used there by whoever gets hold of it.
            OneOrMany::Many(many) => matches!(many.as_slice(), [one] if one == wanted),
        }
    }
}

/// The circumstances in which an assertion is judged.
pub(crate) struct Court<'c> {
    pub(crate) clients: &'c Clients,
    pub(crate) issuer: &'c str,
    pub(crate) now: Timestamp,
    pub(crate) any_clock: bool,
}

impl<'c> Court<'c> {
    /// The client that made the assertion, and its claims, if all is well with signature and times.
    pub(crate) fn judge(&self, assertion: &str) -> Result<(&'c Registered, Claims), OAuthError> {
        let header = jsonwebtoken::decode_header(assertion)
            .map_err(|_| OAuthError::grant("Invalid assertion. It is not a signed JWT"))?;
        if !matches!(header.alg, Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512) {
            return Err(failed("The algorithm must be RS256, RS384 or RS512"));
        }
        // Whose key it should be signed with stands in what is not verified yet.
        let said: Claims = jsonwebtoken::dangerous::insecure_decode_claims(assertion)
            .map_err(|_| OAuthError::grant("Invalid assertion. A claim is of the wrong type"))?;
        let client_id = said.iss.as_deref().ok_or_else(|| failed("The claim iss is missing"))?;
        let client = self.clients.maskinporten(client_id).ok_or_else(|| failed("The client is not known"))?;
        let key = self.key(client, &header)?;
        let claims = jsonwebtoken::decode::<Claims>(assertion, key, &signature_only(header.alg))
            .map_err(|_| failed("The signature is not right"))?
            .claims;
        if !claims.aud.as_ref().is_some_and(|aud| aud.is(self.issuer)) {
            return Err(failed(
                "Invalid JWT claim aud: it must be the issuer, as the discovery document has it",
            ));
        }
        self.times(&claims)?;
        Ok((client, claims))
    }

    fn key(&self, client: &'c Registered, header: &Header) -> Result<&'c DecodingKey, OAuthError> {
        match (&header.kid, &header.x5c) {
            (Some(kid), None) => {
                client.keys.get(kid).ok_or_else(|| failed("No key with this kid is registered on the client"))
            }
            (None, Some(_)) => {
                let chain = header.x5c_der().ok().flatten();
                let chain = chain.ok_or_else(|| failed("The header x5c is not a list of certificates"))?;
                let leaf = chain.first().ok_or_else(|| failed("The header x5c is empty"))?;
                let registered = client.certificates.iter().find(|known| known.is(leaf));
                let certificate = registered.ok_or_else(|| {
                    failed("The JWT is signed with an invalid certificate: it is not registered")
                })?;
                if !certificate.is_valid_at(self.now) {
                    return Err(failed(
                        "The JWT is signed with an invalid certificate: it has expired or is not valid yet",
                    ));
                }
                Ok(certificate.key())
            }
            _ => Err(failed("The header must have either kid or x5c")),
        }
    }

    fn times(&self, claims: &Claims) -> Result<(), OAuthError> {
        let (Some(iat), Some(exp)) = (claims.iat, claims.exp) else {
            return Err(failed("The claims iat and exp are needed"));
        };
        if !(0.0..=LIFE).contains(&(exp - iat)) {
            return Err(failed("Invalid JWT claim exp: it must be at most 120 seconds after iat"));
        }
        let now = self.now.as_second() as f64;
        if self.any_clock {
            return Ok(());
        }
        if exp <= now {
            return Err(failed(format!("Expired JWT: exp was {} seconds ago", now - exp)));
        }
        if (iat - now).abs() > CLOCKS_APART {
            let off = iat - now;
            return Err(failed(format!(
                "Invalid JWT claim iat: it is {off} seconds from the clock, 10 are allowed"
            )));
        }
        if claims.nbf.is_some_and(|nbf| nbf > now + CLOCKS_APART) {
            return Err(failed("Invalid JWT claim nbf: it is in the future"));
        }
        Ok(())
    }
}

/// The assertions that were used: none is taken twice.
#[derive(Default)]
pub(crate) struct Used {
    /// When each expires, by client and jti.
    seen: HashMap<(String, String), f64>,
}

impl Used {
    /// Uses the assertion up.
    pub(crate) fn take(
        &mut self,
        court: &Court<'_>,
        client: &Registered,
        claims: &Claims,
    ) -> Result<(), OAuthError> {
        let jti = claims.jti.clone().filter(|jti| !jti.is_empty());
        let jti = jti.ok_or_else(|| failed("The claim jti is missing"))?;
        if !court.any_clock {
            // What has expired is refused for that.
            let now = court.now.as_second() as f64;
            self.seen.retain(|_, exp| *exp > now);
        }
        match self.seen.entry((client.client.client_id.clone(), jti)) {
            Entry::Occupied(_) => {
                Err(OAuthError::grant("Validation of JWT Bearer grant failed. Grant is used before (jti)"))
            }
            Entry::Vacant(free) => {
                free.insert(claims.exp.unwrap_or(f64::MAX));
                Ok(())
            }
        }
    }
}

fn failed(why: impl std::fmt::Display) -> OAuthError {
    OAuthError::grant(format!("Invalid assertion. Client authentication failed. {why}"))
}
