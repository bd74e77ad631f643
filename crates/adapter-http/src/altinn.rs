//! The instances of the app in Altinn.

mod problem;
mod wire;

use crate::body::Outgoing;
use crate::send::{Request, Sender};
use crate::settings::{HttpSettings, SettingsError};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use skattebro_codec::envelope_len;
use skattebro_domain::altinn::{
    APP_ID, DataId, Dataelement, Instans, InstansId, MAX_ENVELOPE_BYTES, MAX_VEDLEGG_BYTES, Metadata, PartId,
    Prosess,
};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::{Identifikator, Inntektsaar, ValidationOutcome};
use skattebro_ports::{
    Altinn, Api, Call, DocumentSink, ErrorKind, PortError, RequestEnvelope, TokenSource, Vedlegg,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wire::Profile;

pub(crate) use problem::{parse as parse_problem, passes_by_itself};

const JSON: &str = "application/json";
const XML: &str = "text/xml";
const ENVELOPE_NAME: &str = "skattemeldingOgNaeringsspesifikasjon.xml";

/// Where Altinn is. Source: contract page `altinn.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AltinnAddresses {
    /// The app's address: that of [`HttpAltinn`].
    pub app: String,
    /// The platform's, where tokens are exchanged.
    pub platform: String,
}

impl AltinnAddresses {
    /// Where everything is real.
    pub fn production() -> Self {
        Self {
            app: format!("https://skd.apps.altinn.no/{APP_ID}"),
            platform: "https://platform.altinn.no".to_owned(),
        }
    }

    /// The test environment.
    pub fn test() -> Self {
        Self {
            app: format!("https://skd.apps.tt02.altinn.no/{APP_ID}"),
            platform: "https://platform.tt02.altinn.no".to_owned(),
        }
    }

    /// Both on one server, such as a sandbox.
    pub fn on(server: &str) -> Self {
        let server = server.trim_end_matches('/');
        Self { app: format!("{server}/{APP_ID}"), platform: server.to_owned() }
    }
}

/// The app `skd/formueinntekt-skattemelding-v2` over HTTP. Its tokens are Altinn's own.
///
/// Cheap to clone; clones share connections, and what they know of parties.
#[derive(Debug, Clone)]
pub struct HttpAltinn {
    sender: Arc<Sender>,
    parties: Arc<Mutex<HashMap<Identifikator, PartId>>>,
}

impl HttpAltinn {
    /// The app at the address of `settings` ([`AltinnAddresses::app`]), with tokens from `tokens`. Connects to nothing yet. The largest
    /// request is the app's, whatever the settings say.
    ///
    /// # Errors
    /// If the settings cannot be used on this machine.
    pub fn new(settings: HttpSettings, tokens: Arc<dyn TokenSource>) -> Result<Self, SettingsError> {
        let settings = settings.max_request_bytes(MAX_ENVELOPE_BYTES);
        Ok(Self { sender: Arc::new(Sender::new(settings, tokens)?), parties: Arc::default() })
    }

    /// Tells Altinn's number of a party, which otherwise is taken from its instances, or asked for.
    pub fn with_part(self, eier: Identifikator, part: PartId) -> Self {
        self.remember(eier, part);
        self
    }

    /// Asks the app for a sign of life, by a look at the profile of whose token it is; `part` is whom the token is for. Changes nothing.
    ///
    /// # Errors
    /// Those of every call.
    pub async fn profil(&self, call: &Call, part: Option<&Identifikator>) -> Result<(), PortError> {
        let request = Request {
            api: Api::Altinn,
            operation: "the look at the profile in Altinn",
            route: "GET /api/v1/profile/user",
            only_looks: true,
            method: Method::GET,
            path: ["api", "v1", "profile", "user"].map(str::to_owned).into(),
            query: None,
            accept: JSON,
            body: None,
            answer_within: self.sender.settings.deadlines.short,
            deadline: self.sender.settings.deadlines.short,
            with_token: true,
            part: part.cloned(),
        };
        self.understood(call, &request, |json| json.is_object().then_some(())).await
    }

    fn remember(&self, eier: Identifikator, part: PartId) -> PartId {
        self.parties.lock().unwrap_or_else(PoisonError::into_inner).insert(eier, part.clone());
        part
    }

    /// Every request of this app.
    fn request(
        &self,
        eier: &Identifikator,
        operation: &'static str,
        route: &'static str,
        method: Method,
        path: &[&str],
    ) -> Request {
        Request {
            api: Api::Altinn,
            operation,
            route,
            only_looks: method == Method::GET,
            method,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query: None,
            accept: JSON,
            body: None,
            answer_within: self.sender.settings.deadlines.short,
            deadline: self.sender.settings.deadlines.short,
            with_token: true,
            part: Some(eier.clone()),
        }
    }

