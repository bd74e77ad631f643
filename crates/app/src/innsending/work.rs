use super::hands::InnsendingHands;
use super::inputs::{self, Ready, are_unchanged, make_ready};
use super::notation::{INNSENDING, InnsendingNotation};
use super::{InnsendingError, InnsendingRequest, Innsendt};
use crate::DiscardSink;
use crate::documents::{Documents, Make, Place};
use crate::events::{Event, Teller};
use crate::filing::{CannotResume, JobCalls};
use crate::journal::payload::Unreadable;
use crate::journal::payload::innsending::{self as payload, Content, Vei};
use crate::journal::{Desk, Driver, Drove, Given, Patience, Taken, fold, kind};
use crate::outside::{AltinnPorts, Ports};
use crate::prepare::Remarks;
use crate::runner::Idle;
use crate::sinks::sink_into;
use skattebro_domain::altinn::Metadata;
use skattebro_domain::flow::Flow;
use skattebro_domain::innsending::{Ask, Innsending, InnsendingEnd, Plan, PlanlagtVedlegg, Validering};
use skattebro_domain::{Code, Dokumentreferanse, Dokumenttype, Finding};
use skattebro_ports::DocumentSink;
use skattebro_ports::journal::{Case, CaseId, CaseSummary, NewAsk, NewCase, Opened};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One request, from its documents to its receipt.
pub(super) struct Work {
    ports: Arc<Ports>,
    request: InnsendingRequest,
    events: Teller,
    cancel: CancellationToken,
}

/// What a drive came to.
struct Driven {
    case: CaseId,
    innsending: Innsending,
    hands: InnsendingHands,
}

/// What is known of the documents when they are not here.
struct Known {
    remarks: Remarks,
    return_type: Dokumenttype,
    plan: Plan,
}

impl Work {
    pub(super) fn new(
        ports: Arc<Ports>,
        request: InnsendingRequest,
        events: Teller,
        cancel: CancellationToken,
    ) -> Self {
        Self { ports, request, events, cancel }
    }

    pub(super) async fn run(self) -> Result<Innsendt, InnsendingError> {
        let altinn = self.ports.altinn.clone().ok_or(InnsendingError::NoAltinn)?;
        let (ready, content, place) = self.ready().await?;
        self.events.tell(Event::checked(&ready.prepared));
        let known = Known {
            remarks: ready.prepared.remarks(),
            return_type: ready.prepared.return_type,
            plan: self.plan(&content, &ready),
        };
        let notation = InnsendingNotation::new(content, self.ports.environment.clone());
        let (request, content) = (self.request.clone(), notation.content().clone());
        let check = move || are_unchanged(&request, &content).map(|()| request.clone());
        let documents = documents(&self.ports, check, &self.cancel);
        documents.hold(ready, place);
        let driven = self.drive(&notation, &documents, &known, &altinn).await?;
        self.outcome(driven, known.remarks, &notation).await
    }

    fn desk(&self) -> &Arc<Desk> {
        &self.ports.desk
    }

    /// The documents, with the place of who holds them.
    async fn ready(&self) -> Result<(Ready, Content, Place), InnsendingError> {
        let (request, cancel) = (self.request.clone(), self.cancel.clone());
        let upload = (self.ports.max_request_bytes, self.ports.packing_threads);
        let read = move || {
            let ready = make_ready(&request, upload, &cancel)?;
            let content = inputs::content(&request, &ready).map_err(|error| {
                let message = format!("a document could not be read a second time: {error}");
                let advice = "leave the documents as they are until the submission has ended";
                vec![Finding::error(Code::UnreadableFile, "", message, advice)]
            })?;
            Ok((ready, content))
        };
        let reading = async {
            let place = self.ports.places.take().await;
            tokio::task::spawn_blocking(move || (read(), place)).await
        };
        match self.cancel.run_until_cancelled(reading).await {
            Some(Ok((ready, place))) => {
                ready.map(|(ready, content)| (ready, content, place)).map_err(InnsendingError::Findings)
            }
            Some(Err(error)) => Err(InnsendingError::Lost(error.to_string())),
            None => {
                let stage = skattebro_domain::innsending::Stage::Gjeldende;
                let end = Box::new(InnsendingEnd::Cancelled { stage, instans: None });
                Err(InnsendingError::Ended { end, referanse: None, perhaps_moved: false, case: None })
            }
        }
    }

