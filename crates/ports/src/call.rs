use crate::Port;
use skattebro_domain::{Identifikator, Inntektsaar, Korrelasjonsid};
use std::sync::Arc;

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
}

impl Call {
    /// A call that tells nobody of its progress.
    pub fn new(korrelasjonsid: Korrelasjonsid) -> Self {
        Self { korrelasjonsid, progress: Arc::new(NoProgress) }
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
