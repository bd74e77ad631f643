//! The tax return API: uploads and validation jobs of edition v1, jobs of edition v2 for what lies in an
//! Altinn instance, and the synchronous calls around them.

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::routing::{guarded, locked};
use crate::world::Shared;

pub(crate) mod archive;
mod base64_text;
mod budget;
pub(crate) mod current_return;
mod document;
pub(crate) mod envelope_in;
pub(crate) mod envelope_out;
mod findings;
mod job;
mod job_routes;
mod job_v2;
mod kinds;
mod marks;
mod pieces;
pub(crate) mod rules;
mod scan;
pub(crate) mod scenario;
pub(crate) mod target;
mod upload;
mod validation;

pub(crate) use job_routes::read_konvolutt;

pub(crate) fn router(world: &Shared) -> Router<Shared> {
    let base = "/api/skattemelding/v2";
    let job = format!("{base}/jobb/{{inntektsaar}}/{{identifikator}}");
    let altinn = format!("{base}/jobb/altinn/{{inntektsaar}}/{{identifikator}}");
    let locked = |route, methods| locked(world, route, methods);
    Router::new()
        .route(&format!("{base}/ping"), guarded(world, "ping", get(ping)))
        .route(&format!("{job}/last-opp.vedlegg"), locked("last-opp", post(upload::upload)))
        .route(&format!("{job}/start"), locked("start", post(job_routes::start)))
        .route(&format!("{job}/{{jobbId}}/status"), locked("status", get(job_routes::status)))
        .route(&format!("{job}/{{jobbId}}/resultat"), locked("resultat", get(job_routes::resultat)))
        .route(&format!("{altinn}/start"), locked("start-v2", post(job_v2::start)))
        .route(&format!("{altinn}/{{jobbId}}/status"), locked("status-v2", get(job_routes::status_v2)))
        .route(&format!("{altinn}/{{jobbId}}/resultat"), locked("resultat-v2", get(job_routes::resultat_v2)))
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
