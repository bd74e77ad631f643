//! What rests on the disk: encrypted if there is a key, and marked so that one can tell.
//!
//! A stored value begins with a byte that says how it is kept: [`PLAIN`], or [`AES_256_GCM`] followed by the nonce and the sealed text.
//! Sealed into it is where it belongs, so that a value cannot be moved to another case, column or place in the list of records.
//!
//! The key that is given is never used itself: one for values and one for the keys of cases are derived from it.

use aws_lc_rs::aead::{self, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use skattebro_ports::journal::{CaseId, CaseKey, JournalError, JournalErrorKind};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

const PLAIN: u8 = 0;
const AES_256_GCM: u8 = 1;
/// An index of PostgreSQL takes no longer entries than about 2 700 bytes.
const LONGEST_NAME: usize = 1000;
const KEY_LEN: usize = 32;

/// The key that encrypts a journal: 32 bytes that nobody can guess. Whoever loses it loses the journal.
#[derive(Clone)]
pub struct StoreKey(Arc<SecretBox<[u8; KEY_LEN]>>);

impl StoreKey {
    /// A key from its base64 form, as it stands in a file; space around it does not matter.
    ///
    /// # Errors
    /// If it is not the base64 form of 32 bytes. The text does not show it.
    pub fn from_base64(text: &str) -> Result<Self, JournalError> {
        let decoded = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let bytes: Result<[u8; KEY_LEN], _> = decoded.as_deref().unwrap_or(&Vec::new()).as_slice().try_into();
        let bytes = Zeroizing::new(bytes.map_err(|_| {
            let what = "the key of the journal must be 32 bytes in base64 (44 characters, the last one =); \
                        make one with: openssl rand -base64 32";
            JournalError::new(JournalErrorKind::WrongKey, what)
        })?);
        Ok(Self::from_bytes(&bytes))
    }

    /// A new key.
    ///
    /// # Errors
    /// If the machine has no random numbers.
    pub fn random() -> Result<Self, JournalError> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| failed("this machine has no random numbers"))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Its base64 form, to be kept in a safe place.
    pub fn to_base64(&self) -> SecretString {
        STANDARD.encode(self.0.expose_secret()).into()
    }

    fn from_bytes(bytes: &[u8; KEY_LEN]) -> Self {
        Self(Arc::new(SecretBox::init_with_mut(|secret: &mut [u8; KEY_LEN]| secret.copy_from_slice(bytes))))
    }

    fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, JournalError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"skattebro journal 1");
        let secret = salt.extract(self.0.expose_secret());
        let mut derived = Zeroizing::new([0; KEY_LEN]);
        let purpose = [purpose.as_bytes()];
        let filled = secret.expand(&purpose, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(derived.as_mut()));
        filled.map_err(|_| failed("the key of the journal could not be used"))?;
        Ok(derived)
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// Where a value belongs.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Title(&'a CaseId),
    Content(&'a CaseId),
    /// The payload of the record with this number.
    Payload(&'a CaseId, u32),
}

impl Place<'_> {
    /// A case's id has no zero in it, so different places have different texts.
    fn text(self) -> String {
        match self {
            Self::Title(case) => format!("{case}\0title"),
            Self::Content(case) => format!("{case}\0content"),
            Self::Payload(case, n) => format!("{case}\0payload\0{n}"),
        }
    }
}

/// Seals values before they are stored, and opens them.
pub(crate) struct Sealer(Option<Keys>);

struct Keys {
    values: RandomizedNonceKey,
    names: hmac::Key,
}

