//! Cases of [`Validations`](skattebro_ports::Validations).

use crate::World;
use crate::documents::{naeringsspesifikasjon, skattemelding};
use crate::steps::{
    assert_refused, call, current, document, envelope, not_current, organisation, person, start, status,
    upload,
};
use skattebro_domain::{Dokumenttype, Konvoluttdokument, ResultatAvValidering};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{Body, MemoryBody, RequestEnvelope, Subject};
use std::sync::Arc;

suite! { $
    /// A test for each case of [`Validations`](skattebro_ports::Validations), given a [`World`].
    validation for &dyn World:
    an_outcome_holds_what_was_sent_in,
    a_test_validation_holds_what_was_sent_in,
    a_persons_return_can_be_validated,
    a_test_validation_needs_no_current_return,
    without_the_current_return_it_is_refused,
    with_another_current_return_it_is_refused,
    a_reference_is_refused,
    a_validation_may_be_repeated,
    a_return_with_errors_is_an_outcome_and_no_error,
    a_validation_aborts_no_job,
}

fn specification(subject: &Subject) -> Konvoluttdokument<Arc<dyn Body>> {
    let body: Arc<dyn Body> = Arc::new(MemoryBody::new(naeringsspesifikasjon(subject.inntektsaar)));
    Konvoluttdokument::inline(Dokumenttype::Naeringsspesifikasjon, body)
}

async fn whole(world: &dyn World, subject: &Subject) -> RequestEnvelope {
    envelope(subject, Some(specification(subject)), Some(current(world, subject).await))
}

async fn an_outcome_holds_what_was_sent_in(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = whole(world, &subject).await;
    let outcome = world.validations().valider(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
    let specification = document(&outcome, &sink, "naeringsspesifikasjonEtterBeregning");
    assert_eq!(specification, naeringsspesifikasjon(subject.inntektsaar));
    let tax_return = document(&outcome, &sink, "skattemeldingUpersonligEtterBeregning");
    assert_eq!(tax_return, skattemelding(&subject).1);
}

async fn a_test_validation_holds_what_was_sent_in(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = envelope(&subject, Some(specification(&subject)), None);
    let outcome = world.validations().validertest(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    let specification = document(&outcome, &sink, "naeringsspesifikasjonEtterBeregning");
    assert_eq!(specification, naeringsspesifikasjon(subject.inntektsaar));
}

async fn a_persons_return_can_be_validated(world: &dyn World) {
    let (subject, sink) = (person(), Arc::new(MemorySink::default()));
    let envelope = whole(world, &subject).await;
    let outcome = world.validations().valider(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    assert_eq!(document(&outcome, &sink, "skattemeldingPersonligEtterBeregning"), skattemelding(&subject).1);
}

async fn a_test_validation_needs_no_current_return(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = envelope(&subject, None, None);
    let outcome = world.validations().validertest(&call(), &subject, &envelope, sink).await.unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
}

async fn without_the_current_return_it_is_refused(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = envelope(&subject, None, None);
    let error = world.validations().valider(&call(), &subject, &envelope, sink.clone()).await.unwrap_err();
    assert_refused(&error);
    assert!(sink.documents().is_empty());
}

async fn with_another_current_return_it_is_refused(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = envelope(&subject, None, Some(not_current(&subject)));
    let error = world.validations().valider(&call(), &subject, &envelope, sink).await.unwrap_err();
    assert_refused(&error);
    assert!(!error.is_about_referanse(), "{error:?}");
}

async fn a_reference_is_refused(world: &dyn World) {
    let subject = organisation();
    let referanse = Konvoluttdokument::referanse(upload(world, &subject).await);
    let envelope = envelope(&subject, Some(referanse), Some(current(world, &subject).await));
    let (validations, sink) = (world.validations(), Arc::new(MemorySink::default()));
    let error = validations.valider(&call(), &subject, &envelope, sink.clone()).await.unwrap_err();
    assert_refused(&error);
    let error = validations.validertest(&call(), &subject, &envelope, sink).await.unwrap_err();
    assert_refused(&error);
}

async fn a_validation_may_be_repeated(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = whole(world, &subject).await;
    let validations = world.validations();
    let first = validations.valider(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    let documents = sink.documents();
    let second = validations.valider(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    assert_eq!((first, documents), (second, sink.documents()));
}

async fn a_return_with_errors_is_an_outcome_and_no_error(world: &dyn World) {
    world.find_faults().await;
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let envelope = whole(world, &subject).await;
    let validations = world.validations();
    let outcome = validations.valider(&call(), &subject, &envelope, sink.clone()).await.unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
    let outcome = validations.validertest(&call(), &subject, &envelope, sink).await.unwrap();
    assert_eq!(outcome.resultat, ResultatAvValidering::ValidertMedFeil);
}

async fn a_validation_aborts_no_job(world: &dyn World) {
    let (subject, sink) = (organisation(), Arc::new(MemorySink::default()));
    let job = start(world, &subject).await.jobb_id;
    let envelope = whole(world, &subject).await;
    world.validations().valider(&call(), &subject, &envelope, sink).await.unwrap();
    assert!(!status(world, &subject, &job).await.is_terminal());
}
