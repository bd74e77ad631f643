//! A sandbox on the 10th of March 2026, and one oppdragsgiver's calls of it.

use serde_json::{Value, json};
use skattebro_sandbox::{KravSeen, VirtualClock};

use crate::http::{self, Answer};
use crate::service::Service;

pub(crate) const NAV: &str = "889640782";
pub(crate) const BRREG: &str = "974760673";
pub(crate) const ANYONE: &str = "974761076";
pub(crate) const V1: &str = "/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag";
pub(crate) const AAR_2023: &str = "/api/v1/innkrevingsoppdrag";
pub(crate) const SKATTEETATENS: &str = "kravidentifikatortype=SKATTEETATENS_KRAVIDENTIFIKATOR";
pub(crate) const OPPDRAGSGIVERS: &str = "kravidentifikatortype=OPPDRAGSGIVERS_KRAVIDENTIFIKATOR";
pub(crate) const TAG: &str = "tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:";
/// Nobody has it.
pub(crate) const NO_ID: &str = "3f1c9f3e-6f0e-4a59-9a40-0e6a3b1f8c11";

pub(crate) async fn sandbox() -> Service {
    Service::with(|builder| builder.clock(clock())).await
}

/// Noon in Oslo.
pub(crate) fn clock() -> VirtualClock {
    VirtualClock::stepped_from("2026-03-10T11:00:00Z".parse().unwrap())
}

/// An oppdragsgiver, by the number in its token.
#[derive(Clone, Copy)]
pub(crate) struct Client<'s> {
    pub(crate) service: &'s Service,
    pub(crate) number: &'s str,
}

impl Service {
    pub(crate) fn krav<'s>(&'s self, number: &'s str) -> Client<'s> {
        Client { service: self, number }
    }

    pub(crate) fn anyone(&self) -> Client<'_> {
        self.krav(ANYONE)
    }
}

impl Client<'_> {
    pub(crate) async fn call(self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).await.expect("an answer")
    }

    /// None where the connection closed without an answer.
    pub(crate) async fn try_call(self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let token = format!("Bearer sandbox-{}", self.number);
        let headers = [
            ("authorization", token.as_str()),
            ("content-type", "application/json"),
            ("korrelasjonsid", "k"),
        ];
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        http::try_call(self.service.sandbox.addr(), method, path, &headers, &body).await
    }

    /// A creation in edition v1.
    pub(crate) async fn post(self, body: &Value) -> Answer {
        self.call("POST", V1, body).await
    }

    /// A creation in edition v1 that must succeed; gives the id.
    pub(crate) async fn create(self, body: &Value) -> String {
        created(&self.post(body).await)
    }

    /// The same, and the ten seconds until it is reskontroført.
    pub(crate) async fn create_and_settle(self, body: &Value) -> String {
        let id = self.create(body).await;
        self.service.pass(10);
        id
    }

    /// A call of edition v1 on a krav, by Skatteetaten's id.
    pub(crate) async fn get(self, id: &str, what: &str) -> Answer {
        self.call("GET", &format!("{V1}/{id}{what}?{SKATTEETATENS}"), &Value::Null).await
    }

    pub(crate) async fn put(self, id: &str, what: &str, body: &Value) -> Answer {
        self.call("PUT", &format!("{V1}/{id}/{what}?{SKATTEETATENS}"), body).await
    }

    pub(crate) async fn write_off(self, id: &str) -> Answer {
        self.call("POST", &format!("{V1}/avskriving"), &by_id(id)).await
    }

    pub(crate) async fn status(self, id: &str) -> String {
        text(&self.get(id, "/mottaksstatus").await.json()["mottaksstatus"])
    }

    pub(crate) fn seen(self) -> Vec<KravSeen> {
        self.service.sandbox.krav(self.number)
    }
}

pub(crate) fn created(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text());
    text(&answer.json()["kravidentifikator"])
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

pub(crate) fn by_id(id: &str) -> Value {
    json!({"kravidentifikatortype": "SKATTEETATENS_KRAVIDENTIFIKATOR", "kravidentifikator": id})
}

