//! Refusals of the krav API: problem documents (RFC 7807).
//!
//! `detail` never holds the number of a skyldner.

use std::borrow::Cow;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::edition::{Edition, Edition2023};
use super::rule::{self, Rule};

const TAG: &str = "tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:";

/// A rule that was broken, and how.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: &'static Rule,
    detail: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(rule: &'static Rule, detail: impl Into<Cow<'static, str>>) -> Self {
        Refusal { rule, detail: detail.into() }
    }

    /// The request itself is not one of the API's.
    pub(crate) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Refusal::new(&rule::UGYLDIG_FORESPOERSEL, detail)
    }

    /// The problem document, as the edition writes it.
    pub(crate) fn respond(self, edition: Edition, switches: Edition2023, instance: &str) -> Response {
        // The older edition answers 422 whatever it is that validation finds.
        let validated = [&rule::UGYLDIG_TILLEGGSINFORMASJON];
        let older = edition == Edition::Aar2023;
        let number = if older && validated.contains(&self.rule) { 422 } else { self.rule.status };
        let status = StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        tracing::debug!(%status, rule = self.rule.slug, "refused");
        let document = if older && !switches.problem_slugs {
            Document {
                r#type: "about:blank".to_owned(),
                title: status.canonical_reason().unwrap_or("Error"),
                status: number,
                detail: &self.detail,
                instance,
            }
        } else {
            Document {
                r#type: format!("{TAG}{}", self.rule.slug),
                title: self.rule.title,
                status: number,
                detail: &self.detail,
                instance,
            }
        };
        match serde_json::to_vec(&document) {
            Ok(body) => (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response(),
            Err(error) => crate::problem::Problem::internal(error).into_response(),
        }
    }
}

/// Field for field in the order of the contract's example.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
}

/// Refuses unless the rule holds.
pub(crate) fn ensure(
    holds: bool,
    rule: &'static Rule,
    detail: impl FnOnce() -> Cow<'static, str>,
) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(rule, detail())) }
}
