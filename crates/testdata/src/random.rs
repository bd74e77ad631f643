//! Repeatable random numbers: the same on every machine and with every version of a library

use std::fmt;

/// What numbers are drawn for; the numbers of two subjects have nothing to do with each other
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    Plant,
    PlantName,
    Asset,
    AssetKind,
}

/// SplitMix64 (Steele, Lea and Flood 2014)
#[derive(Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The numbers for one thing: those of thing 7 do not depend on whether thing 6 was drawn
    pub(crate) fn new(seed: u64, subject: Subject, index: u64) -> Self {
        Self { state: mix(mix(mix(seed).wrapping_add(subject as u64)).wrapping_add(index)) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number from `low` to `high`, both included
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        let choices = u128::from(high - low) + 1;
        low + ((u128::from(self.next()) * choices) >> 64) as u64
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.between(0, choices.len() as u64 - 1) as usize]
    }

    /// A random (version 4) UUID
    pub(crate) fn uuid(&mut self) -> Uuid {
        Uuid { high: self.next() & !0xf000 | 0x4000, low: self.next() & !(0b11 << 62) | (0b10 << 62) }
    }

    /// A day of a year
    pub(crate) fn date(&mut self, year: u16) -> Date {
        const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let month = self.between(1, 12);
        Date { year, month, day: self.between(1, DAYS[month as usize - 1]) }
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

pub(crate) struct Uuid {
    high: u64,
    low: u64,
}

impl fmt::Display for Uuid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.high, self.low);
        write!(out, "{:08x}-{:04x}-{:04x}-", high >> 32, high >> 16 & 0xffff, high & 0xffff)?;
        write!(out, "{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
    }
}

pub(crate) struct Date {
    year: u16,
    month: u64,
    day: u64,
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The published reference values for state 1234567.
        let mut random = Random { state: 1_234_567 };
        let drawn: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn bounds_are_included() {
        let mut random = Random::new(0, Subject::Plant, 0);
        let drawn: std::collections::BTreeSet<u64> = (0..200).map(|_| random.between(3, 6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
    }

    #[test]
    fn uuids_say_that_they_are_random() {
        let mut random = Random::new(0, Subject::Plant, 0);
        for _ in 0..50 {
            let uuid = random.uuid().to_string();
            assert_eq!(uuid.len(), 36);
            assert_eq!(&uuid[14..15], "4", "{uuid}");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }

    #[test]
    fn things_do_not_share_numbers() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..10 {
            for subject in [Subject::Plant, Subject::PlantName, Subject::Asset, Subject::AssetKind] {
                for index in 0..10 {
                    assert!(
                        seen.insert(Random::new(seed, subject, index).next()),
                        "{seed} {subject:?} {index}"
                    );
                }
            }
        }
    }
}
