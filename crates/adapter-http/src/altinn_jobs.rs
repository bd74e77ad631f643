//! Validation jobs for what lies in an instance: edition v2, under the skattemelding API.

use crate::body::Outgoing;
use crate::send::Request;
use crate::skattemelding::{HttpSkatteetaten, with_xml_answer};
use async_trait::async_trait;
use reqwest::Method;
use serde_json::json;
use skattebro_domain::altinn::{APP_ID, InstansId};
use skattebro_domain::{JobbId, JobbTilstand, ValidationOutcome};
use skattebro_ports::{AltinnJobs, Call, DocumentSink, PortError, Started, Subject};
use std::sync::Arc;

impl HttpSkatteetaten {
    fn altinn_job_request(
        &self,
        operation: &'static str,
        route: &'static str,
        method: Method,
        subject: &Subject,
        rest: &[&str],
    ) -> Request {
        let mut request = self.job_request(operation, route, method, subject, rest);
        // The same paths as in edition v1, but for one segment.
        if let Some(at) = request.path.iter().position(|segment| segment == "jobb") {
            request.path.insert(at + 1, "altinn".to_owned());
        }
        request
    }
}

#[async_trait]
impl AltinnJobs for HttpSkatteetaten {
    async fn start(&self, call: &Call, subject: &Subject, instans: &InstansId) -> Result<Started, PortError> {
        let route = "POST /jobb/altinn/{inntektsaar}/{identifikator}/start";
        let mut request =
            self.altinn_job_request("the start of a job", route, Method::POST, subject, &["start"]);
        let body = json!({ "appId": APP_ID, "instansId": instans.to_string() }).to_string();
        request.body = Some(("application/json".to_owned(), Outgoing::small(body)));
        self.start_job(call, &request).await
    }

    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        let route = "GET /jobb/altinn/{inntektsaar}/{identifikator}/{jobbId}/status";
        let rest = [jobb.as_str(), "status"];
        let request = self.altinn_job_request("the look at a job", route, Method::GET, subject, &rest);
        self.job_status(call, &request).await
    }

    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        let route = "GET /jobb/altinn/{inntektsaar}/{identifikator}/{jobbId}/resultat";
        let rest = [jobb.as_str(), "resultat"];
        let request = self.altinn_job_request("the fetching of a result", route, Method::GET, subject, &rest);
        let request = with_xml_answer(request, self.sender.settings.deadlines.download);
        self.sender.outcome(call, &request, sink).await
    }
}
