//! What a fake of innkrevingsoppdrag does beside the port: it fails when a test wants it to, and shows what it holds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::krav::{
    Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Mottaksstatus, Skyldner, slugs,
};
use skattebro_ports::fakes::{FakeFailure, FakeInnkreving, ManualClock};
use skattebro_ports::{Call, ErrorKind, KravActs, KravLookup, PortError};
use std::time::Duration;

fn call() -> Call {
    Call::new("kall-1".parse().unwrap())
}

fn oppdrag(own_id: &str) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "TILBAKEKREVING_SYKEPENGER".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".into(),
        },
        hovedstol: Kroner::new(100),
        rente_beloep: None,
        oppdragsgivers_referanse: "S-1".into(),
        oppdragsgivers_kravidentifikator: Some(own_id.to_owned()),
        fastsettelsesdato: "2025-12-01".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

fn service() -> (FakeInnkreving, ManualClock) {
    let clock = ManualClock::default();
    (FakeInnkreving::new(clock.clone(), Edition::V1), clock)
}

fn seen(error: &PortError) -> (ErrorKind, &Effect, Retry) {
    (error.kind(), error.effect(), error.retry())
}

#[tokio::test]
async fn a_failure_before_the_work_leaves_nothing_behind() {
    for (failure, effect) in
        [(FakeFailure::not_sent(), Effect::NotSent), (FakeFailure::lost_before(), Effect::Unknown)]
    {
        let (service, _) = service();
        service.fail_next(failure.clone());
        let error = service.opprett(&call(), &oppdrag("K-1")).await.unwrap_err();
        assert_eq!(seen(&error), (failure.kind, &effect, Retry::Later(None)));
        assert_eq!(service.krav(), []);
        service.opprett(&call(), &oppdrag("K-1")).await.unwrap();
    }
}

#[tokio::test]
async fn a_failure_after_the_work_leaves_it_done() {
    let (service, clock) = service();
    service.fail_next(FakeFailure::lost_after());
    let error = service.opprett(&call(), &oppdrag("K-1")).await.unwrap_err();
    assert_eq!(seen(&error), (ErrorKind::ConnectionLost, &Effect::Unknown, Retry::Later(None)));
    let again = service.opprett(&call(), &oppdrag("K-1")).await.unwrap_err();
    let Effect::Refused(slug) = again.effect() else { panic!("{again:?}") };
    assert_eq!(slugs::short(slug), slugs::EXISTS_ALREADY);

    clock.advance(Duration::from_secs(10));
    let [krav] = &service.krav()[..] else { panic!("one krav") };
    let id = KravId::Skatteetatens(krav.kravidentifikator.clone());
    for work in 0..2 {
        service.fail_next(FakeFailure::lost_after());
        match work {
            0 => drop(service.endre(&call(), &id, &Endring::Hovedstol(Kroner::new(5))).await.unwrap_err()),
            _ => drop(service.avskriv(&call(), &id).await.unwrap_err()),
        }
    }
    let [krav] = &service.krav()[..] else { panic!("one krav") };
    assert_eq!((krav.oppdrag.hovedstol, krav.endringer, krav.avskrevet), (Kroner::new(5), 1, true));
    assert_eq!(krav.mottaksstatus, Mottaksstatus::Reskontrofoert);
}

#[tokio::test]
async fn failures_strike_one_call_each_in_the_order_they_were_asked_for() {
    let (service, _) = service();
    let wait = Some(Duration::from_secs(7));
    service.fail_next(FakeFailure::too_many_calls(wait));
    service.fail_next(FakeFailure { kind: ErrorKind::ServiceFailure, ..FakeFailure::lost_before() });
    let id: KravId = "K-1".parse().unwrap();
    let limited = service.mottaksstatus(&call(), &id).await.unwrap_err();
    assert_eq!((limited.kind(), limited.retry()), (ErrorKind::RateLimited, Retry::Later(wait)));
    assert!(matches!(limited.effect(), Effect::Refused(_)) && limited.to_string().contains("only looks"));
    let failed = service.valideringsfeil(&call(), &id).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::ServiceFailure);
    assert_eq!(service.mottaksstatus(&call(), &id).await.unwrap(), None);
}

#[tokio::test]
async fn a_call_that_the_edition_lacks_takes_no_failure() {
    let service = FakeInnkreving::new(ManualClock::default(), Edition::Utgave2023);
    service.fail_next(FakeFailure::not_sent());
    let error = service.avstemming(&call(), &"K-1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Local);
    let error = service.opprett(&call(), &oppdrag("K-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn krav_are_booked_after_the_delay_that_was_in_force_when_they_came() {
    let (service, clock) = service();
    service.booked_after(Duration::ZERO);
    let at_once = service.opprett(&call(), &oppdrag("K-1")).await.unwrap();
    service.booked_after(Duration::from_secs(60));
    service.reject("13895118960", "PERSON_ER_DOED");
    let later = service.opprett(&call(), &oppdrag("K-2")).await.unwrap();
    let status = |id| {
        let found = service.krav().into_iter().find(|krav| krav.kravidentifikator == id);
        found.unwrap().mottaksstatus
    };
    assert_eq!(status(at_once.clone()), Mottaksstatus::Reskontrofoert);
    assert_eq!(status(later.clone()), Mottaksstatus::MottattIkkeBehandlet);
    clock.advance(Duration::from_secs(59));
    assert_eq!(status(later.clone()), Mottaksstatus::MottattUnderBehandling);
    clock.advance(Duration::from_secs(1));
    assert_eq!(status(later.clone()), Mottaksstatus::Valideringsfeil);
    assert_eq!(status(at_once), Mottaksstatus::Reskontrofoert, "what is settled stays so");
    let found = service.valideringsfeil(&call(), &KravId::Skatteetatens(later)).await.unwrap();
    assert_eq!(found[0].error, "PERSON_ER_DOED");
}

#[tokio::test]
async fn clones_are_the_same_service_and_show_no_krav() {
    let (service, _) = service();
    service.clone().opprett(&call(), &oppdrag("K-13895118960")).await.unwrap();
    assert_eq!(service.krav().len(), 1);
    let shown = format!("{service:?}");
    assert!(!shown.contains("18960") && !shown.contains("S-1"), "{shown}");
}
