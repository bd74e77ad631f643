use super::ManualClock;
use crate::{
    Availability, Body, Call, Clock, CurrentReturns, DocumentSink, ErrorKind, Jobs, PortError, Problem,
    RequestEnvelope, Started, Subject, UploadName, Uploads, Validations,
};
use async_trait::async_trait;
use skattebro_domain::flow::Effect;
use skattebro_domain::{
    DocumentHead, Dokumentidentifikator, Dokumenttype, Gjeldende, GjeldendeDokument, Identifikator, Innhold,
    Invalid, JobbId, JobbStatus, JobbTilstand, Referanse, ResultDocument, ResultatAvValidering, Timestamp,
    ValidationOutcome,
};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A small Skatteetaten in memory: uploads, jobs, the current return and synchronous validation.
///
/// It keeps the rules that a workflow leans on – references, one live job per identifikator, no result before FERDIG, the id of
/// the current return, which is there from 2021 on – and checks no documents. Jobs move on its clock: NY for 5 seconds, then KJOERER, FERDIG after
/// [`job_takes`](Self::job_takes). For a service that checks everything, use the sandbox.
#[derive(Debug, Clone)]
pub struct FakeSkatteetaten {
    clock: ManualClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    takes: Duration,
    verdict: ResultatAvValidering,
    next_id: u64,
    uploads: HashMap<Referanse, (Subject, Arc<dyn Body>)>,
    jobs: HashMap<JobbId, Job>,
}

#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) subject: Subject,
    started: Timestamp,
    takes: Duration,
    aborted: Option<Timestamp>,
    pub(super) documents: Vec<(&'static str, Arc<dyn Body>)>,
}

const NEW_FOR: Duration = Duration::from_secs(5);

/// Before this year there is no return to refer to.
const FIRST_YEAR: u16 = 2021;

