//! What the worker tells over HTTP: `/health`, `/ready`, `/metrics`. Nothing of it is about a person.

use super::metrics::{Metrics, Seen};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use skattebro::domain::Timestamp;
use skattebro::domain::krav::Edition;
use skattebro::ports::Journal;
use skattebro::ports::journal::Environment;
use skattebro::{Progress, RunnerStatus, Skattebro};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The journal was asked with success so lately: it answers.
const READY: Duration = Duration::from_secs(30);
/// The loop turns every few seconds, unless the store keeps it waiting.
const HEALTHY: Duration = Duration::from_secs(120);
/// How long a scrape waits for the store.
const COUNTING: Duration = Duration::from_secs(5);

/// It listens until it is stopped.
pub(super) struct StatusServer {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Worker {
    journal: Arc<dyn Journal>,
    environment: Environment,
    progress: Arc<Progress>,
    edition: Edition,
    began: Timestamp,
}

impl StatusServer {
    /// # Errors
    /// If the address cannot be listened on.
    pub(super) async fn start(
        address: SocketAddr,
        bridge: &Skattebro,
        progress: Arc<Progress>,
        edition: Edition,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let worker = Worker {
            journal: bridge.journal().clone(),
            environment: bridge.environment().clone(),
            progress,
            edition,
            began: Timestamp::now(),
        };
        let router = Router::new()
            .route("/health", get(health))
            .route("/ready", get(ready))
            .route("/metrics", get(metrics))
            .with_state(worker);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the status port is gone");
            }
        });
        Ok(Self { address, task })
    }

    pub(super) fn stop(self) {
        self.task.abort();
    }
}

async fn health(State(worker): State<Worker>) -> (StatusCode, String) {
    let status = worker.progress.status();
    // Before its first turn, the loop is as old as the worker.
    let last = status.last_turn.unwrap_or(worker.began);
    match is_within(last, HEALTHY) {
        true => (StatusCode::OK, "the worker lives\n".to_owned()),
        false => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("the worker has not looked around since {last}\n"))
        }
    }
}

async fn ready(State(worker): State<Worker>) -> (StatusCode, String) {
    match why_not_ready(&worker.progress.status()) {
        None => (StatusCode::OK, "the store answers\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

fn why_not_ready(status: &RunnerStatus) -> Option<String> {
    let because = status.journal_error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    match status.last_claim {
        None => Some(format!("the store has not answered yet{because}")),
        Some(last) if !is_within(last, READY) => {
            Some(format!("the store has not answered since {last}{because}"))
        }
        Some(_) => None,
    }
}

async fn metrics(State(worker): State<Worker>) -> impl IntoResponse {
    let counting = worker.journal.counts(Some(&worker.environment));
    let counts = tokio::time::timeout(COUNTING, counting).await.ok().and_then(Result::ok);
    let (status, now) = (worker.progress.status(), Timestamp::now());
    let text = Metrics::of(&Seen { status, counts, now, edition: worker.edition }).to_string();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn is_within(at: Timestamp, span: Duration) -> bool {
    Timestamp::now().duration_since(at).as_secs_f64() <= span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_while_the_store_has_answered_lately() {
        let ago = |seconds| Timestamp::now().checked_sub(Duration::from_secs(seconds)).ok();
        let status = |last_claim, error: Option<&str>| RunnerStatus {
            last_claim,
            journal_error: error.map(str::to_owned),
            ..RunnerStatus::default()
        };
        assert!(why_not_ready(&status(None, None)).unwrap().contains("not answered yet"));
        assert_eq!(why_not_ready(&status(ago(5), Some("busy"))), None);
        let why = why_not_ready(&status(ago(60), Some("the disk is full"))).unwrap();
        assert!(why.contains("the disk is full"), "{why}");
    }
}
