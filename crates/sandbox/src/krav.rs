//! The krav API (innkrevingsoppdrag), editions v1 and 2023.

use std::sync::Mutex;

use axum::Router;
use axum::routing::{get, post, put};

use crate::routing::locked_innkreving;
use crate::world::{Shared, lock};

mod address;
mod amend;
mod avstemming;
mod calendar;
mod call;
mod change;
mod create;
mod edition;
mod fields;
mod kravtyper;
mod life;
mod marked;
mod numbers;
mod owner_rules;
mod read;
mod refusal;
mod request;
mod rule;
mod rules;
mod scenario;
mod seen;
mod store;
mod tillegg;

pub(crate) use change::KravChanged;
pub use edition::Edition2023;
pub use marked::{MARKED_NUMBERS, MarkedNumber};
pub use request::KravRente;
pub use scenario::{KravEnding, KravFeil, KravScenario, KravSelector};
pub use seen::KravSeen;

use scenario::KravScenarios;
use store::Store;

/// The base path of edition v1.
const V1: &str = "/api/innkreving/innkrevingsoppdrag/v1";
/// The base path of edition 2023.
const AAR_2023: &str = "/api/v1";

/// What the service remembers of krav, and how it is to treat them.
pub(crate) struct KravState {
    store: Store,
    pub(crate) scenarios: KravScenarios,
    switches: Mutex<Edition2023>,
}

impl KravState {
    pub(crate) fn new(scenario: KravScenario, switches: Edition2023) -> Self {
        KravState {
            store: Store::default(),
            scenarios: KravScenarios::new(scenario),
            switches: Mutex::new(switches),
        }
    }

    pub(crate) fn switches(&self) -> Edition2023 {
        *lock(&self.switches)
    }

    pub(crate) fn set_switches(&self, switches: Edition2023) {
        *lock(&self.switches) = switches;
    }

    /// The oppdragsgiver's krav, oldest first.
    pub(crate) fn seen(&self, oppdragsgiver: &str, now: std::time::Duration) -> Vec<KravSeen> {
        self.store.each(oppdragsgiver, |krav| KravSeen::of(krav, now))
    }
}

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    v1(world).merge(aar_2023(world))
}

fn v1(world: &Shared) -> Router<Shared> {
    let all = format!("{V1}/innkrevingsoppdrag");
    let one = format!("{all}/{{kravidentifikator}}");
    let locked = |route, methods| locked_innkreving(world, route, methods);
    Router::new()
        .route(&all, locked("krav-opprett", post(create::opprett)))
        .route(&one, locked("krav-detaljer", get(read::detaljer)))
        .route(&format!("{one}/hovedstol"), locked("krav-hovedstol", put(amend::hovedstol)))
        .route(&format!("{one}/renter"), locked("krav-renter", put(amend::renter)))
        .route(&format!("{one}/oppdragsgiversreferanse"), locked("krav-referanse", put(amend::referanse)))
        .route(&format!("{all}/avskriving"), locked("krav-avskriv", post(amend::avskriv)))
        .route(&format!("{one}/mottaksstatus"), locked("krav-mottaksstatus", get(read::mottaksstatus)))
        .route(&format!("{one}/valideringsfeil"), locked("krav-valideringsfeil", get(read::valideringsfeil)))
        .route(&format!("{one}/avstemming"), locked("krav-avstemming", get(avstemming::avstemming)))
}

fn aar_2023(world: &Shared) -> Router<Shared> {
    let all = format!("{AAR_2023}/innkrevingsoppdrag");
    let one = format!("{all}/{{kravidentifikator}}");
    let locked = |route, methods| locked_innkreving(world, route, methods);
    Router::new()
        .route(&all, locked("krav-opprett", post(create::opprett)))
        .route(&format!("{all}/endring"), locked("krav-endring", put(amend::endring)))
        .route(&format!("{all}/avskriving"), locked("krav-avskriv", post(amend::avskriv)))
        .route(&format!("{one}/mottaksstatus"), locked("krav-mottaksstatus", get(read::mottaksstatus)))
        .route(&format!("{one}/valideringsfeil"), locked("krav-valideringsfeil", get(read::valideringsfeil)))
}
