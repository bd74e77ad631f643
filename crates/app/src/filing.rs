use crate::drive::{Hands, drive};
use crate::error::ValidationError;
use crate::events::{Event, Events};
use crate::gjeldende::usable;
use crate::outside::Ports;
use crate::prepare::{Prepared, Way, prepare};
use crate::{DiscardSink, ValidationRequest};
use async_trait::async_trait;
use skattebro_domain::filing::{Act, Ask, Fact, Filing, FilingEnd, Plan, Read};
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Flow, Retry, WaitingFor};
use skattebro_domain::{Code, Dokumentreferanse, Finding, JobbId, Referanse, Timestamp, ValidationOutcome};
use skattebro_ports::{Call, DocumentSink, PortError, Progress, Subject, UploadName};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::broadcast;
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
    /// Findings about the documents that did not stop the filing.
    pub warnings: Vec<Finding>,
}

/// A validation under way: a future of its outcome.
///
/// Dropping it detaches: the validation goes on. [`cancel`](Self::cancel) stops it before its next act.
#[derive(Debug)]
pub struct Validating {
    task: JoinHandle<Result<Validated, ValidationError>>,
    /// Weak, since the events are over when the task is, however long this handle is kept.
    events: broadcast::WeakSender<Event>,
    first: Option<Events>,
    cancel: CancellationToken,
}

impl Validating {
    /// The events of this validation. The first caller gets them from the beginning, later ones from now on.
    pub fn events(&mut self) -> Events {
        // Without a sender the filing is over, and there is nothing to come.
        let later = || self.events.upgrade().unwrap_or_else(|| broadcast::Sender::new(1)).subscribe();
        self.first.take().unwrap_or_else(|| Events::new(later()))
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
    let (events, first) = broadcast::channel(256);
    let cancel = CancellationToken::new();
    let work = Work { ports, request, events: events.clone(), cancel: cancel.clone() };
    let task = tokio::spawn(work.run());
    Validating { task, events: events.downgrade(), first: Some(Events::new(first)), cancel }
}

struct Work {
    ports: Arc<Ports>,
    request: ValidationRequest,
    events: broadcast::Sender<Event>,
    cancel: CancellationToken,
}

impl Work {
    async fn run(self) -> Result<Validated, ValidationError> {
        let party = &self.request.subject.identifikator;
        let Some(_turn) = self.ports.turn(party) else {
            return Err(ValidationError::Findings(vec![Finding::error(
                Code::PartyBusy,
                "",
                "a validation for the same identifikator is under way here, and a second job would abort its job",
                "wait for it, or cancel it",
            )]));
        };
        let prepared = Arc::new(self.prepare().await?);
        self.tell_checked(&prepared);
        let plan = Plan {
            referanse: self.request.referanse.clone(),
            can_upload: prepared.upload.is_some(),
            gjeldende: self.request.gjeldende.clone().map(|dokumentidentifikator| Dokumentreferanse {
                dokumenttype: prepared.return_type,
                dokumentidentifikator,
            }),
        };
        let mut filing = Filing::new(self.request.rules);
        let clock = self.ports.clock.clone();
        if let Err(declined) = filing.asked(Ask::Validate(plan), clock.now()) {
            return Err(ValidationError::Lost(declined.to_string()));
        }
        let sink = self.request.sink.clone().unwrap_or_else(|| Arc::new(DiscardSink));
        let hands = FilingHands {
            ports: self.ports.clone(),
            subject: self.request.subject.clone(),
            prepared: prepared.clone(),
            sink,
            events: self.events.clone(),
            cancel: self.cancel.clone(),
            outcome: Mutex::new(None),
        };
        drive(&mut filing, &hands, &*clock, &self.cancel, || Ask::Cancel).await;
        let referanse = filing.referanse().cloned();
        let outcome = hands.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (filing.end(clock.now()), outcome) {
            (Some(FilingEnd::Validated { jobb, .. }), Some(outcome)) => {
                Ok(Validated { outcome, jobb, referanse, warnings: prepared.warnings.clone() })
            }
            (Some(end), _) => {
                let perhaps_started = filing.perhaps_started();
                Err(ValidationError::Ended { end: Box::new(end), referanse, perhaps_started })
            }
            (None, _) => Err(ValidationError::Lost("it stopped without an end".to_owned())),
        }
    }

    async fn prepare(&self) -> Result<Prepared, ValidationError> {
        let way = Way::Asynchronous { max_request_bytes: self.ports.max_request_bytes };
        let (request, cancel) = (self.request.clone(), self.cancel.clone());
        let preparing = tokio::task::spawn_blocking(move || prepare(&request, way, &cancel));
        match self.cancel.run_until_cancelled(preparing).await {
            Some(Ok(prepared)) => prepared.map_err(ValidationError::Findings),
            Some(Err(error)) => Err(ValidationError::Lost(error.to_string())),
            None => {
                let end = Box::new(FilingEnd::Cancelled { jobb: None });
                let referanse = self.request.referanse.clone();
                Err(ValidationError::Ended { end, referanse, perhaps_started: false })
            }
        }
    }

    fn tell_checked(&self, prepared: &Prepared) {
        let packed = prepared.upload.as_ref().map(|upload| &upload.packed);
        let _ = self.events.send(Event::Checked {
            warnings: prepared.warnings.clone(),
            xml_bytes: packed.map_or(0, |packed| packed.xml_bytes),
            base64_bytes: packed.map_or(0, |packed| packed.base64_bytes),
            packed_bytes: packed.map_or(0, |packed| packed.packed_bytes),
            gzip: packed.is_some_and(|packed| packed.gzip),
        });
    }
}

struct FilingHands {
    ports: Arc<Ports>,
    subject: Subject,
    prepared: Arc<Prepared>,
    sink: Arc<dyn DocumentSink>,
    events: broadcast::Sender<Event>,
    cancel: CancellationToken,
    outcome: Mutex<Option<ValidationOutcome>>,
}

impl FilingHands {
    fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    fn call(&self) -> Call {
        Call::new(self.ports.korrelasjonsid())
    }

