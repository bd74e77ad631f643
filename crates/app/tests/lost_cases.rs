//! A case that its owner loses in the middle, for whatever reason, is not left lying: somebody goes on with it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro::Skattebro;
use skattebro::domain::krav::machine::Verdict;
use skattebro::domain::krav::{Edition, Identifikatortype, Innkrevingsoppdrag, Kroner, Skyldner};
use skattebro::krav::KravOrder;
use skattebro::ports::Journal;
use skattebro::ports::fakes::{FakeInnkreving, FakeSkatteetaten, ManualClock, MemoryJournal};
use skattebro::ports::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseState, CaseSummary, Claim, Claimed, Counts, Environment, Fenced,
    Filter, Intent, JournalError, JournalErrorKind, Learned, NewAsk, NewCase, Opened, Parked, Parking,
    Recorded, Version, WorkerId,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What happens to a worker once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// Just before its first intent it counts as dead, and loses all it owns.
    LosesAll,
    /// The same, and it is given the case again before it hears that it had lost it.
    LosesAllAndClaimsAgain,
    /// Its first claim is carried out, and the answer is lost.
    ClaimUnanswered,
    /// From its first intent on, the journal can no longer be read or written.
    Damaged,
}

/// A journal in which the mishap comes to pass.
#[derive(Debug)]
struct Mishaps {
    journal: MemoryJournal,
    mishap: Mishap,
    begun: AtomicUsize,
    claimed: AtomicUsize,
    given_again: Notify,
}

