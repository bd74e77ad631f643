//! The Altinn app that returns are submitted through: instances, what lies in them, and their process.
//!
//! Nothing happens in the background: how far the virus scan is, and whether the receipt is there, is
//! computed from the clock.

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::routing;
use crate::world::Shared;

mod call;
mod caller;
mod create;
mod data;
mod element;
mod headers;
mod instance;
mod page;
mod process;
mod read;
mod refusal;
mod scenario;
mod seen;
mod store;
mod submit;
mod told;

pub(crate) use caller::caller;
pub(crate) use page::visit;
pub(crate) use process::confirm;
pub use scenario::AltinnScenario;
pub use seen::{ElementSeen, InstansSeen};
pub(crate) use store::{AltinnState, InstansId};

pub(crate) const APP_ID: &str = "skd/formueinntekt-skattemelding-v2";
const BASE: &str = "/skd/formueinntekt-skattemelding-v2";
const PAGE: &str = "/web/skattemelding-visning/altinn";

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    let locked = |route, methods| routing::locked_altinn(world, route, methods);
    let create = || locked("altinn-opprett", post(create::create));
    let instance = format!("{BASE}/instances/{{partyId}}/{{guid}}");
    let element = locked("altinn-data-hent", get(read::element))
        .merge(locked("altinn-data-erstatt", put(data::replace)))
        .merge(locked("altinn-data-slett", delete(data::remove)));
    Router::new()
        .route(&format!("{BASE}/api/v1/profile/user"), locked("altinn-profil", get(read::profile)))
        .route(&format!("{BASE}/api/v1/parties"), locked("altinn-profil", get(read::parties)))
        .route(&format!("{BASE}/instances"), create())
        .route(&format!("{BASE}/instances/"), create())
        .route(&format!("{BASE}/instances/{{partyId}}/active"), locked("altinn-aktive", get(read::active)))
        .route(&instance, locked("altinn-instans", get(read::instance)))
        .route(&format!("{instance}/data"), locked("altinn-data-opp", post(data::add)))
        .route(&format!("{instance}/data/{{dataGuid}}"), element)
        .route(&format!("{instance}/process/next"), locked("altinn-neste", put(process::next)))
        .route(PAGE, get(page::show))
        .route(&format!("{PAGE}/bekreft"), post(page::confirm))
        .route(&format!("{PAGE}/bekreft-revisor"), post(page::confirm_as_auditor))
}
