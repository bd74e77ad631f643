//! The command line of `skattebro krav`.

use super::duration;
use clap::{ArgGroup, Args, Subcommand};
use skattebro::codec::krav::RowFormat;
use skattebro::domain::Invalid;
use skattebro::domain::krav::{KravId, Kroner, OppdragsgiversKravidentifikator, RenteBeloep};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const EXIT_CODES: &str = "Exit codes:\n  0  everything is settled well\n  1  there are findings, or refused or rejected krav, or differences\n  \
    2  a file cannot be read, or the command line or the access is wrong; nothing was tried\n  \
    3  something is unproven or still open (wins over 1)";

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Krav {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Check files of krav without sending anything; tells all that is wrong at once.
    #[command(after_help = EXIT_CODES)]
    Sjekk(Sjekk),
    /// Create krav from a file, and follow each until it is settled.
    #[command(after_help = EXIT_CODES)]
    Opprett(Box<Opprett>),
    /// Change the principal, the interest or the reference of krav.
    #[command(after_help = EXIT_CODES)]
    Endre(Box<Endre>),
    /// Write krav off.
    #[command(after_help = EXIT_CODES)]
    Avskriv(Box<Avskriv>),
    /// Write krav off and create others in their place, as a new decision demands.
    #[command(after_help = EXIT_CODES)]
    Erstatt(Box<Erstatt>),
    /// Look how far krav have come.
    #[command(after_help = EXIT_CODES)]
    Status(Status),
    /// Show what the asynchronous validation found wrong with a krav.
    #[command(after_help = EXIT_CODES)]
    Valideringsfeil(Valideringsfeil),
    /// Compare what was sent with what Skatteetaten says it received. Edition v1.
    #[command(after_help = EXIT_CODES)]
    Avstem(Avstem),
}

impl Verb {
    /// What was said of the edition, and whether the output is JSON.
    pub(crate) fn edition_and_json(&self) -> (Option<&String>, bool) {
        let service = match self {
            Self::Sjekk(arguments) => return (arguments.edition.as_ref(), arguments.json),
            Self::Opprett(arguments) => &arguments.sending.service,
            Self::Endre(arguments) => &arguments.service,
            Self::Avskriv(arguments) => &arguments.service,
            Self::Erstatt(arguments) => &arguments.sending.service,
            Self::Status(arguments) => &arguments.service,
            Self::Valideringsfeil(arguments) => &arguments.service,
            Self::Avstem(arguments) => &arguments.service,
        };
        (service.edition.as_ref(), service.json)
    }
}

/// An id as it was given on the command line.
#[derive(Debug, Clone)]
pub(crate) struct GivenId {
    told_by_form: KravId,
    ours: OppdragsgiversKravidentifikator,
}

impl GivenId {
    /// What it names; `is_ours` says that it is the oppdragsgiver's, whatever it looks like.
    pub(crate) fn id(&self, is_ours: bool) -> KravId {
        if is_ours { KravId::Oppdragsgivers(self.ours.clone()) } else { self.told_by_form.clone() }
    }
}

impl FromStr for GivenId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Ok(Self { told_by_form: text.parse()?, ours: text.parse()? })
    }
}

/// Whose ids are given.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Whose {
    /// The ids that are given are yours (oppdragsgiversKravidentifikator), also those that look like a UUID.
    #[arg(long)]
    pub(crate) egen_id: bool,
}

impl Whose {
    /// What an id in a file names.
    ///
    /// # Errors
    /// If it is no id.
    pub(crate) fn read(self, text: &str) -> Result<KravId, Invalid> {
        text.parse::<GivenId>().map(|given| given.id(self.egen_id))
    }
}

/// Which API, and how to print.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// The edition of the innkreving API: v1 or 2023. [env: SKATTEBRO_EDITION] [default: v1]
    #[arg(long, value_name = "EDITION")]
    pub(crate) edition: Option<String>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long to go on, and what to write down.
