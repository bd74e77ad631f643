//! Submission: what the receipt will say.

use std::collections::HashSet;
use std::time::Duration;

use super::element::{DataType, Envelope};
use super::instance::{Instance, Submitted};
use crate::problem::Problem;
use crate::skattemelding::envelope_out::{Cause, Submission, Verdict};
use crate::skattemelding::rules::{self, Purpose};
use crate::skattemelding::target::Target;
use crate::world::World;

/// What is known of a submission when it is made. With the instance locked, so that of two submissions
/// one is first.
pub(super) fn submit(world: &World, instance: &Instance, envelope: &Envelope, now: Duration) -> Submitted {
    let scenario = world.scenarios.of(instance.owner.as_str());
    let altinn = scenario.altinn.clone();
    let mut causes: Vec<_> = altinn
        .aarsaker
        .iter()
        .map(|aarsak| Cause { aarsak: aarsak.clone(), why: "Scenarioet vil det slik".to_owned() })
        .collect();
    if !instance.process.person {
        causes.push(cause(
            "innkommendeForespoerselManglerSporTilUtfoerende",
            "Ingen person har bekreftet innsendingen",
        ));
    }
    let target = Target { inntektsaar: instance.metadata.inntektsaar, identifikator: instance.owner.clone() };
    let konvolutt = envelope.known().unwrap_or_else(|| Err(Problem::internal("an envelope was not read")));
    let checked = konvolutt
        .and_then(|konvolutt| rules::check(konvolutt, &target, Purpose::Submission, scenario.clone(), world));
    let submission = match checked {
        Ok(accepted) => {
            causes.extend(disagreements(instance, &accepted.submission));
            Some(accepted.submission)
        }
        Err(problem) => {
            causes.push(cause(aarsak(&problem), problem.melding()));
            None
        }
    };
    let verdict = Verdict { scenario, submission, causes };
    if let Some(submission) = &verdict.submission
        && verdict.is_ok()
        && altinn.becomes_current
    {
        world.archive.add_submitted(submission);
    }
    let receipt = now.saturating_add(altinn.receipt);
    Submitted {
        receipt_id: world.ids.next_uuid("tilbakemelding"),
        receipt,
        ended: receipt.saturating_add(altinn.ended),
        verdict,
    }
}

/// Where the documents say something else than the instance.
fn disagreements(instance: &Instance, submission: &Submission) -> Vec<Cause> {
    let mut causes = Vec::new();
    let marks = || submission.dokumenter.iter().map(|(_, document)| &document.facts.marks);
    if marks().any(|marks| marks.revisor) != instance.revisor {
        causes.push(cause(
            "skalBekreftesAvRevisorAvvikerFraInstansen",
            "Dokumentene og instansen er ikke enige om at revisor skal bekrefte",
        ));
    }
    let there: HashSet<_> =
        instance.of_kind(DataType::Vedlegg).map(|element| element.id.to_string()).collect();
    if marks().flat_map(|marks| &marks.vedlegg).any(|id| !there.contains(id)) {
        causes
            .push(cause("vedleggManglerIInstansen", "Et vedlegg i skattemeldingen ligger ikke i instansen"));
    }
    causes
}

/// What an envelope that was not accepted is called in a receipt.
fn aarsak(problem: &Problem) -> &'static str {
    match problem.kode() {
        "SANDBOX-GJELDENDE" => "idAvvikerFraKrav",
        "SANDBOX-REFERANSE" => "naeringsspesifikasjonReferanseErUkjent",
        "DAS-001" => "tekniskFeil",
        _ => "konvoluttIkkeRiktigFormatert",
    }
}

fn cause(aarsak: &str, why: &str) -> Cause {
    Cause { aarsak: aarsak.to_owned(), why: why.to_owned() }
}
