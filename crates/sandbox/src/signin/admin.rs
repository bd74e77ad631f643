//! The sandbox's own routes about signing in, under `/sandbox/signin`.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `PUT /clients` | `{"maskinporten": {…}}` or `{"idporten": {…}}`, a [`MaskinportenClient`] or [`IdportenClient`] | 204 |
//! | `GET /clients` | | `{"maskinporten": […], "idporten": […]}` |
//! | `POST /demo-client` | | a [`DemoClient`](crate::DemoClient) with its private key |
//! | `PUT /systembrukere`, `DELETE /systembrukere` | `{"client_id": "…", "orgnr": "…"}`, perhaps `external_ref` | 204 |
//! | `DELETE /tokens?kind=…` | | 204; those given out so far are worthless, without `kind` all of them |
//! | `PUT /settings` | [`SigninSettings`] | 204 |

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::clients::{IdportenClient, MaskinportenClient, Systembruker, UnusableClient};
use super::oauth;
use super::settings::SigninSettings;
use super::tokens::TokenKind;
use crate::admin::{parse, unusable};
use crate::problem::Problem;
use crate::world::{Shared, lock};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/clients", get(clients).put(register))
        .route("/demo-client", post(demo_client))
        .route("/systembrukere", put(approve).delete(withdraw))
        .route("/tokens", delete(revoke))
        .route("/settings", put(set))
}

async fn clients(State(world): State<Shared>) -> Json<Value> {
    let clients = lock(&world.signin.clients);
    let (maskinporten, idporten) = clients.all();
    Json(json!({ "maskinporten": maskinporten, "idporten": idporten }))
}

async fn register(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let registered = match parse(&body)? {
        Client::Maskinporten(client) => world.register_maskinporten(client),
        Client::Idporten(client) => world.register_idporten(client),
    };
    done(registered)
}

async fn demo_client(State(world): State<Shared>) -> Result<impl IntoResponse, Problem> {
    let client = world.demo_client().await.map_err(Problem::internal)?;
    Ok(oauth::not_stored(serde_json::to_value(client).map_err(Problem::internal)?))
}

async fn approve(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let Approval { client_id, orgnr, external_ref } = parse(&body)?;
    done(world.approve(&client_id, Systembruker { orgnr, external_ref }))
}

async fn withdraw(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    let Approval { client_id, orgnr, external_ref } = parse(&body)?;
    done(world.withdraw(&client_id, &Systembruker { orgnr, external_ref }))
}

async fn revoke(
    State(world): State<Shared>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<StatusCode, Problem> {
    let Query(which) = which.map_err(|why| unusable(why.body_text()))?;
    world.signin.revoke(which.kind);
    Ok(StatusCode::NO_CONTENT)
}

async fn set(State(world): State<Shared>, body: Bytes) -> Result<StatusCode, Problem> {
    world.signin.set(parse::<SigninSettings>(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Client {
    Maskinporten(MaskinportenClient),
    Idporten(IdportenClient),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    client_id: String,
    orgnr: String,
    external_ref: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    kind: Option<TokenKind>,
}

fn done(result: Result<(), UnusableClient>) -> Result<StatusCode, Problem> {
    result.map(|()| StatusCode::NO_CONTENT).map_err(|why| unusable(why.to_string()))
}
