//! Answers that are none, and none at all.

use crate::client::{
    Tokens, call, client, hasty, inline_envelope, jobb, memory, name, settings, shown, sink, subject,
};
use crate::far::{Far, Nowhere, answer, json, xml};
use skattebro_adapter_http::{Deadlines, HttpSkatteetaten};
use skattebro_domain::{JobbStatus, ResultatAvValidering};
use skattebro_ports::{Availability, CurrentReturns, ErrorKind, Jobs, Uploads, Validations};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Each call's end, in one line, under the same answer; and how often it was sent.
async fn ends(answer: impl Into<Vec<u8>>) -> [(String, usize); 6] {
    let answer = answer.into();
    let mut ends = Vec::new();
    for route in ["last-opp", "status", "resultat", "gjeldende", "valider", "ping"] {
        let far = Far::answering(answer.clone()).await;
        let end = end(&client(&far.url()), route).await;
        ends.push((end, far.received().len()));
    }
    ends.try_into().unwrap()
}

async fn end(client: &HttpSkatteetaten, route: &str) -> String {
    let (call, subject) = (&call(), &subject());
    match route {
        "last-opp" => shown(&client.last_opp(call, subject, &name(), memory("eA==")).await),
        "status" => shown(&client.status(call, subject, &jobb()).await),
        "resultat" => shown(&client.resultat(call, subject, &jobb(), sink()).await),
        "gjeldende" => shown(&client.gjeldende(call, subject, false, sink()).await),
        "valider" => {
            let envelope = inline_envelope(memory("<a/>"));
            shown(&client.valider(call, subject, &envelope, sink()).await)
        }
        _ => shown(&client.ping(call).await),
    }
}

fn once(lines: [&str; 6]) -> [(String, usize); 6] {
    lines.map(|line| (line.to_owned(), 1))
}

#[tokio::test]
async fn a_page_with_200_is_no_answer() {
    let json = "Unreadable unknown a-few-times";
    let xml = "Unreadable done later";
    for page in ["<!DOCTYPE html><html><body>Logg inn</body></html>", "<html><body>Hei", "Hei!"] {
        assert_eq!(ends(answer(200, &[], page)).await, once([json, json, xml, xml, xml, json]), "{page}");
    }
}

#[tokio::test]
async fn nothing_with_200_is_no_answer() {
    let json = "Unreadable unknown a-few-times";
    let xml = "Unreadable done later";
    assert_eq!(ends(answer(200, &[], "")).await, once([json, json, xml, xml, xml, json]));
}

