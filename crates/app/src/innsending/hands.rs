use super::age::Looking;
use super::inputs::Ready;
use crate::DiscardSink;
use crate::documents::Documents;
use crate::events::{Event, ToEvents};
use crate::filing::{JobCalls, JobRoute, PERMIT_FOR_A_MEGABYTE, not_sent, not_sent_yet};
use crate::gjeldende::usable;
use crate::journal::{Hands, Turn};
use crate::outside::AltinnPorts;
use crate::prepare::Prepared;
use crate::runner::IdleMark;
use async_trait::async_trait;
use skattebro_codec::envelope_len;
use skattebro_domain::altinn::{DataId, InstansId, Metadata, Prosess};
use skattebro_domain::filing::{self, DueLook, Filing};
use skattebro_domain::flow::{ErrorKind, Flow, Step, WaitingFor};
use skattebro_domain::innsending::{Act, Ask, Fact, Innsending, Konvolutt, Lest, Read, Stage, Utfoerer};
use skattebro_domain::{Dokumenttype, Timestamp, ValidationOutcome};
use skattebro_ports::{Call, DocumentSink, PortError, RequestEnvelope};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does the calls of one submission. Holds its documents only until they lie in the instance, and while nothing is waited for.
pub(crate) struct InnsendingHands {
    /// Of the validation.
    pub(super) calls: JobCalls,
    pub(super) altinn: AltinnPorts,
    pub(super) metadata: Metadata,
    pub(super) utfoerer: Utfoerer,
    /// Whether the validation's jobs are for the instance.
    pub(super) of_instans: bool,
    pub(super) documents: Arc<Documents<Ready>>,
    /// Of the documents, once it is known.
    pub(super) return_type: OnceLock<Dokumenttype>,
    /// Ends the drive: somebody stops it, or its documents are needed and cannot be had.
    pub(super) leave: CancellationToken,
    pub(super) idle: IdleMark,
    pub(super) receipt_sink: Arc<dyn DocumentSink>,
    pub(super) receipt: Mutex<Option<ValidationOutcome>>,
    /// The documents with these attachments written in.
    pub(super) with_vedlegg: Mutex<Option<(Vec<DataId>, Arc<Prepared>)>>,
}

/// What is sent, or why it cannot be made.
type Sent = Result<Arc<Prepared>, String>;

impl InnsendingHands {
    fn tell(&self, event: Event) {
        self.calls.tell(event);
    }

    fn telling(&self, call: Call) -> Call {
        Call { progress: Arc::new(ToEvents(self.calls.events.clone())), ..call }
    }

    fn let_go(&self) {
        self.documents.let_go();
        drop(self.with_vedlegg.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// The documents, to look with. `None`: it must be left to another.
    async fn ready(&self) -> Option<Arc<Ready>> {
        let ready = self.documents.get().await;
        if ready.is_err() {
            self.leave.cancel();
        }
        ready.ok()
    }

    /// The documents as they are sent: with the ids of the attachments in the skattemelding.
    fn prepared(&self, vedlegg: &[DataId]) -> Sent {
        let ready = self.documents.here().ok_or("the documents are not here")?;
        let mut made = self.with_vedlegg.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, prepared)) = made.as_ref().filter(|(ids, _)| *ids == vedlegg) {
            return Ok(prepared.clone());
        }
        let prepared = Arc::new(ready.prepared.with_vedlegg(vedlegg, &ready.vedlegg)?);
        *made = Some((vedlegg.to_vec(), prepared.clone()));
        Ok(prepared)
    }

    fn envelope(&self, konvolutt: &Konvolutt) -> Result<RequestEnvelope, String> {
        let prepared = self.prepared(&konvolutt.vedlegg)?;
        let envelope = prepared.envelope(konvolutt.referanse.clone(), konvolutt.gjeldende.clone());
        envelope.map_err(|error| error.to_string())
    }

