use super::inputs::{content_of, request_of};
use super::notation::{FILING, FilingNotation};
use super::{FilingHands, JobRoute, Validated};
use crate::error::ValidationError;
use crate::events::Event;
use crate::journal::payload::filing as payload;
use crate::journal::{Desk, Driver, Drove, Given, Patience, Taken, fold, kind};
use crate::outside::Ports;
use crate::prepare::{Prepared, Way, prepare};
use crate::{DiscardSink, ValidationRequest};
use skattebro_domain::filing::{Ask, Fact, Filing, FilingEnd, Plan};
use skattebro_domain::flow::Flow;
use skattebro_domain::{Code, Dokumentreferanse, Finding, JobbId, ResultatAvValidering};
use skattebro_ports::journal::{Case, CaseId, NewAsk, NewCase, Opened};
use skattebro_ports::{Call, PortError};
use std::sync::{Arc, PoisonError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One request, from its documents to its outcome.
pub(crate) struct Work {
    ports: Arc<Ports>,
    request: ValidationRequest,
    events: broadcast::Sender<Event>,
    cancel: CancellationToken,
}

/// What a drive came to.
struct Driven {
    case: CaseId,
    filing: Filing,
    hands: FilingHands,
}

impl Work {
    pub(crate) fn new(
        ports: Arc<Ports>,
        request: ValidationRequest,
        events: broadcast::Sender<Event>,
        cancel: CancellationToken,
    ) -> Self {
        Self { ports, request, events, cancel }
    }

    pub(crate) async fn run(self) -> Result<Validated, ValidationError> {
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
        let _ = self.events.send(Event::checked(&prepared));
        let notation = self.notation().await?;
        let driven = self.drive(&notation, &prepared).await?;
        let outcome = self.outcome(&driven, &prepared).await;
        if outcome.is_ok() && !self.request.until_told {
            // Told to whoever asked: the same request is another one from now on.
            let release = self.desk().journal.release(&driven.case, &notation.request_key()).await;
            if let Err(error) = release {
                tracing::warn!(%error, case = %driven.case, "asked again, this filing will be told again");
            }
        }
        outcome
    }

    fn desk(&self) -> &Arc<Desk> {
        &self.ports.desk
    }

    async fn prepare(&self) -> Result<Prepared, ValidationError> {
        let way = Way::Asynchronous {
            max_request_bytes: self.ports.max_request_bytes,
            threads: self.ports.packing_threads,
        };
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

    async fn notation(&self) -> Result<FilingNotation, ValidationError> {
        let request = self.request.clone();
        let content = tokio::task::spawn_blocking(move || content_of(&request)).await;
        let content = content.map_err(|error| ValidationError::Lost(error.to_string()))?;
        let content = content.map_err(|error| {
            let message = format!("a document could not be read a second time: {error}");
            let advice = "leave the documents as they are until the filing has ended";
            ValidationError::Findings(vec![Finding::error(Code::UnreadableFile, "", message, advice)])
        })?;
        Ok(FilingNotation::new(content, self.ports.environment.clone()))
    }

    fn plan(&self, prepared: &Prepared) -> Plan {
        Plan {
            referanse: self.request.referanse.clone(),
            can_upload: prepared.upload.is_some(),
            gjeldende: self.request.gjeldende.clone().map(|dokumentidentifikator| Dokumentreferanse {
                dokumenttype: prepared.return_type,
                dokumentidentifikator,
            }),
        }
    }

    fn hands(&self, prepared: &Arc<Prepared>) -> FilingHands {
        FilingHands {
            ports: self.ports.clone(),
            subject: self.request.subject.clone(),
            prepared: prepared.clone(),
            sink: self.request.sink.clone().unwrap_or_else(|| Arc::new(DiscardSink)),
            events: self.events.clone(),
            cancel: self.cancel.clone(),
            route: JobRoute::Envelope,
            outcome: Arc::default(),
        }
    }

    async fn drive(
        &self,
        notation: &FilingNotation,
        prepared: &Arc<Prepared>,
    ) -> Result<Driven, ValidationError> {
        let desk = self.desk();
        desk.is_alive().await?;
        loop {
            let ask = Ask::Validate(self.plan(prepared));
            let mut filing = Filing::new(self.request.rules);
            let at = desk.clock.now();
            filing.asked(ask.clone(), at).map_err(|declined| ValidationError::Lost(declined.to_string()))?;
            let id = CaseId::from_uuid(Uuid::new_v4().as_u128());
            let new = NewCase {
                id: id.clone(),
                kind: kind(FILING),
                environment: self.ports.environment.clone(),
                title: title(&self.request),
                keys: vec![notation.request_key()],
                fingerprint: notation.fingerprint(),
                content: payload::write_content(notation.content()),
                asks: vec![payload::write_ask(&ask, None)],
                at,
                owner: Some(desk.worker.clone()),
            };
            let taken = desk.take_up(&id);
            let opened = desk.journal.open(vec![new]).await?.into_iter().next();
            let driven = match (opened, taken) {
                (Some(Opened::New(version)), Some(taken)) => {
                    let _ = self.events.send(Event::Case(id.clone()));
                    let driver = Driver::opened(desk, notation, id.clone(), filing, version);
                    self.go(driver, id, &taken, prepared).await?
                }
                (Some(Opened::Taken(by)), _) => {
                    let _ = self.events.send(Event::Case(by.id.clone()));
                    self.join(&by.id, prepared).await?
                }
                _ => return Err(ValidationError::Lost("the journal gave no answer".to_owned())),
            };
            // Nothing: the case that was in the way is gone.
            if let Some(driven) = driven {
                return Ok(driven);
            }
        }
    }

    async fn go(
        &self,
        driver: Driver<'_, Filing, FilingNotation>,
        id: CaseId,
        taken: &Taken,
        prepared: &Arc<Prepared>,
    ) -> Result<Option<Driven>, ValidationError> {
        let hands = self.hands(prepared);
        match driver.drive(&hands, Patience::Endless, &self.cancel, taken.stirred()).await {
            Drove::Ended(filing) => Ok(Some(Driven { case: id, filing, hands })),
            Drove::Left(_) => Err(ValidationError::Left { case: id }),
            Drove::Lost(_) => Ok(None),
            Drove::Unreadable(why) => Err(ValidationError::Lost(format!("case {id}: {why}"))),
        }
    }

    /// Goes on with a case that is there already, or waits until somebody else is done with it. `None`: it is gone.
    async fn join(&self, id: &CaseId, prepared: &Arc<Prepared>) -> Result<Option<Driven>, ValidationError> {
        let desk = self.desk();
        loop {
            let busy = || {
                let _ = self.events.send(Event::Trouble(format!("somebody else has case {id} under way")));
            };
            let (taken, case) = match desk.give(&self.ports.environment, id, &self.cancel, busy).await? {
                Given::Taken(taken, case) => (taken, *case),
                Given::Gone => return Ok(None),
                Given::Stopped => return Err(ValidationError::Left { case: id.clone() }),
            };
            let notation = FilingNotation::of(&case).map_err(unreadable)?;
            let Some(case) = self.go_on_with(case, &notation).await? else { return Ok(None) };
            let driver = Driver::claimed(desk, &notation, &case).map_err(unreadable)?;
            if let Some(driven) = self.go(driver, id.clone(), &taken, prepared).await? {
                return Ok(Some(driven));
            }
        }
    }

    /// A filing that ran out of time goes on when it is asked for again.
    async fn go_on_with(
        &self,
        case: Case,
        notation: &FilingNotation,
    ) -> Result<Option<Case>, ValidationError> {
        let desk = self.desk();
        let filing = fold(notation, &case, None).map_err(unreadable)?.flow;
        let at = desk.clock.now();
        let gave_up = matches!(filing.end(at), Some(FilingEnd::GaveUp { .. } | FilingEnd::Unreadable { .. }));
        if gave_up {
            let payload = payload::write_ask(&Ask::Fortsett, None);
            let version = Some(case.summary.version);
            desk.journal.ask(NewAsk { case: case.summary.id.clone(), version, at, payload }).await?;
        }
        Ok(desk.journal.load(&desk.worker, &case.summary.id).await?)
    }

    async fn outcome(&self, driven: &Driven, prepared: &Prepared) -> Result<Validated, ValidationError> {
        let now = self.desk().clock.now();
        let filing = &driven.filing;
        let referanse = filing.referanse().cloned();
        match filing.end(now) {
            Some(FilingEnd::Validated { jobb, resultat }) => {
                let outcome = driven.hands.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
                let outcome = match outcome {
                    Some(outcome) => outcome,
                    // It was fetched by a process that is gone.
                    None => self.fetch_again(&driven.hands, &jobb, &resultat).await?,
                };
                let case = self.desk().journal.survives().then(|| driven.case.clone());
                let (warnings, packed) = (prepared.warnings.clone(), prepared.packed());
                Ok(Validated { outcome, jobb, referanse, packed, warnings, case })
            }
            Some(end) => {
                let perhaps_started = filing.perhaps_started();
                Err(ValidationError::Ended { end: Box::new(end), referanse, perhaps_started })
            }
            None => Err(ValidationError::Lost("it stopped without an end".to_owned())),
        }
    }

    async fn fetch_again(
        &self,
        hands: &FilingHands,
        jobb: &JobbId,
        resultat: &ResultatAvValidering,
    ) -> Result<skattebro_domain::ValidationOutcome, ValidationError> {
        let call = Call::new(self.desk().korrelasjonsid());
        let fetched: Result<Fact, PortError> = hands.resultat(call, jobb.clone()).await;
        let outcome = hands.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (fetched, outcome) {
            (Ok(_), Some(outcome)) => Ok(outcome),
            (fetched, _) => {
                let why = fetched.err().map(|error| error.with_causes()).unwrap_or_default();
                Err(ValidationError::Lost(format!(
                    "job {jobb} ended with {resultat}; its result was fetched by a process that is gone, and could not be fetched again. {why}"
                )))
            }
        }
    }
}

fn title(request: &ValidationRequest) -> String {
    format!("{} {}", request.subject.inntektsaar, request.subject.identifikator.as_str())
}

fn unreadable(why: crate::journal::payload::Unreadable) -> ValidationError {
    ValidationError::Lost(format!("the journal holds something that this version cannot read: {why}"))
}

/// Why a worker cannot go on with a filing.
pub(crate) enum CannotResume {
    /// The documents are not here, or are not what they were: another worker may have them.
    NotHere(String),
    /// This version cannot read what is written down.
    Unreadable(String),
}

/// Goes on with a claimed case, from what is written down alone. Answers whether it ended.
pub(crate) async fn resume(
    ports: &Arc<Ports>,
    case: &Case,
    taken: &Taken,
    patience: Patience,
    stop: &CancellationToken,
) -> Result<bool, CannotResume> {
    let notation = FilingNotation::of(case).map_err(|why| CannotResume::Unreadable(why.to_string()))?;
    let content = notation.content().clone();
    let request = tokio::task::spawn_blocking(move || request_of(&content)).await;
    let request = request.map_err(|error| error.to_string()).and_then(|request| request);
    let request = request.map_err(CannotResume::NotHere)?;
    let (events, _) = broadcast::channel(16);
    let work = Work::new(ports.clone(), request, events, stop.clone());
    let prepared = work.prepare().await.map_err(|error| CannotResume::NotHere(error.to_string()))?;
    let driver = Driver::claimed(&ports.desk, &notation, case);
    let driver = driver.map_err(|why| CannotResume::Unreadable(why.to_string()))?;
    let hands = work.hands(&Arc::new(prepared));
    match driver.drive(&hands, patience, stop, taken.stirred()).await {
        Drove::Ended(_) => Ok(true),
        Drove::Left(_) | Drove::Lost(_) => Ok(false),
        Drove::Unreadable(why) => Err(CannotResume::Unreadable(why.to_string())),
    }
}
