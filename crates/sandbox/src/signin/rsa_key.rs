//! RSA keys that the sandbox makes: its own, and those of test clients.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::der::{Der, OCTET_STRING};

/// A fresh key. It has no `Debug`: nothing shall print it.
pub(crate) struct RsaKey {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    /// n, e, d, p, q, dp, dq and qi of the JWK.
    numbers: [String; 8],
}

/// The library tells no more than that.
#[derive(Debug, thiserror::Error)]
#[error("no RSA key could be made")]
pub(crate) struct NoKey;

impl RsaKey {
    /// Takes a good part of a second on a slow machine.
    pub(crate) fn generate() -> Result<Self, NoKey> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| NoKey)?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| NoKey)?;
        RsaKey::from_pkcs8(pkcs8.as_ref()).ok_or(NoKey)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let mut outer = Der::new(pkcs8).sequence()?;
        let (_version, _algorithm) = (outer.any()?, outer.sequence()?);
        let pkcs1 = outer.value(OCTET_STRING)?;
        let mut inner = Der::new(pkcs1).sequence()?;
        let _version = inner.any()?;
        let mut numbers: [String; 8] = Default::default();
        for number in &mut numbers {
            *number = URL_SAFE_NO_PAD.encode(inner.number()?);
        }
        let [n, e, ..] = &numbers;
        // RFC 7638: the members that make the key, in the order of the alphabet.
        let thumbprint = Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        Some(RsaKey {
            kid: URL_SAFE_NO_PAD.encode(thumbprint),
            signing: EncodingKey::from_rsa_der(pkcs1),
            verifying: DecodingKey::from_rsa_components(n, e).ok()?,
            numbers,
        })
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    /// A JWT with these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.signing)
    }

    pub(crate) fn public_jwk(&self) -> Value {
        let [n, e, ..] = &self.numbers;
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e })
    }

    pub(crate) fn private_jwk(&self) -> Value {
        let [n, e, d, p, q, dp, dq, qi] = &self.numbers;
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e, "d": d, "p": p, "q": q,
            "dp": dp, "dq": dq, "qi": qi
        })
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::Jwk;

    use super::*;

    #[test]
    fn what_it_signs_is_verified_with_its_public_jwk() {
        let key = RsaKey::generate().unwrap();
        let token = key.sign(&json!({ "iss": "a" })).unwrap();
        let public: Jwk = serde_json::from_value(key.public_jwk()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        let verifying = DecodingKey::from_jwk(&public).unwrap();
        assert!(jsonwebtoken::decode::<Value>(&token, &verifying, &validation).is_ok());
        assert_eq!(public.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap(), key.kid);
    }
}
