//! Personal numbers, tokens and URLs stay out of errors and logs of these calls.

use super::client::{EDITIONS, Kall, SKYLDNER, TAG, adapter, adapter_with, oppdrag};
use crate::client::{TOKEN, hasty};
use crate::far::{Far, Nowhere, answer};
use crate::secrets::{everything, listen_to_the_log, log};
use skattebro_adapter_http::HttpInnkreving;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag, KravId};

/// An id of the oppdragsgiver's with a person in it.
const PERSONAL_ID: &str = "K-13895118960";

const SECRETS: [&str; 7] =
    [SKYLDNER, TOKEN, "api/innkreving", "api/v1", "kravidentifikatortype=", "http://", "Bearer"];

fn assert_clean(text: &str, what: &str) {
    // Not even the half of a number that tells who it is.
    for secret in SECRETS.into_iter().chain([&SKYLDNER[6..]]) {
        assert!(!text.contains(secret), "{secret} in {what}: {text}");
    }
}

fn personal(edition: Edition) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        oppdragsgivers_referanse: SKYLDNER.to_owned(),
        oppdragsgivers_kravidentifikator: Some(PERSONAL_ID.to_owned()),
        ..oppdrag(edition)
    }
}

/// Makes every call about that person, and looks at the errors of those that fail.
async fn check(adapter: &HttpInnkreving, what: &str, at_least: usize) {
    let edition = if adapter_is_v1(adapter) { Edition::V1 } else { Edition::Utgave2023 };
    let id: KravId = PERSONAL_ID.parse().unwrap();
    let mut failed = 0;
    for kall in Kall::of(edition) {
        if let Err(error) = kall.make(adapter, &personal(edition), &id).await {
            assert_clean(&everything(&error), &format!("{kall:?}: {what}"));
            failed += 1;
        }
    }
    assert!(failed >= at_least, "{what}: {failed} failed");
}

fn adapter_is_v1(adapter: &HttpInnkreving) -> bool {
    use skattebro_ports::KravActs;
    adapter.capabilities() == Edition::V1.capabilities()
}

#[tokio::test]
async fn no_error_and_no_log_of_a_krav_shows_a_person_a_token_or_an_address() {
    listen_to_the_log();
    for edition in EDITIONS {
        let all = Kall::of(edition).count();
        check(&adapter(&Nowhere::new().url(), edition), "nobody listens", all).await;
        let silent = Far::silent_after("").await;
        check(&adapter_with(hasty(&silent.url()), edition).0, "no answer", all).await;
        let half = Far::silent_after("HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{").await;
        check(&adapter_with(hasty(&half.url()), edition).0, "half an answer", all).await;
        let closing = Far::answering("").await;
        check(&adapter(&closing.url(), edition), "the connection closes", all).await;

        let back = format!("{SKYLDNER} {TOKEN} http://x/api/v1/innkrevingsoppdrag/{PERSONAL_ID}");
        let said = format!("Fant ikke {SKYLDNER}, {} {}", &SKYLDNER[..6], &SKYLDNER[6..]);
        for status in [200, 201, 302, 400, 403, 404, 409, 422, 429, 500] {
            for body in [
                String::new(),
                back.clone(),
                format!("<html>{back}</html>"),
                format!(r#"{{"kode":"X-1","melding":"{said}","korrelasjonsid":"{SKYLDNER}"}}"#),
                format!(r#"{{"type":"{TAG}{SKYLDNER}","title":"{SKYLDNER}","detail":"{said}"}}"#),
                format!(
                    r#"{{"type":"about:blank","title":"{PERSONAL_ID}","detail":"{PERSONAL_ID} avskrevet"}}"#
                ),
                format!(r#"{{"kravidentifikator":"{SKYLDNER} x","transaksjonsid":"å {SKYLDNER}"}}"#),
                format!(
                    r#"{{"kravidentifikator":"{SKYLDNER}","mottaksstatus":{SKYLDNER},"valideringsfeil":"{SKYLDNER}"}}"#
                ),
                format!(
                    r#"{{"kravidentifikator":"x","mottaksstatus":"X","oppdragsgiversKravidentifikator":"{SKYLDNER}_"}}"#
                ),
                format!(
                    r#"{{"kravidentifikator":"x","opprinneligInnkrevingsoppdrag":{{"mottattInnkrevingsoppdrag":
                    {{"skyldner":{{"identifikatortype":"{SKYLDNER}","identifikator":"{SKYLDNER}"}},"hovedstol":"{SKYLDNER}"}}}}}}"#
                ),
            ] {
                let location = format!("/api/v1/{PERSONAL_ID}");
                let far = Far::answering(answer(status, &[("location", &location)], &body)).await;
                check(&adapter(&far.url(), edition), &format!("{status} {body}"), 0).await;
            }
        }
    }

    let log = String::from_utf8_lossy(&log()).into_owned();
    assert!(log.contains("PUT /innkrevingsoppdrag/{id}/hovedstol"), "the route is logged");
    assert!(log.contains("4f1c-kall"), "so is the korrelasjonsid");
    for line in log.lines() {
        // The libraries below name the host that they connect to. That is no secret; what follows it is.
        let line = line.replace("http://127.0.0.1", "");
        for secret in SECRETS {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}

#[tokio::test]
async fn the_debug_of_an_adapter_shows_no_token() {
    let shown = format!("{:?}", adapter("http://127.0.0.1:1", Edition::V1));
    assert!(!shown.contains(TOKEN), "{shown}");
}

/// A krav goes into logs and panics of whoever handles it; the oppdragsgiver may have built the number into its texts.
#[tokio::test]
async fn the_debug_of_a_krav_shows_no_person() {
    assert_clean(&format!("{:?}", personal(Edition::V1)), "Innkrevingsoppdrag");
}

#[tokio::test]
async fn the_debug_of_answers_shows_no_person() {
    use crate::client::call;
    use skattebro_ports::KravLookup;
    let id: KravId = PERSONAL_ID.parse().unwrap();
    let detaljer = format!(r#"{{"kravgrunnlag":{{"skyldner":"{SKYLDNER}"}},"kravlinjer":[]}}"#);
    let far = Far::answering(answer(200, &[], detaljer)).await;
    let told = adapter(&far.url(), Edition::V1).detaljer(&call(), &id).await.unwrap();
    assert_clean(&format!("{told:?}"), "Detaljer");
    let feil = format!(r#"[{{"error":"PERSON_ER_DOED","message":"Person {SKYLDNER} er død"}}]"#);
    let far = Far::answering(answer(200, &[], feil)).await;
    let told = adapter(&far.url(), Edition::V1).valideringsfeil(&call(), &id).await.unwrap();
    assert_clean(&format!("{told:?}"), "Valideringsfeil");
}
