use super::age::Looking;
use super::inputs::Ready;
use crate::DiscardSink;
use crate::events::Event;
use crate::filing::{FilingHands, JobRoute, PERMIT_FOR_A_MEGABYTE, ToEvents, not_sent};
use crate::gjeldende::usable;
use crate::journal::Hands;
use crate::outside::{AltinnPorts, Ports};
use crate::prepare::Prepared;
use async_trait::async_trait;
use skattebro_codec::envelope_len;
use skattebro_domain::altinn::{DataId, InstansId, Metadata, Prosess};
use skattebro_domain::filing;
use skattebro_domain::flow::{ErrorKind, Failure, Retry, WaitingFor};
use skattebro_domain::innsending::{Act, Ask, Fact, Innsending, Konvolutt, Lest, Read, Utfoerer};
use skattebro_domain::{Timestamp, ValidationOutcome};
use skattebro_ports::{Call, DocumentSink, PortError, RequestEnvelope, Subject};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Does the calls of one submission.
pub(crate) struct InnsendingHands {
    pub(super) ports: Arc<Ports>,
    pub(super) altinn: AltinnPorts,
    pub(super) subject: Subject,
    pub(super) metadata: Metadata,
    pub(super) utfoerer: Utfoerer,
    /// Whether the validation's jobs are for the instance.
    pub(super) of_instans: bool,
    pub(super) ready: Arc<Ready>,
    pub(super) sink: Arc<dyn DocumentSink>,
    pub(super) receipt_sink: Arc<dyn DocumentSink>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) cancel: CancellationToken,
    /// Of the validation.
    pub(super) outcome: Arc<Mutex<Option<ValidationOutcome>>>,
    pub(super) receipt: Mutex<Option<ValidationOutcome>>,
    /// The documents with these attachments written in.
    pub(super) with_vedlegg: Mutex<Option<(Vec<DataId>, Arc<Prepared>)>>,
}

/// What is sent, or why it cannot be made.
type Documents = Result<Arc<Prepared>, String>;

impl InnsendingHands {
    fn tell(&self, event: Event) {
        // Nobody listening is fine.
        let _ = self.events.send(event);
    }

    fn telling(&self, call: Call) -> Call {
        Call { progress: Arc::new(ToEvents(self.events.clone())), ..call }
    }

