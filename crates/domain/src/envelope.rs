//! The request envelope, `skattemeldingOgNaeringsspesifikasjonRequest`, with all its fields.
//!
//! Source: `skattemeldingognaeringsspesifikasjonrequest_v2_kompakt.xsd` and `asynk-api.md`, section 2. What a document
//! holds is a type parameter, so that the same model serves small documents in memory and large ones that are streamed.

use crate::{Dokumentidentifikator, Inntektsaar, Invalid, Referanse};
use std::{fmt, str::FromStr};

/// The first income year whose envelopes must say what the filing is for.
pub const INNSENDINGSFORMAAL_DEMANDED_FROM: u16 = 2024;

/// Everything one validation or submission sends: documents, what they replace, for which year, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<C> {
    dokumenter: Vec<Konvoluttdokument<C>>,
    gjeldende: Vec<Dokumentreferanse>,
    inntektsaar: Inntektsaar,
    innsendingsinformasjon: Option<Innsendingsinformasjon>,
}

/// Why an envelope cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// There is no document in it.
    #[error("an envelope needs at least one document")]
    NoDocuments,
    /// From 2024 on the envelope must say what the filing is for.
    #[error(
        "from income year 2024 on, say what the filing is for: egenfastsetting, klage or endringsanmodning"
    )]
    InnsendingsformaalMissing,
}

impl<C> Envelope<C> {
    /// An envelope for `inntektsaar`.
    ///
    /// # Errors
    /// If there is no document, or `innsendingsformaal` is missing in a year that demands it.
    pub fn new(
        inntektsaar: Inntektsaar,
        dokumenter: Vec<Konvoluttdokument<C>>,
        gjeldende: Vec<Dokumentreferanse>,
        innsendingsinformasjon: Option<Innsendingsinformasjon>,
    ) -> Result<Self, EnvelopeError> {
        if dokumenter.is_empty() {
            return Err(EnvelopeError::NoDocuments);
        }
        let formaal = innsendingsinformasjon.as_ref().and_then(|i| i.innsendingsformaal);
        if inntektsaar.get() >= INNSENDINGSFORMAAL_DEMANDED_FROM && formaal.is_none() {
            return Err(EnvelopeError::InnsendingsformaalMissing);
        }
        Ok(Self { dokumenter, gjeldende, inntektsaar, innsendingsinformasjon })
    }

    /// The documents, in the order they are written. Never empty.
    pub fn dokumenter(&self) -> &[Konvoluttdokument<C>] {
        &self.dokumenter
    }

    /// The returns in force that this envelope replaces (`dokumentreferanseTilGjeldendeDokument`).
    pub fn gjeldende(&self) -> &[Dokumentreferanse] {
        &self.gjeldende
    }

    /// The income year.
    pub fn inntektsaar(&self) -> Inntektsaar {
        self.inntektsaar
    }

    /// What kind of filing, by which system.
    pub fn innsendingsinformasjon(&self) -> Option<&Innsendingsinformasjon> {
        self.innsendingsinformasjon.as_ref()
    }
}

/// One document of an envelope. Its `encoding` is always utf-8, the only value that the schema has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Konvoluttdokument<C> {
    /// The document, or the reference that stands for it.
    pub innhold: Innhold<C>,
    /// For an advance assessment (forhåndsfastsetting): the namespace of the document, which then follows other version rules.
    pub navnerom_ved_forhaandsfastsetting: Option<Tekst>,
}

impl<C> Konvoluttdokument<C> {
    /// A document that travels inside the envelope.
    pub fn inline(dokumenttype: Dokumenttype, content: C) -> Self {
        Self { innhold: Innhold::Inline(dokumenttype, content), navnerom_ved_forhaandsfastsetting: None }
    }

    /// An uploaded næringsspesifikasjon, by its reference.
    pub fn referanse(referanse: Referanse) -> Self {
        Self { innhold: Innhold::Referanse(referanse), navnerom_ved_forhaandsfastsetting: None }
    }
}

/// What a document of an envelope holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Innhold<C> {
    /// The document itself, base64 on the wire.
    Inline(Dokumenttype, C),
    /// `naeringsspesifikasjonReferanse`: the reference as plain text.
    Referanse(Referanse),
}

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident, $expected:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the schema's order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The value as it is on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Invalid::new($expected, text, concat!("it must be one of:" $(, " ", $text)+))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

