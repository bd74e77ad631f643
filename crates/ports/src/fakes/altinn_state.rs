//! The instances of a [`FakeAltinn`](super::FakeAltinn).

use super::FakeFailure;
use super::service::Job;
use crate::{ErrorKind, PortError, Problem, RequestEnvelope, Subject, Vedlegg};
use skattebro_domain::altinn::{
    DataId, Dataelement, Datatype, Instans, InstansId, Metadata, Prosess, Skanning,
};
use skattebro_domain::flow::Effect;
use skattebro_domain::{Identifikator, Innhold, Inntektsaar, JobbId, ResultatAvValidering, Slug, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::str::FromStr;
use std::time::Duration;

pub(super) struct State {
    pub(super) scan_takes: Duration,
    pub(super) scan_finds: Skanning,
    pub(super) receipt_takes: Duration,
    pub(super) forgets_the_year: bool,
    pub(super) machine: bool,
    pub(super) job_takes: Duration,
    pub(super) verdict: ResultatAvValidering,
    pub(super) failures: VecDeque<FakeFailure>,
    pub(super) instances: Vec<Instance>,
    pub(super) jobs: HashMap<JobbId, Job>,
    parties: Vec<Identifikator>,
    last_id: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            scan_takes: Duration::from_secs(10),
            scan_finds: Skanning::Clean,
            receipt_takes: Duration::from_secs(60),
            forgets_the_year: false,
            machine: false,
            job_takes: Duration::from_secs(3600),
            verdict: ResultatAvValidering::ValidertOk,
            failures: VecDeque::new(),
            instances: Vec::new(),
            jobs: HashMap::new(),
            parties: Vec::new(),
            last_id: 0,
        }
    }
}

impl State {
    pub(super) fn create(
        &mut self,
        owner: &Identifikator,
        metadata: &Metadata,
        now: Timestamp,
    ) -> Result<Instans, PortError> {
        let party = self.party(owner);
        let id = self.next_id(&format!("{party}/"))?;
        let instance = Instance {
            id,
            owner: owner.clone(),
            made: now,
            year: (!self.forgets_the_year).then_some(metadata.inntektsaar),
            by_auditor: metadata.skal_bekreftes_av_revisor,
            metadata: self.next_id("")?,
            receipt: self.next_id("")?,
            elements: Vec::new(),
            step: Step::Data,
            by_machine: false,
            receipt_takes: self.receipt_takes,
        };
        let shown = instance.shown(now);
        self.instances.push(instance);
        Ok(shown)
    }

    fn party(&mut self, owner: &Identifikator) -> usize {
        let known = self.parties.iter().position(|party| party == owner);
        let index = known.unwrap_or_else(|| {
            self.parties.push(owner.clone());
            self.parties.len() - 1
        });
        50_000_001 + index
    }

    /// A new id that begins with `prefix`.
    pub(super) fn next_id<T: FromStr<Err = skattebro_domain::Invalid>>(
        &mut self,
        prefix: &str,
    ) -> Result<T, PortError> {
        self.last_id += 1;
        let id = format!("{prefix}00000000-0000-4000-8000-{:012x}", self.last_id);
        id.parse().map_err(|error| {
            PortError::new(ErrorKind::Local, "a call of a fake", Effect::NotSent, "no id").with_source(error)
        })
    }

    pub(super) fn element(&mut self, lying: Lying, now: Timestamp) -> Result<Element, PortError> {
        let (takes, finds) = (self.scan_takes, self.scan_finds.clone());
        Ok(Element { id: self.next_id("")?, lying, uploaded: now, takes, finds })
    }

    pub(super) fn find(&mut self, id: &InstansId) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.id == *id)
    }

    pub(super) fn find_known(
        &mut self,
        operation: &'static str,
        id: &InstansId,
    ) -> Result<&mut Instance, PortError> {
        self.find(id).ok_or_else(|| refusal(404, operation, "altinn-404"))
    }

    /// The instance, if what lies in it may still be changed.
    pub(super) fn find_in_data(
        &mut self,
        operation: &'static str,
        id: &InstansId,
    ) -> Result<&mut Instance, PortError> {
        let instance = self.find_known(operation, id)?;
        if matches!(instance.step, Step::Data) {
            Ok(instance)
        } else {
            Err(refusal(409, operation, "altinn-409"))
        }
    }

    pub(super) fn job(
        &self,
        operation: &'static str,
        subject: &Subject,
        jobb: &JobbId,
    ) -> Result<&Job, PortError> {
        let job = self.jobs.get(jobb).filter(|job| job.subject == *subject);
        job.ok_or_else(|| refusal(404, operation, "FAKE-jobb"))
    }
}

/// What the service says when it refuses.
pub(super) fn refusal(status: u16, operation: &'static str, slug: &str) -> PortError {
    let kind = match status {
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        _ => ErrorKind::Refused,
    };
    let error = |effect| PortError::new(kind, operation, effect, "the service refused it");
    match slug.parse::<Slug>() {
        Ok(slug) => error(Effect::Refused(slug.clone())).with_problem(Problem {
            status,
            melding: slug.as_str().to_owned(),
            slug,
            korrelasjonsid: None,
        }),
        Err(_) => error(Effect::Unknown),
    }
}

