//! What an envelope must say, beyond its schema.

use std::sync::Arc;

use super::current_return;
use super::document::Document;
use super::envelope_in::{Content, Dokument, Konvolutt};
use super::envelope_out::Submission;
use super::kinds::Dokumenttype;
use super::scenario::Scenario;
use super::target::Target;
use crate::problem::Problem;
use crate::world::World;

/// What a call demands of its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A job of edition v1: the næringsspesifikasjon was uploaded before.
    Job,
    /// A job of edition v2: all documents are in the envelope, which lies in an instance.
    AltinnJob,
    /// The submission of an instance, validated before by a job of either edition.
    Submission,
    /// Validation while the client waits: all documents are in the envelope.
    Synchronous,
    /// The same for trying things out, without a reference to the current return.
    Test,
}

/// An envelope that may go on to validation.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) submission: Submission,
    /// The uploaded document's reference; empty where all documents are in the envelope.
    pub(crate) referanse: String,
}

/// Checks an envelope against its call.
///
/// # Errors
/// With the first rule that it breaks.
pub(crate) fn check(
    konvolutt: Konvolutt,
    target: &Target,
    purpose: Purpose,
    scenario: Scenario,
    world: &World,
) -> Result<Accepted, Problem> {
    if konvolutt.inntektsaar != target.inntektsaar {
        return Err(bad(format!(
            "inntektsaar i konvolutten er {}, i banen {}",
            konvolutt.inntektsaar, target.inntektsaar
        )));
    }
    let has_purpose = konvolutt.innsending.as_ref().is_some_and(|innsending| innsending.har_formaal);
    if target.inntektsaar >= 2024 && !has_purpose {
        return Err(bad("innsendingsformaal er påkrevd fra inntektsår 2024"));
    }
    let main = main_document(&konvolutt, target)?;
    if purpose != Purpose::Test {
        check_current(&konvolutt, main, target, &scenario, world)?;
    }
    let mut referanse = String::new();
    let mut dokumenter = Vec::new();
    for dokument in konvolutt.dokumenter {
        let kind = dokument.kind;
        let document = match (purpose, dokument) {
            (Purpose::Job, Dokument { kind: Dokumenttype::Naeringsspesifikasjon, .. }) => {
                return Err(bad("En jobb tar naeringsspesifikasjonReferanse, ikke naeringsspesifikasjon"));
            }
            (
                Purpose::Job | Purpose::Submission,
                Dokument { content: Content::Referanse(id), forhaandsfastsetting, .. },
            ) => {
                if !referanse.is_empty() {
                    return Err(bad("Konvolutten har mer enn én naeringsspesifikasjonReferanse"));
                }
                let document = referenced(&id, target, &scenario, world)?;
                check_document(&document, kind, forhaandsfastsetting.as_deref(), target)?;
                referanse = id;
                document
            }
            (_, Dokument { content: Content::Referanse(_), .. }) => {
                return Err(bad("naeringsspesifikasjonReferanse brukes bare i jobber av utgave v1"));
            }
            (_, Dokument { content: Content::Inline(document), forhaandsfastsetting, .. }) => {
                check_document(&document, kind, forhaandsfastsetting.as_deref(), target)?;
                document
            }
        };
        dokumenter.push((kind, document));
    }
    if purpose == Purpose::Job && referanse.is_empty() {
        return Err(bad("Konvolutten mangler naeringsspesifikasjonReferanse"));
    }
    if dokumenter.iter().filter(|(kind, _)| *kind == Dokumenttype::Naeringsspesifikasjon).count() > 1 {
        return Err(bad("Konvolutten har mer enn én naeringsspesifikasjon"));
    }
    Ok(Accepted { submission: Submission { target: target.clone(), scenario, main, dokumenter }, referanse })
}

fn bad(melding: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::bad("SANDBOX-KONVOLUTT", melding)
}

/// The kind of the one return in the envelope, which must be of the identifier's kind.
fn main_document(konvolutt: &Konvolutt, target: &Target) -> Result<Dokumenttype, Problem> {
    let mut returns =
        konvolutt.dokumenter.iter().map(|dokument| dokument.kind).filter(|kind| kind.is_return());
    let (Some(main), None) = (returns.next(), returns.next()) else {
        return Err(bad("Konvolutten skal ha nøyaktig én skattemelding eller selskapsmelding"));
    };
    let personal = main == Dokumenttype::SkattemeldingPersonlig;
    if personal != target.identifikator.is_person() {
        return Err(bad(format!("{} passer ikke til identifikatoren i banen", main.name())));
    }
    Ok(main)
}

/// The envelope must refer to the current return, and to nothing else.
fn check_current(
    konvolutt: &Konvolutt,
    main: Dokumenttype,
    target: &Target,
    scenario: &Scenario,
    world: &World,
) -> Result<(), Problem> {
    let wrong = |why: String| Problem::bad("SANDBOX-GJELDENDE", why);
    if konvolutt.gjeldende.is_empty() {
        return Err(wrong("Konvolutten mangler dokumentreferanseTilGjeldendeDokument".to_owned()));
    }
    let id = current_return::id(world, target, scenario);
    for referanse in &konvolutt.gjeldende {
        if referanse.kind != main {
            return Err(wrong(format!(
                "dokumentreferanseTilGjeldendeDokument gjelder {}, konvolutten har {}",
                referanse.kind.name(),
                main.name()
            )));
        }
        if referanse.id != id {
            return Err(wrong("dokumentidentifikator er ikke den gjeldende skattemeldingens".to_owned()));
        }
    }
    Ok(())
}

fn referenced(
    id: &str,
    target: &Target,
    scenario: &Scenario,
    world: &World,
) -> Result<Arc<Document>, Problem> {
    let now = world.clock.now();
    world.archive.uploaded(id, target, now, scenario.references_last).ok_or_else(|| {
        let why = "naeringsspesifikasjonReferanse er ikke kjent for identifikatoren og inntektsåret";
        Problem::bad("SANDBOX-REFERANSE", why)
    })
}

fn check_document(
    document: &Document,
    kind: Dokumenttype,
    forhaandsfastsetting: Option<&str>,
    target: &Target,
) -> Result<(), Problem> {
    document.check(kind, target.inntektsaar)?;
    match forhaandsfastsetting {
        None => document.check_version(kind, target.inntektsaar),
        Some(namespace) if namespace == document.facts.namespace => Ok(()),
        Some(_) => Err(bad("navneromVedForhaandsfastsetting er ikke dokumentets navnerom")),
    }
}
