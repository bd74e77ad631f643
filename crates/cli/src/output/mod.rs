//! What people and machines are shown.

pub(crate) mod json;
pub(crate) mod krav;
pub(crate) mod krav_json;
pub(crate) mod krav_progress;
pub(crate) mod narrator;
pub(crate) mod text;
pub(crate) mod time;

use skattebro::domain::masking::mask;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something could not be printed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether standard output lacks something that was to be printed.
pub(crate) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Prints a line to standard output.
pub(crate) fn print(text: &str) {
    write(&format!("{text}\n"));
}

/// Writes to standard output. A reader that went away (`| head`) is no reason to fail.
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !FAILED.swap(true, Ordering::Relaxed)
    {
        complain(&format!("the output cannot be written, and is not whole: {error}"));
    }
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
