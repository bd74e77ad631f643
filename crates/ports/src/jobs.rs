use crate::{Body, Call, DocumentSink, Port, PortError, Subject};
use async_trait::async_trait;
use skattebro_domain::{Envelope, JobbId, JobbStatus, JobbTilstand, ValidationOutcome};
use std::sync::Arc;

/// An envelope whose inline documents can be read again.
pub type RequestEnvelope = Envelope<Arc<dyn Body>>;

/// The answer to a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The job.
    pub jobb_id: JobbId,
    /// Its status; `OPPRETTET` in practice.
    pub jobb_status: JobbStatus,
}

/// Validation jobs, edition v1.
#[async_trait]
pub trait Jobs: Port {
    /// Starts a job for what the envelope holds and refers to.
    ///
    /// There is at most one live job per identifikator: a second start aborts the first job (AVBRUTT). Repeating a start whose
    /// answer was lost is therefore harmless only when the first request can no longer act late.
    ///
    /// Source: `asynk-api.md`, section 2.
    ///
    /// # Errors
    /// [`PortError::is_about_referanse`] tells a refusal for the reference from others.
    async fn start(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<Started, PortError>;

    /// Looks at a job. Changes nothing, and does not slow the job.
    ///
    /// Source: `asynk-api.md`, section 3.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a job that the service does not know.
    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError>;

    /// Fetches the result of a job that is FERDIG; `None` while it is not (204). Changes nothing; may be repeated.
    ///
    /// The documents go into `sink` one by one while the answer is read, and the outcome says where each is. On failure what
    /// was stored of it is not to be used.
    ///
    /// Source: `asynk-api.md`, section 4.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if the answer is cut off or broken.
    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError>;
}
