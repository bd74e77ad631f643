//! The bytes of each request, in both editions.

use super::client::{EDITIONS, Kall, OWN_ID, SKYLDNER, THEIR_ID, adapter, adapter_with, oppdrag};
use crate::client::{TOKEN, settings};
use crate::far::{Far, Received, answer, json};
use serde_json::Value;
use skattebro_codec::krav::PeriodNames;
use skattebro_domain::krav::{Edition, Innkrevingsoppdrag, KravId, Tilleggsinformasjon};

const V1: &str = "/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag";
const AAR_2023: &str = "/api/v1/innkrevingsoppdrag";

const SKATTEETATENS: &str = "SKATTEETATENS_KRAVIDENTIFIKATOR";
const OPPDRAGSGIVERS: &str = "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR";

/// The one request of a call, whatever came of it.
async fn sent(kall: Kall, edition: Edition, oppdrag: &Innkrevingsoppdrag, id: &KravId) -> Received {
    let far = Far::answering(answer(404, &[], "")).await;
    let _ = kall.make(&adapter(&far.url(), edition), oppdrag, id).await;
    far.request()
}

/// Method, path and body (none for a look).
fn expected(kall: Kall, edition: Edition, id: &KravId) -> (String, Option<String>) {
    let (segment, kind) = match id {
        KravId::Skatteetatens(_) => (THEIR_ID, SKATTEETATENS),
        KravId::Oppdragsgivers(_) => ("K%2F%C3%A6-1", OPPDRAGSGIVERS),
    };
    let base = if edition == Edition::V1 { V1 } else { AAR_2023 };
    let of_krav =
        |method: &str, rest: &str| format!("{method} {base}/{segment}{rest}?kravidentifikatortype={kind}");
    let in_body = format!(r#""kravidentifikatortype":"{kind}","kravidentifikator":"{}""#, id.as_str());
    let (line, body) = match (kall, edition) {
        (Kall::Opprett, Edition::V1) => (
            format!("POST {base}"),
            Some(format!(
                r#"{{"kravtype":"TILBAKEKREVING_SYKEPENGER",
                "skyldner":{{"identifikatortype":"PERSON","identifikator":"{SKYLDNER}"}},
                "hovedstol":{{"valuta":"NOK","beloep":48210}},
                "renteBeloep":[{{"valuta":"NOK","beloep":4821,"renterIlagtDato":"2025-12-01","rentetype":"STRAFFERENTE"}}],
                "oppdragsgiversReferanse":"SAK-æøå/88","oppdragsgiversKravidentifikator":"{OWN_ID}",
                "fastsettelsesdato":"2025-12-01","foreldelsesfristensUtgangspunkt":"2025-06-30",
                "tilleggsinformasjon":{{"tilbakekrevingsperiode":{{"fom":"2025-01-01","tom":"2025-09-30"}},
                "ytelserForAvregning":{{"valuta":"NOK","beloep":1200}}}}}}"#
            )),
        ),
        (Kall::Opprett, Edition::Utgave2023) => (
            format!("POST {base}"),
            Some(format!(
                r#"{{"kravtype":"TILBAKEKREVING_FEILUTBETALT_YTELSE",
                "skyldner":{{"identifikatortype":"PERSON","identifikator":"{SKYLDNER}"}},
                "hovedstol":{{"valuta":"NOK","beloep":48210}},
                "renteBeloep":[{{"valuta":"NOK","beloep":4821,"renterIlagtDato":"2025-12-01"}}],
                "oppdragsgiversSaksnummer":"SAK-æøå/88","oppdragsgiversKravidentifikator":"{OWN_ID}",
                "fastsettelsesdato":"2025-12-01","foreldelsesfristensUtgangspunkt":"2025-06-30",
                "tilleggsinformasjon":{{"stoenadstype":"BARNETRYGD",
                "ytelserForAvregning":{{"valuta":"NOK","beloep":1200}}}}}}"#
            )),
        ),
        (Kall::Hovedstol, Edition::V1) => (
            of_krav("PUT", "/hovedstol"),
            Some(r#"{"hovedstol":{"valuta":"NOK","beloep":40000}}"#.to_owned()),
        ),
        (Kall::Hovedstol, Edition::Utgave2023) => (
            format!("PUT {base}/endring"),
            Some(format!(r#"{{{in_body},"nyHovedstol":{{"valuta":"NOK","beloep":40000}}}}"#)),
        ),
        (Kall::Renter, _) => (
            of_krav("PUT", "/renter"),
            Some(
                r#"{"renter":[{"valuta":"NOK","beloep":3000,"renterIlagtDato":"2025-12-01","rentetype":"STRAFFERENTE"}]}"#
                    .to_owned(),
            ),
        ),
        (Kall::Referanse, _) => (
            of_krav("PUT", "/oppdragsgiversreferanse"),
            Some(r#"{"nyOppdragsgiversReferanse":"SAK-2026/88-B"}"#.to_owned()),
        ),
        (Kall::Avskriv, _) => (format!("POST {base}/avskriving"), Some(format!("{{{in_body}}}"))),
        (Kall::Mottaksstatus, _) => (of_krav("GET", "/mottaksstatus"), None),
        (Kall::Valideringsfeil, _) => (of_krav("GET", "/valideringsfeil"), None),
        (Kall::Avstemming, _) => (of_krav("GET", "/avstemming"), None),
        (Kall::Detaljer, _) => (of_krav("GET", ""), None),
    };
    (format!("{line} HTTP/1.1"), body)
}

#[tokio::test]
async fn every_call_is_what_the_contract_says_with_either_id() {
    for edition in EDITIONS {
        for id in [THEIR_ID, OWN_ID] {
            let id: KravId = id.parse().unwrap();
            for kall in Kall::of(edition) {
                let request = sent(kall, edition, &oppdrag(edition), &id).await;
                let (line, body) = expected(kall, edition, &id);
                assert_eq!(request.line(), line, "{kall:?} {edition}");
                assert_headers(&request);
                match body {
                    Some(body) => assert_body(&request, &body),
                    None => assert_no_body(&request),
                }
            }
        }
    }
}

/// The headers that every call has, once each.
fn assert_headers(request: &Received) {
    assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(request.header("klientid"), concat!("skattebro/", env!("CARGO_PKG_VERSION")));
    assert_eq!(request.header("user-agent"), request.header("klientid"));
    assert_eq!(request.header("korrelasjonsid"), "4f1c-kall");
    assert_eq!(request.header("accept"), "application/json, application/problem+json");
    assert!(request.headers("accept-encoding").is_empty(), "nobody here unpacks answers");
}

/// The same JSON, in UTF-8 and as long as declared.
fn assert_body(request: &Received, expected: &str) {
    assert!(request.whole);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("content-length"), request.body.len().to_string());
    assert!(request.headers("transfer-encoding").is_empty());
    let (sent, expected): (Value, Value) =
        (serde_json::from_str(request.text()).unwrap(), serde_json::from_str(expected).unwrap());
    assert_eq!(sent, expected);
}

fn assert_no_body(request: &Received) {
    for name in ["content-length", "transfer-encoding", "content-type"] {
        assert!(request.headers(name).is_empty(), "{request:?}");
    }
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn what_is_not_given_is_not_sent() {
    for edition in EDITIONS {
        let bare = Innkrevingsoppdrag {
            rente_beloep: None,
            oppdragsgivers_kravidentifikator: None,
            foreldelsesfristens_utgangspunkt: None,
            tilleggsinformasjon: None,
            ..oppdrag(edition)
        };
        let request = sent(Kall::Opprett, edition, &bare, &THEIR_ID.parse().unwrap()).await;
        let body: Value = serde_json::from_str(request.text()).unwrap();
        let mut names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        let referanse = match edition {
            Edition::V1 => "oppdragsgiversReferanse",
            Edition::Utgave2023 => "oppdragsgiversSaksnummer",
        };
        assert_eq!(names, ["fastsettelsesdato", "hovedstol", "kravtype", referanse, "skyldner"]);
    }
}

#[tokio::test]
async fn how_a_period_is_spelt_is_a_setting() {
    for (names, expected) in [
        (PeriodNames::FomTom, r#"{"fom":"2025-01-01","tom":"2025-09-30"}"#),
        (PeriodNames::FraDatoTilDato, r#"{"fraDato":"2025-01-01","tilDato":"2025-09-30"}"#),
    ] {
        let far = Far::answering(answer(404, &[], "")).await;
        let adapter = adapter(&far.url(), Edition::V1).period_names(names);
        Kall::Opprett.end(&adapter).await;
        let body: Value = serde_json::from_str(far.request().text()).unwrap();
        let periode = &body["tilleggsinformasjon"]["tilbakekrevingsperiode"];
        assert_eq!(*periode, serde_json::from_str::<Value>(expected).unwrap());
    }
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path_whatever_is_in_it() {
    for (id, segment) in [
        ("/", "%2F"),
        ("//avskriving", "%2F%2Favskriving"),
        ("a/b/", "a%2Fb%2F"),
        ("ÆØÅ-æøå", "%C3%86%C3%98%C3%85-%C3%A6%C3%B8%C3%A5"),
        ("-", "-"),
        ("avskriving", "avskriving"),
    ] {
        let id: KravId = id.parse().unwrap();
        for (kall, method, rest) in [
            (Kall::Hovedstol, "PUT", "/hovedstol"),
            (Kall::Mottaksstatus, "GET", "/mottaksstatus"),
            (Kall::Detaljer, "GET", ""),
        ] {
            let request = sent(kall, Edition::V1, &oppdrag(Edition::V1), &id).await;
            let query = format!("?kravidentifikatortype={OPPDRAGSGIVERS}");
            assert_eq!(request.line(), format!("{method} {V1}/{segment}{rest}{query} HTTP/1.1"));
        }
    }
}

#[tokio::test]
async fn the_clients_name_and_a_prefix_of_the_path_are_settings() {
    let far = Far::answering(json(r#"{"valideringsfeil":[]}"#)).await;
    let settings = settings(&format!("{}/prefiks/", far.url())).client_name("Innkrever AS/4.2");
    let (adapter, _) = adapter_with(settings, Edition::V1);
    assert_eq!(Kall::Valideringsfeil.end(&adapter).await, "ok");
    let request = far.request();
    let path = format!("/prefiks{V1}/{THEIR_ID}/valideringsfeil?kravidentifikatortype={SKATTEETATENS}");
    assert_eq!(request.line(), format!("GET {path} HTTP/1.1"));
    assert_eq!(request.header("klientid"), "Innkrever AS/4.2");
}

#[tokio::test]
async fn each_repetition_is_the_same_request() {
    let far = Far::answering(answer(503, &[], "")).await;
    Kall::Avstemming.end(&adapter(&far.url(), Edition::V1)).await;
    let received = far.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_headers(request);
        assert_eq!(request.line(), received[0].line());
    }
}

#[tokio::test]
async fn additional_information_that_is_not_known_goes_out_as_it_came_in() {
    let annet = Tilleggsinformasjon::Annet(r#"{"a":[1.50,"æ"],"b":null}"#.into());
    let krav = Innkrevingsoppdrag { tilleggsinformasjon: Some(annet), ..oppdrag(Edition::V1) };
    let request = sent(Kall::Opprett, Edition::V1, &krav, &THEIR_ID.parse().unwrap()).await;
    let sent = r#""tilleggsinformasjon":{"a":[1.50,"æ"],"b":null}"#;
    assert!(request.text().contains(sent), "{}", request.text());
}
