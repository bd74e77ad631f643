use crate::DiscardSink;
use crate::events::Event;
use crate::gjeldende::usable;
use crate::journal::Hands;
use crate::outside::Ports;
use crate::prepare::Prepared;
use async_trait::async_trait;
use skattebro_codec::Packing;
use skattebro_domain::altinn::InstansId;
use skattebro_domain::filing::{Act, Ask, Fact, Filing, Read};
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry, WaitingFor};
use skattebro_domain::{Dokumentreferanse, JobbId, Referanse, Timestamp, ValidationOutcome};
use skattebro_ports::{AltinnJobs, Call, DocumentSink, PortError, Progress, Subject, UploadForm, UploadName};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Does the calls of one filing.
pub(crate) struct FilingHands {
    pub(crate) ports: Arc<Ports>,
    pub(crate) subject: Subject,
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) route: JobRoute,
    pub(crate) sink: Arc<dyn DocumentSink>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) cancel: CancellationToken,
    pub(crate) outcome: Arc<Mutex<Option<ValidationOutcome>>>,
}

/// What a job is started for.
#[derive(Debug, Clone)]
pub(crate) enum JobRoute {
    /// An envelope that travels with the start, edition v1.
    Envelope,
    /// What lies in an instance, edition v2. A look needs none.
    Instans(Arc<dyn AltinnJobs>, Option<InstansId>),
}

/// How much longer than a small request one may take that carries documents, on a slow line.
pub(crate) const PERMIT_FOR_A_MEGABYTE: Duration = Duration::from_secs(40);

impl FilingHands {
    fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    /// A call whose bytes are told. Only the upload's and the result's are: progress of the calls between them would be taken for
    /// that of these.
    fn telling(&self, call: Call) -> Call {
        Call { progress: Arc::new(ToEvents(self.events.clone())), ..call }
    }

    async fn upload(&self, call: Call) -> Result<Fact, PortError> {
        let Some(upload) = &self.prepared.upload else { return Ok(nothing_to_upload()) };
        let call = self.telling(call);
        let name = UploadName::naeringsspesifikasjon(match upload.packed.packing {
            Packing::Plain => UploadForm::Plain,
            Packing::Gzip => UploadForm::Gzip,
            Packing::Brotli(_) => UploadForm::Brotli,
        });
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
        call: Call,
        referanse: Option<Referanse>,
        gjeldende: Dokumentreferanse,
    ) -> Result<Fact, PortError> {
        let started = match &self.route {
            JobRoute::Envelope => match self.prepared.envelope(referanse, gjeldende) {
                Ok(envelope) => self.ports.jobs.start(&call, &self.subject, &envelope).await?,
                Err(error) => return Ok(not_sent(error.to_string())),
            },
            JobRoute::Instans(jobs, Some(instans)) => jobs.start(&call, &self.subject, instans).await?,
            JobRoute::Instans(_, None) => return Ok(not_sent("there is no instance yet".to_owned())),
        };
        Ok(Fact::Started(started.jobb_id, started.jobb_status))
    }

    async fn gjeldende(&self, call: Call) -> Result<Fact, PortError> {
        let sink = Arc::new(DiscardSink);
        let gjeldende = self.ports.current_returns.gjeldende(&call, &self.subject, false, sink).await?;
        Ok(match usable(&gjeldende, self.prepared.return_type) {
            Ok(referanse) => Fact::Gjeldende(referanse),
            Err(why) => Fact::GjeldendeUnusable(format!(
                "{why}. Nothing was uploaded. Check the identifikator, the year and the document."
            )),
        })
    }

    pub(super) async fn resultat(&self, call: Call, jobb: JobbId) -> Result<Fact, PortError> {
        let call = self.telling(call);
        let outcome = match &self.route {
            JobRoute::Envelope => {
                self.ports.jobs.resultat(&call, &self.subject, &jobb, self.sink.clone()).await?
            }
            JobRoute::Instans(jobs, _) => {
                jobs.resultat(&call, &self.subject, &jobb, self.sink.clone()).await?
            }
        };
        Ok(match outcome {
            None => Fact::NoResult(jobb),
            Some(outcome) => {
                let resultat = outcome.resultat.clone();
                *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                Fact::Resultat(jobb, resultat)
            }
        })
    }

