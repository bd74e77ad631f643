//! What a validation came to: the response envelope, `skattemeldingOgNaeringsspesifikasjonResponse`, as data.
//!
//! A return that validated with errors is a successful answer with findings, never an error. Unknown document types,
//! result codes and elements are kept as they were written. The receipt after submission uses the same envelope.
//!
//! Source: `skattemeldingognaeringsspesifikasjonresponse_v2_kompakt.xsd`.

use rust_decimal::Decimal;
use std::{convert::Infallible, fmt, str::FromStr};

/// The verdict of a validation. Open: an unknown value survives, and counts as not OK.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ResultatAvValidering {
    /// Nothing wrong was found.
    ValidertOk,
    /// Something is wrong; see the avvik and the årsaker.
    ValidertMedFeil,
    /// A value this version does not know, as it was written.
    Ukjent(String),
}

impl ResultatAvValidering {
    /// The value as it is on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ValidertOk => "validertOK",
            Self::ValidertMedFeil => "validertMedFeil",
            Self::Ukjent(text) => text,
        }
    }
}

impl FromStr for ResultatAvValidering {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "validertOK" => Self::ValidertOk,
            "validertMedFeil" => Self::ValidertMedFeil,
            other => Self::Ukjent(other.to_owned()),
        })
    }
}

impl fmt::Display for ResultatAvValidering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The whole outcome of a validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationOutcome {
    /// The verdict.
    pub resultat: ResultatAvValidering,
    /// The documents that came with it, in the order they came, each already stored.
    pub dokumenter: Vec<ResultDocument>,
    /// Differences between what was sent and what was computed.
    pub avvik_etter_beregning: Vec<Avvik>,
    /// Guidance from the controls.
    pub veiledning_etter_kontroll: Vec<Veiledning>,
    /// What the validation found wrong.
    pub avvik_ved_validering: Vec<Avvik>,
    /// Why the verdict is validertMedFeil.
    pub aarsaker: Vec<String>,
    /// `informasjonOmPersonligSkattesubjekt` or `informasjonOmUpersonligSkattesubjekt`: element name and value, in order.
    pub skattesubjekt: Vec<(String, String)>,
    /// Elements that the schema did not have when this was written.
    pub ukjente_elementer: Vec<UnknownElement>,
}

impl ValidationOutcome {
    /// Whether the verdict is validertOK.
    pub fn is_ok(&self) -> bool {
        self.resultat == ResultatAvValidering::ValidertOk
    }
}

/// A document of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultDocument {
    /// Its type, as it was written; open, since types are added without notice.
    pub dokumenttype: String,
    /// Its encoding, as it was written.
    pub encoding: String,
    /// Where its decoded bytes are.
    pub stored: StoredDocument,
}

/// What is known of a document before its bytes are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHead {
    /// Its type, as it was written; or, in a current return, the name of the element that holds it.
    pub dokumenttype: String,
    /// Its encoding, as it was written.
    pub encoding: String,
    /// Its place among the documents of the same answer, counted from 0.
    pub index: usize,
}

/// Where a decoded document was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// The name under which the sink stored it: a file name for a directory.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A SHA-256. `Display` is 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A deviation. Amounts are decimals, as the schema has them; most are whole kroner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Avvik {
    /// What kind; from the code list `avvikskodeVedValidertMedFeil`, open.
    pub avvikstype: String,
    /// Which occurrence in the document.
    pub forekomstidentifikator: Option<String>,
    /// The amount received.
    pub mottatt_verdi: Option<Decimal>,
    /// The amount computed.
    pub beregnet_verdi: Option<Decimal>,
    /// Their difference.
    pub avvik_i_verdi: Option<Decimal>,
    /// The text received.
    pub mottatt_tekst: Option<String>,
    /// The text computed.
    pub beregnet_tekst: Option<String>,
    /// The path of the field.
    pub sti: Option<String>,
    /// Anything else.
    pub oevrig_informasjon: Option<String>,
}

/// A piece of guidance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Veiledning {
    /// What kind; open.
    pub veiledningstype: String,
    /// Which occurrence in the document.
    pub forekomstidentifikator: Option<String>,
    /// The help text, in Norwegian.
    pub hjelpetekst: Option<String>,
    /// How it is dealt with; open.
    pub betjeningsstrategi: Option<String>,
    /// The path of the field.
    pub sti: Option<String>,
}

/// An element nobody knew, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownElement {
    /// Its path from the root, such as `avvikEtterBeregning/avvik/nyttFelt`.
    pub path: String,
    /// Its text, with the texts of what it holds.
    pub text: String,
}
