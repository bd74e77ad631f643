use super::KeyError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_domain::Timestamp;
use std::fmt;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A company's certificate, and those that lead to its issuer. `Debug` shows how many there are, and how long the first is good.
#[derive(Clone)]
pub struct CertificateChain(Vec<Certificate>);

#[derive(Clone)]
struct Certificate {
    der: Vec<u8>,
    public: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    from: Timestamp,
    until: Timestamp,
}

impl CertificateChain {
    /// The certificates in a PEM text, in any order.
    ///
    /// # Errors
    /// If there is none, or one that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(pem)
            .map_err(|_| KeyError::Certificate("the certificates are not PEM to their end".to_owned()))?;
        let certificates = blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE");
        Self::from_der(certificates.map(pem::Pem::into_contents).collect())
    }

    pub(super) fn from_der(certificates: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        if certificates.is_empty() {
            return Err(KeyError::Certificate(
                "there is no certificate (-----BEGIN CERTIFICATE-----)".to_owned(),
            ));
        }
        certificates.into_iter().map(Certificate::read).collect::<Result<_, _>>().map(Self)
    }

    /// When the company's own certificate expires; known only once it is clear which of them that is.
    pub fn expires(&self) -> Option<Timestamp> {
        self.0.first().map(|own| own.until)
    }

    /// The same in the order in which they are sent: the certificate of this key, its issuer's, and so on.
    pub(crate) fn for_key(mut self, public: &[u8]) -> Result<Self, KeyError> {
        let own = self.0.iter().position(|certificate| certificate.public == public);
        let own = own.ok_or_else(|| {
            KeyError::Certificate(
                "none of the certificates belongs to the key; were they taken from another file?".to_owned(),
            )
        })?;
        let mut chain = vec![self.0.remove(own)];
        while let Some(last) = chain.last() {
            let issuer = self.0.iter().position(|other| other.subject == last.issuer);
            match issuer {
                Some(issuer) => chain.push(self.0.remove(issuer)),
                None => break,
            }
        }
        Ok(Self(chain))
    }

    /// Why it cannot be used at this time, for a person.
    pub(crate) fn not_good_at(&self, now: Timestamp) -> Option<String> {
        self.0.iter().enumerate().find_map(|(at, certificate)| {
            let whose =
                if at == 0 { "the company's certificate" } else { "a certificate above the company's" };
            let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
            if certificate.until < now {
                Some(format!(
                    "{whose} expired on {}; order a new one, and give its file",
                    day(certificate.until)
                ))
            } else if now < certificate.from {
                Some(format!(
                    "{whose} is not good before {}; is this machine's clock right?",
                    day(certificate.from)
                ))
            } else {
                None
            }
        })
    }

    /// As the header `x5c` takes them.
    pub(crate) fn x5c(&self) -> Vec<String> {
        self.0.iter().map(|certificate| STANDARD.encode(&certificate.der)).collect()
    }
}

impl Certificate {
    fn read(der: Vec<u8>) -> Result<Self, KeyError> {
        let unreadable = || KeyError::Certificate("a certificate cannot be read".to_owned());
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| unreadable())?;
        let validity = parsed.validity();
        let time = |seconds| Timestamp::from_second(seconds).map_err(|_| unreadable());
        Ok(Self {
            public: parsed.public_key().subject_public_key.data.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            issuer: parsed.issuer().as_raw().to_vec(),
            from: time(validity.not_before.timestamp())?,
            until: time(validity.not_after.timestamp())?,
            der,
        })
    }
}

impl fmt::Debug for CertificateChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.expires().map(|until| until.to_string());
        f.debug_struct("CertificateChain")
            .field("certificates", &self.0.len())
            .field("expires", &until)
            .finish()
    }
}
