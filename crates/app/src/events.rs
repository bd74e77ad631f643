use skattebro_domain::flow::WaitingFor;
use skattebro_domain::{Finding, JobbId, JobbTilstand, Referanse, Timestamp};
use skattebro_ports::journal::CaseId;
use tokio::sync::broadcast;

/// Something that happened on the way. Lossy: who listens slowly misses some, and nothing waits for a listener.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The documents were read and checked; these are the warnings.
    Checked {
        /// Findings that did not stop the filing.
        warnings: Vec<Finding>,
        /// The size of the næringsspesifikasjon in bytes; 0 if an earlier upload is used.
        xml_bytes: u64,
        /// Its size as base64.
        base64_bytes: u64,
        /// The size of what will be sent.
        packed_bytes: u64,
        /// Whether that is compressed.
        gzip: bool,
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

/// The events of one filing, from the moment of listening on.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    pub(crate) fn new(receiver: broadcast::Receiver<Event>) -> Self {
        Self(receiver)
    }

    /// The next event that was not missed; `None` when the filing is over.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
