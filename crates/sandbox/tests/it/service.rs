//! A sandbox with the calls of the API as methods, and the documents they need.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_sandbox::{Sandbox, SandboxBuilder, Scenario, VirtualClock};

use crate::http::{self, Answer};

pub(crate) const ORG: &str = "974761076";
pub(crate) const OTHER_ORG: &str = "310817074";
pub(crate) const PERSON: &str = "01019000083";
pub(crate) const TOKEN: (&str, &str) = ("authorization", "Bearer t");
pub(crate) const XML: (&str, &str) = ("content-type", "application/xml");
const FASTSETTING: &str = "urn:no:skatteetaten:fastsetting:formueinntekt";

pub(crate) struct Service {
    pub(crate) sandbox: Sandbox,
}

impl Service {
    pub(crate) async fn new() -> Self {
        Service::with(|builder| builder).await
    }

    pub(crate) async fn with(change: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let builder = Sandbox::builder().clock(VirtualClock::stepped());
        Service { sandbox: change(builder).start().await.unwrap() }
    }

    pub(crate) async fn of(scenario: Scenario) -> Self {
        Service::with(|builder| builder.scenario(scenario)).await
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        http::call(self.sandbox.addr(), "GET", path, &[TOKEN], b"").await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        http::call(self.sandbox.addr(), "POST", path, &[&[TOKEN], headers].concat(), body).await
    }

    pub(crate) async fn upload(&self, id: &str, year: u16, document: &str) -> String {
        let answer = self.upload_file(id, year, "naeringsspesifikasjon.xml", &base64(document)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["referanse"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn upload_file(
        &self,
        id: &str,
        year: u16,
        name: &str,
        content: impl AsRef<[u8]>,
    ) -> Answer {
        let body = form(name, name, content.as_ref());
        self.post(&upload_path(id, year), &[FORM], &body).await
    }

    pub(crate) async fn start(&self, id: &str, year: u16, envelope: &str) -> Answer {
        self.post(&start_path(id, year), &[XML], envelope.as_bytes()).await
    }

    /// Uploads and starts; gives the job's id.
    pub(crate) async fn job(&self, id: &str, year: u16) -> String {
        let referanse = self.upload(id, year, &naering(year)).await;
        self.job_with(id, year, &referanse).await
    }

    pub(crate) async fn job_with(&self, id: &str, year: u16, referanse: &str) -> String {
        let envelope = self.envelope(id, year, referanse).await.xml();
        let answer = self.start(id, year, &envelope).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["jobbStatus"], "OPPRETTET");
        answer.json()["jobbId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn envelope(&self, id: &str, year: u16, referanse: &str) -> Envelope {
        Envelope::new(id, year, &self.gjeldende_id(id, year).await)
            .document("naeringsspesifikasjonReferanse", referanse)
    }

    pub(crate) async fn gjeldende_id(&self, id: &str, year: u16) -> String {
        let answer = self.get(&format!("/api/skattemelding/v2/{year}/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        between(answer.text(), "<id>", "</id>").to_owned()
    }

    pub(crate) async fn status(&self, id: &str, year: u16, job: &str) -> serde_json::Value {
        let answer = self.get(&status_path(id, year, job)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn result(&self, id: &str, year: u16, job: &str) -> Answer {
        self.get(&result_path(id, year, job)).await
    }
}

/// A request envelope that is right until it is changed.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) documents: Vec<(String, String)>,
    pub(crate) current: Option<(String, String)>,
    pub(crate) year: String,
    pub(crate) purpose: bool,
}

impl Envelope {
    pub(crate) fn new(id: &str, year: u16, current: &str) -> Self {
        let kind = if id.len() == 11 { "skattemeldingPersonlig" } else { "skattemeldingUpersonlig" };
        Envelope {
            documents: vec![(kind.to_owned(), base64(&tax_return(id, year)))],
            current: Some((kind.to_owned(), current.to_owned())),
            year: year.to_string(),
            purpose: year >= 2024,
        }
    }

    pub(crate) fn document(mut self, kind: &str, content: &str) -> Self {
        self.documents.push((kind.to_owned(), content.to_owned()));
        self
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn xml(&self) -> String {
        let mut xml = "<skattemeldingOgNaeringsspesifikasjonRequest xmlns=\"no:skatteetaten:fastsetting:formueinntekt:skattemeldingognaeringsspesifikasjon:request:v2\"><dokumenter>".to_owned();
        for (kind, content) in &self.documents {
            xml += &format!(
                "<dokument><type>{kind}</type><encoding>utf-8</encoding><content>{content}</content></dokument>"
            );
        }
        xml += "</dokumenter>";
        if let Some((kind, id)) = &self.current {
            xml += &format!(
                "<dokumentreferanseTilGjeldendeDokument><dokumenttype>{kind}</dokumenttype><dokumentidentifikator>{id}</dokumentidentifikator></dokumentreferanseTilGjeldendeDokument>"
            );
        }
        xml += &format!(
            "<inntektsaar>{}</inntektsaar><innsendingsinformasjon><innsendingstype>komplett</innsendingstype><opprettetAv>prøve</opprettetAv>",
            self.year
        );
        if self.purpose {
            xml += "<innsendingsformaal>egenfastsetting</innsendingsformaal>";
        }
        xml + "</innsendingsinformasjon></skattemeldingOgNaeringsspesifikasjonRequest>"
    }
}

pub(crate) const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=grense");

/// A form of one part, byte for byte as curl writes it.
pub(crate) fn form(name: &str, file_name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--grense\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend(content);
    body.extend(b"\r\n--grense--\r\n");
    body
}

pub(crate) fn upload_path(id: &str, year: u16) -> String {
    format!("/api/skattemelding/v2/jobb/{year}/{id}/last-opp.vedlegg")
}

pub(crate) fn start_path(id: &str, year: u16) -> String {
    format!("/api/skattemelding/v2/jobb/{year}/{id}/start")
}

pub(crate) fn status_path(id: &str, year: u16, job: &str) -> String {
    format!("/api/skattemelding/v2/jobb/{year}/{id}/{job}/status")
}

pub(crate) fn result_path(id: &str, year: u16, job: &str) -> String {
    format!("/api/skattemelding/v2/jobb/{year}/{id}/{job}/resultat")
}

pub(crate) fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

pub(crate) fn naering(year: u16) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <naeringsspesifikasjon xmlns=\"{FASTSETTING}:naeringsspesifikasjon:ekstern:v{}\">\
         <partsreferanse>1</partsreferanse><inntektsaar>{year}</inntektsaar><tekst>æøå &amp; år</tekst>\
         </naeringsspesifikasjon>\r\n",
        year - 2019
    )
}

pub(crate) fn tax_return(id: &str, year: u16) -> String {
    let (kind, party) = if id.len() == 11 {
        (format!("skattemelding:ekstern:v{}", year - 2012), "partsreferanse")
    } else {
        (format!("skattemelding:upersonlig:ekstern:v{}", year - 2020), "partsnummer")
    };
    format!(
        "<skattemelding xmlns=\"{FASTSETTING}:{kind}\"><{party}>1</{party}>\
         <inntektsaar>{year}</inntektsaar></skattemelding>"
    )
}

/// The text between two marks.
pub(crate) fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, after) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    after.split_once(to).unwrap_or_else(|| panic!("no {to} in {text}")).0
}

/// Waits for what a task in the background does, a few milliseconds at most.
pub(crate) async fn soon(mut done: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if done() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    false
}
