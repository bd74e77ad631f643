//! How the calls to Altinn end: refusals, answers that are none, and bodies that are too large or do not keep their word.

use crate::altinn::{altinn, altinn_with, element, instans, metadata, owner, vedlegg};
use crate::client::{Tokens, call, inline_envelope, memory, shown, sink};
use crate::far::{Far, answer, json};
use skattebro_adapter_http::HttpAltinn;
use skattebro_domain::altinn::{MAX_ENVELOPE_BYTES, MAX_VEDLEGG_BYTES, Vedleggstype};
use skattebro_domain::{Digest, Identifikator};
use skattebro_ports::{Altinn, Body, FILE_INFECTED, FILE_SCAN_PENDING, Vedlegg};
use std::io::{self, Read};
use std::sync::Arc;

const CALLS: [&str; 9] =
    ["opprett", "aapne", "se", "metadata", "konvolutt", "vedlegg", "slett", "neste", "kvittering"];
const LOOKS: [&str; 3] = ["aapne", "se", "kvittering"];

async fn end(altinn: &HttpAltinn, name: &str) -> String {
    let (call, owner, instans, element) = (&call(), &owner(), &instans(), &element());
    match name {
        "opprett" => shown(&altinn.opprett(call, owner, &metadata()).await),
        "aapne" => shown(&altinn.aapne(call, owner).await),
        "se" => shown(&altinn.se(call, owner, instans).await),
        "metadata" => shown(&altinn.sett_metadata(call, owner, instans, element, &metadata()).await),
        "konvolutt" => {
            let envelope = inline_envelope(memory("<a/>"));
            shown(&altinn.last_opp_konvolutt(call, owner, instans, None, &envelope).await)
        }
        "vedlegg" => {
            let vedlegg = vedlegg(Vedleggstype::Pdf, "%PDF-");
            shown(&altinn.last_opp_vedlegg(call, owner, instans, &vedlegg).await)
        }
        "slett" => shown(&altinn.slett(call, owner, instans, element).await),
        "neste" => shown(&altinn.neste(call, owner, instans).await),
        _ => shown(&altinn.kvittering(call, owner, instans, element, sink()).await),
    }
}

/// That every call but the excepted ends so under that answer, and was sent once.
async fn check(answer: &[u8], expected: &str, except: &[&str]) {
    for name in CALLS.iter().filter(|name| !except.contains(name)) {
        let far = Far::answering(answer).await;
        let end = end(&altinn(&far).with_part(owner(), "50006869".parse().unwrap()), name).await;
        assert_eq!((end.as_str(), far.received().len()), (expected, 1), "{name}");
    }
}

#[tokio::test]
async fn a_conflict_in_the_apps_words_is_a_refusal() {
    let scan = format!(
        r#"{{"title":"Validation failed for task","status":409,"validationIssues":[{{"code":"{FILE_SCAN_PENDING}"}}]}}"#
    );
    check(&answer(409, &[], &scan), &format!("Refused refused:{FILE_SCAN_PENDING} later"), &LOOKS).await;
    let waits = answer(409, &[("retry-after", "7")], &scan);
    check(&waits, &format!("Refused refused:{FILE_SCAN_PENDING} later:7s"), &[]).await;
    let infected = scan.replace(FILE_SCAN_PENDING, FILE_INFECTED);
    check(&answer(409, &[], &infected), &format!("Refused refused:{FILE_INFECTED} after-change"), &[]).await;
    let other = r#"{"title":"Conflict","status":409,"detail":"inntektsaar"}"#;
    check(&answer(409, &[], other), "Refused refused:Conflict after-change", &[]).await;
}

