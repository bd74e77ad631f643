use crate::{Body, Call, DocumentSink, Port, PortError, RequestEnvelope, Started, Subject};
use async_trait::async_trait;
use skattebro_domain::altinn::{
    DataId, Dataelement, Instans, InstansId, Metadata, Prosess, VedleggNavn, Vedleggstype,
};
use skattebro_domain::{Identifikator, JobbId, JobbTilstand, ValidationOutcome};
use std::sync::Arc;

/// The instances of the app through which returns are submitted.
///
/// None of what changes something is safe to repeat by itself: whoever lost an answer looks first, and not before the request can no
/// longer act late. A refusal carries Altinn's issue code as its slug where there is one, such as [`FILE_SCAN_PENDING`].
///
/// Source: contract page `altinn.md`.
#[async_trait]
pub trait Altinn: Port {
    /// Makes an instance for a party, with its metadata. Repeating it makes another one.
    ///
    /// # Errors
    /// Those of every call.
    async fn opprett(
        &self,
        call: &Call,
        eier: &Identifikator,
        metadata: &Metadata,
    ) -> Result<Instans, PortError>;

    /// The ids of a party's instances that are not over yet, in the service's order; those that are submitted and wait for their receipt may
    /// be among them. Changes nothing; may be repeated.
    ///
    /// # Errors
    /// Those of every call; also if the party's number in Altinn cannot be found out.
    async fn aapne(&self, call: &Call, eier: &Identifikator) -> Result<Vec<InstansId>, PortError>;

    /// Looks at an instance. Changes nothing; may be repeated.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if it is not there (any more).
    async fn se(&self, call: &Call, eier: &Identifikator, instans: &InstansId) -> Result<Instans, PortError>;

    /// Writes the metadata into their element, in place of what was there. Safe to repeat.
    ///
    /// # Errors
    /// Those of every call.
    async fn sett_metadata(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        metadata: &Metadata,
    ) -> Result<(), PortError>;

    /// Puts the envelope in, streamed, in place of the element `erstatter` if one is given. Without one, repeating it makes a second
    /// element; with one it is safe to repeat.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) before anything is sent: the app takes 500 000 000 bytes.
    async fn last_opp_konvolutt(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        erstatter: Option<&DataId>,
        konvolutt: &RequestEnvelope,
    ) -> Result<Dataelement, PortError>;

    /// Puts an attachment in. Repeating it makes a second element.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) before anything is sent: 100 000 000 bytes.
    async fn last_opp_vedlegg(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        vedlegg: &Vedlegg,
    ) -> Result<Dataelement, PortError>;

    /// Takes an element out. Safe to repeat: what is not there is taken out.
    ///
    /// # Errors
    /// Those of every call.
    async fn slett(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
    ) -> Result<(), PortError>;

    /// Moves the process one step on, and answers where it is now. **Never safe to repeat**: twice is two steps.
    ///
    /// # Errors
    /// A 409 with a code that the contract names is a refusal: nothing moved.
    async fn neste(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
    ) -> Result<Prosess, PortError>;

    /// Fetches the receipt, a response envelope. Changes nothing; may be repeated. Its documents go into `sink`.
    ///
    /// # Errors
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable) if it is cut off or broken.
    async fn kvittering(
        &self,
        call: &Call,
        eier: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError>;
}

/// Altinn's code for a step that must wait for the virus scan.
pub const FILE_SCAN_PENDING: &str = "DataElementFileScanPending";
/// Altinn's code for a step that cannot be taken, since something is infected.
pub const FILE_INFECTED: &str = "DataElementFileInfected";

/// Validation jobs for what lies in an instance, edition v2. As [`Jobs`](crate::Jobs), but for the start.
#[async_trait]
pub trait AltinnJobs: Port {
    /// Starts a job for the envelope in an instance. A second live job for the same identifikator aborts the first, or waits.
    ///
    /// Source: contract page `skattemelding.md`, edition v2, step 4.
    ///
    /// # Errors
    /// Those of every call.
    async fn start(&self, call: &Call, subject: &Subject, instans: &InstansId) -> Result<Started, PortError>;

    /// Looks at a job, as [`Jobs::status`](crate::Jobs::status).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for a job that the service does not know.
    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError>;

    /// Fetches a result, as [`Jobs::resultat`](crate::Jobs::resultat).
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

/// An attachment.
#[derive(Debug, Clone)]
pub struct Vedlegg {
    /// The name it gets in the instance.
    pub navn: VedleggNavn,
    /// What it is.
    pub kind: Vedleggstype,
    /// Its bytes.
    pub body: Arc<dyn Body>,
}
