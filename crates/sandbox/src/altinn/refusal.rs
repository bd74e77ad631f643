//! Refusals as an Altinn app writes them: a problem document, with issues where validation found some.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::problem::Problem;

/// Why the app did not do what was asked.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    title: Cow<'static, str>,
    issues: Vec<Issue>,
}

/// What validation found.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(super) code: &'static str,
    pub(super) description: Cow<'static, str>,
    pub(super) element: Option<Uuid>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, title: impl Into<Cow<'static, str>>) -> Self {
        Refusal { status, title: title.into(), issues: Vec::new() }
    }

    pub(super) fn bad(title: impl Into<Cow<'static, str>>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, title)
    }

    pub(super) fn conflict(title: impl Into<Cow<'static, str>>) -> Self {
        Refusal::new(StatusCode::CONFLICT, title)
    }

    pub(crate) fn no_such_instance() -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "Instansen finnes ikke")
    }

    pub(super) fn no_such_element() -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "Dataelementet finnes ikke")
    }

    pub(crate) fn forbidden() -> Self {
        Refusal::new(StatusCode::FORBIDDEN, "Ingen tilgang til aktøren")
    }

    /// What was sent cannot be used.
    pub(super) fn of_issue(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Refusal::bad("Filen ble ikke godtatt").with_issues(vec![Issue::new(code, description)])
    }

    pub(super) fn with_issues(mut self, issues: Vec<Issue>) -> Self {
        self.issues = issues;
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The title, and what the issues say.
    pub(super) fn told(&self) -> String {
        let issues = self.issues.iter().map(|issue| format!(" {}.", issue.description));
        format!("{}.{}", self.title, issues.collect::<String>())
    }
}

impl Issue {
    pub(super) fn new(code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        Issue { code, description: description.into(), element: None }
    }

    pub(super) fn about(mut self, element: Uuid) -> Self {
        self.element = Some(element);
        self
    }

    fn told(&self) -> Value {
        json!({
            "severity": 1,
            "dataElementId": self.element.map(|id| id.to_string()),
            "code": self.code,
            "description": self.description,
            "source": "File",
        })
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::new(problem.status(), problem.melding().to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::debug!(status = %self.status, title = %self.title, "refused by the app");
        let mut body = json!({ "type": null, "title": self.title, "status": self.status.as_u16() });
        if !self.issues.is_empty() {
            body["detail"] = format!("{} feil ble funnet", self.issues.len()).into();
            body["validationIssues"] = self.issues.iter().map(Issue::told).collect();
        }
        let problem_json = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, problem_json)], Json(body).into_response().into_body())
            .into_response()
    }
}
