use skattebro_domain::Korrelasjonsid;
use skattebro_ports::{Availability, Clock, CurrentReturns, Jobs, Uploads, Validations};
use std::sync::Arc;
use uuid::Uuid;

/// What the workflows use of the outside world.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) uploads: Arc<dyn Uploads>,
    pub(crate) jobs: Arc<dyn Jobs>,
    pub(crate) current_returns: Arc<dyn CurrentReturns>,
    pub(crate) validations: Arc<dyn Validations>,
    pub(crate) availability: Arc<dyn Availability>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_request_bytes: u64,
}

impl Ports {
    /// A fresh id for one call.
    pub(crate) fn korrelasjonsid(&self) -> Korrelasjonsid {
        Korrelasjonsid::from_uuid(Uuid::new_v4().as_u128())
    }
}
