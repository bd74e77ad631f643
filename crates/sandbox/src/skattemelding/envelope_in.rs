//! Reads the request envelope, strictly in the order of its schema. The contents of its documents go
//! straight to temporary files.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;

use super::base64_text::ElementText;
use super::document::{Document, Layer};
use super::kinds::Dokumenttype;
use super::target::parse_year;
use crate::problem::Problem;
use pull::{Pull, bad};

mod pull;

/// A request envelope.
#[derive(Clone, Debug)]
pub(crate) struct Konvolutt {
    pub(crate) dokumenter: Vec<Dokument>,
    pub(crate) gjeldende: Vec<Dokumentreferanse>,
    pub(crate) inntektsaar: u16,
    pub(crate) innsending: Option<Innsendingsinformasjon>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dokument {
    pub(crate) kind: Dokumenttype,
    pub(crate) content: Content,
    /// The namespace that an advance assessment follows instead of the year's.
    pub(crate) forhaandsfastsetting: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Inline(Arc<Document>),
    Referanse(String),
}

/// A reference to the current return.
#[derive(Clone, Debug)]
pub(crate) struct Dokumentreferanse {
    pub(crate) kind: Dokumenttype,
    pub(crate) id: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Innsendingsinformasjon {
    pub(crate) har_formaal: bool,
}

/// How much an envelope may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnvelopeLimits {
    /// Characters of base64, in all documents together.
    pub(crate) base64: u64,
    /// Bytes of one document.
    pub(crate) document: u64,
}

/// Reads an envelope to its end.
///
/// # Errors
/// With the reason, if it does not fit the schema or holds a document that is not well-formed.
pub(crate) fn read(source: impl BufRead, limits: EnvelopeLimits, dir: &Path) -> Result<Konvolutt, Problem> {
    let mut envelope = Envelope { pull: Pull::new(source), base64_left: limits.base64, limits, dir };
    envelope.read()
}

struct Envelope<'a, R> {
    pull: Pull<R>,
    base64_left: u64,
    limits: EnvelopeLimits,
    dir: &'a Path,
}

impl<R: BufRead> Envelope<'_, R> {
    fn read(&mut self) -> Result<Konvolutt, Problem> {
        const ROOT: &str = "skattemeldingOgNaeringsspesifikasjonRequest";
        self.pull.start(ROOT)?;
        self.pull.start("dokumenter")?;
        let mut dokumenter = vec![self.dokument()?];
        while self.pull.next_is("dokument")? {
            dokumenter.push(self.dokument()?);
        }
        self.pull.end("dokumenter")?;
        let mut gjeldende = Vec::new();
        while self.pull.next_is("dokumentreferanseTilGjeldendeDokument")? {
            gjeldende.push(self.dokumentreferanse()?);
        }
        let year = self.pull.text("inntektsaar")?;
        let inntektsaar =
            parse_year(year.trim()).ok_or_else(|| bad("inntektsaar i konvolutten er ikke et årstall"))?;
        let innsending = match self.pull.next_is("innsendingsinformasjon")? {
            true => Some(self.innsendingsinformasjon()?),
            false => None,
        };
        self.pull.end(ROOT)?;
        self.pull.eof()?;
        Ok(Konvolutt { dokumenter, gjeldende, inntektsaar, innsending })
    }

    fn dokument(&mut self) -> Result<Dokument, Problem> {
        self.pull.start("dokument")?;
        let kind = self.dokumenttype("type")?;
        if self.pull.text("encoding")? != "utf-8" {
            return Err(bad("encoding skal være utf-8"));
        }
        let content = match kind {
            Dokumenttype::NaeringsspesifikasjonReferanse => {
                Content::Referanse(self.pull.text("content")?.trim().to_owned())
            }
            _ => Content::Inline(Arc::new(self.inline()?)),
        };
        let forhaandsfastsetting = self.pull.maybe_text("navneromVedForhaandsfastsetting")?;
        self.pull.end("dokument")?;
        Ok(Dokument { kind, content, forhaandsfastsetting })
    }

    fn inline(&mut self) -> Result<Document, Problem> {
        let raw = self.pull.raw("content")?;
        let mut text = ElementText::new(raw, self.base64_left);
        let base64 = Layer { inner: DecoderReader::new(&mut text, &STANDARD), name: "base64" };
        let document = Document::store(base64, self.limits.document, self.dir)?;
        let left = text.left();
        drop(text);
        self.base64_left = left;
        self.pull.end("content")?;
        Ok(document)
    }

    fn dokumentreferanse(&mut self) -> Result<Dokumentreferanse, Problem> {
        self.pull.start("dokumentreferanseTilGjeldendeDokument")?;
        let kind = self.dokumenttype("dokumenttype")?;
        let id = self.pull.text("dokumentidentifikator")?;
        self.pull.end("dokumentreferanseTilGjeldendeDokument")?;
        Ok(Dokumentreferanse { kind, id })
    }

    fn innsendingsinformasjon(&mut self) -> Result<Innsendingsinformasjon, Problem> {
        self.pull.start("innsendingsinformasjon")?;
        let innsendingstype = self.pull.text("innsendingstype")?;
        if !["komplett", "ikkeKomplett"].contains(&innsendingstype.as_str()) {
            return Err(bad(format!("{innsendingstype:?} er ingen innsendingstype")));
        }
        self.pull.text("opprettetAv")?;
        self.pull.maybe_text("tin")?;
        let formaal = self.pull.maybe_text("innsendingsformaal")?;
        if let Some(formaal) = &formaal
            && !["egenfastsetting", "klage", "endringsanmodning"].contains(&formaal.as_str())
        {
            return Err(bad(format!("{formaal:?} er ikke noe innsendingsformaal")));
        }
        self.pull.end("innsendingsinformasjon")?;
        Ok(Innsendingsinformasjon { har_formaal: formaal.is_some() })
    }

    fn dokumenttype(&mut self, element: &str) -> Result<Dokumenttype, Problem> {
        let name = self.pull.text(element)?;
        Dokumenttype::parse(&name).ok_or_else(|| bad(format!("{name:?} er ingen dokumenttype")))
    }
}

#[cfg(test)]
mod tests;
