//! What a fake of Altinn does beside the port: it sets the traps that a test wants, and shows what it holds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use skattebro_domain::altinn::{Datatype, Instans, InstansId, Metadata, Prosess, Skanning};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::{Dokumenttype, Identifikator, Konvoluttdokument, ResultatAvValidering};
use skattebro_ports::fakes::{FakeAltinn, FakeFailure, ManualClock, MemorySink};
use skattebro_ports::{
    Altinn, AltinnJobs, Body, Call, ErrorKind, FILE_INFECTED, MemoryBody, PortError, RequestEnvelope, Subject,
};
use std::sync::Arc;
use std::time::Duration;

fn call() -> Call {
    Call::new("kall-1".parse().unwrap())
}

fn owner() -> Identifikator {
    "974761076".parse().unwrap()
}

fn metadata(revisor: bool) -> Metadata {
    Metadata { inntektsaar: "2023".parse().unwrap(), skal_bekreftes_av_revisor: revisor }
}

fn konvolutt() -> RequestEnvelope {
    let body: Arc<dyn Body> = Arc::new(MemoryBody::new("<a/>"));
    let dokumenter = vec![Konvoluttdokument::inline(Dokumenttype::SkattemeldingUpersonlig, body)];
    RequestEnvelope::new("2023".parse().unwrap(), dokumenter, vec![], None).unwrap()
}

fn service() -> (FakeAltinn, ManualClock) {
    let clock = ManualClock::default();
    (FakeAltinn::new(clock.clone()), clock)
}

async fn filled(service: &FakeAltinn, clock: &ManualClock, revisor: bool) -> Instans {
    let instans = service.opprett(&call(), &owner(), &metadata(revisor)).await.unwrap();
    service.last_opp_konvolutt(&call(), &owner(), &instans.id, None, &konvolutt()).await.unwrap();
    clock.advance(Duration::from_secs(10));
    instans
}

async fn neste(service: &FakeAltinn, instans: &InstansId) -> Result<Prosess, PortError> {
    service.neste(&call(), &owner(), instans).await
}

fn slug(result: Result<Prosess, PortError>) -> String {
    let error = result.unwrap_err();
    let Effect::Refused(slug) = error.effect() else { panic!("{error:?}") };
    slug.to_string()
}

#[tokio::test]
async fn a_year_that_is_0_stops_the_process_until_it_is_set() {
    let (service, clock) = service();
    service.forgets_the_year(true);
    let instans = filled(&service, &clock, false).await;
    assert_eq!(instans.inntektsaar, None);
    assert_eq!(slug(neste(&service, &instans.id).await), "altinn-409");
    let element = instans.metadata.unwrap();
    service.sett_metadata(&call(), &owner(), &instans.id, &element, &metadata(false)).await.unwrap();
    assert_eq!(neste(&service, &instans.id).await.unwrap(), Prosess::Bekreftelse);
}

#[tokio::test]
async fn exactly_one_envelope_must_be_there() {
    let (service, clock) = service();
    let instans = service.opprett(&call(), &owner(), &metadata(false)).await.unwrap().id;
    assert_eq!(slug(neste(&service, &instans).await), "altinn-409");
    for _ in 0..2 {
        service.last_opp_konvolutt(&call(), &owner(), &instans, None, &konvolutt()).await.unwrap();
    }
    clock.advance(Duration::from_secs(10));
    assert_eq!(slug(neste(&service, &instans).await), "altinn-409");
    assert_eq!(service.konvolutter(&instans).len(), 2);
    assert_eq!(service.instanser()[0].prosess, Prosess::Data);
}

#[tokio::test]
async fn what_is_infected_stops_the_process() {
    let (service, clock) = service();
    service.scan_finds(Skanning::Infected);
    service.scan_takes(Duration::ZERO);
    let instans = filled(&service, &clock, false).await.id;
    let error = neste(&service, &instans).await.unwrap_err();
    assert_eq!((error.retry(), error.problem().unwrap().slug.as_str()), (Retry::AfterChange, FILE_INFECTED));
}