    fn plan(&self, content: &Content, ready: &Ready) -> Plan {
        let gjeldende = content.filing.gjeldende.clone();
        let validering = match &content.vei {
            Vei::Jobb => Validering::Jobb {
                referanse: content.filing.referanse.clone(),
                can_upload: ready.prepared.upload.is_some(),
            },
            Vei::Instans => Validering::Instans,
            Vei::Synkron => Validering::Synkron,
            Vei::Utfoert(resultat) => {
                let (resultat, referanse) = (resultat.clone(), content.filing.referanse.clone());
                Validering::Utfoert { resultat, referanse }
            }
        };
        let planned = |(_, vedlegg): &(_, skattebro_ports::Vedlegg)| PlanlagtVedlegg {
            navn: vedlegg.navn.as_str().to_owned(),
            stoerrelse: vedlegg.body.len(),
        };
        Plan {
            eier: content.filing.subject.identifikator.clone(),
            metadata: metadata(content),
            utfoerer: content.utfoerer,
            validering,
            gjeldende: gjeldende.map(|dokumentidentifikator| Dokumentreferanse {
                dokumenttype: ready.prepared.return_type,
                dokumentidentifikator,
            }),
            vedlegg: ready.vedlegg.iter().map(planned).collect(),
            med_feil: self.request.med_feil,
        }
    }

    fn hands(
        &self,
        content: &Content,
        documents: &Arc<Documents<Ready>>,
        known: &Known,
        altinn: &AltinnPorts,
    ) -> InnsendingHands {
        let request = &self.request.validation;
        let sinks = (request.sink.clone().unwrap_or_else(|| Arc::new(DiscardSink)), request.out.as_deref());
        let events = self.events.clone();
        let (idle, cancel) = (Idle::default(), &self.cancel);
        let hands = hands(&self.ports, altinn, content, documents.clone(), sinks, events, cancel, &idle);
        hands.return_type.get_or_init(|| known.return_type);
        hands
    }

    async fn drive(
        &self,
        notation: &InnsendingNotation,
        documents: &Arc<Documents<Ready>>,
        known: &Known,
        altinn: &AltinnPorts,
    ) -> Result<Driven, InnsendingError> {
        let desk = self.desk();
        desk.is_alive().await?;
        loop {
            let content = notation.content();
            let ask = Ask::SendInn(known.plan.clone());
            let mut innsending = Innsending::new(content.rules);
            let at = desk.clock.now();
            innsending
                .asked(ask.clone(), at)
                .map_err(|declined| InnsendingError::Lost(declined.to_string()))?;
            let id = CaseId::from_uuid(Uuid::new_v4().as_u128());
            let subject = &content.filing.subject;
            let new = NewCase {
                id: id.clone(),
                kind: kind(INNSENDING),
                environment: self.ports.environment.clone(),
                title: format!("{} {}", subject.inntektsaar, subject.identifikator.as_str()),
                keys: vec![notation.request_key(), notation.party_key()],
                fingerprint: notation.fingerprint(),
                content: payload::write_content(content),
                asks: vec![payload::write_ask(&ask, None)],
                at,
                owner: Some(desk.worker.clone()),
            };
            let taken = desk.take_up(&id);
            let opened = desk.journal.open(vec![new]).await?.into_iter().next();
            let driven = match (opened, taken) {
                (Some(Opened::New(version)), Some(taken)) => {
                    self.events.tell(Event::Case(id.clone()));
                    let driver = Driver::opened(desk, notation, id.clone(), innsending, version);
                    let hands = self.hands(content, documents, known, altinn);
                    self.go(driver, id, &taken, hands).await?
                }
                (Some(Opened::Taken(by)), _) => {
                    is_the_same(&by, notation)?;
                    self.events.tell(Event::Case(by.id.clone()));
                    self.join(&by.id, documents, known, altinn).await?
                }
                _ => return Err(InnsendingError::Lost("the journal gave no answer".to_owned())),
            };
            // Nothing: the case that was in the way is gone.
            if let Some(driven) = driven {
                return Ok(driven);
            }
        }
    }

