//! From a request to documents that are fit to be sent, or to everything that is wrong with them.

use crate::check::check_and_copy;
use crate::document_body::{DocumentBody, Measured};
use crate::packing::{PackedAs, over_limit, pack};
use crate::{DocumentSource, ValidationRequest};
use skattebro_codec::{Input, Packer, with_vedlegg};
use skattebro_domain::altinn::{DataId, VedleggIMelding};
use skattebro_domain::judge::{Capabilities, Expected, judge_set};
use skattebro_domain::{
    Code, DocumentKind, Dokumentreferanse, Dokumenttype, Envelope, EnvelopeError, Finding,
    Innsendingsinformasjon, Inntektsaar, Invalid, Konvoluttdokument, Referanse, Tekst,
};
use skattebro_ports::{Body, MemoryBody, RequestEnvelope, Vedlegg};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The most that an envelope is beside its documents.
const FRAME: u64 = 4_000;

/// By which calls a return is validated, and what they take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// The næringsspesifikasjon is uploaded, the rest travels with the start of a job; no request is larger than this. So many threads
    /// pack.
    Asynchronous { max_request_bytes: u64, threads: NonZeroUsize },
    /// Everything travels in one envelope; its documents are no more than this as base64.
    Synchronous { max_base64_bytes: u64 },
    /// Everything lies in one envelope of an instance, which is streamed from where the documents lie.
    Instans { max_envelope_bytes: u64 },
}

impl Way {
    fn capabilities(self) -> Capabilities {
        match self {
            Self::Asynchronous { .. } => Capabilities::ASYNC_V1,
            Self::Synchronous { .. } => Capabilities::SYNCHRONOUS,
            Self::Instans { .. } => Capabilities::INSTANS,
        }
    }

    /// The most bytes of one inline document that could possibly pass.
    fn max_inline_bytes(self) -> u64 {
        match self {
            Self::Asynchronous { max_request_bytes, .. } => max_request_bytes / 4 * 3,
            Self::Synchronous { max_base64_bytes } => max_base64_bytes / 4 * 3,
            Self::Instans { max_envelope_bytes } => max_envelope_bytes / 4 * 3,
        }
    }
}

/// What a validation sends.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) upload: Option<Upload>,
    pub(crate) inline: Vec<Inline>,
    pub(crate) return_type: Dokumenttype,
    pub(crate) navnerom_naeringsspesifikasjon: Option<Tekst>,
    pub(crate) informasjon: Innsendingsinformasjon,
    pub(crate) inntektsaar: Inntektsaar,
    /// Whether a document says that an auditor must confirm.
    pub(crate) revisor: bool,
    pub(crate) warnings: Vec<Finding>,
}

/// What is told of documents that were sent.
#[derive(Debug)]
pub(crate) struct Remarks {
    pub(crate) warnings: Vec<Finding>,
    pub(crate) packed: Option<PackedAs>,
}

#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) packed: PackedAs,
    pub(crate) body: Arc<dyn Body>,
}

#[derive(Debug, Clone)]
pub(crate) struct Inline {
    source: String,
    bytes: u64,
    pub(crate) dokumenttype: Dokumenttype,
    pub(crate) body: Arc<dyn Body>,
    pub(crate) navnerom: Option<Tekst>,
}

/// Reads every document once, checks them all and packs them. Blocks, but ends soon after `cancel`; nobody looks at what it
/// returns then.
///
/// # Errors
/// Every finding, if one of them is an error.
pub(crate) fn prepare(
    request: &ValidationRequest,
    way: Way,
    cancel: &CancellationToken,
) -> Result<Prepared, Vec<Finding>> {
    let mut preparing =
        Preparing { request, way, cancel, findings: Vec::new(), kinds: Vec::new(), revisor: false };
    let mut inline = Vec::new();
    let returns = [
        (
            &request.skattemelding,
            &[DocumentKind::SkattemeldingUpersonlig, DocumentKind::SkattemeldingPersonlig][..],
        ),
        (&request.selskapsmelding, &[DocumentKind::SelskapsmeldingSdf][..]),
    ];
    for (source, kinds) in returns {
        inline.extend(source.as_ref().and_then(|source| preparing.inline(source, kinds)));
    }
    let return_type = inline.first().map(|inline: &Inline| inline.dokumenttype);
    let mut upload = None;
    if let Some(source) = &request.naeringsspesifikasjon {
        match way {
            Way::Asynchronous { max_request_bytes, threads } => {
                upload = preparing.upload(source, max_request_bytes, threads);
            }
            Way::Synchronous { .. } | Way::Instans { .. } => {
                inline.extend(preparing.inline(source, &[DocumentKind::Naeringsspesifikasjon]));
            }
        }
    }
    preparing.check_sizes(&inline);
    preparing.finish(upload, inline, return_type)
}

