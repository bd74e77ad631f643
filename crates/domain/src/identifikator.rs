//! Who a return is filed for: an organisation or a person, with check digits verified.

use crate::{Invalid, masking};
use std::{fmt, str::FromStr};

/// Nine digits from Enhetsregisteret, the last one a check digit (modulus 11, weights 3 2 7 6 5 4 3 2).
///
/// Synthetic organisations of the test environments, which begin with 2 or 3, are accepted as well.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Organisasjonsnummer(String);

/// Eleven digits: birth date `ddmmyy`, three individual digits, two check digits (modulus 11).
///
/// Synthetic persons (month + 40, + 65 or + 80) are accepted. `Debug` shows only the date.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Foedselsnummer(String);

/// As [`Foedselsnummer`], for persons without one: the first digit is raised by 4. `Debug` shows only the date.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DNummer(String);

/// Whom a return is filed for. A sole proprietor files under the person's number, never the organisation's.
///
/// `Display` shows it whole, since it goes into paths and documents; `Debug` and [`masked`](Self::masked) are for logs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identifikator {
    /// An organisation.
    Organisasjon(Organisasjonsnummer),
    /// A person with a fødselsnummer.
    Person(Foedselsnummer),
    /// A person with a D-nummer.
    PersonMedDNummer(DNummer),
}

impl Identifikator {
    /// The digits.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organisasjon(n) => &n.0,
            Self::Person(n) => &n.0,
            Self::PersonMedDNummer(n) => &n.0,
        }
    }

    /// The digits as logs and errors may show them: an organisation whole, a person as `010190*****`.
    pub fn masked(&self) -> String {
        masking::mask(self.as_str())
    }

    /// Whether this is a person, whose number must not reach a log.
    pub fn is_person(&self) -> bool {
        !matches!(self, Self::Organisasjon(_))
    }

    /// Whether it is made up for test environments, and nobody's in production: a person whose month is raised, an organisation that
    /// begins with 2 or 3.
    pub fn is_synthetic(&self) -> bool {
        match self {
            Self::Organisasjon(n) => n.0.starts_with(['2', '3']),
            // The highest month of a real person is 12, so that the first of its digits tells them apart.
            Self::Person(Foedselsnummer(n)) | Self::PersonMedDNummer(DNummer(n)) => {
                !matches!(n.as_bytes().get(2), Some(b'0' | b'1'))
            }
        }
    }
}

impl FromStr for Identifikator {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "an identifikator";
        match text.len() {
            _ if text.contains(char::is_whitespace) => {
                Err(Invalid::new(expected, text, "write the digits without spaces"))
            }
            9 => text.parse().map(Self::Organisasjon),
            11 if text.starts_with(['4', '5', '6', '7']) => text.parse().map(Self::PersonMedDNummer),
            11 => text.parse().map(Self::Person),
            _ => Err(Invalid::new(
                expected,
                text,
                "an organisasjonsnummer has 9 digits, a fødselsnummer or D-nummer 11",
            )),
        }
    }
}

impl FromStr for Organisasjonsnummer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "an organisasjonsnummer";
        let digits: [u8; 9] = digits(expected, text)?;
        match mod11(&digits[..8], &[3, 2, 7, 6, 5, 4, 3, 2]) {
            Some(check) if check == digits[8] => Ok(Self(text.to_owned())),
            _ => Err(Invalid::new(expected, text, "its check digit is wrong; look for a typing mistake")),
        }
    }
}

impl FromStr for Foedselsnummer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        person("a fødselsnummer", text, 1..=31).map(Self)
    }
}

impl FromStr for DNummer {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        person("a D-nummer", text, 41..=71).map(Self)
    }
}

fn person(expected: &'static str, text: &str, days: std::ops::RangeInclusive<u8>) -> Result<String, Invalid> {
    let d: [u8; 11] = digits(expected, text)?;
    let (day, month) = (d[0] * 10 + d[1], d[2] * 10 + d[3]);
    // Tenor adds 80 to the month of synthetic persons, Dolly 40, and Tenor's older ones 65.
    let real_month = [0, 40, 65, 80].iter().any(|shift| (1..=12).contains(&month.wrapping_sub(*shift)));
    if !days.contains(&day) || !real_month {
        return Err(Invalid::new(expected, text, "it does not begin with a date"));
    }
    let first = mod11(&d[..9], &[3, 7, 6, 1, 8, 9, 4, 5, 2]);
    let second = mod11(&d[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
    if first == Some(d[9]) && second == Some(d[10]) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new(expected, text, "its check digits are wrong; look for a typing mistake"))
    }
}

