use async_trait::async_trait;
use skattebro_ports::{Availability, CurrentReturns, Jobs, Uploads, Validations};
use std::sync::Arc;

/// A Skatteetaten of its own for one case, and the adapter in front of it.
///
/// Nothing has been uploaded or started in it. It accepts income years from 2021 on, and knows the return in force of every
/// organisation and person; of years before 2021 it has none.
#[async_trait]
pub trait World: Send + Sync {
    /// The adapter's uploads.
    fn uploads(&self) -> Arc<dyn Uploads>;

    /// The adapter's jobs.
    fn jobs(&self) -> Arc<dyn Jobs>;

    /// The adapter's current returns.
    fn current_returns(&self) -> Arc<dyn CurrentReturns>;

    /// The adapter's synchronous validation.
    fn validations(&self) -> Arc<dyn Validations>;

    /// The adapter's sign of life.
    fn availability(&self) -> Arc<dyn Availability>;

    /// Lets so much of the service's time pass that every job that is live now has come to its end.
    async fn finish_jobs(&self);

    /// From now on, validation finds something wrong in whatever is sent in.
    async fn find_faults(&self);

    /// What a result gives back of a `document` that was uploaded as `packed`: the document, unless the service behind the
    /// adapter unpacks nothing.
    fn given_back(&self, packed: &[u8], document: &[u8]) -> Vec<u8> {
        let _ = packed;
        document.to_vec()
    }
}