#[tokio::test]
async fn an_auditor_confirms_after_the_taxpayer_and_nobody_else_can() {
    let (service, clock) = service();
    let instans = filled(&service, &clock, true).await.id;
    assert!(!service.person_confirms(&instans) && !service.auditor_confirms(&instans), "not yet");
    neste(&service, &instans).await.unwrap();
    assert!(service.person_confirms(&instans));
    assert_eq!(service.instanser()[0].prosess, Prosess::Revisor);
    assert_eq!(neste(&service, &instans).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(service.auditor_confirms(&instans));
    assert_eq!(service.instanser()[0].prosess, Prosess::Tilbakemelding);
    assert_eq!(slug(neste(&service, &instans).await), "altinn-409");
}

#[tokio::test]
async fn a_machine_that_confirms_by_itself_hears_of_it_in_the_receipt() {
    let (service, clock) = service();
    service.receipt_takes(Duration::from_secs(5));
    service.confirms_as_a_machine(true);
    let instans = filled(&service, &clock, false).await.id;
    for _ in 0..2 {
        neste(&service, &instans).await.unwrap();
    }
    clock.advance(Duration::from_secs(4));
    assert_eq!(service.instanser()[0].prosess, Prosess::Tilbakemelding);
    clock.advance(Duration::from_secs(1));
    let seen = service.instanser().remove(0);
    assert_eq!(seen.prosess, Prosess::Avsluttet);
    let receipt = seen.av(&Datatype::Tilbakemelding).next().unwrap();
    let sink = Arc::new(MemorySink::default());
    let outcome = service.kvittering(&call(), &owner(), &instans, &receipt.id, sink).await.unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
    assert_eq!(outcome.aarsaker, ["innkommendeForespoerselManglerSporTilUtfoerende"]);
}

#[tokio::test]
async fn a_failure_after_the_work_leaves_it_done() {
    let (service, clock) = service();
    service.fail_next(FakeFailure::lost_before());
    service.fail_next(FakeFailure::lost_after());
    for count in [0, 1] {
        let error = service.opprett(&call(), &owner(), &metadata(false)).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::ConnectionLost, &Effect::Unknown));
        assert_eq!(service.instanser().len(), count);
    }
    let instans = filled(&service, &clock, false).await.id;
    service.fail_next(FakeFailure::lost_after());
    neste(&service, &instans).await.unwrap_err();
    assert_eq!(service.instanser()[1].prosess, Prosess::Bekreftelse, "a second step would be one too many");
}

#[tokio::test]
async fn a_job_wants_one_envelope_that_was_scanned() {
    let (service, clock) = service();
    let subject = Subject { inntektsaar: "2023".parse().unwrap(), identifikator: owner() };
    let instans = service.opprett(&call(), &owner(), &metadata(false)).await.unwrap().id;
    let refused = service.start(&call(), &subject, &instans).await.unwrap_err();
    assert_eq!(refused.problem().unwrap().slug.as_str(), "FAKE-konvolutt");
    service.last_opp_konvolutt(&call(), &owner(), &instans, None, &konvolutt()).await.unwrap();
    let early = service.start(&call(), &subject, &instans).await.unwrap_err();
    assert_eq!(early.retry(), Retry::Later(None));
    clock.advance(Duration::from_secs(10));
    let first = service.start(&call(), &subject, &instans).await.unwrap().jobb_id;
    let second = service.start(&call(), &subject, &instans).await.unwrap().jobb_id;
    let status = async |job| service.status(&call(), &subject, job).await.unwrap().jobb_status.to_string();
    assert_eq!((status(&first).await.as_str(), status(&second).await.as_str()), ("AVBRUTT", "NY"));
}

#[tokio::test]
async fn clones_are_the_same_service_and_show_no_party() {
    let (service, _) = service();
    let person: Identifikator = "17912099997".parse().unwrap();
    service.clone().opprett(&call(), &person, &metadata(false)).await.unwrap();
    assert_eq!(service.instanser().len(), 1);
    assert!(!format!("{service:?}").contains("99997"));
}
