//! The tax return API, edition v1: uploads, validation jobs, and the synchronous calls around them.

use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};

use crate::faults::{Place, deliver};
use crate::world::Shared;
use crate::{auth, problem};

pub(crate) mod archive;
mod base64_text;
mod budget;
mod current_return;
mod document;
mod envelope_in;
mod envelope_out;
mod findings;
mod job;
mod job_routes;
mod kinds;
mod rules;
mod scan;
pub(crate) mod scenario;
mod target;
mod upload;
mod validation;

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    let base = "/api/skattemelding/v2";
    let job = format!("{base}/jobb/{{inntektsaar}}/{{identifikator}}");
    let locked = |route, methods| guarded(world, route, with_token(methods));
    Router::new()
        .route(&format!("{base}/ping"), guarded(world, "ping", get(ping)))
        .route(&format!("{job}/last-opp.vedlegg"), locked("last-opp", post(upload::upload)))
        .route(&format!("{job}/start"), locked("start", post(job_routes::start)))
        .route(&format!("{job}/{{jobbId}}/status"), locked("status", get(job_routes::status)))
        .route(&format!("{job}/{{jobbId}}/resultat"), locked("resultat", get(job_routes::resultat)))
        .route(
            &format!("{base}/{{inntektsaar}}/{{identifikator}}"),
            locked("gjeldende", get(current_return::gjeldende)),
        )
        .route(
            &format!("{base}/valider/{{inntektsaar}}/{{identifikator}}"),
            locked("valider", post(validation::valider)),
        )
        .route(
            &format!("{base}/validertest/{{inntektsaar}}/{{identifikator}}"),
            locked("validertest", post(validation::validertest)),
        )
}

async fn ping() -> Json<Value> {
    Json(json!({ "ping": "pong" }))
}

fn with_token(methods: MethodRouter<Shared>) -> MethodRouter<Shared> {
    methods.route_layer(middleware::from_fn(auth::bearer))
}

/// A route that faults can be put on, under this name. Refusals are written inside of the fault
/// layer, which cuts and drips them like any answer.
fn guarded(world: &Shared, route: &'static str, methods: MethodRouter<Shared>) -> MethodRouter<Shared> {
    let place = Place { route, world: world.clone() };
    methods
        .route_layer(middleware::from_fn(problem::render))
        .route_layer(middleware::from_fn_with_state(place, deliver))
}
