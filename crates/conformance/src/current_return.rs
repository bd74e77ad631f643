//! Cases of [`CurrentReturns`](skattebro_ports::CurrentReturns).

use crate::World;
use crate::documents::skattemelding;
use crate::steps::{
    assert_refused, call, envelope, gjeldende, job_envelope, not_current, organisation, other_organisation,
    person, start, status, subject, upload,
};
use skattebro_domain::Konvoluttdokument;
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{Body, ErrorKind, MemoryBody};
use std::sync::Arc;

suite! { $
    /// A test for each case of [`CurrentReturns`](skattebro_ports::CurrentReturns), given a [`World`].
    current_return for &dyn World:
    its_id_is_what_a_start_demands,
    a_start_with_another_id_is_refused_for_that_and_starts_nothing,
    it_is_of_the_subjects_kind,
    each_subject_has_its_own,
    it_may_be_fetched_again,
    its_document_is_what_the_sink_was_given,
    extended_guidance_comes_only_when_asked_for,
    looking_aborts_no_job,
    where_there_is_none_it_is_not_found,
}

async fn its_id_is_what_a_start_demands(world: &dyn World) {
    for subject in [organisation(), person()] {
        let referanse = upload(world, &subject).await;
        let envelope = job_envelope(world, &subject, referanse).await;
        let id = gjeldende(world, &subject).await.skattemelding.id;
        assert_eq!(envelope.gjeldende()[0].dokumentidentifikator, id);
        world.jobs().start(&call(), &subject, &envelope).await.unwrap();
    }
}

async fn a_start_with_another_id_is_refused_for_that_and_starts_nothing(world: &dyn World) {
    let subject = organisation();
    let job = start(world, &subject).await.jobb_id;
    let referanse = upload(world, &subject).await;
    for current in [Some(not_current(&subject)), None] {
        let document = Konvoluttdokument::referanse(referanse.clone());
        let envelope = envelope(&subject, Some(document), current);
        let error = world.jobs().start(&call(), &subject, &envelope).await.unwrap_err();
        assert_refused(&error);
        assert!(!error.is_about_referanse(), "{error:?}");
    }
    assert!(!status(world, &subject, &job).await.is_terminal(), "a start would have aborted it");
}

async fn it_is_of_the_subjects_kind(world: &dyn World) {
    for subject in [organisation(), person()] {
        let referanse = gjeldende(world, &subject).await.dokumentreferanse().unwrap();
        assert_eq!(referanse.dokumenttype, skattemelding(&subject).0);
    }
}

async fn each_subject_has_its_own(world: &dyn World) {
    let one = gjeldende(world, &organisation()).await.skattemelding.id;
    let other = gjeldende(world, &other_organisation()).await.skattemelding.id;
    assert_ne!(one, other);
}

async fn it_may_be_fetched_again(world: &dyn World) {
    let first = gjeldende(world, &organisation()).await;
    assert_eq!(first, gjeldende(world, &organisation()).await);
}

async fn its_document_is_what_the_sink_was_given(world: &dyn World) {
    let sink = Arc::new(MemorySink::default());
    let current = world.current_returns();
    let gjeldende = current.gjeldende(&call(), &organisation(), false, sink.clone()).await.unwrap();
    let stored = &gjeldende.skattemelding.stored;
    let body = MemoryBody::new(sink.document(&stored.name).unwrap());
    assert_eq!((stored.bytes, stored.sha256), (body.len(), body.sha256()));
    assert!(stored.bytes > 0);
}

async fn extended_guidance_comes_only_when_asked_for(world: &dyn World) {
    let current = world.current_returns();
    for asked in [false, true] {
        let sink = Arc::new(MemorySink::default());
        let gjeldende = current.gjeldende(&call(), &organisation(), asked, sink.clone()).await.unwrap();
        assert!(asked || gjeldende.utvidet_veiledning.is_empty());
        for document in gjeldende.utvidet_veiledning {
            assert!(sink.document(&document.stored.name).is_some());
        }
    }
}

async fn looking_aborts_no_job(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    gjeldende(world, &organisation()).await;
    assert!(!status(world, &organisation(), &job).await.is_terminal());
}

async fn where_there_is_none_it_is_not_found(world: &dyn World) {
    let before = subject(2020, organisation().identifikator.as_str());
    let sink = Arc::new(MemorySink::default());
    let error = world.current_returns().gjeldende(&call(), &before, false, sink.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert!(sink.documents().is_empty());
}
