//! The issuer: a server whose answers can be set, on a clock that tests move.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use skattebro_adapter_http::{Deadlines, HttpSettings, SigningKey};
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use skattebro_ports::fakes::ManualClock;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

pub(crate) fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/data/signin", name].iter().collect()
}

pub(crate) fn read(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::load(&fixture("key-pkcs8.pem"), None).unwrap()
}

/// A request for a token.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) form: HashMap<String, String>,
    pub(crate) bearer: Option<String>,
    pub(crate) path: String,
}

impl Asked {
    /// A part of the JWT, by its place.
    pub(crate) fn jwt(&self, part: usize) -> Value {
        use base64::Engine;
        let encoded = self.form["assertion"].split('.').nth(part).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).unwrap())
            .unwrap()
    }
}

#[derive(Clone)]
pub(crate) enum Answer {
    Json(u16, Value),
    Text(u16, String),
    RetryAfter(u16, u64),
    Never,
}

pub(crate) fn refusal(error: &str, description: &str) -> Answer {
    Answer::Json(400, json!({ "error": error, "error_description": description }))
}

pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) clock: ManualClock,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    url: String,
    clock: ManualClock,
    asked: Mutex<Vec<Asked>>,
    discovered: Mutex<usize>,
    next: Mutex<VecDeque<Answer>>,
    metadata: Mutex<Option<Answer>>,
    /// Seconds by which the issuer's clock is ahead.
    ahead: Mutex<i64>,
    life: Mutex<u64>,
    extra: Mutex<Value>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let clock = ManualClock::at("2027-03-01T12:00:00Z".parse().unwrap());
        let shared = Arc::new(Shared {
            url: url.clone(),
            clock: clock.clone(),
            asked: Mutex::default(),
            discovered: Mutex::default(),
            next: Mutex::default(),
            metadata: Mutex::default(),
            ahead: Mutex::default(),
            life: Mutex::new(120),
            extra: Mutex::new(json!({})),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, clock, shared, task }
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    /// Settings that lead to it below that path, patient.
    pub(crate) fn settings(&self, path: &str) -> HttpSettings {
        HttpSettings::new(&format!("{}/{path}", self.url)).unwrap()
    }

    /// As [`settings`](Self::settings), for who waits for an answer that does not come.
    pub(crate) fn hasty(&self, path: &str) -> HttpSettings {
        let short = Duration::from_millis(300);
        self.settings(path).deadlines(Deadlines { short, ..Deadlines::default() })
    }

    /// What it is asked next is answered so.
    pub(crate) fn next(&self, answer: Answer) {
        self.shared.next.lock().unwrap().push_back(answer);
    }

    /// How its metadata is answered from now on.
    pub(crate) fn metadata(&self, answer: Option<Answer>) {
        *self.shared.metadata.lock().unwrap() = answer;
    }

    pub(crate) fn ahead(&self, seconds: i64) {
        *self.shared.ahead.lock().unwrap() = seconds;
    }

    pub(crate) fn life(&self, seconds: u64) {
        *self.shared.life.lock().unwrap() = seconds;
    }

    /// What else stands in its answers with a token.
    pub(crate) fn extra(&self, extra: Value) {
        *self.shared.extra.lock().unwrap() = extra;
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The one request for a token that came.
    pub(crate) fn request(&self) -> Asked {
        let [asked] = &self.asked()[..] else { panic!("not one request: {:?}", self.asked()) };
        asked.clone()
    }

    pub(crate) fn discovered(&self) -> usize {
        *self.shared.discovered.lock().unwrap()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let path = uri.path().to_owned();
    if let Some((issuer, _)) = path.split_once("/.well-known/") {
        *shared.discovered.lock().unwrap() += 1;
        let set = shared.metadata.lock().unwrap().clone();
        let metadata = json!({
            "issuer": format!("{}{issuer}/", shared.url),
            "token_endpoint": format!("{}{issuer}/token", shared.url),
            "authorization_endpoint": format!("{}{issuer}/authorize", shared.url),
            "jwks_uri": format!("{}{issuer}/jwks", shared.url),
        });
        return shared.respond(set.unwrap_or(Answer::Json(200, metadata))).await;
    }
    if path.ends_with("/jwks") {
        let jwks = serde_json::from_slice(&read("jwks.json")).unwrap();
        return shared.respond(Answer::Json(200, jwks)).await;
    }
    let number = {
        let mut asked = shared.asked.lock().unwrap();
        let form = form_urlencoded::parse(&body).into_owned().collect();
        let bearer = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        asked.push(Asked { form, bearer, path });
        asked.len()
    };
    let next = shared.next.lock().unwrap().pop_front();
    let granted = || {
        let mut granted = shared.extra.lock().unwrap().clone();
        granted["access_token"] = json!(format!("hemmelig-token-{number}"));
        granted["token_type"] = json!("Bearer");
        granted["expires_in"] = json!(*shared.life.lock().unwrap());
        Answer::Json(200, granted)
    };
    let answer = next.unwrap_or_else(granted);
    shared.respond(answer).await
}

impl Shared {
    async fn respond(&self, answer: Answer) -> Response {
        let seconds = self.clock.now().as_second() + *self.ahead.lock().unwrap();
        let now = Timestamp::from_second(seconds).unwrap();
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let status = |status| StatusCode::from_u16(status).unwrap();
        let json = [(header::CONTENT_TYPE, "application/json")];
        let response = match answer {
            Answer::Json(code, body) => (status(code), json, body.to_string()).into_response(),
            Answer::Text(code, body) => (status(code), body).into_response(),
            Answer::RetryAfter(code, wait) => {
                (status(code), [(header::RETRY_AFTER, wait.to_string())]).into_response()
            }
            Answer::Never => std::future::pending().await,
        };
        ([(header::DATE, date)], response).into_response()
    }
}