pub(crate) fn by_own_id(id: &str) -> Value {
    json!({"kravidentifikatortype": "OPPDRAGSGIVERS_KRAVIDENTIFIKATOR", "kravidentifikator": id})
}

/// One of NAV's, all right, with everything that can be in it and an id of its own.
pub(crate) fn nav(own_id: &str) -> Value {
    json!({
        "kravtype": "TILBAKEKREVING_SYKEPENGER",
        "skyldner": {"identifikatortype": "PERSON", "identifikator": "13895118960"},
        "hovedstol": {"valuta": "NOK", "beloep": 48210},
        "renteBeloep": [
            {"valuta": "NOK", "beloep": 4821, "renterIlagtDato": "2026-03-02", "rentetype": "STRAFFERENTE"}
        ],
        "oppdragsgiversReferanse": "SAK-2026/88",
        "oppdragsgiversKravidentifikator": own_id,
        "fastsettelsesdato": "2026-03-02",
        "foreldelsesfristensUtgangspunkt": "2025-11-30",
        "tilleggsinformasjon": {
            "tilbakekrevingsperiode": {"fom": "2025-09-01", "tom": "2025-11-30"},
            "ytelserForAvregning": {"valuta": "NOK", "beloep": 1200}
        }
    })
}

/// One of Brønnøysundregistrene's.
pub(crate) fn brreg() -> Value {
    json!({
        "kravtype": "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN",
        "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
        "hovedstol": {"valuta": "NOK", "beloep": 25000},
        "oppdragsgiversReferanse": "TVA-2026-7",
        "fastsettelsesdato": "2026-02-01",
        "tilleggsinformasjon": {
            "periode": {"fom": "2026-01-01", "tom": "2026-01-31"},
            "stoppdatoForLøpendeMulkt": "2026-01-31"
        }
    })
}

/// One without any of what need not be there.
pub(crate) fn minimal() -> Value {
    json!({
        "kravtype": "RETTSGEBYR_UTLEGGSBEGJAERING",
        "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
        "hovedstol": {"valuta": "NOK", "beloep": 1},
        "oppdragsgiversReferanse": "R-1",
        "fastsettelsesdato": "2026-02-01"
    })
}

/// One of edition 2023.
pub(crate) fn aar_2023(own_id: &str) -> Value {
    json!({
        "kravtype": "TILBAKEKREVING_FEILUTBETALT_YTELSE",
        "skyldner": {"identifikatortype": "PERSON", "identifikator": "13895118960"},
        "hovedstol": {"valuta": "NOK", "beloep": 9000},
        "renteBeloep": [{"valuta": "NOK", "beloep": 900, "renterIlagtDato": "2023-06-01"}],
        "oppdragsgiversSaksnummer": "S-23-1",
        "oppdragsgiversKravidentifikator": own_id,
        "fastsettelsesdato": "2023-06-01",
        "tilleggsinformasjon": {
            "stoenadstype": "BARNETRYGD",
            "ytelserForAvregning": {"valuta": "NOK", "beloep": 100}
        }
    })
}

/// The body with the value at the JSON pointer replaced; null takes it away.
pub(crate) fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
    }
    body
}

/// The answer must be the rule's problem document, word for word where it is constant.
#[track_caller]
pub(crate) fn assert_refused(answer: &Answer, slug: &str, status: u16, title: &str, instance: &str) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["type"], format!("{TAG}{slug}"), "{problem}");
    assert_eq!((answer.status, &problem["status"]), (status, &json!(status)), "{problem}");
    assert_eq!(problem["title"], title, "{problem}");
    assert_eq!(problem["instance"], instance, "{problem}");
    assert_eq!(problem.as_object().unwrap().len(), 5, "{problem}");
    assert!(!text(&problem["detail"]).is_empty());
    assert!(!answer.text().contains("13895118960"), "{problem}");
}

/// The last part of a problem's type.
pub(crate) fn slug(answer: &Answer) -> String {
    let problem = answer.json();
    problem["type"].as_str().and_then(|tag| tag.strip_prefix(TAG)).unwrap_or("").to_owned()
}
