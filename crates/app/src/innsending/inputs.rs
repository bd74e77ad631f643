//! What a submission is made of: checked before anything is sent, and kept in the journal.

use super::InnsendingRequest;
use super::notation::{INNSENDING, InnsendingNotation};
use super::request::{Tidligere, Utgave};
use crate::document_body::DocumentBody;
use crate::filing::{
    FILING, FilingNotation, content_of, input_of, is_what_it_was, request_of, source_of, unchanged,
};
use crate::journal::fold;
use crate::journal::payload::Unreadable;
use crate::journal::payload::innsending::{Content, VedleggInput, Vei};
use crate::prepare::{Prepared, Way, prepare};
use crate::{DocumentSource, ValidationRequest};
use skattebro_codec::{VEDLEGG_HEAD, vedleggstype};
use skattebro_domain::altinn::{MAX_ENVELOPE_BYTES, MAX_VEDLEGG, MAX_VEDLEGG_BYTES, VedleggNavn};
use skattebro_domain::filing::FilingEnd;
use skattebro_domain::innsending::Utfoerer;
use skattebro_domain::{Code, Finding};
use skattebro_ports::journal::Case;
use skattebro_ports::{Body, Vedlegg};
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the service takes as base64 in one synchronous validation.
const MAX_SYNCHRONOUS: u64 = 10_000_000;

/// Documents and attachments that are fit to be sent.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) prepared: Prepared,
    pub(super) vei: Vei,
    pub(super) vedlegg: Vec<(DocumentSource, Vedlegg)>,
}

/// Reads every document and attachment, and checks them all. Blocks. An upload is packed by so many threads for a request of so many bytes.
///
/// # Errors
/// Every finding, if one of them is an error.
pub(super) fn make_ready(
    request: &InnsendingRequest,
    (max_request_bytes, threads): (u64, NonZeroUsize),
    cancel: &CancellationToken,
) -> Result<Ready, Vec<Finding>> {
    let mut findings = Vec::new();
    let vedlegg = vedlegg(&request.vedlegg, &mut findings);
    let vei = vei(request);
    let way = match vei {
        Vei::Synkron => Way::Synchronous { max_base64_bytes: MAX_SYNCHRONOUS },
        Vei::Instans => Way::Instans { max_envelope_bytes: MAX_ENVELOPE_BYTES },
        Vei::Jobb | Vei::Utfoert(_) => Way::Asynchronous { max_request_bytes, threads },
    };
    match prepare(&request.validation, way, cancel) {
        Ok(prepared) => {
            findings.extend(revisor(request, &prepared));
            if findings.iter().any(Finding::is_error) {
                findings.extend(prepared.warnings);
                return Err(findings);
            }
            Ok(Ready { prepared, vei, vedlegg })
        }
        Err(more) => {
            findings.extend(more);
            Err(findings)
        }
    }
}

/// How it is validated.
fn vei(request: &InnsendingRequest) -> Vei {
    if let Some(Tidligere { resultat, .. }) = &request.tidligere {
        return Vei::Utfoert(resultat.clone());
    }
    match request.utgave {
        Utgave::Synkron => Vei::Synkron,
        Utgave::V1 => Vei::Jobb,
        Utgave::V2 => Vei::Instans,
        // A reference is of edition v1.
        Utgave::Auto if request.validation.referanse.is_some() => Vei::Jobb,
        Utgave::Auto if is_small(&request.validation) => Vei::Synkron,
        Utgave::Auto => Vei::Instans,
    }
}

/// Whether all documents together may be validated in one call. What is packed counts as more than it is: unpacked, it is several times as
/// large, and a validation that is refused for its size helps nobody.
fn is_small(request: &ValidationRequest) -> bool {
    const PACKED: u64 = 20;
    let documents = [&request.skattemelding, &request.selskapsmelding, &request.naeringsspesifikasjon];
    let size = |source: &DocumentSource| match source {
        DocumentSource::File(path) => {
            let size = std::fs::metadata(path).map_or(0, |file| file.len());
            let is_packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
            if is_packed { size.saturating_mul(PACKED) } else { size }
        }
        DocumentSource::Bytes(_, bytes) => bytes.len() as u64,
    };
    let base64: u64 = documents.into_iter().flatten().map(|source| size(source).div_ceil(3) * 4).sum();
    base64 <= MAX_SYNCHRONOUS
}

