//! Ids and chance that depend only on the seed and on what happened before, so that a run can be repeated.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Makes the ids the service hands out.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Ids { seed, made: AtomicU64::new(0) }
    }

    /// A new id of 36 hexadecimal digits, the form of references and job ids.
    pub(crate) fn next_hex(&self, what: &str) -> String {
        let nr = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        let mut hex = String::with_capacity(36);
        for byte in &self.digest(&[what, &nr])[..18] {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// A new UUID, the form of kravidentifikatorer and transaction ids.
    pub(crate) fn next_uuid(&self, what: &str) -> Uuid {
        let nr = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.digest(&[what, &nr])[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A number that is always the same for the same parts, below `limit`.
    pub(crate) fn fixed_number(&self, parts: &[&str], limit: u64) -> u64 {
        let digest = self.digest(parts);
        let first = digest[..8].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        first % limit.max(1)
    }

    fn digest(&self, parts: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

/// A small generator (splitmix64) for faults by probability.
#[derive(Debug)]
pub(crate) struct Chance {
    state: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance { state: seed }
    }

    /// True with the given probability.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let unit = (mixed >> 11) as f64 / (1u64 << 53) as f64;
        unit < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_36_hex_digits_and_repeat_with_the_seed() {
        let (one, two, other) = (Ids::new(7), Ids::new(7), Ids::new(8));
        let first = one.next_hex("jobb");
        assert_eq!(first.len(), 36);
        assert!(first.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        assert_eq!(first, two.next_hex("jobb"));
        assert_ne!(first, one.next_hex("jobb"));
        assert_ne!(first, other.next_hex("jobb"));
    }

    #[test]
    fn uuids_repeat_with_the_seed_and_look_random() {
        let (one, two) = (Ids::new(7), Ids::new(7));
        let first = one.next_uuid("krav");
        assert_eq!((first, first.get_version_num()), (two.next_uuid("krav"), 4));
        assert_ne!(first, one.next_uuid("krav"));
    }

    #[test]
    fn chance_follows_its_probability() {
        let mut chance = Chance::new(1);
        let hits = (0..10_000).filter(|_| chance.happens(0.3)).count();
        assert!((2_700..3_300).contains(&hits), "{hits}");
        assert!(!(0..100).any(|_| chance.happens(0.0)));
        assert!((0..100).all(|_| chance.happens(1.0)));
    }
}
