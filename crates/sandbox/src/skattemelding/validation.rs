//! Validation while the client waits, for documents of moderate size.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::envelope_out::Verdict;
use super::job_routes::read_envelope;
use super::rules::{self, Purpose};
use super::target::Target;
use crate::problem::Problem;
use crate::world::Shared;

/// Characters of base64, in all documents together.
const LARGEST: u64 = 10_000_000;

pub(crate) async fn valider(
    state: State<Shared>,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    validate(Purpose::Synchronous, state, path, headers, body).await
}

pub(crate) async fn validertest(
    state: State<Shared>,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    validate(Purpose::Test, state, path, headers, body).await
}

async fn validate(
    purpose: Purpose,
    State(world): State<Shared>,
    Path((inntektsaar, identifikator)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let target = Target::parse(&inntektsaar, &identifikator)?;
    let konvolutt = read_envelope(&headers, body, LARGEST, &world).await?;
    let scenario = world.scenarios.of(target.identifikator.as_str());
    let accepted = rules::check(konvolutt, &target, purpose, scenario, &world)?;
    Ok(Verdict::of(accepted.submission).respond())
}
