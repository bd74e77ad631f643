//! The sandbox's own routes, for whoever steers it as a program. No token, no faults.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `POST /sandbox/faults` | a [`FaultRule`], or a list of them | 204 |
//! | `GET /sandbox/faults` | | the rules in force |
//! | `DELETE /sandbox/faults` | | 204 |
//! | `GET /sandbox/effects` | | list of [`Effect`]s |
//! | `GET /sandbox/clock` | | `{"seconds": 12.5, "timestamp": "…"}` |
//! | `POST /sandbox/clock/advance` | `{"seconds": 60}` | as `GET /sandbox/clock` |
//! | `PUT /sandbox/scenario` | `{"identifikator": "…", "scenario": {…}}`; without `identifikator` the default | 204 |

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::VirtualClock;
use crate::effects::Effect;
use crate::faults::{FaultRule, ROUTES};
use crate::problem::Problem;
use crate::skattemelding::scenario::Scenario;
use crate::world::Shared;

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/effects", get(effects))
        .route("/clock", get(clock))
        .route("/clock/advance", post(advance))
        .route("/scenario", put(set_scenario))
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

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<serde_json::Value>),
    One(serde_json::Value),
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

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| unusable(error.to_string()))
}

fn parse_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| unusable(error.to_string()))
}

fn unusable(why: String) -> Problem {
    Problem::bad("SANDBOX-ADMIN", why)
}
