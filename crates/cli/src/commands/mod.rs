//! One file a command.

mod demo;
mod generer;
mod hent;
mod job;
pub(crate) mod krav;
mod sandbox;
mod sjekk;
mod validate;

use crate::args::Command;
use crate::exit::Exit;
use crate::output::{complain, json, print_json};
use skattebro::ports::PortError;

/// Runs a command.
pub(crate) async fn run(command: Command) -> Exit {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Valider(arguments) => validate::run(*arguments).await,
        Command::Hent(arguments) => hent::run(arguments).await,
        Command::Status(arguments) => job::status(arguments).await,
        Command::Resultat(arguments) => job::resultat(arguments).await,
        Command::Sjekk(arguments) => sjekk::run(arguments).await,
        Command::Krav(arguments) => krav::run(arguments).await,
        Command::Generer(arguments) => generer::run(arguments).await,
        Command::Sandbox(arguments) => sandbox::run(arguments).await,
    }
}

/// A command line that cannot be used.
fn bad_input(why: &str, as_json: bool) -> Exit {
    if as_json {
        print_json(&serde_json::json!({ "error": why }));
    } else {
        complain(why);
    }
    Exit::BadInput
}

/// A call that failed.
fn failed_call(error: &PortError, as_json: bool) -> Exit {
    if as_json {
        print_json(&json::port_error(error));
    } else {
        complain(&error.with_causes());
    }
    Exit::from(error)
}
