use crate::{Call, DocumentSink, Port, PortError, Subject};
use async_trait::async_trait;
use skattebro_domain::Gjeldende;
use std::sync::Arc;

/// The return in force (gjeldende).
#[async_trait]
pub trait CurrentReturns: Port {
    /// Fetches the return in force, its companions and its locked fields. Changes nothing; may be repeated.
    ///
    /// A filing normally begins here: the return's id must be in the envelope. `utvidet_veiledning` asks for extended guidance
    /// as well (from income year 2022).
    ///
    /// Source: contract page `skattemelding.md`, "Synchronous calls used around it".
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is none for that identifikator and year.
    async fn gjeldende(
        &self,
        call: &Call,
        subject: &Subject,
        utvidet_veiledning: bool,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Gjeldende, PortError>;
}

/// Whether the service answers at all.
#[async_trait]
pub trait Availability: Port {
    /// Asks the service for a sign of life. Changes nothing.
    ///
    /// # Errors
    /// If it gives none.
    async fn ping(&self, call: &Call) -> Result<(), PortError>;
}
