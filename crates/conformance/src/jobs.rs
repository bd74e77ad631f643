//! Cases of [`Jobs`](skattebro_ports::Jobs).

use crate::World;
use crate::documents::{Packed, naeringsspesifikasjon, skattemelding};
use crate::steps::{
    UNKNOWN, assert_refused, call, document, organisation, other_organisation, person, resultat, start,
    start_with, status, subject, upload, upload_packed,
};
use skattebro_domain::{JobbStatus, ResultatAvValidering};
use skattebro_ports::ErrorKind;
use skattebro_ports::fakes::MemorySink;
use std::sync::Arc;

suite! { $
    /// A test for each case of [`Jobs`](skattebro_ports::Jobs), given a [`World`].
    jobs for &dyn World:
    a_started_job_is_under_way,
    each_job_has_an_id_of_its_own,
    a_job_comes_to_its_end,
    a_persons_job_comes_to_its_end,
    looking_changes_nothing,
    a_job_did_not_change_before_it_was_created,
    an_unknown_reference_is_refused_and_starts_nothing,
    a_reference_of_another_subject_is_refused,
    one_reference_serves_several_jobs,
    a_second_start_aborts_the_first_job,
    a_start_for_another_year_aborts_the_first_job,
    a_start_for_another_identifikator_aborts_nothing,
    a_finished_job_is_not_aborted,
    an_unknown_job_is_not_found,
    the_result_of_an_unknown_job_is_not_found,
    a_job_of_another_subject_is_not_found,
    there_is_no_result_before_the_end,
    an_aborted_job_has_no_result,
    a_result_holds_what_was_sent_in,
    a_result_holds_what_was_sent_in_compressed,
    a_result_may_be_fetched_again,
    a_return_with_errors_is_an_outcome_and_no_error,
}

async fn a_started_job_is_under_way(world: &dyn World) {
    let started = start(world, &organisation()).await;
    assert!(!started.jobb_status.is_terminal(), "{started:?}");
    assert!(!status(world, &organisation(), &started.jobb_id).await.is_terminal());
}

async fn each_job_has_an_id_of_its_own(world: &dyn World) {
    let referanse = upload(world, &organisation()).await;
    let first = start_with(world, &organisation(), referanse.clone()).await.unwrap();
    let second = start_with(world, &organisation(), referanse).await.unwrap();
    assert_ne!(first.jobb_id, second.jobb_id);
}

async fn a_job_comes_to_its_end(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    world.finish_jobs().await;
    assert_eq!(status(world, &organisation(), &job).await, JobbStatus::Ferdig);
}

async fn a_persons_job_comes_to_its_end(world: &dyn World) {
    let job = start(world, &person()).await.jobb_id;
    world.finish_jobs().await;
    assert_eq!(status(world, &person(), &job).await, JobbStatus::Ferdig);
    assert!(resultat(world, &person(), &job).await.0.is_some());
}

async fn looking_changes_nothing(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    let first = status(world, &organisation(), &job).await;
    for _ in 0..3 {
        assert_eq!(status(world, &organisation(), &job).await, first);
    }
}

async fn a_job_did_not_change_before_it_was_created(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    for _ in 0..2 {
        let seen = world.jobs().status(&call(), &organisation(), &job).await.unwrap();
        if let (Some(created), Some(changed)) = (seen.sekunder_siden_opprettelse, seen.sekunder_siden_endring)
        {
            assert!(changed <= created, "{seen:?}");
        }
        world.finish_jobs().await;
    }
}

async fn an_unknown_reference_is_refused_and_starts_nothing(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    let error = start_with(world, &organisation(), UNKNOWN.parse().unwrap()).await.unwrap_err();
    assert_refused(&error);
    assert!(error.is_about_referanse(), "{error:?}");
    assert!(!status(world, &organisation(), &job).await.is_terminal(), "a start would have aborted it");
}

async fn a_reference_of_another_subject_is_refused(world: &dyn World) {
    let referanse = upload(world, &organisation()).await;
    let error = start_with(world, &other_organisation(), referanse).await.unwrap_err();
    assert_refused(&error);
    assert!(error.is_about_referanse(), "{error:?}");
}

async fn one_reference_serves_several_jobs(world: &dyn World) {
    let referanse = upload(world, &organisation()).await;
    for _ in 0..2 {
        let job = start_with(world, &organisation(), referanse.clone()).await.unwrap().jobb_id;
        world.finish_jobs().await;
        assert_eq!(status(world, &organisation(), &job).await, JobbStatus::Ferdig);
    }
}

