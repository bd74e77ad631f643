//! One call of the app: who makes it, about what.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use uuid::Uuid;

use super::caller::{Caller, caller};
use super::instance::Instance;
use super::refusal::Refusal;
use super::store::InstansId;
use super::told::Teller;
use crate::effects::{Visit, What};
use crate::problem::Problem;
use crate::spool::Spooled;
use crate::world::Shared;

pub(super) struct Call {
    pub(super) world: Shared,
    pub(super) visit: Visit,
    pub(super) caller: Caller,
    pub(super) headers: HeaderMap,
    pub(super) body: Spooled,
    pub(super) now: Duration,
    path: HashMap<String, String>,
    query: HashMap<String, String>,
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, world: &Shared) -> Result<Self, Problem> {
        let absent = || Problem::internal("a route of the app outside of the router");
        let visit = parts.extensions.get::<Visit>().cloned().ok_or_else(absent)?;
        let body = parts.extensions.get::<Spooled>().cloned().ok_or_else(absent)?;
        // What is no text is no id that anything has.
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, world).await;
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, world).await;
        Ok(Call {
            caller: caller(&parts.headers),
            headers: parts.headers.clone(),
            now: world.clock.now(),
            path: path.map(|Path(path)| path).unwrap_or_default(),
            query: query.map(|Query(query)| query).unwrap_or_default(),
            world: world.clone(),
            visit,
            body,
        })
    }
}

impl Call {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub(super) fn instance_id(&self) -> Result<InstansId, Refusal> {
        InstansId::parse(self.segment("partyId"), self.segment("guid")).ok_or_else(Refusal::no_such_instance)
    }

    pub(super) fn party_id(&self) -> Option<u64> {
        self.segment("partyId").parse().ok()
    }

    pub(super) fn element_id(&self) -> Result<Uuid, Refusal> {
        self.segment("dataGuid").parse().map_err(|_| Refusal::no_such_element())
    }

    fn segment(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// Looks at the call's instance or changes it, if the caller may.
    pub(super) fn instance<T>(
        &self,
        work: impl FnOnce(&mut Instance) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.world.altinn.with(&self.instance_id()?, |instance| {
            instance.admit(&self.caller)?;
            work(instance)
        })
    }

    /// Notes a change. Called with the instance in hand, so that the log has the order of the changes.
    pub(super) fn effect(&self, instance: &Instance, what: What) {
        let world = &self.world;
        world.effects.add(self.now, &self.visit, &instance.owner, instance.inntektsaar(), what);
    }

    pub(super) fn tell(&self) -> Teller<'_> {
        Teller { clock: &self.world.clock, now: self.now }
    }
}
