//! `skattebro krav`: one file a verb.

mod avstem;
mod avviste;
mod batch;
mod changes;
mod csv;
mod endre;
mod erstatt;
mod ids;
mod known;
mod kvittering;
mod ledger;
mod lines;
mod look;
mod opprett;
mod outcome;
mod paths;
mod replaced;
mod replacing;
mod rows;
mod sjekk;
mod source;
mod stop;

pub(crate) use outcome::Outcome;
pub(crate) use skattebro::domain::krav::machine::Difference;

use crate::args::krav::{Following, Krav, Verb};
use crate::exit::Exit;
use crate::settings::{ApiKind, Settings};
use kvittering::Kvittering;
use skattebro::domain::krav::machine::KravRules;
use skattebro::domain::krav::rules::Oppdragsgiver;
use skattebro::krav::KravService;

/// Runs a verb.
pub(crate) async fn run(settings: &Settings, arguments: Krav) -> Exit {
    match arguments.verb {
        Verb::Sjekk(arguments) => sjekk::run(settings, &arguments),
        Verb::Opprett(arguments) => opprett::run(settings, *arguments).await,
        Verb::Endre(arguments) => endre::endre(settings, *arguments).await,
        Verb::Avskriv(arguments) => endre::avskriv(settings, *arguments).await,
        Verb::Erstatt(arguments) => erstatt::run(settings, *arguments).await,
        Verb::Status(arguments) => look::status(settings, arguments).await,
        Verb::Valideringsfeil(arguments) => look::valideringsfeil(settings, arguments).await,
        Verb::Avstem(arguments) => avstem::run(settings, arguments).await,
    }
}

/// # Errors
/// With a sentence for the user.
fn connect(settings: &Settings) -> Result<KravService, String> {
    let bridge = crate::connect::connect(settings, ApiKind::Innkreving)?;
    let service = bridge.krav().map_err(|error| error.to_string())?;
    if !settings.is_production() {
        return Ok(service);
    }
    // Production may be reached through a host that does not look like it.
    let edition = settings.edition.value;
    Ok(service.oppdragsgiver(Oppdragsgiver { organ: None, edition, synthetic_persons: false }))
}

/// As [`connect`], with the limits of the command line.
async fn connect_for(
    settings: &Settings,
    following: &Following,
    follow: bool,
) -> Result<KravService, String> {
    let rules = KravRules {
        follow,
        deadline: following.frist,
        settle: following.bekreftet_etter,
        ..KravRules::default()
    };
    let bridge = crate::connect::connect_with_store(settings, ApiKind::Innkreving).await?;
    Ok(bridge.krav().map_err(|error| error.to_string())?.rules(rules))
}

fn open_kvittering(following: &Following, settings: &Settings) -> Result<Option<Kvittering>, String> {
    let open = |path: &std::path::PathBuf| Kvittering::open(path, settings.edition.value);
    following.kvittering.as_ref().map(open).transpose()
}
