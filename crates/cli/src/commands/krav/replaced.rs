//! What is wrong with the names of the krav that the rows of a file replace.

use crate::args::krav::Whose;
use skattebro::domain::krav::KravId;
use skattebro::domain::{Code, Finding};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The ids of one file so far: those that are replaced, and those that are new.
#[derive(Debug, Default)]
pub(super) struct ReplacedIds {
    old: HashMap<KravId, u64>,
    new: HashMap<String, u64>,
}

impl ReplacedIds {
    /// What is wrong with `old`, the id of the krav that this row replaces. `own_id` is its own.
    pub(super) fn check(
        &mut self,
        old: Option<&str>,
        whose: Whose,
        own_id: Option<&str>,
        row: u64,
    ) -> Option<Finding> {
        let replaces_new = own_id.and_then(|own| {
            self.new.entry(own.to_owned()).or_insert(row);
            // An earlier row may replace what this one creates.
            self.old.get(&KravId::Oppdragsgivers(own.parse().ok()?)).copied()
        });
        let Some(old) = old else {
            return Some(wrong(
                Code::FieldMissing,
                "it does not say which krav it replaces".to_owned(),
                "write the id of the krav that shall be written off",
            ));
        };
        let old = match whose.read(old) {
            Ok(old) => old,
            Err(invalid) => {
                let advice = "write the id as it was sent or answered";
                return Some(wrong(Code::FieldMistyped, invalid.to_string(), advice));
            }
        };
        if let Some(finding) = same_id(&old, own_id) {
            return Some(finding);
        }
        let new_in = match &old {
            KravId::Oppdragsgivers(id) => self.new.get(id.as_str()).copied(),
            KravId::Skatteetatens(_) => None,
        };
        let taken = match self.old.entry(old) {
            Entry::Vacant(free) => {
                free.insert(row);
                None
            }
            Entry::Occupied(taken) => Some(*taken.get()),
        };
        if let Some(other) = taken {
            let message = format!("row {other} replaces the same krav");
            let advice = "a krav is replaced by one other; create the rest with opprett";
            return Some(wrong(Code::IdTwice, message, advice));
        }
        let other = new_in.map(|other| format!("it replaces the krav that row {other} creates"));
        let other = other
            .or(replaces_new.map(|other| format!("row {other} replaces the krav that this row creates")));
        let advice =
            "leave out the krav in between, or send the two in files of their own, one after the other";
        other.map(|message| wrong(Code::IdTwice, message, advice))
    }
}

/// What is wrong if a krav shall be replaced by one with the same id.
pub(super) fn same_id(old: &KravId, own_id: Option<&str>) -> Option<Finding> {
    let message = "it has the same id as the krav it replaces, and an id is taken only once".to_owned();
    let advice = "give the new krav an id of its own";
    own_id.filter(|own| is_own(old, own)).map(|_| wrong(Code::IdTwice, message, advice))
}

fn is_own(id: &KravId, own: &str) -> bool {
    matches!(id, KravId::Oppdragsgivers(_)) && id.as_str() == own
}

fn wrong(code: Code, message: String, advice: &str) -> Finding {
    Finding::error(code, "", message, advice).in_field("erstatter")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, &str)]) -> Vec<(u64, String)> {
        let mut ids = ReplacedIds::default();
        let whose = Whose { egen_id: false };
        let found = (1..)
            .zip(rows)
            .filter_map(|(row, (old, own))| Some((row, ids.check(Some(old), whose, Some(own), row)?)));
        found.map(|(row, finding)| (row, finding.message)).collect()
    }

    #[test]
    fn a_krav_is_replaced_once_and_by_no_chain() {
        assert_eq!(check(&[("A", "B"), ("C", "D")]), []);
        for (rows, row, message) in [
            ([("A", "B"), ("A", "C")], 2, "row 1 replaces the same krav"),
            ([("A", "B"), ("B", "C")], 2, "it replaces the krav that row 1 creates"),
            ([("B", "C"), ("A", "B")], 2, "row 1 replaces the krav that this row creates"),
            (
                [("A", "A"), ("C", "D")],
                1,
                "it has the same id as the krav it replaces, and an id is taken only once",
            ),
        ] {
            assert_eq!(check(&rows), [(row, message.to_owned())], "{rows:?}");
        }
        let theirs = ["3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11", "3F1C9F3E-6F0E-4A59-9A40-0E6A3B1F8C11"];
        assert_eq!(check(&[(theirs[0], "B"), (theirs[1], "C")]).len(), 1);
    }
}