#[tokio::test]
async fn other_refusals_in_the_apps_words() {
    for (status, kind) in
        [(400, "Refused"), (401, "Unauthorized"), (403, "Forbidden"), (413, "TooLarge"), (422, "Refused")]
    {
        let body = format!(r#"{{"type":"https://x","title":"Nei takk","status":{status}}}"#);
        check(&answer(status, &[], &body), &format!("{kind} refused:Nei-takk after-change"), &[]).await;
    }
    let missing = answer(404, &[], r#"{"title":"Not Found","status":404}"#);
    check(&missing, "NotFound refused:Not-Found after-change", &["slett"]).await;
    check(&missing, "ok", &CALLS.into_iter().filter(|name| *name != "slett").collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_refusal_without_a_word_of_the_apps_own_says_nothing_of_what_was_done() {
    for body in
        ["", "<html><body>Nei</body></html>", "{}", r#"{"statusCode":404,"message":"Resource not found"}"#]
    {
        for (status, kind) in [(400, "Refused"), (403, "Forbidden"), (404, "NotFound"), (409, "Refused")] {
            check(&answer(status, &[], body), &format!("{kind} unknown after-change"), &[]).await;
        }
    }
}

#[tokio::test]
async fn a_failure_of_the_service_may_have_acted_and_only_looks_are_repeated() {
    for name in CALLS {
        let far = Far::answering(answer(503, &[], r#"{"title":"Service Unavailable","status":503}"#)).await;
        let end = end(&altinn(&far).with_part(owner(), "50006869".parse().unwrap()), name).await;
        assert_eq!(end, "ServiceFailure unknown later", "{name}");
        assert_eq!(far.received().len(), if LOOKS.contains(&name) { 3 } else { 1 }, "{name}");
    }
}

#[tokio::test]
async fn a_page_with_200_is_no_answer() {
    let page = answer(200, &[("content-type", "text/html")], "<html><body>Logg inn</body></html>");
    check(&page, "Unreadable unknown a-few-times", &["kvittering"]).await;
    let useless = json(r#"{"noe":"annet"}"#);
    check(&useless, "Unreadable unknown a-few-times", &["kvittering", "metadata", "slett"]).await;
    let far = Far::answering(page).await;
    assert_eq!(end(&altinn(&far), "kvittering").await, "Unreadable done later");
}

#[tokio::test]
async fn the_number_of_a_party_that_is_somebody_elses_is_not_used() {
    let far = Far::answering(json(r#"{"partyId":1,"party":{"orgNumber":"310817074"}}"#)).await;
    let error = altinn(&far).aapne(&call(), &owner()).await.unwrap_err();
    assert!(error.to_string().contains("does not tell the number of this party"), "{error}");
    assert_eq!(far.received().len(), 2, "the profile, and the parties that one may act for");
}

/// A body of that size, which nobody may open.
#[derive(Debug)]
struct Unopened(u64);

impl Body for Unopened {
    fn len(&self) -> u64 {
        self.0
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        panic!("it is too large to be sent")
    }
}

#[tokio::test]
async fn what_is_too_large_is_told_with_both_sizes_and_nobody_is_asked() {
    let far = Far::answering(json("{}")).await;
    let tokens = Arc::new(Tokens::default());
    let altinn = altinn_with(&far, tokens.clone());
    let envelope = inline_envelope(Arc::new(Unopened(375_000_000)));
    let error = altinn.last_opp_konvolutt(&call(), &owner(), &instans(), None, &envelope).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("the envelope is 500000") && told.contains(&MAX_ENVELOPE_BYTES.to_string()),
        "{told}"
    );
    assert_eq!(shown::<()>(&Err(error)), "TooLarge not-sent after-change");
    let body = Arc::new(Unopened(MAX_VEDLEGG_BYTES + 1));
    let attachment = Vedlegg { body, ..vedlegg(Vedleggstype::Pdf, "") };
    let error = altinn.last_opp_vedlegg(&call(), &owner(), &instans(), &attachment).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("100000001 bytes") && told.contains("takes 100000000"), "{told}");
    assert_eq!(shown::<()>(&Err(error)), "TooLarge not-sent after-change");
    assert_eq!((tokens.asked(), far.received().len()), (0, 0));
}

/// A body that says it has `says` bytes, and yields `yields`.
#[derive(Debug)]
struct Liar {
    says: u64,
    yields: u64,
}

impl Body for Liar {
    fn len(&self) -> u64 {
        self.says
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::repeat(b'A').take(self.yields)))
    }
}

#[tokio::test]
async fn an_envelope_whose_document_changed_is_never_a_success() {
    // Of the last two the base64 is as long as was said.
    for (says, yields) in [(1000, 900), (1000, 1100), (300_000, 1), (1000, 999), (1000, 1001)] {
        let far = Far::answering(json(r#"{"id":"e-1"}"#)).await;
        let envelope = inline_envelope(Arc::new(Liar { says, yields }));
        let error = altinn(&far)
            .last_opp_konvolutt(&call(), &owner(), &instans(), None, &envelope)
            .await
            .unwrap_err();
        assert!(error.with_causes().contains("not as long"), "{yields} of {says}: {error:?}");
        assert!(far.received().iter().all(|request| !request.whole), "{yields} of {says}");
    }
}

#[tokio::test]
async fn a_large_envelope_goes_beyond_the_limit_of_edition_v1() {
    let far = Far::answering(answer(201, &[], r#"{"id":"e-1"}"#)).await;
    let envelope = inline_envelope(Arc::new(Liar { says: 30_000_000, yields: 30_000_000 }));
    altinn(&far).last_opp_konvolutt(&call(), &owner(), &instans(), None, &envelope).await.unwrap();
    let request = far.request();
    assert!(request.whole && request.body.len() > 40_000_000);
    assert_eq!(request.header("content-length"), request.body.len().to_string());
}

#[tokio::test]
async fn no_error_shows_a_person() {
    let person: Identifikator = crate::client::PERSON.parse().unwrap();
    let body = format!(r#"{{"title":"Ikke for {person}","detail":"{person}","status":403}}"#);
    let far = Far::answering(answer(403, &[], &body)).await;
    let altinn = altinn(&far);
    let error = altinn.opprett(&call(), &person, &metadata()).await.unwrap_err();
    let told = format!("{} {error:?} {altinn:?}", error.with_causes());
    assert!(told.contains("179120*****") && !told.contains("99997"), "{told}");
    let altinn = altinn.with_part(person, "1".parse().unwrap());
    assert!(!format!("{altinn:?}").contains("99997"));
}
