//! The command line of `skattebro jobb`.

use super::timestamp;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use skattebro::domain::{Kravidentifikator, Timestamp};
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "Exit codes:\n  0  done; of what was gone on with: everything is settled well\n  \
    1  something was refused, rejected or failed; nothing is in doubt\n  \
    2  the command line or the store cannot be used\n  3  something is unproven or still open, or it could not be done";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Jobb {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List what is under way or needs somebody.
    #[command(after_help = EXIT_CODES)]
    List(List),
    /// Show one case: where it stands, and everything that happened.
    #[command(after_help = EXIT_CODES)]
    Vis(Vis),
    /// Go on here: with everything that is due, or with the cases that are named, to their end.
    #[command(after_help = EXIT_CODES)]
    Fortsett(Fortsett),
    /// Give a case up: nothing more is sent for it.
    #[command(after_help = EXIT_CODES)]
    GiOpp(GiOpp),
    /// Say what became of something that nobody here can prove. The case goes on from there.
    #[command(after_help = EXIT_CODES)]
    Avgjoer(Avgjoer),
    /// Write old cases that are settled to a file, and then remove them from the store.
    #[command(after_help = EXIT_CODES)]
    Rydd(Rydd),
    /// After a backup of the store was restored: tell every open case, before anything is sent.
    #[command(after_help = EXIT_CODES)]
    Gjenopprettet(Gjenopprettet),
}

impl Verb {
    /// What was said of the edition, and whether the output is JSON.
    pub(crate) fn edition_and_json(&self) -> (Option<&String>, bool) {
        match self {
            Self::List(arguments) => (None, arguments.json),
            Self::Vis(arguments) => (None, arguments.json),
            Self::Fortsett(arguments) => (arguments.edition.as_ref(), arguments.json),
            Self::GiOpp(_) | Self::Avgjoer(_) | Self::Rydd(_) | Self::Gjenopprettet(_) => (None, false),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Tilstand {
    Due,
    Waiting,
    Settled,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Krav,
    Filing,
    Innsending,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those that stand so, such as unproven, received or job.
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,
    /// Only those that are due (something is to be done), waiting (for somebody to ask) or settled.
    #[arg(long, value_name = "STATE")]
    pub(crate) tilstand: Option<Tilstand>,
    /// Only krav, or only filings.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<Kind>,
    /// Also those that are settled.
    #[arg(long, conflicts_with = "tilstand")]
    pub(crate) alle: bool,
    /// Also those of other services that this store was used with.
    #[arg(long)]
    pub(crate) alle_miljoer: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Vis {
    /// The case's id, or enough of its beginning.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fortsett {
    /// The cases' ids, or enough of their beginnings. Without one: everything of this service that is due.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) restored: Restored,
    /// The edition of the innkreving API: v1 or 2023. Krav that were begun in the other are left alone. [env: SKATTEBRO_EDITION] [default: v1]
    #[arg(long, value_name = "EDITION")]
    pub(crate) edition: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whether the store is a copy.
#[derive(Debug, Args)]
pub(crate) struct Restored {
    /// The store was restored from a backup made at this time (RFC 3339): everything since counts as possibly sent. Give it once.
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(crate) gjenopprettet_siden: Option<Timestamp>,
}

/// Why, and who says so.
#[derive(Debug, Args)]
pub(crate) struct Said {
    /// Why, in your own words. It is kept with the case.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(crate) grunn: String,
    /// Who decides this; your user name unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) av: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct GiOpp {
    /// The case's id, or enough of its beginning.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) said: Said,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["opprettet", "ikke_opprettet", "utfoert", "ikke_utfoert"]).required(true)))]
pub(crate) struct Avgjoer {
    /// The case's id, or enough of its beginning.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Skatteetaten has created the krav; with its kravidentifikator, if you know it.
    #[arg(long, value_name = "KRAVIDENTIFIKATOR", num_args = 0..=1)]
    pub(crate) opprettet: Option<Option<Kravidentifikator>>,
    /// Skatteetaten has not created the krav.
    #[arg(long)]
    pub(crate) ikke_opprettet: bool,
    /// Skatteetaten has done the change or the write-off.
    #[arg(long)]
    pub(crate) utfoert: bool,
    /// Skatteetaten has not done it.
    #[arg(long)]
    pub(crate) ikke_utfoert: bool,
    /// Which of the case's operations, as «jobb vis» numbers them; the one that is unproven unless given.
    #[arg(long, value_name = "N")]
    pub(crate) operasjon: Option<usize>,
    #[command(flatten)]
    pub(crate) said: Said,
}

#[derive(Debug, Args)]
pub(crate) struct Rydd {
    /// Only what has not changed for so long, such as 90d.
    #[arg(long, value_name = "DURATION", value_parser = days)]
    pub(crate) eldre_enn: Duration,
    /// Write them to this new file first, with everything that happened, as JSON Lines. It holds personal numbers.
    #[arg(long, value_name = "FILE")]
    pub(crate) til: Option<PathBuf>,
    /// Do it. Without this, it is only told how many there are.
    #[arg(long, requires = "til")]
    pub(crate) bekreft: bool,
    /// Also those of other services that this store was used with.
    #[arg(long)]
    pub(crate) alle_miljoer: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Gjenopprettet {
    /// When the backup was made (RFC 3339): everything since counts as possibly sent.
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(crate) siden: Timestamp,
    /// Who decides this; your user name unless given.
    #[arg(long, value_name = "NAME")]
    pub(crate) av: Option<String>,
}

/// A long span of time as people write it: 90d, 12w, 36h. A day is 24 hours.
fn days(text: &str) -> Result<Duration, String> {
    let wrong = || "write it like 90d, 12w or 36h".to_owned();
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let span = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}

fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why; whoever looks at the case later must understand it".to_owned()),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_spans_are_read_as_people_write_them() {
        for (text, hours) in [("90d", 90 * 24), ("2w", 14 * 24), ("36h", 36), ("1d12h", 36), ("0s", 0)] {
            assert_eq!(days(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for bad in ["", "90", "-1d", "1 month", "soon"] {
            assert!(days(bad).is_err(), "{bad}");
        }
    }
}
