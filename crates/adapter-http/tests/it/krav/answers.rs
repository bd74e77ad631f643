//! What each call makes of every answer: its kind, its effect, whether it is worth another try, and the service's name for it.

use super::client::{EDITIONS, Kall, TAG, THEIR_ID, adapter, adapter_with};
use crate::client::{hasty, settings};
use crate::far::{Far, Nowhere, answer};
use futures_util::future::join_all;
use skattebro_domain::krav::{Edition, slugs};

/// One answer, and how the calls end under it.
struct Case<'c> {
    what: &'c str,
    answer: Vec<u8>,
    /// How an act ends. It is sent once.
    act: String,
    /// How a look ends, and how often it is sent.
    look: (String, usize),
    /// Where a call ends otherwise.
    but: Vec<(Kall, Edition, &'c str)>,
}

impl<'c> Case<'c> {
    /// Acts and looks end alike, and neither is repeated.
    fn new(what: &'c str, answer: Vec<u8>, line: impl Into<String>) -> Self {
        let line = line.into();
        Self { what, answer, act: line.clone(), look: (line, 1), but: Vec::new() }
    }

    /// Looks are tried three times.
    fn repeated(mut self) -> Self {
        self.look.1 = 3;
        self
    }

    fn but(mut self, kall: Kall, line: &'c str) -> Self {
        self.but.extend(EDITIONS.map(|edition| (kall, edition, line)));
        self
    }

    /// In edition 2023.
    fn but_2023(mut self, kall: Kall, line: &'c str) -> Self {
        self.but.push((kall, Edition::Utgave2023, line));
        self
    }

    async fn check(self) {
        for edition in EDITIONS {
            for kall in Kall::of(edition) {
                let far = Far::answering(self.answer.clone()).await;
                let end = kall.end(&adapter(&far.url(), edition)).await;
                let (usual, times) = match kall.only_looks() {
                    true => (self.look.0.as_str(), self.look.1),
                    false => (self.act.as_str(), 1),
                };
                let otherwise = self.but.iter().find(|but| (but.0, but.1) == (kall, edition));
                let expected = otherwise.map_or(usual, |but| but.2);
                let seen = far.received().len();
                let what = format!("{kall:?} of edition {edition}: {}", self.what);
                assert_eq!((end.as_str(), seen), (expected, times), "{what}");
            }
        }
    }
}

/// A problem document as the service writes it.
fn problem(status: u16, slug: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"type":"{TAG}{slug}","title":"Nei","status":{status},"detail":"Det går ikke","instance":"/x"}}"#
    );
    answer(status, &[("content-type", "application/problem+json")], body)
}

