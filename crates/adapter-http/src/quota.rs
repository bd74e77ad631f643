use async_trait::async_trait;
use skattebro_domain::flow::Effect;
use skattebro_ports::{Api, CallQuota, CallSlot, ErrorKind, PortError, SlotWish};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit of concurrent calls, kept within one process.
#[derive(Debug)]
pub struct LocalQuota {
    skattemelding: Slots,
    innkreving: Slots,
    altinn: Slots,
}

#[derive(Debug)]
struct Slots {
    all: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
}

impl LocalQuota {
    /// So many calls per API at a time, at least one; three of five may be uploads.
    pub fn new(calls: usize) -> Self {
        Self { skattemelding: Slots::new(calls), innkreving: Slots::new(calls), altinn: Slots::new(calls) }
    }
}

/// Five, which is what Skatteetaten allows an organisation.
impl Default for LocalQuota {
    fn default() -> Self {
        Self::new(5)
    }
}

impl Slots {
    fn new(calls: usize) -> Self {
        let calls = calls.clamp(1, Semaphore::MAX_PERMITS / 4);
        let uploads = (calls * 3 / 5).max(1);
        Self { all: Arc::new(Semaphore::new(calls)), uploads: Arc::new(Semaphore::new(uploads)) }
    }
}

#[async_trait]
impl CallQuota for LocalQuota {
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError> {
        let slots = match wish.api {
            Api::Skattemelding => &self.skattemelding,
            Api::Innkreving => &self.innkreving,
            Api::Altinn => &self.altinn,
        };
        // The upload's own slot first: whoever waits for it must not keep short calls waiting.
        let upload = match wish.is_upload {
            true => Some(permit(&slots.uploads).await?),
            false => None,
        };
        Ok(CallSlot::new((permit(&slots.all).await?, upload)))
    }
}

async fn permit(slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, PortError> {
    // Nobody closes it.
    slots.clone().acquire_owned().await.map_err(|error| {
        PortError::new(ErrorKind::Local, "waiting for a call slot", Effect::NotSent, "the quota is closed")
            .with_source(error)
    })
}
