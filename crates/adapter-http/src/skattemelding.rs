//! The calls of the asynchronous validation, edition v1, and the synchronous ones around it.

use crate::body::{Exact, Outgoing};
use crate::download::read_blocking;
use crate::multipart::Frame;
use crate::send::{Answer, Request, Sender};
use crate::settings::{HttpSettings, SettingsError};
use async_trait::async_trait;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use skattebro_codec::{Segments, envelope_len, read_gjeldende, write_envelope};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::{Gjeldende, Innhold, JobbId, JobbStatus, JobbTilstand, Referanse, ValidationOutcome};
use skattebro_ports::{
    Api, Availability, Body, Call, CurrentReturns, DocumentSink, ErrorKind, Jobs, MemoryBody, PortError,
    RequestEnvelope, Started, Subject, TokenSource, UploadName, Uploads, Validations,
};
use std::io::Read;
use std::sync::Arc;

const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// Skatteetaten's skattemelding API over HTTP.
///
/// Cheap to clone; clones share connections. Hosts: contract page `skattemelding.md`.
#[derive(Debug, Clone)]
pub struct HttpSkatteetaten {
    pub(crate) sender: Arc<Sender>,
}

impl HttpSkatteetaten {
    /// The service that `settings` lead to, with tokens from `tokens`. Connects to nothing yet.
    ///
    /// # Errors
    /// If the settings cannot be used on this machine.
    pub fn new(settings: HttpSettings, tokens: Arc<dyn TokenSource>) -> Result<Self, SettingsError> {
        Ok(Self { sender: Arc::new(Sender::new(settings, tokens)?) })
    }

    /// Whether this is the service where everything is real.
    pub fn is_production(&self) -> bool {
        self.sender
            .settings
            .base
            .host_str()
            .is_some_and(|host| host.to_ascii_lowercase().ends_with("api.skatteetaten.no"))
    }

    fn request(&self, operation: &'static str, route: &'static str, method: Method) -> Request {
        Request {
            api: Api::Skattemelding,
            operation,
            route,
            only_looks: method == Method::GET,
            method,
            path: ["api", "skattemelding", "v2"].map(str::to_owned).to_vec(),
            query: None,
            accept: JSON,
            body: None,
            answer_within: self.sender.settings.deadlines.short,
            deadline: self.sender.settings.deadlines.short,
            with_token: true,
            part: None,
        }
    }

    pub(crate) fn job_request(
        &self,
        operation: &'static str,
        route: &'static str,
        method: Method,
        subject: &Subject,
        rest: &[&str],
    ) -> Request {
        let mut request = self.request(operation, route, method);
        request.path.push("jobb".to_owned());
        let mut request = about(request, subject);
        request.path.extend(rest.iter().map(|segment| (*segment).to_owned()));
        request
    }

    fn validation_request(
        &self,
        operation: &'static str,
        route: &'static str,
        way: &str,
        subject: &Subject,
    ) -> Request {
        let mut request = self.request(operation, route, Method::POST);
        request.path.push(way.to_owned());
        let mut request = about(request, subject);
        // A validation stores nothing, so a lost answer leaves nothing behind.
        request.only_looks = true;
        with_xml_answer(request, self.sender.settings.deadlines.download)
    }

    pub(crate) async fn job_status(&self, call: &Call, request: &Request) -> Result<JobbTilstand, PortError> {
        self.sender.send_for_json::<StatusAnswer>(call, request).await.map(JobbTilstand::from)
    }

    /// Sends the start of a job, in any edition.
    pub(crate) async fn start_job(&self, call: &Call, request: &Request) -> Result<Started, PortError> {
        let answer: StartAnswer = self.sender.send_for_json(call, request).await?;
        let Ok(jobb_status) = answer.jobb_status.parse::<JobbStatus>();
        let jobb_id = answer.jobb_id.parse().map_err(|error| {
            self.sender
                .error(
                    call,
                    request,
                    ErrorKind::Unreadable,
                    Effect::Unknown,
                    "an answer without a usable jobbId",
                )
                .with_retry(Retry::AFewTimes)
                .with_source(error)
        })?;
        Ok(Started { jobb_id, jobb_status })
    }

