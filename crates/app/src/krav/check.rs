use skattebro_domain::krav::Date;
use skattebro_domain::krav::Innkrevingsoppdrag;
use skattebro_domain::krav::machine::Ask;
use skattebro_domain::krav::rules::{Oppdragsgiver, check, check_endring};
use skattebro_domain::{Code, Finding, Timestamp};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::KravOrder;

/// The date in Norway at `now`, which is what the service's rules about dates go by.
pub fn today_in_norway(now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get("Europe/Oslo")
        // The database of time zones is built in; were it not, an hour's error at midnight is the smaller evil.
        .unwrap_or_else(|_| jiff::tz::TimeZone::fixed(jiff::tz::offset(1)));
    now.to_zoned(zone).date()
}

/// All that is wrong with an order, without asking anybody.
pub(super) fn check_order(order: &KravOrder, oppdragsgiver: &Oppdragsgiver, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_force = None;
    for ask in &order.asks {
        match ask {
            Ask::Opprett(oppdrag) => {
                findings.extend(check(oppdrag, oppdragsgiver, today));
                in_force = Some(oppdrag.hovedstol);
                if oppdrag.oppdragsgivers_kravidentifikator.is_none() && !order.without_id {
                    findings.push(id_missing());
                }
            }
            Ask::Endre(endring) => findings.extend(check_endring(endring, in_force, oppdragsgiver, today)),
            Ask::Avskriv | Ask::Stop | Ask::Fortsett { .. } | Ask::Avgjoer(_) | Ask::Restored { .. } => {}
        }
    }
    findings
}

fn id_missing() -> Finding {
    Finding::error(
        Code::IdMissing,
        "",
        "without an oppdragsgiversKravidentifikator a krav whose answer is lost can never be sent again, and might be doubled by hand",
        "give each krav an id of your own that you can find again",
    )
    .in_field("oppdragsgiversKravidentifikator")
}

/// The ids of one file, to notice those that stand in it twice. Holds hashes, not the ids.
#[derive(Debug, Default)]
pub struct SeenIds(HashMap<u128, u64>);

impl SeenIds {
    /// A finding if the id of `oppdrag` stood in an earlier row as well.
    pub fn check(&mut self, oppdrag: &Innkrevingsoppdrag, row: u64) -> Option<Finding> {
        self.check_id(oppdrag.oppdragsgivers_kravidentifikator.as_deref()?, row)
    }

    /// As [`check`](Self::check), for an id by itself.
    pub fn check_id(&mut self, id: &str, row: u64) -> Option<Finding> {
        match self.0.entry(fingerprint(id)) {
            Entry::Vacant(free) => {
                free.insert(row);
                None
            }
            Entry::Occupied(taken) => Some(
                Finding::error(
                    Code::IdTwice,
                    "",
                    format!("row {} has the same oppdragsgiversKravidentifikator", taken.get()),
                    "the service takes each id once; if they are two krav, give them two ids, and if they are one, remove a row",
                )
                .in_field("oppdragsgiversKravidentifikator")
                .in_row(row),
            ),
        }
    }
}

/// 128 bits of SHA-256: two of a billion ids agree by chance once in 10^20 files.
fn fingerprint(id: &str) -> u128 {
    use sha2::{Digest as _, Sha256};
    let hash: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    hash.iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_at_midnight_in_norway() {
        let day = |text: &str| today_in_norway(text.parse().unwrap()).to_string();
        assert_eq!(day("2026-06-30T21:59:59Z"), "2026-06-30");
        assert_eq!(day("2026-06-30T22:00:00Z"), "2026-07-01");
        assert_eq!(day("2026-12-31T22:59:59Z"), "2026-12-31");
        assert_eq!(day("2026-12-31T23:00:00Z"), "2027-01-01");
    }

    #[test]
    fn an_id_that_stands_twice_is_noticed_with_the_first_row() {
        let mut seen = SeenIds::default();
        assert_eq!(seen.check_id("K-1", 1), None);
        assert_eq!(seen.check_id("K-2", 2), None);
        let finding = seen.check_id("K-1", 3).unwrap();
        assert!(finding.message.contains("row 1") && finding.row == Some(3), "{finding}");
    }
}
