//! The rules for the ids that a krav carries.

use crate::identifikator::Identifikator;
use crate::organisation;

/// A reference or an id of the oppdragsgiver's: 1 to 40 letters, digits, hyphens and slashes.
pub(crate) fn is_own_id(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ-/".contains(c);
    (1..=40).contains(&text.chars().count()) && text.chars().all(letter)
}

/// An organisasjonsnummer with its check digit.
pub(crate) fn is_organisation(text: &str) -> bool {
    organisation::is_organisation(text)
}

/// A fødselsnummer or D-nummer with its check digits and a day and month that can be; synthetic
/// persons have a month with 40, 65 or 80 added.
pub(crate) fn is_person(text: &str) -> bool {
    let checked = Identifikator::parse(text).is_some_and(|number| number.is_person());
    let two = |at: usize| text.get(at..at + 2).and_then(|digits| digits.parse::<u8>().ok());
    let day = matches!(two(0), Some(1..=31 | 41..=71));
    let month = matches!(two(2), Some(1..=12 | 41..=52 | 66..=77 | 81..=92));
    checked && day && month
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_have_a_birthday() {
        // Ordinary, D-nummer, and months with 40, 65 and 80 added.
        for good in [
            "01017090425",
            "41017090338",
            "01417090084",
            "01667090292",
            "01817090067",
            "41817090131",
            "13895118960",
        ] {
            assert!(is_person(good), "{good}");
        }
        // Wrong check digits, month 0, and an organisation.
        for bad in ["01017090426", "01007090046", "974761076", "", "abcdefghijk"] {
            assert!(!is_person(bad), "{bad}");
        }
        assert!(is_organisation("974761076") && !is_organisation("01017090425"));
    }

    #[test]
    fn own_ids_have_letters_digits_hyphens_and_slashes() {
        for good in ["K", "æøå-ÆØÅ/1", &"å".repeat(40)] {
            assert!(is_own_id(good), "{good}");
        }
        for bad in ["", " ", "a b", "a_b", "é", "K.1", &"å".repeat(41)] {
            assert!(!is_own_id(bad), "{bad}");
        }
    }
}
