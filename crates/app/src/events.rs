use crate::packing::PackedAs;
use crate::prepare::Prepared;
use skattebro_domain::altinn::{InstansId, Prosess};
use skattebro_domain::flow::WaitingFor;
use skattebro_domain::{Finding, JobbId, JobbTilstand, Referanse, ResultatAvValidering, Timestamp};
use skattebro_ports::Progress;
use skattebro_ports::journal::CaseId;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Something that happened on the way. Lossy: who listens slowly misses some, and nothing waits for a listener.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The documents were read and checked; these are the warnings.
    Checked {
        /// Findings that did not stop the filing.
        warnings: Vec<Finding>,
        /// What the næringsspesifikasjon was packed as; `None` if it is not uploaded by itself.
        packed: Option<PackedAs>,
    },
    /// It is written down as this case of the journal.
    Case(CaseId),
    /// The return in force was found.
    Gjeldende(String),
    /// So many bytes of the upload have been sent.
    Uploading {
        /// Sent.
        sent: u64,
        /// Of so many.
        of: u64,
    },
    /// The upload was answered.
    Uploaded(Referanse),
    /// A job was started.
    Started(JobbId),
    /// The job was looked at.
    Job(JobbId, JobbTilstand),
    /// Nothing will be done before then.
    Waiting(Timestamp, WaitingFor),
    /// The return was validated in one call, with this verdict.
    Validated(ResultatAvValidering),
    /// The instance was made in Altinn.
    Instans(InstansId),
    /// The process of the instance is here.
    Prosess(Prosess),
    /// A person must confirm what lies in the instance before it is submitted; it is watched, and gone on with by itself.
    PersonMustConfirm {
        /// The instance.
        instans: InstansId,
        /// The page where that is done, where it is known.
        link: Option<String>,
    },
    /// A call failed, and the filing goes on.
    Trouble(String),
    /// So many bytes of the result have been received.
    Receiving {
        /// Received.
        received: u64,
        /// Of so many, if the service said.
        of: Option<u64>,
    },
}

impl Event {
    pub(crate) fn checked(prepared: &Prepared) -> Self {
        Self::Checked { warnings: prepared.warnings.clone(), packed: prepared.packed() }
    }
}

/// The events of one filing, from the moment of listening on.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Arc<Event>>);

impl Events {
    /// The next event that was not missed; `None` when the filing is over.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(Arc::unwrap_or_clone(event)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// So many events are kept for who listens slowly. Thousands of filings have room for them, so it is small.
const KEPT: usize = 32;

/// Tells events to whoever listens.
#[derive(Debug, Clone)]
pub(crate) struct Teller(broadcast::Sender<Arc<Event>>);

impl Teller {
    pub(crate) fn new() -> (Self, Events) {
        let (sender, receiver) = broadcast::channel(KEPT);
        (Self(sender), Events(receiver))
    }

    /// To nobody: who listens cannot be added.
    pub(crate) fn to_nobody() -> Self {
        Self(broadcast::Sender::new(1))
    }

    pub(crate) fn tell(&self, event: Event) {
        if self.0.receiver_count() > 0 {
            // Nobody listening any more is fine.
            let _ = self.0.send(Arc::new(event));
        }
    }

    pub(crate) fn listening(&self) -> Listening {
        Listening(self.0.downgrade())
    }
}

/// Where events can be listened to. Does not keep them from ending.
#[derive(Debug)]
pub(crate) struct Listening(broadcast::WeakSender<Arc<Event>>);

impl Listening {
    /// The events from now on. When all is over there are none.
    pub(crate) fn later(&self) -> Events {
        Events(self.0.upgrade().unwrap_or_else(|| broadcast::Sender::new(1)).subscribe())
    }
}

/// Progress of a call as events.
#[derive(Debug)]
pub(crate) struct ToEvents(pub(crate) Teller);

impl Progress for ToEvents {
    fn sent(&self, sent: u64, of: u64) {
        self.0.tell(Event::Uploading { sent, of });
    }

    fn received(&self, received: u64, of: Option<u64>) {
        self.0.tell(Event::Receiving { received, of });
    }
}