fn general(status: u16, headers: &[(&str, &str)], kode: &str) -> Vec<u8> {
    answer(status, headers, format!(r#"{{"kode":"{kode}","melding":"Nei","korrelasjonsid":"deres"}}"#))
}

fn html(status: u16) -> Vec<u8> {
    let page = "<!DOCTYPE html>\n<html><body><h1>Nei</h1></body></html>";
    answer(status, &[("content-type", "text/html")], page)
}

#[tokio::test]
async fn a_rule_that_was_broken_is_named_and_nothing_happened() {
    for (status, kind, slug) in [
        (422, "Refused", slugs::EXISTS_ALREADY),
        (422, "Refused", "kravtype-eksisterer-ikke"),
        (422, "Refused", "hovedstol-er-ikke-over-0"),
        (422, "Refused", "ugyldig-kravidentifikator"),
        (422, "Refused", "en-regel-som-ingen-har-sett"),
        (400, "Refused", "ugyldig-tilleggsinformasjon"),
        (403, "Forbidden", "kravtypen-kan-ikke-endres"),
        (403, "Forbidden", "kravtypen-kan-ikke-avskrives"),
    ] {
        let line = format!("{kind} refused:{slug} after-change");
        Case::new(slug, problem(status, slug), line).check().await;
    }
}

#[tokio::test]
async fn a_krav_that_is_not_there_is_not_found_and_has_no_status() {
    let line = format!("NotFound refused:{} after-change", slugs::DOES_NOT_EXIST);
    Case::new("404", problem(404, slugs::DOES_NOT_EXIST), line)
        .but(Kall::Mottaksstatus, "none")
        .check()
        .await;
}

#[tokio::test]
async fn a_krav_that_is_not_booked_has_nothing_to_reconcile_yet() {
    let line = format!("NotFound refused:{} after-change", slugs::NOT_BOOKED);
    Case::new("404", problem(404, slugs::NOT_BOOKED), line).but(Kall::Avstemming, "none").check().await;
}

#[tokio::test]
async fn any_other_404_is_no_answer_to_the_question() {
    for (what, answer, line) in [
        ("DAS-002", general(404, &[], "DAS-002"), "NotFound refused:DAS-002 after-change"),
        ("unknown slug", problem(404, "noe-annet"), "NotFound refused:noe-annet after-change"),
        ("empty", answer(404, &[], ""), "NotFound unknown after-change"),
        ("HTML", html(404), "NotFound unknown after-change"),
    ] {
        Case::new(what, answer, line).check().await;
    }
}

#[tokio::test]
async fn a_conflict_that_the_contract_names_proves_that_nothing_happened() {
    for slug in [slugs::NOT_BOOKED, slugs::WRITTEN_OFF_NO_CHANGE, slugs::WRITTEN_OFF_ALREADY] {
        let line = format!("Refused refused:{slug} after-change");
        Case::new(slug, problem(409, slug), line).check().await;
    }
}

#[tokio::test]
async fn the_old_names_of_two_conflicts_mean_the_new_ones() {
    for (old, new) in [
        ("innkrevingsoppdrag-er-avskrevet", slugs::WRITTEN_OFF_NO_CHANGE),
        ("innkrevingsoppdrag-er-allerede-avskrevet", slugs::WRITTEN_OFF_ALREADY),
    ] {
        let line = format!("Refused refused:{old} after-change");
        Case::new(old, problem(409, old), line).check().await;
        assert_eq!(slugs::short(&format!("{TAG}{old}").parse().unwrap()), new);
    }
}

#[tokio::test]
async fn any_other_conflict_says_nothing_of_what_was_done() {
    for (what, answer) in [
        ("an unknown rule", problem(409, "noe-annet")),
        ("a rule of creation", problem(409, slugs::EXISTS_ALREADY)),
        ("a general code", general(409, &[], "DAS-001")),
        ("nothing", answer(409, &[], "")),
        ("HTML", html(409)),
        ("text", answer(409, &[], "innkrevingsoppdrag-er-ikke-reskontrofoert")),
        ("a type of nobody's", answer(409, &[], r#"{"type":"about:blank","title":"Conflict","status":409}"#)),
    ] {
        Case::new(what, answer, "Refused unknown after-change").check().await;
    }
}

#[tokio::test]
async fn a_page_of_a_gateway_says_nothing_of_what_was_done() {
    for (status, line, repeated) in [
        (400, "Refused unknown after-change", false),
        (401, "Unauthorized unknown after-change", false),
        (403, "Forbidden unknown after-change", false),
        (413, "TooLarge unknown after-change", false),
        (422, "Refused unknown after-change", false),
        (500, "ServiceFailure unknown later", true),
        (502, "ServiceFailure unknown later", true),
        (504, "ServiceFailure unknown later", true),
    ] {
        let case = Case::new("HTML", html(status), line);
        if repeated { case.repeated() } else { case }.check().await;
    }
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    Case::new("401", general(401, &[], "DAS-008"), "Unauthorized refused:DAS-008 after-change").check().await;
    Case::new("403", general(403, &[], "DAS-008"), "Forbidden refused:DAS-008 after-change").check().await;
}

#[tokio::test]
async fn a_408_may_have_acted_and_is_not_asked_again_at_once() {
    for answer in [answer(408, &[], ""), html(408), problem(408, "noe"), general(408, &[], "DAS-003")] {
        Case::new("408", answer, "Timeout unknown later").check().await;
    }
}

#[tokio::test]
async fn too_many_calls_are_a_refusal_and_say_how_long_to_wait() {
    for (what, answer, line) in [
        ("a code", general(429, &[("Retry-After", "7")], "X-1"), "RateLimited refused:X-1 later:7s"),
        ("no word", answer(429, &[("Retry-After", "7")], ""), "RateLimited refused:HTTP-429 later:7s"),
        ("no time", answer(429, &[], ""), "RateLimited refused:HTTP-429 later"),
        ("HTML", html(429), "RateLimited refused:HTTP-429 later"),
    ] {
        Case::new(what, answer, line).check().await;
    }
}

#[tokio::test]
async fn a_failure_of_the_service_may_have_acted_whatever_it_says() {
    for status in [500, 501, 502, 503, 504] {
        for answer in [
            problem(status, slugs::EXISTS_ALREADY),
            problem(status, slugs::NOT_BOOKED),
            general(status, &[], "DAS-003"),
            answer(status, &[], ""),
        ] {
            Case::new("5xx", answer, "ServiceFailure unknown later").repeated().check().await;
        }
    }
    let asks_for_patience = general(503, &[("Retry-After", "30")], "DAS-003");
    Case::new("503", asks_for_patience, "ServiceFailure unknown later:30s").check().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Far::answering(problem(404, slugs::DOES_NOT_EXIST)).await;
    for status in [301, 302, 307, 308] {
        let answer = answer(status, &[("location", &elsewhere.url())], "");
        Case::new("3xx", answer, "Unreadable unknown a-few-times").check().await;
    }
    assert!(elsewhere.received().is_empty(), "the token would have gone along");
}

/// Edition 2023 documents no body for the answer to a change or write-off.
#[tokio::test]
async fn nothing_is_an_answer_only_where_the_contract_has_none() {
    for status in [200, 201, 204] {
        Case::new("nothing", answer(status, &[], ""), "Unreadable unknown a-few-times")
            .but_2023(Kall::Hovedstol, "ok")
            .but_2023(Kall::Avskriv, "ok")
            .check()
            .await;
    }
}

#[tokio::test]
async fn json_that_is_something_else_is_no_answer() {
    for body in [
        "{}",
        "null",
        r#"{"kravidentifikator":""}"#,
        r#"{"kravidentifikator":"to ord"}"#,
        r#"{"kravidentifikator":"../x"}"#,
        r#"{"kravidentifikator":7}"#,
        r#"{"transaksjonsid":null}"#,
    ] {
        Case::new(body, answer(200, &[], body), "Unreadable unknown a-few-times")
            .but_2023(Kall::Hovedstol, "ok")
            .but_2023(Kall::Avskriv, "ok")
            // Its shape is not fixed, so any JSON is one.
            .but(Kall::Detaljer, "ok")
            .check()
            .await;
    }
    for body in [r#"{"transaksjonsid":7}"#, r#"{"transaksjonsid":""}"#] {
        Case::new(body, answer(200, &[], body), "Unreadable unknown a-few-times")
            .but(Kall::Detaljer, "ok")
            .check()
            .await;
    }
}

#[tokio::test]
async fn a_page_with_200_is_no_answer_in_edition_v1() {
    for kall in Kall::of(Edition::V1) {
        let far = Far::answering(html(200)).await;
        let end = kall.end(&adapter(&far.url(), Edition::V1)).await;
        assert_eq!((end.as_str(), far.received().len()), ("Unreadable unknown a-few-times", 1), "{kall:?}");
    }
}

/// A login page or a gateway's greeting must not count as a change that was made.
#[tokio::test]
async fn a_page_with_200_is_no_answer_in_edition_2023() {
    for answer in [html(200), answer(200, &[], "<html><body>Logg inn"), answer(200, &[], " <!doctype html>")]
    {
        for kall in Kall::of(Edition::Utgave2023) {
            let far = Far::answering(answer.clone()).await;
            let end = kall.end(&adapter(&far.url(), Edition::Utgave2023)).await;
            let seen = far.received().len();
            assert_eq!((end.as_str(), seen), ("Unreadable unknown a-few-times", 1), "{kall:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_may_have_been_a_yes() {
    for (status, body) in
        [(201, r#"{"kravidentifikator":"3f1c"#), (200, r#"{"transaksjonsid":"79"#), (200, "")]
    {
        let cut = format!("HTTP/1.1 {status} X\r\ncontent-length: 1000\r\n\r\n{body}");
        Case::new(body, cut.into_bytes(), "ConnectionLost unknown later").repeated().check().await;
    }
}

#[tokio::test]
async fn a_refusal_that_is_cut_off_is_nobodys_word() {
    let whole = String::from_utf8(problem(422, slugs::EXISTS_ALREADY)).unwrap();
    let cut = &whole[..whole.len() - 20];
    Case::new("422", cut.into(), "Refused unknown after-change").check().await;
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_is_lost() {
    Case::new("nothing", Vec::new(), "ConnectionLost unknown later").repeated().check().await;
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent_and_everything_is_tried_again() {
    let nowhere = Nowhere::new();
    for edition in EDITIONS {
        for kall in Kall::of(edition) {
            let (adapter, tokens) = adapter_with(settings(&nowhere.url()), edition);
            assert_eq!(kall.end(&adapter).await, "Unreachable not-sent later", "{kall:?}");
            assert_eq!(tokens.asked(), 3, "{kall:?}");
        }
    }
}

#[tokio::test]
async fn no_answer_in_time_may_have_acted_and_is_patience_enough() {
    let half = "HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{";
    let calls = EDITIONS.into_iter().flat_map(|edition| Kall::of(edition).map(move |kall| (edition, kall)));
    let calls = calls.flat_map(|call| ["", half].map(|said| (call, said)));
    join_all(calls.map(|((edition, kall), said)| async move {
        let far = Far::silent_after(said).await;
        let (adapter, tokens) = adapter_with(hasty(&far.url()), edition);
        assert_eq!(kall.end(&adapter).await, "Timeout unknown later", "{kall:?} {said}");
        assert_eq!(tokens.asked(), 1, "{kall:?} {said}");
    }))
    .await;
}

#[tokio::test]
async fn what_edition_2023_lacks_is_not_sent() {
    let far = Far::answering(answer(404, &[], "")).await;
    let adapter = adapter(&far.url(), Edition::Utgave2023);
    for kall in [Kall::Renter, Kall::Referanse, Kall::Avstemming, Kall::Detaljer] {
        assert_eq!(kall.end(&adapter).await, "Local not-sent after-change", "{kall:?}");
    }
    assert!(far.received().is_empty());
}

#[tokio::test]
async fn answers_are_read() {
    let data = |edition, kall| match (edition, kall) {
        (_, Kall::Opprett) => (201, format!(r#"{{"kravidentifikator":"{THEIR_ID}","nyttFelt":1}}"#)),
        (_, Kall::Mottaksstatus) => (
            200,
            format!(
                r#"{{"kravidentifikator":"{THEIR_ID}","mottaksstatus":"EN_NY_STATUS","statusOppdatert":"i går"}}"#
            ),
        ),
        (_, Kall::Valideringsfeil) => (200, r#"[{"error":"PERSON_ER_DOED","message":"Død"}]"#.to_owned()),
        (_, Kall::Avstemming) => (200, format!(r#"{{"kravidentifikator":"{THEIR_ID}","endringer":{{}}}}"#)),
        (_, Kall::Detaljer) => (200, r#"{"kravlinjer":[]}"#.to_owned()),
        (Edition::V1, _) => {
            (200, r#"{"transaksjonsid":"791e5955-af86-42fe-b609-d4fc2754e35e","x":[]}"#.to_owned())
        }
        (Edition::Utgave2023, _) => (200, r#"{"hva som helst":true}"#.to_owned()),
    };
    for edition in EDITIONS {
        for kall in Kall::of(edition) {
            let (status, body) = data(edition, kall);
            let far = Far::answering(answer(status, &[("content-type", "application/json")], body)).await;
            let (adapter, tokens) = adapter_with(settings(&far.url()), edition);
            assert_eq!(kall.end(&adapter).await, "ok", "{kall:?}");
            assert_eq!(tokens.asked(), 1, "{kall:?}");
        }
    }
}

/// The references of the tax return's API are something else, and its workflow branches on them.
#[tokio::test]
async fn no_refusal_about_krav_counts_as_one_about_an_uploaded_document() {
    let body = format!(
        r#"{{"type":"{TAG}ugyldig-oppdragsgivers-referanse","title":"Ugyldig oppdragsgivers referanse","status":422,"detail":"Referansen er for lang"}}"#
    );
    Case::new("422", answer(422, &[], body), "Refused refused:ugyldig-oppdragsgivers-referanse after-change")
        .check()
        .await;
}
