use crate::altinn;
use crate::body::{BodyFailed, Outgoing};
use crate::problem;
use crate::settings::{HttpSettings, SettingsError};
use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
    RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode};
use skattebro_codec::CodecError;
use skattebro_domain::Identifikator;
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::krav::slugs;
use skattebro_ports::{
    Api, Call, CallKind, CallSlot, ErrorKind, PortError, Problem, SlotWish, Token, TokenSource,
};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The largest JSON or error body that is read.
const SMALL_BODY: usize = 1 << 20;

/// Sends every request, and knows what a failure did at the other side.
#[derive(Debug)]
pub(crate) struct Sender {
    client: reqwest::Client,
    tokens: Arc<dyn TokenSource>,
    pub(crate) settings: HttpSettings,
}

/// One request.
pub(crate) struct Request {
    /// Whose limit of concurrent calls it counts against.
    pub(crate) api: Api,
    /// What it is, as a noun phrase: "the upload".
    pub(crate) operation: &'static str,
    /// Its path as a template, for logs.
    pub(crate) route: &'static str,
    /// Whether it changes nothing at the other side.
    pub(crate) only_looks: bool,
    pub(crate) method: Method,
    /// The segments of its path; they are escaped here.
    pub(crate) path: Vec<String>,
    pub(crate) query: Option<&'static str>,
    pub(crate) accept: &'static str,
    pub(crate) body: Option<(String, Outgoing)>,
    /// How long the answer may take to begin.
    pub(crate) answer_within: Duration,
    /// How long the whole call may take.
    pub(crate) deadline: Duration,
    pub(crate) with_token: bool,
    /// Whom it is about, where a token may be that party's.
    pub(crate) part: Option<Identifikator>,
}

/// A 2xx. The call is not over, and its slot not free, before the body is read.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) slot: CallSlot,
}

/// From this size on a request counts as an upload.
const LARGE: u64 = 1_000_000;

impl Sender {
    pub(crate) fn new(settings: HttpSettings, tokens: Arc<dyn TokenSource>) -> Result<Self, SettingsError> {
        Ok(Self { client: settings.client()?, tokens, settings })
    }

    /// Sends a request and returns its answer if that is a 2xx. Repeats it only if it is a read, or was not sent.
    pub(crate) async fn send(&self, call: &Call, request: &Request) -> Result<Answer, PortError> {
        self.repeating(request, || self.once(call, request)).await
    }