/// The instance and the documents must agree on the auditor; a mismatch would be found only by a control much later.
fn revisor(request: &InnsendingRequest, prepared: &Prepared) -> Option<Finding> {
    let wanted = request.revisor.filter(|wanted| *wanted != prepared.revisor)?;
    let (documents, instance) = if wanted {
        ("none of the documents says", "is to say")
    } else {
        ("a document says", "is not to say")
    };
    Some(Finding::error(
        Code::Revisor,
        "",
        format!("{documents} that an auditor must confirm, and the instance {instance} so"),
        "let both say the same: the flags …kalBekreftesAvRevisor in the documents, and the setting of the submission",
    ))
}

fn vedlegg(sources: &[DocumentSource], findings: &mut Vec<Finding>) -> Vec<(DocumentSource, Vedlegg)> {
    if sources.len() > MAX_VEDLEGG {
        let message = format!("there are {} attachments, and a return takes {MAX_VEDLEGG}", sources.len());
        findings.push(Finding::error(Code::Vedlegg, "", message, "put several into one file"));
    }
    let read = |(place, source): (usize, &DocumentSource)| match one_vedlegg(place, source) {
        Ok(vedlegg) => Some((source.clone(), vedlegg)),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    };
    sources.iter().enumerate().filter_map(read).collect()
}

fn one_vedlegg(place: usize, source: &DocumentSource) -> Result<Vedlegg, Box<Finding>> {
    let name = source.name();
    let unreadable = |error: io::Error| {
        let advice = "check the name and the rights of the file";
        Box::new(Finding::error(Code::UnreadableFile, &name, format!("it cannot be read: {error}"), advice))
    };
    let head = head(source).map_err(unreadable)?;
    let kind = vedleggstype(&head, &name).map_err(|error| {
        Box::new(Finding::error(Code::Vedlegg, &name, error.to_string(), "attach pdf, jpg, png or xlsx"))
    })?;
    let body = DocumentBody::of_file(source).map_err(unreadable)?;
    if body.len() > MAX_VEDLEGG_BYTES {
        let message = format!("it is {} bytes, and an attachment may be {MAX_VEDLEGG_BYTES}", body.len());
        return Err(Box::new(Finding::error(
            Code::OverLimit,
            &name,
            message,
            "make it smaller, or split it",
        )));
    }
    Ok(Vedlegg { navn: name_of(place, &name), kind, body: Arc::new(body) })
}

fn head(source: &DocumentSource) -> io::Result<Vec<u8>> {
    let limit = VEDLEGG_HEAD as u64;
    let mut head = Vec::new();
    match source {
        DocumentSource::File(path) => File::open(path)?.take(limit).read_to_end(&mut head)?,
        DocumentSource::Bytes(_, bytes) => (&bytes[..]).take(limit).read_to_end(&mut head)?,
    };
    Ok(head)
}

/// A name that needs no quotes and is no other attachment's: by it, an attachment is known again.
fn name_of(place: usize, file: &str) -> VedleggNavn {
    let base = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' };
    let base: String = base.chars().map(plain).collect();
    // Its end tells what it is.
    let kept = &base[base.len().saturating_sub(80)..];
    // What is left are only such characters, and fewer than are allowed.
    format!("{:02}-{kept}", place + 1).parse().unwrap_or_else(|_| unreachable_name(place))
}

fn unreachable_name(place: usize) -> VedleggNavn {
    name_of(place, "vedlegg")
}

/// The content of a request, as it is kept in the journal. Reads every document.
pub(super) fn content(request: &InnsendingRequest, ready: &Ready) -> io::Result<Content> {
    let of = |(source, vedlegg): &(DocumentSource, Vedlegg)| {
        Ok(VedleggInput {
            input: input_of(source)?,
            navn: vedlegg.navn.as_str().to_owned(),
            kind: vedlegg.kind,
        })
    };
    let mut filing = content_of(&request.validation)?;
    if let Some(tidligere) = &request.tidligere {
        filing.referanse.clone_from(&tidligere.referanse);
        filing.gjeldende = Some(tidligere.gjeldende.clone());
    }
    Ok(Content {
        filing,
        vei: ready.vei.clone(),
        utfoerer: request.utfoerer,
        skal_bekreftes_av_revisor: ready.prepared.revisor,
        vedlegg: ready.vedlegg.iter().map(of).collect::<io::Result<_>>()?,
        rules: request.rules,
    })
}

