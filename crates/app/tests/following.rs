//! What a filing holds while its job runs: no documents. They are read again when they are needed again, if they are still what they were.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use futures_util::future::join_all;
use skattebro::ports::fakes::MemoryJournal;
use skattebro::ports::journal::{CaseState, Filter};
use skattebro::{Skattebro, ValidationError, ValidationRequest};
use skattebro_sandbox::Scenario;
use std::path::PathBuf;
use std::sync::Arc;
use support::{Play, documents, party, request, seconds, sink, year};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Documents in files, and a journal that survives.
struct Desk {
    play: Play,
    files: TempDir,
    journal: Arc<MemoryJournal>,
}

impl Desk {
    async fn of(scenario: Scenario) -> Self {
        let play = Play::of(scenario.runs_for(seconds(600))).await;
        let journal = Arc::new(MemoryJournal::surviving(play.clock.clone()));
        let desk = Self { play, files: tempfile::tempdir().unwrap(), journal };
        std::fs::write(desk.file("skattemelding.xml"), documents::skattemelding()).unwrap();
        std::fs::write(desk.file("naering.xml"), documents::naeringsspesifikasjon()).unwrap();
        desk
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn process(&self) -> Skattebro {
        let builder = Skattebro::builder().skatteetaten(self.play.calls.clone());
        builder.clock(self.play.clock.clone()).journal(self.journal.clone()).build().unwrap()
    }

    fn request(&self) -> ValidationRequest {
        ValidationRequest::new(year(2023), party(documents::ORG))
            .skattemelding(self.file("skattemelding.xml"))
            .naeringsspesifikasjon(self.file("naering.xml"))
            .out(self.file("resultat"))
    }

    /// Somebody changes a document when its job runs.
    fn spoil_while_the_job_runs(&self) {
        let file = self.file("skattemelding.xml");
        self.play.clock.at(seconds(60), async move { std::fs::write(file, "<another/>").unwrap() });
    }

    async fn states(&self) -> Vec<(CaseState, String)> {
        let bridge = self.process();
        let cases = bridge.journal().list(Filter::all(10)).await.unwrap();
        cases.into_iter().map(|case| (case.state, case.status)).collect()
    }
}

#[tokio::test]
async fn a_job_that_failed_is_started_again_with_documents_that_are_read_again() {
    let desk = Desk::of(Scenario::ok().fails(2)).await;
    let validated = desk.process().validate(desk.request()).await.unwrap();
    assert!(validated.outcome.is_ok());
    assert_eq!(desk.play.effects().counts(), (1, 3, 0));
}

#[tokio::test]
async fn documents_that_changed_meanwhile_are_not_sent_and_the_case_goes_on_when_they_are_back() {
    let desk = Desk::of(Scenario::ok().fails(1)).await;
    desk.spoil_while_the_job_runs();
    let error = desk.process().validate(desk.request()).await.unwrap_err();
    let ValidationError::Documents { case: Some(case), why } = &error else { panic!("{error}") };
    assert!(why.contains("skattemelding.xml is not what it was"), "{why}");
    assert!(error.to_string().contains(case.as_str()) && error.to_string().contains("Nothing more was sent"));
    assert_eq!(desk.play.effects().counts(), (1, 1, 0));
    std::fs::write(desk.file("skattemelding.xml"), documents::skattemelding()).unwrap();
    assert!(desk.process().validate(desk.request()).await.unwrap().outcome.is_ok());
    assert_eq!(desk.play.effects().counts(), (1, 2, 0), "what was uploaded is used");
}

#[tokio::test]
async fn without_a_journal_that_survives_it_ends_there_and_the_party_is_free() {
    let desk = Desk::of(Scenario::ok().fails(1)).await;
    desk.spoil_while_the_job_runs();
    let error = desk.play.bridge.validate(desk.request()).await.unwrap_err();
    assert!(matches!(&error, ValidationError::Documents { case: None, .. }), "{error}");
    std::fs::write(desk.file("skattemelding.xml"), documents::skattemelding()).unwrap();
    assert!(desk.play.bridge.validate(desk.request()).await.unwrap().outcome.is_ok());
}

#[tokio::test]
async fn documents_in_memory_stay_with_their_owner_and_are_there_again() {
    let play = Play::of(Scenario::ok().fails(1)).await;
    let sink = sink();
    assert!(play.bridge.validate(request(&sink)).await.unwrap().outcome.is_ok());
    support::assert_came_back_whole(&sink);
}

/// Opens a case whose job runs, and leaves it.
async fn leave_a_running_job(desk: &Desk) {
    let validating = desk.process().validate(desk.request());
    let stop = validating.canceller();
    desk.play.clock.at(seconds(100), async move { stop() });
    let error = validating.await.unwrap_err();
    assert!(matches!(error, ValidationError::Left { .. }), "{error}");
}

#[tokio::test]
async fn a_worker_that_takes_up_a_running_job_needs_no_documents() {
    let desk = Desk::of(Scenario::ok()).await;
    leave_a_running_job(&desk).await;
    std::fs::remove_file(desk.file("skattemelding.xml")).unwrap();
    std::fs::remove_file(desk.file("naering.xml")).unwrap();
    desk.process().runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(desk.states().await, [(CaseState::Settled, "validertOK".to_owned())]);
    assert_eq!(desk.play.effects().counts(), (1, 1, 0));
}

#[tokio::test]
async fn a_worker_without_the_documents_leaves_a_job_that_failed_to_one_that_has_them() {
    let desk = Desk::of(Scenario::ok().fails(1)).await;
    leave_a_running_job(&desk).await;
    let aside = desk.file("aside.xml");
    std::fs::rename(desk.file("skattemelding.xml"), &aside).unwrap();
    let (told, mut came) = tokio::sync::mpsc::unbounded_channel();
    let runner = desk.process().runner().telling(told);
    runner.run_what_is_due(CancellationToken::new()).await.unwrap();
    let came = std::iter::from_fn(|| came.try_recv().ok()).map(|came| format!("{:?}", came.to));
    let came: Vec<_> = came.collect();
    assert!(came.iter().any(|came| came.contains("cannot be read here")), "{came:?}");
    assert!(matches!(desk.states().await[..], [(CaseState::Due(_), _)]), "{:?}", desk.states().await);
    assert_eq!(desk.play.effects().counts(), (1, 1, 0));
    std::fs::rename(aside, desk.file("skattemelding.xml")).unwrap();
    desk.process().runner().run_what_is_due(CancellationToken::new()).await.unwrap();
    assert_eq!(desk.states().await, [(CaseState::Settled, "validertOK".to_owned())]);
    assert_eq!(desk.play.effects().counts(), (1, 2, 0));
}

#[tokio::test]
async fn with_place_for_the_documents_of_one_all_get_their_turn() {
    let play = Play::of(Scenario::ok().fails(1)).await;
    let bridge = Skattebro::builder()
        .skatteetaten(play.calls.clone())
        .clock(play.clock.clone())
        .documents_at_a_time(1)
        .build()
        .unwrap();
    let parties = ["974761076", "974760673", "971032081", "889640782", "971526920"];
    let all = parties.map(|of| {
        let request = ValidationRequest::new(year(2023), party(of))
            .skattemelding(support::bytes("skattemelding.xml", documents::skattemelding()))
            .naeringsspesifikasjon(support::bytes("naering.xml", documents::naeringsspesifikasjon()));
        bridge.validate(request)
    });
    for validated in join_all(all).await {
        assert!(validated.unwrap().outcome.is_ok());
    }
    assert_eq!(play.effects().counts(), (5, 10, 0), "each job failed once and was started again");
}
