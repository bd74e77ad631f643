//! What is fixed when the case of a filing is opened.

use crate::journal::payload::json::{Fields, Object, Read, Wrong, flag, number, object, owned, parsed, text};
use crate::journal::payload::values::{digest, duration, millis, path, write_path};
use crate::journal::payload::{Unreadable, payload, read, record};
use skattebro_codec::Compression;
use skattebro_domain::filing::{FilingRules, Polling};
use skattebro_domain::{
    Digest, Dokumentidentifikator, Innsendingsformaal, Innsendingstype, Referanse, Tekst, masking,
};
use skattebro_ports::Subject;
use skattebro_ports::journal::Payload;
use std::fmt;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) subject: Subject,
    pub(crate) skattemelding: Option<Input>,
    pub(crate) selskapsmelding: Option<Input>,
    pub(crate) naeringsspesifikasjon: Option<Input>,
    pub(crate) referanse: Option<Referanse>,
    pub(crate) gjeldende: Option<Dokumentidentifikator>,
    pub(crate) innsendingstype: Innsendingstype,
    pub(crate) innsendingsformaal: Option<Innsendingsformaal>,
    pub(crate) opprettet_av: Option<Tekst>,
    pub(crate) tin: Option<Tekst>,
    pub(crate) forhaandsfastsetting: bool,
    pub(crate) compression: Compression,
    pub(crate) rules: FilingRules,
    pub(crate) out: Option<PathBuf>,
}

/// A document that goes in, by which it is known again.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// Where it is; `None` if it was only in memory.
    pub(crate) path: Option<PathBuf>,
    pub(crate) sha256: Digest,
    pub(crate) bytes: u64,
}

/// A file may be named after a person.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, path, sha256, bytes } = self;
        f.debug_struct("Input")
            .field("name", &masking::mask(name))
            .field("path", &path.as_ref().map(|path| masking::mask(&path.to_string_lossy())))
            .field("sha256", sha256)
            .field("bytes", bytes)
            .finish()
    }
}

pub(crate) fn write_content(content: &Content) -> Payload {
    payload(write_fields(content, record("content", "filing")))
}

/// Writes the members of a content behind those of `record`.
pub(in super::super) fn write_fields(content: &Content, record: Object) -> Object {
    let Content {
        subject: Subject { inntektsaar, identifikator },
        skattemelding,
        selskapsmelding,
        naeringsspesifikasjon,
        referanse,
        gjeldende,
        innsendingstype,
        innsendingsformaal,
        opprettet_av,
        tin,
        forhaandsfastsetting,
        compression,
        rules,
        out,
    } = content;
    let compression = match compression {
        Compression::Auto => "auto",
        Compression::AutoOrBrotli => "auto-or-brotli",
        Compression::Gzip => "gzip",
        Compression::Brotli => "brotli",
        Compression::None => "none",
    };
    record
        .with("inntektsaar", inntektsaar.to_string())
        .with("identifikator", identifikator.as_str())
        .maybe("skattemelding", skattemelding.as_ref().map(write_input))
        .maybe("selskapsmelding", selskapsmelding.as_ref().map(write_input))
        .maybe("naeringsspesifikasjon", naeringsspesifikasjon.as_ref().map(write_input))
        .maybe("referanse", referanse.as_ref().map(|referanse| referanse.as_str()))
        .maybe("gjeldende", gjeldende.as_ref().map(|id| id.as_str()))
        .with("innsendingstype", innsendingstype.as_str())
        .maybe("innsendingsformaal", innsendingsformaal.map(|formaal| formaal.as_str()))
        .maybe("opprettetAv", opprettet_av.as_ref().map(Tekst::as_str))
        .maybe("tin", tin.as_ref().map(Tekst::as_str))
        .with("forhaandsfastsetting", *forhaandsfastsetting)
        .with("compression", compression)
        .with("rules", write_rules(rules))
        .maybe("out", out.as_deref().map(write_path))
}

pub(crate) fn read_content(content: &Payload) -> Result<Content, Unreadable> {
    read(content, "the content of a filing's case", |record| match record.get("content", text)? {
        "filing" => read_fields(record),
        _ => Err(Wrong::unknown("content")),
    })
}

