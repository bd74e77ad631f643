//! The tax return API, edition v1: uploads, validation jobs, and the synchronous calls around them.

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::routing::{guarded, locked};
use crate::world::Shared;

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
    let locked = |route, methods| locked(world, route, methods);
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
