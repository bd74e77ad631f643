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
mod stored;

pub(crate) use outcome::Outcome;
pub(crate) use skattebro::domain::krav::machine::Difference;

use crate::args::krav::{Following, Krav, Verb};
use crate::connect::{connect_with_lasting_store, connect_with_store};
use crate::exit::Exit;
use crate::settings::{ApiKind, Settings};
use batch::Kind;
use kvittering::Kvittering;
use skattebro::domain::krav::machine::KravRules;
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
    crate::connect::krav(&bridge, settings)
}

/// What carries orders out, and writes down what it does.
struct Desk {
    service: KravService,
    /// Whether what is under way outlives the program.
    survives: bool,
}

/// With the store, and the limits of the command line.
async fn connect_for(
    settings: &Settings,
    following: &Following,
    follow: bool,
    kind: Kind,
) -> Result<Desk, String> {
    let rules = KravRules {
        follow,
        deadline: following.frist,
        settle: following.bekreftet_etter,
        late_action: settings.sent_kan_virke.value,
        ..KravRules::default()
    };
    let bridge = match kind {
        // What only memory holds is gone before anybody carries it out.
        Kind::Queue => connect_with_lasting_store(settings, ApiKind::Innkreving).await?,
        Kind::Orders | Kind::Replacements => connect_with_store(settings, ApiKind::Innkreving).await?,
    };
    let service = crate::connect::krav(&bridge, settings)?.rules(rules);
    Ok(Desk { service, survives: bridge.journal().survives() })
}

fn open_kvittering(following: &Following, settings: &Settings) -> Result<Option<Kvittering>, String> {
    let open = |path: &std::path::PathBuf| Kvittering::open(path, settings.edition.value);
    following.kvittering.as_ref().map(open).transpose()
}
