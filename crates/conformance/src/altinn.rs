//! Cases of [`Altinn`](skattebro_ports::Altinn).

use crate::AltinnWorld;
use crate::altinn_steps::{
    Enormous, assert_not_found, assert_too_large, filled, ids, konvolutt, last_opp, metadata, opprett, se,
    submitted, unknown, unknown_element, vedlegg, with,
};
use crate::steps::{call, document, organisation, other_organisation, person};
use skattebro_domain::Innhold;
use skattebro_domain::altinn::{
    Datatype, MAX_ENVELOPE_BYTES, MAX_VEDLEGG_BYTES, Prosess, Skanning, Vedleggstype,
};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_ports::fakes::MemorySink;
use skattebro_ports::{Body, FILE_SCAN_PENDING, MemoryBody, Vedlegg};
use std::collections::HashSet;
use std::sync::Arc;

suite! { $
    /// A test for each case of [`Altinn`](skattebro_ports::Altinn), given an [`AltinnWorld`].
    altinn for &dyn AltinnWorld:
    each_creation_makes_another_instance,
    a_new_instance_waits_for_documents,
    year_and_owner_are_seen,
    open_instances_are_listed_until_they_are_over,
    instances_of_others_are_not_listed,
    metadata_may_be_set_twice,
    an_envelope_is_seen_with_its_type_and_size,
    a_replaced_envelope_is_one_element,
    an_envelope_put_in_again_is_a_second_element,
    what_is_taken_out_is_gone_and_may_be_taken_out_again,
    attachments_of_every_kind_are_taken,
    what_is_put_in_is_scanned,
    no_step_is_taken_before_the_scan,
    the_process_goes_step_by_step,
    the_second_step_submits,
    a_receipt_comes_after_the_submission,
    a_receipt_that_is_not_there_is_not_found,
    an_unknown_instance_is_not_found,
    an_envelope_that_is_too_large_is_not_sent,
    an_attachment_that_is_too_large_is_not_sent,
}

async fn each_creation_makes_another_instance(world: &dyn AltinnWorld) {
    let mut ids = HashSet::new();
    for _ in 0..3 {
        ids.insert(opprett(world, &organisation()).await.id);
    }
    assert_eq!(ids.len(), 3);
    assert_eq!(ids.iter().map(|id| id.part()).collect::<HashSet<_>>().len(), 1, "of one party: {ids:?}");
}

async fn a_new_instance_waits_for_documents(world: &dyn AltinnWorld) {
    let made = opprett(world, &organisation()).await;
    let seen = se(world, &organisation(), &made.id).await;
    for instans in [made, seen] {
        assert_eq!(instans.prosess, Prosess::Data);
        assert!(instans.metadata.is_some() && instans.data.is_empty(), "{instans:?}");
    }
}

async fn year_and_owner_are_seen(world: &dyn AltinnWorld) {
    for subject in [organisation(), person()] {
        let made = opprett(world, &subject).await.id;
        let seen = se(world, &subject, &made).await;
        assert_eq!(seen.inntektsaar, Some(subject.inntektsaar));
        assert_eq!(seen.eier, Some(subject.identifikator));
    }
}

async fn open_instances_are_listed_until_they_are_over(world: &dyn AltinnWorld) {
    let owner = organisation().identifikator;
    // Whether one that waits for its receipt is among them, the contract does not say.
    let done = submitted(world, &organisation()).await;
    world.receipt_comes().await;
    let (first, second) =
        (opprett(world, &organisation()).await.id, opprett(world, &organisation()).await.id);
    let altinn = world.altinn();
    let open = altinn.aapne(&call(), &owner).await.unwrap();
    assert!(open.contains(&first) && open.contains(&second) && !open.contains(&done), "{open:?}");
    assert_eq!(open.len(), 2);
    assert_eq!(altinn.aapne(&call(), &owner).await.unwrap(), open, "looking changes nothing");
}

async fn instances_of_others_are_not_listed(world: &dyn AltinnWorld) {
    let mine = opprett(world, &organisation()).await.id;
    let others = opprett(world, &other_organisation()).await.id;
    let altinn = world.altinn();
    assert_eq!(altinn.aapne(&call(), &organisation().identifikator).await.unwrap(), [mine]);
    assert_eq!(altinn.aapne(&call(), &other_organisation().identifikator).await.unwrap(), [others]);
}

async fn metadata_may_be_set_twice(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let made = opprett(world, &subject).await;
    let element = made.metadata.unwrap();
    for _ in 0..2 {
        let metadata = metadata(&subject);
        altinn.sett_metadata(&call(), &subject.identifikator, &made.id, &element, &metadata).await.unwrap();
        let seen = se(world, &subject, &made.id).await;
        assert_eq!((seen.inntektsaar, seen.metadata.as_ref()), (Some(subject.inntektsaar), Some(&element)));
    }
}

