use super::Validated;
use super::calls::{JobCalls, JobRoute};
use super::hands::FilingHands;
use super::inputs::{content_of, request_of, unchanged};
use super::notation::{FILING, FilingNotation};
use crate::documents::{Documents, Make, Place};
use crate::error::ValidationError;
use crate::events::{Event, Teller};
use crate::journal::payload::Unreadable;
use crate::journal::payload::filing as payload;
use crate::journal::payload::filing::Content;
use crate::journal::{Desk, Driver, Drove, Given, Patience, Taken, fold, kind};
use crate::outside::Ports;
use crate::prepare::{Prepared, Remarks, Way, prepare};
use crate::runner::Idle;
use crate::sinks::sink_into;
use crate::{DiscardSink, ValidationRequest};
use skattebro_domain::filing::{Ask, Fact, Filing, FilingEnd, Plan};
use skattebro_domain::flow::Flow;
use skattebro_domain::{Code, Dokumentreferanse, Finding, JobbId, ResultatAvValidering};
use skattebro_ports::journal::{Case, CaseId, NewAsk, NewCase, Opened};
use skattebro_ports::{Call, DocumentSink, PortError, Subject};
use std::sync::{Arc, Mutex, OnceLock};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One request, from its documents to its outcome.
pub(crate) struct Work {
    ports: Arc<Ports>,
    request: Arc<ValidationRequest>,
    events: Teller,
    cancel: CancellationToken,
}

/// What a drive came to.
struct Driven {
    case: CaseId,
    filing: Filing,
}

impl Work {
    pub(crate) fn new(
        ports: Arc<Ports>,
        request: ValidationRequest,
        events: Teller,
        cancel: CancellationToken,
    ) -> Self {
        Self { ports, request: Arc::new(request), events, cancel }
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
        // In boxes, what does not last: thousands are in the midst of being driven.
        let (notation, hands, plan, remarks) = Box::pin(self.begin()).await?;
        let driven = self.drive(&notation, &hands, &plan).await?;
        let outcome = Box::pin(self.outcome(&driven, &hands, remarks)).await;
        if outcome.is_ok() && !self.request.until_told {
            // Told to whoever asked: the same request is another one from now on.
            let release = self.desk().journal.release(&driven.case, &notation.request_key()).await;
            if let Err(error) = release {
                tracing::warn!(%error, case = %driven.case, "asked again, this filing will be told again");
            }
        }
        outcome
    }

    /// The documents are here, and all is known of them.
    async fn begin(&self) -> Result<(FilingNotation, FilingHands, Plan, Remarks), ValidationError> {
        let (prepared, place) = self.prepare().await?;
        self.events.tell(Event::checked(&prepared));
        let (plan, remarks) = (self.plan(&prepared), prepared.remarks());
        let notation = self.notation().await?;
        let hands = self.hands(notation.content());
        hands.return_type.get_or_init(|| prepared.return_type);
        hands.documents.hold(prepared, place);
        Ok((notation, hands, plan, remarks))
    }

    fn desk(&self) -> &Arc<Desk> {
        &self.ports.desk
    }