impl Sealer {
    pub(crate) fn new(key: Option<&StoreKey>) -> Result<Self, JournalError> {
        let Some(key) = key else { return Ok(Self(None)) };
        let values = RandomizedNonceKey::new(&aead::AES_256_GCM, key.derive("values")?.as_slice())
            .map_err(|_| failed("the key of the journal could not be used"))?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, key.derive("names")?.as_slice());
        Ok(Self(Some(Keys { values, names })))
    }

    /// Tells a key from others without showing it; `None` without a key.
    pub(crate) fn key_check(&self) -> Option<Vec<u8>> {
        self.0.as_ref().map(|keys| hmac::sign(&keys.names, b"\0key check").as_ref().to_vec())
    }

    /// The name of what at most one case is about, so that it can be looked for and not read.
    pub(crate) fn name(&self, key: &CaseKey) -> Vec<u8> {
        let text = key.as_str().as_bytes();
        match &self.0 {
            None if text.len() <= LONGEST_NAME => text.into(),
            // No text begins with this byte.
            None => [&[0xff], digest::digest(&digest::SHA256, text).as_ref()].concat(),
            Some(keys) => hmac::sign(&keys.names, text).as_ref().to_vec(),
        }
    }

    pub(crate) fn seal(&self, place: Place<'_>, text: &str) -> Result<Vec<u8>, JournalError> {
        let Some(keys) = &self.0 else {
            return Ok([&[PLAIN], text.as_bytes()].concat());
        };
        let mut sealed = text.as_bytes().to_vec();
        let nonce = keys
            .values
            .seal_in_place_append_tag(Aad::from(place.text()), &mut sealed)
            .map_err(|_| failed("a value could not be encrypted"))?;
        Ok([&[AES_256_GCM], nonce.as_ref().as_slice(), &sealed].concat())
    }

    pub(crate) fn open(&self, place: Place<'_>, mut stored: Vec<u8>) -> Result<String, JournalError> {
        let text = match (stored.first(), &self.0) {
            (Some(&PLAIN), None) => {
                stored.remove(0);
                stored
            }
            (Some(&AES_256_GCM), Some(keys)) => keys.open(place, stored)?,
            (Some(&AES_256_GCM), None) => {
                let what = "the journal holds encrypted values; give the key that it was made with";
                return Err(JournalError::new(JournalErrorKind::WrongKey, what));
            }
            // With a key nothing plain is taken for ours: whoever can write to the disk could have put it there.
            _ => return Err(damaged(place)),
        };
        String::from_utf8(text).map_err(|_| damaged(place))
    }
}

impl Keys {
    fn open(&self, place: Place<'_>, stored: Vec<u8>) -> Result<Vec<u8>, JournalError> {
        let after_mark = stored.get(1..).unwrap_or_default();
        let (nonce, sealed) = after_mark.split_at_checked(NONCE_LEN).ok_or_else(|| damaged(place))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged(place))?;
        let mut sealed = sealed.to_vec();
        let opened = self.values.open_in_place(nonce, Aad::from(place.text()), &mut sealed);
        let length = opened.map_err(|_| damaged(place))?.len();
        sealed.truncate(length);
        Ok(sealed)
    }
}

fn damaged(place: Place<'_>) -> JournalError {
    let (case, what) = match place {
        Place::Title(case) => (case, "the title".to_owned()),
        Place::Content(case) => (case, "the content".to_owned()),
        Place::Payload(case, n) => (case, format!("record {n}")),
    };
    let text =
        format!("{what} of case {case} in the journal cannot be read; restore the journal from a backup");
    JournalError::new(JournalErrorKind::Damaged, text)
}

