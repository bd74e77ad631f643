//! The return in force, as `skattemeldingOgNaeringsspesifikasjonforespoerselResponse` tells it.
//!
//! A filing normally begins here: the return's id must be in the envelope.

use crate::{Dokumentidentifikator, Dokumentreferanse, Dokumenttype, StoredDocument};

/// The return in force, with the documents around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gjeldende {
    /// The return itself.
    pub skattemelding: GjeldendeDokument,
    /// The business specification that goes with it.
    pub naeringsspesifikasjon: Option<GjeldendeDokument>,
    /// Extended guidance, if it was asked for (from income year 2022).
    pub utvidet_veiledning: Vec<GjeldendeDokument>,
    /// Fields of the return that may not be changed.
    pub laast_i_skattemelding: Vec<LaastFelt>,
    /// Fields of the business specification that may not be changed.
    pub laast_i_naeringsspesifikasjon: Vec<LaastFelt>,
}

impl Gjeldende {
    /// The reference that an envelope must carry, or `None` if the return is of a type that no envelope can name.
    pub fn dokumentreferanse(&self) -> Option<Dokumentreferanse> {
        let dokumenttype = dokumenttype_of(self.skattemelding.dokumenttype.as_deref()?)?;
        Some(Dokumentreferanse { dokumenttype, dokumentidentifikator: self.skattemelding.id.clone() })
    }
}

/// `skattemeldingUpersonligUtkast` and `…Fastsatt` are both `skattemeldingUpersonlig` in an envelope.
fn dokumenttype_of(gjeldende_type: &str) -> Option<Dokumenttype> {
    let stem = gjeldende_type.strip_suffix("Utkast").or_else(|| gjeldende_type.strip_suffix("Fastsatt"))?;
    stem.parse().ok()
}

/// One document of the return in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GjeldendeDokument {
    /// Its id, such as `SKI:755:15086617`.
    pub id: Dokumentidentifikator,
    /// Its encoding, as it was written.
    pub encoding: String,
    /// Its type, such as `skattemeldingUpersonligUtkast`; only the return has one. Open.
    pub dokumenttype: Option<String>,
    /// For an advance assessment: the namespace of the document.
    pub navnerom_ved_forhaandsfastsetting: Option<String>,
    /// Where its decoded bytes are.
    pub stored: StoredDocument,
}

/// A field that may not be changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaastFelt {
    /// Which occurrence in the document.
    pub forekomstidentifikator: Option<String>,
    /// Its value.
    pub verdi: Option<String>,
    /// The path of the field.
    pub sti: Option<String>,
    /// Anything else.
    pub oevrig_informasjon: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_and_an_assessed_return_are_named_alike_in_an_envelope() {
        for (gjeldende, envelope) in [
            ("skattemeldingPersonligUtkast", Some(Dokumenttype::SkattemeldingPersonlig)),
            ("skattemeldingUpersonligFastsatt", Some(Dokumenttype::SkattemeldingUpersonlig)),
            ("selskapsmeldingSdfUtkast", Some(Dokumenttype::SelskapsmeldingSdf)),
            ("skattemeldingUpersonlig", None),
            ("noeNyttUtkast", None),
        ] {
            assert_eq!(dokumenttype_of(gjeldende), envelope, "{gjeldende}");
        }
    }
}
