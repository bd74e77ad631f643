use crate::error::CodecError;
use crate::walk::{Visitor, walk};
use std::io::{self, Read};

/// The XML form of a general error: `<feil xmlns="urn:no:skatteetaten:datasamarbeid:feil:v1">`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feil {
    /// Its code, such as `DAS-001`.
    pub kode: String,
    /// Its sentence, in Norwegian.
    pub melding: String,
    /// The service's id for the call.
    pub korrelasjonsid: Option<String>,
}

/// Reads a general error. `None` if `xml` is anything else.
pub fn read_feil(xml: &[u8]) -> Option<Feil> {
    let mut feil = Feil::default();
    walk(xml, "feil", &mut feil).ok()?;
    (!feil.kode.is_empty()).then_some(feil)
}

impl Visitor for Feil {
    fn is_content(&self, _: &str) -> bool {
        false
    }

    fn enter(&mut self, _: &str) {}

    fn leaf(&mut self, path: &str, text: String) -> Result<(), CodecError> {
        match path {
            "kode" => self.kode = text,
            "melding" => self.melding = text,
            "korrelasjonsid" => self.korrelasjonsid = Some(text),
            _ => {}
        }
        Ok(())
    }

    fn content(&mut self, _: &mut dyn Read) -> io::Result<()> {
        Ok(())
    }

    fn content_name(&self) -> String {
        String::new()
    }

    fn leave(&mut self, _: &str) -> Result<(), CodecError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_general_error_is_read_and_nothing_else_is() {
        let xml = "<feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>DAS-008</kode>\
                   <melding>Mangler &amp; rettighet</melding><korrelasjonsid>k</korrelasjonsid></feil>";
        let feil = read_feil(xml.as_bytes()).unwrap();
        assert_eq!((feil.kode.as_str(), feil.melding.as_str()), ("DAS-008", "Mangler & rettighet"));
        assert_eq!(feil.korrelasjonsid.as_deref(), Some("k"));
        for other in ["", "<feil/>", "<html/>", "<feil><kode>x", "{}"] {
            assert_eq!(read_feil(other.as_bytes()), None, "{other}");
        }
    }
}
