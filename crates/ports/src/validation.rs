use crate::{Call, DocumentSink, Port, PortError, RequestEnvelope, Subject};
use async_trait::async_trait;
use skattebro_domain::ValidationOutcome;
use std::sync::Arc;

/// Synchronous validation: for returns whose documents are at most 10 MB as base64.
#[async_trait]
pub trait Validations: Port {
    /// Validates an envelope with inline documents and returns the outcome. Changes nothing that counts; may be repeated.
    ///
    /// Source: contract page `skattemelding.md`, `POST …/valider/…`.
    ///
    /// # Errors
    /// Those of every call; [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) before anything is sent.
    async fn valider(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError>;

    /// As [`valider`](Self::valider), without a reference to the return in force: for trying things out, not for filing.
    ///
    /// # Errors
    /// As [`valider`](Self::valider).
    async fn validertest(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError>;
}