async fn a_second_start_aborts_the_first_job(world: &dyn World) {
    let older = start(world, &organisation()).await.jobb_id;
    let newer = start(world, &organisation()).await.jobb_id;
    assert_eq!(status(world, &organisation(), &older).await, JobbStatus::Avbrutt);
    assert!(!status(world, &organisation(), &newer).await.is_terminal());
    world.finish_jobs().await;
    assert_eq!(status(world, &organisation(), &older).await, JobbStatus::Avbrutt, "it stays aborted");
    assert_eq!(status(world, &organisation(), &newer).await, JobbStatus::Ferdig);
}

async fn a_start_for_another_year_aborts_the_first_job(world: &dyn World) {
    let later_year = subject(2024, organisation().identifikator.as_str());
    let older = start(world, &organisation()).await.jobb_id;
    let newer = start(world, &later_year).await.jobb_id;
    assert_eq!(status(world, &organisation(), &older).await, JobbStatus::Avbrutt);
    assert!(!status(world, &later_year, &newer).await.is_terminal());
}

async fn a_start_for_another_identifikator_aborts_nothing(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    start(world, &other_organisation()).await;
    assert!(!status(world, &organisation(), &job).await.is_terminal());
}

async fn a_finished_job_is_not_aborted(world: &dyn World) {
    let finished = start(world, &organisation()).await.jobb_id;
    world.finish_jobs().await;
    start(world, &organisation()).await;
    assert_eq!(status(world, &organisation(), &finished).await, JobbStatus::Ferdig);
    assert!(resultat(world, &organisation(), &finished).await.0.is_some());
}

async fn an_unknown_job_is_not_found(world: &dyn World) {
    let error = world.jobs().status(&call(), &organisation(), &UNKNOWN.parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert_refused(&error);
}

async fn the_result_of_an_unknown_job_is_not_found(world: &dyn World) {
    let sink = Arc::new(MemorySink::default());
    let unknown = UNKNOWN.parse().unwrap();
    let error = world.jobs().resultat(&call(), &organisation(), &unknown, sink.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert!(sink.documents().is_empty());
}

async fn a_job_of_another_subject_is_not_found(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    let other_year = subject(2024, organisation().identifikator.as_str());
    for other in [other_organisation(), other_year] {
        let error = world.jobs().status(&call(), &other, &job).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    }
}

async fn there_is_no_result_before_the_end(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    let (outcome, sink) = resultat(world, &organisation(), &job).await;
    assert_eq!(outcome, None);
    assert!(sink.documents().is_empty());
}

async fn an_aborted_job_has_no_result(world: &dyn World) {
    let older = start(world, &organisation()).await.jobb_id;
    start(world, &organisation()).await;
    world.finish_jobs().await;
    assert_eq!(resultat(world, &organisation(), &older).await.0, None);
}

async fn a_result_holds_what_was_sent_in(world: &dyn World) {
    holds_what_was_sent_in(world, Packed::plain).await;
}

async fn a_result_holds_what_was_sent_in_compressed(world: &dyn World) {
    holds_what_was_sent_in(world, Packed::gzip).await;
}

async fn holds_what_was_sent_in(world: &dyn World, pack: impl Fn(Vec<u8>) -> Packed) {
    let subject = organisation();
    let packed = pack(naeringsspesifikasjon(subject.inntektsaar));
    let referanse = upload_packed(world, &subject, &packed).await;
    let job = start_with(world, &subject, referanse).await.unwrap().jobb_id;
    world.finish_jobs().await;
    let (outcome, sink) = resultat(world, &subject, &job).await;
    let outcome = outcome.unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
    let uploaded = document(&outcome, &sink, "naeringsspesifikasjonEtterBeregning");
    assert_eq!(uploaded, world.given_back(&packed.bytes, &packed.document));
    let inline = document(&outcome, &sink, "skattemeldingUpersonligEtterBeregning");
    assert_eq!(inline, skattemelding(&subject).1);
    assert_eq!(outcome.dokumenter.len(), sink.documents().len());
}

async fn a_result_may_be_fetched_again(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    world.finish_jobs().await;
    let sink = Arc::new(MemorySink::default());
    let jobs = world.jobs();
    let first = jobs.resultat(&call(), &organisation(), &job, sink.clone()).await.unwrap();
    let documents = sink.documents();
    let second = jobs.resultat(&call(), &organisation(), &job, sink.clone()).await.unwrap();
    assert!(first.is_some());
    assert_eq!(first, second);
    assert_eq!(documents, sink.documents(), "the second reading replaces the first");
}

async fn a_return_with_errors_is_an_outcome_and_no_error(world: &dyn World) {
    world.find_faults().await;
    let job = start(world, &organisation()).await.jobb_id;
    world.finish_jobs().await;
    assert_eq!(status(world, &organisation(), &job).await, JobbStatus::Ferdig);
    let outcome = resultat(world, &organisation(), &job).await.0.unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
}
