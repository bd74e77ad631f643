//! Starting a job of edition v2, for the envelope that lies in an Altinn instance.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Extension, Json};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::job::JobEdition;
use super::job_routes::begin;
use super::rules::{self, Purpose};
use super::target::Target;
use crate::altinn::{APP_ID, InstansId, caller};
use crate::effects::Visit;
use crate::problem::Problem;
use crate::world::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    app_id: String,
    instans_id: String,
}

pub(crate) async fn start(
    State(world): State<Shared>,
    Extension(visit): Extension<Visit>,
    Path((inntektsaar, identifikator)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let target = Target::parse(&inntektsaar, &identifikator)?;
    let wanted = read(&headers, &body)?;
    if wanted.app_id != APP_ID {
        return Err(bad(format!("appId skal være {APP_ID}")));
    }
    let id = InstansId::parse_text(&wanted.instans_id).ok_or_else(unknown)?;
    let now = world.clock.now();
    let envelope = world.altinn.with(&id, |instance| {
        Ok(if !caller(&headers).may_act_for(&instance.owner) {
            Err(Problem::new(StatusCode::FORBIDDEN, "SANDBOX-INSTANS", "Ingen tilgang til instansen"))
        } else if instance.owner != target.identifikator {
            Err(bad("Instansen tilhører en annen enn identifikatoren i banen"))
        } else if instance.inntektsaar().is_some_and(|year| year != target.inntektsaar) {
            Err(bad("Instansen gjelder et annet inntektsår enn banen"))
        } else {
            instance.scanned_envelope(now).map_err(bad)
        })
    });
    let envelope = envelope.map_err(|_| unknown())??;
    let konvolutt = envelope.konvolutt(&world).await?;
    let scenario = world.scenarios.of(target.identifikator.as_str());
    let mut accepted = rules::check(konvolutt, &target, Purpose::AltinnJob, scenario, &world)?;
    accepted.referanse = id.to_string();
    Ok(begin(&world, &visit, JobEdition::V2, accepted))
}

fn read(headers: &HeaderMap, body: &Bytes) -> Result<Wanted, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !content_type.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json") {
        let why = "Content-Type skal være application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "SANDBOX-INNHOLDSTYPE", why));
    }
    // The library's message may quote the body.
    serde_json::from_slice(body)
        .map_err(|_| bad("Forespørselen skal være et JSON-objekt med appId og instansId"))
}

fn bad(melding: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::bad("SANDBOX-INSTANS", melding)
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "SANDBOX-INSTANS", "Instansen finnes ikke")
}