    /// A call whose bytes are told. Only the upload's and the result's are: progress of the calls between them would be taken for
    /// that of these.
    fn call_with_progress(&self) -> Call {
        Call { progress: Arc::new(ToEvents(self.events.clone())), ..self.call() }
    }

    async fn upload(&self) -> Result<Fact, PortError> {
        let Some(upload) = &self.prepared.upload else { return Ok(nothing_to_upload()) };
        let call = self.call_with_progress();
        let name = UploadName::naeringsspesifikasjon(upload.packed.gzip);
        let work = self.ports.uploads.last_opp(&call, &self.subject, &name, upload.body.clone());
        match self.cancel.run_until_cancelled(work).await {
            Some(answer) => answer.map(Fact::Uploaded),
            None => Ok(Fact::Failed(Failure {
                kind: ErrorKind::ConnectionLost,
                korrelasjonsid: Some(call.korrelasjonsid),
                effect: Effect::Unknown,
                retry: Retry::Later(None),
                about_referanse: false,
                message: "the upload was broken off because you asked".to_owned(),
            })),
        }
    }

    async fn start(
        &self,
        referanse: Option<Referanse>,
        gjeldende: Dokumentreferanse,
    ) -> Result<Fact, PortError> {
        let envelope = match self.prepared.envelope(referanse, gjeldende) {
            Ok(envelope) => envelope,
            Err(error) => return Ok(not_sent(error.to_string())),
        };
        let call = self.call();
        let started = self.ports.jobs.start(&call, &self.subject, &envelope).await?;
        Ok(Fact::Started(started.jobb_id, started.jobb_status))
    }

    async fn gjeldende(&self) -> Result<Fact, PortError> {
        let call = self.call();
        let sink = Arc::new(DiscardSink);
        let gjeldende = self.ports.current_returns.gjeldende(&call, &self.subject, false, sink).await?;
        Ok(match usable(&gjeldende, self.prepared.return_type) {
            Ok(referanse) => Fact::Gjeldende(referanse),
            Err(why) => Fact::GjeldendeUnusable(format!(
                "{why}. Nothing was uploaded. Check the identifikator, the year and the document."
            )),
        })
    }

    async fn resultat(&self, jobb: JobbId) -> Result<Fact, PortError> {
        let call = self.call_with_progress();
        let outcome = self.ports.jobs.resultat(&call, &self.subject, &jobb, self.sink.clone()).await?;
        Ok(match outcome {
            None => Fact::NoResult(jobb),
            Some(outcome) => {
                let resultat = outcome.resultat.clone();
                *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                Fact::Resultat(jobb, resultat)
            }
        })
    }

    fn fact(&self, answer: Result<Fact, PortError>) -> Fact {
        answer.unwrap_or_else(|error| Fact::Failed(error.failure()))
    }
}

fn nothing_to_upload() -> Fact {
    not_sent("there is no næringsspesifikasjon here to upload".to_owned())
}

fn not_sent(message: String) -> Fact {
    let (effect, retry) = (Effect::NotSent, Retry::AfterChange);
    let (kind, korrelasjonsid) = (ErrorKind::Local, None);
    Fact::Failed(Failure { kind, korrelasjonsid, effect, retry, about_referanse: false, message })
}

#[async_trait]
impl Hands<Filing> for FilingHands {
    async fn act(&self, act: Act) -> Fact {
        let answer = match act {
            Act::Upload => self.upload().await,
            Act::Start { referanse, gjeldende } => self.start(referanse, gjeldende).await,
        };
        let fact = self.fact(answer);
        match &fact {
            Fact::Uploaded(referanse) => self.tell(Event::Uploaded(referanse.clone())),
            Fact::Started(jobb, _) => self.tell(Event::Started(jobb.clone())),
            _ => {}
        }
        fact
    }

    async fn read(&self, read: Read) -> Fact {
        let answer = match read {
            Read::Gjeldende => self.gjeldende().await,
            Read::Status(jobb) => {
                let call = self.call();
                let seen = self.ports.jobs.status(&call, &self.subject, &jobb).await;
                seen.map(|tilstand| Fact::Status(jobb, tilstand))
            }
            Read::Resultat(jobb) => self.resultat(jobb).await,
        };
        let fact = self.fact(answer);
        match &fact {
            Fact::Gjeldende(referanse) => {
                self.tell(Event::Gjeldende(referanse.dokumentidentifikator.to_string()));
            }
            Fact::Status(jobb, tilstand) => self.tell(Event::Job(jobb.clone(), tilstand.clone())),
            _ => {}
        }
        fact
    }

    fn learned(&self, filing: &Filing) {
        let goes_on = filing.end(self.ports.clock.now()).is_none();
        if let Some(failure) = filing.last_failure().filter(|_| goes_on) {
            self.tell(Event::Trouble(failure.message.clone()));
        }
    }

    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor) {
        self.tell(Event::Waiting(until, waiting_for));
    }
}

/// Progress of a call as events.
#[derive(Debug)]
struct ToEvents(broadcast::Sender<Event>);

impl Progress for ToEvents {
    fn sent(&self, sent: u64, of: u64) {
        let _ = self.0.send(Event::Uploading { sent, of });
    }

    fn received(&self, received: u64, of: Option<u64>) {
        let _ = self.0.send(Event::Receiving { received, of });
    }
}
