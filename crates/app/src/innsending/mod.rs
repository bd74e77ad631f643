//! The submission of a return, from the documents to the receipt.

mod age;
mod error;
mod hands;
mod inputs;
mod notation;
mod request;
pub(crate) mod story;
mod work;

#[cfg(test)]
pub(crate) use age::Looking;
pub use error::InnsendingError;
pub(crate) use inputs::request_of_case;
pub(crate) use notation::{INNSENDING, InnsendingNotation};
pub use request::{InnsendingRequest, Utgave};
pub(crate) use work::resume;

use crate::events::{Events, Listening, Teller};
use crate::outside::Ports;
use crate::packing::PackedAs;
use skattebro_domain::altinn::InstansId;
use skattebro_domain::{Finding, Referanse, ResultatAvValidering, ValidationOutcome};
use skattebro_ports::journal::CaseId;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use work::Work;

/// What a submission came to: it was submitted, and the receipt is here.
#[derive(Debug, Clone)]
pub struct Innsendt {
    /// The instance that was submitted.
    pub instans: InstansId,
    /// The receipt's verdict, which is the outcome of all: the submission counts if it is `validertOK`.
    pub resultat: ResultatAvValidering,
    /// What the receipt names as reasons.
    pub aarsaker: Vec<String>,
    /// The whole receipt, if it was fetched by this process.
    pub kvittering: Option<ValidationOutcome>,
    /// The verdict of the validation before.
    pub validering: Option<ResultatAvValidering>,
    /// The reference of the uploaded næringsspesifikasjon, in edition v1.
    pub referanse: Option<Referanse>,
    /// What the næringsspesifikasjon was packed as for the upload, in edition v1.
    pub packed: Option<PackedAs>,
    /// Findings about the documents that did not stop the submission.
    pub warnings: Vec<Finding>,
    /// The case in the journal, where there is one that outlives the process.
    pub case: Option<CaseId>,
}

impl Innsendt {
    /// Whether the submission counts.
    pub fn is_accepted(&self) -> bool {
        self.resultat == ResultatAvValidering::ValidertOk
    }
}

/// A submission under way: a future of what it comes to.
///
/// Dropping it detaches: the submission goes on. [`cancel`](Self::cancel) stops it before its next act.
#[derive(Debug)]
pub struct SendingInn {
    task: JoinHandle<Result<Innsendt, InnsendingError>>,
    /// Weak, since the events are over when the task is, however long this handle is kept.
    events: Listening,
    first: Option<Events>,
    cancel: CancellationToken,
}

impl SendingInn {
    /// The events of this submission. The first caller gets them from the beginning, later ones from now on.
    pub fn events(&mut self) -> Events {
        self.first.take().unwrap_or_else(|| self.events.later())
    }

    /// What stops this submission before its next act.
    pub fn canceller(&self) -> impl Fn() + Send + Sync + Clone + 'static {
        let cancel = self.cancel.clone();
        move || cancel.cancel()
    }

    /// Stops it. Await it to learn where it stood.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Future for SendingInn {
    type Output = Result<Innsendt, InnsendingError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|joined| match joined {
            Ok(outcome) => outcome,
            Err(error) => Err(InnsendingError::Lost(error.to_string())),
        })
    }
}

/// Starts the submission as a task of the runtime that this is called on.
pub(crate) fn start(ports: Arc<Ports>, request: InnsendingRequest) -> SendingInn {
    let (events, first) = Teller::new();
    let cancel = CancellationToken::new();
    let listening = events.listening();
    let work = Work::new(ports, request, events, cancel.clone());
    let task = tokio::spawn(work.run());
    SendingInn { task, events: listening, first: Some(first), cancel }
}