#[derive(Debug, Args)]
pub(crate) struct Following {
    /// How long to go on with each krav, such as 1h or 30m.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub(crate) frist: Duration,
    /// Edition 2023 without mottaksstatus: how long after its creation a krav without valideringsfeil counts as transferred.
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = duration)]
    pub(crate) bekreftet_etter: Duration,
    /// Append a line of JSON to this file when a krav is received and when it has ended: what was sent, ids, where it stands.
    ///
    /// The file holds personal numbers; it is made readable for its owner only. `avstem` and `status` read it.
    #[arg(long, value_name = "FILE")]
    pub(crate) kvittering: Option<PathBuf>,
}

/// How a file of krav is read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// jsonl or csv; told from the content otherwise.
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub(crate) format: Option<RowFormat>,
    /// Give rows without oppdragsgiversKravidentifikator one that is made from their content: the same file makes the same ids again.
    #[arg(long)]
    pub(crate) lag_id: bool,
}

/// How a file of krav is sent.
#[derive(Debug, Args)]
pub(crate) struct Sending {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Send the rows without errors although others have some. Without it, nothing is sent then.
    #[arg(long)]
    pub(crate) send_gyldige: bool,
    /// End when every krav is received; do not wait until it is known whether it is collected.
    #[arg(long)]
    pub(crate) ikke_vent: bool,
    /// Write the rows that were refused or rejected to this file, with the reasons, ready to be corrected and sent again.
    ///
    /// The file holds personal numbers. What is unproven or still open is never in it, nor what has the id of a krav that exists.
    #[arg(long, value_name = "FILE")]
    pub(crate) avviste: Option<PathBuf>,
    /// Replace the file of --avviste if it is there already.
    #[arg(long, requires = "avviste")]
    pub(crate) erstatt_avviste: bool,
    #[command(flatten)]
    pub(crate) following: Following,
    #[command(flatten)]
    pub(crate) service: Service,
}

/// Whether it is done here.
#[derive(Debug, Args)]
pub(crate) struct Queueing {
    /// Only put the orders into the store, and end as soon as they are safe there. A worker carries them out: skattebro kjoer.
    #[arg(long, conflicts_with = "kvittering")]
    pub(crate) koe: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sjekk {
    /// Files of krav, JSON Lines or CSV; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// The edition of the innkreving API: v1 or 2023. [env: SKATTEBRO_EDITION] [default: v1]
    #[arg(long, value_name = "EDITION")]
    pub(crate) edition: Option<String>,
    /// Check as for production, also if that is not the profile: synthetic persons are errors.
    #[arg(long)]
    pub(crate) produksjon: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Opprett {
    /// The krav, JSON Lines or CSV; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) sending: Sending,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["hovedstol", "renter", "referanse", "fra"]).required(true).multiple(true)))]
pub(crate) struct Endre {
    /// Skatteetaten's kravidentifikator (a UUID), or your oppdragsgiversKravidentifikator.
    #[arg(value_name = "ID", required_unless_present = "fra", conflicts_with = "fra")]
    pub(crate) id: Option<GivenId>,
    /// The new principal in whole kroner.
    #[arg(long, value_name = "N", conflicts_with = "fra")]
    pub(crate) hovedstol: Option<Kroner>,
    /// All interest anew: AMOUNT@DATE, or AMOUNT@DATE:TYPE, separated by commas; ingen for no interest at all. Edition v1.
    #[arg(long, value_name = "LIST", conflicts_with = "fra", value_parser = renter)]
    pub(crate) renter: Option<Renter>,
    /// The new oppdragsgiversReferanse. Edition v1.
    #[arg(long, value_name = "TEXT", conflicts_with = "fra")]
    pub(crate) referanse: Option<String>,
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A CSV file with the columns id, hovedstol, referanse: one krav a row, an empty cell for what stays.
    #[arg(long, value_name = "FILE")]
    pub(crate) fra: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) following: Following,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Avskriv {
    /// Skatteetaten's kravidentifikator (a UUID), or your oppdragsgiversKravidentifikator.
    #[arg(value_name = "ID", required_unless_present = "fra", conflicts_with = "fra")]
    pub(crate) ids: Vec<GivenId>,
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A file with one id a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) fra: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) following: Following,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Erstatt {
    /// The krav to write off: Skatteetaten's kravidentifikator (a UUID), or your oppdragsgiversKravidentifikator.
    #[arg(value_name = "ID", required_unless_present = "fra", conflicts_with = "fra", requires = "file")]
    pub(crate) id: Option<GivenId>,
    /// The krav to create in its place: one row, JSON or CSV. It needs an id of its own.
    #[arg(value_name = "FILE", conflicts_with = "fra")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// A file of krav of which each names the one it replaces: _erstatter in JSON Lines, erstatter in CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) fra: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sending: Sending,
}

/// Which krav.
#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Skatteetaten's kravidentifikator (a UUID), or your oppdragsgiversKravidentifikator.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<GivenId>,
    #[command(flatten)]
    pub(crate) whose: Whose,
    /// Every krav of the kvittering file; without one, every krav of the store, for this service and this oppdragsgiver.
    #[arg(long, conflicts_with = "ids")]
    pub(crate) alle: bool,
    /// What opprett, endre, avskriv and erstatt wrote with --kvittering.
    #[arg(long, value_name = "FILE")]
    pub(crate) kvittering: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Edition 2023 without mottaksstatus: how long after its creation a krav without valideringsfeil counts as transferred.
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = duration)]
    pub(crate) bekreftet_etter: Duration,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Valideringsfeil {
    /// Skatteetaten's kravidentifikator (a UUID), or your oppdragsgiversKravidentifikator.
    #[arg(value_name = "ID")]
    pub(crate) id: GivenId,
    #[command(flatten)]
    pub(crate) whose: Whose,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Avstem {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The file of krav that was sent, instead of a kvittering file.
    #[arg(long, value_name = "FILE", conflicts_with = "kvittering")]
    pub(crate) sendt: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Write the result as CSV: id, kravidentifikator, resultat, felt, sendt, mottatt.
    #[arg(long, value_name = "FILE")]
    pub(crate) ut: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) service: Service,
}

