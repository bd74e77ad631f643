//! Krav and their cases in a journal that survives: what is asked again, asked for more, settled by a person, and carried out by a worker.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use skattebro::domain::krav::machine::{OperationEnd, Proof, Settlement, Standing, Verdict};
use skattebro::domain::krav::{
    Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Skyldner,
};
use skattebro::domain::{Code, Timestamp};
use skattebro::krav::KravOrder;
use skattebro::ports::fakes::{FakeFailure, FakeInnkreving, FakeSkatteetaten, ManualClock, MemoryJournal};
use skattebro::ports::journal::{CaseState, Filter};
use skattebro::{CaseError, CaseFlow, Skattebro, What};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A service and a journal, and any number of processes that use both.
struct World {
    clock: ManualClock,
    service: Arc<FakeInnkreving>,
    journal: Arc<MemoryJournal>,
}

impl World {
    fn new(edition: Edition) -> Self {
        let clock = ManualClock::at("2026-03-03T12:00:00Z".parse().unwrap());
        let service = Arc::new(FakeInnkreving::new(clock.clone(), edition));
        let journal = Arc::new(MemoryJournal::surviving(Arc::new(clock.clone())));
        Self { clock, service, journal }
    }

    /// Another process.
    fn process(&self, edition: Edition) -> Skattebro {
        Skattebro::builder()
            .skatteetaten(Arc::new(FakeSkatteetaten::new(self.clock.clone())))
            .innkreving(self.service.clone(), self.service.clone())
            .innkreving_edition(edition)
            .clock(Arc::new(self.clock.clone()))
            .journal(self.journal.clone())
            .build()
            .unwrap()
    }

    /// Long enough for the hearts of processes that are gone to count as stopped.
    fn pass(&self) {
        self.clock.advance(Duration::from_secs(60));
    }

    /// Of each krav at the service: its principal, how many changes it saw, and whether it is written off.
    fn krav(&self) -> Vec<(i64, usize, bool)> {
        let krav = self.service.krav();
        krav.iter().map(|krav| (krav.oppdrag.hovedstol.get(), krav.endringer, krav.avskrevet)).collect()
    }
}

fn oppdrag(id: &str) -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Organisasjon,
            identifikator: "974761076".into(),
        },
        hovedstol: Kroner::new(1000),
        rente_beloep: None,
        oppdragsgivers_referanse: "R-1".into(),
        oppdragsgivers_kravidentifikator: Some(id.into()),
        fastsettelsesdato: "2026-01-31".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

fn hovedstol(kroner: i64) -> Endring {
    Endring::Hovedstol(Kroner::new(kroner))
}

fn ours(id: &str) -> KravId {
    KravId::Oppdragsgivers(id.parse().unwrap())
}