    fn route(&self, instans: Option<&InstansId>) -> JobRoute {
        match self.of_instans {
            true => JobRoute::Instans(self.altinn.jobs.clone(), instans.cloned()),
            false => JobRoute::Envelope,
        }
    }

    async fn do_act(&self, call: Call, act: Act) -> Result<Fact, PortError> {
        let (altinn, eier) = (&self.altinn.altinn, &self.calls.subject.identifikator);
        Ok(match act {
            Act::Opprett => Fact::Opprettet(altinn.opprett(&call, eier, &self.metadata).await?),
            Act::SettMetadata(instans, element) => {
                altinn.sett_metadata(&call, eier, &instans, &element, &self.metadata).await?;
                Fact::MetadataSatt
            }
            Act::LastOppVedlegg(instans, place) => {
                let ready = self.documents.here();
                let Some((_, vedlegg)) = ready.as_ref().and_then(|ready| ready.vedlegg.get(place)) else {
                    return Ok(as_fact(not_sent("there is no such attachment here".to_owned())));
                };
                let call = self.telling(call);
                let element = altinn.last_opp_vedlegg(&call, eier, &instans, vedlegg).await?;
                Fact::VedleggLastetOpp(place, element.id)
            }
            Act::LastOppKonvolutt(instans, konvolutt) => {
                let envelope = match self.envelope(&konvolutt) {
                    Ok(envelope) => envelope,
                    Err(why) => return Ok(as_fact(not_sent(why))),
                };
                let call = self.telling(call);
                let element = altinn.last_opp_konvolutt(&call, eier, &instans, None, &envelope).await?;
                Fact::KonvoluttLastetOpp(element)
            }
            Act::Slett(instans, element) => {
                altinn.slett(&call, eier, &instans, &element).await?;
                Fact::Slettet
            }
            Act::Neste(instans, _) => Fact::Flyttet(altinn.neste(&call, eier, &instans).await?),
            Act::Validering(act, konvolutt, instans) => {
                let route = self.route(instans.as_ref());
                let prepared = match route.sends_documents(&act).then(|| self.prepared(&konvolutt.vedlegg)) {
                    Some(Err(why)) => return Ok(Fact::Validering(not_sent(why))),
                    prepared => prepared.and_then(Result::ok),
                };
                Fact::Validering(self.calls.act(call, act, &route, prepared.as_deref()).await)
            }
        })
    }

    /// `None`: it must be left to another.
    async fn return_type(&self) -> Option<Dokumenttype> {
        if let Some(known) = self.return_type.get() {
            return Some(*known);
        }
        let ready = self.ready().await?;
        Some(*self.return_type.get_or_init(|| ready.prepared.return_type))
    }

    async fn gjeldende(&self, call: &Call) -> Result<Fact, PortError> {
        let Some(of) = self.return_type().await else { return Ok(no_documents()) };
        let sink = Arc::new(DiscardSink);
        let ports = &self.calls.ports;
        let gjeldende = ports.current_returns.gjeldende(call, &self.calls.subject, false, sink).await?;
        Ok(match usable(&gjeldende, of) {
            Ok(referanse) => Fact::Gjeldende(referanse),
            Err(why) => Fact::GjeldendeUnusable(format!(
                "{why}. Nothing was submitted. Check the identifikator, the year and the document."
            )),
        })
    }

    async fn valider(&self, call: &Call, konvolutt: &Konvolutt) -> Result<Fact, PortError> {
        if self.ready().await.is_none() {
            return Ok(no_documents());
        }
        let envelope = match self.envelope(konvolutt) {
            Ok(envelope) => envelope,
            Err(why) => {
                return Ok(match as_fact(not_sent(why)) {
                    Fact::Failed(failure) => Fact::LookFailed(Lest::Annet, failure),
                    other => other,
                });
            }
        };
        let JobCalls { ports, subject, sink, .. } = &self.calls;
        let outcome = ports.validations.valider(call, subject, &envelope, sink.clone()).await?;
        let resultat = outcome.resultat.clone();
        *self.calls.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(Fact::Validert(resultat))
    }

