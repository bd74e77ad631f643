//! The fastest service there could be, for benchmarks: every krav is taken at once, or after so many milliseconds, whatever it holds.
//!
//! The sandbox checks each krav as the authorities do, which takes it longer than a client needs to send one. A benchmark of clients
//! against the sandbox would be one of the sandbox.
//!
//! ```text
//! cargo run --release -p skattebro-sandbox --example at_once -- 127.0.0.1:8799 [MILLISECONDS]
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

struct Service {
    taken: AtomicU64,
    delay: Duration,
}

// One thread, so that the client has the other processor for itself.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8799".to_owned());
    let delay = Duration::from_millis(arguments.next().map_or(0, |text| text.parse().unwrap()));
    let service = Arc::new(Service { taken: AtomicU64::new(0), delay });
    let router = Router::new().fallback(any(take)).with_state(service);
    let listener = TcpListener::bind(&address).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

async fn take(State(service): State<Arc<Service>>, _whole: Bytes) -> impl IntoResponse {
    if !service.delay.is_zero() {
        tokio::time::sleep(service.delay).await;
    }
    let n = service.taken.fetch_add(1, Ordering::Relaxed);
    let answer = format!(r#"{{"kravidentifikator":"00000000-0000-4000-8000-{n:012x}"}}"#);
    (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer)
}
