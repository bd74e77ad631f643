//! The sandbox's own routes, for whoever steers it as a program. No token, no faults.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST /sandbox/faults` | a [`FaultRule`], or a list of them | 204 |
//! | `GET /sandbox/faults` | | the rules in force |
//! | `DELETE /sandbox/faults` | | 204 |
//! | `GET /sandbox/effects` | | list of [`Effect`]s |
//! | `GET /sandbox/instance` | | `{"instance": "…"}`, another one each time a sandbox starts: what it knew before is gone |
//! | `GET /sandbox/clock` | | `{"seconds": 12.5, "timestamp": "…"}` |
//! | `POST /sandbox/clock/advance` | `{"seconds": 60}` | as `GET /sandbox/clock` |
//! | `PUT /sandbox/scenario` | `{"identifikator": "…", "scenario": {…}}`; without `identifikator` the default | 204 |
//! | `PUT /sandbox/krav/scenario` | `{"skyldner": "…", "scenario": {…}}`, or with `oppdragsgivers_kravidentifikator`; without either the default | 204 |
//! | `PUT /sandbox/krav/edition-2023` | the switches | 204 |
//! | `GET /sandbox/krav?oppdragsgiver=…` | | list of [`KravSeen`] |
//! | `/sandbox/signin/…` | | see `signin::admin` |
//! | `GET /sandbox/altinn/instances` | | list of [`InstansSeen`] |
//! | `DELETE /sandbox/altinn/instances/{partyId}/{guid}` | | 204; somebody deleted it meanwhile |
//! | `POST /sandbox/altinn/instances/{partyId}/{guid}/bekreft` | | 204; the person confirms, without the page |
//! | `GET /sandbox/concurrency` | | `{"current": 0, "peak": 5}` |
//! | `DELETE /sandbox/concurrency` | | 204; the peak is forgotten |

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::altinn::{self, InstansId, InstansSeen};
use crate::effects::Effect;
use crate::faults::{FaultRule, ROUTES};
use crate::krav::{KravScenario, KravSeen, KravSelector};
use crate::problem::Problem;
use crate::skattemelding::scenario::Scenario;
use crate::world::Shared;
use crate::{DEFAULT_ORGANISATION, VirtualClock, signin};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/effects", get(effects))
        .route("/instance", get(instance))
        .route("/clock", get(clock))
        .route("/clock/advance", post(advance))
        .route("/scenario", put(set_scenario))
        .route("/krav", get(krav))
        .route("/krav/scenario", put(set_krav_scenario))
        .route("/krav/edition-2023", put(set_edition_2023))
        .nest("/signin", signin::admin::router())
        .route("/altinn/instances", get(instances))
        .route("/altinn/instances/{party_id}/{guid}", delete(delete_instance))
        .route("/altinn/instances/{party_id}/{guid}/bekreft", post(confirm))
        .route("/concurrency", get(concurrency).delete(reset_peak))
}

async fn faults(State(world): State<Shared>) -> Json<Vec<FaultRule>> {
    Json(world.faults.all())
}

async fn add_faults(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let rules: Vec<FaultRule> = match parse::<OneOrMany>(&body)? {
        OneOrMany::One(rule) => vec![parse_value(rule)?],
        OneOrMany::Many(rules) => rules.into_iter().map(parse_value).collect::<Result<_, _>>()?,
    };
    // A rule that never acts would make a test pass for the wrong reason.
    if let Some(rule) = rules.iter().find(|rule| !rule.route.exists()) {
        return Err(unusable(format!("ukjent rute {:?}, kjenner {ROUTES:?}", rule.route)));
    }
    rules.into_iter().for_each(|rule| world.faults.add(rule));
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(world): State<Shared>) -> StatusCode {
    world.faults.clear();
    StatusCode::NO_CONTENT
}

async fn effects(State(world): State<Shared>) -> Json<Vec<Effect>> {
    Json(world.effects.all())
}

async fn instance(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "instance": world.instance.to_string() }))
}

async fn clock(State(world): State<Shared>) -> Json<Reading> {
    Json(Reading::of(&world.clock))
}

async fn advance(State(world): State<Shared>, body: Bytes) -> Result<Json<Reading>, Problem> {
    world.clock.advance(parse::<Advance>(&body)?.seconds);
    Ok(Json(Reading::of(&world.clock)))
}

async fn set_scenario(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let wanted: SetScenario = parse(&body)?;
    match wanted.identifikator {
        Some(identifikator) => world.scenarios.set_for(&identifikator, wanted.scenario),
        None => world.scenarios.set_default(wanted.scenario),
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn krav(State(world): State<Shared>, Query(whose): Query<Whose>) -> Json<Vec<KravSeen>> {
    let oppdragsgiver = whose.oppdragsgiver.as_deref().unwrap_or(DEFAULT_ORGANISATION);
    Json(world.krav.seen(oppdragsgiver, world.clock.now()))
}

async fn set_krav_scenario(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let SetKravScenario { skyldner, oppdragsgivers_kravidentifikator, scenario } = parse(&body)?;
    let selector = match (skyldner, oppdragsgivers_kravidentifikator) {
        (None, None) => {
            world.krav.scenarios.set_default(scenario);
            return Ok(StatusCode::NO_CONTENT);
        }
        (Some(number), None) => KravSelector::Skyldner(number),
        (None, Some(id)) => KravSelector::OppdragsgiversKravidentifikator(id),
        (Some(_), Some(_)) => return Err(unusable("enten skyldner eller kravidentifikator".to_owned())),
    };
    world.krav.scenarios.set_for(selector, scenario);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_edition_2023(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    world.krav.set_switches(parse(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn instances(State(world): State<Shared>) -> Json<Vec<InstansSeen>> {
    Json(world.altinn.seen(world.clock.now()))
}

async fn delete_instance(
    State(world): State<Shared>,
    id: Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    if world.altinn.delete(&instans_id(&id)?) { Ok(StatusCode::NO_CONTENT) } else { Err(no_such_instance()) }
}

async fn confirm(State(world): State<Shared>, id: Path<(String, String)>) -> Result<StatusCode, Problem> {
    let confirmed = altinn::confirm(&world, &altinn::visit(&world), &instans_id(&id)?).await;
    confirmed.map_err(|refusal| Problem::new(refusal.status, "SANDBOX-ADMIN", refusal.title().to_owned()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn instans_id((party, guid): &(String, String)) -> Result<InstansId, Problem> {
    InstansId::parse(party, guid).ok_or_else(no_such_instance)
}

fn no_such_instance() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "SANDBOX-ADMIN", "Instansen finnes ikke")
}

async fn concurrency(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "current": world.concurrency.current(), "peak": world.concurrency.peak() }))
}

async fn reset_peak(State(world): State<Shared>) -> StatusCode {
    world.concurrency.reset_peak();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Whose {
    oppdragsgiver: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetKravScenario {
    skyldner: Option<String>,
    oppdragsgivers_kravidentifikator: Option<String>,
    scenario: KravScenario,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(with = "crate::seconds")]
    seconds: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetScenario {
    identifikator: Option<String>,
    scenario: Scenario,
}

#[derive(Serialize)]
struct Reading {
    seconds: f64,
    timestamp: Timestamp,
}

impl Reading {
    fn of(clock: &VirtualClock) -> Self {
        Reading { seconds: clock.now().as_secs_f64(), timestamp: clock.timestamp() }
    }
}

pub(crate) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| unusable(error.to_string()))
}

fn parse_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| unusable(error.to_string()))
}

pub(crate) fn unusable(why: String) -> Problem {
    Problem::bad("SANDBOX-ADMIN", why)
}