pub(in super::super) fn read_fields(fields: Fields<'_>) -> Read<Content> {
    let compression = match fields.get("compression", text)? {
        "auto" => Compression::Auto,
        "auto-or-brotli" => Compression::AutoOrBrotli,
        "gzip" => Compression::Gzip,
        "brotli" => Compression::Brotli,
        "none" => Compression::None,
        _ => return Err(Wrong::unknown("compression")),
    };
    Ok(Content {
        subject: Subject {
            inntektsaar: fields.get("inntektsaar", parsed)?,
            identifikator: fields.get("identifikator", parsed)?,
        },
        skattemelding: fields.maybe("skattemelding", object(input))?,
        selskapsmelding: fields.maybe("selskapsmelding", object(input))?,
        naeringsspesifikasjon: fields.maybe("naeringsspesifikasjon", object(input))?,
        referanse: fields.maybe("referanse", parsed)?,
        gjeldende: fields.maybe("gjeldende", parsed)?,
        innsendingstype: fields.get("innsendingstype", parsed)?,
        innsendingsformaal: fields.maybe("innsendingsformaal", parsed)?,
        opprettet_av: fields.maybe("opprettetAv", parsed)?,
        tin: fields.maybe("tin", parsed)?,
        forhaandsfastsetting: fields.get("forhaandsfastsetting", flag)?,
        compression,
        rules: fields.get("rules", object(rules))?,
        out: fields.maybe("out", path)?,
    })
}

pub(in super::super) fn write_input(input: &Input) -> Object {
    let Input { name, path, sha256, bytes } = input;
    Object::new()
        .with("name", name.as_str())
        .maybe("path", path.as_deref().map(write_path))
        .with("sha256", sha256.to_string())
        .with("bytes", *bytes)
}

pub(in super::super) fn input(fields: Fields<'_>) -> Read<Input> {
    Ok(Input {
        name: fields.get("name", owned)?,
        path: fields.maybe("path", path)?,
        sha256: fields.get("sha256", digest)?,
        bytes: fields.get("bytes", number)?,
    })
}

fn write_rules(rules: &FilingRules) -> Object {
    let FilingRules {
        polling,
        deadline,
        late_action,
        max_jobs,
        max_failures_before_job,
        max_unreadable,
        max_foreign_results,
        max_refused_looks,
        pause_between_jobs,
        max_backoff,
    } = *rules;
    Object::new()
        .with("polling", write_polling(polling))
        .with("deadlineMs", millis(deadline))
        .with("lateActionMs", millis(late_action))
        .with("maxJobs", max_jobs)
        .with("maxFailuresBeforeJob", max_failures_before_job)
        .with("maxUnreadable", max_unreadable)
        .with("maxForeignResults", max_foreign_results)
        .with("maxRefusedLooks", max_refused_looks)
        .with("pauseBetweenJobsMs", millis(pause_between_jobs))
        .with("maxBackoffMs", millis(max_backoff))
}

fn rules(fields: Fields<'_>) -> Read<FilingRules> {
    Ok(FilingRules {
        polling: fields.get("polling", object(polling))?,
        deadline: fields.get("deadlineMs", duration)?,
        late_action: fields.get("lateActionMs", duration)?,
        max_jobs: fields.get("maxJobs", number)?,
        max_failures_before_job: fields.get("maxFailuresBeforeJob", number)?,
        max_unreadable: fields.get("maxUnreadable", number)?,
        max_foreign_results: fields.get("maxForeignResults", number)?,
        max_refused_looks: fields.get("maxRefusedLooks", number)?,
        pause_between_jobs: fields.get("pauseBetweenJobsMs", duration)?,
        max_backoff: fields.get("maxBackoffMs", duration)?,
    })
}

pub(in super::super) fn write_polling(Polling { min, max }: Polling) -> Object {
    Object::new().with("minMs", millis(min)).with("maxMs", millis(max))
}

pub(in super::super) fn polling(fields: Fields<'_>) -> Read<Polling> {
    Ok(Polling { min: fields.get("minMs", duration)?, max: fields.get("maxMs", duration)? })
}
