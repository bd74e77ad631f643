//! Writes the response envelope. Documents are encoded from their files while the answer is sent; the
//! length is computed beforehand.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use quick_xml::escape::escape;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::document::Document;
use super::findings;
use super::kinds::Dokumenttype;
use super::scenario::{Base64Form, Malformed, Outcome, Scenario};
use super::target::Target;

/// What was accepted for validation.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) target: Target,
    pub(crate) scenario: Scenario,
    /// The kind of the return among the documents.
    pub(crate) main: Dokumenttype,
    pub(crate) dokumenter: Vec<(Dokumenttype, Arc<Document>)>,
}

impl Submission {
    /// The size of the documents together.
    pub(crate) fn bytes(&self) -> u64 {
        self.dokumenter.iter().map(|(_, document)| document.len).sum()
    }
}

/// The result of validating a submission.
pub(crate) fn respond(submission: &Submission) -> Response {
    let mut writing = Writing { form: submission.scenario.base64, ..Writing::default() };
    if submission.scenario.malformed == Some(Malformed::NotXml) {
        writing.text("Resultatet er for øyeblikket ikke tilgjengelig. Prøv igjen senere.\n");
    } else {
        writing.envelope(submission);
    }
    let whole: u64 = writing.pieces.iter().map(Piece::len).sum();
    let length =
        if submission.scenario.malformed == Some(Malformed::TruncatedXml) { whole / 2 } else { whole };
    let headers =
        [(header::CONTENT_TYPE, "application/xml".to_owned()), (header::CONTENT_LENGTH, length.to_string())];
    (headers, stream_pieces(writing.pieces, length)).into_response()
}

const NAMESPACE: &str =
    "no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:response:v2";

/// One base64 line, and so many of them in a chunk.
const LINE: usize = 57;
const CHUNK: usize = LINE * 1024;
const INDENT: &str = "\n                ";

enum Piece {
    Text(Bytes),
    Document { document: Arc<Document>, form: Base64Form },
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Document { document, form } => {
                let base64 = document.len.div_ceil(3) * 4;
                match form {
                    Base64Form::Unbroken => base64,
                    Base64Form::Broken => {
                        let lines = document.len.div_ceil(LINE as u64);
                        base64 + (lines + 1) * INDENT.len() as u64
                    }
                }
            }
        }
    }
}

#[derive(Default)]
struct Writing {
    form: Base64Form,
    pieces: VecDeque<Piece>,
}

impl Writing {
    fn envelope(&mut self, submission: &Submission) {
        let Submission { target, scenario, main, dokumenter } = submission;
        self.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.text(&format!(
            "<skattemeldingOgNaeringsspesifikasjonResponse xmlns=\"{NAMESPACE}\"><dokumenter>"
        ));
        let mut broken = scenario.malformed == Some(Malformed::BrokenBase64);
        for (kind, document) in dokumenter {
            self.open_document(kind.after_calculation());
            if std::mem::take(&mut broken) {
                self.text("*dette er ikke base64*");
            }
            self.pieces.push_back(Piece::Document { document: document.clone(), form: self.form });
            self.close_document();
        }
        if let Some((name, document)) = findings::beregnet_skatt(*main, target.inntektsaar) {
            self.small_document(name, document.as_bytes());
        }
        if scenario.unknown_document {
            self.small_document("beregnetFremtidsskatt", b"<fremtidsskatt/>");
        }
        self.text("</dokumenter>");
        self.findings(scenario);
        self.text(findings::skattesubjekt(*main));
        self.text("</skattemeldingOgNaeringsspesifikasjonResponse>\n");
    }

    fn findings(&mut self, scenario: &Scenario) {
        let with_errors = scenario.outcome == Outcome::MedFeil;
        if with_errors {
            self.element("avvikEtterBeregning", findings::AVVIK);
        }
        if scenario.veiledning {
            self.element("veiledningEtterKontroll", findings::VEILEDNING);
        }
        if with_errors {
            self.element("avvikVedValidering", findings::AVVIK_VED_VALIDERING);
        }
        self.element("resultatAvValidering", if with_errors { "validertMedFeil" } else { "validertOK" });
        if with_errors {
            for aarsak in findings::AARSAKER {
                self.element("aarsakTilValidertMedFeil", aarsak);
            }
        }
    }

    fn small_document(&mut self, name: &str, document: &[u8]) {
        self.open_document(name);
        self.text(&STANDARD.encode(document));
        self.close_document();
    }

    fn open_document(&mut self, name: &str) {
        self.text(&format!("<dokument><type>{}</type><encoding>utf-8</encoding><content>", escape(name)));
    }

    fn close_document(&mut self) {
        self.text("</content></dokument>");
    }

    fn element(&mut self, name: &str, content: &str) {
        self.text(&format!("<{name}>{content}</{name}>"));
    }

    fn text(&mut self, text: &str) {
        self.pieces.push_back(Piece::Text(Bytes::copy_from_slice(text.as_bytes())));
    }
}

/// The pieces as a body of exactly `length` bytes.
fn stream_pieces(pieces: VecDeque<Piece>, length: u64) -> Body {
    let sending = Sending { pieces, open: None, left: length };
    Body::from_stream(stream::try_unfold(sending, |mut sending| async move {
        Ok::<_, io::Error>(sending.next().await?.map(|bytes| (bytes, sending)))
    }))
}

struct Sending {
    pieces: VecDeque<Piece>,
    open: Option<OpenDocument>,
    left: u64,
}

struct OpenDocument {
    file: File,
    form: Base64Form,
    /// Keeps the file from being removed.
    _document: Arc<Document>,
}

impl Sending {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while self.left > 0 {
            let mut bytes = match &mut self.open {
                Some(document) => match document.chunk().await? {
                    Some(bytes) => bytes,
                    None => {
                        let closing = if document.form == Base64Form::Broken { INDENT } else { "" };
                        self.open = None;
                        Bytes::from_static(closing.as_bytes())
                    }
                },
                None => match self.pieces.pop_front() {
                    None => return Err(io::Error::other("a document's file became shorter")),
                    Some(Piece::Text(text)) => text,
                    Some(Piece::Document { document, form }) => {
                        let file = File::open(&document.path).await?;
                        self.open = Some(OpenDocument { file, form, _document: document });
                        continue;
                    }
                },
            };
            bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= bytes.len() as u64;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl OpenDocument {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let mut plain = Vec::with_capacity(CHUNK);
        (&mut self.file).take(CHUNK as u64).read_to_end(&mut plain).await?;
        if plain.is_empty() {
            return Ok(None);
        }
        let mut text = String::with_capacity(CHUNK * 2);
        match self.form {
            Base64Form::Unbroken => STANDARD.encode_string(&plain, &mut text),
            Base64Form::Broken => {
                for line in plain.chunks(LINE) {
                    text.push_str(INDENT);
                    STANDARD.encode_string(line, &mut text);
                }
            }
        }
        Ok(Some(Bytes::from(text)))
    }
}
