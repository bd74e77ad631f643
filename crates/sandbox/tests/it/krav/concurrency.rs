//! How many calls are handled at the same time.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule};

use super::client::{nav, sandbox};
use crate::http;
use crate::service::soon;

#[tokio::test]
async fn the_peak_is_told_and_reset() {
    let service = sandbox().await;
    assert_eq!(service.sandbox.peak_concurrent_calls(), 0);
    let told = async |method: &str| {
        http::call(service.sandbox.addr(), method, "/sandbox/concurrency", &[], b"").await
    };
    service.anyone().create(&nav("K-0")).await;
    // Not the sandbox's own calls.
    assert_eq!(told("GET").await.json(), json!({"current": 0, "peak": 1}));

    service.sandbox.inject(FaultRule::always("krav-*", Fault::Latency(Duration::from_secs(60))));
    let addr = service.sandbox.addr();
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let path = super::client::V1;
            tokio::spawn(async move { http::try_call(addr, "POST", path, &[], b"{}").await })
        })
        .collect();
    assert!(soon(|| service.sandbox.peak_concurrent_calls() == 3).await);
    assert_eq!(told("GET").await.json(), json!({"current": 3, "peak": 3}));
    for call in calls {
        call.abort();
    }
    // The service goes on with them; the peak begins anew from there.
    service.sandbox.reset_peak();
    assert_eq!(service.sandbox.peak_concurrent_calls(), 3);
    assert_eq!(told("DELETE").await.status, 204);
    assert_eq!(told("GET").await.json()["peak"], Value::from(3));
}