    /// Looks at every open instance of the owner.
    async fn aapne(&self, call: &Call) -> Result<Fact, PortError> {
        let (altinn, eier) = (&self.altinn.altinn, &self.calls.subject.identifikator);
        let mut instanser = Vec::new();
        for id in altinn.aapne(call, eier).await? {
            match altinn.se(call, eier, &id).await {
                Ok(instans) => instanser.push(instans),
                // It was open a moment ago, or is not ours to see: either way it is not the one we made.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Fact::Aapne(instanser))
    }

    pub(super) async fn kvittering(
        &self,
        call: &Call,
        instans: &InstansId,
        element: &DataId,
    ) -> Result<Fact, PortError> {
        let (altinn, eier) = (&self.altinn.altinn, &self.calls.subject.identifikator);
        let outcome = altinn.kvittering(call, eier, instans, element, self.receipt_sink.clone()).await?;
        let fact = Fact::Kvittering(outcome.resultat.clone(), outcome.aarsaker.clone());
        *self.receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(fact)
    }

    async fn do_read(&self, call: Call, read: Read) -> Result<Fact, PortError> {
        let eier = &self.calls.subject.identifikator;
        match read {
            Read::Gjeldende => self.gjeldende(&call).await,
            Read::Valider(konvolutt) => self.valider(&call, &konvolutt).await,
            Read::Aapne => self.aapne(&call).await,
            Read::Instans(instans) => self.altinn.altinn.se(&call, eier, &instans).await.map(Fact::Instans),
            Read::Kvittering(instans, element) => {
                self.kvittering(&self.telling(call), &instans, &element).await
            }
            Read::Validering(read) => {
                let of = match read {
                    filing::Read::Gjeldende => self.return_type().await,
                    filing::Read::Status(_) | filing::Read::Resultat(_) => None,
                };
                Ok(Fact::Validering(self.calls.read(call, read, &self.route(None), of).await))
            }
        }
    }

    fn envelope_bytes(&self, konvolutt: &Konvolutt) -> u64 {
        self.envelope(konvolutt).map_or(0, |envelope| envelope_len(&envelope, |body| body.len()))
    }
}

fn no_documents() -> Fact {
    Fact::LookFailed(Lest::Annet, not_sent_yet("the documents are not here".to_owned()))
}

/// A failure of the validation's hands as one of these.
fn as_fact(fact: filing::Fact) -> Fact {
    match fact {
        filing::Fact::Failed(failure) => Fact::Failed(failure),
        other => Fact::Validering(other),
    }
}

#[async_trait]
impl Hands<Innsending> for InnsendingHands {
    fn is_ready(&self, act: &Act) -> bool {
        let needs_documents = match act {
            Act::LastOppVedlegg(..) | Act::LastOppKonvolutt(..) => true,
            Act::Validering(act, _, instans) => self.route(instans.as_ref()).sends_documents(act),
            Act::Opprett | Act::SettMetadata(..) | Act::Slett(..) | Act::Neste(..) => false,
        };
        !needs_documents || self.documents.here().is_some()
    }

    async fn get_ready(&self) {
        self.idle.set(false);
        _ = self.ready().await;
    }

    fn due_look(&self, innsending: &Innsending, read: &Read, now: Timestamp) -> Option<DueLook> {
        let is_status = matches!(read, Read::Validering(filing::Read::Status(_)));
        innsending.filing().filter(|_| is_status).and_then(|filing: &Filing| filing.due_look(now))
    }

    async fn turn_to_look(&self, due: DueLook) -> Turn {
        self.idle.set(true);
        Turn(Box::new(self.calls.ports.looks.turn(due).await))
    }

    fn permit(&self, act: &Act) -> Duration {
        let bytes = match act {
            Act::LastOppVedlegg(_, place) => self
                .documents
                .here()
                .and_then(|ready| ready.vedlegg.get(*place).map(|(_, vedlegg)| vedlegg.body.len()))
                .unwrap_or_default(),
            Act::LastOppKonvolutt(_, konvolutt) => self.envelope_bytes(konvolutt),
            Act::Validering(act, konvolutt, instans) => {
                let route = self.route(instans.as_ref());
                let prepared = route.sends_documents(act).then(|| self.prepared(&konvolutt.vedlegg).ok());
                return self.calls.permit(act, &route, prepared.flatten().as_deref());
            }
            _ => 0,
        };
        self.calls.ports.permit + PERMIT_FOR_A_MEGABYTE.mul_f64(bytes as f64 / 1e6)
    }

    async fn act(&self, call: Call, act: Act) -> Fact {
        self.idle.set(false);
        let fact = self.do_act(call, act).await.unwrap_or_else(|error| Fact::Failed(error.failure()));
        match &fact {
            Fact::Opprettet(instans) => self.tell(Event::Instans(instans.id.clone())),
            Fact::Flyttet(prosess) => self.tell(Event::Prosess(prosess.clone())),
            _ => {}
        }
        fact
    }

    async fn read(&self, call: Call, read: Read) -> Fact {
        let clocks = || self.calls.ports.desk.clocks();
        let looking = Looking::begin(&read, clocks());
        let fact = self.do_read(call, read).await;
        let fact = fact.unwrap_or_else(|error| Fact::LookFailed(looking.lest, error.failure()));
        let fact = looking.shows(fact, clocks());
        match &fact {
            Fact::Gjeldende(referanse) => {
                self.tell(Event::Gjeldende(referanse.dokumentidentifikator.to_string()));
            }
            Fact::Validert(resultat) => self.tell(Event::Validated(resultat.clone())),
            Fact::Instans(instans) => self.tell(Event::Prosess(instans.prosess.clone())),
            _ => {}
        }
        fact
    }

    fn not_sent(&self, why: String) -> Fact {
        Fact::Failed(not_sent_yet(why))
    }

    fn on_stop(&self) -> Option<Ask> {
        // Where nobody can go on with it, it ends here.
        (!self.calls.ports.desk.journal.survives()).then_some(Ask::Cancel)
    }

    fn learned(&self, innsending: &Innsending) {
        let now = self.calls.ports.desk.clock.now();
        if !goes_on_with_documents(innsending, now) {
            self.let_go();
        }
        let goes_on = innsending.end(now).is_none();
        if let Some(failure) = innsending.last_failure().filter(|_| goes_on) {
            self.tell(Event::Trouble(failure.message.clone()));
        }
        let waits_for_person =
            innsending.prosess() == Some(&Prosess::Bekreftelse) && self.utfoerer == Utfoerer::Systembruker;
        if let Some(instans) = innsending.instans().filter(|_| waits_for_person && goes_on) {
            self.tell(Event::PersonMustConfirm { instans: instans.clone(), link: self.altinn.link(instans) });
        }
    }

    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor) {
        self.let_go();
        self.idle.set(true);
        self.tell(Event::Waiting(until, waiting_for));
    }

    fn hindered(&self, why: &str) {
        self.let_go();
        self.calls.ports.desk.tell(why);
        self.tell(Event::Trouble(why.to_owned()));
    }
}

/// Whether the next step may be on the way of the documents into the instance.
fn goes_on_with_documents(innsending: &Innsending, now: Timestamp) -> bool {
    use filing::Read::{Resultat, Status};
    let are_there = !matches!(
        innsending.stage(),
        Stage::Gjeldende | Stage::Validering | Stage::Instans | Stage::Dokumenter
    );
    match innsending.next(now) {
        Step::Read(Read::Validering(Status(_) | Resultat(_))) => false,
        Step::Act(_) | Step::Read(_) => !are_there,
        Step::Wait(..) | Step::Person(_) | Step::End => false,
    }
}