    /// Writes the envelope in memory, after measuring it: the service's limit bounds it.
    async fn with_envelope(
        &self,
        call: &Call,
        mut request: Request,
        envelope: &RequestEnvelope,
    ) -> Result<Request, PortError> {
        let limit = self.sender.settings.max_request_bytes;
        let len = envelope_len(envelope, |body| body.len());
        let fail = |kind, detail: String| self.sender.error(call, &request, kind, Effect::NotSent, detail);
        if len > limit {
            let detail = format!("the envelope is {len} bytes, and the service takes {limit} in one request");
            return Err(fail(ErrorKind::TooLarge, detail));
        }
        let envelope = envelope.clone();
        let written = tokio::task::spawn_blocking(move || {
            let open = |body: &Arc<dyn Body>| Ok(Box::new(Exact::open(&**body)?) as Box<dyn Read + Send>);
            Segments::collect(|out| write_envelope(out, &envelope, open))
        });
        let segments =
            written.await.map_err(std::io::Error::other).and_then(|written| written).map_err(|error| {
                fail(ErrorKind::Local, "a document cannot be read".to_owned()).with_source(error)
            })?;
        let body = MemoryBody::from_hashed_pieces(segments.pieces().to_vec(), segments.sha256());
        request.answer_within = self.sender.settings.deadlines.for_sending(len, limit);
        request.body = Some((XML.to_owned(), Outgoing::plain(Arc::new(body))));
        Ok(request)
    }

    async fn validate(
        &self,
        call: &Call,
        request: Request,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let base64: u64 = envelope
            .dokumenter()
            .iter()
            .map(|dokument| match &dokument.innhold {
                Innhold::Inline(_, body) => body.len().div_ceil(3) * 4,
                Innhold::Referanse(_) => 0,
            })
            .sum();
        let limit = self.sender.settings.max_inline_base64_bytes;
        if base64 > limit {
            let detail = format!(
                "the documents are {base64} bytes as base64, and synchronous validation takes {limit}; validate them asynchronously"
            );
            return Err(self.sender.error(call, &request, ErrorKind::TooLarge, Effect::NotSent, detail));
        }
        let mut request = self.with_envelope(call, request, envelope).await?;
        // The answer begins when the service has computed everything, which takes longer than sending it.
        request.answer_within = request.answer_within.max(self.sender.settings.deadlines.upload / 3);
        self.sender.outcome(call, &request, sink).await?.ok_or_else(|| {
            let detail = "HTTP 204 instead of an outcome";
            self.sender
                .error(call, &request, ErrorKind::Unreadable, Effect::Unknown, detail)
                .with_retry(Retry::AFewTimes)
        })
    }
}

/// The same request, about this subject: its path goes on with it, and the token is its party's.
fn about(mut request: Request, subject: &Subject) -> Request {
    request.path.extend([subject.inntektsaar.to_string(), subject.identifikator.to_string()]);
    request.part = Some(subject.identifikator.clone());
    request
}

pub(crate) fn with_xml_answer(mut request: Request, deadline: std::time::Duration) -> Request {
    request.accept = XML;
    request.deadline = deadline;
    request
}

