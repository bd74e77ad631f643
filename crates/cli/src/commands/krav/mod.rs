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

use crate::args::krav::{Following, Krav, Service, Verb};
use crate::connect::connect_in;
use crate::exit::Exit;
use kvittering::Kvittering;
use skattebro::domain::krav::machine::KravRules;
use skattebro::krav::KravService;

/// Runs a verb.
pub(crate) async fn run(arguments: Krav) -> Exit {
    match arguments.verb {
        Verb::Sjekk(arguments) => sjekk::run(&arguments),
        Verb::Opprett(arguments) => opprett::run(*arguments).await,
        Verb::Endre(arguments) => endre::endre(*arguments).await,
        Verb::Avskriv(arguments) => endre::avskriv(*arguments).await,
        Verb::Erstatt(arguments) => erstatt::run(*arguments).await,
        Verb::Status(arguments) => look::status(arguments).await,
        Verb::Valideringsfeil(arguments) => look::valideringsfeil(arguments).await,
        Verb::Avstem(arguments) => avstem::run(arguments).await,
    }
}

/// # Errors
/// With a sentence for the user.
fn connect(service: &Service) -> Result<KravService, String> {
    let bridge = connect_in(&service.server, service.edition)?;
    bridge.krav().map_err(|error| error.to_string())
}

/// As [`connect`], with the limits of the command line.
fn connect_for(service: &Service, following: &Following, follow: bool) -> Result<KravService, String> {
    let rules = KravRules {
        follow,
        deadline: following.frist,
        settle: following.bekreftet_etter,
        ..KravRules::default()
    };
    Ok(connect(service)?.rules(rules))
}

fn open_kvittering(following: &Following, service: &Service) -> Result<Option<Kvittering>, String> {
    let open = |path: &std::path::PathBuf| Kvittering::open(path, service.edition);
    following.kvittering.as_ref().map(open).transpose()
}
