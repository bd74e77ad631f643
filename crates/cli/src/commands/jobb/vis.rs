//! `skattebro jobb vis`.

use super::{failed, find, open, show};
use crate::args::jobb::Vis;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::time::local;
use crate::output::{krav_json, print, print_json};
use crate::settings::Settings;
use serde_json::{Value, json};
use skattebro::domain::Timestamp;
use skattebro::domain::flow::AttemptNo;
use skattebro::domain::krav::machine::{Krav, OperationEnd};
use skattebro::ports::journal::{CaseState, WorkerId};
use skattebro::{CaseFlow, CaseView, Happened, What};

pub(super) async fn run(settings: &Settings, arguments: Vis) -> Exit {
    let as_json = arguments.json;
    let store = match open(settings).await {
        Ok(store) => store,
        Err(why) => return bad_input(&why, as_json),
    };
    let id = match find(&store.cases, &arguments.id, as_json).await {
        Ok(id) => id,
        Err(exit) => return exit,
    };
    match store.cases.view(&id).await {
        Ok(view) if as_json => print_json(&json(&view)),
        Ok(view) => print(&text(&view)),
        Err(error) => return failed(&error, as_json),
    }
    Exit::Ok
}

fn json(view: &CaseView) -> Value {
    let mut value = show::summary(&view.summary);
    match &view.flow {
        CaseFlow::Krav(krav) => value["krav"] = show::krav(krav),
        CaseFlow::Filing(filing) => value["filing"] = show::filing(view, filing),
        CaseFlow::Innsending(innsending) => value["innsending"] = show::innsending(innsending),
    }
    value["oppdragsgiver"] = json!(view.oppdragsgiver);
    let told = view.history.iter().filter(|happened| !is_beside_its_attempt(view, happened));
    value["history"] = told.map(|happened| entry(view, happened)).collect();
    value
}

fn entry(view: &CaseView, happened: &Happened) -> Value {
    let (what, until) = match happened.what {
        What::Asked => ("asked", None),
        What::Begun { until } => ("begun", Some(until.to_string())),
        What::Answered(_) => ("answered", None),
        What::Seen => ("seen", None),
    };
    let mut value = json!({
        "n": happened.n.0,
        "at": happened.at.to_string(),
        "what": what,
        "text": happened.text,
        "korrelasjonsid": happened.korrelasjonsid.as_ref().map(|id| id.as_str()),
        "worker": happened.worker.as_ref().map(WorkerId::as_str),
    });
    if let Some(until) = until {
        value["until"] = until.into();
        value["answer"] = answer(view, happened.n).map(|answer| entry(view, answer)).unwrap_or_default();
    }
    if let Some(grunn) = &happened.grunn {
        value["grunn"] = grunn.as_str().into();
    }
    value
}

/// What came of an attempt.
fn answer(view: &CaseView, attempt: AttemptNo) -> Option<&Happened> {
    view.history.iter().find(|other| other.what == What::Answered(attempt))
}

/// Whether it is the answer to an attempt, which is shown with that one.
fn is_beside_its_attempt(view: &CaseView, happened: &Happened) -> bool {
    let What::Answered(n) = happened.what else { return false };
    let is_first = answer(view, n).is_some_and(|first| first.n == happened.n);
    is_first && view.history.iter().any(|other| other.n == n && matches!(other.what, What::Begun { .. }))
}

