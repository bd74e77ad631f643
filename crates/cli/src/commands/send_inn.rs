//! `skattebro send-inn`.

use crate::args::SendInn;
use crate::commands::bad_input;
use crate::commands::stop::{Stop, stop_at_signals};
use crate::commands::validate::{RESULT_FILE, STOPPING, forget_result, is_whole, request, write_json};
use crate::connect::connect_with_store;
use crate::exit::Exit;
use crate::output::narrator::narrate;
use crate::output::{complain, json, print, print_json, text};
use crate::settings::{ApiKind, Innlogging, Settings};
use skattebro::domain::innsending::{InnsendingRules, Utfoerer};
use skattebro::{InnsendingError, InnsendingRequest, Innsendt, Skattebro};
use std::path::Path;

pub(crate) async fn run(settings: &Settings, arguments: SendInn) -> Exit {
    let as_json = arguments.json;
    let bridge = match connect_with_store(settings, ApiKind::Skattemelding).await {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, as_json),
    };
    let out = arguments.melding.out.clone();
    if let Some(Err(why)) = out.as_deref().map(forget_result) {
        return bad_input(&why, as_json);
    }
    let request = match wanted(&bridge, settings, arguments).await {
        Ok(request) => request,
        Err(why) => return bad_input(&why, as_json),
    };
    let outcome = send_inn(&bridge, request, as_json).await;
    report(&outcome, out.as_deref(), as_json)
}

/// What the command line asks for.
async fn wanted(
    bridge: &Skattebro,
    settings: &Settings,
    arguments: SendInn,
) -> Result<InnsendingRequest, String> {
    let utfoerer = arguments.utfoerer.unwrap_or_else(|| by_sign_in(settings));
    let late_action = settings.sent_kan_virke.value;
    if let Some(beginning) = &arguments.fra {
        let cases = bridge.cases();
        let id = cases.find(beginning).await.map_err(|error| error.to_string())??;
        let request = cases.innsending_av(&id, utfoerer).await.map_err(|error| error.to_string())?;
        return Ok(request.med_feil(arguments.send_inn_med_feil));
    }
    is_whole(&arguments.melding)?;
    // The command line demands both without --fra.
    let (Some(inntektsaar), Some(identifikator)) = (arguments.inntektsaar, arguments.identifikator) else {
        return Err("give --inntektsaar and --identifikator".to_owned());
    };
    let validation = request(inntektsaar, identifikator, arguments.melding, settings).until_told();
    let rules = InnsendingRules { late_action, ..InnsendingRules::default() };
    let mut request = InnsendingRequest::new(validation, utfoerer)
        .utgave(arguments.utgave)
        .med_feil(arguments.send_inn_med_feil)
        .rules(rules);
    for file in arguments.vedlegg {
        request = request.vedlegg(file);
    }
    Ok(request)
}

/// Maskinporten knows machines, and all other ways to a token persons, as far as this program can tell.
fn by_sign_in(settings: &Settings) -> Utfoerer {
    match settings.signin.innlogging.value {
        Innlogging::Maskinporten => Utfoerer::Systembruker,
        Innlogging::Token | Innlogging::Idporten => Utfoerer::Person,
    }
}

/// Submits, and tells of the progress. Ctrl-C, SIGTERM or SIGHUP stops it before its next act.
async fn send_inn(
    bridge: &Skattebro,
    request: InnsendingRequest,
    quiet: bool,
) -> Result<Innsendt, InnsendingError> {
    let mut sending = bridge.send_inn(request);
    let narration = tokio::spawn(narrate(sending.events(), quiet, bridge.journal().survives()));
    let (cancel, stop) = (sending.canceller(), Stop::new());
    let said = stop.said();
    let cancelling = tokio::spawn(async move {
        said.await;
        cancel();
    });
    let signals = tokio::spawn(stop_at_signals(stop, STOPPING));
    let outcome = sending.await;
    signals.abort();
    cancelling.abort();
    let _ = narration.await;
    outcome
}

/// Shows what came of it, and writes `resultat.json` beside the documents.
fn report(outcome: &Result<Innsendt, InnsendingError>, out: Option<&Path>, as_json: bool) -> Exit {
    let innsendt = match outcome {
        Ok(innsendt) => innsendt,
        Err(error) => {
            if as_json {
                print_json(&json::innsending_error(error));
                return Exit::from(error);
            }
            if let InnsendingError::Findings(findings) = error {
                findings.iter().for_each(|finding| print(&text::finding(finding)));
            }
            complain(&error.to_string());
            return Exit::from(error);
        }
    };
    let value = json::innsendt(innsendt);
    let mut exit = Exit::from(&innsendt.resultat);
    let written = out.map(|dir| write_json(dir, RESULT_FILE, &value));
    if let Some(Err(why)) = &written {
        complain(why);
        exit = Exit::Unavailable;
    }
    if as_json {
        print_json(&value);
        return exit;
    }
    print(&told(innsendt));
    if let (Some(dir), Some(Ok(()))) = (out, written) {
        print(&format!("All of it: {}", dir.join(RESULT_FILE).display()));
    }
    exit
}

fn told(innsendt: &Innsendt) -> String {
    let mut lines = vec![format!("Receipt: {}", innsendt.resultat)];
    lines.extend(innsendt.aarsaker.iter().map(|aarsak| match explained(aarsak) {
        Some(explained) => format!("  because: {aarsak} – {explained}"),
        None => format!("  because: {aarsak}"),
    }));
    if !innsendt.is_accepted() {
        lines.push("It was submitted, but it does NOT count: the receipt says so.".to_owned());
    }
    lines.push(format!("Instance: {}", innsendt.instans));
    if let Some(validering) = &innsendt.validering {
        lines.push(format!("Validation before: {validering}"));
    }
    if let Some(referanse) = &innsendt.referanse {
        lines.push(format!("Referanse: {referanse}"));
    }
    if let Some(case) = &innsendt.case {
        lines.push(format!("Case: {case}"));
    }
    lines.join("\n")
}

/// What a reason means that has little to do with the documents. Source: contract page `altinn.md`, "Learned by clients in production".
fn explained(aarsak: &str) -> Option<&'static str> {
    match aarsak {
        "innkommendeForespoerselManglerSporTilUtfoerende" => Some(
            "no person has confirmed it: a machine may not submit alone. Submit again with --utfoerer systembruker, and let a person \
             confirm on the page that is shown",
        ),
        _ => None,
    }
}
