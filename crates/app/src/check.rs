use crate::DocumentSource;
use crate::packing::{over_limit, pack};
use skattebro_codec::{Compression, Input, InputError, Packer, ScanLimits, Tee, scan};
use skattebro_domain::judge::{Expected, judge};
use skattebro_domain::{Code, DocumentFacts, DocumentKind, Finding, Severity};
use std::io::{self, Cursor, Write};

/// What a check of one document found.
#[derive(Debug)]
pub struct Checked {
    /// What was seen, as far as it could be read.
    pub facts: DocumentFacts,
    /// What is wrong with it; empty if nothing is.
    pub findings: Vec<Finding>,
}

/// Reads a document once and tells everything that is wrong with it. Sends nothing, and blocks while it reads.
///
/// `limit` bounds the unpacked document in bytes; [`Input::DEFAULT_LIMIT`] is a good one.
pub fn check_document(source: &DocumentSource, expected: &Expected, limit: u64) -> Checked {
    check_and_copy(source, expected, limit, io::sink()).0
}

/// As [`check_document`], and warns of a næringsspesifikasjon that is too large, packed, for the uploads of edition v1: of more than
/// `max_request_bytes` (25 000 000). Only a warning, since another edition may take it. Packs to count, so it takes longer.
pub fn check_for_upload(
    source: &DocumentSource,
    expected: &Expected,
    limit: u64,
    max_request_bytes: u64,
) -> Checked {
    let counting = Packer::new(Compression::Auto, 0);
    let (mut checked, counting) = check_and_copy(source, expected, limit, counting);
    let is_uploaded = matches!(checked.facts.kind(), Some((DocumentKind::Naeringsspesifikasjon, _)));
    if let Some(counting) = counting.filter(|_| is_uploaded && checked.facts.defect.is_none()) {
        match pack(source, counting, Compression::Auto, max_request_bytes, |_| None) {
            Ok((packed, _)) if packed.packed_bytes > max_request_bytes => {
                let finding = over_limit(source, &packed, max_request_bytes);
                checked.findings.push(Finding { severity: Severity::Warning, ..finding });
            }
            Ok(_) => {}
            Err(finding) => checked.findings.push(*finding),
        }
    }
    checked
}

/// As [`check_document`], and writes the document to `copy` in the same pass.
pub(crate) fn check_and_copy<W: Write>(
    source: &DocumentSource,
    expected: &Expected,
    limit: u64,
    copy: W,
) -> (Checked, Option<W>) {
    let name = source.name();
    let unreadable =
        |finding: Finding| (Checked { facts: DocumentFacts::default(), findings: vec![finding] }, None);
    let opened = match source {
        DocumentSource::File(path) => Input::open(path, limit),
        DocumentSource::Bytes(name, bytes) => {
            Input::new(Cursor::new(bytes.clone()), name.ends_with(".gz"), limit)
        }
    };
    let input = match opened {
        Ok(input) => input,
        Err(error) => return unreadable(input_finding(&name, &error)),
    };
    let mut tee = Tee::new(input, copy);
    match scan(&mut tee, &ScanLimits::default()) {
        Ok(facts) => {
            let findings = judge(&name, &facts, expected);
            (Checked { facts, findings }, Some(tee.into_writer()))
        }
        Err(error) => unreadable(match InputError::of(&error) {
            Some(cause) => input_finding(&name, cause),
            None => Finding::error(
                Code::UnreadableFile,
                &name,
                format!("it cannot be read to its end: {error}"),
                "check the disk and the file's rights",
            ),
        }),
    }
}

fn input_finding(source: &str, error: &InputError) -> Finding {
    match error {
        InputError::Open { source: cause, .. } => Finding::error(
            Code::UnreadableFile,
            source,
            format!("it cannot be opened: {cause}"),
            "check the name and the rights of the file",
        ),
        InputError::NotGzip => Finding::error(
            Code::BadGzip,
            source,
            "its name ends with .gz, but it is not gzip",
            "give the XML under its own name, or compress it with gzip",
        ),
        InputError::BrokenGzip(why) => Finding::error(
            Code::BadGzip,
            source,
            format!("the gzip is broken or cut off: {why}"),
            "write or copy the file again",
        ),
        InputError::ExpandsTooFar(_) | InputError::Bomb(_) => {
            Finding::error(Code::ExpandsTooFar, source, error.to_string(), "check where the file comes from")
        }
    }
}
