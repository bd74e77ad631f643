//! Business certificates (virksomhetssertifikater): whose key it is, and for how long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jsonwebtoken::DecodingKey;

use super::der::{BIT_STRING, Der, GENERALIZED_TIME, OBJECT_IDENTIFIER, UTC_TIME};

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// The version, which certificates of the first version lack.
const VERSION: u8 = 0xa0;

/// A certificate with an RSA key. Who issued it is not looked at: it counts because it was registered.
pub(crate) struct Certificate {
    der: Vec<u8>,
    key: DecodingKey,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    pub(crate) fn from_der(der: Vec<u8>) -> Option<Self> {
        let mut body = Der::new(&der).sequence()?.sequence()?;
        if body.tag()? == VERSION {
            body.any()?;
        }
        let _serial_number = body.any()?;
        let _signature_algorithm = body.sequence()?;
        let _issuer = body.sequence()?;
        let mut validity = body.sequence()?;
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        let _subject = body.sequence()?;
        let key = DecodingKey::from_rsa_der(rsa_key(body.sequence()?)?);
        Some(Certificate { der, key, not_before, not_after })
    }

    /// The first certificate of a PEM text.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
        let (inner, _) = rest.split_once("-----END CERTIFICATE-----")?;
        let base64: String = inner.split_whitespace().collect();
        Certificate::from_der(STANDARD.decode(base64).ok()?)
    }

    pub(crate) fn is(&self, der: &[u8]) -> bool {
        self.der == der
    }

    pub(crate) fn is_valid_at(&self, moment: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&moment)
    }

    pub(crate) fn key(&self) -> &DecodingKey {
        &self.key
    }
}

/// The key in the form of PKCS#1, from a SubjectPublicKeyInfo.
fn rsa_key<'d>(mut info: Der<'d>) -> Option<&'d [u8]> {
    if info.sequence()?.value(OBJECT_IDENTIFIER)? != RSA {
        return None;
    }
    // The first byte says how many bits of the last one are unused: none, as the key is whole bytes.
    info.value(BIT_STRING)?.strip_prefix(&[0])
}

fn time(der: &mut Der<'_>) -> Option<Timestamp> {
    let (century, text) = match der.tag()? {
        // Two digits of the year, which lies from 1950 to 2049.
        UTC_TIME => {
            let text = der.value(UTC_TIME)?;
            (if text.first()? < &b'5' { "20" } else { "19" }, text)
        }
        _ => ("", der.value(GENERALIZED_TIME)?),
    };
    let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
    let civil = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

    use super::*;

    fn pem(until: i32) -> String {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::new(vec!["virksomhet.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2025, 3, 1);
        params.not_after = date_time_ymd(until, 3, 1);
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn validity_is_read_in_both_forms_of_time() {
        // From 2050 on it is written with four digits of the year.
        for until in [2027, 2051] {
            let certificate = Certificate::from_pem(&pem(until)).unwrap();
            let valid = |at: String| certificate.is_valid_at(at.parse().unwrap());
            assert!(!valid("2025-02-28T23:59:59Z".to_owned()) && valid("2025-03-01T00:00:00Z".to_owned()));
            assert!(valid(format!("{until}-03-01T00:00:00Z")) && !valid(format!("{until}-03-01T00:00:01Z")));
        }
    }

    #[test]
    fn other_keys_and_damaged_certificates_are_none() {
        let elliptic = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        assert!(Certificate::from_pem(&elliptic.cert.pem()).is_none());
        let whole = Certificate::from_pem(&pem(2027)).unwrap().der;
        for length in 0..300 {
            assert!(Certificate::from_der(whole[..length].to_vec()).is_none(), "{length}");
        }
        assert!(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nMIIC").is_none());
    }
}