    pub(crate) fn inline_bytes(&self) -> u64 {
        self.prepared.inline.iter().map(|inline| inline.body.len()).sum()
    }
}

fn nothing_to_upload() -> Fact {
    not_sent("there is no næringsspesifikasjon here to upload".to_owned())
}

pub(crate) fn not_sent(message: String) -> Fact {
    let (effect, retry) = (Effect::NotSent, Retry::AfterChange);
    let (kind, korrelasjonsid) = (ErrorKind::Local, None);
    Fact::Failed(Failure { kind, korrelasjonsid, effect, retry, about_referanse: false, message })
}

#[async_trait]
impl Hands<Filing> for FilingHands {
    fn permit(&self, act: &Act) -> Duration {
        let bytes = match act {
            Act::Upload => self.prepared.upload.as_ref().map_or(0, |upload| upload.body.len()),
            // What is in an instance is there already.
            Act::Start { .. } if matches!(self.route, JobRoute::Instans(..)) => 0,
            Act::Start { .. } => self.inline_bytes(),
        };
        self.ports.permit + PERMIT_FOR_A_MEGABYTE.mul_f64(bytes as f64 / 1e6)
    }

    async fn act(&self, call: Call, act: Act) -> Fact {
        let answer = match act {
            Act::Upload => self.upload(call).await,
            Act::Start { referanse, gjeldende } => self.start(call, referanse, gjeldende).await,
        };
        let fact = answer.unwrap_or_else(|error| Fact::Failed(error.failure()));
        match &fact {
            Fact::Uploaded(referanse) => self.tell(Event::Uploaded(referanse.clone())),
            Fact::Started(jobb, _) => self.tell(Event::Started(jobb.clone())),
            _ => {}
        }
        fact
    }

    async fn read(&self, call: Call, read: Read) -> Fact {
        let answer = match read {
            Read::Gjeldende => self.gjeldende(call).await,
            Read::Status(jobb) => {
                let seen = match &self.route {
                    JobRoute::Envelope => self.ports.jobs.status(&call, &self.subject, &jobb).await,
                    JobRoute::Instans(jobs, _) => jobs.status(&call, &self.subject, &jobb).await,
                };
                seen.map(|tilstand| Fact::Status(jobb, tilstand))
            }
            Read::Resultat(jobb) => self.resultat(call, jobb).await,
        };
        let fact = answer.unwrap_or_else(|error| Fact::LookFailed(error.failure()));
        match &fact {
            Fact::Gjeldende(referanse) => {
                self.tell(Event::Gjeldende(referanse.dokumentidentifikator.to_string()));
            }
            Fact::Status(jobb, tilstand) => self.tell(Event::Job(jobb.clone(), tilstand.clone())),
            _ => {}
        }
        fact
    }

    fn not_sent(&self, why: String) -> Fact {
        match not_sent(why) {
            Fact::Failed(failure) => Fact::Failed(Failure { retry: Retry::Later(None), ..failure }),
            other => other,
        }
    }

    fn on_stop(&self) -> Option<Ask> {
        // Where nobody can go on with it, it ends here.
        (!self.ports.desk.journal.survives()).then_some(Ask::Cancel)
    }

    fn learned(&self, filing: &Filing) {
        let goes_on = filing.end(self.ports.desk.clock.now()).is_none();
        if let Some(failure) = filing.last_failure().filter(|_| goes_on) {
            self.tell(Event::Trouble(failure.message.clone()));
        }
    }

    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor) {
        self.tell(Event::Waiting(until, waiting_for));
    }

    fn hindered(&self, why: &str) {
        self.ports.desk.tell(why);
        self.tell(Event::Trouble(why.to_owned()));
    }
}

/// Progress of a call as events.
#[derive(Debug)]
pub(crate) struct ToEvents(pub(crate) broadcast::Sender<Event>);

impl Progress for ToEvents {
    fn sent(&self, sent: u64, of: u64) {
        let _ = self.0.send(Event::Uploading { sent, of });
    }

    fn received(&self, received: u64, of: Option<u64>) {
        let _ = self.0.send(Event::Receiving { received, of });
    }
}