fn failed(what: &str) -> JournalError {
    JournalError::new(JournalErrorKind::Other, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CaseId {
        text.parse().unwrap()
    }

    fn key(byte: u8) -> StoreKey {
        StoreKey::from_bytes(&[byte; KEY_LEN])
    }

    #[test]
    fn a_value_is_read_back_only_with_its_key_and_in_its_place() {
        let sealer = Sealer::new(Some(&key(1))).unwrap();
        let case = id("a");
        let sealed = sealer.seal(Place::Payload(&case, 3), "17912099997").unwrap();
        assert_eq!(sealer.open(Place::Payload(&case, 3), sealed.clone()).unwrap(), "17912099997");
        assert!(!String::from_utf8_lossy(&sealed).contains("17912099997"));
        assert_ne!(sealed, sealer.seal(Place::Payload(&case, 3), "17912099997").unwrap());
        let other = id("b");
        for place in
            [Place::Payload(&case, 2), Place::Payload(&other, 3), Place::Title(&case), Place::Content(&case)]
        {
            assert_eq!(sealer.open(place, sealed.clone()).unwrap_err().kind(), JournalErrorKind::Damaged);
        }
        let other_key = Sealer::new(Some(&key(2))).unwrap();
        assert!(other_key.open(Place::Payload(&case, 3), sealed.clone()).is_err());
        let without = Sealer::new(None).unwrap();
        let error = without.open(Place::Payload(&case, 3), sealed).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::WrongKey);
    }

    #[test]
    fn what_was_touched_or_cut_is_never_read() {
        let sealer = Sealer::new(Some(&key(1))).unwrap();
        let case = id("a");
        let sealed = sealer.seal(Place::Title(&case), "Krav").unwrap();
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert!(sealer.open(Place::Title(&case), touched).is_err(), "byte {at}");
            assert!(sealer.open(Place::Title(&case), sealed[..at].to_vec()).is_err(), "cut at {at}");
        }
        assert!(
            sealer.open(Place::Title(&case), b"\0Krav".to_vec()).is_err(),
            "plain in an encrypted journal"
        );
    }

    #[test]
    fn without_a_key_a_value_is_kept_as_it_is_behind_its_mark() {
        let sealer = Sealer::new(None).unwrap();
        let case = id("a");
        assert_eq!(sealer.seal(Place::Title(&case), "Krav æ").unwrap(), "\0Krav æ".as_bytes());
        assert_eq!(sealer.open(Place::Title(&case), "\0Krav æ".into()).unwrap(), "Krav æ");
        for stored in [&b""[..], b"\x07x", b"\0\xff"] {
            let error = sealer.open(Place::Title(&case), stored.to_vec()).unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::Damaged);
        }
    }

    #[test]
    fn names_of_cases_show_nothing_and_stay_the_same() {
        let named = CaseKey::of(&["krav", "17912099997"]);
        let sealer = Sealer::new(Some(&key(1))).unwrap();
        assert_eq!(sealer.name(&named), Sealer::new(Some(&key(1))).unwrap().name(&named));
        assert_ne!(sealer.name(&named), Sealer::new(Some(&key(2))).unwrap().name(&named));
        assert_eq!(sealer.name(&named).len(), 32);
        assert_ne!(sealer.key_check(), Sealer::new(Some(&key(2))).unwrap().key_check());
        assert_eq!(Sealer::new(None).unwrap().key_check(), None);
    }

    #[test]
    fn a_name_without_a_key_is_the_text_unless_it_is_very_long() {
        let sealer = Sealer::new(None).unwrap();
        let short = CaseKey::of(&["krav", "ø"]);
        assert_eq!(sealer.name(&short), short.as_str().as_bytes());
        let long = |last: &str| sealer.name(&CaseKey::of(&[&"x".repeat(5000), last]));
        assert_eq!(long("a").len(), 33);
        assert_ne!(long("a"), long("b"));
    }

    #[test]
    fn a_key_is_read_from_a_file_and_never_shown() {
        let random = StoreKey::random().unwrap();
        let text = random.to_base64();
        let again = StoreKey::from_base64(&format!(" {}\r\n", text.expose_secret())).unwrap();
        assert_eq!(again.to_base64().expose_secret(), text.expose_secret());
        assert_eq!(format!("{random:?}"), "StoreKey(…)");
        for wrong in ["", "hemmelig", "aGVtbWVsaWc=", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33])] {
            let error = StoreKey::from_base64(wrong).unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::WrongKey);
            assert!(wrong.is_empty() || !format!("{error} {error:?}").contains(wrong));
        }
    }
}