#[tokio::test]
async fn the_same_order_in_another_process_is_the_same_case_and_nothing_is_sent_again() {
    let world = World::new(Edition::V1);
    let first = world.process(Edition::V1).krav().unwrap().opprett(oppdrag("K-1")).await;
    world.pass();
    let again = world.process(Edition::V1).krav().unwrap().opprett(oppdrag("K-1")).await;
    assert_eq!((first.verdict(), again.verdict()), (Verdict::Well, Verdict::Well));
    assert!(first.case.is_some() && first.case == again.case);
    assert_eq!(first.krav.operations(), again.krav.operations(), "the second is read from the journal");
    assert_eq!(world.krav(), [(1000, 0, false)]);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_a_finding_that_names_the_case() {
    let world = World::new(Edition::V1);
    let bridge = world.process(Edition::V1);
    let first = bridge.krav().unwrap().opprett(oppdrag("K-1")).await;
    let other = Innkrevingsoppdrag { hovedstol: Kroner::new(7), ..oppdrag("K-1") };
    let report = bridge.krav().unwrap().opprett(other).await;
    let finding = &report.findings[0];
    assert_eq!(finding.code, Code::IdTwice);
    assert!(finding.message.contains(first.case.unwrap().as_str()), "{finding}");
    assert_eq!(world.krav(), [(1000, 0, false)]);
}

#[tokio::test]
async fn what_was_refused_gives_its_id_free_for_a_corrected_krav() {
    let world = World::new(Edition::V1);
    let krav = world.process(Edition::V1).krav().unwrap();
    // Our own rules would find it, so the service must be the one that says no.
    world.service.fail_next(FakeFailure::not_sent());
    world.service.fail_next(FakeFailure::not_sent());
    let report = krav.opprett(oppdrag("K-1")).await;
    assert_eq!(
        report.verdict(),
        Verdict::Well,
        "it goes on when there is a connection: {:?}",
        report.reasons()
    );
    let wrong = krav.endre(ours("K-2"), hovedstol(5)).await;
    assert_eq!(wrong.verdict(), Verdict::Wrong, "there is no K-2");
    let right = krav.opprett(oppdrag("K-2")).await;
    assert_eq!(right.verdict(), Verdict::Well, "{:?}", right.reasons());
}

#[tokio::test]
async fn a_change_asked_in_another_process_belongs_to_the_case_of_its_creation() {
    let world = World::new(Edition::V1);
    let first = world.process(Edition::V1).krav().unwrap().opprett(oppdrag("K-1")).await;
    world.pass();
    let krav = world.process(Edition::V1).krav().unwrap();
    let by_ours = krav.endre(ours("K-1"), hovedstol(900)).await;
    let theirs = KravId::Skatteetatens(first.krav.kravidentifikator().unwrap().clone());
    let by_theirs = krav.endre(theirs, hovedstol(800)).await;
    assert_eq!((by_ours.case.clone(), by_theirs.case.clone()), (first.case.clone(), first.case));
    assert_eq!(by_theirs.krav.operations().len(), 3);
    assert_eq!(world.krav(), [(800, 2, false)]);
    // The same once more is what a batch looks like that is sent again after a crash.
    let again = krav.endre(ours("K-1"), hovedstol(800)).await;
    assert_eq!((again.verdict(), world.krav()), (Verdict::Well, vec![(800, 2, false)]));
    let back = krav.endre(ours("K-1"), hovedstol(900)).await;
    assert_eq!((back.verdict(), world.krav()), (Verdict::Well, vec![(900, 3, false)]));
}

#[tokio::test]
async fn a_worker_carries_out_what_another_process_put_into_the_journal() {
    let world = World::new(Edition::V1);
    let krav = world.process(Edition::V1).krav().unwrap();
    for id in ["K-1", "K-2", "K-3"] {
        let order = || KravOrder::opprett(oppdrag(id)).endre(hovedstol(900)).avskriv();
        let case = krav.enqueue(order()).await.unwrap();
        assert_eq!(krav.enqueue(order()).await.unwrap(), case, "safe to repeat");
    }
    assert!(world.krav().is_empty());
    let runner = world.process(Edition::V1).runner();
    let progress = runner.progress();
    runner.run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(world.krav(), [(900, 1, true); 3]);
    assert_eq!((progress.status().taken, progress.status().ended), (3, 3));
    let cases = world.process(Edition::V1).cases().list(Filter::all(10)).await.unwrap();
    assert!(
        cases.iter().all(|case| case.state == CaseState::Settled && case.status == "written-off"),
        "{cases:?}"
    );
}

#[tokio::test]
async fn a_worker_of_another_edition_or_environment_leaves_a_case_alone() {
    let world = World::new(Edition::V1);
    world.process(Edition::V1).krav().unwrap().enqueue(KravOrder::opprett(oppdrag("K-1"))).await.unwrap();
    let other = world.process(Edition::Utgave2023).runner();
    let progress = other.progress();
    other.run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!((progress.status().taken, progress.status().ended), (1, 0));
    let elsewhere = Skattebro::builder()
        .skatteetaten(Arc::new(FakeSkatteetaten::new(world.clock.clone())))
        .innkreving(world.service.clone(), world.service.clone())
        .clock(Arc::new(world.clock.clone()))
        .journal(world.journal.clone())
        .environment("elsewhere".parse().unwrap())
        .build()
        .unwrap();
    elsewhere.runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert!(world.krav().is_empty());
    world.process(Edition::V1).runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(world.krav().len(), 1, "it was given back at once");
}

/// A krav without an id of ours whose creation got no answer, though it was created.
async fn unproven(world: &World) -> (Skattebro, skattebro::ports::journal::CaseId) {
    let bridge = world.process(Edition::V1);
    world.service.fail_next(FakeFailure::lost_after());
    let oppdrag = Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: None, ..oppdrag("-") };
    let order = KravOrder::opprett(oppdrag).endre(hovedstol(900)).even_without_id();
    let report = bridge.krav().unwrap().carry_out(order).await;
    assert_eq!(report.standing(), Standing::Unproven);
    (bridge, report.case.unwrap())
}

