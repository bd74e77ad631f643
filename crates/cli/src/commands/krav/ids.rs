//! Ids that are made here.

use sha2::{Digest, Sha256};
use skattebro::codec::krav::{PeriodNames, write_opprett};
use skattebro::domain::krav::{Edition, Innkrevingsoppdrag};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// The longest oppdragsgiversKravidentifikator.
const LONGEST: usize = 40;

/// Makes ids from the content of rows (`--lag-id`): the same file makes the same ids again, so that sending it twice makes no second
/// krav. Of equal rows each gets its own, by how many came before it.
#[derive(Debug, Default)]
pub(super) struct MadeIds(HashMap<[u8; 16], u64>);

impl MadeIds {
    /// The id of the next row with this content: `SB-` and 32 hexadecimal digits of a SHA-256.
    pub(super) fn next(&mut self, krav: &Innkrevingsoppdrag, edition: Edition) -> String {
        let content = write_opprett(krav, edition, PeriodNames::FomTom);
        let before = self.0.entry(half(&Sha256::digest(&content))).or_default();
        let hash = Sha256::new().chain_update(&content).chain_update(format!("\n{before}")).finalize();
        *before += 1;
        half(&hash).iter().fold("SB-".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

fn half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// Numbers the ids of krav that are sent again: `K-7`, `K-7-2`, `K-7-3`.
#[derive(Debug, Default)]
pub(super) struct NextIds(HashSet<String>);

impl NextIds {
    /// The id after `old`. Only a number that was given here is counted up, which `replaced`, the id that `old` took the place of,
    /// tells: the krav beside K-1 may well be called K-2.
    pub(super) fn after(&mut self, old: &str, replaced: Option<&str>) -> String {
        let numbered = old.rsplit_once('-').and_then(|(stem, number)| {
            let number: u32 = number.parse().ok().filter(|number| *number >= 2)?;
            let before = replaced?;
            let before_stem = match number {
                2 => before,
                _ => before.strip_suffix(&format!("-{}", number - 1))?,
            };
            before_stem.starts_with(stem).then_some((stem, number))
        });
        let (stem, mut number) = numbered.unwrap_or((old, 1));
        loop {
            number += 1;
            let end = format!("-{number}");
            let room = LONGEST - end.len();
            let id: String = stem.chars().take(room).chain(end.chars()).collect();
            if self.0.insert(id.clone()) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro::codec::krav::read_opprett;

    fn krav(hovedstol: u64) -> Innkrevingsoppdrag {
        let json = format!(
            r#"{{"kravtype":"RETTSGEBYR_UTLEGGSBEGJAERING","skyldner":{{"identifikatortype":"ORGANISASJON","identifikator":"974761076"}},
            "hovedstol":{{"valuta":"NOK","beloep":{hovedstol}}},"oppdragsgiversReferanse":"S-1","fastsettelsesdato":"2024-02-01"}}"#
        );
        read_opprett(json.as_bytes(), Edition::V1).unwrap()
    }

    #[test]
    fn made_ids_stay_what_they_are() {
        // A change of this value would double every krav of a file that is sent again with a newer program.
        let mut ids = MadeIds::default();
        assert_eq!(ids.next(&krav(100), Edition::V1), "SB-d1003de9099b0b4e34c99e910edf3d03");
    }

    #[test]
    fn equal_rows_get_ids_of_their_own_and_the_same_ones_again() {
        let make = || {
            let mut ids = MadeIds::default();
            [1, 2, 1, 1].map(|hovedstol| ids.next(&krav(hovedstol), Edition::V1))
        };
        let ids = make();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4, "{ids:?}");
        assert_eq!(make(), ids);
    }

    #[test]
    fn only_a_number_that_was_given_here_is_counted_up() {
        let long = "å".repeat(40);
        for (old, replaced, next) in [
            ("K", None, "K-2".to_owned()),
            ("K-2", Some("K"), "K-3".to_owned()),
            ("K-3", Some("K-2"), "K-4".to_owned()),
            ("K-10", Some("K-9"), "K-11".to_owned()),
            // The krav of another, and numbers of the oppdragsgiver's own.
            ("K-2", None, "K-2-2".to_owned()),
            ("K-2", Some("X"), "K-2-2".to_owned()),
            ("K-2026-000088", None, "K-2026-000088-2".to_owned()),
            (&long, None, format!("{}-2", "å".repeat(38))),
            (&format!("{}-2", "å".repeat(38)), Some(&long), format!("{}-3", "å".repeat(38))),
        ] {
            assert_eq!(NextIds::default().after(old, replaced), next, "{old} {replaced:?}");
        }
    }

    #[test]
    fn cut_ids_do_not_meet() {
        let mut ids = NextIds::default();
        let (one, other) = (format!("{}a", "x".repeat(39)), format!("{}b", "x".repeat(39)));
        assert_ne!(ids.after(&one, None), ids.after(&other, None));
    }
}
