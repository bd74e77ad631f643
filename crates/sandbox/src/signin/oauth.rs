//! What the endpoints of RFC 6749 have in common: parameters, answers, errors.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use serde_json::{Value, json};

/// A refusal, as a token endpoint says it. The description is ASCII, and quotes nothing of the request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub(crate) error: &'static str,
    pub(crate) description: Cow<'static, str>,
}

impl OAuthError {
    pub(crate) fn new(error: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        OAuthError { error, description: description.into() }
    }

    /// Something about the request is missing, doubled or malformed.
    pub(crate) fn request(description: impl Into<Cow<'static, str>>) -> Self {
        OAuthError::new("invalid_request", description)
    }

    /// The assertion, code or refresh token does not hold.
    pub(crate) fn grant(description: impl Into<Cow<'static, str>>) -> Self {
        OAuthError::new("invalid_grant", description)
    }

    /// The sandbox itself failed.
    pub(crate) fn server(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the sandbox failed");
        OAuthError::new("server_error", "The sandbox failed")
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        tracing::debug!(error = self.error, description = %self.description, "refused");
        let status = match self.error {
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.error, "error_description": self.description });
        (status, not_stored(body)).into_response()
    }
}

/// JSON that holds tokens, or why there are none: no cache may keep it.
pub(crate) fn not_stored(body: Value) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body))
}

/// The parameters of a request. None is there twice; those without a value count as left out.
pub(crate) struct Params {
    values: HashMap<String, String>,
}

impl Params {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, OAuthError> {
        let mut values = HashMap::new();
        for (name, value) in pairs {
            if values.insert(name, value).is_some() {
                return Err(OAuthError::request("A parameter is there more than once"));
            }
        }
        values.retain(|_, value| !value.is_empty());
        Ok(Params { values })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn need(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::request(format!("The parameter {name} is missing")))
    }
}

/// From a form: the only body that token endpoints take.
impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        let no_form = |_| OAuthError::request("The body must be application/x-www-form-urlencoded");
        let (parts, body) = request.into_parts();
        let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let whole = whole.map_err(|_| OAuthError::request("The body could not be read"))?;
        let request = Request::from_parts(parts, whole.into());
        let Form(pairs) =
            Form::<Vec<(String, String)>>::from_request(request, state).await.map_err(no_form)?;
        Params::new(pairs)
    }
}

/// The scopes of a space separated list.
pub(crate) fn scopes(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ').filter(|scope| !scope.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_parameters_are_refused_and_empty_ones_left_out() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let params = Params::new(vec![pair("a", "1"), pair("b", "")]).unwrap();
        assert_eq!((params.get("a"), params.get("b")), (Some("1"), None));
        assert_eq!(params.need("b").unwrap_err().error, "invalid_request");
        assert!(Params::new(vec![pair("a", "1"), pair("a", "1")]).is_err());
    }
}