#[derive(Deserialize)]
struct UploadAnswer {
    referanse: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct StartAnswer {
    jobb_status: String,
    jobb_id: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusAnswer {
    jobb_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    forrige_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sekunder_siden_opprettelse: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sekunder_siden_endring: Option<i64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct PingAnswer {
    ping: String,
}

impl From<StatusAnswer> for JobbTilstand {
    fn from(answer: StatusAnswer) -> Self {
        let status = |text: String| {
            let Ok(status) = text.parse();
            status
        };
        let seconds = |seconds: Option<i64>| seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Self {
            jobb_status: status(answer.jobb_status),
            forrige_status: answer.forrige_status.filter(|text| !text.is_empty()).map(status),
            sekunder_siden_opprettelse: seconds(answer.sekunder_siden_opprettelse),
            sekunder_siden_endring: seconds(answer.sekunder_siden_endring),
        }
    }
}

#[async_trait]
impl Uploads for HttpSkatteetaten {
    async fn last_opp(
        &self,
        call: &Call,
        subject: &Subject,
        name: &UploadName,
        body: Arc<dyn Body>,
    ) -> Result<Referanse, PortError> {
        let route = "POST /jobb/{inntektsaar}/{identifikator}/last-opp.vedlegg";
        let mut request = self.job_request("the upload", route, Method::POST, subject, &["last-opp.vedlegg"]);
        let frame = Frame::new(name, &format!("skattebro-{}", call.korrelasjonsid));
        let limit = self.sender.settings.max_request_bytes;
        if body.len() + frame.len() > limit {
            let detail = format!(
                "the body is {} bytes, with its multipart frame {}, and the service takes {limit} in one request",
                body.len(),
                body.len() + frame.len()
            );
            return Err(self.sender.error(call, &request, ErrorKind::TooLarge, Effect::NotSent, detail));
        }
        request.answer_within = self.sender.settings.deadlines.for_sending(body.len(), limit);
        request.deadline = request.answer_within;
        request.body = Some((frame.content_type, Outgoing::framed(frame.before, body, frame.after)));
        let answer: UploadAnswer = self.sender.send_for_json(call, &request).await?;
        answer.referanse.parse().map_err(|error| {
            self.sender
                .error(
                    call,
                    &request,
                    ErrorKind::Unreadable,
                    Effect::Unknown,
                    "an answer without a usable reference",
                )
                .with_retry(Retry::AFewTimes)
                .with_source(error)
        })
    }
}

#[async_trait]
impl Jobs for HttpSkatteetaten {
    async fn start(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<Started, PortError> {
        let route = "POST /jobb/{inntektsaar}/{identifikator}/start";
        let request = self.job_request("the start of a job", route, Method::POST, subject, &["start"]);
        let mut request = self.with_envelope(call, request, envelope).await?;
        request.deadline = request.answer_within;
        self.start_job(call, &request).await
    }

    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        let route = "GET /jobb/{inntektsaar}/{identifikator}/{jobbId}/status";
        let rest = [jobb.as_str(), "status"];
        let request = self.job_request("the look at a job", route, Method::GET, subject, &rest);
        self.job_status(call, &request).await
    }

    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        let route = "GET /jobb/{inntektsaar}/{identifikator}/{jobbId}/resultat";
        let rest = [jobb.as_str(), "resultat"];
        let request = self.job_request("the fetching of a result", route, Method::GET, subject, &rest);
        let request = with_xml_answer(request, self.sender.settings.deadlines.download);
        self.sender.outcome(call, &request, sink).await
    }
}

#[async_trait]
impl CurrentReturns for HttpSkatteetaten {
    async fn gjeldende(
        &self,
        call: &Call,
        subject: &Subject,
        utvidet_veiledning: bool,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Gjeldende, PortError> {
        let route = "GET /{inntektsaar}/{identifikator}";
        let request = self.request("the fetching of the current return", route, Method::GET);
        let mut request = about(request, subject);
        request.query = utvidet_veiledning.then_some("inkluderUtvidetVeiledning=true");
        let request = with_xml_answer(request, self.sender.settings.deadlines.download);
        let Answer { response, slot: _slot } = self.sender.send(call, &request).await?;
        let silence = self.sender.settings.deadlines.silence;
        let gjeldende = read_blocking(response, call.progress.clone(), silence, move |source| {
            sink.begin();
            read_gjeldende(source, &mut |head, content| sink.store(head, content))
        });
        gjeldende.await.map_err(|error| self.sender.unreadable(call, &request, error))
    }
}

#[async_trait]
impl Validations for HttpSkatteetaten {
    async fn valider(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let route = "POST /valider/{inntektsaar}/{identifikator}";
        let request = self.validation_request("the validation", route, "valider", subject);
        self.validate(call, request, envelope, sink).await
    }

    async fn validertest(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let route = "POST /validertest/{inntektsaar}/{identifikator}";
        let request = self.validation_request("the test validation", route, "validertest", subject);
        self.validate(call, request, envelope, sink).await
    }
}

#[async_trait]
impl Availability for HttpSkatteetaten {
    async fn ping(&self, call: &Call) -> Result<(), PortError> {
        let mut request = self.request("the ping", "GET /ping", Method::GET);
        request.path.push("ping".to_owned());
        request.with_token = false;
        let answer: PingAnswer = self.sender.send_for_json(call, &request).await?;
        if answer.ping == "pong" {
            return Ok(());
        }
        let detail = "the service answers, but not «pong»";
        Err(self
            .sender
            .error(call, &request, ErrorKind::Unreadable, Effect::Done, detail)
            .with_retry(Retry::AFewTimes))
    }
}

#[cfg(test)]
mod tests {
    use super::{StartAnswer, StatusAnswer};
    use crate::problem::tests::assert_round_trip;

    #[test]
    fn example_answers_about_jobs_are_written_back_equal() {
        assert_round_trip::<StartAnswer>("jobb-start-svar.json");
        assert_round_trip::<StatusAnswer>("jobb-status-svar.json");
    }
}