    /// The documents, with the place of who holds them.
    async fn prepare(&self) -> Result<(Prepared, Place), ValidationError> {
        let way = Way::Asynchronous {
            max_request_bytes: self.ports.max_request_bytes,
            threads: self.ports.packing_threads,
        };
        let (request, cancel) = (self.request.clone(), self.cancel.clone());
        let preparing = async {
            let place = self.ports.places.take().await;
            tokio::task::spawn_blocking(move || (prepare(&request, way, &cancel), place)).await
        };
        match self.cancel.run_until_cancelled(preparing).await {
            Some(Ok((prepared, place))) => Ok((prepared.map_err(ValidationError::Findings)?, place)),
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

    fn hands(&self, content: &Arc<Content>) -> FilingHands {
        let (request, content) = (self.request.clone(), content.clone());
        let check = move || unchanged(&request, &content).map(|()| ValidationRequest::clone(&request));
        let sink = self.request.sink.clone().unwrap_or_else(|| Arc::new(DiscardSink));
        let subject = self.request.subject.clone();
        hands(&self.ports, subject, sink, check, self.events.clone(), &self.cancel, &Idle::default())
    }

    async fn drive(
        &self,
        notation: &FilingNotation,
        hands: &FilingHands,
        plan: &Plan,
    ) -> Result<Driven, ValidationError> {
        let desk = self.desk();
        desk.is_alive().await?;
        loop {
            let ask = Ask::Validate(plan.clone());
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
                    self.events.tell(Event::Case(id.clone()));
                    let driver = Driver::opened(desk, notation, id.clone(), filing, version);
                    self.go(driver, id, &taken, hands).await?
                }
                (Some(Opened::Taken(by)), _) => {
                    self.events.tell(Event::Case(by.id.clone()));
                    Box::pin(self.join(&by.id, hands)).await?
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
        hands: &FilingHands,
    ) -> Result<Option<Driven>, ValidationError> {
        match driver.drive(hands, Patience::Endless, &hands.leave, taken.stirred()).await {
            Drove::Ended(filing) => Ok(Some(Driven { case: id, filing })),
            Drove::Left(_) => Err(match hands.documents.why_not() {
                Some(why) => ValidationError::Documents { case: Some(id), why },
                None => ValidationError::Left { case: id },
            }),
            Drove::Lost(_) => Ok(None),
            Drove::Unreadable(why) => Err(ValidationError::Lost(format!("case {id}: {why}"))),
        }
    }

    /// Goes on with a case that is there already, or waits until somebody else is done with it. `None`: it is gone.
    async fn join(&self, id: &CaseId, hands: &FilingHands) -> Result<Option<Driven>, ValidationError> {
        let desk = self.desk();
        loop {
            let busy = || {
                // Whoever has it may need the place.
                hands.documents.let_go();
                self.events.tell(Event::Trouble(format!("somebody else has case {id} under way")));
            };
            let (taken, case) = match desk.give(&self.ports.environment, id, &self.cancel, busy).await? {
                Given::Taken(taken, case) => (taken, *case),
                Given::Gone => return Ok(None),
                Given::Stopped => return Err(ValidationError::Left { case: id.clone() }),
            };
            let notation = FilingNotation::of(&case).map_err(unreadable)?;
            let Some(case) = self.go_on_with(case, &notation).await? else { return Ok(None) };
            let driver = Driver::claimed(desk, &notation, &case).map_err(unreadable)?;
            if let Some(driven) = self.go(driver, id.clone(), &taken, hands).await? {
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

    async fn outcome(
        &self,
        driven: &Driven,
        hands: &FilingHands,
        remarks: Remarks,
    ) -> Result<Validated, ValidationError> {
        let now = self.desk().clock.now();
        let filing = &driven.filing;
        let referanse = filing.referanse().cloned();
        match filing.end(now) {
            Some(FilingEnd::Validated { jobb, resultat }) => {
                let outcome = match hands.calls.take_outcome() {
                    Some(outcome) => outcome,
                    // It was fetched by a process that is gone.
                    None => self.fetch_again(hands, &jobb, &resultat).await?,
                };
                let case = self.desk().journal.survives().then(|| driven.case.clone());
                let Remarks { warnings, packed } = remarks;
                Ok(Validated { outcome, jobb, referanse, packed, warnings, case })
            }
            Some(FilingEnd::Cancelled { .. }) if hands.documents.why_not().is_some() => {
                let why = hands.documents.why_not().unwrap_or_default();
                Err(ValidationError::Documents { case: None, why })
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
        let fetched: Result<Fact, PortError> =
            hands.calls.resultat(call, &JobRoute::Envelope, jobb.clone()).await;
        match (fetched, hands.calls.take_outcome()) {
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

fn unreadable(why: Unreadable) -> ValidationError {
    ValidationError::Lost(format!("the journal holds something that this version cannot read: {why}"))
}

/// Why a worker cannot go on with a filing.
pub(crate) enum CannotResume {
    /// The documents are not here, or are not what they were: another worker may have them.
    NotHere(String),
    /// This version cannot read what is written down.
    Unreadable(String),
}

impl CannotResume {
    /// Whether a case that was gone on with has ended. `why_not`: what it needed and could not have, if so.
    pub(crate) fn or_ended<F>(drove: Drove<F>, why_not: Option<String>) -> Result<bool, Self> {
        match (drove, why_not) {
            (Drove::Left(_), Some(why)) => Err(Self::NotHere(why)),
            (Drove::Ended(_), _) => Ok(true),
            (Drove::Left(_) | Drove::Lost(_), _) => Ok(false),
            (Drove::Unreadable(why), _) => Err(Self::Unreadable(why.to_string())),
        }
    }
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
    let notation = FilingNotation::of(&case).map_err(unreadable)?;
    let driver = Driver::claimed(&ports.desk, &notation, &case).map_err(unreadable)?;
    drop(case);
    let content = notation.content().clone();
    let sink = sink_into(content.out.as_deref());
    let subject = content.subject.clone();
    let hands = hands(ports, subject, sink, move || request_of(&content), Teller::to_nobody(), stop, idle);
    if let Some(gjeldende) = driver.flow().gjeldende() {
        hands.return_type.get_or_init(|| gjeldende.dokumenttype);
    }
    let drove = driver.drive(&hands, patience, &hands.leave, taken.stirred()).await;
    CannotResume::or_ended(drove, hands.documents.why_not())
}

/// `request`: what is filed, if its documents are still what they were.
fn hands(
    ports: &Arc<Ports>,
    subject: Subject,
    sink: Arc<dyn DocumentSink>,
    request: impl Fn() -> Result<ValidationRequest, String> + Send + Sync + 'static,
    events: Teller,
    stop: &CancellationToken,
    idle: &Idle,
) -> FilingHands {
    let way =
        Way::Asynchronous { max_request_bytes: ports.max_request_bytes, threads: ports.packing_threads };
    let cancel = stop.clone();
    let make: Make<Prepared> = Arc::new(move || {
        let prepared = prepare(&request()?, way, &cancel);
        prepared.map_err(|findings| ValidationError::Findings(findings).to_string())
    });
    FilingHands {
        documents: Documents::new(ports.places.clone(), make),
        return_type: OnceLock::new(),
        leave: stop.child_token(),
        idle: idle.mark(),
        calls: JobCalls {
            ports: ports.clone(),
            subject,
            sink,
            events,
            cancel: stop.clone(),
            outcome: Mutex::default(),
        },
    }
}
