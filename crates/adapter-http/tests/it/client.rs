//! An adapter for tests, and what its calls need.

use async_trait::async_trait;
use skattebro_adapter_http::{Deadlines, HttpSettings, HttpSkatteetaten};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::{
    Dokumentreferanse, Dokumenttype, Innsendingsformaal, Innsendingsinformasjon, Innsendingstype, JobbId,
    Konvoluttdokument,
};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{
    Body, Call, DocumentSink, MemoryBody, PortError, RequestEnvelope, Subject, Token, TokenSource,
    UploadForm, UploadName,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) const TOKEN: &str = "hemmelig.token.abc";
pub(crate) const ORGANISATION: &str = "974761076";
/// Synthetic.
pub(crate) const PERSON: &str = "17912099997";

/// Counts the tries: each asks for a token.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) asked: AtomicUsize,
    pub(crate) rejected: AtomicUsize,
}

impl Tokens {
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<Token, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(Token::parse(TOKEN).unwrap())
    }

    async fn rejected(&self, token: &Token) {
        assert_eq!(token.expose(), TOKEN);
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }
}

/// With a short pause between tries, and deadlines that no test but those about deadlines reaches.
pub(crate) fn settings(url: &str) -> HttpSettings {
    skattebro_conformance::keep_log();
    let ample = Duration::from_secs(30);
    let deadlines =
        Deadlines { connect: ample, short: ample, upload: ample, download: ample, silence: ample };
    HttpSettings::new(url).unwrap().deadlines(deadlines).read_retries(2, Duration::from_millis(1))
}

/// As [`settings`], for who waits for a call to take too long.
pub(crate) fn hasty(url: &str) -> HttpSettings {
    let connect = Duration::from_secs(30);
    let short = Duration::from_millis(300);
    let deadlines = Deadlines { connect, short, upload: short, download: short, silence: short };
    settings(url).deadlines(deadlines)
}

pub(crate) fn adapter(settings: HttpSettings) -> HttpSkatteetaten {
    HttpSkatteetaten::new(settings, Arc::new(Tokens::default())).unwrap()
}

/// An adapter with ordinary settings.
pub(crate) fn client(url: &str) -> HttpSkatteetaten {
    adapter(settings(url))
}

pub(crate) fn subject_of(identifikator: &str) -> Subject {
    Subject { inntektsaar: "2023".parse().unwrap(), identifikator: identifikator.parse().unwrap() }
}

pub(crate) fn subject() -> Subject {
    subject_of(ORGANISATION)
}

pub(crate) fn call() -> Call {
    Call::new("4f1c-kall".parse().unwrap())
}

pub(crate) fn sink() -> Arc<dyn DocumentSink> {
    Arc::new(MemorySink::default())
}

pub(crate) fn name() -> UploadName {
    UploadName::naeringsspesifikasjon(UploadForm::Plain)
}

pub(crate) fn jobb() -> JobbId {
    "jobb-1".parse().unwrap()
}

pub(crate) fn memory(bytes: impl Into<Vec<u8>>) -> Arc<dyn Body> {
    Arc::new(MemoryBody::new(bytes.into()))
}

/// An envelope with that return inline, a reference, and a reference to the return in force.
pub(crate) fn envelope(skattemelding: Arc<dyn Body>) -> RequestEnvelope {
    let dokumenttype = Dokumenttype::SkattemeldingUpersonlig;
    let dokumenter = vec![
        Konvoluttdokument::inline(dokumenttype, skattemelding),
        Konvoluttdokument::referanse("a7a076307d21385cf50209cebdc2b2886467".parse().unwrap()),
    ];
    let gjeldende =
        vec![Dokumentreferanse { dokumenttype, dokumentidentifikator: "SKI:755:15086617".parse().unwrap() }];
    RequestEnvelope::new("2023".parse().unwrap(), dokumenter, gjeldende, Some(informasjon())).unwrap()
}

/// An envelope as synchronous validation takes it: that return, inline.
pub(crate) fn inline_envelope(skattemelding: Arc<dyn Body>) -> RequestEnvelope {
    let dokumenter = vec![Konvoluttdokument::inline(Dokumenttype::SkattemeldingUpersonlig, skattemelding)];
    RequestEnvelope::new("2023".parse().unwrap(), dokumenter, vec![], Some(informasjon())).unwrap()
}

pub(crate) fn informasjon() -> Innsendingsinformasjon {
    Innsendingsinformasjon {
        innsendingstype: Innsendingstype::Komplett,
        opprettet_av: "prøve".parse().unwrap(),
        tin: None,
        innsendingsformaal: Some(Innsendingsformaal::Egenfastsetting),
    }
}

/// How a call ended, in one line that a table can hold: kind, effect, retry.
pub(crate) fn shown<T>(result: &Result<T, PortError>) -> String {
    let error = match result {
        Ok(_) => return "ok".to_owned(),
        Err(error) => error,
    };
    let effect = match error.effect() {
        Effect::Refused(slug) => format!("refused:{slug}"),
        Effect::NotSent => "not-sent".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    let retry = match error.retry() {
        Retry::Later(None) => "later".to_owned(),
        Retry::Later(Some(wait)) => format!("later:{}s", wait.as_secs()),
        Retry::AFewTimes => "a-few-times".to_owned(),
        Retry::AfterChange => "after-change".to_owned(),
    };
    let about = if error.is_about_referanse() { " about-referanse" } else { "" };
    format!("{:?} {effect} {retry}{about}", error.kind())
}
