//! `skattebro valider`.

use crate::args::{Party, Return, Valider};
use crate::commands::bad_input;
use crate::commands::stop::{Stop, stop_at_signals};
use crate::connect::connect_with_store;
use crate::exit::Exit;
use crate::output;
use crate::output::narrator::{Heard, narrate};
use crate::output::{complain, json, print, print_json, text};
use crate::settings::{ApiKind, Settings};
use skattebro::domain::filing::{FilingRules, Polling};
use skattebro::domain::{Finding, Identifikator, Inntektsaar, JobbId, Referanse, ValidationOutcome};
use skattebro::{PackedAs, Skattebro, Validated, ValidationError, ValidationRequest};
use std::path::Path;

pub(crate) const STOPPING: &str = "stopping before the next step; press Ctrl-C again to end at once";

pub(crate) async fn run(settings: &Settings, arguments: Valider) -> Exit {
    let bridge = match connect_with_store(settings, ApiKind::Skattemelding).await {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, arguments.json),
    };
    if let Some(Err(why)) = arguments.melding.out.as_deref().map(forget_result) {
        return bad_input(&why, arguments.json);
    }
    let (as_json, out, synchronously) = (arguments.json, arguments.melding.out.clone(), arguments.synkront);
    if let Err(why) = is_whole(&arguments.melding) {
        return bad_input(why, as_json);
    }
    let Party { inntektsaar, identifikator } = arguments.party;
    let request = request(inntektsaar, identifikator, arguments.melding, settings).until_told();
    let mut heard = Heard::default();
    let outcome = if synchronously {
        bridge.validate_synchronously(request).await.map(|validated| Reported {
            outcome: validated.outcome,
            jobb: None,
            referanse: None,
            packed: None,
            warnings: validated.warnings,
        })
    } else {
        let (outcome, told) = validate_and_hear(&bridge, request, as_json).await;
        heard = told;
        outcome.map(|validated| Reported {
            outcome: validated.outcome,
            jobb: Some(validated.jobb),
            referanse: validated.referanse,
            packed: validated.packed,
            // Those of a validation with a job were told on the way.
            warnings: validated.warnings,
        })
    };
    if let (Ok(validated), true, false) = (&outcome, synchronously, as_json) {
        validated.warnings.iter().for_each(|warning| print(&text::finding(warning)));
    }
    let exit = report(&outcome, &heard, out.as_deref(), as_json);
    if let (true, Some(case)) = (outcome.is_ok() && !output::has_failed(), &heard.case)
        && let Err(error) = bridge.cases().told(case).await
    {
        complain(&format!("asked again, this validation will be shown again: {error}"));
    }
    exit
}

/// What is shown of a validation, whichever way it went.
struct Reported {
    outcome: ValidationOutcome,
    jobb: Option<JobbId>,
    referanse: Option<Referanse>,
    packed: Option<PackedAs>,
    warnings: Vec<Finding>,
}

/// Whether there is a return, and a næringsspesifikasjon with it.
pub(crate) fn is_whole(melding: &Return) -> Result<(), &'static str> {
    if melding.skattemelding.is_none() && melding.selskapsmelding.is_none() {
        return Err("give --skattemelding FILE or --selskapsmelding FILE");
    }
    if melding.naeringsspesifikasjon.is_none() && melding.referanse.is_none() {
        return Err("give --naeringsspesifikasjon FILE, or the --referanse of one that was uploaded");
    }
    Ok(())
}

/// The validation that the command line describes.
pub(crate) fn request(
    inntektsaar: Inntektsaar,
    identifikator: Identifikator,
    arguments: Return,
    settings: &Settings,
) -> ValidationRequest {
    let late_action = settings.sent_kan_virke.value;
    let polling = Polling { max: arguments.max_pause, ..Polling::default() };
    let polling = Polling { min: polling.min.min(polling.max), ..polling };
    let rules = FilingRules { deadline: arguments.deadline, polling, late_action, ..FilingRules::default() };
    let mut request = ValidationRequest::new(inntektsaar, identifikator)
        .innsendingstype(arguments.innsendingstype)
        .forhaandsfastsetting(arguments.forhaandsfastsetting)
        .compression(settings.compression())
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

/// Validates, and tells of the progress. Ctrl-C, SIGTERM or SIGHUP stops it before its next act.
pub(crate) async fn validate(
    bridge: &Skattebro,
    request: ValidationRequest,
    quiet: bool,
) -> Result<Validated, ValidationError> {
    validate_and_hear(bridge, request, quiet).await.0
}

async fn validate_and_hear(
    bridge: &Skattebro,
    request: ValidationRequest,
    quiet: bool,
) -> (Result<Validated, ValidationError>, Heard) {
    let mut validating = bridge.validate(request);
    let narration = tokio::spawn(narrate(validating.events(), quiet, bridge.journal().survives()));
    let (cancel, stop) = (validating.canceller(), Stop::new());
    let said = stop.said();
    let cancelling = tokio::spawn(async move {
        said.await;
        cancel();
    });
    let signals = tokio::spawn(stop_at_signals(stop, STOPPING));
    let outcome = validating.await;
    signals.abort();
    cancelling.abort();
    (outcome, narration.await.unwrap_or_default())
}

/// Shows what came of it, and writes `resultat.json` beside the documents.
fn report(
    outcome: &Result<Reported, ValidationError>,
    heard: &Heard,
    out: Option<&Path>,
    as_json: bool,
) -> Exit {
    let error = match outcome {
        Ok(validated) => return report_outcome(validated, heard, out, as_json),
        Err(error) => error,
    };
    if as_json {
        let mut value = json::validation_error(error);
        value["case"] = case(heard);
        print_json(&value);
        return Exit::from(error);
    }
    if let ValidationError::Findings(findings) = error {
        findings.iter().for_each(|finding| print(&text::finding(finding)));
    }
    complain(&error.to_string());
    Exit::from(error)
}

/// The case, as JSON.
fn case(heard: &Heard) -> serde_json::Value {
    heard.case.as_ref().map(|case| case.as_str()).into()
}

fn report_outcome(validated: &Reported, heard: &Heard, out: Option<&Path>, as_json: bool) -> Exit {
    let mut value = json::outcome(
        &validated.outcome,
        validated.jobb.as_ref(),
        validated.referanse.as_ref(),
        &validated.warnings,
    );
    value["upload"] = json::upload(validated.packed.as_ref());
    value["case"] = case(heard);
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
    match &heard.case {
        Some(case) if heard.has_sent => print(&format!("Case: {case}")),
        Some(case) => {
            print(&format!("Case: {case}. It was begun earlier: nothing was uploaded or started again"))
        }
        None => {}
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