/// All interest of a krav.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renter(pub(crate) Vec<RenteBeloep>);

/// Interest as people write it: `500@2026-01-31,20@2026-02-28:STRAFFERENTE`.
fn renter(text: &str) -> Result<Renter, String> {
    if text == "ingen" {
        return Ok(Renter(Vec::new()));
    }
    let one = |text: &str| {
        let (text, rentetype) = text.split_once(':').unwrap_or((text, "STRAFFERENTE"));
        let (beloep, date) = text.split_once('@').ok_or("write it like 500@2026-01-31, or ingen")?;
        let date = date.trim().parse().map_err(|_| "write the date like 2026-01-31")?;
        Ok(RenteBeloep {
            beloep: beloep.trim().parse().map_err(|error| format!("{error}"))?,
            renter_ilagt_dato: Some(date),
            rentetype: Some(rentetype.trim().to_owned()),
        })
    };
    text.split(',').map(one).collect::<Result<_, String>>().map(Renter)
}

fn format(text: &str) -> Result<RowFormat, String> {
    match text {
        "jsonl" => Ok(RowFormat::JsonLines),
        "csv" => Ok(RowFormat::Csv),
        _ => Err("it must be jsonl or csv".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_is_read_as_people_write_it() {
        let read = renter("500@2026-01-31, 20@2026-02-28:NOE").unwrap().0;
        assert_eq!((read.len(), read[0].beloep.get(), read[1].beloep.get()), (2, 500, 20));
        assert_eq!(read[0].rentetype.as_deref(), Some("STRAFFERENTE"));
        assert_eq!(
            (read[1].rentetype.as_deref(), read[1].renter_ilagt_dato),
            (Some("NOE"), "2026-02-28".parse().ok())
        );
        assert_eq!(renter("ingen"), Ok(Renter(Vec::new())));
        for bad in ["", "500", "500@", "x@2026-01-31", "1,5@2026-01-31", "500@31.01.2026"] {
            assert!(renter(bad).is_err(), "{bad}");
        }
    }
}