impl Mishaps {
    fn is_whole(&self) -> Result<(), JournalError> {
        if self.mishap == Mishap::Damaged && self.begun.load(SeqCst) > 0 {
            return Err(JournalError::new(
                JournalErrorKind::Damaged,
                "the journal cannot be read; restore it",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for Mishaps {
    fn survives(&self) -> bool {
        true
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.is_whole()?;
        let claimed = self.journal.claim(claim).await?;
        if claimed.cases.is_empty() {
            return Ok(claimed);
        }
        let before = self.claimed.fetch_add(1, SeqCst);
        if before > 0 {
            self.given_again.notify_one();
        }
        if before == 0 && self.mishap == Mishap::ClaimUnanswered {
            return Err(JournalError::new(JournalErrorKind::Unreachable, "no answer"));
        }
        Ok(claimed)
    }

    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError> {
        let is_first = self.begun.fetch_add(1, SeqCst) == 0;
        self.is_whole()?;
        if is_first && self.mishap != Mishap::ClaimUnanswered {
            self.journal.leave(worker).await?;
            self.journal.beat(worker, Duration::from_secs(1000)).await?;
            if self.mishap == Mishap::LosesAllAndClaimsAgain {
                self.given_again.notified().await;
            }
            return Ok(vec![Begun::Fenced(Fenced::NotOwner)]);
        }
        self.journal.begin(worker, intents).await
    }

    async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError> {
        self.journal.open(cases).await
    }

    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError> {
        self.journal.ask(ask).await
    }

    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError> {
        self.is_whole()?;
        self.journal.load(worker, case).await
    }

    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError> {
        self.journal.learn(facts).await
    }

    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError> {
        self.journal.park(worker, parkings).await
    }

    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError> {
        self.journal.give_back(worker, cases).await
    }

    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError> {
        self.journal.beat(worker, alive_for).await
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError> {
        self.journal.leave(worker).await
    }

    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError> {
        self.journal.release(case, key).await
    }

    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError> {
        self.journal.read(case).await
    }

    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError> {
        self.journal.holder(key).await
    }

    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        self.journal.list(filter).await
    }

    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError> {
        self.journal.counts(environment).await
    }

    async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError> {
        self.journal.remove(cases).await
    }

    async fn stirred(&self) {
        self.journal.stirred().await;
    }
}

fn bridge(mishap: Mishap) -> (Skattebro, Arc<FakeInnkreving>) {
    let clock = ManualClock::at("2026-03-03T12:00:00Z".parse().unwrap());
    let service = Arc::new(FakeInnkreving::new(clock.clone(), Edition::V1));
    let journal = Mishaps {
        journal: MemoryJournal::surviving(Arc::new(clock.clone())),
        mishap,
        begun: AtomicUsize::new(0),
        claimed: AtomicUsize::new(0),
        given_again: Notify::new(),
    };
    let bridge = Skattebro::builder()
        .skatteetaten(Arc::new(FakeSkatteetaten::new(clock.clone())))
        .innkreving(service.clone(), service.clone())
        .clock(Arc::new(clock))
        .journal(Arc::new(journal))
        .build()
        .unwrap();
    (bridge, service)
}

fn oppdrag() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "RETTSGEBYR_UTLEGGSBEGJAERING".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Organisasjon,
            identifikator: "974761076".into(),
        },
        hovedstol: Kroner::new(1000),
        rente_beloep: None,
        oppdragsgivers_referanse: "R-1".into(),
        oppdragsgivers_kravidentifikator: Some("K-1".into()),
        fastsettelsesdato: "2026-01-31".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

/// Long for what takes no time on a clock that is moved by hand; it only ends a test that would never end.
const LONG: Duration = Duration::from_secs(20);

async fn a_worker_settles_it(mishap: Mishap) {
    let (bridge, service) = bridge(mishap);
    bridge.krav().unwrap().enqueue(KravOrder::opprett(oppdrag())).await.unwrap();
    let work = tokio::spawn(bridge.runner().run_what_is_due(CancellationToken::new()));
    tokio::time::timeout(LONG, work).await.expect("it comes to an end").unwrap().unwrap();
    assert_eq!(service.krav().len(), 1);
    let cases = bridge.cases().list(Filter::all(10)).await.unwrap();
    assert_eq!(cases[0].state, CaseState::Settled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_takes_up_again_what_it_had_lost() {
    a_worker_settles_it(Mishap::LosesAll).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_a_worker_is_given_again_before_it_knows_that_it_lost_it_is_gone_on_with() {
    a_worker_settles_it(Mishap::LosesAllAndClaimsAgain).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_whose_answer_is_lost_leaves_no_case_with_an_owner_that_does_not_know_of_it() {
    a_worker_settles_it(Mishap::ClaimUnanswered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_case_is_lost_in_the_middle_is_gone_on_with() {
    let (bridge, service) = bridge(Mishap::LosesAll);
    let krav = bridge.krav().unwrap();
    let order = tokio::spawn(async move { krav.opprett(oppdrag()).await });
    let report = tokio::time::timeout(LONG, order).await.expect("it comes to an end").unwrap();
    assert_eq!(report.verdict(), Verdict::Well);
    assert_eq!(service.krav().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_is_damaged_on_the_way_ends_an_order_and_says_what_to_do() {
    let (bridge, service) = bridge(Mishap::Damaged);
    let krav = bridge.krav().unwrap();
    let order = tokio::spawn(async move { krav.opprett(oppdrag()).await });
    let report = tokio::time::timeout(LONG, order).await.expect("it comes to an end").unwrap();
    assert!(report.not_tried.unwrap().contains("restore it"));
    assert!(service.krav().is_empty(), "nothing is sent that is not written down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_ends_when_its_journal_is_damaged() {
    let (bridge, service) = bridge(Mishap::Damaged);
    bridge.krav().unwrap().enqueue(KravOrder::opprett(oppdrag())).await.unwrap();
    let work = tokio::spawn(bridge.runner().run(CancellationToken::new()));
    let ended = tokio::time::timeout(LONG, work).await.expect("it comes to an end").unwrap();
    assert_eq!(ended.unwrap_err().kind(), JournalErrorKind::Damaged);
    assert!(service.krav().is_empty());
}
