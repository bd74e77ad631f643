use super::altinn_state::{Element, Instance, Lying, State, refusal};
use super::service::{Job, outcome};
use super::{FakeFailure, ManualClock};
use crate::{
    Altinn, AltinnJobs, Call, Clock, DocumentSink, ErrorKind, FILE_INFECTED, FILE_SCAN_PENDING, PortError,
    RequestEnvelope, Started, Subject, Vedlegg,
};
use async_trait::async_trait;
use skattebro_domain::altinn::{
    DataId, Dataelement, Instans, InstansId, MAX_ENVELOPE_BYTES, MAX_VEDLEGG_BYTES, Metadata, Prosess,
    Skanning,
};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::{
    Identifikator, Innhold, JobbId, JobbStatus, JobbTilstand, ResultatAvValidering, ValidationOutcome,
};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A small Altinn in memory, and the validation jobs for what lies in its instances.
///
/// It keeps the rules that a workflow leans on: every creation makes an instance; what is put in is scanned
/// [`scan_takes`](Self::scan_takes) long, and no step is taken before; a step without an income year or with anything but one envelope is
/// refused; the taxpayer's confirmation submits, after the auditor's if there must be one; the receipt comes
/// [`receipt_takes`](Self::receipt_takes) after that, and says that a machine which [confirmed by itself](Self::confirms_as_a_machine) may
/// not. Jobs are as those of [`FakeSkatteetaten`](super::FakeSkatteetaten). Documents are not checked.
///
/// Clones are the same service.
#[derive(Clone)]
pub struct FakeAltinn {
    clock: ManualClock,
    state: Arc<Mutex<State>>,
}

impl FakeAltinn {
    /// A service without any instances, on `clock`.
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// How long the virus scan takes, of what is put in from now on. Ten seconds unless this is called.
    pub fn scan_takes(&self, takes: Duration) {
        self.state().scan_takes = takes;
    }

    /// What the scan finds in what is put in from now on. Nothing ([`Skanning::Clean`]) unless this is called.
    pub fn scan_finds(&self, verdict: Skanning) {
        self.state().scan_finds = verdict;
    }

    /// How long after the submission the receipt comes. A minute unless this is called.
    pub fn receipt_takes(&self, takes: Duration) {
        self.state().receipt_takes = takes;
    }

    /// Whether instances made from now on begin with the income year 0, whatever was asked for: then only
    /// [`sett_metadata`](Altinn::sett_metadata) helps. They do not unless this is called.
    pub fn forgets_the_year(&self, forgets: bool) {
        self.state().forgets_the_year = forgets;
    }

    /// Whether the taxpayer's confirmation through [`neste`](Altinn::neste) is a machine's, which counts for nothing. It is a person's
    /// unless this is called.
    pub fn confirms_as_a_machine(&self, machine: bool) {
        self.state().machine = machine;
    }

    /// How long jobs take that are started from now on. An hour unless this is called.
    pub fn job_takes(&self, takes: Duration) {
        self.state().job_takes = takes;
    }

    /// The verdict of results and receipts fetched from now on. validertOK unless this is called.
    pub fn verdict(&self, verdict: ResultatAvValidering) {
        self.state().verdict = verdict;
    }

    /// Makes the next call fail, whichever it is; called again, the one after it.
    pub fn fail_next(&self, failure: FakeFailure) {
        self.state().failures.push_back(failure);
    }

    /// A person confirms in the portal, if that is what the instance waits for. Says whether it was.
    pub fn person_confirms(&self, instans: &InstansId) -> bool {
        self.step(instans, |instance, now| instance.confirm(false, now))
    }

    /// The auditor confirms, if that is what the instance waits for. Says whether it was.
    pub fn auditor_confirms(&self, instans: &InstansId) -> bool {
        self.step(instans, Instance::confirm_as_auditor)
    }

    /// The instances that are there, oldest first.
    pub fn instanser(&self) -> Vec<Instans> {
        let now = self.clock.now();
        self.state().instances.iter().map(|instance| instance.shown(now)).collect()
    }

    /// The envelopes that lie in an instance, in the order they were put in.
    pub fn konvolutter(&self, instans: &InstansId) -> Vec<RequestEnvelope> {
        let mut state = self.state();
        let Some(instance) = state.find(instans) else { return Vec::new() };
        instance.envelopes().cloned().collect()
    }

