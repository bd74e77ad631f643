use super::{KeyError, SigningKey};
use zeroize::Zeroizing;

/// How a block of PEM begins.
pub(super) const BEGIN: &[u8] = b"-----BEGIN ";

/// A key, and the certificates beside it.
pub(super) fn read(content: &[u8]) -> Result<SigningKey, KeyError> {
    let not_whole = || KeyError::NoKey("the file has a PEM block that is not whole".to_owned());
    let blocks = pem::parse_many(content).map_err(|_| not_whole())?;
    // A block without its end is passed over.
    if content.windows(BEGIN.len()).filter(|at| *at == BEGIN).count() != blocks.len() {
        return Err(not_whole());
    }
    let mut keys = Vec::new();
    let mut certificates = Vec::new();
    let mut other = None;
    for block in blocks {
        let is_encrypted = block.headers().get("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"));
        let tag = block.tag().to_owned();
        let der = Zeroizing::new(block.into_contents());
        match tag.as_str() {
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::EncryptedPem),
            "PRIVATE KEY" | "RSA PRIVATE KEY" if is_encrypted => return Err(KeyError::EncryptedPem),
            "PRIVATE KEY" => keys.push(SigningKey::from_pkcs8(&der)?),
            "RSA PRIVATE KEY" => keys.push(SigningKey::from_pkcs1(&der)?),
            "CERTIFICATE" => certificates.push(der.to_vec()),
            _ => other = Some(tag),
        }
    }
    let text = match (keys.len(), other.as_deref()) {
        (1, _) => return keys.remove(0).beside(certificates),
        (0, Some("PUBLIC KEY" | "RSA PUBLIC KEY")) => {
            "the file has the public half only; the private key signs".to_owned()
        }
        (0, Some("EC PRIVATE KEY")) => "the key is of another kind than RSA".to_owned(),
        (0, Some(tag)) => format!("the file has a block «{tag}», and no private key"),
        (0, None) => "the file has certificates only, and no private key".to_owned(),
        (several, _) => format!("the file has {several} private keys; leave the one that signs"),
    };
    Err(KeyError::NoKey(text))
}