struct Preparing<'a> {
    request: &'a ValidationRequest,
    way: Way,
    cancel: &'a CancellationToken,
    findings: Vec<Finding>,
    kinds: Vec<(String, DocumentKind, u16)>,
    revisor: bool,
}

impl Preparing<'_> {
    fn expected(&self) -> Expected {
        Expected {
            inntektsaar: Some(self.request.subject.inntektsaar),
            forhaandsfastsetting: self.request.forhaandsfastsetting,
            capabilities: self.way.capabilities(),
        }
    }

    fn check<W: Write>(
        &mut self,
        source: &DocumentSource,
        kinds: &[DocumentKind],
        copy: W,
    ) -> Option<(DocumentKind, W)> {
        let copy = Stoppable { inner: copy, cancel: self.cancel };
        let (checked, copy) = check_and_copy(source, &self.expected(), Input::DEFAULT_LIMIT, copy);
        let copy = copy.map(|stoppable| stoppable.inner);
        self.findings.extend(checked.findings);
        self.revisor |= checked.facts.antall_revisorflagg > 0;
        let (kind, version) = checked.facts.kind()?;
        if !kinds.contains(&kind) {
            let wanted: Vec<_> = kinds.iter().map(ToString::to_string).collect();
            self.findings.push(Finding::error(
                Code::WrongKind,
                source.name(),
                format!("it is a {kind}, where a {} belongs", wanted.join(" or a ")),
                "give each document in its own place",
            ));
            return None;
        }
        self.kinds.push((source.name(), kind, version));
        copy.map(|copy| (kind, copy))
    }

    fn upload(
        &mut self,
        source: &DocumentSource,
        max_request_bytes: u64,
        threads: NonZeroUsize,
    ) -> Option<Upload> {
        let compression = self.request.compression;
        let packer = Packer::new(compression, max_request_bytes).threads(threads);
        let (_, packer) = self.check(source, &[DocumentKind::Naeringsspesifikasjon], packer)?;
        if self.findings.iter().any(|finding| finding.is_error() && finding.source == source.name()) {
            return None; // the reading may have ended early, and then the packed form is not whole
        }
        let (expected, cancel) = (self.expected(), self.cancel);
        // What is read again is checked again: what is sent was checked.
        let again = |packer| {
            let copy = Stoppable { inner: packer, cancel };
            let (checked, copy) = check_and_copy(source, &expected, Input::DEFAULT_LIMIT, copy);
            let is_good = !checked.findings.iter().any(Finding::is_error);
            copy.filter(|_| is_good).map(|stoppable| stoppable.inner)
        };
        match pack(source, packer, compression, max_request_bytes, again) {
            Ok((packed, Some(body))) => {
                let body = MemoryBody::from_hashed_pieces(body.pieces().to_vec(), body.sha256());
                Some(Upload { body: Arc::new(body), packed })
            }
            Ok((packed, None)) => {
                self.findings.push(over_limit(source, &packed, max_request_bytes));
                None
            }
            Err(finding) => {
                self.findings.push(*finding);
                None
            }
        }
    }

    fn inline(&mut self, source: &DocumentSource, kinds: &[DocumentKind]) -> Option<Inline> {
        if let Way::Instans { .. } = self.way {
            let (kind, measured) = self.check(source, kinds, Measured::default())?;
            return Some(Inline {
                source: source.name(),
                dokumenttype: kind.dokumenttype(),
                bytes: measured.len(),
                body: Arc::new(DocumentBody::of_xml(source, measured)),
                navnerom: self.navnerom(kind),
            });
        }
        let copy = Capped { bytes: Vec::new(), len: 0, limit: self.way.max_inline_bytes() };
        let (kind, copy) = self.check(source, kinds, copy)?;
        Some(Inline {
            source: source.name(),
            dokumenttype: kind.dokumenttype(),
            bytes: copy.len,
            body: Arc::new(MemoryBody::new(copy.bytes)),
            navnerom: self.navnerom(kind),
        })
    }

    /// Whether the documents of the envelope fit together.
    fn check_sizes(&mut self, inline: &[Inline]) {
        let base64: u64 = inline.iter().map(|inline| inline.bytes.div_ceil(3) * 4).sum();
        let (limit, over) = match self.way {
            Way::Asynchronous { max_request_bytes, .. } => {
                // The few bytes around them are the adapter's to count.
                (max_request_bytes, base64 > max_request_bytes)
            }
            Way::Synchronous { max_base64_bytes } => (max_base64_bytes, base64 > max_base64_bytes),
            Way::Instans { max_envelope_bytes } => {
                (max_envelope_bytes, base64.saturating_add(FRAME) > max_envelope_bytes)
            }
        };
        let Some(largest) = inline.iter().max_by_key(|inline| inline.bytes).filter(|_| over) else { return };
        let (what, advice) = match self.way {
            Way::Asynchronous { .. } => {
                ("one request in edition v1", "file it with edition v2, which takes 500 MB through Altinn")
            }
            Way::Synchronous { .. } => ("a synchronous validation", "validate it asynchronously"),
            Way::Instans { .. } => {
                ("one envelope in edition v2", "make the documents smaller; no edition takes more than this")
            }
        };
        self.findings.push(Finding::error(
            Code::OverLimit,
            &largest.source,
            format!(
                "its {} bytes of XML bring the documents of the envelope to {base64} bytes as base64, and the service takes {limit} \
                 bytes in {what}",
                largest.bytes
            ),
            advice,
        ));
    }

    /// The namespace that the envelope names for an advance assessment.
    fn navnerom(&self, kind: DocumentKind) -> Option<Tekst> {
        let (_, _, version) = self.kinds.iter().find(|(_, seen, _)| *seen == kind)?;
        let wanted = self.request.forhaandsfastsetting;
        wanted.then(|| kind.namespace(*version).parse().ok()).flatten()
    }

    fn finish(
        mut self,
        upload: Option<Upload>,
        inline: Vec<Inline>,
        return_type: Option<Dokumenttype>,
    ) -> Result<Prepared, Vec<Finding>> {
        let request = self.request;
        let given = [&request.skattemelding, &request.selskapsmelding, &request.naeringsspesifikasjon];
        if self.kinds.len() == given.into_iter().flatten().count() {
            // While it is not known what a document is, what is missing cannot be told.
            let kinds: Vec<_> = self.kinds.iter().map(|(source, kind, _)| (source.as_str(), *kind)).collect();
            self.findings.extend(judge_set(&kinds, request.referanse.is_some()));
        }
        if request.naeringsspesifikasjon.is_none() && request.referanse.is_none() {
            self.findings.push(Finding::error(
                Code::DocumentMissing,
                "",
                "there is no næringsspesifikasjon and no reference to one",
                "give one of the two",
            ));
        }
        if request.skattemelding.is_some() && request.selskapsmelding.is_some() {
            self.findings.push(Finding::error(
                Code::DocumentTwice,
                "",
                "both a skattemelding and a selskapsmelding were given, and a filing has one return",
                "give the one that the party files",
            ));
        }
        let opprettet_av = match default_name(request) {
            Ok(name) => Some(name),
            Err(error) => {
                self.findings.push(Finding::error(
                    Code::Malformed,
                    "",
                    error.to_string(),
                    "give another name",
                ));
                None
            }
        };
        if request.subject.inntektsaar.get() >= skattebro_domain::envelope::INNSENDINGSFORMAAL_DEMANDED_FROM
            && request.innsendingsformaal.is_none()
        {
            self.findings.push(Finding::error(
                Code::InnsendingsformaalMissing,
                "",
                format!(
                    "innsendingsformaal is missing, and income year {} demands it",
                    request.subject.inntektsaar
                ),
                "say what the filing is for: egenfastsetting, klage or endringsanmodning",
            ));
        }
        let navnerom_naeringsspesifikasjon = self.navnerom(DocumentKind::Naeringsspesifikasjon);
        match (opprettet_av, return_type) {
            (Some(opprettet_av), Some(return_type)) if !self.findings.iter().any(Finding::is_error) => {
                Ok(Prepared {
                    upload,
                    inline,
                    return_type,
                    navnerom_naeringsspesifikasjon,
                    informasjon: Innsendingsinformasjon {
                        innsendingstype: request.innsendingstype,
                        opprettet_av,
                        tin: request.tin.clone(),
                        innsendingsformaal: request.innsendingsformaal,
                    },
                    inntektsaar: request.subject.inntektsaar,
                    revisor: self.revisor,
                    warnings: self.findings,
                })
            }
            _ => Err(self.findings),
        }
    }
}

