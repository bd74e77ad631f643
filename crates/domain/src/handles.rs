//! Opaque ids that the service hands out, or that we send so that it can find a call again.
//!
//! Each is a parsed newtype: what it holds is safe where it goes (a URL path, an XML text, a header) and says so.

use crate::Invalid;
use std::{fmt, str::FromStr};

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $max:literal, $accepts:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text as the service writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                let accepts: fn(u8) -> bool = $accepts;
                let fits = !text.is_empty() && text.len() <= $max && text.bytes().all(accepts);
                if fits && text != "." && text != ".." {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Invalid::new($expected, text, $rule))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~')
}

handle! {
    /// What an upload is answered with: stands for the uploaded næringsspesifikasjon when a job is started and when the
    /// return is submitted. One may serve several jobs. 1 to 200 visible ASCII characters (the service sends 36 hex digits).
    ///
    /// Source: `asynk-api.md`, section 1.
    Referanse, "a referanse", 200, |b| b.is_ascii_graphic(), "it must be 1 to 200 visible ASCII characters"
}

handle! {
    /// The id of a validation job. It becomes part of a URL path, so only unreserved characters are accepted: letters,
    /// digits and `-._~`, at most 200.
    ///
    /// Source: `asynk-api.md`, section 2.
    JobbId, "a jobbId", 200, is_unreserved, "it must be 1 to 200 letters, digits or -._~"
}

handle! {
    /// The id of the return that is in force (gjeldende), such as `SKI:755:15086617`; an envelope must refer to it.
    /// 1 to 400 visible ASCII characters.
    Dokumentidentifikator, "a dokumentidentifikator", 400, |b| b.is_ascii_graphic(),
    "it must be visible ASCII characters, such as SKI:755:15086617"
}

handle! {
    /// The id of one call, sent as the header `Korrelasjonsid`. Skatteetaten's support asks for it. A UUID in practice.
    Korrelasjonsid, "a korrelasjonsid", 100, is_unreserved, "it must be 1 to 100 letters, digits or -._~"
}

handle! {
    /// The service's own name for what it refused: the `type` of a problem document or the `kode` of a general error. One rule about
    /// krav has an ø in its name.
    Slug, "a slug", 800, |b| b.is_ascii_graphic() || !b.is_ascii(), "it must be 1 to 800 bytes of visible characters"
}

handle! {
    /// Skatteetaten's id of a krav, given when it was received. A UUID in practice; it becomes part of a URL path.
    ///
    /// Source: `innkrevingsoppdrag.md`, "Opprett et innkrevingsoppdrag".
    Kravidentifikator, "a kravidentifikator", 100, is_unreserved, "it must be 1 to 100 letters, digits or -._~"
}

handle! {
    /// The id of one accepted change or write-off, given by edition v1. Reconciliation shows it again.
    Transaksjonsid, "a transaksjonsid", 200, |b| b.is_ascii_graphic(), "it must be 1 to 200 visible ASCII characters"
}

impl Korrelasjonsid {
    /// A UUID from its 128 bits, which the caller draws: this crate has no randomness.
    pub fn from_uuid(bits: u128) -> Self {
        let part = |shift: u32, mask: u128| (bits >> shift) & mask;
        Self(format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            part(96, 0xffff_ffff),
            part(80, 0xffff),
            part(64, 0xffff),
            part(48, 0xffff),
            part(0, 0xffff_ffff_ffff)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobb_id_cannot_leave_its_place_in_a_path() {
        for good in ["668226ad7643181b4c525c98ec96773492b9", "storeDokument-1_2.3~4"] {
            assert!(good.parse::<JobbId>().is_ok(), "{good}");
        }
        for bad in ["", "..", ".", "a/b", "a?b", "a#b", "a%2fb", "a b", "æ", &"x".repeat(201)] {
            assert!(bad.parse::<JobbId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_korrelasjonsid_is_written_as_a_uuid() {
        let id = Korrelasjonsid::from_uuid(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!(id.as_str(), "01234567-89ab-cdef-0011-223344556677");
    }

    #[test]
    fn a_referanse_is_taken_as_the_service_writes_it() {
        assert!("a7a076307d21385cf50209cebdc2b2886467".parse::<Referanse>().is_ok());
        for bad in ["", "to ord", "linje\nskift", "blå"] {
            assert!(bad.parse::<Referanse>().is_err(), "{bad}");
        }
    }
}
