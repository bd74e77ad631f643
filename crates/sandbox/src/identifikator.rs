//! Whose tax return: an organisation number or a personal number, with its check digits.

use std::fmt;

/// An identifier whose check digits are right. `Debug` and `Display` mask personal numbers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identifikator {
    digits: String,
}

impl Identifikator {
    /// Nine digits (organisasjonsnummer) or eleven (fødselsnummer, D-nummer), check digits included.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
        let right = match digits.len() {
            9 => check_digit(&digits[..8], &[3, 2, 7, 6, 5, 4, 3, 2]) == Some(digits[8]),
            11 => {
                check_digit(&digits[..9], &[3, 7, 6, 1, 8, 9, 4, 5, 2]) == Some(digits[9])
                    && check_digit(&digits[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == Some(digits[10])
            }
            _ => false,
        };
        // Zeros alone have right check digits and are nobody's number.
        (right && digits.iter().any(|d| *d != 0)).then(|| Identifikator { digits: text.to_owned() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.digits
    }

    pub(crate) fn is_person(&self) -> bool {
        self.digits.len() == 11
    }
}

impl fmt::Display for Identifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_person() { write!(f, "{}*****", &self.digits[..6]) } else { f.write_str(&self.digits) }
    }
}

impl fmt::Debug for Identifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Modulo 11. None where the rest would need the digit 10: such numbers are not given out.
fn check_digit(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => None,
        digit => Some(digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_right_check_digits_only() {
        for good in ["974761076", "310817074", "01019000083", "41019000077"] {
            assert!(Identifikator::parse(good).is_some(), "{good}");
        }
        for bad in [
            "974761077",
            "97476107",
            "01019000084",
            "0101900008",
            "974761o76",
            "",
            "000000000",
            "00000000000",
        ] {
            assert!(Identifikator::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn persons_are_masked_in_text() {
        let person = Identifikator::parse("01019000083").unwrap();
        assert_eq!(format!("{person} {person:?}"), "010190***** 010190*****");
        assert_eq!(Identifikator::parse("974761076").unwrap().to_string(), "974761076");
    }
}
