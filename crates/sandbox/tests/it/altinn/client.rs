//! The app's calls, by whoever holds a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use skattebro_sandbox::{InstansSeen, What};

use crate::http::{self, Answer};
use crate::service::{Envelope, Service, base64, naering};

pub(crate) const BASE: &str = "/skd/formueinntekt-skattemelding-v2";
pub(crate) const APP_ID: &str = "skd/formueinntekt-skattemelding-v2";
pub(crate) const KONVOLUTT: &str = "skattemeldingOgNaeringsspesifikasjon";
pub(crate) const VEDLEGG: &str = "skattemelding-vedlegg";
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const TEXT_XML: (&str, &str) = ("content-type", "text/xml");
pub(crate) const NAMED: (&str, &str) = ("content-disposition", "attachment; filename=skattemelding.xml");
/// A synthetic person who has a role in any organisation.
pub(crate) const PID: &str = "41019000077";
pub(crate) const YEAR: u16 = 2023;

/// Somebody with a token.
pub(crate) struct App<'s> {
    pub(crate) service: &'s Service,
    token: String,
}

impl Service {
    pub(crate) fn person(&self, pid: &str) -> App<'_> {
        self.holder(&json!({ "pid": pid }))
    }

    pub(crate) fn systembruker(&self, orgnr: &str) -> App<'_> {
        let details =
            json!([{"type": "urn:altinn:systemuser", "systemuser_org": {"ID": format!("0192:{orgnr}")}}]);
        self.holder(&json!({"authorization_details": details, "consumer": {"ID": "0192:310202002"}}))
    }

    pub(crate) fn holder(&self, claims: &Value) -> App<'_> {
        let token = format!("Bearer eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
        App { service: self, token }
    }

    /// A token that names nobody.
    pub(crate) fn anybody(&self) -> App<'_> {
        App { service: self, token: "Bearer t".to_owned() }
    }

    /// An envelope as edition v2 has it, for the current return.
    pub(crate) async fn whole_envelope(&self, id: &str) -> Envelope {
        Envelope::new(id, YEAR, &self.gjeldende_id(id, YEAR).await)
            .document("naeringsspesifikasjon", &base64(&naering(YEAR)))
    }

    /// The kinds of the effects so far.
    pub(crate) fn done(&self) -> Vec<String> {
        let effects = self.sandbox.effects();
        effects
            .iter()
            .map(|effect| serde_json::to_value(effect).unwrap()["what"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn moves(&self) -> Vec<(String, String, String)> {
        let effects = self.sandbox.effects().into_iter();
        effects
            .filter_map(|effect| match effect.what {
                What::ProsessFlyttet { from, to, by, .. } => Some((from, to, by)),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn instance(&self) -> InstansSeen {
        let mut instances = self.sandbox.instances();
        assert_eq!(instances.len(), 1, "{instances:?}");
        instances.remove(0)
    }
}

impl App<'_> {
    pub(crate) async fn try_call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let token = [("authorization", self.token.as_str()), ("korrelasjonsid", "k")];
        http::try_call(self.service.sandbox.addr(), method, path, &[&token, headers].concat(), body).await
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.try_call(method, path, headers, body).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", &format!("{BASE}{path}"), &[], b"").await
    }

    pub(crate) async fn post_instance(&self, body: &Value) -> Answer {
        self.call("POST", &format!("{BASE}/instances/"), &[JSON], body.to_string().as_bytes()).await
    }

    /// Creates an instance with its year; gives its id.
    pub(crate) async fn instance_of(&self, number: &str) -> String {
        self.instance_with(number, json!({ "inntektsaar": YEAR })).await
    }

    pub(crate) async fn instance_with(&self, number: &str, values: Value) -> String {
        let answer = self.post_instance(&creation(number, values)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn look(&self, id: &str) -> Value {
        let answer = self.get(&format!("/instances/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn post_data(
        &self,
        id: &str,
        data_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.call("POST", &format!("{BASE}/instances/{id}/data?dataType={data_type}"), headers, body).await
    }

    pub(crate) async fn put_data(
        &self,
        id: &str,
        data: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.call("PUT", &format!("{BASE}/instances/{id}/data/{data}"), headers, body).await
    }

    pub(crate) async fn delete_data(&self, id: &str, data: &str) -> Answer {
        self.call("DELETE", &format!("{BASE}/instances/{id}/data/{data}"), &[], b"").await
    }

    /// Puts an envelope in; gives the element's id.
    pub(crate) async fn upload(&self, id: &str, envelope: &Envelope) -> String {
        created(&self.post_data(id, KONVOLUTT, &[TEXT_XML, NAMED], envelope.xml().as_bytes()).await)
    }

    pub(crate) async fn attach(&self, id: &str) -> String {
        let headers =
            [("content-type", "application/pdf"), ("content-disposition", "attachment; filename=a.pdf")];
        created(&self.post_data(id, VEDLEGG, &headers, b"%PDF-1.7").await)
    }

    pub(crate) async fn next(&self, id: &str) -> Answer {
        self.call("PUT", &format!("{BASE}/instances/{id}/process/next"), &[], b"").await
    }

    /// A step that must succeed; gives the task that it led to.
    pub(crate) async fn step(&self, id: &str) -> String {
        let answer = self.next(id).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["currentTask"]["elementId"].as_str().unwrap().to_owned()
    }

    /// An instance with its envelope, scanned; gives its id.
    pub(crate) async fn ready(&self, number: &str) -> String {
        let id = self.instance_of(number).await;
        self.upload(&id, &self.service.whole_envelope(number).await).await;
        self.service.pass(10);
        id
    }

    /// The receipt, which must be there.
    pub(crate) async fn receipt(&self, id: &str) -> Answer {
        let instance = self.look(id).await;
        let receipt = of_type(&instance, "tilbakemelding").expect("a receipt");
        let data = receipt["id"].as_str().unwrap();
        let answer = self.get(&format!("/instances/{id}/data/{data}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/xml")));
        assert_eq!(receipt["size"], answer.body.len());
        answer
    }
}

pub(crate) fn creation(number: &str, values: Value) -> Value {
    let field = if number.len() == 11 { "personNumber" } else { "organisationNumber" };
    json!({"instanceOwner": {field: number}, "appId": APP_ID, "dataValues": values})
}

/// The id of what was created.
pub(crate) fn created(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The first element of a type in an instance.
pub(crate) fn of_type<'i>(instance: &'i Value, data_type: &str) -> Option<&'i Value> {
    instance["data"].as_array().unwrap().iter().find(|element| element["dataType"] == data_type)
}

/// The codes of a refusal's issues.
pub(crate) fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    assert!(body["title"].is_string() && body["status"] == answer.status, "{body}");
    let issues = body["validationIssues"].as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| issue["code"].as_str().unwrap().to_owned()).collect()
}
