//! Every call of the service needs a token. Any one will do for now.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Middleware that refuses calls without `Authorization: Bearer <something>`.
pub(crate) async fn bearer(request: Request, next: Next) -> Response {
    if has_token(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(StatusCode::UNAUTHORIZED, "SANDBOX-TOKEN", "Tilgangstoken mangler")
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        .into_response()
}

fn has_token(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::AUTHORIZATION).map(HeaderValue::to_str) else { return false };
    let Some((scheme, token)) = value.split_once(' ') else { return false };
    scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()
}
