//! Maskinporten: an organisation's machine signs an assertion and gets a token.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::assertion::{Claims, Court};
use super::clients::{Registered, Systembruker};
use super::oauth::{self, OAuthError, Params};
use super::tokens::TokenKind;
use crate::organisation::is_organisation;
use crate::world::{Shared, World, lock};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SYSTEMUSER: &str = "urn:altinn:systemuser";
/// The authority of organisation numbers, and the prefix of its ids.
const ACTORID: &str = "iso6523-actorid-upis";
const NORWEGIAN: &str = "0192:";

pub(crate) async fn discovery(State(world): State<Shared>) -> Json<Value> {
    let issuer = world.signin.tokens.issuer(TokenKind::Maskinporten);
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}token"),
        "jwks_uri": format!("{issuer}jwk"),
        "response_types_supported": [],
        "grant_types_supported": [JWT_BEARER],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
        "authorization_details_types_supported": [SYSTEMUSER]
    }))
}

pub(crate) async fn token(State(world): State<Shared>, params: Result<Params, OAuthError>) -> Response {
    match answer(&world, params).await {
        Ok(body) => oauth::not_stored(body).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(world: &World, params: Result<Params, OAuthError>) -> Result<Value, OAuthError> {
    let params = params?;
    if params.need("grant_type")? != JWT_BEARER {
        return Err(OAuthError::new(
            "unsupported_grant_type",
            format!("The grant_type must be {JWT_BEARER}"),
        ));
    }
    let now = world.clock.timestamp();
    let (scope, claims) = granted(world, params.need("assertion")?, now)?;
    let life = world.signin.settings().maskinporten_token;
    let jti = world.ids.next_uuid("token");
    let token = world.signin.tokens.issue(TokenKind::Maskinporten, claims, jti, now, life).await;
    let token = token.map_err(OAuthError::server)?;
    Ok(json!({
        "access_token": token, "token_type": "Bearer", "expires_in": life.as_secs(), "scope": scope
    }))
}

/// The scope that is granted, and what the token shall say.
fn granted(
    world: &World,
    assertion: &str,
    now: Timestamp,
) -> Result<(String, Map<String, Value>), OAuthError> {
    let signin = &world.signin;
    let clients = lock(&signin.clients);
    let issuer = signin.tokens.issuer(TokenKind::Maskinporten);
    let court = Court { clients: &clients, issuer, now, any_clock: signin.settings().any_clock };
    let (client, claims) = court.judge(assertion)?;
    // It is used up whatever comes of it: every further try signs a new one.
    lock(&signin.used).take(&court, client, &claims)?;

    let scope = scope(client, &claims)?;
    let mut token = Map::new();
    token.insert("client_id".to_owned(), client.client.client_id.clone().into());
    token.insert("scope".to_owned(), scope.clone().into());
    token.insert("token_type".to_owned(), "Bearer".into());
    match &claims.consumer_org {
        None => token.insert("consumer".to_owned(), actor(&client.client.orgnr)),
        Some(consumer) => {
            may_act_for(client, consumer)?;
            token.insert("supplier".to_owned(), actor(&client.client.orgnr));
            token.insert("consumer".to_owned(), actor(consumer))
        }
    };
    if let Some(asked) = &claims.authorization_details {
        token.insert("authorization_details".to_owned(), systembruker(client, asked)?);
    }
    Ok((scope, token))
}

fn scope(client: &Registered, claims: &Claims) -> Result<String, OAuthError> {
    let asked: Vec<&str> = oauth::scopes(claims.scope.as_deref().unwrap_or("")).collect();
    if asked.is_empty() {
        return Err(OAuthError::new("invalid_scope", "The claim scope is missing"));
    }
    if asked.iter().all(|scope| client.client.scopes.iter().any(|known| known == scope)) {
        Ok(asked.join(" "))
    } else {
        Err(OAuthError::new("invalid_scope", "Token request contains invalid scopes for client"))
    }
}

fn may_act_for(client: &Registered, consumer: &str) -> Result<(), OAuthError> {
    if consumer == client.client.orgnr {
        let why = "The claim consumer_org must be left out for the client's own organisation";
        return Err(OAuthError::request(why));
    }
    if !is_organisation(consumer) {
        return Err(OAuthError::request("The claim consumer_org is not an organisation number"));
    }
    if client.client.delegations.iter().any(|known| known == consumer) {
        Ok(())
    } else {
        let why = "The organisation in consumer_org has not delegated access to the client's organisation";
        Err(OAuthError::request(why))
    }
}

#[derive(Deserialize)]
struct Details {
    r#type: String,
    systemuser_org: Actor,
    #[serde(rename = "externalRef")]
    external_ref: Option<String>,
}

#[derive(Deserialize)]
struct Actor {
    authority: String,
    #[serde(rename = "ID")]
    id: String,
}

/// The `authorization_details` of the token, from those of the assertion.
fn systembruker(client: &Registered, asked: &Value) -> Result<Value, OAuthError> {
    let form =
        || OAuthError::request("The claim authorization_details is not of the form for a systembruker");
    let [details] = <[Details; 1]>::deserialize(asked).map_err(|_| form())?;
    let orgnr = details.systemuser_org.id.strip_prefix(NORWEGIAN).filter(|number| is_organisation(number));
    let orgnr = orgnr.ok_or_else(form)?.to_owned();
    if details.r#type != SYSTEMUSER || details.systemuser_org.authority != ACTORID {
        return Err(form());
    }
    let wanted = Systembruker { orgnr, external_ref: details.external_ref };
    let Some(id) = client.systembruker(&wanted) else {
        let why = "MP-303: The customer has approved no systembruker with this externalRef for the client";
        return Err(OAuthError::new("invalid_altinn_customer_configuration", why));
    };
    let system_id = format!("{}_{}", client.client.orgnr, client.client.client_id);
    let mut details = json!({
        "type": SYSTEMUSER, "systemuser_org": actor(&wanted.orgnr), "systemuser_id": [id.to_string()],
        "system_id": system_id
    });
    if let Some(reference) = wanted.external_ref {
        details["externalRef"] = reference.into();
    }
    Ok(json!([details]))
}

fn actor(orgnr: &str) -> Value {
    json!({ "authority": ACTORID, "ID": format!("{NORWEGIAN}{orgnr}") })
}