    /// Sends a request and understands the JSON of its answer.
    async fn understood<T>(
        &self,
        call: &Call,
        request: &Request,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, PortError> {
        let (status, body) = self.sender.send_for_body(call, request).await?;
        let json = serde_json::from_slice::<Value>(&body).ok();
        json.as_ref().and_then(read).ok_or_else(|| self.not_the_contract(call, request, status, &body))
    }

    /// Sends a request whose answer says nothing that is needed; but a gateway's page is no answer of the app's.
    async fn done(&self, call: &Call, request: &Request) -> Result<(), PortError> {
        let (status, body): (StatusCode, Bytes) = self.sender.send_for_body(call, request).await?;
        let is_its_answer =
            body.trim_ascii().is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        if is_its_answer { Ok(()) } else { Err(self.not_the_contract(call, request, status, &body)) }
    }

    fn not_the_contract(&self, call: &Call, request: &Request, status: StatusCode, body: &[u8]) -> PortError {
        self.sender.not_the_contract(call, request, status, body)
    }

    /// The year in an instance's metadata element; `None` if it tells none.
    async fn year_of(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
    ) -> Result<Option<Inntektsaar>, PortError> {
        let route = "GET /instances/{instansId}/data/{dataId}";
        let path = ["instances", instans.part().as_str(), instans.guid(), "data", element.as_str()];
        let request = self.request(eier, "the look at an instance's metadata", route, Method::GET, &path);
        match self.understood(call, &request, |json| Some(wire::year(json))).await {
            Ok(year) => Ok(year),
            // What is no metadata tells no year. That is no reason not to see the rest.
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Forbidden | ErrorKind::Unreadable => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    /// Altinn's number of a party: told, seen, or asked for.
    async fn part(&self, call: &Call, eier: &Identifikator) -> Result<PartId, PortError> {
        let known = self.parties.lock().unwrap_or_else(PoisonError::into_inner).get(eier).cloned();
        if let Some(part) = known {
            return Ok(part);
        }
        let path = ["api", "v1", "profile", "user"];
        let operation = "the look for the party's number in Altinn";
        let request = self.request(eier, operation, "GET /api/v1/profile/user", Method::GET, &path);
        let profile = self.understood(call, &request, |json| Some(wire::profile(json, eier))).await?;
        match profile {
            Profile::Theirs(part) => Ok(self.remember(eier.clone(), part)),
            // It is their own return that a person files.
            Profile::Unnamed(part) if eier.is_person() => Ok(self.remember(eier.clone(), part)),
            other => match (self.among_parties(call, eier).await?, other) {
                (Some(part), _) => Ok(self.remember(eier.clone(), part)),
                // Nobody tells better. It is not kept: the next instance may.
                (None, Profile::Unnamed(part)) => Ok(part),
                (None, _) => {
                    let detail =
                        "Altinn does not tell the number of this party to the owner of this token; set it";
                    Err(self.sender.error(call, &request, ErrorKind::NotFound, Effect::Done, detail))
                }
            },
        }
    }

    /// The number of a party that the owner of the token may act for, as every Altinn app tells it.
    async fn among_parties(&self, call: &Call, eier: &Identifikator) -> Result<Option<PartId>, PortError> {
        let operation = "the look for the parties that one may act for in Altinn";
        let path = ["api", "v1", "parties"];
        let mut request = self.request(eier, operation, "GET /api/v1/parties", Method::GET, &path);
        request.query = Some("allowedToInstantiateFilter=true");
        match self.understood(call, &request, |json| Some(wire::among(json, eier))).await {
            Ok(part) => Ok(part),
            // Not every service tells it.
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Forbidden | ErrorKind::Unreadable => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    /// Puts something in, in place of an element if one is given.
    async fn put_in(
        &self,
        call: &Call,
        mut request: Request,
        content_type: &str,
        body: Outgoing,
        erstatter: Option<&DataId>,
    ) -> Result<Dataelement, PortError> {
        request.answer_within = self.sender.settings.deadlines.for_streaming(body.len());
        request.deadline = request.answer_within;
        request.body = Some((content_type.to_owned(), body));
        self.understood(call, &request, |json| wire::dataelement(json, erstatter)).await
    }

    fn check_size(
        &self,
        call: &Call,
        request: &Request,
        what: &str,
        len: u64,
        limit: u64,
    ) -> Result<(), PortError> {
        if len <= limit {
            return Ok(());
        }
        let detail = format!("{what} is {len} bytes, and the service takes {limit}");
        Err(self.sender.error(call, request, ErrorKind::TooLarge, Effect::NotSent, detail))
    }
}

fn metadata_json(metadata: &Metadata) -> Value {
    json!({
        "inntektsaar": metadata.inntektsaar.get(),
        "skalBekreftesAvRevisor": metadata.skal_bekreftes_av_revisor,
    })
}

#[async_trait]
impl Altinn for HttpAltinn {
    async fn opprett(
        &self,
        call: &Call,
        eier: &Identifikator,
        metadata: &Metadata,
    ) -> Result<Instans, PortError> {
        let path = ["instances", ""];
        let mut request =
            self.request(eier, "the creation of an instance", "POST /instances/", Method::POST, &path);
        let number = if eier.is_person() { "personNumber" } else { "organisationNumber" };
        let body = json!({
            "instanceOwner": { number: eier.as_str() },
            "appId": APP_ID,
            "dataValues": metadata_json(metadata),
        });
        request.body = Some((JSON.to_owned(), Outgoing::small(body.to_string())));
        let made = self.understood(call, &request, |json| wire::instans(json, None)).await?;
        self.remember(eier.clone(), made.id.part().clone());
        Ok(made)
    }

    async fn aapne(&self, call: &Call, eier: &Identifikator) -> Result<Vec<InstansId>, PortError> {
        let part = self.part(call, eier).await?;
        let path = ["instances", part.as_str(), "active"];
        let route = "GET /instances/{partyId}/active";
        let request = self.request(eier, "the look for open instances", route, Method::GET, &path);
        self.understood(call, &request, wire::open).await
    }

    async fn se(&self, call: &Call, eier: &Identifikator, instans: &InstansId) -> Result<Instans, PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid()];
        let route = "GET /instances/{instansId}";
        let request = self.request(eier, "the look at an instance", route, Method::GET, &path);
        let mut seen = self.understood(call, &request, |json| wire::instans(json, Some(instans))).await?;
        if let Some(owner) = &seen.eier {
            self.remember(owner.clone(), seen.id.part().clone());
        }
        if let (None, Some(element)) = (seen.inntektsaar, &seen.metadata) {
            seen.inntektsaar = self.year_of(call, eier, instans, element).await?;
        }
        Ok(seen)
    }

    async fn sett_metadata(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        metadata: &Metadata,
    ) -> Result<(), PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid(), "data", element.as_str()];
        let route = "PUT /instances/{instansId}/data/{dataId}";
        let operation = "the setting of an instance's metadata";
        let mut request = self.request(eier, operation, route, Method::PUT, &path);
        request.body = Some((JSON.to_owned(), Outgoing::small(metadata_json(metadata).to_string())));
        self.done(call, &request).await
    }

    async fn last_opp_konvolutt(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        erstatter: Option<&DataId>,
        konvolutt: &RequestEnvelope,
    ) -> Result<Dataelement, PortError> {
        let operation = "the upload of the envelope";
        let mut path = vec!["instances", instans.part().as_str(), instans.guid(), "data"];
        let request = match erstatter {
            Some(element) => {
                path.push(element.as_str());
                self.request(eier, operation, "PUT /instances/{instansId}/data/{dataId}", Method::PUT, &path)
            }
            None => {
                let request =
                    self.request(eier, operation, "POST /instances/{instansId}/data", Method::POST, &path);
                Request { query: Some("dataType=skattemeldingOgNaeringsspesifikasjon"), ..request }
            }
        };
        let len = envelope_len(konvolutt, |body| body.len());
        self.check_size(call, &request, "the envelope", len, MAX_ENVELOPE_BYTES)?;
        let body = Outgoing::envelope(konvolutt.clone(), len).named(ENVELOPE_NAME);
        self.put_in(call, request, XML, body, erstatter).await
    }

    async fn last_opp_vedlegg(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        vedlegg: &Vedlegg,
    ) -> Result<Dataelement, PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid(), "data"];
        let route = "POST /instances/{instansId}/data";
        let request = self.request(eier, "the upload of an attachment", route, Method::POST, &path);
        let request = Request { query: Some("dataType=skattemelding-vedlegg"), ..request };
        self.check_size(call, &request, "the attachment", vedlegg.body.len(), MAX_VEDLEGG_BYTES)?;
        let body = Outgoing::plain(vedlegg.body.clone()).named(vedlegg.navn.as_str());
        self.put_in(call, request, vedlegg.kind.content_type(), body, None).await
    }

    async fn slett(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
    ) -> Result<(), PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid(), "data", element.as_str()];
        let route = "DELETE /instances/{instansId}/data/{dataId}";
        let request = self.request(eier, "the removal of a data element", route, Method::DELETE, &path);
        match self.done(call, &request).await {
            // The app itself says that it is not there.
            Err(error) if error.kind() == ErrorKind::NotFound && error.problem().is_some() => Ok(()),
            done => done,
        }
    }

    async fn neste(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
    ) -> Result<Prosess, PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid(), "process", "next"];
        let route = "PUT /instances/{instansId}/process/next";
        let request = self.request(eier, "the next step of the process", route, Method::PUT, &path);
        self.understood(call, &request, wire::prosess).await
    }

    async fn kvittering(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let path = ["instances", instans.part().as_str(), instans.guid(), "data", element.as_str()];
        let route = "GET /instances/{instansId}/data/{dataId}";
        let mut request = self.request(eier, "the fetching of the receipt", route, Method::GET, &path);
        request.accept = "text/xml, application/xml";
        request.deadline = self.sender.settings.deadlines.download;
        self.sender.outcome(call, &request, sink).await?.ok_or_else(|| {
            let detail = "HTTP 204 instead of the receipt";
            let error = self.sender.error(call, &request, ErrorKind::Unreadable, Effect::Done, detail);
            error.with_retry(Retry::AFewTimes)
        })
    }
}
