use super::DataId;
use crate::{Invalid, Tekst};
use std::{fmt, str::FromStr};

/// The name of an attachment: letters, digits and `._-`, at most 100, since the service answers a quoted name with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VedleggNavn(String);

impl VedleggNavn {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VedleggNavn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !text.is_empty() && text.len() <= 100 && text.bytes().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("a name for an attachment", text, "use 1 to 100 letters, digits or ._-"))
        }
    }
}

impl fmt::Display for VedleggNavn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kinds of attachments that the app takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vedleggstype {
    /// A PDF.
    Pdf,
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A workbook (Office Open XML).
    Xlsx,
}

impl Vedleggstype {
    /// Its `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The ending of a file's name that goes with it, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Xlsx => "xlsx",
        }
    }

    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Pdf, Self::Jpeg, Self::Png, Self::Xlsx];
}

/// What a skattemelding says of an attachment that lies in the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VedleggIMelding {
    /// The id that the service gave the attachment's data element.
    pub id: DataId,
    /// The file's name, as the person who attached it knows it.
    pub filnavn: Tekst,
    /// What it is.
    pub kind: Vedleggstype,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_no_quotes() {
        for good in ["a.pdf", "Aarsregnskap_2023-1.xlsx"] {
            assert_eq!(good.parse::<VedleggNavn>().unwrap().as_str(), good);
        }
        for bad in ["", "a b.pdf", "\u{e5}r.pdf", "a\".pdf", "a;b", "a\r\nb", &"x".repeat(101)] {
            assert!(bad.parse::<VedleggNavn>().is_err(), "{bad:?}");
        }
    }
}
