//! One call of the krav API: who makes it, to which edition, about what.

use axum::body::Bytes;
use axum::extract::{FromRequestParts, MatchedPath, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::address::{Address, SKATTEETATENS};
use super::change::KravChanged;
use super::edition::{Edition, Edition2023};
use super::fields::Fields;
use super::refusal::Refusal;
use crate::effects::Visit;
use crate::organisation;
use crate::problem::Problem;
use crate::world::Shared;

pub(crate) struct Call {
    pub(crate) world: Shared,
    pub(crate) edition: Edition,
    /// How edition 2023 is, for this call.
    pub(crate) switches: Edition2023,
    pub(crate) oppdragsgiver: String,
    visit: Visit,
    headers: HeaderMap,
    /// The path without ids.
    instance: String,
    id: String,
    kravidentifikatortype: Option<String>,
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, world: &Shared) -> Result<Self, Problem> {
        let absent = || Problem::internal("a krav route outside of the router");
        let visit = parts.extensions.get::<Visit>().cloned().ok_or_else(absent)?;
        let path = parts.extensions.get::<MatchedPath>().cloned().ok_or_else(absent)?;
        let path = path.as_str();
        let named: Vec<_> = path.split('/').filter(|segment| !segment.starts_with('{')).collect();
        // An id that is no text is none that anybody has: it is refused like any other that is wrong.
        let id = Path::<String>::from_request_parts(parts, world).await;
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, world).await;
        let kravidentifikatortype = query.ok().and_then(|Query(pairs)| {
            pairs.into_iter().find(|(name, _)| name == "kravidentifikatortype").map(|(_, value)| value)
        });
        Ok(Call {
            edition: if path.starts_with(super::V1) { Edition::V1 } else { Edition::Aar2023 },
            switches: world.krav.switches(),
            oppdragsgiver: organisation::of(&parts.headers),
            instance: named.join("/"),
            id: id.map(|Path(id)| id).unwrap_or_default(),
            kravidentifikatortype,
            visit,
            headers: parts.headers.clone(),
            world: world.clone(),
        })
    }
}

impl Call {
    /// The krav that the path is about.
    pub(crate) fn address(&self) -> Result<Address, Refusal> {
        self.address_of(self.kravidentifikatortype.as_deref(), &self.id)
    }

    /// The same, where the kravidentifikatortype may be left out.
    pub(crate) fn address_or_skatteetatens(&self) -> Result<Address, Refusal> {
        self.address_of(Some(self.kravidentifikatortype.as_deref().unwrap_or(SKATTEETATENS)), &self.id)
    }

    /// The krav that a body is about.
    pub(crate) fn address_in(&self, body: &Value) -> Result<Address, Refusal> {
        let fields = Fields::root(body).map_err(|why| self.malformed(why))?;
        let kind = fields.maybe_text("kravidentifikatortype")?;
        let id = match kind {
            Some(_) => fields.text("kravidentifikator").map_err(|why| self.malformed(why))?,
            None => "",
        };
        self.address_of(kind, id)
    }

    fn address_of(&self, kravidentifikatortype: Option<&str>, id: &str) -> Result<Address, Refusal> {
        Address::read(kravidentifikatortype, id, self.edition, self.switches)
    }

    /// The body as JSON.
    pub(crate) fn json(&self, body: &Bytes) -> Result<Value, Refused> {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.unwrap_or("").split(';').next().unwrap_or("").trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let why = "Content-Type skal være application/json";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Refused::General(Problem::new(status, "SANDBOX-INNHOLDSTYPE", why)));
        }
        // The library's message may quote the body.
        let unreadable = |error: serde_json::Error| {
            Refusal::malformed(format!("Ugyldig JSON, linje {} tegn {}", error.line(), error.column()))
        };
        Ok(serde_json::from_slice(body).map_err(unreadable)?)
    }

    /// A body that is not as the edition's specification says.
    pub(crate) fn malformed(&self, why: super::fields::Malformed) -> Refusal {
        match self.edition {
            Edition::V1 => why.into(),
            Edition::Aar2023 => Refusal::new(&super::rule::UGYLDIG_INNHOLD, why.into_text()),
        }
    }

    /// Notes a change. Called with the oppdragsgiver's book locked, so that the log has the order of
    /// the changes.
    pub(crate) fn effect(&self, at: std::time::Duration, changed: KravChanged) {
        self.world.effects.add(at, &self.visit, &self.oppdragsgiver, None, changed);
    }

    /// The answer, with refusals as the edition writes them.
    pub(crate) fn answer(&self, result: Result<Response, Refused>) -> Response {
        match result {
            Ok(response) => response,
            Err(Refused::General(problem)) => problem.into_response(),
            Err(Refused::Rule(refusal)) => refusal.respond(self.edition, self.switches, &self.instance),
        }
    }
}

/// Why there is no answer of the usual kind.
#[derive(Debug)]
pub(crate) enum Refused {
    /// As any of Skatteetaten's APIs says it.
    General(Problem),
    /// As this one does.
    Rule(Refusal),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Refused::Rule(refusal)
    }
}
