//! The income year a return is about.

use crate::Invalid;
use std::{fmt, str::FromStr};

/// An income year: four digits, 1000 to 9999, as the envelope's schema has it.
///
/// Whether skattebro knows which schemas belong to the year is another question: see [`crate::schema_year`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inntektsaar(u16);

impl Inntektsaar {
    /// The year as a number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl FromStr for Inntektsaar {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let four_digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(year) if four_digits && year >= 1000 => Ok(Self(year)),
            _ => Err(Invalid::new("an inntektsaar", text, "it must be a year of four digits, such as 2023")),
        }
    }
}

impl TryFrom<u16> for Inntektsaar {
    type Error = Invalid;

    fn try_from(year: u16) -> Result<Self, Invalid> {
        year.to_string().parse()
    }
}

impl fmt::Display for Inntektsaar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_years_of_four_digits() {
        assert_eq!("2023".parse::<Inntektsaar>().unwrap().get(), 2023);
        for wrong in ["", "23", "02023", "+202", "0999", "2023 ", "20２3", "abcd"] {
            assert!(wrong.parse::<Inntektsaar>().is_err(), "{wrong}");
        }
    }
}
