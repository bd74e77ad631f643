//! Edition 2023 documents no names for its problems: what is told by their words, and what is not.

use super::client::{EDITIONS, Kall, OWN_ID, TAG, THEIR_ID, adapter, line, oppdrag};
use crate::client::call;
use crate::far::{Far, answer};
use skattebro_domain::flow::Effect;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag, KravId, slugs};
use skattebro_ports::{KravActs, KravLookup};
use skattebro_sandbox::{Edition2023, Sandbox, VirtualClock};
use std::time::Duration;

const DUPLICATE: &str = "Refused refused:oppdragsgivers-kravidentifikator-eksisterer-allerede after-change";
const UNNAMED: &str = "Refused refused:about:blank after-change";

fn unnamed(status: u16, detail: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"type":"about:blank","title":"Nei","status":{status},"detail":"{detail}","instance":"/api/v1/innkrevingsoppdrag"}}"#
    );
    answer(status, &[("content-type", "application/problem+json")], body)
}

fn krav(own_id: Option<&str>) -> Innkrevingsoppdrag {
    let own_id = own_id.map(str::to_owned);
    Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: own_id, ..oppdrag(Edition::Utgave2023) }
}

/// How the creation of a krav with that id ends under an answer.
async fn creation(own_id: Option<&str>, answer: Vec<u8>) -> String {
    let far = Far::answering(answer).await;
    let adapter = adapter(&far.url(), Edition::Utgave2023);
    let end = line(Kall::Opprett.make(&adapter, &krav(own_id), &THEIR_ID.parse().unwrap()).await);
    assert_eq!(far.received().len(), 1);
    end
}

#[tokio::test]
async fn a_422_that_quotes_the_own_id_is_the_duplicate() {
    for (own_id, detail) in [
        ("K-1", "oppdragsgiversKravidentifikator=K-1 eksisterer allerede"),
        ("K-1", "Kravet «K-1» finnes."),
        ("K-1", "(K-1)"),
        ("K-1", "K-1"),
        ("K-1", "Det finnes et krav med id K-1."),
        ("K-1", "K-10 er noe annet, men K-1 finnes"),
        (OWN_ID, "oppdragsgiversKravidentifikator=K/æ-1 eksisterer allerede"),
        // The service may quote it whole; what is kept of it is masked.
        ("K-13895118960", "oppdragsgiversKravidentifikator=K-13895118960 eksisterer allerede"),
    ] {
        assert_eq!(creation(Some(own_id), unnamed(422, detail)).await, DUPLICATE, "{own_id}: {detail}");
    }
}

#[tokio::test]
async fn a_422_that_quotes_another_id_is_not() {
    for (own_id, detail) in [
        ("K-1", "oppdragsgiversKravidentifikator=K-10 eksisterer allerede"),
        ("K-1", "AK-1 finnes"),
        ("K-1", "K-1-2 finnes"),
        ("K-1", "K-1/2 finnes"),
        ("K-1", "2/K-1 finnes"),
        ("K-1", "ÆK-1 finnes"),
        ("K-1", "k-1 finnes"),
        ("K-1", "hovedstol er ugyldig"),
        ("K-1", ""),
    ] {
        assert_eq!(creation(Some(own_id), unnamed(422, detail)).await, UNNAMED, "{own_id}: {detail}");
    }
    assert_eq!(creation(None, unnamed(422, "K-1 finnes")).await, UNNAMED);
}

#[tokio::test]
async fn only_a_422_is_the_duplicate() {
    let detail = "K-1 eksisterer allerede";
    assert_eq!(creation(Some("K-1"), unnamed(400, detail)).await, UNNAMED);
    assert_eq!(creation(Some("K-1"), unnamed(409, detail)).await, "Refused unknown after-change");
    assert_eq!(creation(Some("K-1"), unnamed(500, detail)).await, "ServiceFailure unknown later");
    let page = answer(422, &[("content-type", "text/html")], "<p>K-1 eksisterer allerede</p>");
    assert_eq!(creation(Some("K-1"), page).await, "Refused unknown after-change");
}

