//! The validation of a return, from the documents to the outcome.

mod calls;
mod hands;
mod inputs;
mod notation;
pub(crate) mod story;
mod work;

pub(crate) use calls::{JobCalls, JobRoute, PERMIT_FOR_A_MEGABYTE, not_sent, not_sent_yet};
pub(crate) use inputs::{content_of, input_of, is_what_it_was, request_of, source_of, unchanged};
pub(crate) use notation::{FILING, FilingNotation, job_key};
pub(crate) use work::{CannotResume, Work, resume};

use crate::ValidationRequest;
use crate::error::ValidationError;
use crate::events::{Events, Listening, Teller};
use crate::outside::Ports;
use crate::packing::PackedAs;
use skattebro_domain::{Finding, JobbId, Referanse, ValidationOutcome};
use skattebro_ports::journal::CaseId;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a validation came to.
#[derive(Debug, Clone)]
pub struct Validated {
    /// The outcome; look at its verdict first.
    pub outcome: ValidationOutcome,
    /// The job that made it.
    pub jobb: JobbId,
    /// The reference of the uploaded næringsspesifikasjon; the submission uses the same.
    pub referanse: Option<Referanse>,
    /// What the næringsspesifikasjon was packed as for the upload; `None` if an earlier one was used.
    pub packed: Option<PackedAs>,
    /// Findings about the documents that did not stop the filing.
    pub warnings: Vec<Finding>,
    /// The case in the journal, where there is one that outlives the process.
    pub case: Option<CaseId>,
}

/// A validation under way: a future of its outcome.
///
/// Dropping it detaches: the validation goes on. [`cancel`](Self::cancel) stops it before its next act.
#[derive(Debug)]
pub struct Validating {
    task: JoinHandle<Result<Validated, ValidationError>>,
    /// Weak, since the events are over when the task is, however long this handle is kept.
    events: Listening,
    first: Option<Events>,
    cancel: CancellationToken,
}

impl Validating {
    /// The events of this validation. The first caller gets them from the beginning, later ones from now on.
    pub fn events(&mut self) -> Events {
        self.first.take().unwrap_or_else(|| self.events.later())
    }

    /// What cancels this validation: before its next act. An upload under way is broken off, since it changes nothing that counts.
    pub fn canceller(&self) -> impl Fn() + Send + Sync + Clone + 'static {
        let cancel = self.cancel.clone();
        move || cancel.cancel()
    }

    /// Cancels it. Await it to learn where it stood.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Future for Validating {
    type Output = Result<Validated, ValidationError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|joined| match joined {
            Ok(outcome) => outcome,
            Err(error) => Err(ValidationError::Lost(error.to_string())),
        })
    }
}

/// Starts the validation as a task of the runtime that this is called on.
pub(crate) fn start(ports: Arc<Ports>, request: ValidationRequest) -> Validating {
    let (events, first) = Teller::new();
    let cancel = CancellationToken::new();
    let listening = events.listening();
    let work = Work::new(ports, request, events, cancel.clone());
    let task = tokio::spawn(work.run());
    Validating { task, events: listening, first: Some(first), cancel }
}
