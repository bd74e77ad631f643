use super::{KeyError, SigningKey, rejected};
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

/// A key, or a set of keys.
#[derive(Deserialize)]
struct Jwk {
    keys: Option<Vec<Jwk>>,
    kty: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<SecretString>,
    p: Option<SecretString>,
    q: Option<SecretString>,
    dp: Option<SecretString>,
    dq: Option<SecretString>,
    qi: Option<SecretString>,
}

pub(super) fn read(content: &[u8]) -> Result<SigningKey, KeyError> {
    // The library's own words could show what it stumbled over.
    let file: Jwk = serde_json::from_slice(content)
        .map_err(|_| KeyError::NoKey("the file begins like a JWK, but is not JSON to its end".to_owned()))?;
    let Some(keys) = &file.keys else { return key(&file) };
    match &**keys {
        [one] => key(one),
        other => {
            let text =
                format!("the file is a set of {} keys; give a file with the one that signs", other.len());
            Err(KeyError::NoKey(text))
        }
    }
}

fn key(jwk: &Jwk) -> Result<SigningKey, KeyError> {
    match jwk.kty.as_deref() {
        Some("RSA") => {}
        Some("EC" | "OKP" | "oct") => {
            return Err(KeyError::NoKey("the JWK is of another kind than RSA".to_owned()));
        }
        _ => return Err(KeyError::NoKey("the file is JSON, but no JWK (its kty is not RSA)".to_owned())),
    }
    if jwk.d.is_none() {
        return Err(KeyError::NoKey(
            "the JWK is the public half only; the private one (with d) signs".to_owned(),
        ));
    }
    let number = |name: &'static str, text: Option<&str>| {
        let text = text.ok_or_else(|| KeyError::BadKey(format!("the JWK has no {name}")))?;
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyError::BadKey(format!("the JWK's {name} is not base64url")))?;
        let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        Ok::<_, KeyError>(Zeroizing::new(bytes[first..].to_vec()))
    };
    let secret =
        |name, text: &Option<SecretString>| number(name, text.as_ref().map(ExposeSecret::expose_secret));
    let (n, e) = (number("n", jwk.n.as_deref())?, number("e", jwk.e.as_deref())?);
    let pair = KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
        d: secret("d", &jwk.d)?.as_slice(),
        p: secret("p", &jwk.p)?.as_slice(),
        q: secret("q", &jwk.q)?.as_slice(),
        dP: secret("dp", &jwk.dp)?.as_slice(),
        dQ: secret("dq", &jwk.dq)?.as_slice(),
        qInv: secret("qi", &jwk.qi)?.as_slice(),
    });
    let key = SigningKey::from_pair(&pair.map_err(rejected)?)?;
    Ok(SigningKey { kid: jwk.kid.clone(), ..key })
}
