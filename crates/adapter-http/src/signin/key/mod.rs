//! The key that signs, from any of the files that it comes in.

mod chain;
mod jwk;
mod pem_file;
mod pkcs12;

pub use chain::CertificateChain;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use jsonwebtoken::EncodingKey;
use secrecy::SecretString;
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// No key is larger; who names another file by mistake should hear so, and not wait.
const LARGEST: u64 = 1 << 20;

/// A private RSA key. `Debug` does not show it.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    /// The public half as in a certificate (PKCS#1).
    public: Vec<u8>,
    kid: Option<String>,
    certificates: Option<CertificateChain>,
}

/// How the receiver of a signature finds the key for it.
#[derive(Debug, Clone)]
pub enum KeyId {
    /// By the name under which the public half was registered with the client.
    Kid(String),
    /// By the company's certificate, which is sent along with those that lead to its issuer.
    X5c(CertificateChain),
}

/// Why a file gives no key. Says what is wrong with it, and shows nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    File(String),
    /// It is encrypted, and no password was given.
    #[error("the key is encrypted: a PKCS#12 file (.p12, .pfx) needs its password")]
    PasswordMissing,
    /// The password does not open it.
    #[error("the password does not open the file (or the file is damaged)")]
    PasswordWrong,
    /// A form of encryption that is not supported.
    #[error(
        "the key is an encrypted PEM; decrypt it with «openssl pkey -in key.pem -out plain.pem», or use the PKCS#12 file"
    )]
    EncryptedPem,
    /// It holds something else.
    #[error("{0}")]
    NoKey(String),
    /// What it holds is no RSA key that can be used.
    #[error("the file has an RSA key that cannot be used: {0}")]
    BadKey(String),
    /// A certificate in it cannot be read, or belongs to another key.
    #[error("{0}")]
    Certificate(String),
}

impl SigningKey {
    /// The key in this file: PEM (PKCS#8 or PKCS#1), JWK, or PKCS#12, which needs a password. The content tells which; certificates that
    /// stand beside the key are kept.
    ///
    /// # Errors
    /// If there is none in it, or more than one.
    pub fn load(path: &Path, password: Option<&SecretString>) -> Result<Self, KeyError> {
        let unreadable = |error: std::io::Error| KeyError::File(error.to_string());
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(KeyError::NoKey("the file is too large to be a key".to_owned()));
        }
        let content = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
        Self::from_bytes(&content, password)
    }

    /// As [`load`](Self::load), of what stands in a file.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(content: &[u8], password: Option<&SecretString>) -> Result<Self, KeyError> {
        // Windows' editors put this before a text.
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        match content.trim_ascii_start() {
            [] => Err(KeyError::NoKey("the file is empty".to_owned())),
            [b'{', ..] => jwk::read(content),
            [b'-', ..] => pem_file::read(content),
            // A DER sequence.
            [0x30, ..] => pkcs12::read(content, password),
            _ if content.windows(pem_file::BEGIN.len()).any(|at| at == pem_file::BEGIN) => pem_file::read(content),
            _ => Err(KeyError::NoKey(
                "the file is none of the kinds that are understood: PEM (-----BEGIN …), JWK ({…), PKCS#12 (.p12, .pfx)"
                    .to_owned(),
            )),
        }
    }

    /// The name that the file gives the key, if it is a JWK that has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The certificates beside the key, its own first.
    pub fn certificates(&self) -> Option<&CertificateChain> {
        self.certificates.as_ref()
    }

    /// How the file suggests that its key be found: by its certificates if it has some, otherwise by its name.
    pub fn key_id(&self) -> Option<KeyId> {
        let by_name = || self.kid.clone().map(KeyId::Kid);
        self.certificates.clone().map(KeyId::X5c).or_else(by_name)
    }

    pub(crate) fn encoding_key(&self) -> &EncodingKey {
        &self.key
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    fn from_pair(pair: &KeyPair) -> Result<Self, KeyError> {
        let unusable = |_| KeyError::BadKey("it cannot be written again".to_owned());
        let der: Pkcs8V1Der<'static> = pair.as_der().map_err(unusable)?;
        // jsonwebtoken takes PKCS#8 as PEM only.
        let pem = Zeroizing::new(pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref())));
        let key = EncodingKey::from_rsa_pem(pem.as_bytes());
        let key = key.map_err(|_| KeyError::BadKey("it cannot be used for signing".to_owned()))?;
        Ok(Self { key, public: pair.public_key().as_ref().to_vec(), kid: None, certificates: None })
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pair(&KeyPair::from_pkcs8(der).map_err(rejected)?)
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pair(&KeyPair::from_der(der).map_err(rejected)?)
    }

    /// The same, with the certificates that stood beside it.
    fn beside(mut self, certificates: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        if !certificates.is_empty() {
            let chain = CertificateChain::from_der(certificates)?;
            self.certificates = Some(chain.for_key(&self.public)?);
        }
        Ok(self)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}

fn rejected(why: aws_lc_rs::error::KeyRejected) -> KeyError {
    KeyError::BadKey(match why.to_string().as_str() {
        "TooSmall" => "it is shorter than 2048 bits".to_owned(),
        "TooLarge" => "it is longer than 8192 bits".to_owned(),
        "WrongAlgorithm" => "it is for another algorithm than RSA".to_owned(),
        other => format!("the library for cryptography says {other}"),
    })
}
