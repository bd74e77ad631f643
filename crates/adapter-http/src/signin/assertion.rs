use crate::signin::failed::Failed;
use crate::signin::key::{KeyId, SigningKey};
use jsonwebtoken::{Algorithm, Header};
use secrecy::SecretString;
use serde::Serialize;
use skattebro_domain::Timestamp;
use skattebro_ports::ErrorKind;
use std::time::Duration;

/// Maskinporten takes no JWT that lives longer than 120 s.
const LIFE: Duration = Duration::from_secs(110);

/// The claims that a JWT for Maskinporten has; source: contract page `auth.md`.
#[derive(Debug, Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) aud: &'a str,
    pub(crate) iss: &'a str,
    pub(crate) scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) consumer_org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_details: Option<[Systemuser<'a>; 1]>,
}

/// The system user whose rights are asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Systemuser<'a> {
    #[serde(rename = "type")]
    pub(crate) type_: &'static str,
    pub(crate) systemuser_org: SystemuserOrg,
    #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
    pub(crate) external_ref: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SystemuserOrg {
    pub(crate) authority: &'static str,
    #[serde(rename = "ID")]
    pub(crate) id: String,
}

#[derive(Serialize)]
struct Signed<'a> {
    #[serde(flatten)]
    claims: Claims<'a>,
    iat: i64,
    exp: i64,
    jti: String,
}

/// A JWT that can be used once, from now on for less than two minutes.
pub(crate) fn sign(
    key: &SigningKey,
    key_id: &KeyId,
    algorithm: Algorithm,
    claims: Claims<'_>,
    now: Timestamp,
) -> Result<SecretString, Failed> {
    let mut header = Header::new(algorithm);
    match key_id {
        KeyId::Kid(kid) => header.kid = Some(kid.clone()),
        KeyId::X5c(chain) => {
            if let Some(why) = chain.not_good_at(now) {
                return Err(Failed::for_good(ErrorKind::Local, why));
            }
            header.x5c = Some(chain.x5c());
        }
    }
    let iat = now.as_second();
    let exp = iat.saturating_add(LIFE.as_secs() as i64);
    let signed = Signed { claims, iat, exp, jti: uuid::Uuid::new_v4().to_string() };
    jsonwebtoken::encode(&header, &signed, key.encoding_key())
        .map(SecretString::from)
        .map_err(|_| Failed::for_good(ErrorKind::Local, "the key cannot sign"))
}
