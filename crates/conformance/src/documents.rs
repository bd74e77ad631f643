//! Small documents that a service which checks everything accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, write::GzEncoder};
use skattebro_domain::{Dokumenttype, Inntektsaar};
use skattebro_ports::{Body, MemoryBody, Subject, UploadForm, UploadName};
use std::io::Write;
use std::sync::Arc;

const NAMESPACE: &str = "urn:no:skatteetaten:fastsetting:formueinntekt";

/// With characters of several bytes, an entity, and white space behind the end: all of it must come back.
pub(crate) fn naeringsspesifikasjon(inntektsaar: Inntektsaar) -> Vec<u8> {
    let version = inntektsaar.get() - 2019;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <naeringsspesifikasjon xmlns=\"{NAMESPACE}:naeringsspesifikasjon:ekstern:v{version}\">\
         <partsreferanse>1</partsreferanse><inntektsaar>{inntektsaar}</inntektsaar><tekst>æøå &amp; år</tekst>\
         </naeringsspesifikasjon>\r\n"
    )
    .into_bytes()
}

/// The subject's own return: a person's or an organisation's.
pub(crate) fn skattemelding(subject: &Subject) -> (Dokumenttype, Vec<u8>) {
    let inntektsaar = subject.inntektsaar;
    let (dokumenttype, infix, version, party) = if subject.identifikator.is_person() {
        (Dokumenttype::SkattemeldingPersonlig, "", inntektsaar.get() - 2012, "partsreferanse")
    } else {
        (Dokumenttype::SkattemeldingUpersonlig, ":upersonlig", inntektsaar.get() - 2020, "partsnummer")
    };
    let xml = format!(
        "<skattemelding xmlns=\"{NAMESPACE}:skattemelding{infix}:ekstern:v{version}\"><{party}>1</{party}>\
         <inntektsaar>{inntektsaar}</inntektsaar></skattemelding>"
    );
    (dokumenttype, xml.into_bytes())
}

/// A document as it is uploaded.
pub(crate) struct Packed {
    pub(crate) name: UploadName,
    pub(crate) bytes: Vec<u8>,
    pub(crate) document: Vec<u8>,
}

impl Packed {
    pub(crate) fn plain(document: Vec<u8>) -> Self {
        let bytes = STANDARD.encode(&document).into_bytes();
        Self { name: UploadName::naeringsspesifikasjon(UploadForm::Plain), bytes, document }
    }

    pub(crate) fn gzip(document: Vec<u8>) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(STANDARD.encode(&document).as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        Self { name: UploadName::naeringsspesifikasjon(UploadForm::Gzip), bytes, document }
    }

    pub(crate) fn body(&self) -> Arc<dyn Body> {
        Arc::new(MemoryBody::new(self.bytes.clone()))
    }
}
