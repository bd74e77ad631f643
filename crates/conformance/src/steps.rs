//! What the cases have in common: whom they are about, and the steps of a filing.

use crate::World;
use crate::documents::{Packed, naeringsspesifikasjon, skattemelding};
use skattebro_domain::flow::Effect;
use skattebro_domain::{
    Dokumentidentifikator, Dokumentreferanse, Gjeldende, Innsendingsformaal, Innsendingsinformasjon,
    Innsendingstype, JobbId, JobbStatus, Konvoluttdokument, Referanse, ValidationOutcome,
};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{Body, Call, MemoryBody, PortError, RequestEnvelope, Started, Subject};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) fn subject(inntektsaar: u16, identifikator: &str) -> Subject {
    Subject { inntektsaar: inntektsaar.try_into().unwrap(), identifikator: identifikator.parse().unwrap() }
}

pub(crate) fn organisation() -> Subject {
    subject(2023, "974761076")
}

/// Another than [`organisation`].
pub(crate) fn other_organisation() -> Subject {
    subject(2023, "310817074")
}

/// A synthetic one.
pub(crate) fn person() -> Subject {
    subject(2023, "17912099997")
}

/// A call with an id of its own.
pub(crate) fn call() -> Call {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    Call::new(format!("samsvar-{id}").parse().unwrap())
}

/// An id of the right shape that no service has handed out.
pub(crate) const UNKNOWN: &str = "ffffffffffffffffffffffffffffffffffff";

pub(crate) async fn upload(world: &dyn World, subject: &Subject) -> Referanse {
    upload_packed(world, subject, &Packed::plain(naeringsspesifikasjon(subject.inntektsaar))).await
}

pub(crate) async fn upload_packed(world: &dyn World, subject: &Subject, packed: &Packed) -> Referanse {
    world.uploads().last_opp(&call(), subject, &packed.name, packed.body()).await.unwrap()
}

pub(crate) async fn gjeldende(world: &dyn World, subject: &Subject) -> Gjeldende {
    let sink = Arc::new(MemorySink::default());
    world.current_returns().gjeldende(&call(), subject, false, sink).await.unwrap()
}

/// The reference that the subject's envelopes must carry.
pub(crate) async fn current(world: &dyn World, subject: &Subject) -> Dokumentreferanse {
    gjeldende(world, subject).await.dokumentreferanse().unwrap()
}

/// A reference to a return that is not in force.
pub(crate) fn not_current(subject: &Subject) -> Dokumentreferanse {
    let dokumentidentifikator: Dokumentidentifikator = "SKI:755:1".parse().unwrap();
    Dokumentreferanse { dokumenttype: skattemelding(subject).0, dokumentidentifikator }
}

/// The subject's return, and what goes with it.
pub(crate) fn envelope(
    subject: &Subject,
    with: Option<Konvoluttdokument<Arc<dyn Body>>>,
    current: Option<Dokumentreferanse>,
) -> RequestEnvelope {
    let (dokumenttype, xml) = skattemelding(subject);
    let body: Arc<dyn Body> = Arc::new(MemoryBody::new(xml));
    let mut dokumenter = vec![Konvoluttdokument::inline(dokumenttype, body)];
    dokumenter.extend(with);
    let informasjon = Innsendingsinformasjon {
        innsendingstype: Innsendingstype::Komplett,
        opprettet_av: "samsvar".parse().unwrap(),
        tin: None,
        innsendingsformaal: Some(Innsendingsformaal::Egenfastsetting),
    };
    RequestEnvelope::new(subject.inntektsaar, dokumenter, current.into_iter().collect(), Some(informasjon))
        .unwrap()
}

/// The envelope of a job for an upload.
pub(crate) async fn job_envelope(
    world: &dyn World,
    subject: &Subject,
    referanse: Referanse,
) -> RequestEnvelope {
    let current = current(world, subject).await;
    envelope(subject, Some(Konvoluttdokument::referanse(referanse)), Some(current))
}

/// Uploads and starts.
pub(crate) async fn start(world: &dyn World, subject: &Subject) -> Started {
    let referanse = upload(world, subject).await;
    start_with(world, subject, referanse).await.unwrap()
}

pub(crate) async fn start_with(
    world: &dyn World,
    subject: &Subject,
    referanse: Referanse,
) -> Result<Started, PortError> {
    let envelope = job_envelope(world, subject, referanse).await;
    world.jobs().start(&call(), subject, &envelope).await
}

pub(crate) async fn status(world: &dyn World, subject: &Subject, jobb: &JobbId) -> JobbStatus {
    world.jobs().status(&call(), subject, jobb).await.unwrap().jobb_status
}

pub(crate) async fn resultat(
    world: &dyn World,
    subject: &Subject,
    jobb: &JobbId,
) -> (Option<ValidationOutcome>, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::default());
    let outcome = world.jobs().resultat(&call(), subject, jobb, sink.clone()).await.unwrap();
    (outcome, sink)
}

/// The document of that type, which must be there once, be what the outcome says of it, and be in the sink.
pub(crate) fn document(outcome: &ValidationOutcome, sink: &MemorySink, dokumenttype: &str) -> Vec<u8> {
    let mut found = outcome.dokumenter.iter().filter(|document| document.dokumenttype == dokumenttype);
    let document = found.next().unwrap_or_else(|| panic!("no {dokumenttype} in {outcome:?}"));
    assert!(found.next().is_none(), "more than one {dokumenttype} in {outcome:?}");
    let bytes = sink.document(&document.stored.name).expect("what the outcome names is in the sink");
    let as_it_is = MemoryBody::new(bytes.clone());
    assert_eq!((document.stored.bytes, document.stored.sha256), (as_it_is.len(), as_it_is.sha256()));
    bytes
}

/// That the service refused, and that nothing changed there.
pub(crate) fn assert_refused(error: &PortError) {
    assert!(matches!(error.effect(), Effect::Refused(_)), "{error:?}");
    assert!(error.problem().is_some(), "what the service said is kept: {error:?}");
}