#[tokio::test]
async fn where_there_is_a_name_the_name_counts() {
    let named = |slug: &str| {
        answer(422, &[], format!(r#"{{"type":"{TAG}{slug}","title":"Nei","detail":"K-1 er ugyldig"}}"#))
    };
    assert_eq!(creation(Some("K-1"), named(slugs::EXISTS_ALREADY)).await, DUPLICATE);
    let other = "ugyldig-oppdragsgivers-kravidentifikator";
    assert_eq!(creation(Some("K-1"), named(other)).await, format!("Refused refused:{other} after-change"));
}

#[tokio::test]
async fn edition_v1_always_names_its_rules_so_that_words_are_not_read() {
    let far = Far::answering(unnamed(422, &format!("{OWN_ID} eksisterer allerede"))).await;
    assert_eq!(Kall::Opprett.end(&adapter(&far.url(), Edition::V1)).await, UNNAMED);
    for words in ["ikke reskontroført", "er allerede avskrevet"] {
        let far = Far::answering(unnamed(409, words)).await;
        let end = Kall::Avskriv.end(&adapter(&far.url(), Edition::V1)).await;
        assert_eq!(end, "Refused unknown after-change", "{words}");
    }
}

/// RFC 7807: a problem without `type` is one with `about:blank`.
#[tokio::test]
async fn a_problem_without_a_type_is_unnamed() {
    let problem = |status: u16, detail: &str| {
        let body = format!(r#"{{"title":"Nei","status":{status},"detail":"{detail}"}}"#);
        answer(status, &[("content-type", "application/problem+json")], body)
    };
    assert_eq!(creation(Some("K-1"), problem(422, "K-1 eksisterer allerede")).await, DUPLICATE);
    assert_eq!(creation(Some("K-1"), problem(422, "hovedstol er ugyldig")).await, UNNAMED);
}

/// How a change and a write-off end under a 409 with these words.
async fn conflict(detail: &str) -> [String; 2] {
    let mut ends = Vec::new();
    for kall in [Kall::Hovedstol, Kall::Avskriv] {
        let far = Far::answering(unnamed(409, detail)).await;
        ends.push(kall.end(&adapter(&far.url(), Edition::Utgave2023)).await);
    }
    ends.try_into().unwrap()
}

fn refused(slug: &str) -> String {
    format!("Refused refused:{slug} after-change")
}

#[tokio::test]
async fn that_a_krav_is_not_booked_is_told_by_words() {
    for words in [
        "Innkrevingsoppdraget er ikke reskontroført",
        "innkrevingsoppdrag er ikke reskontrofoert",
        "Kravet kan ikke endres før det er reskontroført",
        "Kravet kan ikke avskrives før det er reskontroført",
        "Mangler reskontroføring",
    ] {
        assert_eq!(conflict(words).await, [slugs::NOT_BOOKED; 2].map(refused), "{words}");
    }
}

/// Each call has a conflict of its own: what is proven is the same, whichever words were chosen.
#[tokio::test]
async fn that_a_krav_is_written_off_is_told_by_words_for_the_call_that_was_made() {
    for words in [
        "Innkrevingsoppdraget er allerede avskrevet",
        "Et avskrevet innkrevingsoppdrag kan ikke endres",
        "Et avskrevet innkrevingsoppdrag kan ikke avskrives på nytt",
        "Innkrevingsoppdraget er AVSKREVET",
    ] {
        let expected = [slugs::WRITTEN_OFF_NO_CHANGE, slugs::WRITTEN_OFF_ALREADY].map(refused);
        assert_eq!(conflict(words).await, expected, "{words}");
    }
}

#[tokio::test]
async fn other_words_of_a_conflict_prove_nothing() {
    for words in ["Kravet er låst", "Samtidig endring", ""] {
        let unknown = ["Refused unknown after-change"; 2].map(str::to_owned);
        assert_eq!(conflict(words).await, unknown, "{words}");
    }
}

/// That it cannot be written off does not say that it is.
#[tokio::test]
async fn that_something_cannot_be_written_off_does_not_prove_that_it_is() {
    for words in ["Kravtypen kan ikke avskrives", "Kravet kan ikke avskrives nå, prøv igjen senere"] {
        let unknown = ["Refused unknown after-change"; 2].map(str::to_owned);
        assert_eq!(conflict(words).await, unknown, "{words}");
    }
}

#[tokio::test]
async fn a_conflict_without_a_word_proves_nothing() {
    for body in [
        "",
        "Innkrevingsoppdraget er allerede avskrevet",
        "<p>Innkrevingsoppdraget er ikke reskontroført</p>",
    ] {
        for kall in [Kall::Hovedstol, Kall::Avskriv] {
            let far = Far::answering(answer(409, &[], body)).await;
            let end = kall.end(&adapter(&far.url(), Edition::Utgave2023)).await;
            assert_eq!(end, "Refused unknown after-change", "{body}");
        }
    }
}

/// What the service said is kept beside what was made of it.
#[tokio::test]
async fn what_was_told_by_words_keeps_the_words() {
    let far = Far::answering(unnamed(409, "Innkrevingsoppdraget er ikke reskontroført")).await;
    let adapter = adapter(&far.url(), Edition::Utgave2023);
    let id: KravId = THEIR_ID.parse().unwrap();
    let error = adapter.avskriv(&call(), &id).await.unwrap_err();
    assert_eq!(*error.effect(), Effect::Refused(slugs::NOT_BOOKED.parse().unwrap()));
    let problem = error.problem().unwrap();
    assert_eq!((problem.status, problem.slug.as_str()), (409, "about:blank"));
    assert!(error.to_string().contains("ikke reskontroført"), "{error}");
}

#[tokio::test]
async fn an_environment_without_mottaksstatus_is_told_from_an_unknown_krav() {
    let known_call = Edition2023::default();
    let sandbox = |switches| Sandbox::builder().clock(VirtualClock::stepped()).edition_2023(switches).start();
    let id: KravId = THEIR_ID.parse().unwrap();
    let with = sandbox(known_call).await.unwrap();
    let told = adapter(&with.url(), Edition::Utgave2023).mottaksstatus(&call(), &id).await;
    assert_eq!(told.unwrap(), None);
    let without = sandbox(Edition2023 { mottaksstatus: false, ..known_call }).await.unwrap();
    let end = Kall::Mottaksstatus.end(&adapter(&without.url(), Edition::Utgave2023)).await;
    assert_eq!(end, "NotFound refused:DAS-002 after-change");
}

/// Else a workflow that asks for an unknown krav takes it that the environment has no such call, and never asks again.
#[tokio::test]
async fn an_unknown_krav_has_no_status_also_where_problems_have_no_names() {
    let switches = Edition2023 { problem_slugs: false, ..Edition2023::default() };
    let builder = Sandbox::builder().clock(VirtualClock::stepped()).edition_2023(switches);
    let sandbox = builder.start().await.unwrap();
    let end = Kall::Mottaksstatus.end(&adapter(&sandbox.url(), Edition::Utgave2023)).await;
    assert_eq!(end, "none");
}

#[tokio::test]
async fn the_older_edition_may_take_the_own_id_or_refuse_it() {
    for taken in [false, true] {
        let switches = Edition2023 { oppdragsgivers_id: taken, ..Edition2023::default() };
        let builder = Sandbox::builder().clock(VirtualClock::stepped()).edition_2023(switches);
        let sandbox = builder.start().await.unwrap();
        let adapter = adapter(&sandbox.url(), Edition::Utgave2023);
        adapter.opprett(&call(), &krav(Some(OWN_ID))).await.unwrap();
        sandbox.clock().advance(Duration::from_secs(60));
        for kall in Kall::of(Edition::Utgave2023).skip(1) {
            let end = line(kall.make(&adapter, &krav(None), &OWN_ID.parse().unwrap()).await);
            let refused = "Refused refused:ugyldig-kravidentifikatortype after-change";
            assert_eq!(end, if taken { "ok" } else { refused }, "{kall:?}");
        }
    }
}

#[tokio::test]
async fn what_an_adapter_can_do_is_what_its_edition_can() {
    for edition in EDITIONS {
        assert_eq!(adapter("http://127.0.0.1:1", edition).capabilities(), edition.capabilities());
    }
}