    fn step(
        &self,
        instans: &InstansId,
        step: impl FnOnce(&mut Instance, skattebro_domain::Timestamp) -> bool,
    ) -> bool {
        let now = self.clock.now();
        self.state().find(instans).is_some_and(|instance| step(instance, now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the work, unless the call shall fail before it; and forgets what came of it, if the call shall fail after it.
    fn perform<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = self.state();
        let failure = state.failures.pop_front();
        if let Some(failure) = failure.clone().filter(|failure| !failure.after_the_work) {
            return Err(failure.error(operation));
        }
        let done = work(&mut state);
        failure.map_or(done, |failure| Err(failure.error(operation)))
    }

    fn perform_look<T>(
        &self,
        operation: &'static str,
        look: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        self.perform(operation, look).map_err(PortError::only_looking)
    }

    /// Puts something into an instance that still takes it.
    fn put_in(
        &self,
        operation: &'static str,
        instans: &InstansId,
        erstatter: Option<&DataId>,
        lying: Lying,
    ) -> Result<Dataelement, PortError> {
        let now = self.clock.now();
        self.perform(operation, |state| {
            let mut element = state.element(lying, now)?;
            let instance = state.find_in_data(operation, instans)?;
            match erstatter {
                None => instance.elements.push(element.clone()),
                Some(id) => {
                    let replaced = instance.elements.iter_mut().find(|element| element.id == *id);
                    let replaced = replaced.ok_or_else(|| refusal(404, operation, "altinn-404"))?;
                    element.id = id.clone();
                    *replaced = element.clone();
                }
            }
            Ok(element.shown(now))
        })
    }
}

/// Shows no party.
impl fmt::Debug for FakeAltinn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeAltinn").field("instances", &self.state().instances.len()).finish_non_exhaustive()
    }
}

fn too_large(operation: &'static str, what: &str, len: u64, limit: u64) -> PortError {
    let detail = format!("{what} is {len} bytes, and the service takes {limit}");
    PortError::new(ErrorKind::TooLarge, operation, Effect::NotSent, detail)
}

#[async_trait]
impl Altinn for FakeAltinn {
    async fn opprett(
        &self,
        call: &Call,
        eier: &Identifikator,
        metadata: &Metadata,
    ) -> Result<Instans, PortError> {
        let operation = "the creation of an instance";
        call.permitted(operation)?;
        let now = self.clock.now();
        self.perform(operation, |state| state.create(eier, metadata, now))
    }

    async fn aapne(&self, _: &Call, eier: &Identifikator) -> Result<Vec<InstansId>, PortError> {
        let now = self.clock.now();
        self.perform_look("the look for open instances", |state| {
            let of_owner = state.instances.iter().filter(|instance| instance.owner == *eier);
            let open = of_owner.filter(|instance| !instance.prosess(now).is_submitted());
            Ok(open.map(|instance| instance.id.clone()).collect())
        })
    }

    async fn se(&self, _: &Call, _: &Identifikator, instans: &InstansId) -> Result<Instans, PortError> {
        let now = self.clock.now();
        let operation = "the look at an instance";
        self.perform_look(operation, |state| Ok(state.find_known(operation, instans)?.shown(now)))
    }

    async fn sett_metadata(
        &self,
        call: &Call,
        _: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        metadata: &Metadata,
    ) -> Result<(), PortError> {
        let operation = "the setting of an instance's metadata";
        call.permitted(operation)?;
        self.perform(operation, |state| {
            let instance = state.find_in_data(operation, instans)?;
            if instance.metadata != *element {
                return Err(refusal(404, operation, "altinn-404"));
            }
            // Whether an auditor must confirm was settled at the creation.
            instance.year = Some(metadata.inntektsaar);
            Ok(())
        })
    }

    async fn last_opp_konvolutt(
        &self,
        call: &Call,
        _: &Identifikator,
        instans: &InstansId,
        erstatter: Option<&DataId>,
        konvolutt: &RequestEnvelope,
    ) -> Result<Dataelement, PortError> {
        let operation = "the upload of the envelope";
        let lying = Lying::Envelope(konvolutt.clone());
        let len = lying.len();
        if len > MAX_ENVELOPE_BYTES {
            return Err(too_large(operation, "the envelope", len, MAX_ENVELOPE_BYTES));
        }
        call.permitted(operation)?;
        call.progress.sent(len, len);
        self.put_in(operation, instans, erstatter, lying)
    }

    async fn last_opp_vedlegg(
        &self,
        call: &Call,
        _: &Identifikator,
        instans: &InstansId,
        vedlegg: &Vedlegg,
    ) -> Result<Dataelement, PortError> {
        let operation = "the upload of an attachment";
        let len = vedlegg.body.len();
        if len > MAX_VEDLEGG_BYTES {
            return Err(too_large(operation, "the attachment", len, MAX_VEDLEGG_BYTES));
        }
        call.permitted(operation)?;
        call.progress.sent(len, len);
        self.put_in(operation, instans, None, Lying::Attachment(vedlegg.clone()))
    }

    async fn slett(
        &self,
        call: &Call,
        _: &Identifikator,
        instans: &InstansId,
        element: &DataId,
    ) -> Result<(), PortError> {
        let operation = "the removal of a data element";
        call.permitted(operation)?;
        self.perform(operation, |state| {
            state.find_in_data(operation, instans)?.elements.retain(|lying| lying.id != *element);
            Ok(())
        })
    }

