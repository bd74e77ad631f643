//! Cases of [`Uploads`](skattebro_ports::Uploads).

use crate::World;
use crate::documents::{Packed, naeringsspesifikasjon};
use crate::steps::{call, organisation, start, start_with, status, upload, upload_packed};
use futures_util::future::join_all;
use skattebro_ports::{Call, Progress};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

suite! { $
    /// A test for each case of [`Uploads`](skattebro_ports::Uploads), given a [`World`].
    upload for &dyn World:
    each_upload_has_a_reference_of_its_own,
    uploads_at_the_same_time_have_references_of_their_own,
    an_upload_can_be_used,
    a_compressed_upload_can_be_used,
    an_upload_aborts_no_job,
    progress_never_runs_back_or_beyond_its_end,
}

async fn each_upload_has_a_reference_of_its_own(world: &dyn World) {
    let first = upload(world, &organisation()).await;
    let repeated = upload(world, &organisation()).await;
    assert_ne!(first, repeated);
    assert!(
        start_with(world, &organisation(), first).await.is_ok(),
        "the first is good for a job all the same"
    );
}

async fn uploads_at_the_same_time_have_references_of_their_own(world: &dyn World) {
    let subject = organisation();
    let references = join_all((0..4).map(|_| upload(world, &subject))).await;
    assert_eq!(references.iter().collect::<HashSet<_>>().len(), 4, "{references:?}");
}

async fn an_upload_can_be_used(world: &dyn World) {
    let packed = Packed::plain(naeringsspesifikasjon(organisation().inntektsaar));
    let referanse = upload_packed(world, &organisation(), &packed).await;
    start_with(world, &organisation(), referanse).await.unwrap();
}

async fn a_compressed_upload_can_be_used(world: &dyn World) {
    let packed = Packed::gzip(naeringsspesifikasjon(organisation().inntektsaar));
    let referanse = upload_packed(world, &organisation(), &packed).await;
    start_with(world, &organisation(), referanse).await.unwrap();
}

async fn an_upload_aborts_no_job(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    upload(world, &organisation()).await;
    assert!(!status(world, &organisation(), &job).await.is_terminal());
}

async fn progress_never_runs_back_or_beyond_its_end(world: &dyn World) {
    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<(u64, u64)>>);
    impl Progress for Seen {
        fn sent(&self, bytes: u64, of: u64) {
            self.0.lock().unwrap().push((bytes, of));
        }
        fn received(&self, _: u64, _: Option<u64>) {}
    }
    let seen = Arc::new(Seen::default());
    let call = Call { progress: seen.clone(), ..call() };
    let packed = Packed::plain(naeringsspesifikasjon(organisation().inntektsaar));
    world.uploads().last_opp(&call, &organisation(), &packed.name, packed.body()).await.unwrap();
    let seen = seen.0.lock().unwrap().clone();
    assert!(seen.is_sorted_by_key(|(bytes, _)| *bytes), "{seen:?}");
    assert!(seen.iter().all(|(bytes, of)| bytes <= of), "{seen:?}");
    assert!(seen.iter().all(|(_, of)| *of >= packed.bytes.len() as u64), "{seen:?}");
}