fn text(view: &CaseView) -> String {
    let summary = &view.summary;
    let mut lines = vec![format!("Case {}: {} {}", summary.id, summary.kind, summary.title)];
    lines.push(format!("Service: {}", summary.environment));
    let state = match summary.state {
        CaseState::Due(at) if at > Timestamp::now() => format!("goes on at {}", local(at)),
        CaseState::Due(_) => "something is to be done".to_owned(),
        CaseState::Waiting => "waits for somebody to ask".to_owned(),
        CaseState::Settled => "settled".to_owned(),
    };
    lines.push(format!("Stands at: {}; {state}", show::status(summary)));
    let owner = show::owner(summary);
    if !owner.is_empty() {
        lines.push(format!("Under way in: {owner}"));
    }
    lines.push(format!("Opened {}, last changed {}", local(summary.opened), local(summary.changed)));
    match &view.flow {
        CaseFlow::Krav(krav) => lines.extend(of_krav(krav)),
        CaseFlow::Filing(filing) => {
            lines.push(format!("Stage: {}", format!("{:?}", filing.stage()).to_lowercase()));
            lines.extend(view.jobb.as_ref().map(|jobb| format!("Job: {jobb}")));
            lines.extend(filing.referanse().map(|referanse| format!("Referanse: {referanse}")));
        }
        CaseFlow::Innsending(innsending) => {
            lines.push(format!("Stage: {}", show::stage(innsending)));
            lines.extend(innsending.instans().map(|instans| format!("Instance: {instans}")));
            lines.extend(innsending.verdict().map(|verdict| format!("Validation: {verdict}")));
            lines.extend(innsending.referanse().map(|referanse| format!("Referanse: {referanse}")));
        }
    }
    lines.extend(show::gone(view).reasons.iter().map(|reason| format!("! {reason}")));
    lines.push("\nHistory:".to_owned());
    for happened in view.history.iter().filter(|happened| !is_beside_its_attempt(view, happened)) {
        lines.extend(told(happened, "  "));
        if matches!(happened.what, What::Begun { .. }) {
            match answer(view, happened.n) {
                Some(answer) => lines.extend(told(answer, "    → ")),
                None => lines.push("    → no answer is known".to_owned()),
            }
        }
    }
    lines.join("\n")
}

fn of_krav(krav: &Krav) -> Vec<String> {
    let shown = |id: Option<&str>| id.unwrap_or("–").to_owned();
    let mut lines = vec![
        format!("Own id: {}", shown(krav.oppdragsgivers_kravidentifikator().map(|id| id.as_str()))),
        format!("Kravidentifikator: {}", shown(krav.kravidentifikator().map(|id| id.as_str()))),
        format!("Krav: {}", krav.standing().as_str()),
        "Operations:".to_owned(),
    ];
    for (operation, number) in krav.operations().iter().zip(1..) {
        let end = match operation.end() {
            Some(OperationEnd::Done(proof)) => format!("done ({})", krav_json::proof(proof)),
            Some(OperationEnd::Refused { rule, message }) => format!("refused: {rule}: {message}"),
            Some(OperationEnd::NotDone { message }) => format!("not done: {message}"),
            Some(OperationEnd::Moot(because)) => format!("not done: {}", because.as_str()),
            Some(OperationEnd::Unproven { evidence }) => format!("UNPROVEN: {evidence}"),
            None => "open".to_owned(),
        };
        let transaksjonsid = operation.transaksjonsid().map(|id| format!(", transaksjonsid {id}"));
        let transaksjonsid = transaksjonsid.unwrap_or_default();
        lines.push(format!("  {number}  {} – {end}{transaksjonsid}", show::operation(operation)));
    }
    lines
}

fn told(happened: &Happened, indent: &str) -> Vec<String> {
    let mut line = format!("{indent}{}  {}", local(happened.at), happened.text.replace(['\n', '\r'], " "));
    if let Some(id) = &happened.korrelasjonsid
        && !matches!(happened.what, What::Answered(_))
    {
        line.push_str(&format!("  [{id}]"));
    }
    if let (Some(worker), What::Begun { .. }) = (&happened.worker, happened.what) {
        let process = worker.as_str().split_once('.').map_or(worker.as_str(), |(process, _)| process);
        line.push_str(&format!("  by process {process}"));
    }
    let mut lines = vec![line];
    lines.extend(happened.grunn.as_ref().map(|grunn| format!("{indent}  because: {grunn}")));
    lines
}
