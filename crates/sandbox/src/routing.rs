//! What all routes of the service have around them.

use axum::middleware;
use axum::routing::MethodRouter;

use crate::auth::{self, Api, Lock};
use crate::faults::{Place, deliver};
use crate::problem;
use crate::world::Shared;

/// A route that faults can be put on, under this name. Refusals are written inside of the fault
/// layer, which cuts and drips them like any answer.
pub(crate) fn guarded(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let limit = world.limits.request_bytes;
    placed(Place { route, limit, world: world.clone(), counted: true }, methods)
}

/// The same for a route of a token issuer: its calls are none of the service's, and do not count as such.
pub(crate) fn issuer(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let limit = world.limits.request_bytes;
    placed(Place { route, limit, world: world.clone(), counted: false }, methods)
}

/// The same for a route of the tax return's API, which needs a token.
pub(crate) fn locked(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    locked_by(Api::Skattemelding, world, route, methods)
}

/// The same for the krav API.
pub(crate) fn locked_innkreving(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    locked_by(Api::Innkreving, world, route, methods)
}

/// The same for the Altinn app, which needs one of Altinn's tokens and takes far larger requests.
pub(crate) fn locked_altinn(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let place = Place { route, limit: world.limits.altinn_bytes, world: world.clone(), counted: true };
    placed(place, lock(Api::Altinn, world, methods))
}

fn locked_by(
    api: Api,
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    guarded(world, route, lock(api, world, methods))
}

fn lock(api: Api, world: &Shared, methods: MethodRouter<Shared>) -> MethodRouter<Shared> {
    let lock = Lock { world: world.clone(), api };
    methods.route_layer(middleware::from_fn_with_state(lock, auth::check))
}

fn placed(place: Place, methods: MethodRouter<Shared>) -> MethodRouter<Shared> {
    methods
        .route_layer(middleware::from_fn(problem::render))
        .route_layer(middleware::from_fn_with_state(place, deliver))
}
