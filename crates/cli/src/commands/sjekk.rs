//! `skattebro sjekk`.

use crate::args::Sjekk;
use crate::exit::Exit;
use crate::output::text::{self, size};
use crate::output::{json, print, print_json};
use skattebro::codec::Input;
use skattebro::domain::judge::{Capabilities, Expected};
use skattebro::domain::{DocumentFacts, Finding};
use skattebro::{DocumentSource, check_for_upload};

/// What edition v1 takes in one request.
const MAX_REQUEST_BYTES: u64 = 25_000_000;

pub(crate) async fn run(arguments: Sjekk) -> Exit {
    let expected = Expected {
        inntektsaar: arguments.inntektsaar,
        forhaandsfastsetting: arguments.forhaandsfastsetting,
        capabilities: Capabilities::ASYNC_V1,
    };
    let mut documents = Vec::new();
    let mut errors = 0;
    for file in &arguments.files {
        let source = DocumentSource::from(file);
        let checked = check_for_upload(&source, &expected, Input::DEFAULT_LIMIT, MAX_REQUEST_BYTES);
        errors += checked.findings.iter().filter(|finding| finding.is_error()).count();
        if arguments.json {
            documents.push(document_json(&source.name(), &checked.facts, &checked.findings));
        } else {
            print_document(&source.name(), &checked.facts, &checked.findings);
        }
    }
    if arguments.json {
        print_json(&serde_json::json!({ "errors": errors, "documents": documents }));
    } else if errors > 0 {
        let word = if errors == 1 { "error" } else { "errors" };
        print(&format!("{errors} {word}. Nothing was sent."));
    }
    if errors > 0 { Exit::BadInput } else { Exit::Ok }
}

fn print_document(name: &str, facts: &DocumentFacts, findings: &[Finding]) {
    findings.iter().for_each(|finding| print(&text::finding(finding)));
    if findings.iter().any(Finding::is_error) {
        return;
    }
    if let Some((kind, version)) = facts.kind() {
        let year = facts.inntektsaar.as_ref().map_or("?", |year| year.value.as_str());
        print(&format!("{name}: {kind} v{version}, inntektsaar {year}, {} – no errors", size(facts.bytes)));
    }
}

fn document_json(name: &str, facts: &DocumentFacts, findings: &[Finding]) -> serde_json::Value {
    serde_json::json!({
        "source": name,
        "type": facts.kind().map(|(kind, _)| kind.to_string()),
        "version": facts.kind().map(|(_, version)| version),
        "inntektsaar": facts.inntektsaar.as_ref().map(|year| year.value.as_str()),
        "bytes": facts.bytes,
        "findings": findings.iter().map(json::finding).collect::<Vec<_>>(),
    })
}