wire_enum! {
    /// The kind of a document that travels inside an envelope, and of a return that it refers to.
    Dokumenttype, "a dokumenttype" {
        /// A person's return.
        SkattemeldingPersonlig = "skattemeldingPersonlig",
        /// A company's return.
        SkattemeldingUpersonlig = "skattemeldingUpersonlig",
        /// The specification of a business' income.
        Naeringsspesifikasjon = "naeringsspesifikasjon",
        /// A partnership's return (selskap med deltakerfastsetting).
        SelskapsmeldingSdf = "selskapsmeldingSdf",
    }
}

wire_enum! {
    /// Whether the return is complete, or a draft that will be completed elsewhere.
    Innsendingstype, "an innsendingstype" {
        /// Complete.
        Komplett = "komplett",
        /// To be completed elsewhere.
        IkkeKomplett = "ikkeKomplett",
    }
}

wire_enum! {
    /// What a filing is for. Demanded from income year 2024.
    Innsendingsformaal, "an innsendingsformaal" {
        /// The taxpayer's own assessment.
        Egenfastsetting = "egenfastsetting",
        /// A complaint.
        Klage = "klage",
        /// A request to change.
        Endringsanmodning = "endringsanmodning",
    }
}

/// Which return in force an envelope replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dokumentreferanse {
    /// Its kind.
    pub dokumenttype: Dokumenttype,
    /// Its id, from the current return (gjeldende).
    pub dokumentidentifikator: Dokumentidentifikator,
}

/// What kind of filing, made by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Innsendingsinformasjon {
    /// Complete or not.
    pub innsendingstype: Innsendingstype,
    /// The name of the system that made the envelope.
    pub opprettet_av: Tekst,
    /// A foreign tax identification number.
    pub tin: Option<Tekst>,
    /// What the filing is for; demanded from income year 2024.
    pub innsendingsformaal: Option<Innsendingsformaal>,
}

/// A text of the envelope: at most 4000 characters, none that XML 1.0 cannot carry. May be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tekst(String);

impl Tekst {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tekst {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let expected = "a text of the envelope";
        if text.chars().count() > 4000 {
            return Err(Invalid::new(expected, text, "it is longer than 4000 characters"));
        }
        let forbidden =
            |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
        if text.contains(forbidden) {
            return Err(Invalid::new(expected, text, "it has a control character that XML cannot carry"));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn informasjon(formaal: Option<Innsendingsformaal>) -> Option<Innsendingsinformasjon> {
        Some(Innsendingsinformasjon {
            innsendingstype: Innsendingstype::Komplett,
            opprettet_av: "test".parse().unwrap(),
            tin: None,
            innsendingsformaal: formaal,
        })
    }

    #[test]
    fn innsendingsformaal_is_demanded_from_2024() {
        let dokument = || vec![Konvoluttdokument::inline(Dokumenttype::SkattemeldingUpersonlig, ())];
        let envelope = |aar: u16, info| Envelope::new(aar.try_into().unwrap(), dokument(), vec![], info);
        assert!(envelope(2023, None).is_ok());
        assert!(envelope(2023, informasjon(None)).is_ok());
        for info in [None, informasjon(None)] {
            assert_eq!(envelope(2024, info).unwrap_err(), EnvelopeError::InnsendingsformaalMissing);
        }
        assert!(envelope(2024, informasjon(Some(Innsendingsformaal::Klage))).is_ok());
    }

    #[test]
    fn an_empty_envelope_is_refused() {
        let empty = Envelope::<()>::new(2023.try_into().unwrap(), vec![], vec![], None);
        assert_eq!(empty.unwrap_err(), EnvelopeError::NoDocuments);
    }

    #[test]
    fn texts_are_counted_in_characters() {
        assert!("ø".repeat(4000).parse::<Tekst>().is_ok());
        assert!("ø".repeat(4001).parse::<Tekst>().is_err());
        assert!("a\u{1}b".parse::<Tekst>().is_err());
    }

    #[test]
    fn wire_values_are_read_as_they_are_written() {
        for &dokumenttype in Dokumenttype::ALL {
            assert_eq!(dokumenttype.as_str().parse(), Ok(dokumenttype));
        }
        let error = "skattemelding".parse::<Dokumenttype>().unwrap_err().to_string();
        assert!(error.contains("skattemeldingUpersonlig"), "{error}");
    }
}
