//! One file a command.

mod config;
mod demo;
mod generer;
mod hent;
mod job;
mod jobb;
mod kjoer;
pub(crate) mod krav;
mod lege;
mod logg_inn;
mod sandbox;
mod send_inn;
mod sjekk;
mod stop;
mod token;
mod validate;

use crate::args::{Arguments, Command};
use crate::exit::Exit;
use crate::output::{complain, json, print_json};
use crate::settings::{self, Complaint, Flags, Settings};
use skattebro::ports::PortError;

/// Runs a command.
pub(crate) async fn run(arguments: Arguments) -> Exit {
    let Arguments { flags, command } = arguments;
    run_with(&flags, command).await.unwrap_or_else(|exit| exit)
}

/// Settings are read by the commands that have a use for them: a mistake in a file does not keep the others from their work.
async fn run_with(flags: &Flags, command: Command) -> Result<Exit, Exit> {
    Ok(match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Valider(arguments) => validate::run(&load(flags, arguments.json)?, *arguments).await,
        Command::SendInn(arguments) => send_inn::run(&load(flags, arguments.json)?, *arguments).await,
        Command::Hent(arguments) => hent::run(&load(flags, arguments.json)?, arguments).await,
        Command::Status(arguments) => job::status(&load(flags, arguments.json)?, arguments).await,
        Command::Resultat(arguments) => job::resultat(&load(flags, arguments.job.json)?, arguments).await,
        Command::Sjekk(arguments) => sjekk::run(arguments).await,
        Command::Krav(arguments) => {
            let (edition, as_json) = arguments.verb.edition_and_json();
            let flags = Flags { edition: edition.cloned(), ..flags.clone() };
            krav::run(&load(&flags, as_json)?, arguments).await
        }
        Command::Jobb(arguments) => {
            let (edition, as_json) = arguments.verb.edition_and_json();
            let flags = Flags { edition: edition.cloned(), ..flags.clone() };
            jobb::run(&load(&flags, as_json)?, arguments).await
        }
        Command::Kjoer(arguments) => {
            let flags = Flags { edition: arguments.edition.clone(), ..flags.clone() };
            kjoer::run(&load(&flags, false)?, arguments).await
        }
        Command::LoggInn(arguments) => logg_inn::inn(&load(flags, arguments.json)?, arguments).await,
        Command::LoggUt(arguments) => logg_inn::ut(&load(flags, arguments.json)?, arguments).await,
        Command::Token(arguments) => token::run(&load(flags, arguments.json)?, arguments).await,
        Command::Lege(arguments) => lege::run(flags, arguments).await,
        Command::Config(arguments) => config::run(flags, &arguments),
        Command::Generer(arguments) => generer::run(arguments).await,
        Command::Sandbox(arguments) => sandbox::run(arguments).await,
    })
}

/// The settings, or the end of the program.
fn load(flags: &Flags, as_json: bool) -> Result<Settings, Exit> {
    settings::load(flags).map_err(|complaints| {
        let complaints: Vec<_> = complaints.iter().map(Complaint::to_string).collect();
        if as_json {
            return bad_input(&complaints.join("\n"), as_json);
        }
        complaints.iter().for_each(|complaint| complain(complaint));
        Exit::BadInput
    })
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
