//! A bridge over the real HTTP adapter, against a sandbox in this process, on one stepped clock: hours pass in milliseconds.

// Each test binary uses its own part of this.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod clock;
pub(crate) mod documents;
pub(crate) mod watched;

use clock::SteppedClock;
use documents::ORG;
use skattebro::domain::filing::FilingEnd;
use skattebro::domain::{Identifikator, Inntektsaar, Konvoluttdokument, Referanse};
use skattebro::http::{Deadlines, HttpSettings, HttpSkatteetaten};
use skattebro::ports::fakes::{MemorySink, StaticToken};
use skattebro::ports::{Body, MemoryBody, RequestEnvelope, Subject, Token};
use skattebro::{DocumentSource, Event, Events, Skattebro, Validated, ValidationError, ValidationRequest};
use skattebro_sandbox::{Effect, Sandbox, SandboxBuilder, Scenario, VirtualClock, What};
use std::sync::Arc;
use std::time::Duration;
use watched::Watched;

/// A sandbox, and a bridge to it.
pub(crate) struct Play {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clock: Arc<SteppedClock>,
    pub(crate) calls: Arc<Watched>,
    pub(crate) bridge: Skattebro,
}

/// How a play differs from the usual one.
pub(crate) struct Setting {
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) deadlines: Deadlines,
    pub(crate) max_request_bytes: u64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            scenario: Scenario::ok(),
            seed: 0,
            deadlines: Deadlines::default(),
            max_request_bytes: 25_000_000,
        }
    }
}

impl Play {
    pub(crate) async fn new() -> Self {
        Self::with(Setting::default()).await
    }

    pub(crate) async fn of(scenario: Scenario) -> Self {
        Self::with(Setting { scenario, ..Setting::default() }).await
    }

    pub(crate) async fn with(setting: Setting) -> Self {
        skattebro_conformance::keep_log();
        let builder: SandboxBuilder = Sandbox::builder().clock(VirtualClock::stepped());
        let builder = builder.scenario(setting.scenario).seed(setting.seed);
        let sandbox = Arc::new(builder.start().await.unwrap());
        // The adapter repeats nothing by itself, so that every request is the workflow's own.
        let settings = HttpSettings::new(&sandbox.url()).unwrap();
        let settings = settings
            .deadlines(setting.deadlines)
            .max_request_bytes(setting.max_request_bytes)
            .read_retries(0, Duration::ZERO);
        let http = HttpSkatteetaten::new(settings, Arc::new(token())).unwrap();
        let calls = Arc::new(Watched::new(http, sandbox.clock().clone()));
        let clock = Arc::new(SteppedClock::new(sandbox.clone(), calls.clone()));
        let bridge = Skattebro::builder()
            .skatteetaten(calls.clone())
            .clock(clock.clone())
            .max_request_bytes(setting.max_request_bytes)
            .build()
            .unwrap();
        Self { sandbox, clock, calls, bridge }
    }

    pub(crate) fn effects(&self) -> Effects {
        Effects(self.sandbox.effects())
    }

    /// Another client of the same party: starts a job with what was uploaded.
    pub(crate) fn another_client(&self) -> impl Future<Output = ()> + Send + 'static {
        let bridge = Skattebro::builder().server(self.sandbox.url()).token("another").build().unwrap();
        let sandbox = self.sandbox.clone();
        async move {
            let subject = Subject { inntektsaar: year(2023), identifikator: party(ORG) };
            let sink = Arc::new(MemorySink::default());
            let call = bridge.new_call();
            let gjeldende = bridge.current_returns().gjeldende(&call, &subject, false, sink).await.unwrap();
            let referanse: Referanse = Effects(sandbox.effects()).uploads()[0].parse().unwrap();
            let body: Arc<dyn Body> = Arc::new(MemoryBody::new(documents::skattemelding()));
            let kind = gjeldende.dokumentreferanse().unwrap().dokumenttype;
            let dokumenter =
                vec![Konvoluttdokument::inline(kind, body), Konvoluttdokument::referanse(referanse)];
            let gjeldende = vec![gjeldende.dokumentreferanse().unwrap()];
            let envelope = RequestEnvelope::new(year(2023), dokumenter, gjeldende, None).unwrap();
            bridge.jobs().start(&call, &subject, &envelope).await.unwrap();
        }
    }
}

