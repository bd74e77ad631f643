//! How an upload is compressed.

use super::source::{Raw, Sourced};
use skattebro::codec::Compression;
use std::fmt;
use std::str::FromStr;

/// What the setting says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Komprimering {
    /// As it pays.
    #[default]
    Auto,
    Gzip,
    Brotli,
    Ingen,
}

impl Komprimering {
    const ALL: [Self; 4] = [Self::Auto, Self::Gzip, Self::Brotli, Self::Ingen];

    fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gzip => "gzip",
            Self::Brotli => "brotli",
            Self::Ingen => "ingen",
        }
    }

    /// What that means, where `auto` may use brotli or not.
    pub(super) fn compression(self, may_be_brotli: bool) -> Compression {
        match self {
            Self::Auto if may_be_brotli => Compression::AutoOrBrotli,
            Self::Auto => Compression::Auto,
            Self::Gzip => Compression::Gzip,
            Self::Brotli => Compression::Brotli,
            Self::Ingen => Compression::None,
        }
    }
}

impl fmt::Display for Komprimering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Komprimering {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|this| this.as_str() == text);
        found.ok_or_else(|| "it must be auto, gzip, brotli or ingen".to_owned())
    }
}

/// A setting that is `ja` or `nei`.
pub(super) fn yes_or_no(raw: &Sourced<Raw>) -> Result<bool, String> {
    match raw.value.text()? {
        "ja" => Ok(true),
        "nei" => Ok(false),
        _ => Err("it must be ja or nei".to_owned()),
    }
}

/// As [`yes_or_no`] reads it.
pub(crate) fn show_yes_or_no(yes: &bool) -> String {
    if *yes { "ja" } else { "nei" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_one_way_to_compress() {
        for (word, without, with) in [
            ("auto", Compression::Auto, Compression::AutoOrBrotli),
            ("gzip", Compression::Gzip, Compression::Gzip),
            ("brotli", Compression::Brotli, Compression::Brotli),
            ("ingen", Compression::None, Compression::None),
        ] {
            let komprimering: Komprimering = word.parse().unwrap();
            assert_eq!(komprimering.to_string(), word);
            assert_eq!((komprimering.compression(false), komprimering.compression(true)), (without, with));
        }
        assert!("gz".parse::<Komprimering>().unwrap_err().contains("auto, gzip, brotli or ingen"));
    }
}
