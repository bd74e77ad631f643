//! Progress of many krav or cases on standard error: a live line on a terminal, a plain one now and then elsewhere, nothing with `--json`.

use super::text::span;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Plain lines come no more often than this.
const PLAIN_PAUSE: Duration = Duration::from_secs(15);

pub(crate) struct Progress {
    of: &'static str,
    quiet: bool,
    terminal: bool,
    live: ProgressBar,
    began: Instant,
    last_plain: Instant,
    last_line: String,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        Self::of("Krav", quiet)
    }

    /// Of what is called so.
    pub(crate) fn of(of: &'static str, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let live = if terminal && !quiet { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
        live.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        live.enable_steady_tick(Duration::from_millis(200));
        let now = Instant::now();
        Self { of, quiet, terminal, live, began: now, last_plain: now, last_line: String::new() }
    }

    /// Shows where krav stand; `ended` of them need nothing more, of `total` if that is known.
    pub(crate) fn show(&mut self, counts: &BTreeMap<&'static str, u64>, ended: u64, total: Option<u64>) {
        let parts: Vec<String> =
            counts.iter().map(|(standing, count)| format!("{count} {standing}")).collect();
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        let line = format!("{}: {ended}{of} ended; {}", self.of, parts.join(", "));
        if self.terminal {
            self.live.set_message(line);
        } else if !self.quiet && self.last_plain.elapsed() >= PLAIN_PAUSE && line != self.last_line {
            let _ = writeln!(std::io::stderr().lock(), "{line} ({})", span(self.began.elapsed()));
            self.last_plain = Instant::now();
            self.last_line = line;
        }
    }

    pub(crate) fn finish(self) {
        self.live.finish_and_clear();
    }
}
