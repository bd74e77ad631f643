//! What people and machines are shown.

pub(crate) mod json;
pub(crate) mod krav;
pub(crate) mod krav_json;
pub(crate) mod krav_progress;
pub(crate) mod narrator;
pub(crate) mod text;

use skattebro::domain::masking::mask;
use std::io::Write;

/// Prints to standard output. A reader that went away (`| head`) is no reason to fail.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

/// Prints a complaint to standard error, without personal numbers: standard error ends in the logs of batch jobs.
pub(crate) fn complain(text: &str) {
    let text = mask(text);
    let _ = writeln!(std::io::stderr().lock(), "skattebro: {text}");
}

/// Prints an error that has its own form to standard error.
pub(crate) fn print_error(text: &str) {
    let _ = write!(std::io::stderr().lock(), "{text}");
}

/// Prints a JSON document to standard output.
pub(crate) fn print_json(value: &serde_json::Value) {
    print(&format!("{value:#}"));
}