pub(super) struct Instance {
    pub(super) id: InstansId,
    pub(super) owner: Identifikator,
    made: Timestamp,
    pub(super) year: Option<Inntektsaar>,
    by_auditor: bool,
    pub(super) metadata: DataId,
    receipt: DataId,
    pub(super) elements: Vec<Element>,
    step: Step,
    pub(super) by_machine: bool,
    receipt_takes: Duration,
}

enum Step {
    Data,
    Confirmation,
    Auditor,
    Submitted(Timestamp),
}

impl Instance {
    pub(super) fn prosess(&self, now: Timestamp) -> Prosess {
        match self.step {
            Step::Data => Prosess::Data,
            Step::Confirmation => Prosess::Bekreftelse,
            Step::Auditor => Prosess::Revisor,
            Step::Submitted(at) if has_passed(at, self.receipt_takes, now) => Prosess::Avsluttet,
            Step::Submitted(_) => Prosess::Tilbakemelding,
        }
    }

    pub(super) fn envelopes(&self) -> impl Iterator<Item = &RequestEnvelope> {
        self.elements.iter().filter_map(|element| match &element.lying {
            Lying::Envelope(envelope) => Some(envelope),
            Lying::Attachment(_) => None,
        })
    }

    /// The receipt, if it has come.
    pub(super) fn receipt(&self, now: Timestamp) -> Option<Dataelement> {
        (self.prosess(now) == Prosess::Avsluttet).then(|| Dataelement {
            id: self.receipt.clone(),
            datatype: Datatype::Tilbakemelding,
            filnavn: None,
            stoerrelse: None,
            skanning: Some(Skanning::NotApplicable),
        })
    }

    pub(super) fn shown(&self, now: Timestamp) -> Instans {
        Instans {
            id: self.id.clone(),
            opprettet: Some(self.made),
            inntektsaar: self.year,
            eier: Some(self.owner.clone()),
            prosess: self.prosess(now),
            metadata: Some(self.metadata.clone()),
            data: self.elements.iter().map(|element| element.shown(now)).chain(self.receipt(now)).collect(),
        }
    }

    /// Whether it could: with a year, and one envelope.
    pub(super) fn leave_data(&mut self) -> bool {
        let may = self.year.is_some() && self.envelopes().count() == 1;
        if may {
            self.step = Step::Confirmation;
        }
        may
    }

    /// Whether it waited for the taxpayer.
    pub(super) fn confirm(&mut self, machine: bool, now: Timestamp) -> bool {
        let waited = matches!(self.step, Step::Confirmation);
        if waited {
            self.by_machine = machine;
            self.step = if self.by_auditor { Step::Auditor } else { Step::Submitted(now) };
        }
        waited
    }

    /// Whether it waited for the auditor.
    pub(super) fn confirm_as_auditor(&mut self, now: Timestamp) -> bool {
        let waited = matches!(self.step, Step::Auditor);
        if waited {
            self.step = Step::Submitted(now);
        }
        waited
    }
}

#[derive(Clone)]
pub(super) struct Element {
    pub(super) id: DataId,
    lying: Lying,
    uploaded: Timestamp,
    takes: Duration,
    finds: Skanning,
}

impl Element {
    pub(super) fn scan(&self, now: Timestamp) -> Skanning {
        if has_passed(self.uploaded, self.takes, now) { self.finds.clone() } else { Skanning::Pending }
    }

    pub(super) fn shown(&self, now: Timestamp) -> Dataelement {
        let (datatype, name) = match &self.lying {
            Lying::Envelope(_) => (Datatype::Konvolutt, "skattemeldingOgNaeringsspesifikasjon.xml"),
            Lying::Attachment(vedlegg) => (Datatype::Vedlegg, vedlegg.navn.as_str()),
        };
        Dataelement {
            id: self.id.clone(),
            datatype,
            filnavn: Some(name.to_owned()),
            stoerrelse: Some(self.lying.len()),
            skanning: Some(self.scan(now)),
        }
    }
}

/// What lies in an instance.
#[derive(Clone)]
pub(super) enum Lying {
    Envelope(RequestEnvelope),
    Attachment(Vedlegg),
}

/// About as much as an envelope is beside its documents; how much exactly is the codec's to know.
const FRAME: u64 = 700;

impl Lying {
    pub(super) fn len(&self) -> u64 {
        let envelope = match self {
            Self::Envelope(envelope) => envelope,
            Self::Attachment(vedlegg) => return vedlegg.body.len(),
        };
        let base64 = envelope.dokumenter().iter().map(|dokument| match &dokument.innhold {
            Innhold::Inline(_, body) => body.len().div_ceil(3) * 4,
            Innhold::Referanse(_) => 0,
        });
        FRAME + base64.sum::<u64>()
    }
}

fn has_passed(since: Timestamp, length: Duration, now: Timestamp) -> bool {
    since.checked_add(length).is_ok_and(|end| end <= now)
}
