use super::{KeyError, SigningKey};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use secrecy::{ExposeSecret, SecretString};

pub(super) fn read(content: &[u8], password: Option<&SecretString>) -> Result<SigningKey, KeyError> {
    let archive =
        Pkcs12Archive::from_pkcs12(content, password.map_or("", |password| password.expose_secret()));
    let archive = archive.map_err(|error| match (error, password) {
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, None) => KeyError::PasswordMissing,
        (Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError, Some(_)) => KeyError::PasswordWrong,
        (Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm, _) => {
            KeyError::NoKey("the file is PKCS#12, encrypted in a way that is not supported; export it anew".to_owned())
        }
        _ => KeyError::NoKey(
            "the file is binary, but no PKCS#12; of a bare key, make PEM: openssl pkey -inform der -in key.der -out key.pem"
                .to_owned(),
        ),
    })?;
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
    match &*archive.keys {
        [bag] => SigningKey::from_pkcs8(bag.key.as_der())?.beside(certificates),
        [] => Err(KeyError::NoKey("the PKCS#12 file has no private key".to_owned())),
        several => Err(KeyError::NoKey(format!(
            "the PKCS#12 file has {} private keys; export the one for authentication alone",
            several.len()
        ))),
    }
}