/// What the sandbox changed.
#[derive(Debug)]
pub(crate) struct Effects(pub(crate) Vec<Effect>);

impl Effects {
    /// The references of stored uploads.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let referanse = |effect: &Effect| match &effect.what {
            What::UploadStored { referanse } => Some(referanse.clone()),
            _ => None,
        };
        self.0.iter().filter_map(referanse).collect()
    }

    /// The jobs that were started, and when.
    pub(crate) fn started(&self) -> Vec<(String, Duration)> {
        let job = |effect: &Effect| match &effect.what {
            What::JobStarted { jobb_id, .. } => Some((jobb_id.clone(), effect.at)),
            _ => None,
        };
        self.0.iter().filter_map(job).collect()
    }

    /// The references that jobs were started with.
    pub(crate) fn used(&self) -> Vec<String> {
        let referanse = |effect: &Effect| match &effect.what {
            What::JobStarted { referanse, .. } => Some(referanse.clone()),
            _ => None,
        };
        self.0.iter().filter_map(referanse).collect()
    }

    /// The jobs that were aborted.
    pub(crate) fn aborted(&self) -> Vec<String> {
        let job = |effect: &Effect| match &effect.what {
            What::JobAborted { jobb_id, .. } => Some(jobb_id.clone()),
            _ => None,
        };
        self.0.iter().filter_map(job).collect()
    }

    /// So many uploads, jobs started and jobs aborted.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        (self.uploads().len(), self.started().len(), self.aborted().len())
    }
}

pub(crate) fn year(year: u16) -> Inntektsaar {
    year.try_into().unwrap()
}

pub(crate) fn party(identifikator: &str) -> Identifikator {
    identifikator.parse().unwrap()
}

pub(crate) fn token() -> StaticToken {
    StaticToken::new(Token::parse("hemmelig").unwrap())
}

/// A document in memory.
pub(crate) fn bytes(name: &str, content: impl Into<Vec<u8>>) -> DocumentSource {
    DocumentSource::Bytes(name.to_owned(), content.into().into())
}

/// A small return of a company for 2023, with its næringsspesifikasjon; what comes back goes to `sink`.
pub(crate) fn request(sink: &Arc<MemorySink>) -> ValidationRequest {
    without_naering(sink)
        .naeringsspesifikasjon(bytes("naeringsspesifikasjon.xml", documents::naeringsspesifikasjon()))
}

pub(crate) fn without_naering(sink: &Arc<MemorySink>) -> ValidationRequest {
    ValidationRequest::new(year(2023), party(ORG))
        .skattemelding(bytes("skattemelding.xml", documents::skattemelding()))
        .sink(sink.clone())
}

/// What the sandbox gives back for [`request`]: what was sent, byte for byte, and the computed tax.
pub(crate) fn assert_came_back_whole(sink: &MemorySink) {
    let documents = sink.documents();
    let of = |wanted: &str| {
        let found: Vec<_> = documents.iter().filter(|(kind, _)| kind == wanted).collect();
        assert_eq!(found.len(), 1, "{wanted}, once");
        &found[0].1
    };
    assert!(of("skattemeldingUpersonligEtterBeregning") == &documents::skattemelding(), "the return");
    assert!(
        of("naeringsspesifikasjonEtterBeregning") == &documents::naeringsspesifikasjon(),
        "the specification"
    );
    assert!(!of("beregnetSkattUpersonlig").is_empty());
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Waits for what a task in the background does. Real time, since nothing tells: a millisecond or two.
pub(crate) async fn soon(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..5000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it did not happen in five seconds: {what}");
}

pub(crate) fn sink() -> Arc<MemorySink> {
    Arc::default()
}

/// How it ended, if not well.
pub(crate) fn end_of(outcome: Result<Validated, ValidationError>) -> FilingEnd {
    match outcome {
        Err(ValidationError::Ended { end, .. }) => *end,
        other => panic!("it should have ended without an outcome: {other:?}"),
    }
}

pub(crate) async fn all(mut events: Events) -> Vec<Event> {
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        seen.push(event);
    }
    seen
}

/// The statuses that a job was seen in, one after the other.
pub(crate) fn statuses(events: &[Event]) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for event in events {
        if let Event::Job(_, tilstand) = event
            && seen.last().map(String::as_str) != Some(tilstand.jobb_status.as_str())
        {
            seen.push(tilstand.jobb_status.to_string());
        }
    }
    seen
}
