//! Refusals, in the general form of Skatteetaten's APIs: `{"kode","melding","korrelasjonsid"}`, or the
//! same as XML for those who prefer it.
//!
//! Codes that begin with `DAS-` are the service's own; `SANDBOX-` marks those where the contract
//! names none. A message never holds an identifier.

use std::borrow::Cow;

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quick_xml::escape::escape;
use serde_json::json;

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kode: &'static str,
    melding: Cow<'static, str>,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kode: &'static str, melding: impl Into<Cow<'static, str>>) -> Self {
        Problem { status, kode, melding: melding.into(), header: None }
    }

    /// 400: something is wrong with what was sent.
    pub(crate) fn bad(kode: &'static str, melding: impl Into<Cow<'static, str>>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, kode, melding)
    }

    pub(crate) fn too_large(melding: impl Into<Cow<'static, str>>) -> Self {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "SANDBOX-FOR-STOR", melding)
    }

    /// 500: the sandbox itself failed.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the sandbox failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "DAS-001", "Uventet feil i sandkassen")
    }

    /// An error that a fault asked for.
    pub(crate) fn injected(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match status {
            StatusCode::INTERNAL_SERVER_ERROR => {
                Problem::new(status, "DAS-001", "Det oppsto en uventet feil")
            }
            _ => Problem::new(
                status,
                "DAS-003",
                "Den forespurte informasjonen er for øyeblikket utilgjengelig",
            ),
        }
    }

    pub(crate) fn with_header(mut self, name: header::HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn kode(&self) -> &'static str {
        self.kode
    }

    pub(crate) fn melding(&self) -> &str {
        &self.melding
    }
}

/// The body is written by [`render`], which knows the request's headers.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware that writes the bodies of refusals that came from further in.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let xml = prefers_xml(request.headers());
    let korrelasjonsid = korrelasjonsid(request.headers());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let korrelasjonsid = korrelasjonsid.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    tracing::debug!(status = %problem.status, kode = problem.kode, korrelasjonsid, "refused");
    let mut response = if xml {
        let headers = [(header::CONTENT_TYPE, "application/xml")];
        (problem.status, headers, as_xml(&problem, &korrelasjonsid)).into_response()
    } else {
        let body = json!({
            "kode": problem.kode, "melding": problem.melding, "korrelasjonsid": korrelasjonsid
        });
        (problem.status, Json(body)).into_response()
    };
    if let Some((name, value)) = problem.header {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The answer for a path that does not exist.
pub(crate) async fn no_such_endpoint() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "DAS-002", "Endepunktet finnes ikke")
}

/// The answer for a path that exists, with a method that it does not know.
pub(crate) async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "SANDBOX-METODE", "Endepunktet kjenner ikke metoden")
}

/// The client's id of this call, if it sent a usable one.
pub(crate) fn korrelasjonsid(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("korrelasjonsid")?.to_str().ok()?;
    (!id.is_empty() && id.len() <= 100).then(|| id.to_owned())
}

fn as_xml(problem: &Problem, korrelasjonsid: &str) -> Body {
    Body::from(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>{}</kode><melding>{}</melding>\
         <korrelasjonsid>{}</korrelasjonsid></feil>",
        problem.kode,
        escape(&*problem.melding),
        escape(korrelasjonsid)
    ))
}

/// Whether `Accept` puts XML before JSON: by quality, then by order.
fn prefers_xml(headers: &HeaderMap) -> bool {
    let mut best: Option<(f32, bool)> = None;
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in accept.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let xml = match parts.next() {
            Some("application/xml" | "text/xml") => true,
            Some("application/json" | "application/*" | "*/*") => false,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        if quality > 0.0 && best.is_none_or(|(so_far, _)| quality > so_far) {
            best = Some((quality, xml));
        }
    }
    best.is_some_and(|(_, xml)| xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_only_for_those_who_prefer_it() {
        let asks = |accept: &'static str| {
            prefers_xml(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(!prefers_xml(&HeaderMap::new()));
        assert!(asks("application/xml"));
        assert!(asks("text/xml, */*"));
        assert!(asks("application/json;q=0.5, application/xml"));
        assert!(!asks("*/*"));
        assert!(!asks("application/json, application/xml;q=0.9"));
        assert!(!asks("application/xml;q=0"));
    }
}
