//! ID-porten, the part that programs talk to: discovery, and tokens for a code or a refresh token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;

use super::authorize::ACR;
use super::oauth::{self, OAuthError, Params};
use super::rsa_key::NoKey;
use super::sessions::{Refused, Session};
use super::tokens::TokenKind;
use crate::world::{Shared, World, lock};

/// The life of an id token: it is looked at once, when it comes.
const ID_TOKEN: Duration = Duration::from_secs(120);

pub(crate) async fn discovery(State(world): State<Shared>) -> Json<Value> {
    let issuer = world.signin.tokens.issuer(TokenKind::Idporten);
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "acr_values_supported": ACR,
        "scopes_supported": ["openid"],
        "ui_locales_supported": ["nb"]
    }))
}

pub(crate) async fn token(
    State(world): State<Shared>,
    headers: HeaderMap,
    params: Result<Params, OAuthError>,
) -> Response {
    match answer(&world, &headers, params).await {
        Ok(body) => oauth::not_stored(body).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(
    world: &World,
    headers: &HeaderMap,
    params: Result<Params, OAuthError>,
) -> Result<Value, OAuthError> {
    let params = params?;
    let client_id = client(world, headers, &params)?;
    let now = world.clock.timestamp();
    let first = match params.need("grant_type")? {
        "authorization_code" => true,
        "refresh_token" => false,
        _ => {
            let why = "The grant_type must be authorization_code or refresh_token";
            return Err(OAuthError::new("unsupported_grant_type", why));
        }
    };
    let session = if first {
        redeemed(world, &params, client_id, now)?
    } else {
        refreshed(world, &params, client_id, now)?
    };
    tokens(world, &session, first, now).await.map_err(OAuthError::server)
}

/// The client, which must be known and public.
fn client<'p>(world: &World, headers: &HeaderMap, params: &'p Params) -> Result<&'p str, OAuthError> {
    let refuse = |why: &'static str| OAuthError::new("invalid_client", why);
    if headers.contains_key(header::AUTHORIZATION) || params.get("client_secret").is_some() {
        return Err(refuse("The client is public: it has no secret"));
    }
    let client_id = params.need("client_id")?;
    match lock(&world.signin.clients).idporten(client_id) {
        Some(_) => Ok(client_id),
        None => Err(refuse("The client is not known")),
    }
}

fn redeemed(world: &World, params: &Params, client_id: &str, now: Timestamp) -> Result<Session, OAuthError> {
    let (code, redirect_uri) = (params.need("code")?, params.need("redirect_uri")?);
    let verifier = params.need("code_verifier")?;
    let redeemed = lock(&world.signin.sessions).redeem(code, client_id, redirect_uri, verifier, now);
    redeemed.map_err(|refused| end(world, refused))
}

fn refreshed(world: &World, params: &Params, client_id: &str, now: Timestamp) -> Result<Session, OAuthError> {
    let token = params.need("refresh_token")?;
    if params.get("scope").is_some() {
        return Err(OAuthError::new("invalid_scope", "The scope of a session cannot be changed"));
    }
    let refreshed = lock(&world.signin.sessions).refresh(token, client_id, now);
    refreshed.map_err(|refused| end(world, refused))
}

fn end(world: &World, refused: Refused) -> OAuthError {
    if let Some(sid) = refused.ends {
        lock(&world.signin.sessions).end(&sid);
        world.signin.tokens.revoke_session(&sid);
    }
    refused.error
}

/// The answer with all three tokens.
async fn tokens(world: &World, session: &Session, first: bool, now: Timestamp) -> Result<Value, NoKey> {
    let settings = world.signin.settings();
    let (login, issued) = (&session.login, &world.signin.tokens);
    let life = settings.idporten_token;
    let mut access = about(session);
    access.insert("client_id".to_owned(), login.client_id.clone().into());
    access.insert("scope".to_owned(), login.scope.clone().into());
    access.insert("token_type".to_owned(), "Bearer".into());
    let jti = world.ids.next_uuid("token");
    let access_token = issued.issue(TokenKind::Idporten, access, jti, now, life).await?;

    let mut id = about(session);
    id.insert("aud".to_owned(), login.client_id.clone().into());
    id.insert("auth_time".to_owned(), session.auth_time.as_second().into());
    // The left half of its hash ties the access token to the id token.
    let half = &Sha256::digest(&access_token)[..16];
    id.insert("at_hash".to_owned(), URL_SAFE_NO_PAD.encode(half).into());
    if first {
        id.insert("nonce".to_owned(), login.nonce.clone().into());
    }
    let id_token = issued.sign(TokenKind::Idporten, id, now, ID_TOKEN).await?;

    let refresh_token = lock(&world.signin.sessions).refresh_token(session, settings.refresh_token);
    Ok(json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": life.as_secs(), "scope": login.scope,
        "id_token": id_token, "refresh_token": refresh_token
    }))
}

/// Who has logged in, and how.
fn about(session: &Session) -> Map<String, Value> {
    // Another one for every client, so that two of them cannot compare whom they know.
    let sub = Sha256::digest(format!("{} {}", session.login.client_id, session.person.as_str()));
    Map::from_iter([
        ("sub".to_owned(), URL_SAFE_NO_PAD.encode(sub).into()),
        ("pid".to_owned(), session.person.as_str().into()),
        ("sid".to_owned(), session.sid.clone().into()),
        ("acr".to_owned(), session.login.acr.clone().into()),
        ("amr".to_owned(), json!(["TestID"])),
    ])
}
