use crate::Invalid;
use std::{fmt, str::FromStr};

/// An amount in whole Norwegian kroner (NOK). The API has no øre.
///
/// May be zero or negative, since a request must be able to say so for the rules to find it; see
/// [`check`](super::rules::check).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Kroner(i64);

impl Kroner {
    /// So many kroner.
    pub const fn new(kroner: i64) -> Self {
        Self(kroner)
    }

    /// How many.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether it is more than nothing.
    pub const fn is_over_0(self) -> bool {
        self.0 > 0
    }
}

/// The digits, without separators: `48210`.
impl fmt::Display for Kroner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Kroner {
    type Err = Invalid;

    /// Digits, with `-` before them for a negative amount. No øre, no separators, no exponent: a text that could be read in two
    /// ways is not read at all.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = |why: &str| Invalid::new("an amount in whole kroner", text, why);
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() {
            return Err(invalid("write it as digits, such as 48210"));
        }
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(Self).map_err(|_| invalid("it is larger than any amount can be"));
        }
        let mut parts = digits.splitn(2, [',', '.']);
        let numeric = |part: Option<&str>| {
            part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        };
        if numeric(parts.next()) && numeric(parts.next()) {
            return Err(invalid("it has øre, and the service takes whole kroner; write it without decimals"));
        }
        Err(invalid("write it as digits only, without spaces, separators or currency"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_kroner_are_read() {
        for (text, kroner) in [("0", 0), ("48210", 48210), ("-5", -5), ("9223372036854775807", i64::MAX)] {
            assert_eq!(text.parse(), Ok(Kroner::new(kroner)), "{text}");
        }
        for (text, why) in [
            ("9000.50", "øre"),
            ("9000,00", "øre"),
            ("9223372036854775808", "larger"),
            ("", "digits"),
            ("-", "digits"),
            ("10 000", "without spaces"),
            ("1e3", "digits only"),
            ("kr 5", "digits only"),
            ("+5", "digits only"),
            ("٣", "digits only"),
            (".5", "digits only"),
        ] {
            let error = text.parse::<Kroner>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(kroner: i64) {
            prop_assert_eq!(Kroner::new(kroner).to_string().parse(), Ok(Kroner::new(kroner)));
        }
    }
}
