use crate::{Permit, Port, PortError};
use skattebro_domain::flow::{Effect, ErrorKind, Retry};
use skattebro_domain::{Identifikator, Inntektsaar, Korrelasjonsid};
use std::sync::Arc;
use std::time::Duration;

/// Whom and which year a call is about: the two parts that every path of the API begins with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The income year.
    pub inntektsaar: Inntektsaar,
    /// The organisation or person. A sole proprietor files under the person's number.
    pub identifikator: Identifikator,
}

/// What belongs to one call and not to what it asks for.
///
/// It is an argument, made before the call and written down with the attempt: an id made inside the call would be lost with
/// the process.
#[derive(Debug, Clone)]
pub struct Call {
    /// Sent as the header `Korrelasjonsid`; support asks for it.
    pub korrelasjonsid: Korrelasjonsid,
    /// Told how far the bytes have come.
    pub progress: Arc<dyn Progress>,
    /// For a call that changes something: the right to send it. Checked just before the first byte; a call whose permit has run out is
    /// not sent.
    pub permit: Option<Permit>,
}

impl Call {
    /// A call that tells nobody of its progress.
    pub fn new(korrelasjonsid: Korrelasjonsid) -> Self {
        Self { korrelasjonsid, progress: Arc::new(NoProgress), permit: None }
    }

    /// How long it may still take; `None` if it is under no permit. To be asked just before the first byte.
    ///
    /// # Errors
    /// If its permit has run out: it must not be sent any more.
    pub fn permitted(&self, operation: &'static str) -> Result<Option<Duration>, PortError> {
        let Some(permit) = &self.permit else { return Ok(None) };
        permit.remaining().map(Some).ok_or_else(|| {
            let detail = "the time within which it was allowed to be sent ran out while it waited";
            PortError::new(ErrorKind::Timeout, operation, Effect::NotSent, detail)
                .with_korrelasjonsid(self.korrelasjonsid.clone())
                .with_retry(Retry::Later(None))
        })
    }

    /// The same, sent under a permit.
    pub fn under(mut self, permit: Permit) -> Self {
        self.permit = Some(permit);
        self
    }
}

/// Is told how far the bytes of a call have come. Lossy: calls may be skipped, and it must not block.
pub trait Progress: Port {
    /// So many bytes have been sent.
    fn sent(&self, bytes: u64, of: u64);

    /// So many bytes have been received; how many there will be is known if the service said.
    fn received(&self, bytes: u64, of: Option<u64>);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn sent(&self, _: u64, _: u64) {}
    fn received(&self, _: u64, _: Option<u64>) {}
}
