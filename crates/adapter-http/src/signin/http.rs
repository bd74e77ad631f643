use crate::send::{read_small, retry_after};
use crate::settings::{HttpSettings, SettingsError, is_loopback};
use crate::signin::failed::Failed;
use bytes::Bytes;
use reqwest::header::{ACCEPT, DATE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use skattebro_domain::Timestamp;
use skattebro_ports::ErrorKind;
use std::time::Duration;
use url::Url;

/// The longest that one request may take. A call that waits for a token has 30 seconds for it, and a token may take two requests.
const LONGEST: Duration = Duration::from_secs(10);

/// Small requests to a server that signs in, each within a deadline.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    within: Duration,
    /// Whom, in an error.
    pub(crate) whom: &'static str,
}

/// A whole answer of any status.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    pub(crate) date: Option<Timestamp>,
    retry_after: Option<Duration>,
}

impl Http {
    pub(crate) fn new(settings: &HttpSettings, whom: &'static str) -> Result<Self, SettingsError> {
        if !is_secret_safe_at(&settings.base) {
            let detail = "tokens are not sent over http without TLS, but to this machine; use https";
            return Err(SettingsError::Address(detail.to_owned()));
        }
        let within = settings.deadlines.short.min(LONGEST);
        Ok(Self { client: settings.client()?, within, whom })
    }

    pub(crate) fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        self.client.request(method, url.clone()).header(ACCEPT, "application/json")
    }

    /// Sends a request and reads its answer, whatever that says.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Reply, Failed> {
        let whom = self.whom;
        let answer = async {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read_small(response).await?;
            Ok(Reply { status, body, date: date(&headers), retry_after: retry_after(&headers) })
        };
        let late = || {
            let detail = format!("{whom} did not answer within {} s", self.within.as_secs_f32());
            Failed::for_now(ErrorKind::Timeout, detail, None)
        };
        match tokio::time::timeout(self.within, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Err(_) => Err(late()),
            Ok(Err(error)) => {
                let error: reqwest::Error = error;
                let error = error.without_url();
                Err(if error.is_connect() {
                    Failed::for_now(ErrorKind::Unreachable, format!("no connection to {whom}"), None)
                        .because(error)
                } else if error.is_timeout() {
                    late().because(error)
                } else {
                    let detail = format!("the connection to {whom} was lost on the way");
                    Failed::for_now(ErrorKind::ConnectionLost, detail, None).because(error)
                })
            }
        }
    }

    /// Fetches JSON. `what` is a noun phrase for errors: "its keys".
    pub(crate) async fn json<T: DeserializeOwned>(&self, what: &str, url: &Url) -> Result<T, Failed> {
        let reply = self.send(self.request(Method::GET, url)).await?;
        if !reply.status.is_success() {
            return Err(self.unexpected(what, &reply));
        }
        serde_json::from_slice(&reply.body).map_err(|_| self.unexpected(what, &reply))
    }

    /// The failure behind an answer that nobody could expect.
    pub(crate) fn unexpected(&self, what: &str, reply: &Reply) -> Failed {
        let (whom, status) = (self.whom, reply.status.as_u16());
        let says = match &*reply.body {
            [] => "an empty answer",
            body if body.trim_ascii_start().starts_with(b"<") => {
                "a page for people; a proxy or a gateway may have answered"
            }
            _ => "something else",
        };
        let detail = format!("{whom} was asked for {what} and answered HTTP {status} with {says}");
        match status {
            429 => Failed::for_now(ErrorKind::RateLimited, detail, reply.retry_after),
            500..=599 => Failed::for_now(ErrorKind::ServiceFailure, detail, reply.retry_after),
            404 | 300..=399 => {
                Failed::for_now(ErrorKind::Unreadable, format!("{detail}. Is its address right?"), None)
            }
            _ => Failed::for_now(ErrorKind::Unreadable, detail, None),
        }
    }
}

/// Whether a secret may be sent to this address: over TLS, or within this machine.
pub(crate) fn is_secret_safe_at(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_loopback(url)
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// The time in a header such as `Mon, 02 Mar 2026 12:00:00 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}
