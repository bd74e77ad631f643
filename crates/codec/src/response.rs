use crate::error::CodecError;
use crate::walk::{Visitor, walk};
use skattebro_domain::{
    Avvik, Decimal, DocumentHead, ResultDocument, ResultatAvValidering, StoredDocument, UnknownElement,
    ValidationOutcome, Veiledning,
};
use std::io::{self, BufRead, Read};

/// Reads the result of a validation, or a receipt. Each document is decoded while it passes and handed to `store`, which
/// says where it put it; everything else becomes the outcome.
///
/// Unknown document types, codes and elements are kept. Memory is bounded whatever the size of the documents. If it fails,
/// documents that were stored before are still there.
///
/// # Errors
/// If the answer is not such an envelope, is cut off or broken, or `store` fails.
pub fn read_response(
    source: impl BufRead,
    store: &mut dyn FnMut(&DocumentHead, &mut dyn Read) -> io::Result<StoredDocument>,
) -> Result<ValidationOutcome, CodecError> {
    let mut reading = Reading {
        store,
        outcome: ValidationOutcome {
            resultat: ResultatAvValidering::Ukjent(String::new()),
            dokumenter: Vec::new(),
            avvik_etter_beregning: Vec::new(),
            veiledning_etter_kontroll: Vec::new(),
            avvik_ved_validering: Vec::new(),
            aarsaker: Vec::new(),
            skattesubjekt: Vec::new(),
            ukjente_elementer: Vec::new(),
        },
        has_verdict: false,
        dokumenttype: String::new(),
        encoding: String::new(),
        avvik: Avvik::default(),
        veiledning: Veiledning::default(),
    };
    walk(source, "skattemeldingOgNaeringsspesifikasjonResponse", &mut reading)?;
    if reading.has_verdict { Ok(reading.outcome) } else { Err(CodecError::Missing("resultatAvValidering")) }
}

struct Reading<'a> {
    store: &'a mut dyn FnMut(&DocumentHead, &mut dyn Read) -> io::Result<StoredDocument>,
    outcome: ValidationOutcome,
    has_verdict: bool,
    dokumenttype: String,
    encoding: String,
    avvik: Avvik,
    veiledning: Veiledning,
}

impl Reading<'_> {
    fn unknown(&mut self, path: &str, text: String) {
        self.outcome.ukjente_elementer.push(UnknownElement { path: path.to_owned(), text });
    }

    /// Whether the field was known. An amount that is no decimal is kept as unknown rather than lost.
    fn avvik_field(&mut self, field: &str, text: String) -> Result<(), String> {
        let avvik = &mut self.avvik;
        match field {
            "avvikstype" => avvik.avvikstype = text,
            "forekomstidentifikator" => avvik.forekomstidentifikator = Some(text),
            "mottattVerdi" => avvik.mottatt_verdi = Some(decimal(text)?),
            "beregnetVerdi" => avvik.beregnet_verdi = Some(decimal(text)?),
            "avvikIVerdi" => avvik.avvik_i_verdi = Some(decimal(text)?),
            "mottattTekst" => avvik.mottatt_tekst = Some(text),
            "beregnetTekst" => avvik.beregnet_tekst = Some(text),
            "sti" => avvik.sti = Some(text),
            "oevrigInformasjon" => avvik.oevrig_informasjon = Some(text),
            _ => return Err(text),
        }
        Ok(())
    }

    fn veiledning_field(&mut self, field: &str, text: String) -> Result<(), String> {
        let veiledning = &mut self.veiledning;
        match field {
            "veiledningstype" => veiledning.veiledningstype = text,
            "forekomstidentifikator" => veiledning.forekomstidentifikator = Some(text),
            "hjelpetekst" => veiledning.hjelpetekst = Some(text),
            "betjeningsstrategi" => veiledning.betjeningsstrategi = Some(text),
            "sti" => veiledning.sti = Some(text),
            _ => return Err(text),
        }
        Ok(())
    }
}

/// An `xsd:decimal`, which may have a plus sign or begin with its point.
fn decimal(text: String) -> Result<Decimal, String> {
    text.strip_prefix('+').unwrap_or(&text).parse().map_err(|_| text)
}

impl Visitor for Reading<'_> {
    fn is_content(&self, path: &str) -> bool {
        path == "dokumenter/dokument/content"
    }

    fn enter(&mut self, path: &str) {
        match path {
            "dokumenter/dokument" => {
                self.dokumenttype.clear();
                self.encoding.clear();
            }
            "avvikEtterBeregning/avvik" | "avvikVedValidering/avvik" => self.avvik = Avvik::default(),
            "veiledningEtterKontroll/veiledning" => self.veiledning = Veiledning::default(),
            _ => {}
        }
    }

    fn leaf(&mut self, path: &str, text: String) -> Result<(), CodecError> {
        let (parent, field) = path.rsplit_once('/').unwrap_or(("", path));
        let unknown = match (parent, field) {
            ("dokumenter/dokument", "type") => {
                self.dokumenttype = text;
                Ok(())
            }
            ("dokumenter/dokument", "encoding") => {
                self.encoding = text;
                Ok(())
            }
            ("avvikEtterBeregning/avvik" | "avvikVedValidering/avvik", field) => {
                self.avvik_field(field, text)
            }
            ("veiledningEtterKontroll/veiledning", field) => self.veiledning_field(field, text),
            ("", "resultatAvValidering") => {
                let Ok(resultat) = text.parse();
                self.outcome.resultat = resultat;
                self.has_verdict = true;
                Ok(())
            }
            ("", "aarsakTilValidertMedFeil") => {
                self.outcome.aarsaker.push(text);
                Ok(())
            }
            ("informasjonOmPersonligSkattesubjekt" | "informasjonOmUpersonligSkattesubjekt", field) => {
                self.outcome.skattesubjekt.push((field.to_owned(), text));
                Ok(())
            }
            // Lists and subjects that are there and empty say nothing.
            _ if text.is_empty() => Ok(()),
            _ => Err(text),
        };
        if let Err(text) = unknown {
            self.unknown(path, text);
        }
        Ok(())
    }

    fn content(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let head = DocumentHead {
            dokumenttype: self.content_name(),
            encoding: self.encoding.clone(),
            index: self.outcome.dokumenter.len(),
        };
        let stored = (self.store)(&head, bytes)?;
        let DocumentHead { dokumenttype, encoding, .. } = head;
        self.outcome.dokumenter.push(ResultDocument { dokumenttype, encoding, stored });
        Ok(())
    }

    fn content_name(&self) -> String {
        if self.dokumenttype.is_empty() { "ukjent".to_owned() } else { self.dokumenttype.clone() }
    }

    fn leave(&mut self, path: &str) -> Result<(), CodecError> {
        match path {
            "avvikEtterBeregning/avvik" => {
                self.outcome.avvik_etter_beregning.push(std::mem::take(&mut self.avvik));
            }
            "avvikVedValidering/avvik" => {
                self.outcome.avvik_ved_validering.push(std::mem::take(&mut self.avvik));
            }
            "veiledningEtterKontroll/veiledning" => {
                self.outcome.veiledning_etter_kontroll.push(std::mem::take(&mut self.veiledning));
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
