//! Altinn's exchange: a token of Maskinporten or ID-porten for one of Altinn's.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Map;

use super::tokens::TokenKind;
use crate::auth;
use crate::problem::Problem;
use crate::world::{Shared, World};

/// Who it is and what it may do: taken over from the first token as it is.
const TAKEN_OVER: [&str; 8] =
    ["scope", "client_id", "consumer", "supplier", "authorization_details", "pid", "acr", "amr"];

pub(crate) async fn maskinporten(State(world): State<Shared>, headers: HeaderMap) -> Response {
    exchange(&world, &headers, TokenKind::Maskinporten).await
}

pub(crate) async fn idporten(State(world): State<Shared>, headers: HeaderMap) -> Response {
    exchange(&world, &headers, TokenKind::Idporten).await
}

async fn exchange(world: &World, headers: &HeaderMap, wanted: TokenKind) -> Response {
    let signin = &world.signin;
    let now = world.clock.timestamp();
    let first = auth::bearer(headers).and_then(|token| signin.tokens.verify(token, now).ok());
    let Some(mut first) = first.filter(|token| token.kind == wanted) else {
        // Altinn says no more than the number.
        let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    };
    let mut claims: Map<_, _> =
        TAKEN_OVER.iter().filter_map(|name| first.claims.remove_entry(*name)).collect();
    let method = match wanted {
        TokenKind::Maskinporten if claims.contains_key("authorization_details") => "systemuser",
        TokenKind::Maskinporten => "maskinporten",
        _ => "idporten",
    };
    claims.insert("urn:altinn:authenticatemethod".to_owned(), method.into());
    let settings = signin.settings();
    let jti = world.ids.next_uuid("token");
    let token = match signin.tokens.issue(TokenKind::Altinn, claims, jti, now, settings.altinn_token).await {
        Ok(token) => token,
        Err(error) => return Problem::internal(error).into_response(),
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    if settings.altinn_as_json {
        (headers, Json(token)).into_response()
    } else {
        (headers, token).into_response()
    }
}