fn digits<const N: usize>(expected: &'static str, text: &str) -> Result<[u8; N], Invalid> {
    let bytes = text.as_bytes();
    if bytes.len() != N || !bytes.iter().all(u8::is_ascii_digit) {
        return Err(Invalid::new(expected, text, format!("it must be {N} digits and nothing else")));
    }
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = from - b'0';
    }
    Ok(out)
}

/// The check digit, or `None` for a number that cannot have one (remainder 1, which would need the digit 10).
fn mod11(digits: &[u8], weights: &[u32]) -> Option<u8> {
    let sum: u32 = digits.iter().zip(weights).map(|(d, w)| u32::from(*d) * w).sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        check => u8::try_from(check).ok(),
    }
}

impl Organisasjonsnummer {
    /// The nine digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Organisasjonsnummer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for Identifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Organisasjonsnummer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Foedselsnummer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masking::mask(&self.0))
    }
}
impl fmt::Debug for DNummer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masking::mask(&self.0))
    }
}
impl fmt::Debug for Identifikator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_numbers_are_accepted() {
        for number in ["974761076", "310817074", "910957163"] {
            assert!(matches!(number.parse(), Ok(Identifikator::Organisasjon(_))), "{number}");
        }
        for number in ["17912099997", "29822099635"] {
            assert!(matches!(number.parse(), Ok(Identifikator::Person(_))), "{number}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_showing_a_person() {
        for (text, why) in [
            ("974761077", "check digit"),
            ("97476107", "9 digits"),
            ("974 761 076", "without spaces"),
            ("97476107a", "digits and nothing else"),
            ("17912099998", "check digits"),
            ("99912099997", "begin with a date"),
            ("", "9 digits"),
        ] {
            let error = text.parse::<Identifikator>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let error = "17912099998".parse::<Identifikator>().unwrap_err().to_string();
        assert!(error.contains("179120*****") && !error.contains("99998"), "{error}");
    }

    #[test]
    fn debug_hides_a_person_and_shows_an_organisation() {
        let person: Identifikator = "17912099997".parse().unwrap();
        assert_eq!(format!("{person:?}"), "179120*****");
        assert_eq!(person.to_string(), "17912099997");
        let organisation: Identifikator = "974761076".parse().unwrap();
        assert_eq!(format!("{organisation:?}"), "974761076");
    }

    /// A person's number with its check digits, from the nine digits before them; `None` if there is none.
    fn person(nine: &str) -> Option<Identifikator> {
        let mut d: Vec<u8> = nine.bytes().map(|b| b - b'0').collect();
        d.push(mod11(&d, &[3, 7, 6, 1, 8, 9, 4, 5, 2])?);
        d.push(mod11(&d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2])?);
        Some(d.iter().map(u8::to_string).collect::<String>().parse().unwrap())
    }

    #[test]
    fn synthetic_numbers_are_told_from_real_ones() {
        for number in ["13895118960", "08846328271", "17912099997", "29822099635", "310817074"] {
            assert!(number.parse::<Identifikator>().unwrap().is_synthetic(), "{number}");
        }
        for number in ["974761076", "889640782", "974760673"] {
            assert!(!number.parse::<Identifikator>().unwrap().is_synthetic(), "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_person_is_synthetic_by_its_month_alone(
            month in 1u32..=12,
            shift in prop::sample::select(vec![0u32, 40, 65, 80]),
            day in prop::sample::select(vec![1u32, 28, 41, 68]),
            individual in 0u32..1000,
        ) {
            if let Some(number) = person(&format!("{day:02}{:02}90{individual:03}", month + shift)) {
                prop_assert_eq!(number.is_synthetic(), shift > 0);
            }
        }

        #[test]
        fn any_single_wrong_digit_is_noticed(at in 0usize..9, by in 1u8..10) {
            let mut digits = *b"974761076";
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let text = std::str::from_utf8(&digits).unwrap();
            prop_assert!(text.parse::<Organisasjonsnummer>().is_err());
        }

        #[test]
        fn a_d_nummer_is_told_from_a_foedselsnummer_by_its_first_digit(individual in 0u32..1000) {
            for (prefix, is_d) in [("010190", false), ("410190", true)] {
                let Some(parsed) = person(&format!("{prefix}{individual:03}")) else { continue };
                prop_assert_eq!(matches!(parsed, Identifikator::PersonMedDNummer(_)), is_d);
                prop_assert!(parsed.is_person());
            }
        }
    }
}
