//! `skattebro jobb`: one file a verb.

mod avgjoer;
mod export;
mod fortsett;
mod gi_opp;
mod list;
mod restored;
mod rydd;
mod show;
mod vis;

pub(super) use restored::tell_restored;

use crate::args::jobb::{Jobb, Verb};
use crate::connect::environment;
use crate::exit::Exit;
use crate::output::{complain, print_json};
use crate::settings::{ApiKind, Settings};
use crate::store;
use skattebro::ports::Journal;
use skattebro::ports::journal::{CaseId, Environment};
use skattebro::{CaseError, Cases};
use std::process::Command;
use std::sync::Arc;

/// Runs a verb.
pub(super) async fn run(settings: &Settings, arguments: Jobb) -> Exit {
    match arguments.verb {
        Verb::List(arguments) => list::run(settings, arguments).await,
        Verb::Vis(arguments) => vis::run(settings, arguments).await,
        Verb::Fortsett(arguments) => fortsett::run(settings, arguments).await,
        Verb::GiOpp(arguments) => gi_opp::run(settings, arguments).await,
        Verb::Avgjoer(arguments) => avgjoer::run(settings, arguments).await,
        Verb::Rydd(arguments) => rydd::run(settings, arguments).await,
        Verb::Gjenopprettet(arguments) => restored::run(settings, arguments).await,
    }
}

/// The store, for verbs that send nothing.
struct Store {
    journal: Arc<dyn Journal>,
    cases: Cases,
    /// The service that was chosen, if one was.
    environment: Option<Environment>,
}

/// # Errors
/// With a sentence for the user.
async fn open(settings: &Settings) -> Result<Store, String> {
    let journal = store::open_lasting(settings).await?.journal;
    let environment = match settings.server(ApiKind::Skattemelding) {
        Ok(_) => Some(environment(settings, ApiKind::Skattemelding).await?),
        Err(_) => None,
    };
    Ok(Store { cases: Cases::of(journal.clone()), journal, environment })
}

/// The case whose id begins so.
///
/// # Errors
/// With the end of the program, which was told why.
async fn find(cases: &Cases, beginning: &str, as_json: bool) -> Result<CaseId, Exit> {
    match cases.find(beginning).await {
        Ok(Ok(id)) => Ok(id),
        Ok(Err(why)) => Err(fail(&why, Exit::BadInput, as_json)),
        Err(error) => Err(fail(&error.to_string(), Exit::Unavailable, as_json)),
    }
}

/// Says why something could not be done.
fn fail(why: &str, exit: Exit, as_json: bool) -> Exit {
    if as_json {
        print_json(&serde_json::json!({ "error": why }));
    } else {
        complain(why);
    }
    exit
}

fn failed(error: &CaseError, as_json: bool) -> Exit {
    let exit = match error {
        CaseError::NoCase(_) | CaseError::Declined(..) | CaseError::CannotBeSubmitted(..) => Exit::BadInput,
        CaseError::Unreadable(..) | CaseError::Journal(_) => Exit::Unavailable,
    };
    fail(&error.to_string(), exit, as_json)
}

/// The first characters of an id, which tell most cases apart.
fn short(id: &CaseId) -> &str {
    id.as_str().get(..8).unwrap_or(id.as_str())
}

/// The name of whoever runs this.
fn user(given: Option<String>) -> Option<String> {
    let variable = |name| std::env::var(name).ok().filter(|name: &String| !name.is_empty());
    let asked = || {
        let output = Command::new("whoami").output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|name| !name.is_empty())
    };
    given.or_else(|| variable("USER")).or_else(|| variable("USERNAME")).or_else(asked)
}
