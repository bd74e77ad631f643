//! The calls around a job.

use crate::DiscardSink;
use crate::events::{Event, Teller, ToEvents};
use crate::gjeldende::usable;
use crate::outside::Ports;
use crate::prepare::Prepared;
use skattebro_codec::Packing;
use skattebro_domain::altinn::InstansId;
use skattebro_domain::filing::{Act, Fact, Read};
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry};
use skattebro_domain::{Dokumentreferanse, Dokumenttype, JobbId, Referanse, ValidationOutcome};
use skattebro_ports::{AltinnJobs, Call, DocumentSink, PortError, Subject, UploadForm, UploadName};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does the calls of one validation by a job.
pub(crate) struct JobCalls {
    pub(crate) ports: Arc<Ports>,
    pub(crate) subject: Subject,
    pub(crate) sink: Arc<dyn DocumentSink>,
    pub(crate) events: Teller,
    pub(crate) cancel: CancellationToken,
    pub(crate) outcome: Mutex<Option<ValidationOutcome>>,
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

impl JobRoute {
    /// Whether an act carries documents: what is in an instance is there already.
    pub(crate) fn sends_documents(&self, act: &Act) -> bool {
        matches!((act, self), (Act::Upload, _) | (Act::Start { .. }, Self::Envelope))
    }
}

impl JobCalls {
    pub(crate) fn tell(&self, event: Event) {
        self.events.tell(event);
    }

    /// A call whose bytes are told. Only the upload's and the result's are: progress of the calls between them would be taken for
    /// that of these.
    fn telling(&self, call: Call) -> Call {
        Call { progress: Arc::new(ToEvents(self.events.clone())), ..call }
    }

    async fn upload(&self, call: Call, prepared: &Prepared) -> Result<Fact, PortError> {
        let Some(upload) = &prepared.upload else {
            return Ok(not_sent("there is no næringsspesifikasjon here to upload".to_owned()));
        };
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
        route: &JobRoute,
        prepared: Option<&Prepared>,
        referanse: Option<Referanse>,
        gjeldende: Dokumentreferanse,
    ) -> Result<Fact, PortError> {
        let started = match (route, prepared) {
            (JobRoute::Envelope, Some(prepared)) => match prepared.envelope(referanse, gjeldende) {
                Ok(envelope) => self.ports.jobs.start(&call, &self.subject, &envelope).await?,
                Err(error) => return Ok(not_sent(error.to_string())),
            },
            (JobRoute::Envelope, None) => return Ok(no_documents()),
            (JobRoute::Instans(jobs, Some(instans)), _) => jobs.start(&call, &self.subject, instans).await?,
            (JobRoute::Instans(_, None), _) => return Ok(not_sent("there is no instance yet".to_owned())),
        };
        Ok(Fact::Started(started.jobb_id, started.jobb_status))
    }

    /// `of`: the kind of return that is to be filed.
    pub(crate) async fn gjeldende(&self, call: Call, of: Dokumenttype) -> Result<Fact, PortError> {
        let sink = Arc::new(DiscardSink);
        let gjeldende = self.ports.current_returns.gjeldende(&call, &self.subject, false, sink).await?;
        Ok(match usable(&gjeldende, of) {
            Ok(referanse) => Fact::Gjeldende(referanse),
            Err(why) => Fact::GjeldendeUnusable(format!(
                "{why}. Nothing was uploaded. Check the identifikator, the year and the document."
            )),
        })
    }

    pub(crate) async fn resultat(
        &self,
        call: Call,
        route: &JobRoute,
        jobb: JobbId,
    ) -> Result<Fact, PortError> {
        let call = self.telling(call);
        let outcome = match route {
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

    pub(crate) fn take_outcome(&self) -> Option<ValidationOutcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How long after its intent an act may be sent and answered.
    pub(crate) fn permit(&self, act: &Act, route: &JobRoute, prepared: Option<&Prepared>) -> Duration {
        let bytes = match (act, prepared) {
            (Act::Upload, Some(Prepared { upload: Some(upload), .. })) => upload.body.len(),
            (Act::Start { .. }, Some(prepared)) if route.sends_documents(act) => {
                prepared.inline.iter().map(|inline| inline.body.len()).sum()
            }
            _ => 0,
        };
        self.ports.permit + PERMIT_FOR_A_MEGABYTE.mul_f64(bytes as f64 / 1e6)
    }

    pub(crate) async fn act(
        &self,
        call: Call,
        act: Act,
        route: &JobRoute,
        prepared: Option<&Prepared>,
    ) -> Fact {
        let answer = match (act, prepared) {
            (Act::Upload, Some(prepared)) => self.upload(call, prepared).await,
            (Act::Upload, None) => Ok(no_documents()),
            (Act::Start { referanse, gjeldende }, _) => {
                self.start(call, route, prepared, referanse, gjeldende).await
            }
        };
        let fact = answer.unwrap_or_else(|error| Fact::Failed(error.failure()));
        match &fact {
            Fact::Uploaded(referanse) => self.tell(Event::Uploaded(referanse.clone())),
            Fact::Started(jobb, _) => self.tell(Event::Started(jobb.clone())),
            _ => {}
        }
        fact
    }

    /// `of`: the kind of return that the one in force is compared with.
    pub(crate) async fn read(
        &self,
        call: Call,
        read: Read,
        route: &JobRoute,
        of: Option<Dokumenttype>,
    ) -> Fact {
        match (read, of) {
            (Read::Gjeldende, None) => {
                Fact::LookFailed(not_sent_yet("the documents are not here".to_owned()))
            }
            (Read::Gjeldende, Some(of)) => {
                let fact = looked(self.gjeldende(call, of).await);
                if let Fact::Gjeldende(referanse) = &fact {
                    self.tell(Event::Gjeldende(referanse.dokumentidentifikator.to_string()));
                }
                fact
            }
            (Read::Status(jobb), _) => self.status(call, route, jobb).await,
            (Read::Resultat(jobb), _) => looked(self.resultat(call, route, jobb).await),
        }
    }

    async fn status(&self, call: Call, route: &JobRoute, jobb: JobbId) -> Fact {
        let seen = match route {
            JobRoute::Envelope => self.ports.jobs.status(&call, &self.subject, &jobb).await,
            JobRoute::Instans(jobs, _) => jobs.status(&call, &self.subject, &jobb).await,
        };
        if let Ok(tilstand) = &seen {
            self.tell(Event::Job(jobb.clone(), tilstand.clone()));
        }
        looked(seen.map(|tilstand| Fact::Status(jobb, tilstand)))
    }
}

fn looked(answer: Result<Fact, PortError>) -> Fact {
    answer.unwrap_or_else(|error| Fact::LookFailed(error.failure()))
}

pub(crate) fn not_sent(message: String) -> Fact {
    let (effect, retry) = (Effect::NotSent, Retry::AfterChange);
    let (kind, korrelasjonsid) = (ErrorKind::Local, None);
    Fact::Failed(Failure { kind, korrelasjonsid, effect, retry, about_referanse: false, message })
}

/// That it was not sent, and will be tried again, or by another.
pub(crate) fn not_sent_yet(message: String) -> Failure {
    let (effect, retry) = (Effect::NotSent, Retry::Later(None));
    let (kind, korrelasjonsid) = (ErrorKind::Local, None);
    Failure { kind, korrelasjonsid, effect, retry, about_referanse: false, message }
}

fn no_documents() -> Fact {
    Fact::Failed(not_sent_yet("the documents are not here".to_owned()))
}
