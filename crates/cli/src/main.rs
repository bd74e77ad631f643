//! skattebro on the command line.
//!
//! Results go to standard output, progress and complaints to standard error; with `--json` standard output holds one JSON
//! document and nothing else. Exit codes: see [`exit`].

mod args;
mod commands;
mod connect;
mod exit;
mod output;
mod settings;
mod signin;
mod store;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        // What was typed is shown again, but not a personal number or a password: standard error ends in the logs of batch jobs.
        Err(error) if error.use_stderr() => {
            let shown = settings::without_passwords(&error.render().to_string());
            output::print_error(&skattebro::domain::masking::mask(&shown));
            return exit::Exit::BadInput.into();
        }
        Err(help) => help.exit(),
    };
    start_logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("cannot start: {error}"));
            return exit::Exit::Unavailable.into();
        }
    };
    let exit = runtime.block_on(commands::run(arguments));
    // A blocking read of an input that never ends must not keep the program alive.
    runtime.shutdown_background();
    if output::has_failed() { exit::Exit::Unavailable.into() } else { exit.into() }
}

/// Logs go to standard error when `SKATTEBRO_LOG` asks for them: `SKATTEBRO_LOG=debug`. With `SKATTEBRO_LOG_FILE=PATH` everything down to
/// `debug` is appended to that file, whatever standard error gets.
fn start_logging() {
    use tracing_subscriber::filter::{EnvFilter, LevelFilter};
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;
    let to_stderr = std::env::var_os("SKATTEBRO_LOG").is_some().then(|| {
        let filter = EnvFilter::from_env("SKATTEBRO_LOG");
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter)
    });
    let file = std::env::var_os("SKATTEBRO_LOG_FILE").and_then(|path| {
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        opened
            .map_err(|error| output::complain(&format!("SKATTEBRO_LOG_FILE cannot be written: {error}")))
            .ok()
    });
    let to_file = file.map(|file| {
        let layer =
            tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::sync::Mutex::new(file));
        layer.with_filter(LevelFilter::DEBUG)
    });
    tracing_subscriber::registry().with(to_stderr).with(to_file).init();
}
