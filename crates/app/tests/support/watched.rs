//! The HTTP adapter, with a list of the calls that were made and things to do at them.

use async_trait::async_trait;
use skattebro::domain::filing::Stage;
use skattebro::domain::{Gjeldende, JobbId, JobbTilstand, Referanse, ValidationOutcome};
use skattebro::http::HttpSkatteetaten;
use skattebro::ports::{
    Availability, Body, Call, CurrentReturns, DocumentSink, Jobs, PortError, RequestEnvelope, Started,
    Subject, UploadName, Uploads, Validations,
};
use skattebro_sandbox::VirtualClock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A step of the workflow: one of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Gjeldende,
    LastOpp,
    Start,
    Status,
    Resultat,
}

impl Step {
    pub(crate) const ALL: [Self; 5] =
        [Self::Gjeldende, Self::LastOpp, Self::Start, Self::Status, Self::Resultat];

    /// What the sandbox calls it.
    pub(crate) fn route(self) -> &'static str {
        match self {
            Self::Gjeldende => "gjeldende",
            Self::LastOpp => "last-opp",
            Self::Start => "start",
            Self::Status => "status",
            Self::Resultat => "resultat",
        }
    }

    /// What the workflow calls it.
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::Gjeldende => Stage::Gjeldende,
            Self::LastOpp => Stage::Upload,
            Self::Start => Stage::Start,
            Self::Status => Stage::Job,
            Self::Resultat => Stage::Resultat,
        }
    }
}

type Hook = (Step, usize, Box<dyn FnOnce() + Send>);

pub(crate) struct Watched {
    inner: HttpSkatteetaten,
    clock: VirtualClock,
    calls: Mutex<Vec<(Step, Duration)>>,
    hooks: Mutex<Vec<Hook>>,
}

impl Watched {
    pub(crate) fn new(inner: HttpSkatteetaten, clock: VirtualClock) -> Self {
        Self { inner, clock, calls: Mutex::default(), hooks: Mutex::default() }
    }

    /// When the calls of a step were made.
    pub(crate) fn of(&self, step: Step) -> Vec<Duration> {
        self.calls.lock().unwrap().iter().filter(|(made, _)| *made == step).map(|(_, at)| *at).collect()
    }

    /// How many calls of any kind were made.
    pub(crate) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Does this just before the call of `step` with that number, counted from 1, goes out.
    pub(crate) fn before(&self, step: Step, nr: usize, then: impl FnOnce() + Send + 'static) {
        self.hooks.lock().unwrap().push((step, nr, Box::new(then)));
    }

    fn note(&self, step: Step) {
        self.calls.lock().unwrap().push((step, self.clock.now()));
        let nr = self.of(step).len();
        let mut hooks = self.hooks.lock().unwrap();
        let due: Vec<_> = hooks.extract_if(.., |(on, at, _)| (*on, *at) == (step, nr)).collect();
        drop(hooks);
        due.into_iter().for_each(|(_, _, then)| then());
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

#[async_trait]
impl CurrentReturns for Watched {
    async fn gjeldende(
        &self,
        call: &Call,
        subject: &Subject,
        utvidet_veiledning: bool,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Gjeldende, PortError> {
        self.note(Step::Gjeldende);
        self.inner.gjeldende(call, subject, utvidet_veiledning, sink).await
    }
}

#[async_trait]
impl Uploads for Watched {
    async fn last_opp(
        &self,
        call: &Call,
        subject: &Subject,
        name: &UploadName,
        body: Arc<dyn Body>,
    ) -> Result<Referanse, PortError> {
        self.note(Step::LastOpp);
        self.inner.last_opp(call, subject, name, body).await
    }
}

#[async_trait]
impl Jobs for Watched {
    async fn start(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
    ) -> Result<Started, PortError> {
        self.note(Step::Start);
        self.inner.start(call, subject, envelope).await
    }

    async fn status(&self, call: &Call, subject: &Subject, jobb: &JobbId) -> Result<JobbTilstand, PortError> {
        self.note(Step::Status);
        self.inner.status(call, subject, jobb).await
    }

    async fn resultat(
        &self,
        call: &Call,
        subject: &Subject,
        jobb: &JobbId,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        self.note(Step::Resultat);
        self.inner.resultat(call, subject, jobb, sink).await
    }
}

#[async_trait]
impl Validations for Watched {
    async fn valider(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        self.inner.valider(call, subject, envelope, sink).await
    }

    async fn validertest(
        &self,
        call: &Call,
        subject: &Subject,
        envelope: &RequestEnvelope,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<ValidationOutcome, PortError> {
        self.inner.validertest(call, subject, envelope, sink).await
    }
}

#[async_trait]
impl Availability for Watched {
    async fn ping(&self, call: &Call) -> Result<(), PortError> {
        self.inner.ping(call).await
    }
}