    async fn go(
        &self,
        driver: Driver<'_, Innsending, InnsendingNotation>,
        case: CaseId,
        taken: &Taken,
        hands: InnsendingHands,
    ) -> Result<Option<Driven>, InnsendingError> {
        match driver.drive(&hands, Patience::Endless, &hands.leave, taken.stirred()).await {
            Drove::Ended(innsending) => Ok(Some(Driven { case, innsending, hands })),
            Drove::Left(_) => Err(match hands.documents.why_not() {
                Some(why) => InnsendingError::Documents { case: Some(case), why },
                None => InnsendingError::Left { case },
            }),
            Drove::Lost(_) => Ok(None),
            Drove::Unreadable(why) => Err(unreadable(why)),
        }
    }

    /// Goes on with a case that is there already, or waits until somebody else is done with it. `None`: it is gone.
    async fn join(
        &self,
        id: &CaseId,
        documents: &Arc<Documents<Ready>>,
        known: &Known,
        altinn: &AltinnPorts,
    ) -> Result<Option<Driven>, InnsendingError> {
        let desk = self.desk();
        loop {
            let busy = || {
                // Whoever has it may need the place.
                documents.let_go();
                self.events.tell(Event::Trouble(format!("somebody else has case {id} under way")));
            };
            let (taken, case) = match desk.give(&self.ports.environment, id, &self.cancel, busy).await? {
                Given::Taken(taken, case) => (taken, *case),
                Given::Gone => return Ok(None),
                Given::Stopped => return Err(InnsendingError::Left { case: id.clone() }),
            };
            let notation = InnsendingNotation::of(&case).map_err(unreadable)?;
            let Some(case) = self.go_on_with(case, &notation).await? else { return Ok(None) };
            let driver = Driver::claimed(desk, &notation, &case).map_err(unreadable)?;
            // The way that it was begun on.
            let hands = self.hands(notation.content(), documents, known, altinn);
            if let Some(driven) = self.go(driver, id.clone(), &taken, hands).await? {
                return Ok(Some(driven));
            }
        }
    }

    /// One that ran out of time goes on when it is asked for again; and with errors, if that is wanted by now.
    async fn go_on_with(
        &self,
        case: Case,
        notation: &InnsendingNotation,
    ) -> Result<Option<Case>, InnsendingError> {
        let desk = self.desk();
        let innsending = fold(notation, &case, None).map_err(unreadable)?.flow;
        let at = desk.clock.now();
        let ask = match innsending.end(at) {
            Some(InnsendingEnd::ValidertMedFeil { .. }) if self.request.med_feil => Ask::MedFeil,
            Some(InnsendingEnd::GaveUp { .. } | InnsendingEnd::Validering(_)) => Ask::Fortsett,
            _ => return Ok(Some(case)),
        };
        let (id, version) = (case.summary.id.clone(), Some(case.summary.version));
        let payload = payload::write_ask(&ask, None);
        desk.journal.ask(NewAsk { case: id.clone(), version, at, payload }).await?;
        Ok(desk.journal.load(&desk.worker, &id).await?)
    }

    async fn outcome(
        &self,
        driven: Driven,
        remarks: Remarks,
        notation: &InnsendingNotation,
    ) -> Result<Innsendt, InnsendingError> {
        let desk = self.desk();
        let Driven { case, innsending, hands } = driven;
        let kept = desk.journal.survives().then(|| case.clone());
        let referanse = innsending.referanse().cloned();
        match innsending.end(desk.clock.now()) {
            Some(InnsendingEnd::Kvittert { instans, resultat, aarsaker }) => Ok(Innsendt {
                instans,
                resultat,
                aarsaker,
                kvittering: hands.receipt.lock().unwrap_or_else(PoisonError::into_inner).take(),
                validering: innsending.verdict().cloned(),
                referanse,
                packed: remarks.packed,
                warnings: remarks.warnings,
                case: kept,
            }),
            Some(InnsendingEnd::Cancelled { .. }) if hands.documents.why_not().is_some() => {
                let why = hands.documents.why_not().unwrap_or_default();
                Err(InnsendingError::Documents { case: None, why })
            }
            Some(end) => {
                if matches!(end, InnsendingEnd::ValidertMedFeil { .. }) && !self.request.validation.until_told
                {
                    // Told to whoever asked: the same documents are another submission from now on.
                    let release = desk.journal.release(&case, &notation.request_key()).await;
                    if let Err(error) = release {
                        tracing::warn!(%error, %case, "asked again, this submission will be told again");
                    }
                }
                let (end, perhaps_moved) = (Box::new(end), innsending.perhaps_moved());
                Err(InnsendingError::Ended { end, referanse, perhaps_moved, case: kept })
            }
            None => Err(InnsendingError::Lost("it stopped without an end".to_owned())),
        }
    }
}