impl FakeSkatteetaten {
    /// A service without any uploads or jobs, on `clock`.
    pub fn new(clock: ManualClock) -> Self {
        let state = State {
            takes: Duration::from_secs(3600),
            verdict: ResultatAvValidering::ValidertOk,
            next_id: 1,
            uploads: HashMap::new(),
            jobs: HashMap::new(),
        };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// How long jobs take that are started from now on. An hour unless this is called.
    pub fn job_takes(&self, takes: Duration) {
        self.state().takes = takes;
    }

    /// The verdict of results fetched from now on. validertOK unless this is called.
    pub fn verdict(&self, verdict: ResultatAvValidering) {
        self.state().verdict = verdict;
    }

    /// The id of the return in force of `identifikator`, which an envelope must refer to.
    ///
    /// # Errors
    /// None in practice: the text is always an id.
    pub fn gjeldende_id(identifikator: &Identifikator) -> Result<Dokumentidentifikator, Invalid> {
        format!("SKI:755:{identifikator}").parse()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn validated(
        &self,
        operation: &'static str,
        documents: &[(&'static str, Arc<dyn Body>)],
        sink: &dyn DocumentSink,
    ) -> Result<ValidationOutcome, PortError> {
        let verdict = self.state().verdict.clone();
        outcome(operation, documents, verdict, sink)
    }

    fn check_gjeldende(
        &self,
        operation: &'static str,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<(), PortError> {
        let right = Self::gjeldende_id(&subject.identifikator).ok();
        if envelope.gjeldende().iter().any(|g| Some(&g.dokumentidentifikator) == right.as_ref()) {
            Ok(())
        } else {
            Err(refused(ErrorKind::Refused, operation, "FAKE-gjeldende", "Feil dokumentidentifikator"))
        }
    }
}

/// The outcome of a validation that gives every document back as it was.
pub(super) fn outcome(
    operation: &'static str,
    documents: &[(&'static str, Arc<dyn Body>)],
    resultat: ResultatAvValidering,
    sink: &dyn DocumentSink,
) -> Result<ValidationOutcome, PortError> {
    let local = |error: io::Error| {
        PortError::new(ErrorKind::Local, operation, Effect::Done, "a document could not be stored")
            .with_source(error)
    };
    sink.begin();
    let mut dokumenter = Vec::new();
    for (index, (dokumenttype, body)) in documents.iter().enumerate() {
        let head = DocumentHead {
            dokumenttype: format!("{dokumenttype}EtterBeregning"),
            encoding: "utf-8".into(),
            index,
        };
        let stored = sink.store(&head, &mut body.open().map_err(local)?).map_err(local)?;
        dokumenter.push(ResultDocument { dokumenttype: head.dokumenttype, encoding: head.encoding, stored });
    }
    Ok(ValidationOutcome {
        resultat,
        dokumenter,
        avvik_etter_beregning: Vec::new(),
        veiledning_etter_kontroll: Vec::new(),
        avvik_ved_validering: Vec::new(),
        aarsaker: Vec::new(),
        skattesubjekt: Vec::new(),
        ukjente_elementer: Vec::new(),
    })
}

fn refused(kind: ErrorKind, operation: &'static str, slug: &str, melding: &str) -> PortError {
    let status = if kind == ErrorKind::NotFound { 404 } else { 400 };
    let error = |effect| PortError::new(kind, operation, effect, "the service refused it");
    match slug.parse::<skattebro_domain::Slug>() {
        Ok(slug) => error(Effect::Refused(slug.clone())).with_problem(Problem {
            status,
            slug,
            melding: melding.to_owned(),
            korrelasjonsid: None,
        }),
        Err(_) => error(Effect::Unknown),
    }
}

impl Job {
    pub(super) fn started(
        subject: Subject,
        now: Timestamp,
        takes: Duration,
        documents: Vec<(&'static str, Arc<dyn Body>)>,
    ) -> Self {
        Self { subject, started: now, takes, aborted: None, documents }
    }

    /// What a newer job for the same identifikator does to it.
    pub(super) fn abort_if_live(&mut self, identifikator: &Identifikator, now: Timestamp) {
        if self.subject.identifikator == *identifikator && !self.tilstand(now).jobb_status.is_terminal() {
            self.aborted = Some(now);
        }
    }

    pub(super) fn tilstand(&self, now: Timestamp) -> JobbTilstand {
        let age = |since: Timestamp| u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default();
        let lived = Duration::from_secs(age(self.started));
        let began = |after: Duration| self.started.checked_add(after).unwrap_or(Timestamp::MAX);
        let (status, before, since) = match self.aborted {
            Some(at) => (JobbStatus::Avbrutt, JobbStatus::Kjoerer, at),
            None if lived < NEW_FOR.min(self.takes) => (JobbStatus::Ny, JobbStatus::Opprettet, self.started),
            None if lived < self.takes => (JobbStatus::Kjoerer, JobbStatus::Ny, began(NEW_FOR)),
            None => (JobbStatus::Ferdig, JobbStatus::Kjoerer, began(self.takes)),
        };
        JobbTilstand {
            jobb_status: status,
            forrige_status: Some(before),
            sekunder_siden_opprettelse: Some(age(self.started)),
            sekunder_siden_endring: Some(age(since)),
        }
    }
}

#[async_trait]
impl Uploads for FakeSkatteetaten {
    async fn last_opp(
        &self,
        call: &Call,
        subject: &Subject,
        _name: &UploadName,
        body: Arc<dyn Body>,
    ) -> Result<Referanse, PortError> {
        call.permitted("the upload")?;
        let mut state = self.state();
        state.next_id += 1;
        let referanse: Referanse = format!("{:036x}", state.next_id).parse().map_err(|error| {
            PortError::new(ErrorKind::Local, "the upload", Effect::NotSent, "no reference").with_source(error)
        })?;
        call.progress.sent(body.len(), body.len());
        state.uploads.insert(referanse.clone(), (subject.clone(), body));
        Ok(referanse)
    }
}

#[async_trait]
impl Jobs for FakeSkatteetaten {
    async fn start(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<Started, PortError> {
        let operation = "the start of a job";
        call.permitted(operation)?;
        self.check_gjeldende(operation, subject, envelope)?;
        let now = self.clock.now();
        let mut state = self.state();
        let mut documents = Vec::new();
        for dokument in envelope.dokumenter() {
            match &dokument.innhold {
                Innhold::Inline(dokumenttype, body) => documents.push((dokumenttype.as_str(), body.clone())),
                Innhold::Referanse(referanse) => match state.uploads.get(referanse) {
                    Some((owner, body)) if owner == subject => {
                        documents.push((Dokumenttype::Naeringsspesifikasjon.as_str(), body.clone()));
                    }
                    _ => {
                        let error =
                            refused(ErrorKind::Refused, operation, "FAKE-referanse", "Ukjent referanse");
                        return Err(error.about_referanse());
                    }
                },
            }
        }
        state.next_id += 1;
        let jobb_id: JobbId = format!("{:036x}", state.next_id).parse().map_err(|error| {
            PortError::new(ErrorKind::Local, operation, Effect::NotSent, "no id").with_source(error)
        })?;
        for job in state.jobs.values_mut() {
            job.abort_if_live(&subject.identifikator, now);
        }
        let job = Job::started(subject.clone(), now, state.takes, documents);
        state.jobs.insert(jobb_id.clone(), job);
        Ok(Started { jobb_id, jobb_status: JobbStatus::Opprettet })
    }

    async fn status(&self, _: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        let now = self.clock.now();
        match self.state().jobs.get(jobb) {
            Some(job) if job.subject == *subject => Ok(job.tilstand(now)),
            _ => {
                Err(refused(ErrorKind::NotFound, "the look at a job", "FAKE-jobb", "Ukjent jobb")
                    .only_looking())
            }
        }
    }

    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        if self.status(call, subject, jobb).await?.jobb_status != JobbStatus::Ferdig {
            return Ok(None);
        }
        let documents = self.state().jobs.get(jobb).map(|job| job.documents.clone()).unwrap_or_default();
        self.validated("the fetching of a result", &documents, &*sink).map(Some)
    }
}

#[async_trait]
impl CurrentReturns for FakeSkatteetaten {
    async fn gjeldende(
        &self,
        _: &Call,
        subject: &Subject,
        _utvidet_veiledning: bool,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Gjeldende, PortError> {
        let operation = "the fetching of the current return";
        if subject.inntektsaar.get() < FIRST_YEAR {
            let melding = "Fant ingen skattemelding";
            return Err(refused(ErrorKind::NotFound, operation, "FAKE-gjeldende", melding).only_looking());
        }
        let local =
            |why: &str| PortError::new(ErrorKind::Local, operation, Effect::NotSent, why).only_looking();
        let head =
            DocumentHead { dokumenttype: "skattemeldingdokument".into(), encoding: "utf-8".into(), index: 0 };
        let xml =
            format!("<skattemelding><inntektsaar>{}</inntektsaar></skattemelding>", subject.inntektsaar);
        sink.begin();
        let stored =
            sink.store(&head, &mut xml.as_bytes()).map_err(|error| local("not stored").with_source(error))?;
        let kind = if subject.identifikator.is_person() { "Personlig" } else { "Upersonlig" };
        Ok(Gjeldende {
            skattemelding: GjeldendeDokument {
                id: Self::gjeldende_id(&subject.identifikator)
                    .map_err(|error| local("no id").with_source(error))?,
                encoding: head.encoding,
                dokumenttype: Some(format!("skattemelding{kind}Utkast")),
                navnerom_ved_forhaandsfastsetting: None,
                stored,
            },
            naeringsspesifikasjon: None,
            utvidet_veiledning: Vec::new(),
            laast_i_skattemelding: Vec::new(),
            laast_i_naeringsspesifikasjon: Vec::new(),
        })
    }
}

#[async_trait]
impl Validations for FakeSkatteetaten {
    async fn valider(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        self.check_gjeldende("the validation", subject, envelope)?;
        self.validertest(call, subject, envelope, sink).await
    }

    async fn validertest(
        &self,
        _: &Call,
        _: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let mut documents = Vec::new();
        for dokument in envelope.dokumenter() {
            match &dokument.innhold {
                Innhold::Inline(dokumenttype, body) => documents.push((dokumenttype.as_str(), body.clone())),
                Innhold::Referanse(_) => {
                    let melding = "Referanse kan ikke brukes her";
                    return Err(refused(ErrorKind::Refused, "the validation", "FAKE-referanse", melding));
                }
            }
        }
        self.validated("the validation", &documents, &*sink)
    }
}

#[async_trait]
impl Availability for FakeSkatteetaten {
    async fn ping(&self, _: &Call) -> Result<(), PortError> {
        Ok(())
    }
}