fn default_name(request: &ValidationRequest) -> Result<Tekst, Invalid> {
    match &request.opprettet_av {
        Some(name) => Ok(name.clone()),
        None => concat!("skattebro/", env!("CARGO_PKG_VERSION")).parse(),
    }
}

impl Prepared {
    /// What the næringsspesifikasjon was packed as, if it is uploaded by itself.
    pub(crate) fn packed(&self) -> Option<PackedAs> {
        self.upload.as_ref().map(|upload| upload.packed.clone())
    }

    /// What is told of the documents at the end, when they are not here any more.
    pub(crate) fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings.clone(), packed: self.packed() }
    }

    /// The same, with what the skattemelding says of its attachments: their ids in the instance, in their order.
    ///
    /// # Errors
    /// With a sentence, if they cannot be written into it.
    pub(crate) fn with_vedlegg(
        &self,
        ids: &[DataId],
        files: &[(DocumentSource, Vedlegg)],
    ) -> Result<Self, String> {
        let mut prepared = self.clone();
        if ids.is_empty() {
            return Ok(prepared);
        }
        let of = |(id, (source, vedlegg)): (&DataId, &(DocumentSource, Vedlegg))| {
            let name = source.name();
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
            let filnavn = name.parse().or_else(|_| vedlegg.navn.as_str().parse());
            let filnavn: Tekst = filnavn.map_err(|error: Invalid| error.to_string())?;
            Ok(VedleggIMelding { id: id.clone(), filnavn, kind: vedlegg.kind })
        };
        let vedlegg = ids.iter().zip(files).map(of).collect::<Result<Vec<_>, String>>()?;
        let melding = prepared.inline.iter_mut().find(|inline| {
            matches!(
                inline.dokumenttype,
                Dokumenttype::SkattemeldingPersonlig | Dokumenttype::SkattemeldingUpersonlig
            )
        });
        let melding = melding.ok_or("attachments belong to a skattemelding, and there is none here")?;
        let mut written = Vec::new();
        let input =
            melding.body.open().map_err(|error| format!("the skattemelding cannot be read: {error}"))?;
        with_vedlegg(input, &mut written, &vedlegg).map_err(|error| error.to_string())?;
        melding.bytes = written.len() as u64;
        melding.body = Arc::new(MemoryBody::new(written));
        Ok(prepared)
    }

    /// The envelope that starts a job.
    pub(crate) fn envelope(
        &self,
        referanse: Option<Referanse>,
        gjeldende: Dokumentreferanse,
    ) -> Result<RequestEnvelope, EnvelopeError> {
        let mut dokumenter: Vec<Konvoluttdokument<Arc<dyn Body>>> = Vec::new();
        for inline in &self.inline {
            let mut dokument = Konvoluttdokument::inline(inline.dokumenttype, inline.body.clone());
            dokument.navnerom_ved_forhaandsfastsetting = inline.navnerom.clone();
            dokumenter.push(dokument);
        }
        if let Some(referanse) = referanse {
            let mut dokument = Konvoluttdokument::referanse(referanse);
            dokument.navnerom_ved_forhaandsfastsetting = self.navnerom_naeringsspesifikasjon.clone();
            dokumenter.push(dokument);
        }
        Envelope::new(self.inntektsaar, dokumenter, vec![gjeldende], Some(self.informasjon.clone()))
    }
}

/// Keeps what is written up to a limit, and only counts beyond.
struct Capped {
    bytes: Vec<u8>,
    len: u64,
    limit: u64,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.len += bytes.len() as u64;
        if self.len > self.limit {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Stops a pass over a document when nobody wants it any more: a thread cannot be cancelled from outside.
struct Stoppable<'a, W> {
    inner: W,
    cancel: &'a CancellationToken,
}

impl<W: Write> Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
