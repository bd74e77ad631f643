//! A sandbox and the adapter in front of it.

use crate::client::{self, Tokens, call, informasjon, sink, subject};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_adapter_http::{HttpSettings, HttpSkatteetaten};
use skattebro_domain::{Dokumenttype, JobbId, Konvoluttdokument};
use skattebro_ports::{
    CurrentReturns, Jobs, PortError, RequestEnvelope, UploadForm, UploadName, Uploads, Validations,
};
use skattebro_sandbox::{Fault, FaultRule, Sandbox, VirtualClock};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NAMESPACE: &str = "urn:no:skatteetaten:fastsetting:formueinntekt";

/// The base64 text of a næringsspesifikasjon for 2023.
pub(crate) fn specification() -> String {
    STANDARD.encode(format!(
        "<naeringsspesifikasjon xmlns=\"{NAMESPACE}:naeringsspesifikasjon:ekstern:v4\">\
         <partsreferanse>1</partsreferanse><inntektsaar>2023</inntektsaar></naeringsspesifikasjon>"
    ))
}

pub(crate) fn tax_return() -> String {
    format!(
        "<skattemelding xmlns=\"{NAMESPACE}:skattemelding:upersonlig:ekstern:v3\">\
         <partsnummer>1</partsnummer><inntektsaar>2023</inntektsaar></skattemelding>"
    )
}

/// A call, and everything that it needs, prepared before any fault strikes.
pub(crate) struct Service {
    pub(crate) sandbox: Sandbox,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) adapter: HttpSkatteetaten,
    envelope: RequestEnvelope,
    pub(crate) finished: JobbId,
    effects_before: usize,
}

impl Service {
    /// With one finished job, and an envelope that would start another.
    pub(crate) async fn new(settings: impl FnOnce(&str) -> HttpSettings) -> Self {
        let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
        let patient = client::client(&sandbox.url());
        let name = client::name();
        let body = client::memory(specification());
        let referanse = patient.last_opp(&call(), &subject(), &name, body).await.unwrap();
        let gjeldende = patient.gjeldende(&call(), &subject(), false, sink()).await.unwrap();
        let tax_return = client::memory(tax_return());
        let dokumenter = vec![
            Konvoluttdokument::inline(Dokumenttype::SkattemeldingUpersonlig, tax_return),
            Konvoluttdokument::referanse(referanse),
        ];
        let referanser = vec![gjeldende.dokumentreferanse().unwrap()];
        let year = subject().inntektsaar;
        let envelope = RequestEnvelope::new(year, dokumenter, referanser, Some(informasjon())).unwrap();
        let finished = patient.start(&call(), &subject(), &envelope).await.unwrap().jobb_id;
        sandbox.clock().advance(Duration::from_secs(2 * 3600));
        let tokens = Arc::new(Tokens::default());
        let adapter = HttpSkatteetaten::new(settings(&sandbox.url()), tokens.clone()).unwrap();
        let effects_before = sandbox.effects().len();
        Self { sandbox, tokens, adapter, envelope, finished, effects_before }
    }

    /// Makes the call of that name, and shows in one line how it ended.
    pub(crate) async fn shown(&self, route: &str) -> String {
        match self.perform(route).await {
            Ok(()) => "ok".to_owned(),
            Err(error) => client::shown::<()>(&Err(error)),
        }
    }

    pub(crate) async fn perform(&self, route: &str) -> Result<(), PortError> {
        let (adapter, call, subject) = (&self.adapter, &call(), &subject());
        let name = UploadName::naeringsspesifikasjon(UploadForm::Plain);
        match route {
            "last-opp" => {
                adapter.last_opp(call, subject, &name, client::memory(specification())).await.map(drop)
            }
            "start" => adapter.start(call, subject, &self.envelope).await.map(drop),
            "status" => adapter.status(call, subject, &self.finished).await.map(drop),
            "resultat" => adapter.resultat(call, subject, &self.finished, sink()).await.map(|outcome| {
                assert!(outcome.is_some(), "the job is finished");
            }),
            "gjeldende" => adapter.gjeldende(call, subject, false, sink()).await.map(drop),
            "validertest" => {
                let envelope = client::inline_envelope(client::memory(tax_return()));
                adapter.validertest(call, subject, &envelope, sink()).await.map(drop)
            }
            other => panic!("no route {other}"),
        }
    }

    /// Has the fault strike every request of the route, makes the call, and says how often the service saw a request and how
    /// many changes it made.
    pub(crate) async fn struck(&self, route: &str, fault: Fault) -> (String, u32, usize) {
        const MANY: u32 = 1000;
        self.sandbox.inject(FaultRule::next(route, MANY, fault));
        let shown = self.shown(route).await;
        let seen = MANY - rule_left(&self.sandbox).await;
        (shown, seen, self.sandbox.effects().len() - self.effects_before)
    }
}

/// How often the one rule of a sandbox will strike yet. It tells over HTTP only.
pub(crate) async fn rule_left(sandbox: &Sandbox) -> u32 {
    let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    let request = "GET /sandbox/faults HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, left) = answer.split_once("\"next\":").unwrap_or_else(|| panic!("{answer}"));
    left.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}
