//! `skattebro status` and `skattebro resultat`: single steps.

use crate::args::{Job, JobResult};
use crate::commands::validate::{RESULT_FILE, forget_result, write_json};
use crate::commands::{bad_input, failed_call};
use crate::connect::connect;
use crate::exit::Exit;
use crate::output::{complain, json, print, print_json, text};
use crate::settings::{ApiKind, Settings};
use skattebro::ports::{DocumentSink, Subject};
use skattebro::{DirectorySink, DiscardSink};
use std::sync::Arc;

pub(crate) async fn status(settings: &Settings, arguments: Job) -> Exit {
    let bridge = match connect(settings, ApiKind::Skattemelding) {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, arguments.json),
    };
    let subject = subject(&arguments);
    match bridge.jobs().status(&bridge.new_call(), &subject, &arguments.jobb).await {
        Ok(tilstand) if arguments.json => print_json(&json::tilstand(&arguments.jobb, &tilstand)),
        Ok(tilstand) => print(&text::tilstand(&tilstand)),
        Err(error) => return failed_call(&error, arguments.json),
    }
    Exit::Ok
}

pub(crate) async fn resultat(settings: &Settings, arguments: JobResult) -> Exit {
    let JobResult { job, out } = arguments;
    let bridge = match connect(settings, ApiKind::Skattemelding) {
        Ok(bridge) => bridge,
        Err(why) => return bad_input(&why, job.json),
    };
    if let Some(Err(why)) = out.as_deref().map(forget_result) {
        return bad_input(&why, job.json);
    }
    let sink: Arc<dyn DocumentSink> = match &out {
        Some(dir) => Arc::new(DirectorySink::new(dir)),
        None => Arc::new(DiscardSink),
    };
    let outcome = match bridge.jobs().resultat(&bridge.new_call(), &subject(&job), &job.jobb, sink).await {
        Ok(Some(outcome)) => outcome,
        Ok(None) => {
            let why = "the job has no result yet; look at it with «skattebro status», and try again when it is FERDIG";
            if job.json {
                print_json(&serde_json::json!({ "error": why }));
            } else {
                complain(why);
            }
            return Exit::Unavailable;
        }
        Err(error) => return failed_call(&error, job.json),
    };
    let value = json::outcome(&outcome, Some(&job.jobb), None, &[]);
    if job.json {
        print_json(&value);
    } else {
        print(&text::outcome(&outcome, out.as_deref()));
    }
    match out.as_deref().map(|dir| write_json(dir, RESULT_FILE, &value)) {
        Some(Err(why)) => {
            complain(&why);
            Exit::Unavailable
        }
        _ => Exit::from(&outcome.resultat),
    }
}

fn subject(job: &Job) -> Subject {
    Subject { inntektsaar: job.party.inntektsaar, identifikator: job.party.identifikator.clone() }
}
