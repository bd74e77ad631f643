//! `skattebro valider`.

use crate::args::Valider;
use crate::commands::bad_input;
use crate::connect::connect_with_store;
use crate::exit::Exit;
use crate::output::narrator::narrate;
use crate::output::{complain, json, print, print_json, text};
use crate::settings::{ApiKind, Settings};
use skattebro::domain::filing::{FilingRules, Polling};
use skattebro::domain::{Finding, JobbId, Referanse, ValidationOutcome};
use skattebro::{Skattebro, Validated, ValidationError, ValidationRequest};
use std::path::Path;

pub(crate) async fn run(settings: &Settings, arguments: Valider) -> Exit {
    let bridge = match connect_with_store(settings, ApiKind::Skattemelding).await {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, arguments.json),
    };
    if let Some(Err(why)) = arguments.out.as_deref().map(forget_result) {
        return bad_input(&why, arguments.json);
    }
    let (as_json, out, synchronously) = (arguments.json, arguments.out.clone(), arguments.synkront);
    let request = request(arguments);
    let outcome = if synchronously {
        bridge.validate_synchronously(request).await.map(|validated| Reported {
            outcome: validated.outcome,
            jobb: None,
            referanse: None,
            warnings: validated.warnings,
        })
    } else {
        validate(&bridge, request, as_json).await.map(|validated| Reported {
            outcome: validated.outcome,
            jobb: Some(validated.jobb),
            referanse: validated.referanse,
            // Those of a validation with a job were told on the way.
            warnings: validated.warnings,
        })
    };
    if let (Ok(validated), true, false) = (&outcome, synchronously, as_json) {
        validated.warnings.iter().for_each(|warning| print(&text::finding(warning)));
    }
    report(&outcome, out.as_deref(), as_json)
}

/// What is shown of a validation, whichever way it went.
struct Reported {
    outcome: ValidationOutcome,
    jobb: Option<JobbId>,
    referanse: Option<Referanse>,
    warnings: Vec<Finding>,
}

fn request(arguments: Valider) -> ValidationRequest {
    let polling = Polling { max: arguments.max_pause, ..Polling::default() };
    let polling = Polling { min: polling.min.min(polling.max), ..polling };
    let rules = FilingRules { deadline: arguments.deadline, polling, ..FilingRules::default() };
    let mut request = ValidationRequest::new(arguments.party.inntektsaar, arguments.party.identifikator)
        .innsendingstype(arguments.innsendingstype)
        .forhaandsfastsetting(arguments.forhaandsfastsetting)
        .rules(rules);
    if let Some(file) = arguments.skattemelding {
        request = request.skattemelding(file);
    }
    if let Some(file) = arguments.selskapsmelding {
        request = request.selskapsmelding(file);
    }
    if let Some(file) = arguments.naeringsspesifikasjon {
        request = request.naeringsspesifikasjon(file);
    }
    if let Some(referanse) = arguments.referanse {
        request = request.referanse(referanse);
    }
    if let Some(id) = arguments.gjeldende {
        request = request.gjeldende(id);
    }
    if let Some(formaal) = arguments.innsendingsformaal {
        request = request.innsendingsformaal(formaal);
    }
    if let Some(name) = arguments.opprettet_av {
        request = request.opprettet_av(name);
    }
    if let Some(tin) = arguments.tin {
        request = request.tin(tin);
    }
    if let Some(dir) = arguments.out {
        request = request.out(dir);
    }
    request
}

/// Validates, and tells of the progress. Ctrl-C stops it before its next act.
pub(crate) async fn validate(
    bridge: &Skattebro,
    request: ValidationRequest,
    quiet: bool,
) -> Result<Validated, ValidationError> {
    let mut validating = bridge.validate(request);
    let narration = tokio::spawn(narrate(validating.events(), quiet));
    let cancel = validating.canceller();
    let interrupts = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            complain("stopping before the next step; press Ctrl-C again to end at once");
            cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        }
    });
    let outcome = validating.await;
    interrupts.abort();
    let _ = narration.await;
    outcome
}

/// Shows what came of it, and writes `resultat.json` beside the documents.
fn report(outcome: &Result<Reported, ValidationError>, out: Option<&Path>, as_json: bool) -> Exit {
    let error = match outcome {
        Ok(validated) => return report_outcome(validated, out, as_json),
        Err(error) => error,
    };
    if as_json {
        print_json(&json::validation_error(error));
        return Exit::from(error);
    }
    if let ValidationError::Findings(findings) = error {
        findings.iter().for_each(|finding| print(&text::finding(finding)));
    }
    complain(&error.to_string());
    Exit::from(error)
}

fn report_outcome(validated: &Reported, out: Option<&Path>, as_json: bool) -> Exit {
    let value = json::outcome(
        &validated.outcome,
        validated.jobb.as_ref(),
        validated.referanse.as_ref(),
        &validated.warnings,
    );
    let exit = Exit::from(&validated.outcome.resultat);
    let written = out.map(|dir| write_json(dir, RESULT_FILE, &value));
    let exit = if let Some(Err(why)) = &written {
        complain(why);
        Exit::Unavailable
    } else {
        exit
    };
    if as_json {
        print_json(&value);
        return exit;
    }
    print(&text::outcome(&validated.outcome, out));
    if let Some(jobb) = &validated.jobb {
        print(&format!("Job: {jobb}"));
    }
    if let Some(referanse) = &validated.referanse {
        print(&format!("Referanse: {referanse}"));
    }
    if let (Some(dir), Some(Ok(()))) = (out, written) {
        print(&format!("All of it: {}", dir.join(RESULT_FILE).display()));
    }
    exit
}

/// What is written beside a result's documents, last of all: while it is there, they are complete and belong together.
pub(crate) const RESULT_FILE: &str = "resultat.json";

/// Makes the folder of a result, and removes the word of an earlier one that its documents are complete.
pub(crate) fn forget_result(dir: &Path) -> Result<(), String> {
    let forget = || {
        std::fs::create_dir_all(dir)?;
        match std::fs::remove_file(dir.join(RESULT_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    forget().map_err(|error| format!("--out {} cannot be used: {error}", dir.display()))
}

/// Writes a JSON file, complete or not at all.
pub(crate) fn write_json(dir: &Path, name: &str, value: &serde_json::Value) -> Result<(), String> {
    use std::io::Write;
    let path = dir.join(name);
    let write = || {
        std::fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(format!("{value:#}\n").as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o640))?;
        }
        file.persist(&path)?;
        Ok::<_, std::io::Error>(())
    };
    write().map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
