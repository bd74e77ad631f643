//! Starting a job, asking how it stands, fetching its result.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::envelope_in::{self, EnvelopeLimits, Konvolutt};
use super::envelope_out::{Submission, Verdict};
use super::job::{FERDIG, JobEdition, OPPRETTET, Plan, Seen};
use super::rules::{self, Purpose};
use super::target::Target;
use crate::effects::{Visit, What};
use crate::problem::Problem;
use crate::spool::blocking_reader;
use crate::world::{Shared, World};

pub(crate) async fn start(
    State(world): State<Shared>,
    Extension(visit): Extension<Visit>,
    Path((inntektsaar, identifikator)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let target = Target::parse(&inntektsaar, &identifikator)?;
    let konvolutt = read_envelope(&headers, body, u64::MAX, &world).await?;
    let scenario = world.scenarios.of(target.identifikator.as_str());
    let accepted = rules::check(konvolutt, &target, Purpose::Job, scenario, &world)?;
    Ok(begin(&world, &visit, JobEdition::V1, accepted))
}

pub(crate) async fn status(state: State<Shared>, path: Path<JobPath>) -> Result<Json<Value>, Problem> {
    show(JobEdition::V1, &state, &path)
}

pub(crate) async fn status_v2(state: State<Shared>, path: Path<JobPath>) -> Result<Json<Value>, Problem> {
    show(JobEdition::V2, &state, &path)
}

pub(crate) async fn resultat(state: State<Shared>, path: Path<JobPath>) -> Result<Response, Problem> {
    give(JobEdition::V1, &state, &path)
}

pub(crate) async fn resultat_v2(state: State<Shared>, path: Path<JobPath>) -> Result<Response, Problem> {
    give(JobEdition::V2, &state, &path)
}

/// Year, identifier, job.
type JobPath = (String, String, String);

fn show(edition: JobEdition, world: &World, path: &JobPath) -> Result<Json<Value>, Problem> {
    let (seen, _) = find(edition, world, path)?;
    Ok(Json(json!({
        "jobbStatus": seen.status,
        "forrigeStatus": seen.before,
        "sekunderSidenOpprettelse": seen.since_creation.as_secs(),
        "sekunderSidenEndring": seen.since_change.as_secs(),
    })))
}

fn give(edition: JobEdition, world: &World, path: &JobPath) -> Result<Response, Problem> {
    let (seen, submission) = find(edition, world, path)?;
    if seen.status != FERDIG {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Verdict::of(submission).respond())
}

/// Reads the envelope of a request, on a blocking thread.
pub(crate) async fn read_envelope(
    headers: &HeaderMap,
    body: Body,
    base64: u64,
    world: &Shared,
) -> Result<Konvolutt, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if !["application/xml", "text/xml"].contains(&media_type.as_str()) {
        let why = "Content-Type skal være application/xml";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "SANDBOX-KONVOLUTT", why));
    }
    read_konvolutt(body, base64, world).await
}

/// Reads an envelope, on a blocking thread.
pub(crate) async fn read_konvolutt(body: Body, base64: u64, world: &Shared) -> Result<Konvolutt, Problem> {
    let world = world.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let limits = EnvelopeLimits { base64, document: world.limits.document_bytes };
        envelope_in::read(blocking_reader(body), limits, world.dir.path())
    });
    reading.await.map_err(Problem::internal)?
}

/// Creates a job and tells its id.
pub(super) fn begin(
    world: &World,
    visit: &Visit,
    edition: JobEdition,
    accepted: rules::Accepted,
) -> Json<Value> {
    let rules::Accepted { mut submission, referanse } = accepted;
    let target = submission.target.clone();
    let (scenario, fails) = world.scenarios.begin_job(target.identifikator.as_str());
    let plan = Plan::new(&scenario, edition, submission.bytes(), fails);
    submission.scenario = scenario;
    let jobb_id = format!("{}{}", edition.prefix(), world.ids.next_hex("jobb"));
    let now = world.clock.now();
    let effect = |what| world.effects.add(now, visit, &target.identifikator, Some(target.inntektsaar), what);
    world.archive.add_job(&jobb_id, now, plan, submission, |aborted| {
        effect(What::JobStarted { jobb_id: jobb_id.clone(), referanse });
        for older in aborted {
            effect(What::JobAborted { jobb_id: older.clone(), newer: jobb_id.clone() });
        }
    });
    Json(json!({ "jobbStatus": OPPRETTET, "jobbId": jobb_id }))
}

/// A job, which each edition knows only its own of.
fn find(
    edition: JobEdition,
    world: &World,
    (inntektsaar, identifikator, jobb_id): &JobPath,
) -> Result<(Seen, Submission), Problem> {
    let target = Target::parse(inntektsaar, identifikator)?;
    let v2 = jobb_id.starts_with(JobEdition::V2.prefix());
    let job = world.archive.job(jobb_id, &target, world.clock.now());
    job.filter(|_| v2 == (edition == JobEdition::V2))
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "SANDBOX-JOBB", "Jobben finnes ikke"))
}