    /// The documents as they are sent: with the ids of the attachments in the skattemelding.
    fn prepared(&self, vedlegg: &[DataId]) -> Documents {
        let mut made = self.with_vedlegg.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, prepared)) = made.as_ref().filter(|(ids, _)| *ids == vedlegg) {
            return Ok(prepared.clone());
        }
        let prepared = Arc::new(self.ready.prepared.with_vedlegg(vedlegg, &self.ready.vedlegg)?);
        *made = Some((vedlegg.to_vec(), prepared.clone()));
        Ok(prepared)
    }

    fn envelope(&self, konvolutt: &Konvolutt) -> Result<RequestEnvelope, String> {
        let prepared = self.prepared(&konvolutt.vedlegg)?;
        let envelope = prepared.envelope(konvolutt.referanse.clone(), konvolutt.gjeldende.clone());
        envelope.map_err(|error| error.to_string())
    }

    /// The hands of the validation.
    fn of_validation(&self, vedlegg: &[DataId], instans: Option<&InstansId>) -> Result<FilingHands, String> {
        let route = match self.of_instans {
            true => JobRoute::Instans(self.altinn.jobs.clone(), instans.cloned()),
            false => JobRoute::Envelope,
        };
        Ok(FilingHands {
            ports: self.ports.clone(),
            subject: self.subject.clone(),
            prepared: self.prepared(vedlegg)?,
            route,
            sink: self.sink.clone(),
            events: self.events.clone(),
            cancel: self.cancel.clone(),
            outcome: self.outcome.clone(),
        })
    }

    async fn do_act(&self, call: Call, act: Act) -> Result<Fact, PortError> {
        let (altinn, eier) = (&self.altinn.altinn, &self.subject.identifikator);
        Ok(match act {
            Act::Opprett => Fact::Opprettet(altinn.opprett(&call, eier, &self.metadata).await?),
            Act::SettMetadata(instans, element) => {
                altinn.sett_metadata(&call, eier, &instans, &element, &self.metadata).await?;
                Fact::MetadataSatt
            }
            Act::LastOppVedlegg(instans, place) => {
                let Some((_, vedlegg)) = self.ready.vedlegg.get(place) else {
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
                match self.of_validation(&konvolutt.vedlegg, instans.as_ref()) {
                    Ok(hands) => Fact::Validering(hands.act(call, act).await),
                    Err(why) => Fact::Validering(not_sent(why)),
                }
            }
        })
    }

    async fn gjeldende(&self, call: &Call) -> Result<Fact, PortError> {
        let sink = Arc::new(DiscardSink);
        let gjeldende = self.ports.current_returns.gjeldende(call, &self.subject, false, sink).await?;
        Ok(match usable(&gjeldende, self.ready.prepared.return_type) {
            Ok(referanse) => Fact::Gjeldende(referanse),
            Err(why) => Fact::GjeldendeUnusable(format!(
                "{why}. Nothing was submitted. Check the identifikator, the year and the document."
            )),
        })
    }

    async fn valider(&self, call: &Call, konvolutt: &Konvolutt) -> Result<Fact, PortError> {
        let envelope = match self.envelope(konvolutt) {
            Ok(envelope) => envelope,
            Err(why) => {
                return Ok(match as_fact(not_sent(why)) {
                    Fact::Failed(failure) => Fact::LookFailed(Lest::Annet, failure),
                    other => other,
                });
            }
        };
        let outcome =
            self.ports.validations.valider(call, &self.subject, &envelope, self.sink.clone()).await?;
        let resultat = outcome.resultat.clone();
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(Fact::Validert(resultat))
    }

    /// Looks at every open instance of the owner.
    async fn aapne(&self, call: &Call) -> Result<Fact, PortError> {
        let (altinn, eier) = (&self.altinn.altinn, &self.subject.identifikator);
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
        let (altinn, eier) = (&self.altinn.altinn, &self.subject.identifikator);
        let outcome = altinn.kvittering(call, eier, instans, element, self.receipt_sink.clone()).await?;
        let fact = Fact::Kvittering(outcome.resultat.clone(), outcome.aarsaker.clone());
        *self.receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        Ok(fact)
    }

    async fn do_read(&self, call: Call, read: Read) -> Result<Fact, PortError> {
        let eier = &self.subject.identifikator;
        match read {
            Read::Gjeldende => self.gjeldende(&call).await,
            Read::Valider(konvolutt) => self.valider(&call, &konvolutt).await,
            Read::Aapne => self.aapne(&call).await,
            Read::Instans(instans) => self.altinn.altinn.se(&call, eier, &instans).await.map(Fact::Instans),
            Read::Kvittering(instans, element) => {
                self.kvittering(&self.telling(call), &instans, &element).await
            }
            Read::Validering(read) => match self.of_validation(&[], None) {
                Ok(hands) => Ok(Fact::Validering(hands.read(call, read).await)),
                Err(why) => Ok(Fact::Validering(not_sent(why))),
            },
        }
    }

    fn envelope_bytes(&self, konvolutt: &Konvolutt) -> u64 {
        self.envelope(konvolutt).map_or(0, |envelope| envelope_len(&envelope, |body| body.len()))
    }
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
    fn permit(&self, act: &Act) -> Duration {
        let bytes = match act {
            Act::LastOppVedlegg(_, place) => {
                self.ready.vedlegg.get(*place).map_or(0, |(_, vedlegg)| vedlegg.body.len())
            }
            Act::LastOppKonvolutt(_, konvolutt) => self.envelope_bytes(konvolutt),
            Act::Validering(act, konvolutt, instans) => {
                let hands = self.of_validation(&konvolutt.vedlegg, instans.as_ref());
                return hands.map_or(self.ports.permit, |hands| hands.permit(act));
            }
            _ => 0,
        };
        self.ports.permit + PERMIT_FOR_A_MEGABYTE.mul_f64(bytes as f64 / 1e6)
    }

    async fn act(&self, call: Call, act: Act) -> Fact {
        let fact = self.do_act(call, act).await.unwrap_or_else(|error| Fact::Failed(error.failure()));
        match &fact {
            Fact::Opprettet(instans) => self.tell(Event::Instans(instans.id.clone())),
            Fact::Flyttet(prosess) => self.tell(Event::Prosess(prosess.clone())),
            _ => {}
        }
        fact
    }

    async fn read(&self, call: Call, read: Read) -> Fact {
        let clocks = || self.ports.desk.clocks();
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
        match as_fact(not_sent(why)) {
            Fact::Failed(failure) => Fact::Failed(Failure { retry: Retry::Later(None), ..failure }),
            other => other,
        }
    }

    fn on_stop(&self) -> Option<Ask> {
        // Where nobody can go on with it, it ends here.
        (!self.ports.desk.journal.survives()).then_some(Ask::Cancel)
    }

    fn learned(&self, innsending: &Innsending) {
        let goes_on = innsending.end(self.ports.desk.clock.now()).is_none();
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
        self.tell(Event::Waiting(until, waiting_for));
    }

    fn hindered(&self, why: &str) {
        self.ports.desk.tell(why);
        self.tell(Event::Trouble(why.to_owned()));
    }
}
