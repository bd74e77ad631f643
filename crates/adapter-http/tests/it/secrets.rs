//! Personal numbers, tokens and URLs stay out of errors and logs.

use crate::client::{
    PERSON, TOKEN, adapter, call, hasty, inline_envelope, jobb, memory, name, settings, subject_of,
};
use crate::far::{Far, Nowhere, answer, xml};
use skattebro_adapter_http::HttpSkatteetaten;
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{
    Availability, Body, CurrentReturns, DocumentSink, Jobs, PortError, Uploads, Validations,
};
use std::error::Error;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// Everything that anyone logs in this process, at every level.
#[derive(Clone, Copy)]
struct Log;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        Log
    }
}

pub(crate) fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn listen_to_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(Log)
            .init();
    });
}

/// All that anybody could print of an error.
pub(crate) fn everything(error: &PortError) -> String {
    let mut text =
        format!("{error}\n{error:?}\n{error:#?}\n{}\n{:?}\n", error.with_causes(), error.failure());
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!("{error}\n{error:?}\n");
        cause = error.source();
    }
    text
}

const SECRETS: [&str; 6] = [PERSON, TOKEN, "api/skattemelding", "/jobb/2023", "http://", "Bearer"];

fn assert_clean(text: &str, what: &str) {
    // Not even the half of a number that tells who it is.
    for secret in SECRETS.into_iter().chain([&PERSON[6..]]) {
        assert!(!text.contains(secret), "{secret} in {what}: {text}");
    }
}

/// Every call about a person; the errors of those that fail.
async fn errors(
    adapter: &HttpSkatteetaten,
    sink: Arc<dyn DocumentSink>,
    body: Arc<dyn Body>,
) -> Vec<PortError> {
    let (call, subject) = (&call(), &subject_of(PERSON));
    let envelope = inline_envelope(memory(format!("<a>{PERSON}</a>")));
    let errors = tokio::join!(
        async { adapter.last_opp(call, subject, &name(), body).await.err() },
        async { adapter.start(call, subject, &envelope).await.err() },
        async { adapter.status(call, subject, &jobb()).await.err() },
        async { adapter.resultat(call, subject, &jobb(), sink.clone()).await.err() },
        async { adapter.gjeldende(call, subject, true, sink.clone()).await.err() },
        async { adapter.valider(call, subject, &envelope, sink.clone()).await.err() },
        async { adapter.validertest(call, subject, &envelope, sink.clone()).await.err() },
        async { adapter.ping(call).await.err() },
    );
    let errors: [Option<PortError>; 8] = errors.into();
    errors.into_iter().flatten().collect()
}

async fn check(adapter: &HttpSkatteetaten, what: &str, at_least: usize) {
    let errors = errors(adapter, Arc::new(MemorySink::default()), memory("eA==")).await;
    assert!(errors.len() >= at_least, "{what}: {errors:?}");
    for error in errors {
        assert_clean(&everything(&error), what);
    }
}

/// A sink and a body whose own errors name a file that is called after a person.
#[derive(Debug)]
struct Personal;

fn personal_error() -> io::Error {
    io::Error::other(format!("cannot use /arkiv/{PERSON}/x.xml"))
}

impl DocumentSink for Personal {
    fn store(&self, _: &DocumentHead, _: &mut dyn Read) -> io::Result<StoredDocument> {
        Err(personal_error())
    }
}

impl Body for Personal {
    fn len(&self) -> u64 {
        4
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(personal_error())
    }
}

#[tokio::test]
async fn no_error_and_no_log_shows_a_person_a_token_or_an_address() {
    listen_to_the_log();
    check(&adapter(settings(&Nowhere::new().url())), "nobody listens", 8).await;
    check(&adapter(settings("http://finnes-ikke.invalid")), "no such name", 8).await;

    let silent = Far::silent_after("").await;
    check(&adapter(hasty(&silent.url())), "no answer", 8).await;
    let half = Far::silent_after("HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n<a>").await;
    check(&adapter(hasty(&half.url())), "half an answer", 8).await;
    let closing = Far::answering("").await;
    check(&adapter(settings(&closing.url())), "the connection closes", 8).await;

    let everything_back = format!("{PERSON} {TOKEN} http://x/api/skattemelding/v2/jobb/2023/{PERSON}");
    let masked_by_the_service = format!("Fant ikke {PERSON}, {} {}", &PERSON[..6], &PERSON[6..]);
    for status in [200, 302, 400, 401, 403, 404, 409, 429, 500] {
        for body in [
            String::new(),
            everything_back.clone(),
            format!("<html>{everything_back}</html>"),
            format!(r#"{{"kode":"X-1","melding":"{masked_by_the_service}","korrelasjonsid":"{PERSON}"}}"#),
            format!(r#"{{"type":"/x/{PERSON}","title":"{PERSON}","detail":"{masked_by_the_service}"}}"#),
            format!("<feil><kode>{PERSON}</kode><melding>{masked_by_the_service}</melding></feil>"),
            format!("<p{PERSON}>"),
            format!(
                r#"{{"referanse":"{PERSON} x","jobbStatus":"{PERSON}","jobbId":"{PERSON}/x","ping":"{PERSON}"}}"#
            ),
        ] {
            let location = format!("/api/skattemelding/v2/2023/{PERSON}");
            let far = Far::answering(answer(status, &[("location", &location)], &body)).await;
            check(&adapter(settings(&far.url())), &format!("{status} {body}"), 5).await;
        }
    }

    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    for body in [
        format!("<{root}><a></b{PERSON}></{root}>"),
        format!("<{root}>&p{PERSON};</{root}>"),
        format!("<{root} a='{PERSON}' a='{PERSON}'><"),
        format!(
            "<{root}><dokumenter><dokument><type>{PERSON}</type><content>?</content></dokument></dokumenter>"
        ),
        format!("<{root}><dokumenter><dokument><type>{PERSON}</type><content>PGEvPg==</content></dokument>"),
    ] {
        let far = Far::answering(xml(&body)).await;
        let errors = errors(&adapter(settings(&far.url())), Arc::new(Personal), Arc::new(Personal)).await;
        assert_eq!(errors.len(), 8, "{body}");
        for error in errors {
            assert_clean(&everything(&error), &body);
        }
    }

    let log = String::from_utf8_lossy(&log()).into_owned();
    assert!(
        log.contains("POST /jobb/{inntektsaar}/{identifikator}/last-opp.vedlegg"),
        "the route is logged: {log}"
    );
    assert!(log.contains("4f1c-kall"), "so is the korrelasjonsid");
    assert!(log.contains("starting new connection"), "the libraries below log to the same place");
    for line in log.lines() {
        // The libraries below name the host that they connect to. That is no secret; what follows it is.
        let line = line.replace("http://127.0.0.1", "");
        for secret in SECRETS {
            assert!(!line.contains(secret), "{secret} in the log: {line}");
        }
    }
}
