//! Faults whose answers are strange.

use std::time::{Duration, Instant};

use skattebro_sandbox::{Fault, FaultRule, Scenario};

use crate::service::{ORG, Service, naering, result_path};

const PING: &str = "/api/skattemelding/v2/ping";

#[tokio::test]
async fn a_truncated_body_is_half_of_the_right_one_behind_its_whole_length() {
    let service = Service::new().await;
    let whole = service.get(PING).await;
    service.sandbox.inject(FaultRule::next("ping", 1, Fault::TruncatedBody));
    let cut = service.get(PING).await;
    assert_eq!((cut.status, cut.header("content-length")), (200, whole.header("content-length")));
    assert_eq!(cut.body, whole.body[..whole.body.len() / 2]);
    assert!(!cut.complete());
}

#[tokio::test]
async fn a_large_result_is_truncated_in_its_middle() {
    let service = Service::of(Scenario::ok().queued_for(Duration::ZERO).runs_for(Duration::ZERO)).await;
    let document = naering(2023) + &"\n".repeat(400_000);
    let referanse = service.upload(ORG, 2023, &document).await;
    let job = service.job_with(ORG, 2023, &referanse).await;
    let whole = service.result(ORG, 2023, &job).await;
    service.sandbox.inject(FaultRule::next("resultat", 1, Fault::TruncatedBody));
    let cut = service.result(ORG, 2023, &job).await;
    assert_eq!(cut.header("content-length"), whole.header("content-length"));
    assert_eq!(cut.body, whole.body[..whole.body.len() / 2]);
}

#[tokio::test]
async fn a_refusal_is_truncated_like_any_answer() {
    let service = Service::new().await;
    service.sandbox.inject(FaultRule::next("status", 1, Fault::TruncatedBody));
    let cut = service.get("/api/skattemelding/v2/jobb/2023/974761076/x/status").await;
    assert_eq!(cut.status, 404);
    assert!(!cut.complete() && cut.text().starts_with('{'));
}

#[tokio::test]
async fn a_dripping_body_is_right_but_slow() {
    let service = Service::new().await;
    let job = service.job(ORG, 2023).await;
    let status = service.status(ORG, 2023, &job).await;
    let pause = Duration::from_millis(3);
    service.sandbox.inject(FaultRule::next("status", 1, Fault::SlowDrip(pause)));
    let began = Instant::now();
    assert_eq!(service.status(ORG, 2023, &job).await, status);
    assert!(began.elapsed() >= 5 * pause, "{:?}", began.elapsed());
    service.sandbox.inject(FaultRule::next("resultat", 1, Fault::SlowDrip(pause)));
    assert_eq!(service.get(&result_path(ORG, 2023, &job)).await.status, 204);
}

#[tokio::test]
async fn gateways_speak_html_and_do_nothing() {
    let service = Service::new().await;
    for (fault, status) in
        [(Fault::HtmlInsteadOfJson, 200), (Fault::HtmlError(502), 502), (Fault::HtmlError(403), 403)]
    {
        service.sandbox.inject(FaultRule::next("last-opp", 1, fault));
        let answer = service.upload_file(ORG, 2023, "a.xml", "PGEvPg==").await;
        assert_eq!(answer.status, status);
        assert!(answer.header("content-type").unwrap().starts_with("text/html"));
        assert!(answer.text().starts_with("<!DOCTYPE html>"));
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn an_empty_ok_hides_work_that_was_done() {
    let service = Service::new().await;
    let text = crate::service::base64(&naering(2023));
    service.sandbox.inject(FaultRule::next("last-opp", 1, Fault::EmptyOk));
    let answer = service.upload_file(ORG, 2023, "a.xml", text).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(service.sandbox.effects().len(), 1);
}
