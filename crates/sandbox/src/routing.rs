//! What all routes of the service have around them.

use axum::middleware;
use axum::routing::MethodRouter;

use crate::faults::{Place, deliver};
use crate::world::Shared;
use crate::{auth, problem};

/// A route that faults can be put on, under this name. Refusals are written inside of the fault
/// layer, which cuts and drips them like any answer.
pub(crate) fn guarded(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    limited(world, route, world.limits.request_bytes, methods)
}

fn limited(
    world: &Shared,
    route: &'static str,
    limit: u64,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let place = Place { route, limit, world: world.clone() };
    methods
        .route_layer(middleware::from_fn(problem::render))
        .route_layer(middleware::from_fn_with_state(place, deliver))
}

/// The same for a route that needs a token.
pub(crate) fn locked(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    guarded(world, route, methods.route_layer(middleware::from_fn(auth::bearer)))
}

/// A locked route of Altinn, which takes far larger requests.
pub(crate) fn altinn(
    world: &Shared,
    route: &'static str,
    methods: MethodRouter<Shared>,
) -> MethodRouter<Shared> {
    let methods = methods.route_layer(middleware::from_fn(auth::bearer));
    limited(world, route, world.limits.altinn_bytes, methods)
}
