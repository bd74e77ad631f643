//! The command line.

pub(crate) mod jobb;
pub(crate) mod kjoer;
pub(crate) mod krav;
pub(crate) mod signin;

use crate::settings::Flags;
use clap::{Args, Parser, Subcommand};
use skattebro::Utgave;
use skattebro::domain::innsending::Utfoerer;
use skattebro::domain::{
    Dokumentidentifikator, Identifikator, Innsendingsformaal, Innsendingstype, Inntektsaar, JobbId,
    Referanse, Tekst, Timestamp,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The bridge between a company's own systems and Skatteetaten.
#[derive(Debug, Parser)]
#[command(name = "skattebro", version, about, max_term_width = 110, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes:\n  0  validertOK, or done\n  1  validertMedFeil; of krav: findings, refused or rejected krav\n  2  the input, the command line or the access is wrong\n  \
    3  the service is unavailable, or the outcome is not known; of krav: something is unproven or still open\n\nSKATTEBRO_LOG=debug writes a log to standard error.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a whole validation on this machine: a sandbox, a generated document, the result. Needs no account.
    Demo(Demo),
    /// Validate a return: check, upload, start a job, follow it, fetch the result.
    Valider(Box<Valider>),
    /// Submit a return through Altinn: check, validate, upload, confirm, fetch the receipt. Asked for again, it goes on where it was.
    SendInn(Box<SendInn>),
    /// Fetch the return in force (gjeldende), with its id and its locked fields.
    Hent(Hent),
    /// Look at a validation job.
    Status(Job),
    /// Fetch the result of a validation job that is done.
    Resultat(JobResult),
    /// Check documents without sending anything; tells all that is wrong at once.
    Sjekk(Sjekk),
    /// Claims (innkrevingsoppdrag): create, change, write off, follow and reconcile krav, one or thousands.
    Krav(krav::Krav),
    /// What is under way or was done, as the store has it: list, show, go on, give up, decide, tidy up.
    Jobb(jobb::Jobb),
    /// Run as a worker: carry out what is in the store, until stopped.
    Kjoer(kjoer::Kjoer),
    /// Log a person in with ID-porten, in a browser on this machine.
    LoggInn(signin::LoggInn),
    /// Forget that person's login on this machine.
    LoggUt(signin::LoggUt),
    /// Fetch an access token, and show what it says of itself.
    Token(signin::Token),
    /// Look whether everything is in place: settings, keys, sign-in, services, store. Changes nothing at any service.
    Lege(signin::Lege),
    /// Settings: what is in force, and where it comes from.
    Config(Config),
    /// Write a synthetic næringsspesifikasjon (2023, a power company) of any size.
    Generer(Generer),
    /// Run a server that plays Skatteetaten on this machine.
    Sandbox(Sandbox),
}

/// Whom and which year it is about.
#[derive(Debug, Args)]
pub(crate) struct Party {
    /// The income year, such as 2023.
    #[arg(long, value_name = "YEAR")]
    pub(crate) inntektsaar: Inntektsaar,
    /// Organisasjonsnummer (9 digits), fødselsnummer or D-nummer (11). A sole proprietor files under the person's number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) identifikator: Identifikator,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The size of the generated næringsspesifikasjon in MB (1 MB = 1 000 000 bytes).
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=400))]
    pub(crate) megabytes: u64,
    /// Keep the result's documents in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The return, and what is said about it.