async fn an_envelope_is_seen_with_its_type_and_size(world: &dyn AltinnWorld) {
    let subject = organisation();
    let instans = opprett(world, &subject).await.id;
    let put_in = last_opp(world, &subject, &instans, None).await;
    let seen = se(world, &subject, &instans).await;
    let [element] = &seen.data[..] else { panic!("not one element: {seen:?}") };
    assert_eq!((&element.id, &element.datatype), (&put_in.id, &Datatype::Konvolutt));
    assert_eq!(element.filnavn.as_deref(), Some("skattemeldingOgNaeringsspesifikasjon.xml"));
    // The documents as base64, and a frame of a few hundred bytes.
    let konvolutt = konvolutt(world, &subject).await;
    let documents: u64 = konvolutt.dokumenter().iter().map(|dokument| base64_len(&dokument.innhold)).sum();
    let size = element.stoerrelse.unwrap();
    assert!((documents + 300..documents + 2000).contains(&size), "{size} for {documents}");
    assert_eq!(put_in.stoerrelse, Some(size));
}

fn base64_len(innhold: &Innhold<Arc<dyn Body>>) -> u64 {
    match innhold {
        Innhold::Inline(_, body) => body.len().div_ceil(3) * 4,
        Innhold::Referanse(_) => 0,
    }
}

async fn a_replaced_envelope_is_one_element(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    let first = last_opp(world, &subject, &instans, None).await;
    let larger = with(world, &subject, Arc::new(MemoryBody::new(vec![b' '; 5000]))).await;
    for _ in 0..2 {
        let (call, owner) = (call(), &subject.identifikator);
        altinn.last_opp_konvolutt(&call, owner, &instans, Some(&first.id), &larger).await.unwrap();
        let seen = se(world, &subject, &instans).await;
        let [element] = &seen.data[..] else { panic!("not one element: {seen:?}") };
        assert!(element.stoerrelse > first.stoerrelse, "{element:?} in place of {first:?}");
    }
}

async fn an_envelope_put_in_again_is_a_second_element(world: &dyn AltinnWorld) {
    let subject = organisation();
    let instans = opprett(world, &subject).await.id;
    let first = last_opp(world, &subject, &instans, None).await.id;
    let second = last_opp(world, &subject, &instans, None).await.id;
    assert_ne!(first, second);
    let seen: HashSet<_> =
        ids(&se(world, &subject, &instans).await, &Datatype::Konvolutt).into_iter().collect();
    assert_eq!(seen, HashSet::from([first, second]));
}

async fn what_is_taken_out_is_gone_and_may_be_taken_out_again(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    let stays = last_opp(world, &subject, &instans, None).await.id;
    let goes = last_opp(world, &subject, &instans, None).await.id;
    for _ in 0..2 {
        altinn.slett(&call(), &subject.identifikator, &instans, &goes).await.unwrap();
        assert_eq!(
            ids(&se(world, &subject, &instans).await, &Datatype::Konvolutt),
            std::slice::from_ref(&stays)
        );
    }
}

async fn attachments_of_every_kind_are_taken(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    for (count, &kind) in Vedleggstype::ALL.iter().enumerate() {
        let vedlegg = vedlegg(kind);
        let put_in =
            altinn.last_opp_vedlegg(&call(), &subject.identifikator, &instans, &vedlegg).await.unwrap();
        let seen = se(world, &subject, &instans).await;
        assert_eq!(seen.av(&Datatype::Vedlegg).count(), count + 1);
        let element = seen.data.iter().find(|element| element.id == put_in.id).unwrap();
        assert_eq!(element.datatype, Datatype::Vedlegg);
        assert_eq!(element.filnavn.as_deref(), Some(vedlegg.navn.as_str()));
        assert_eq!(element.stoerrelse, Some(vedlegg.body.len()));
    }
}

async fn what_is_put_in_is_scanned(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    last_opp(world, &subject, &instans, None).await;
    let attachment = vedlegg(Vedleggstype::Pdf);
    altinn.last_opp_vedlegg(&call(), &subject.identifikator, &instans, &attachment).await.unwrap();
    let scans = async || {
        let seen = se(world, &subject, &instans).await;
        seen.data.into_iter().map(|element| element.skanning).collect::<Vec<_>>()
    };
    assert_eq!(scans().await, [Some(Skanning::Pending), Some(Skanning::Pending)]);
    world.pass_scan().await;
    let passed = scans().await;
    assert!(passed.iter().all(|scan| scan.as_ref().is_some_and(Skanning::is_passed)), "{passed:?}");
}

async fn no_step_is_taken_before_the_scan(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    last_opp(world, &subject, &instans, None).await;
    for _ in 0..2 {
        let error = altinn.neste(&call(), &subject.identifikator, &instans).await.unwrap_err();
        let Effect::Refused(slug) = error.effect() else { panic!("refused? {error:?}") };
        assert_eq!(slug.as_str(), FILE_SCAN_PENDING);
        assert!(matches!(error.retry(), Retry::Later(_)), "{error:?}");
        assert_eq!(se(world, &subject, &instans).await.prosess, Prosess::Data, "nothing moved");
    }
    world.pass_scan().await;
    altinn.neste(&call(), &subject.identifikator, &instans).await.unwrap();
}

