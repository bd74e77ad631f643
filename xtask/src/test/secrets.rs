//! What all tests logged and complained of, searched for what must never be there.
//!
//! Every secret in the tests has the word «hemmelig» in it, and every personal number is a right one, whose check digits tell it from other
//! numbers. Texts that the service sent are among what is searched: the sandbox and the tests' own servers put both into theirs.

use crate::Result;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// In every token, password, code and refresh token that a test makes up.
const MARK: &str = "hemmelig";
/// How a JWT begins, how a key does, and how a token is sent.
const FORMS: [&str; 3] = ["eyJ", "PRIVATE KEY-----", "Bearer ey"];

/// Searches the files of the folder. Answers how many there are.
pub(super) fn search(folder: &Path) -> Result<usize> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        files += 1;
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        for line in text.lines() {
            if let Some(what) = secret_in(line) {
                let shown: String = line.chars().take(300).collect();
                *found.entry(format!("{what} in {}: {shown}", path.display())).or_default() += 1;
            }
        }
    }
    if found.is_empty() {
        return Ok(files);
    }
    let lines: Vec<_> = found.iter().take(30).map(|(line, times)| format!("{times} x {line}")).collect();
    Err(format!("{} secrets were logged:\n{}", found.len(), lines.join("\n")).into())
}

/// What must not stand in a line, if something does.
fn secret_in(line: &str) -> Option<&'static str> {
    if line.contains(MARK) {
        return Some("a secret");
    }
    if FORMS.iter().any(|form| line.contains(form)) {
        return Some("a token or a key");
    }
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| !is_uuid(word));
    let parts = words.flat_map(|word| word.split('-')).filter(|part| !is_digest(part));
    let mut numbers = parts.flat_map(|part| part.split(|c: char| !c.is_ascii_digit()));
    numbers.any(is_person).then_some("a personal number")
}

/// A random id, such as a korrelasjonsid, in which every number turns up sooner or later.
fn is_uuid(word: &str) -> bool {
    let groups: Vec<usize> = word.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && word.split('-').all(is_hex)
}

/// As random, and too long to be anything else.
fn is_digest(part: &str) -> bool {
    part.len() >= 32 && is_hex(part)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it is a fødselsnummer or D-nummer, real or synthetic: eleven digits with a day and a month, and both check digits right.
fn is_person(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let [d1, d2, m1, m2, ..] = digits[..] else { return false };
    let (day, month) = (d1 * 10 + d2, m1 * 10 + m2);
    let is_day = matches!(day, 1..=31 | 41..=71);
    let is_month = [0, 40, 65, 80].iter().any(|raised| (1..=12).contains(&month.saturating_sub(*raised)));
    let fits = |weights: &[u32]| {
        digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == 0
    };
    digits.len() == 11
        && is_day
        && is_month
        && fits(&[3, 7, 6, 1, 8, 9, 4, 5, 2, 1])
        && fits(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1])
}

#[cfg(test)]
mod tests {
    use super::secret_in;

    #[test]
    fn secrets_are_found_and_masked_ones_are_none() {
        for bad in [
            "token=hemmelig.token",
            "x eyJhbGciOi",
            "-----BEGIN PRIVATE KEY-----",
            "for 13895118960: refused",
            "53896310042",
        ] {
            assert!(secret_in(bad).is_some(), "{bad}");
        }
        // What stands in the middle is a personal number by its digits.
        assert_eq!(secret_in("korrelasjonsid=e99fa00f-9e7b-4f5e-ac16-c28478861305 ms=1"), None);
        for bad in ["pnr28478861305", "c28478861305", "ac16-c28478861305", "ac16-28478861305-1"] {
            assert!(secret_in(bad).is_some(), "{bad}");
        }
        for good in ["for 138951*****: refused", "974761076", "10000000000", "20261122000", "1795853301640"] {
            assert_eq!(secret_in(good), None, "{good}");
        }
    }
}
