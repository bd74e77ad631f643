//! What a filing is made of, as it is kept in the journal: where its documents lie, and what they were when it was asked for.

use crate::journal::payload::filing::{Content, Input};
use crate::{DocumentSource, ValidationRequest};
use sha2::{Digest as _, Sha256};
use skattebro_domain::Digest;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The content of a request. Reads every document.
pub(crate) fn content_of(request: &ValidationRequest) -> io::Result<Content> {
    let input = |source: &Option<DocumentSource>| source.as_ref().map(input_of).transpose();
    Ok(Content {
        subject: request.subject.clone(),
        skattemelding: input(&request.skattemelding)?,
        selskapsmelding: input(&request.selskapsmelding)?,
        naeringsspesifikasjon: input(&request.naeringsspesifikasjon)?,
        referanse: request.referanse.clone(),
        gjeldende: request.gjeldende.clone(),
        innsendingstype: request.innsendingstype,
        innsendingsformaal: request.innsendingsformaal,
        opprettet_av: request.opprettet_av.clone(),
        tin: request.tin.clone(),
        forhaandsfastsetting: request.forhaandsfastsetting,
        compression: request.compression,
        rules: request.rules,
        out: request.out.as_deref().map(std::path::absolute).transpose()?,
    })
}

/// A document, with what it is known again by. Reads it.
pub(crate) fn input_of(source: &DocumentSource) -> io::Result<Input> {
    let name = source.name();
    match source {
        DocumentSource::File(path) => {
            let (sha256, bytes) = digest(&mut File::open(path)?)?;
            Ok(Input { name, path: Some(std::path::absolute(path)?), sha256, bytes })
        }
        DocumentSource::Bytes(_, content) => {
            let (sha256, bytes) = digest(&mut &content[..])?;
            Ok(Input { name, path: None, sha256, bytes })
        }
    }
}

fn digest(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let read = reader.read(&mut buffer)?;
        if read == 0 {
            return Ok((Digest(hash.finalize().into()), bytes));
        }
        bytes += read as u64;
        hash.update(&buffer[..read]);
    }
}

/// The request that a case was opened with, if its documents are here and are what they were.
///
/// # Errors
/// With a sentence that says which is not.
pub(crate) fn request_of(content: &Content) -> Result<ValidationRequest, String> {
    let mut request =
        ValidationRequest::new(content.subject.inntektsaar, content.subject.identifikator.clone());
    let source = |input: &Option<Input>| input.as_ref().map(source_of).transpose();
    request.skattemelding = source(&content.skattemelding)?;
    request.selskapsmelding = source(&content.selskapsmelding)?;
    request.naeringsspesifikasjon = source(&content.naeringsspesifikasjon)?;
    request.referanse.clone_from(&content.referanse);
    request.gjeldende.clone_from(&content.gjeldende);
    request.innsendingstype = content.innsendingstype;
    request.innsendingsformaal = content.innsendingsformaal;
    request.opprettet_av.clone_from(&content.opprettet_av);
    request.tin.clone_from(&content.tin);
    request.forhaandsfastsetting = content.forhaandsfastsetting;
    request.compression = content.compression;
    request.rules = content.rules;
    Ok(match &content.out {
        Some(dir) => request.out(dir),
        None => request,
    })
}

/// Whether the documents of a request are still what they were when its content was made of them.
///
/// # Errors
/// With a sentence that says which is not.
pub(crate) fn unchanged(request: &ValidationRequest, content: &Content) -> Result<(), String> {
    let documents = [
        (&request.skattemelding, &content.skattemelding),
        (&request.selskapsmelding, &content.selskapsmelding),
        (&request.naeringsspesifikasjon, &content.naeringsspesifikasjon),
    ];
    documents.into_iter().filter_map(|(source, input)| source.as_ref().zip(input.as_ref())).try_for_each(
        |(source, input)| match source {
            DocumentSource::File(path) => is_what_it_was(path, input),
            // Nobody can change them.
            DocumentSource::Bytes(..) => Ok(()),
        },
    )
}

/// Where a document lies, if it is what it was.
///
/// # Errors
/// With a sentence that says how it is not.
pub(crate) fn source_of(input: &Input) -> Result<DocumentSource, String> {
    let Some(path) = &input.path else {
        return Err(format!("{} was handed over in memory, and that process is gone", input.name));
    };
    is_what_it_was(path, input)?;
    Ok(DocumentSource::File(path.clone()))
}

pub(crate) fn is_what_it_was(path: &Path, input: &Input) -> Result<(), String> {
    match File::open(path).and_then(|mut file| digest(&mut file)) {
        Ok((sha256, _)) if sha256 == input.sha256 => Ok(()),
        Ok(_) => Err(format!("{} is not what it was when this was asked for", shown(path))),
        Err(error) => Err(format!("{} cannot be read here: {error}", shown(path))),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