async fn the_process_goes_step_by_step(world: &dyn AltinnWorld) {
    for subject in [organisation(), person()] {
        let instans = filled(world, &subject).await;
        assert_eq!(se(world, &subject, &instans).await.prosess, Prosess::Data);
        let moved = world.altinn().neste(&call(), &subject.identifikator, &instans).await.unwrap();
        assert_eq!(moved, Prosess::Bekreftelse);
        assert_eq!(se(world, &subject, &instans).await.prosess, Prosess::Bekreftelse);
        world.person_confirms(&instans).await;
        assert!(se(world, &subject, &instans).await.prosess.is_submitted());
        world.receipt_comes().await;
        assert!(se(world, &subject, &instans).await.prosess.is_submitted());
    }
}

async fn the_second_step_submits(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = filled(world, &subject).await;
    altinn.neste(&call(), &subject.identifikator, &instans).await.unwrap();
    let moved = altinn.neste(&call(), &subject.identifikator, &instans).await.unwrap();
    assert!(moved.is_submitted(), "{moved:?}");
    assert!(se(world, &subject, &instans).await.prosess.is_submitted());
}

async fn a_receipt_comes_after_the_submission(world: &dyn AltinnWorld) {
    let subject = organisation();
    let instans = filled(world, &subject).await;
    world.altinn().neste(&call(), &subject.identifikator, &instans).await.unwrap();
    world.receipt_comes().await;
    let receipt = Datatype::Tilbakemelding;
    assert_eq!(ids(&se(world, &subject, &instans).await, &receipt), [], "nobody has confirmed yet");
    world.person_confirms(&instans).await;
    world.receipt_comes().await;
    let seen = se(world, &subject, &instans).await;
    let [element] = &ids(&seen, &receipt)[..] else { panic!("not one receipt: {seen:?}") };
    for _ in 0..2 {
        let sink = Arc::new(MemorySink::default());
        let (call, owner) = (call(), &subject.identifikator);
        let outcome = world.altinn().kvittering(&call, owner, &instans, element, sink.clone()).await.unwrap();
        assert!(outcome.is_ok(), "{outcome:?}");
        for stored in &outcome.dokumenter {
            document(&outcome, &sink, &stored.dokumenttype);
        }
    }
}

async fn a_receipt_that_is_not_there_is_not_found(world: &dyn AltinnWorld) {
    let subject = organisation();
    let instans = filled(world, &subject).await;
    let sink = Arc::new(MemorySink::default());
    let element = unknown_element();
    let altinn = world.altinn();
    assert_not_found(
        altinn.kvittering(&call(), &subject.identifikator, &instans, &element, sink.clone()).await,
    );
    assert!(sink.documents().is_empty());
}

async fn an_unknown_instance_is_not_found(world: &dyn AltinnWorld) {
    let (subject, altinn, unknown) = (organisation(), world.altinn(), unknown());
    let (owner, element) = (&subject.identifikator, &unknown_element());
    let konvolutt = konvolutt(world, &subject).await;
    assert_not_found(altinn.se(&call(), owner, &unknown).await);
    assert_not_found(altinn.sett_metadata(&call(), owner, &unknown, element, &metadata(&subject)).await);
    assert_not_found(altinn.last_opp_konvolutt(&call(), owner, &unknown, None, &konvolutt).await);
    let attachment = vedlegg(Vedleggstype::Png);
    assert_not_found(altinn.last_opp_vedlegg(&call(), owner, &unknown, &attachment).await);
    assert_not_found(altinn.neste(&call(), owner, &unknown).await);
}

async fn an_envelope_that_is_too_large_is_not_sent(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    let enormous = with(world, &subject, Arc::new(Enormous(MAX_ENVELOPE_BYTES / 4 * 3))).await;
    let (call, owner) = (call(), &subject.identifikator);
    let put_in = altinn.last_opp_konvolutt(&call, owner, &instans, None, &enormous).await;
    assert_too_large(put_in, MAX_ENVELOPE_BYTES);
    assert_eq!(se(world, &subject, &instans).await.data, []);
}

async fn an_attachment_that_is_too_large_is_not_sent(world: &dyn AltinnWorld) {
    let (subject, altinn) = (organisation(), world.altinn());
    let instans = opprett(world, &subject).await.id;
    let body = Arc::new(Enormous(MAX_VEDLEGG_BYTES + 1));
    let enormous = Vedlegg { body, ..vedlegg(Vedleggstype::Pdf) };
    let put_in = altinn.last_opp_vedlegg(&call(), &subject.identifikator, &instans, &enormous).await;
    assert_too_large(put_in, MAX_VEDLEGG_BYTES);
    assert_eq!(se(world, &subject, &instans).await.data, []);
}
