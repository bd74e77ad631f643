use crate::{Invalid, Kravidentifikator, masking};
use std::{fmt, str::FromStr};

/// The oppdragsgiver's own id of a krav: what makes sending it again safe, since the service takes each only once.
///
/// 1 to 40 letters (a–å, A–Å), digits, `-` and `/`. Unique per oppdragsgiver, for good: the id of a krav that was rejected is not
/// free again.
///
/// Source: contract page `innkreving.md`, rule `ugyldig-oppdragsgivers-kravidentifikator`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OppdragsgiversKravidentifikator(String);

impl OppdragsgiversKravidentifikator {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OppdragsgiversKravidentifikator {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match why_no_reference(text) {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(Invalid::new("an oppdragsgiversKravidentifikator", text, why)),
        }
    }
}

impl fmt::Display for OppdragsgiversKravidentifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An oppdragsgiver may have built a personal number into it.
impl fmt::Debug for OppdragsgiversKravidentifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masking::mask(&self.0))
    }
}

/// Why `text` breaks the rule for references and ids, if it does.
pub(super) fn why_no_reference(text: &str) -> Option<&'static str> {
    let accepted = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ-/".contains(c);
    match text.chars().count() {
        0 => Some("it is empty"),
        41.. => Some("it has more than 40 characters"),
        _ if text.chars().all(accepted) => None,
        _ if text.contains(['\u{30a}', '\u{308}']) => {
            Some("it has an accent as a character of its own (decomposed Unicode); write å as one character")
        }
        _ => Some("only letters (a to å), digits, - and / are allowed"),
    }
}

/// What a krav is addressed by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KravId {
    /// Skatteetaten's own id.
    Skatteetatens(Kravidentifikator),
    /// The oppdragsgiver's id. Edition 2023 is not known to take it.
    Oppdragsgivers(OppdragsgiversKravidentifikator),
}

impl KravId {
    /// What the API calls the kind of id.
    pub fn kravidentifikatortype(&self) -> &'static str {
        match self {
            Self::Skatteetatens(_) => "SKATTEETATENS_KRAVIDENTIFIKATOR",
            Self::Oppdragsgivers(_) => "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR",
        }
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Skatteetatens(id) => id.as_str(),
            Self::Oppdragsgivers(id) => id.as_str(),
        }
    }
}

impl fmt::Display for KravId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KravId {
    type Err = Invalid;

    /// A UUID is taken for Skatteetaten's; anything else is the oppdragsgiver's. A UUID is a legal id of an oppdragsgiver as well: whoever
    /// knows which it is makes the variant itself.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if is_uuid(text) {
            return text.to_ascii_lowercase().parse().map(Self::Skatteetatens);
        }
        text.parse().map(Self::Oppdragsgivers)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_has_letters_digits_hyphens_and_slashes() {
        for good in ["K-1", "æøå-ÆØÅ/1", &"x".repeat(40), "/"] {
            assert!(good.parse::<OppdragsgiversKravidentifikator>().is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a_b", "a.b", "é", "K\n", "a\u{30a}", &"x".repeat(41), "ａ"] {
            assert!(bad.parse::<OppdragsgiversKravidentifikator>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_uuid_is_skatteetatens_and_the_rest_are_the_oppdragsgivers() {
        let theirs: KravId = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11".parse().unwrap();
        assert_eq!(theirs.kravidentifikatortype(), "SKATTEETATENS_KRAVIDENTIFIKATOR");
        let ours: KravId = "K-2026-000088".parse().unwrap();
        assert_eq!(ours.kravidentifikatortype(), "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR");
        assert!("../x".parse::<KravId>().is_err());
    }

    #[test]
    fn debug_hides_a_person_that_was_built_into_an_id() {
        let id: OppdragsgiversKravidentifikator = "K-13895118960".parse().unwrap();
        assert_eq!(format!("{id:?}"), "K-138951*****");
    }

    proptest! {
        #[test]
        fn no_id_is_longer_than_40_characters(text in "\\PC{0,60}") {
            if text.parse::<OppdragsgiversKravidentifikator>().is_ok() {
                prop_assert!((1..=40).contains(&text.chars().count()));
            }
        }
    }
}