#[derive(Debug, Args)]
pub(crate) struct Return {
    /// The return: skattemelding of a company or a person (read off its namespace). XML, or a .gz of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) skattemelding: Option<PathBuf>,
    /// The return of a partnership (SDF).
    #[arg(long, value_name = "FILE")]
    pub(crate) selskapsmelding: Option<PathBuf>,
    /// The næringsspesifikasjon. XML, or a .gz of it.
    #[arg(long, value_name = "FILE", conflicts_with = "referanse")]
    pub(crate) naeringsspesifikasjon: Option<PathBuf>,
    /// The reference of a næringsspesifikasjon that was uploaded before.
    #[arg(long, value_name = "REF")]
    pub(crate) referanse: Option<Referanse>,
    /// The id of the return in force (SKI:…); it is fetched otherwise.
    #[arg(long, value_name = "ID")]
    pub(crate) gjeldende: Option<Dokumentidentifikator>,
    /// komplett or ikkeKomplett.
    #[arg(long, value_name = "TYPE", default_value = "komplett")]
    pub(crate) innsendingstype: Innsendingstype,
    /// What the filing is for: egenfastsetting, klage or endringsanmodning. Demanded from income year 2024.
    #[arg(long, value_name = "PURPOSE")]
    pub(crate) innsendingsformaal: Option<Innsendingsformaal>,
    /// The system that the envelope says it was made by.
    #[arg(long, value_name = "NAME")]
    pub(crate) opprettet_av: Option<Tekst>,
    /// A foreign tax identification number.
    #[arg(long, value_name = "TIN")]
    pub(crate) tin: Option<Tekst>,
    /// An advance assessment: documents follow other version rules, and the envelope names their namespaces.
    #[arg(long)]
    pub(crate) forhaandsfastsetting: bool,
    /// The folder for the result's documents and resultat.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How long the validation may take in all, such as 6h or 90m.
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = duration)]
    pub(crate) deadline: Duration,
    /// The longest pause between two looks at the job.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) max_pause: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Valider {
    #[command(flatten)]
    pub(crate) party: Party,
    #[command(flatten)]
    pub(crate) melding: Return,
    /// Validate at once, without an upload and a job: for returns of at most 10 MB as base64. Takes auditor flags and attachments.
    #[arg(long, conflicts_with = "referanse")]
    pub(crate) synkront: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SendInn {
    /// The income year, such as 2023.
    #[arg(long, value_name = "YEAR", required_unless_present = "fra")]
    pub(crate) inntektsaar: Option<Inntektsaar>,
    /// Organisasjonsnummer (9 digits), fødselsnummer or D-nummer (11). A sole proprietor files under the person's number.
    #[arg(long, value_name = "NUMBER", required_unless_present = "fra")]
    pub(crate) identifikator: Option<Identifikator>,
    /// Submit what this case of the store has validated, without validating it again; its documents must lie where they lay.
    #[arg(long, value_name = "CASE", conflicts_with_all = ["inntektsaar", "identifikator", "skattemelding", "selskapsmelding", "naeringsspesifikasjon", "referanse"])]
    pub(crate) fra: Option<String>,
    #[command(flatten)]
    pub(crate) melding: Return,
    /// How it is validated: auto (at once up to 10 MB as base64, else v2), synkron, v1 or v2.
    #[arg(long, value_name = "EDITION", default_value = "auto", conflicts_with = "fra")]
    pub(crate) utgave: Utgave,
    /// A file to attach: pdf, jpg, png or xlsx. May be given up to 70 times.
    #[arg(long, value_name = "FILE", conflicts_with = "fra")]
    pub(crate) vedlegg: Vec<PathBuf>,
    /// Submit although the validation finds errors.
    #[arg(long)]
    pub(crate) send_inn_med_feil: bool,
    /// Who takes the steps of the process: person (signed in; takes both) or systembruker (takes one, and a person confirms). By the sign-in,
    /// unless this is given.
    #[arg(long, value_name = "WHO", value_parser = utfoerer)]
    pub(crate) utfoerer: Option<Utfoerer>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Hent {
    #[command(flatten)]
    pub(crate) party: Party,
    /// The folder for its documents and gjeldende.json.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Replace a return that was fetched there before.
    #[arg(long)]
    pub(crate) erstatt: bool,
    /// Ask for extended guidance as well (from income year 2022).
    #[arg(long)]
    pub(crate) utvidet_veiledning: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Job {
    /// The job.
    #[arg(value_name = "JOBBID")]
    pub(crate) jobb: JobbId,
    #[command(flatten)]
    pub(crate) party: Party,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JobResult {
    #[command(flatten)]
    pub(crate) job: Job,
    /// The folder for the result's documents and resultat.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sjekk {
    /// Documents: XML, or .gz of it.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The income year that they must be for; each document's own otherwise.
    #[arg(long, value_name = "YEAR")]
    pub(crate) inntektsaar: Option<Inntektsaar>,
    /// Advance assessment: documents follow other version rules.
    #[arg(long)]
    pub(crate) forhaandsfastsetting: bool,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) verb: ConfigVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Print every setting with its value and where that comes from. No secret is printed.
    Vis(ConfigVis),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigVis {
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Generer {
    /// The size in MB (1 MB = 1 000 000 bytes).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=2000))]
    pub(crate) megabytes: u64,
    /// Where to write it. A file that is there is replaced.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The same seed gives the same document.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Write a small skattemelding (company, 2023) that goes with it here.
    #[arg(long, value_name = "FILE")]
    pub(crate) skattemelding: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8700", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// How many times as fast as real time its clock runs.
    #[arg(long, default_value_t = 1.0, value_name = "N", value_parser = time_scale)]
    pub(crate) time_scale: f64,
    /// Play edition 2023 of the krav API as it was at first: without mottaksstatus.
    #[arg(long)]
    pub(crate) uten_mottaksstatus: bool,
    /// Take only tokens that its own Maskinporten, ID-porten and Altinn gave out, and look at their life and scope.
    #[arg(long)]
    pub(crate) strict_auth: bool,
    /// Write the private key (JWK) of a client of its Maskinporten here, for its owner alone. Each run makes a new one.
    #[arg(long, value_name = "FILE")]
    pub(crate) demo_nokkel: Option<PathBuf>,
}

/// A duration as people write it: 90s, 5m, 1h30m.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| "write it like 90s, 5m or 1h 30m".to_owned())?;
    match Duration::try_from(span) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("it must be longer than nothing".to_owned()),
    }
}

fn utfoerer(text: &str) -> Result<Utfoerer, String> {
    match text {
        "person" => Ok(Utfoerer::Person),
        "systembruker" => Ok(Utfoerer::Systembruker),
        _ => Err("write person or systembruker".to_owned()),
    }
}

/// A time as RFC 3339 writes it.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "write it like 2025-11-22T04:26:11Z or 2025-11-22T05:26:11+01:00".to_owned())
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        _ => Err("it must be a number above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for bad in ["", "0s", "-5m", "6", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
