//! What becomes of each call under every fault that the sandbox knows: in one line its end, how often the service saw a
//! request, and how many changes it made.

use crate::client::{hasty, settings};
use crate::service::Service;
use skattebro_sandbox::Fault;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn check(route: &str, fault: Fault, shown: &str, seen: u32, changes: usize) {
    let never_answers = fault == Fault::NeverAnswer;
    let service = Service::new(if never_answers { hasty } else { settings }).await;
    let what = format!("{route} under {fault:?}");
    assert_eq!(service.struck(route, fault).await, (shown.to_owned(), seen, changes), "{what}");
    // After a 401 there might be another token; where it is the same, nothing is tried again.
    let tries = service.tokens.asked() - service.tokens.rejected.load(Ordering::Relaxed);
    assert_eq!(tries, seen as usize, "{what}: each try, and nothing else, asks for a token");
}

/// How an act ends, and whether the service did it all the same. It is sent once, whatever happens.
async fn check_act(route: &str) {
    for (fault, shown, done) in [
        (Fault::Latency(Duration::from_millis(5)), "ok", 1),
        (Fault::TooManyRequests { retry_after: None }, "RateLimited refused:SANDBOX-KVOTE later", 0),
        (
            Fault::TooManyRequests { retry_after: Some(Duration::from_secs(3)) },
            "RateLimited refused:SANDBOX-KVOTE later:3s",
            0,
        ),
        (Fault::ErrorBefore(400), "Refused refused:DAS-003 after-change", 0),
        (Fault::ErrorBefore(401), "Unauthorized refused:DAS-003 after-change", 0),
        (Fault::ErrorBefore(500), "ServiceFailure unknown later", 0),
        (Fault::ErrorBefore(503), "ServiceFailure unknown later", 0),
        (Fault::ErrorAfter(500), "ServiceFailure unknown later", 1),
        (Fault::ErrorAfter(504), "ServiceFailure unknown later", 1),
        (Fault::DropBefore, "ConnectionLost unknown later", 0),
        (Fault::DropAfter, "ConnectionLost unknown later", 1),
        (Fault::ActLate(Duration::from_secs(90)), "ConnectionLost unknown later", 0),
        (Fault::Twice, "ok", 2),
        (Fault::TruncatedBody, "ConnectionLost unknown later", 1),
        (Fault::SlowDrip(Duration::from_millis(1)), "ok", 1),
        (Fault::HtmlInsteadOfJson, "Unreadable unknown a-few-times", 0),
        (Fault::HtmlError(403), "Forbidden unknown after-change", 0),
        (Fault::HtmlError(502), "ServiceFailure unknown later", 0),
        (Fault::EmptyOk, "Unreadable unknown a-few-times", 1),
        (Fault::NeverAnswer, "Timeout unknown later", 0),
    ] {
        // A second start aborts the first, which is a change as well.
        let changes = if route == "start" && fault == Fault::Twice { 3 } else { done };
        check(route, fault, shown, 1, changes).await;
    }
}

/// How a read ends, and how often it is tried: what may pass is tried three times, and what asks for patience once.
async fn check_read(route: &str, is_xml: bool) {
    let unreadable = if is_xml { "Unreadable done later" } else { "Unreadable unknown a-few-times" };
    // A large answer goes on to its reader while it comes, so it is for the workflow to ask again.
    let cut = if is_xml { ("ConnectionLost done later", 1) } else { ("ConnectionLost unknown later", 3) };
    for (fault, shown, seen) in [
        (Fault::Latency(Duration::from_millis(5)), "ok", 1),
        (Fault::TooManyRequests { retry_after: None }, "RateLimited refused:SANDBOX-KVOTE later", 1),
        (
            Fault::TooManyRequests { retry_after: Some(Duration::from_secs(3)) },
            "RateLimited refused:SANDBOX-KVOTE later:3s",
            1,
        ),
        (Fault::ErrorBefore(400), "Refused refused:DAS-003 after-change", 1),
        (Fault::ErrorBefore(401), "Unauthorized refused:DAS-003 after-change", 1),
        (Fault::ErrorBefore(500), "ServiceFailure unknown later", 3),
        (Fault::ErrorBefore(503), "ServiceFailure unknown later", 3),
        (Fault::ErrorAfter(500), "ServiceFailure unknown later", 3),
        (Fault::DropBefore, "ConnectionLost unknown later", 3),
        (Fault::DropAfter, "ConnectionLost unknown later", 3),
        (Fault::ActLate(Duration::from_secs(90)), "ConnectionLost unknown later", 3),
        (Fault::Twice, "ok", 1),
        (Fault::TruncatedBody, cut.0, cut.1),
        (Fault::SlowDrip(Duration::from_millis(1)), "ok", 1),
        (Fault::HtmlInsteadOfJson, unreadable, 1),
        (Fault::HtmlError(403), "Forbidden unknown after-change", 1),
        (Fault::HtmlError(502), "ServiceFailure unknown later", 3),
        (Fault::EmptyOk, unreadable, 1),
        // One deadline has been patience enough.
        (Fault::NeverAnswer, "Timeout unknown later", 1),
    ] {
        check(route, fault, shown, seen, 0).await;
    }
}

#[tokio::test]
async fn an_upload_is_never_repeated_and_what_it_did_is_not_guessed() {
    check_act("last-opp").await;
}

#[tokio::test]
async fn a_start_is_never_repeated_and_what_it_did_is_not_guessed() {
    check_act("start").await;
}

#[tokio::test]
async fn a_look_at_a_job_is_repeated_where_that_may_help() {
    check_read("status", false).await;
}

#[tokio::test]
async fn a_result_is_asked_for_again_where_that_may_help() {
    check_read("resultat", true).await;
}

#[tokio::test]
async fn the_current_return_is_asked_for_again_where_that_may_help() {
    check_read("gjeldende", true).await;
}

#[tokio::test]
async fn a_validation_is_repeated_like_a_read_since_it_stores_nothing() {
    check_read("validertest", true).await;
}

#[tokio::test]
async fn a_read_that_fails_twice_is_whole_the_third_time() {
    for route in ["status", "resultat", "gjeldende"] {
        let service = Service::new(settings).await;
        service.sandbox.inject(skattebro_sandbox::FaultRule::next(route, 2, Fault::DropAfter));
        assert_eq!(service.shown(route).await, "ok", "{route}");
        assert_eq!(service.tokens.asked(), 3, "{route}");
    }
}

#[tokio::test]
async fn how_often_a_read_is_repeated_is_a_setting() {
    let service = Service::new(|url| settings(url).read_retries(0, Duration::ZERO)).await;
    let (shown, seen, _) = service.struck("status", Fault::ErrorBefore(503)).await;
    assert_eq!((shown.as_str(), seen), ("ServiceFailure unknown later", 1));
}