/// Whether the documents and attachments of a request are still what they were when its content was made of them.
///
/// # Errors
/// With a sentence that says which is not.
pub(super) fn are_unchanged(request: &InnsendingRequest, content: &Content) -> Result<(), String> {
    unchanged(&request.validation, &content.filing)?;
    request.vedlegg.iter().zip(&content.vedlegg).try_for_each(|(source, vedlegg)| match source {
        DocumentSource::File(path) => is_what_it_was(path, &vedlegg.input),
        DocumentSource::Bytes(..) => Ok(()),
    })
}

/// The request that a case was opened with, if its documents are here and are what they were.
///
/// # Errors
/// With a sentence that says which is not.
pub(super) fn request(content: &Content) -> Result<InnsendingRequest, String> {
    let mut request = InnsendingRequest::new(request_of(&content.filing)?, content.utfoerer);
    request.rules = content.rules;
    for vedlegg in &content.vedlegg {
        request.vedlegg.push(source_of(&vedlegg.input)?);
    }
    match &content.vei {
        Vei::Jobb => request.utgave = Utgave::V1,
        Vei::Instans => request.utgave = Utgave::V2,
        Vei::Synkron => request.utgave = Utgave::Synkron,
        Vei::Utfoert(resultat) => {
            let gjeldende = content.filing.gjeldende.clone();
            let gjeldende = gjeldende.ok_or("it is not written down which return it was validated for")?;
            let (resultat, referanse) = (resultat.clone(), content.filing.referanse.clone());
            request.tidligere = Some(Tidligere { resultat, referanse, gjeldende });
        }
    }
    Ok(request)
}

/// The submission of what an earlier case validated, or was about to submit. Reads its documents again.
///
/// # Errors
/// With a sentence that says why there can be none.
pub(crate) fn request_of_case(case: &Case, utfoerer: Utfoerer) -> Result<InnsendingRequest, String> {
    let unreadable = |why: Unreadable| why.to_string();
    if case.summary.kind.as_str() == INNSENDING {
        let notation = InnsendingNotation::of(case).map_err(unreadable)?;
        return request(notation.content());
    }
    if case.summary.kind.as_str() != FILING {
        return Err("it is no validation and no submission".to_owned());
    }
    let notation = FilingNotation::of(case).map_err(unreadable)?;
    let filing = fold(&notation, case, None).map_err(unreadable)?.flow;
    let (Some(FilingEnd::Validated { resultat, .. }), Some(gjeldende)) =
        (filing.end(case.summary.changed), filing.gjeldende())
    else {
        return Err("its validation has no verdict".to_owned());
    };
    let mut request = InnsendingRequest::new(request_of(notation.content())?, utfoerer);
    request.tidligere = Some(Tidligere {
        resultat,
        referanse: filing.referanse().cloned(),
        gjeldende: gjeldende.dokumentidentifikator.clone(),
    });
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attachments_need_no_quotes_and_are_told_apart() {
        assert_eq!(name_of(0, "/inn/års regnskap.pdf").as_str(), "01-_rs_regnskap.pdf");
        assert_eq!(name_of(9, "C:\\inn\\a.png").as_str(), "10-a.png");
        let long = name_of(1, &format!("{}.xlsx", "x".repeat(300)));
        assert!(long.as_str().ends_with(".xlsx") && long.as_str().len() <= 100, "{long}");
        assert_ne!(name_of(0, "a.pdf"), name_of(1, "a.pdf"));
        assert_eq!(name_of(0, "").as_str(), "01-");
    }

    #[test]
    fn what_is_wrong_with_attachments_is_told_all_at_once() {
        let bytes = |name: &str, bytes: &'static [u8]| DocumentSource::Bytes(name.into(), bytes.into());
        let mut findings = Vec::new();
        let sources = [
            bytes("a.pdf", b"%PDF-1.7"),
            bytes("b.exe", b"MZ"),
            bytes("c.png", b"%PDF-1.7"),
            "/borte.pdf".into(),
        ];
        let good = vedlegg(&sources, &mut findings);
        assert_eq!((good.len(), findings.len()), (1, 3), "{findings:?}");
        let many: Vec<_> = (0..71).map(|_| bytes("a.pdf", b"%PDF-1.7")).collect();
        let mut findings = Vec::new();
        vedlegg(&many, &mut findings);
        assert!(findings[0].message.contains("71") && findings[0].message.contains("70"), "{findings:?}");
    }
}