    async fn neste(&self, call: &Call, _: &Identifikator, instans: &InstansId) -> Result<Prosess, PortError> {
        let operation = "the next step of the process";
        call.permitted(operation)?;
        let now = self.clock.now();
        self.perform(operation, |state| {
            let machine = state.machine;
            let instance = state.find_known(operation, instans)?;
            let scans: Vec<_> = instance.elements.iter().map(|element| element.scan(now)).collect();
            if scans.contains(&Skanning::Infected) {
                return Err(refusal(409, operation, FILE_INFECTED));
            }
            if !scans.iter().all(Skanning::is_passed) {
                let pending = refusal(409, operation, FILE_SCAN_PENDING);
                return Err(pending.with_retry(Retry::Later(None)));
            }
            let moved = match instance.prosess(now) {
                Prosess::Data => instance.leave_data(),
                Prosess::Bekreftelse => instance.confirm(machine, now),
                Prosess::Revisor => return Err(refusal(403, operation, "altinn-403")),
                _ => false,
            };
            if moved { Ok(instance.prosess(now)) } else { Err(refusal(409, operation, "altinn-409")) }
        })
    }

    async fn kvittering(
        &self,
        _: &Call,
        _: &Identifikator,
        instans: &InstansId,
        element: &DataId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        let operation = "the fetching of the receipt";
        let now = self.clock.now();
        let (documents, verdict, machine) = self.perform_look(operation, |state| {
            let verdict = state.verdict.clone();
            let instance = state.find_known(operation, instans)?;
            let receipt = instance.receipt(now).filter(|receipt| receipt.id == *element);
            let machine = instance.by_machine;
            let documents = instance.envelopes().next().map(documents).unwrap_or_default();
            receipt
                .map(|_| (documents, verdict, machine))
                .ok_or_else(|| refusal(404, operation, "altinn-404"))
        })?;
        let mut outcome = outcome(operation, &documents, verdict, &*sink)?;
        if machine {
            outcome.resultat = ResultatAvValidering::ValidertMedFeil;
            outcome.aarsaker.push("innkommendeForespoerselManglerSporTilUtfoerende".to_owned());
        }
        Ok(outcome)
    }
}

/// The inline documents of an envelope.
fn documents(envelope: &RequestEnvelope) -> Vec<(&'static str, Arc<dyn crate::Body>)> {
    let inline = envelope.dokumenter().iter().filter_map(|dokument| match &dokument.innhold {
        Innhold::Inline(dokumenttype, body) => Some((dokumenttype.as_str(), body.clone())),
        Innhold::Referanse(_) => None,
    });
    inline.collect()
}

#[async_trait]
impl AltinnJobs for FakeAltinn {
    async fn start(&self, call: &Call, subject: &Subject, instans: &InstansId) -> Result<Started, PortError> {
        let operation = "the start of a job";
        call.permitted(operation)?;
        let now = self.clock.now();
        self.perform(operation, |state| {
            let envelopes: Vec<_> = match state.find(instans) {
                Some(instance) if instance.owner == subject.identifikator => {
                    let passed = |element: &Element| element.scan(now).is_passed();
                    if !instance.elements.iter().all(passed) {
                        let pending = refusal(400, operation, "FAKE-skanning");
                        return Err(pending.with_retry(Retry::Later(None)));
                    }
                    instance.envelopes().map(documents).collect()
                }
                _ => return Err(refusal(400, operation, "FAKE-instans")),
            };
            let [documents] = &envelopes[..] else { return Err(refusal(400, operation, "FAKE-konvolutt")) };
            let jobb_id: JobbId = state.next_id("storeDokument-")?;
            for job in state.jobs.values_mut() {
                job.abort_if_live(&subject.identifikator, now);
            }
            let job = Job::started(subject.clone(), now, state.job_takes, documents.clone());
            state.jobs.insert(jobb_id.clone(), job);
            Ok(Started { jobb_id, jobb_status: JobbStatus::Opprettet })
        })
    }

    async fn status(&self, _: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        let now = self.clock.now();
        let operation = "the look at a job";
        self.perform_look(operation, |state| Ok(state.job(operation, subject, jobb)?.tilstand(now)))
    }

    async fn resultat(
        &self,
        _: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        let operation = "the fetching of a result";
        let now = self.clock.now();
        let finished = self.perform_look(operation, |state| {
            let verdict = state.verdict.clone();
            let job = state.job(operation, subject, jobb)?;
            let is_finished = job.tilstand(now).jobb_status == JobbStatus::Ferdig;
            Ok(is_finished.then(|| (job.documents.clone(), verdict)))
        })?;
        let Some((documents, verdict)) = finished else { return Ok(None) };
        outcome(operation, &documents, verdict, &*sink).map(Some)
    }
}
