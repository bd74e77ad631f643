//! Cases of [`AltinnJobs`](skattebro_ports::AltinnJobs).

use crate::AltinnWorld;
use crate::altinn_steps::{assert_not_found, filled, unknown};
use crate::documents::{naeringsspesifikasjon, skattemelding};
use crate::steps::{UNKNOWN, assert_refused, call, document, organisation, other_organisation, person};
use skattebro_domain::altinn::InstansId;
use skattebro_domain::{JobbId, JobbStatus, ValidationOutcome};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{Started, Subject};
use std::sync::Arc;

suite! { $
    /// A test for each case of [`AltinnJobs`](skattebro_ports::AltinnJobs), given an [`AltinnWorld`].
    altinn_jobs for &dyn AltinnWorld:
    a_started_job_is_under_way_and_comes_to_its_end,
    each_job_has_an_id_of_its_own,
    a_result_holds_what_lies_in_the_instance,
    a_result_may_be_fetched_again,
    there_is_no_result_before_the_end,
    a_start_for_an_unknown_instance_is_refused_and_starts_nothing,
    an_unknown_job_is_not_found,
    a_job_of_another_subject_is_not_found,
}

async fn start(world: &dyn AltinnWorld, subject: &Subject, instans: &InstansId) -> Started {
    world.jobs().start(&call(), subject, instans).await.unwrap()
}

async fn started(world: &dyn AltinnWorld, subject: &Subject) -> JobbId {
    let instans = filled(world, subject).await;
    start(world, subject, &instans).await.jobb_id
}

async fn status(world: &dyn AltinnWorld, subject: &Subject, jobb: &JobbId) -> JobbStatus {
    world.jobs().status(&call(), subject, jobb).await.unwrap().jobb_status
}

async fn resultat(
    world: &dyn AltinnWorld,
    subject: &Subject,
    jobb: &JobbId,
) -> (Option<ValidationOutcome>, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::default());
    (world.jobs().resultat(&call(), subject, jobb, sink.clone()).await.unwrap(), sink)
}

async fn a_started_job_is_under_way_and_comes_to_its_end(world: &dyn AltinnWorld) {
    for subject in [organisation(), person()] {
        let instans = filled(world, &subject).await;
        let started = start(world, &subject, &instans).await;
        assert!(!started.jobb_status.is_terminal(), "{started:?}");
        assert!(!status(world, &subject, &started.jobb_id).await.is_terminal());
        world.finish_jobs().await;
        assert_eq!(status(world, &subject, &started.jobb_id).await, JobbStatus::Ferdig);
    }
}

async fn each_job_has_an_id_of_its_own(world: &dyn AltinnWorld) {
    let instans = filled(world, &organisation()).await;
    let first = start(world, &organisation(), &instans).await.jobb_id;
    world.finish_jobs().await;
    let second = start(world, &organisation(), &instans).await.jobb_id;
    assert_ne!(first, second);
    world.finish_jobs().await;
    assert_eq!(status(world, &organisation(), &second).await, JobbStatus::Ferdig);
}

async fn a_result_holds_what_lies_in_the_instance(world: &dyn AltinnWorld) {
    let subject = organisation();
    let job = started(world, &subject).await;
    world.finish_jobs().await;
    let (outcome, sink) = resultat(world, &subject, &job).await;
    let outcome = outcome.unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
    let specification = document(&outcome, &sink, "naeringsspesifikasjonEtterBeregning");
    assert_eq!(specification, naeringsspesifikasjon(subject.inntektsaar));
    let tax_return = document(&outcome, &sink, "skattemeldingUpersonligEtterBeregning");
    assert_eq!(tax_return, skattemelding(&subject).1);
    assert_eq!(outcome.dokumenter.len(), sink.documents().len());
}

async fn a_result_may_be_fetched_again(world: &dyn AltinnWorld) {
    let job = started(world, &organisation()).await;
    world.finish_jobs().await;
    let (first, sink) = resultat(world, &organisation(), &job).await;
    let (second, again) = resultat(world, &organisation(), &job).await;
    assert!(first.is_some());
    assert_eq!((first, sink.documents()), (second, again.documents()));
}

async fn there_is_no_result_before_the_end(world: &dyn AltinnWorld) {
    let job = started(world, &organisation()).await;
    let (outcome, sink) = resultat(world, &organisation(), &job).await;
    assert_eq!(outcome, None);
    assert!(sink.documents().is_empty());
}

async fn a_start_for_an_unknown_instance_is_refused_and_starts_nothing(world: &dyn AltinnWorld) {
    let job = started(world, &organisation()).await;
    let error = world.jobs().start(&call(), &organisation(), &unknown()).await.unwrap_err();
    assert_refused(&error);
    assert!(!status(world, &organisation(), &job).await.is_terminal(), "a start would have aborted it");
}

async fn an_unknown_job_is_not_found(world: &dyn AltinnWorld) {
    let (jobs, unknown) = (world.jobs(), UNKNOWN.parse().unwrap());
    assert_not_found(jobs.status(&call(), &organisation(), &unknown).await);
    let sink = Arc::new(MemorySink::default());
    assert_not_found(jobs.resultat(&call(), &organisation(), &unknown, sink.clone()).await);
    assert!(sink.documents().is_empty());
}

async fn a_job_of_another_subject_is_not_found(world: &dyn AltinnWorld) {
    let job = started(world, &organisation()).await;
    assert_not_found(world.jobs().status(&call(), &other_organisation(), &job).await);
}
