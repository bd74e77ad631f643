use super::calls::{JobCalls, JobRoute, not_sent_yet};
use crate::documents::Documents;
use crate::events::Event;
use crate::journal::{Hands, Turn};
use crate::prepare::Prepared;
use crate::runner::IdleMark;
use async_trait::async_trait;
use skattebro_domain::filing::{Act, Ask, DueLook, Fact, Filing, Read};
use skattebro_domain::flow::{Flow, Step, WaitingFor};
use skattebro_domain::{Dokumenttype, Timestamp};
use skattebro_ports::Call;
use std::sync::OnceLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does the calls of one filing. Holds its documents only until its job runs.
pub(crate) struct FilingHands {
    pub(super) calls: JobCalls,
    pub(super) documents: Documents<Prepared>,
    /// Of the documents, once it is known.
    pub(super) return_type: OnceLock<Dokumenttype>,
    /// Ends the drive: somebody stops it, or its documents are needed and cannot be had.
    pub(super) leave: CancellationToken,
    pub(super) idle: IdleMark,
}

const ROUTE: JobRoute = JobRoute::Envelope;

impl FilingHands {
    /// `None`: it must be left to another.
    async fn return_type(&self) -> Option<Dokumenttype> {
        if let Some(known) = self.return_type.get() {
            return Some(*known);
        }
        match self.documents.get().await {
            Ok(prepared) => Some(*self.return_type.get_or_init(|| prepared.return_type)),
            Err(_) => {
                self.leave.cancel();
                None
            }
        }
    }
}

#[async_trait]
impl Hands<Filing> for FilingHands {
    fn is_ready(&self, act: &Act) -> bool {
        !ROUTE.sends_documents(act) || self.documents.here().is_some()
    }

    async fn get_ready(&self) {
        self.idle.set(false);
        if self.documents.get().await.is_err() {
            self.leave.cancel();
        }
    }

    fn due_look(&self, filing: &Filing, read: &Read, now: Timestamp) -> Option<DueLook> {
        matches!(read, Read::Status(_)).then(|| filing.due_look(now)).flatten()
    }

    async fn turn_to_look(&self, due: DueLook) -> Turn {
        self.idle.set(true);
        Turn(Box::new(self.calls.ports.looks.turn(due).await))
    }

    fn permit(&self, act: &Act) -> Duration {
        self.calls.permit(act, &ROUTE, self.documents.here().as_deref())
    }

    async fn act(&self, call: Call, act: Act) -> Fact {
        self.idle.set(false);
        let prepared = self.documents.here();
        self.calls.act(call, act, &ROUTE, prepared.as_deref()).await
    }

    async fn read(&self, call: Call, read: Read) -> Fact {
        let of = if read == Read::Gjeldende { self.return_type().await } else { None };
        self.calls.read(call, read, &ROUTE, of).await
    }

    fn not_sent(&self, why: String) -> Fact {
        Fact::Failed(not_sent_yet(why))
    }

    fn on_stop(&self) -> Option<Ask> {
        // Where nobody can go on with it, it ends here.
        (!self.calls.ports.desk.journal.survives()).then_some(Ask::Cancel)
    }

    fn learned(&self, filing: &Filing) {
        let now = self.calls.ports.desk.clock.now();
        if !matches!(filing.next(now), Step::Act(_) | Step::Read(Read::Gjeldende)) {
            self.documents.let_go();
        }
        let goes_on = filing.end(now).is_none();
        if let Some(failure) = filing.last_failure().filter(|_| goes_on) {
            self.calls.tell(Event::Trouble(failure.message.clone()));
        }
    }

    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor) {
        self.documents.let_go();
        self.idle.set(true);
        self.calls.tell(Event::Waiting(until, waiting_for));
    }

    fn hindered(&self, why: &str) {
        self.documents.let_go();
        self.calls.ports.desk.tell(why);
        self.calls.tell(Event::Trouble(why.to_owned()));
    }
}