#[tokio::test]
async fn no_content_is_an_answer_to_the_question_for_a_result_only() {
    let json = "Unreadable unknown a-few-times";
    let [upload, status, resultat, gjeldende, valider, ping] = ends(answer(204, &[], "")).await;
    assert_eq!([upload.0, status.0, ping.0], [json, json, json]);
    assert_eq!(resultat.0, "ok");
    assert!(gjeldende.0.starts_with("Unreadable"), "{gjeldende:?}");
    assert_eq!(valider.0, "Unreadable unknown a-few-times");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Far::answering(json(r#"{"ping":"pong"}"#)).await;
        let answer = answer(status, &[("location", &elsewhere.url())], "");
        let line = "Unreadable unknown a-few-times";
        assert_eq!(ends(answer).await, once([line; 6]), "{status}");
        assert!(elsewhere.received().is_empty(), "the token would have gone along");
    }
}

#[tokio::test]
async fn an_envelope_that_breaks_off_is_no_answer() {
    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    for (body, line) in [
        (format!("<{root}><dokumenter><dokument>"), "Unreadable done a-few-times"),
        (format!("<{root}><dokumenter><dokument><content>AAAA"), "Unreadable done a-few-times"),
        (format!("<{root}></{root}>"), "Unreadable done a-few-times"),
        (format!("<{root}><a></b></{root}>"), "Unreadable done a-few-times"),
        (
            format!("<{root}><dokumenter><dokument><content>?</content></dokument></dokumenter></{root}>"),
            "Unreadable done a-few-times",
        ),
    ] {
        let [_, _, resultat, ..] = ends(xml(&body)).await;
        assert_eq!(resultat, (line.to_owned(), 1), "{body}");
    }
}

#[tokio::test]
async fn a_value_that_nobody_has_seen_yet_is_no_error() {
    let far = Far::answering(json(r#"{"jobbStatus":"NOE_NYTT","mer":[1]}"#)).await;
    let seen = client(&far.url()).status(&call(), &subject(), &jobb()).await.unwrap();
    assert_eq!(seen.jobb_status, JobbStatus::Ukjent("NOE_NYTT".into()));
    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    let body = format!("<{root}><resultatAvValidering>validertKanskje</resultatAvValidering></{root}>");
    let far = Far::answering(xml(&body)).await;
    let outcome = client(&far.url()).resultat(&call(), &subject(), &jobb(), sink()).await.unwrap().unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::Ukjent("validertKanskje".into()));
}

#[tokio::test]
async fn an_id_that_cannot_be_used_is_no_answer() {
    let far = Far::answering(json(r#"{"referanse":"to ord"}"#)).await;
    let uploaded = client(&far.url()).last_opp(&call(), &subject(), &name(), memory("eA==")).await;
    assert_eq!(shown(&uploaded), "Unreadable unknown a-few-times");
    let far = Far::answering(json(r#"{"jobbStatus":"OPPRETTET","jobbId":"../x"}"#)).await;
    let envelope = crate::client::envelope(memory("<a/>"));
    let started = client(&far.url()).start(&call(), &subject(), &envelope).await;
    assert_eq!(shown(&started), "Unreadable unknown a-few-times");
    assert_eq!(far.received().len(), 1);
}

#[tokio::test]
async fn a_ping_that_is_not_answered_with_pong_is_no_sign_of_life() {
    let far = Far::answering(json(r#"{"ping":"nei"}"#)).await;
    assert_eq!(client(&far.url()).ping(&call()).await.unwrap_err().kind(), ErrorKind::Unreadable);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent_and_that_may_be_repeated() {
    let nowhere = Nowhere::new();
    for route in ["last-opp", "status", "resultat", "gjeldende", "valider"] {
        let tokens = Arc::new(Tokens::default());
        let adapter = HttpSkatteetaten::new(settings(&nowhere.url()), tokens.clone()).unwrap();
        assert_eq!(end(&adapter, route).await, "Unreachable not-sent later", "{route}");
        assert_eq!(tokens.asked(), 3, "{route}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_means_nothing_was_sent() {
    let adapter = client("http://finnes-ikke.invalid");
    assert_eq!(end(&adapter, "last-opp").await, "Unreachable not-sent later");
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_is_lost() {
    let lost = "ConnectionLost unknown later";
    let [upload, status, resultat, gjeldende, valider, ping] = ends("").await;
    assert_eq!(upload, (lost.to_owned(), 1));
    for read in [status, resultat, gjeldende, valider, ping] {
        assert_eq!(read, (lost.to_owned(), 3));
    }
}

#[tokio::test]
async fn what_is_not_http_is_no_answer_and_may_have_acted() {
    let [upload, ..] = ends("SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    assert!(upload.0.contains(" unknown "), "{upload:?}");
    assert_eq!(upload.1, 1);
}

#[tokio::test]
async fn silence_within_an_answer_is_a_timeout() {
    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    let half = |body: &str| {
        format!("HTTP/1.1 200 X\r\ncontent-type: a/b\r\ncontent-length: 1000\r\n\r\n{body}").into_bytes()
    };
    for (route, body, line) in [
        ("last-opp", r#"{"referanse":"#.to_owned(), "Timeout unknown later"),
        ("status", r#"{"jobbStatus":"#.to_owned(), "Timeout unknown later"),
        ("resultat", format!("<{root}><dokumenter>"), "Timeout done later"),
        ("resultat", format!("<{root}><dokumenter><dokument><content>AAAA"), "Timeout done later"),
    ] {
        let far = Far::silent_after(half(&body)).await;
        let adapter = crate::client::adapter(hasty(&far.url()));
        assert_eq!(end(&adapter, route).await, line, "{route} {body}");
    }
}

#[tokio::test]
async fn a_refusal_whose_body_never_ends_is_still_that_refusal() {
    let far = Far::silent_after("HTTP/1.1 403 X\r\ncontent-length: 1000\r\n\r\n<html>").await;
    // Only the silence is short: that of a large answer's deadline would be an hour in earnest.
    let ample = Duration::from_secs(30);
    let silence = Duration::from_millis(150);
    let deadlines = Deadlines { connect: ample, short: ample, upload: ample, download: ample, silence };
    let adapter = crate::client::adapter(settings(&far.url()).deadlines(deadlines));
    for route in ["last-opp", "resultat"] {
        let began = Instant::now();
        assert_eq!(end(&adapter, route).await, "Forbidden unknown after-change", "{route}");
        assert!(began.elapsed() < Duration::from_secs(10), "{route}");
    }
}

#[tokio::test]
async fn a_refusal_that_comes_before_the_body_was_sent_is_that_refusal() {
    let refusal = r#"{"kode":"X-1","melding":"For stor"}"#;
    let far = Far::answering_early(answer(413, &[], refusal)).await;
    let body = memory(vec![b'A'; 10_000_000]);
    let uploaded = client(&far.url()).last_opp(&call(), &subject(), &name(), body).await;
    assert_eq!(shown(&uploaded), "TooLarge refused:X-1 after-change");
}