#[tokio::test]
async fn what_a_person_found_out_is_written_down_with_the_reason_and_the_case_goes_on() {
    let world = World::new(Edition::V1);
    let (bridge, case) = unproven(&world).await;
    let theirs = world.service.krav()[0].kravidentifikator.clone();
    let settlement = Settlement { operation: 0, happened: true, kravidentifikator: Some(theirs) };
    let (by, why) = (Some("Kari".to_owned()), "asked by telephone".to_owned());
    bridge.cases().avgjoer(&case, settlement.clone(), by, why).await.unwrap();
    let again = bridge.cases().avgjoer(&case, settlement, None, "again".into()).await;
    assert!(matches!(again, Err(CaseError::Declined(..))), "{again:?}");
    bridge.runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(world.krav(), [(900, 1, false)]);
    let view = bridge.cases().view(&case).await.unwrap();
    let CaseFlow::Krav(krav) = &view.flow else { panic!() };
    assert_eq!(krav.operations()[0].end(), Some(&OperationEnd::Done(Proof::SaidByPerson)));
    assert!(
        view.history.iter().any(|happened| happened.grunn.as_deref() == Some("asked by telephone (Kari)"))
    );
    assert_eq!(view.summary.state, CaseState::Settled);
}

#[tokio::test]
async fn what_is_given_up_stays_so_although_a_worker_runs() {
    let world = World::new(Edition::V1);
    let (bridge, case) = unproven(&world).await;
    bridge.cases().gi_opp(&case, None, "the debtor has paid".into()).await.unwrap();
    bridge.runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    let view = bridge.cases().view(&case).await.unwrap();
    assert_eq!((view.summary.state, view.summary.status.as_str()), (CaseState::Settled, "unproven"));
    assert_eq!(world.krav(), [(1000, 0, false)]);
}

#[tokio::test]
async fn the_history_tells_each_attempt_with_its_call_and_what_came_of_it() {
    let world = World::new(Edition::V1);
    let bridge = world.process(Edition::V1);
    world.service.fail_next(FakeFailure::lost_after());
    let report = bridge.krav().unwrap().opprett(oppdrag("K-1")).await;
    let view = bridge.cases().view(report.case.as_ref().unwrap()).await.unwrap();
    let begun: Vec<_> =
        view.history.iter().filter(|happened| matches!(happened.what, What::Begun { .. })).collect();
    assert!(!begun.is_empty());
    for attempt in &begun {
        let answer = view.history.iter().find(|happened| happened.what == What::Answered(attempt.n)).unwrap();
        assert!(attempt.korrelasjonsid.is_some() && attempt.korrelasjonsid == answer.korrelasjonsid);
    }
    assert!(
        view.history.iter().any(|happened| happened.text.starts_with("it may have acted")),
        "{:#?}",
        view.history
    );
}

#[tokio::test]
async fn a_copy_that_is_told_so_sends_no_change_that_was_made_since() {
    let world = World::new(Edition::V1);
    let krav = world.process(Edition::V1).krav().unwrap();
    krav.opprett(oppdrag("K-1")).await;
    krav.enqueue(KravOrder::existing(ours("K-1")).endre(hovedstol(900)).endre(hovedstol(800))).await.unwrap();
    let copy = World {
        journal: Arc::new(world.journal.snapshot()),
        clock: world.clock.clone(),
        service: world.service.clone(),
    };
    let since: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
    world.process(Edition::V1).runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(world.krav(), [(800, 2, false)]);
    world.pass();
    let restored = copy.process(Edition::V1);
    assert_eq!(restored.cases().restored(since, None).await.unwrap(), 1);
    restored.runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(copy.krav(), [(800, 2, false)], "both were read back");
    let cases = restored.cases().list(Filter::all(10)).await.unwrap();
    assert!(cases.iter().all(|case| case.state == CaseState::Settled), "{cases:?}");
}
