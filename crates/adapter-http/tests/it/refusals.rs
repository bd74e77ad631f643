//! What an answer that is no 2xx means, with each of the bodies that one may have.

use crate::client::{Tokens, call, jobb, memory, name, settings, shown, subject};
use crate::far::{Far, answer};
use skattebro_adapter_http::HttpSkatteetaten;
use skattebro_domain::flow::Effect;
use skattebro_ports::{Jobs, PortError, Uploads};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The three shapes of a word of the service, with the slug that is in it, and bodies that are none.
const BODIES: [(&str, Option<&str>); 8] = [
    (r#"{"kode":"DAS-008","melding":"Nei","korrelasjonsid":"deres"}"#, Some("DAS-008")),
    (r#"{"type":"/x/nei","title":"Nei","status":418,"detail":"Slett ikke"}"#, Some("/x/nei")),
    (
        "<feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>DAS-007</kode><melding>Nei</melding>\
         <korrelasjonsid>deres</korrelasjonsid></feil>",
        Some("DAS-007"),
    ),
    ("", None),
    ("<!DOCTYPE html>\n<html><body>Nei</body></html>", None),
    ("Nei", None),
    (r#"{"error":"nei"}"#, None),
    (r#"{"kode":"DAS-008","mel"#, None),
];

async fn upload_and_look(answer: &[u8]) -> [(PortError, usize, Arc<Tokens>); 2] {
    let (upload, look) = (Far::answering(answer).await, Far::answering(answer).await);
    let adapter = |url: &str| {
        let tokens = Arc::new(Tokens::default());
        (HttpSkatteetaten::new(settings(url), tokens.clone()).unwrap(), tokens)
    };
    let (uploading, upload_tokens) = adapter(&upload.url());
    let (looking, look_tokens) = adapter(&look.url());
    let uploaded = uploading.last_opp(&call(), &subject(), &name(), memory("eA==")).await.unwrap_err();
    let looked = looking.status(&call(), &subject(), &jobb()).await.unwrap_err();
    [(uploaded, upload.received().len(), upload_tokens), (looked, look.received().len(), look_tokens)]
}

/// Checks a status with every body. `recognised` and `unrecognised` are the effects, `{}` the slug; `looks` is how often a read
/// is tried.
async fn check(status: u16, kind: &str, recognised: &str, unrecognised: &str, retry: &str, looks: usize) {
    for (body, slug) in BODIES {
        let calls = upload_and_look(&answer(status, &[], body)).await;
        for (expected_seen, (error, seen, _)) in [1, looks].into_iter().zip(calls) {
            let effect = match slug {
                Some(slug) => recognised.replace("{}", slug),
                None => unrecognised.to_owned(),
            };
            let line = format!("{kind} {effect} {retry}");
            let what = format!("HTTP {status} with {body:?}: {error}");
            assert_eq!((shown::<()>(&Err(error)), seen), (line, expected_seen), "{what}");
        }
    }
}

#[tokio::test]
async fn what_the_service_refused_in_its_own_words_did_not_happen() {
    for (status, kind) in [
        (400, "Refused"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (405, "Refused"),
        (413, "TooLarge"),
        (415, "Refused"),
        (422, "Refused"),
    ] {
        check(status, kind, "refused:{}", "unknown", "after-change", 1).await;
    }
}

#[tokio::test]
async fn too_many_calls_are_a_refusal_in_any_words() {
    check(429, "RateLimited", "refused:{}", "refused:HTTP-429", "later", 1).await;
}

#[tokio::test]
async fn a_408_or_a_failure_says_nothing_of_what_was_done() {
    check(408, "Timeout", "unknown", "unknown", "later", 1).await;
    for status in [500, 502, 503, 504, 599] {
        check(status, "ServiceFailure", "unknown", "unknown", "later", 3).await;
    }
}

#[tokio::test]
async fn a_conflict_without_a_known_slug_says_nothing_of_what_was_done() {
    check(409, "Refused", "unknown", "unknown", "after-change", 1).await;
}

#[tokio::test]
async fn how_long_to_wait_is_taken_from_the_header() {
    for (retry_after, retry) in [
        ("7", "later:7s"),
        (" 7 ", "later:7s"),
        ("0", "later:0s"),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "later"),
        ("-1", "later"),
        ("99999999999999999999999", "later"),
    ] {
        for (status, start) in [(429, "RateLimited refused:HTTP-429"), (503, "ServiceFailure unknown")] {
            let [(uploaded, ..), _] =
                upload_and_look(&answer(status, &[("Retry-After", retry_after)], "")).await;
            assert_eq!(shown::<()>(&Err(uploaded)), format!("{start} {retry}"), "{retry_after:?}");
        }
    }
}

#[tokio::test]
async fn a_service_that_asks_for_patience_is_not_asked_again_at_once() {
    let [_, (_, seen, _)] = upload_and_look(&answer(503, &[("Retry-After", "7")], "")).await;
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn what_the_service_said_is_kept() {
    let [(error, ..), _] = upload_and_look(&answer(403, &[], BODIES[0].0)).await;
    let problem = error.problem().unwrap();
    assert_eq!((problem.status, problem.slug.as_str(), problem.melding.as_str()), (403, "DAS-008", "Nei"));
    assert_eq!(problem.korrelasjonsid.as_deref(), Some("deres"));
    assert_eq!(error.korrelasjonsid().map(ToString::to_string), Some("4f1c-kall".to_owned()));
    assert_eq!(*error.effect(), Effect::Refused("DAS-008".parse().unwrap()));
    let [(error, ..), _] = upload_and_look(&answer(400, &[], BODIES[1].0)).await;
    assert_eq!(error.problem().unwrap().melding, "Nei: Slett ikke");
}

#[tokio::test]
async fn only_a_401_rejects_the_token() {
    for (status, rejected) in [(401, 1), (403, 0), (400, 0), (500, 0)] {
        for (_, _, tokens) in upload_and_look(&answer(status, &[], "")).await {
            assert_eq!(tokens.rejected.load(Ordering::Relaxed), rejected, "{status}");
        }
    }
}

#[tokio::test]
async fn a_refusal_for_the_reference_is_told_from_others() {
    for (status, melding, about) in [
        (400, "naeringsspesifikasjonReferanse er ikke kjent", true),
        (404, "Referansen finnes ikke", true),
        (400, "dokumentreferanseTilGjeldendeDokument mangler", false),
        (500, "Referansen finnes ikke", false),
    ] {
        let body = format!(r#"{{"kode":"X-1","melding":"{melding}"}}"#);
        let [(error, ..), _] = upload_and_look(&answer(status, &[], body)).await;
        assert_eq!(error.is_about_referanse(), about, "{status} {melding}");
    }
}

#[tokio::test]
async fn a_refusal_of_any_size_is_read_in_bounded_memory() {
    let huge = format!(r#"{{"kode":"X-1","melding":"{}"}}"#, "x".repeat(3 << 20));
    let [(error, ..), _] = upload_and_look(&answer(400, &[], huge)).await;
    assert_eq!(shown::<()>(&Err(error)), "Refused unknown after-change", "cut off, it is nobody's word");
}