fn metadata(content: &Content) -> Metadata {
    Metadata {
        inntektsaar: content.filing.subject.inntektsaar,
        skal_bekreftes_av_revisor: content.skal_bekreftes_av_revisor,
    }
}

/// A case that has our key is the same submission, or one that is in the way of ours.
fn is_the_same(by: &CaseSummary, notation: &InnsendingNotation) -> Result<(), InnsendingError> {
    if by.fingerprint == notation.fingerprint() {
        return Ok(());
    }
    Err(InnsendingError::Busy { case: by.id.clone(), status: by.status.clone() })
}

fn unreadable(why: Unreadable) -> InnsendingError {
    InnsendingError::Lost(format!("the journal holds something that this version cannot read: {why}"))
}

/// Goes on with a claimed case, from what is written down alone. Its documents are read only if they are needed. Answers whether it ended.
pub(crate) async fn resume(
    ports: &Arc<Ports>,
    case: Case,
    taken: &Taken,
    patience: Patience,
    stop: &CancellationToken,
    idle: &Idle,
) -> Result<bool, CannotResume> {
    let unreadable = |why: Unreadable| CannotResume::Unreadable(why.to_string());
    let notation = InnsendingNotation::of(&case).map_err(unreadable)?;
    let altinn = ports.altinn.as_ref();
    let altinn = altinn.ok_or_else(|| CannotResume::NotHere("there is no adapter for Altinn here".into()))?;
    let driver = Driver::claimed(&ports.desk, &notation, &case).map_err(unreadable)?;
    drop(case);
    let content = notation.content().clone();
    let documents = documents(ports, move || inputs::request(&content), stop);
    let out = notation.content().filing.out.as_deref();
    let sink = sink_into(out);
    let (content, events) = (notation.content(), Teller::to_nobody());
    let hands = hands(ports, altinn, content, documents, (sink, out), events, stop, idle);
    if let Some(gjeldende) = driver.flow().gjeldende() {
        hands.return_type.get_or_init(|| gjeldende.dokumenttype);
    }
    let drove = driver.drive(&hands, patience, &hands.leave, taken.stirred()).await;
    CannotResume::or_ended(drove, hands.documents.why_not())
}

/// `request`: what is submitted, if its documents are still what they were.
fn documents(
    ports: &Ports,
    request: impl Fn() -> Result<InnsendingRequest, String> + Send + Sync + 'static,
    stop: &CancellationToken,
) -> Arc<Documents<Ready>> {
    let (upload, cancel) = ((ports.max_request_bytes, ports.packing_threads), stop.clone());
    let make: Make<Ready> = Arc::new(move || {
        let ready = make_ready(&request()?, upload, &cancel);
        ready.map_err(|findings| InnsendingError::Findings(findings).to_string())
    });
    Arc::new(Documents::new(ports.places.clone(), make))
}

/// `sinks`: where the validation's documents go, and the folder of the receipt.
#[allow(clippy::too_many_arguments)]
fn hands(
    ports: &Arc<Ports>,
    altinn: &AltinnPorts,
    content: &Content,
    documents: Arc<Documents<Ready>>,
    (sink, out): (Arc<dyn DocumentSink>, Option<&Path>),
    events: Teller,
    stop: &CancellationToken,
    idle: &Idle,
) -> InnsendingHands {
    let receipts = out.map(|dir| dir.join("kvittering"));
    InnsendingHands {
        altinn: altinn.clone(),
        metadata: metadata(content),
        utfoerer: content.utfoerer,
        of_instans: content.vei == Vei::Instans,
        documents,
        return_type: OnceLock::new(),
        leave: stop.child_token(),
        idle: idle.mark(),
        receipt_sink: sink_into(receipts.as_deref()),
        receipt: Mutex::default(),
        with_vedlegg: Mutex::default(),
        calls: JobCalls {
            ports: ports.clone(),
            subject: content.filing.subject.clone(),
            sink,
            events,
            cancel: stop.clone(),
            outcome: Mutex::default(),
        },
    }
}