    async fn repeating<T, F>(&self, request: &Request, attempt: impl FnMut() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.settings.retry_pause)
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(self.settings.read_retries)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(|error| may_repeat(error, request.only_looks))
            .notify(|error, pause| {
                tracing::debug!(route = request.route, ?pause, kind = ?error.kind(), "trying again");
            })
            .await
    }

    /// As [`send`](Self::send), and reads a small answer whole.
    pub(crate) async fn send_for_body(
        &self,
        call: &Call,
        request: &Request,
    ) -> Result<(StatusCode, Bytes), PortError> {
        let attempt = || async {
            let Answer { response, slot: _slot } = self.once(call, request).await?;
            let status = response.status();
            match read_small(response).await {
                Ok(body) => Ok((status, body)),
                Err(error) => Err(self.transport_error(call, request, error)),
            }
        };
        self.repeating(request, attempt).await
    }

    /// As [`send`](Self::send), and reads the answer as JSON.
    pub(crate) async fn send_for_json<T: serde::de::DeserializeOwned>(
        &self,
        call: &Call,
        request: &Request,
    ) -> Result<T, PortError> {
        let (status, body) = self.send_for_body(call, request).await?;
        serde_json::from_slice(&body).map_err(|_| self.not_the_contract(call, request, status, &body))
    }

    /// The error behind a 2xx whose body is not what the contract says: a gateway may have answered, so nobody knows what was done.
    pub(crate) fn not_the_contract(
        &self,
        call: &Call,
        request: &Request,
        status: StatusCode,
        body: &[u8],
    ) -> PortError {
        let what = if body.is_empty() {
            "an empty answer"
        } else {
            "an answer that is not the JSON of the contract"
        };
        let detail = format!("HTTP {} with {what}", status.as_u16());
        self.error(call, request, ErrorKind::Unreadable, Effect::Unknown, detail).with_retry(Retry::AFewTimes)
    }

    /// One try, and another if it was turned away for its token and there is a new one.
    async fn once(&self, call: &Call, request: &Request) -> Result<Answer, PortError> {
        // The token last: it must not grow old in the queue.
        let slot = self.settings.quota.slot(&self.wish(request)).await?;
        if !request.with_token {
            let response = self.attempt(call, request, &slot, None).await?;
            return Ok(Answer { response, slot });
        }
        let token = self.token(call, request).await?;
        let response = match self.attempt(call, request, &slot, Some(&token)).await {
            Err(error) if was_for_its_token(&error, request.only_looks) => {
                match self.token(call, request).await {
                    Ok(other) if other.expose() != token.expose() => {
                        self.attempt(call, request, &slot, Some(&other)).await?
                    }
                    _ => return Err(error),
                }
            }
            outcome => outcome?,
        };
        Ok(Answer { response, slot })
    }

    async fn attempt(
        &self,
        call: &Call,
        request: &Request,
        slot: &CallSlot,
        token: Option<&Token>,
    ) -> Result<Response, PortError> {
        let began = Instant::now();
        let cancelled = CancellationToken::new();
        let cancel_on_drop = cancelled.clone().drop_guard();
        let permitted = self.permitted(call, request, slot)?;
        let answer_within = request.answer_within.min(permitted);
        let answer = self.build(call, request, token, cancelled)?.timeout(permitted).send();
        let outcome = match tokio::time::timeout(answer_within, answer).await {
            Err(_) => {
                let detail = format!("no answer within {} seconds", answer_within.as_secs_f32());
                let error = self.error(call, request, ErrorKind::Timeout, Effect::Unknown, detail);
                Err(error.with_retry(Retry::Later(None)))
            }
            Ok(Ok(response)) if response.status().is_success() => {
                cancel_on_drop.disarm();
                Ok(response)
            }
            Ok(Ok(response)) => {
                if let (StatusCode::UNAUTHORIZED, Some(token)) = (response.status(), token) {
                    self.tokens.rejected(token).await;
                }
                Err(self.refusal(call, request, response).await)
            }
            Ok(Err(error)) => Err(self.transport_error(call, request, error)),
        };
        tracing::debug!(
            route = request.route,
            method = %request.method,
            status = outcome.as_ref().ok().map(|response| response.status().as_u16()),
            error = outcome.as_ref().err().map(|error| format!("{:?}", error.kind())),
            korrelasjonsid = %call.korrelasjonsid,
            milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "call"
        );
        outcome
    }

    /// How long the call may take: its deadline, but not longer than it is permitted and the slot is kept. The last thing before the first
    /// byte.
    fn permitted(&self, call: &Call, request: &Request, slot: &CallSlot) -> Result<Duration, PortError> {
        let permitted = call.permitted(request.operation)?;
        let kept = slot.kept_for().map_err(|()| {
            let detail = "the slot for the call ran out while it waited";
            let error = self.error(call, request, ErrorKind::Timeout, Effect::NotSent, detail);
            error.with_retry(Retry::Later(None))
        })?;
        Ok([permitted, kept].into_iter().flatten().fold(request.deadline, Duration::min))
    }

    fn wish(&self, request: &Request) -> SlotWish {
        let size = request.body.as_ref().map_or(0, |(_, body)| body.len());
        // A token may have to be fetched first.
        let deadline = request.deadline + request.answer_within;
        let kind = match request.api {
            _ if size > LARGE => CallKind::Upload,
            // A krav's looks are short, and its orders wait for them: with four slots of five, comparing many would take a quarter longer.
            Api::Skattemelding | Api::Altinn if request.only_looks => CallKind::Look,
            Api::Skattemelding | Api::Altinn | Api::Innkreving => CallKind::Short,
        };
        SlotWish { api: request.api, kind, deadline }
    }

    async fn token(&self, call: &Call, request: &Request) -> Result<Token, PortError> {
        let token = async {
            match &request.part {
                Some(part) => self.tokens.token_for(part).await,
                None => self.tokens.token().await,
            }
        };
        let fetched = tokio::time::timeout(request.answer_within, token).await;
        fetched.unwrap_or_else(|_| {
            let detail = "no token came in time";
            let error = self.error(call, request, ErrorKind::Timeout, Effect::NotSent, detail);
            Err(error.with_retry(Retry::Later(None)))
        })
    }

    fn build(
        &self,
        call: &Call,
        request: &Request,
        token: Option<&Token>,
        cancelled: CancellationToken,
    ) -> Result<reqwest::RequestBuilder, PortError> {
        let not_sent = |detail: &str| self.error(call, request, ErrorKind::Local, Effect::NotSent, detail);
        let mut headers = HeaderMap::new();
        let header =
            |text: &str| HeaderValue::from_str(text).map_err(|_| not_sent("a header cannot be written"));
        if let Some(token) = token {
            let mut value = header(&format!("Bearer {}", token.expose()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        headers.insert("Klientid", header(&self.settings.client_name)?);
        headers.insert("Korrelasjonsid", header(call.korrelasjonsid.as_str())?);
        let mut builder = self.client.request(request.method.clone(), self.url(request).map_err(not_sent)?);
        if let Some((content_type, body)) = &request.body {
            if body.len() > self.settings.max_request_bytes {
                let detail = format!(
                    "the request is {} bytes, and the service takes {}",
                    body.len(),
                    self.settings.max_request_bytes
                );
                return Err(self.error(call, request, ErrorKind::TooLarge, Effect::NotSent, detail));
            }
            headers.insert(CONTENT_TYPE, header(content_type)?);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            if let Some(disposition) = body.disposition() {
                headers.insert(CONTENT_DISPOSITION, header(&disposition)?);
            }
            builder = builder.body(body.stream(call.progress.clone(), cancelled));
        } else if request.method == Method::PUT {
            // That there is nothing must be said, or servers wait for it or refuse.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        }
        Ok(builder.headers(headers))
    }

    fn url(&self, request: &Request) -> Result<Url, &'static str> {
        let mut url = self.settings.base.clone();
        url.path_segments_mut().map_err(|()| "the address has no path")?.pop_if_empty().extend(&request.path);
        url.set_query(request.query);
        Ok(url)
    }

    pub(crate) fn error(
        &self,
        call: &Call,
        request: &Request,
        kind: ErrorKind,
        effect: Effect,
        detail: impl AsRef<str>,
    ) -> PortError {
        let error = PortError::new(kind, request.operation, effect, detail)
            .with_korrelasjonsid(call.korrelasjonsid.clone());
        if request.only_looks { error.only_looking() } else { error }
    }

    fn transport_error(&self, call: &Call, request: &Request, error: reqwest::Error) -> PortError {
        let (kind, effect, detail) = if error.is_connect() {
            (ErrorKind::Unreachable, Effect::NotSent, "no connection to the service".to_owned())
        } else if error.is_builder() {
            (ErrorKind::Local, Effect::NotSent, "the request cannot be made".to_owned())
        } else if causes(&error).any(|cause| cause.is::<BodyFailed>()) {
            // It did not come whole, so nothing should have come of it; but part of it left this machine.
            (ErrorKind::Local, Effect::Unknown, "the document could not be read to its end".to_owned())
        } else if error.is_timeout() {
            let detail = format!("no whole answer within {} seconds", request.deadline.as_secs_f32());
            (ErrorKind::Timeout, Effect::Unknown, detail)
        } else {
            (ErrorKind::ConnectionLost, Effect::Unknown, "the connection was lost on the way".to_owned())
        };
        let retry = if kind == ErrorKind::Local { Retry::AfterChange } else { Retry::Later(None) };
        self.error(call, request, kind, effect, detail).with_retry(retry).with_source(error.without_url())
    }

    /// The error behind an answer that is no 2xx.
    async fn refusal(&self, call: &Call, request: &Request, response: Response) -> PortError {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        // If the body cannot be read, or does not come, the status still says what it says.
        let body = tokio::time::timeout(self.settings.deadlines.silence, read_small(response)).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let problem = match request.api {
            Api::Altinn => altinn::parse_problem(status.as_u16(), &body),
            Api::Skattemelding | Api::Innkreving => problem::parse(status.as_u16(), &body),
        };
        let refused = |problem: &Option<Problem>| match problem {
            Some(problem) => Effect::Refused(problem.slug.clone()),
            None => Effect::Unknown,
        };
        let (kind, effect, retry) = match status.as_u16() {
            401 => (ErrorKind::Unauthorized, refused(&problem), Retry::AfterChange),
            403 => (ErrorKind::Forbidden, refused(&problem), Retry::AfterChange),
            404 => (ErrorKind::NotFound, refused(&problem), Retry::AfterChange),
            408 => (ErrorKind::Timeout, Effect::Unknown, Retry::Later(retry_after)),
            409 if request.api == Api::Altinn => {
                let retry = match altinn::passes_by_itself(&problem) {
                    true => Retry::Later(retry_after),
                    false => Retry::AfterChange,
                };
                (ErrorKind::Refused, refused(&problem), retry)
            }
            // Only conflicts that the contract names prove that nothing happened.
            409 => {
                let known = problem.clone().filter(|problem| slugs::is_known_conflict(&problem.slug));
                (ErrorKind::Refused, refused(&known), Retry::AfterChange)
            }
            413 => (ErrorKind::TooLarge, refused(&problem), Retry::AfterChange),
            429 => (ErrorKind::RateLimited, too_many(&problem), Retry::Later(retry_after)),
            400..=499 => (ErrorKind::Refused, refused(&problem), Retry::AfterChange),
            500..=599 => (ErrorKind::ServiceFailure, Effect::Unknown, Retry::Later(retry_after)),
            _ => (ErrorKind::Unreadable, Effect::Unknown, Retry::AFewTimes),
        };
        let detail = match &problem {
            Some(_) => "the service refused or failed".to_owned(),
            None => format!("HTTP {} without a word of the service's own", status.as_u16()),
        };
        let about_referanse = problem.as_ref().is_some_and(|problem| names_the_referanse(&problem.melding));
        let mut error = self.error(call, request, kind, effect, detail).with_retry(retry);
        if about_referanse && status.is_client_error() && request.api == Api::Skattemelding {
            error = error.about_referanse();
        }
        match problem {
            Some(problem) => error.with_problem(problem),
            None => error,
        }
    }

    /// The error behind an answer that could not be read. Whatever went wrong, the service has done its part.
    pub(crate) fn unreadable(&self, call: &Call, request: &Request, error: CodecError) -> PortError {
        let (kind, retry, detail) = match &error {
            CodecError::Sink { .. } => {
                (ErrorKind::Local, Retry::AfterChange, "the answer could not be stored here")
            }
            CodecError::Source(error) if timed_out(error) => {
                (ErrorKind::Timeout, Retry::Later(None), "the answer did not come to its end in time")
            }
            CodecError::Source(_) => {
                (ErrorKind::ConnectionLost, Retry::Later(None), "the connection was lost within the answer")
            }
            // Nothing, or something else altogether: a gateway answers for the service, and will stop doing so.
            CodecError::Empty | CodecError::NotTheEnvelope(_) => {
                (ErrorKind::Unreadable, Retry::Later(None), "the answer is not what was asked for")
            }
            _ => (ErrorKind::Unreadable, Retry::AFewTimes, "the answer cannot be understood"),
        };
        self.error(call, request, kind, Effect::Done, detail).with_retry(retry).with_source(error)
    }
}

/// Whether a new token is worth another try of the same. A gateway's 401 does not say that nothing was done.
fn was_for_its_token(error: &PortError, only_looks: bool) -> bool {
    let nothing_was_done = only_looks || matches!(error.effect(), Effect::Refused(_));
    error.kind() == ErrorKind::Unauthorized && nothing_was_done
}

fn may_repeat(error: &PortError, only_looks: bool) -> bool {
    let may = only_looks || *error.effect() == Effect::NotSent;
    // A deadline has been patience enough; and where the service asks for more, the workflow waits, on its own clock.
    let at_once = !matches!(error.kind(), ErrorKind::Timeout | ErrorKind::RateLimited);
    may && at_once && error.retry() == Retry::Later(None)
}

fn too_many(problem: &Option<Problem>) -> Effect {
    match problem.as_ref().map(|problem| Ok(problem.slug.clone())).unwrap_or_else(|| "HTTP-429".parse()) {
        Ok(slug) => Effect::Refused(slug),
        Err(_) => Effect::Unknown,
    }
}

fn timed_out(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
        || causes(error).any(|cause| cause.downcast_ref().is_some_and(reqwest::Error::is_timeout))
}

/// An error and all that is below it. An [`io::Error`] around another error hides that from its own `source`.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// Whether a sentence of the service is about the reference to an uploaded document. The contract names no code for it, so the
/// word must do; `dokumentreferanseTilGjeldendeDokument` is another matter and another word.
fn names_the_referanse(melding: &str) -> bool {
    let melding = melding.to_lowercase();
    melding.split(|c: char| !c.is_alphanumeric()).any(|word| {
        ["referanse", "referansen", "naeringsspesifikasjonreferanse", "næringsspesifikasjonreferanse"]
            .contains(&word)
            || word.starts_with("naeringsspesifikasjonreferanse")
    })
}

/// Seconds from the header `Retry-After`. A date there is not used: it would need the service's clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

pub(crate) async fn read_small(response: Response) -> Result<Bytes, reqwest::Error> {
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        body.extend_from_slice(&chunk[..chunk.len().min(SMALL_BODY - body.len())]);
        if body.len() == SMALL_BODY {
            break;
        }
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::names_the_referanse;

    #[test]
    fn a_refusal_for_the_reference_is_told_from_one_for_the_current_return() {
        for about in [
            "Ukjent referanse",
            "Referansen finnes ikke",
            "naeringsspesifikasjonReferanse er ukjent",
            "Fant ikke næringsspesifikasjonReferanse a7a0.",
        ] {
            assert!(names_the_referanse(about), "{about}");
        }
        for other in ["dokumentreferanseTilGjeldendeDokument er feil", "Partsreferanse er feil", ""] {
            assert!(!names_the_referanse(other), "{other}");
        }
    }
}
