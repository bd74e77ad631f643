use super::ManualClock;
use super::krav_state::{Krav, State};
use crate::{Call, Clock, ErrorKind, KravActs, KravLookup, PortError, Problem};
use async_trait::async_trait;
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::krav::{
    Ability, Avstemming, Capabilities, Detaljer, Edition, Endring, Innkrevingsoppdrag, KravId, Mottak,
    Mottaksstatus, OppdragsgiversKravidentifikator, Valideringsfeil, slugs,
};
use skattebro_domain::{Kravidentifikator, Slug, Transaksjonsid};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A small Skatteetaten in memory that collects krav, in one edition of the API.
///
/// It keeps the rules that a workflow leans on: an oppdragsgiver's id is taken once and for good; a krav is booked
/// [`booked_after`](Self::booked_after) it was received, or rejected if its skyldner is [to be](Self::reject); it can be changed and written
/// off only when it is booked, written off once, and changed no more after that; the same change is one change. What it refuses, it
/// refuses with the service's names ([`slugs`]).
///
/// Of the rules at creation it applies two: the id is one and is not taken, and the principal is over 0. For a service that checks
/// everything, use the sandbox.
///
/// Clones are the same service.
#[derive(Clone)]
pub struct FakeInnkreving {
    clock: ManualClock,
    edition: Edition,
    state: Arc<Mutex<State>>,
}

/// How a call of a fake fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeFailure {
    /// Whether the fake has done what it was asked to before it fails.
    pub after_the_work: bool,
    /// What went wrong.
    pub kind: ErrorKind,
    /// What the caller is told that the call did.
    pub effect: Effect,
    /// Whether the caller is told that trying again can help.
    pub retry: Retry,
}

impl FakeFailure {
    /// No connection: nothing was sent, nothing done.
    pub fn not_sent() -> Self {
        Self {
            after_the_work: false,
            kind: ErrorKind::Unreachable,
            effect: Effect::NotSent,
            retry: Retry::Later(None),
        }
    }

    /// The connection was lost, and the request never arrived. The caller cannot know.
    pub fn lost_before() -> Self {
        Self { kind: ErrorKind::ConnectionLost, effect: Effect::Unknown, ..Self::not_sent() }
    }

    /// The connection was lost with the answer on it: the work was done. The caller cannot know.
    pub fn lost_after() -> Self {
        Self { after_the_work: true, ..Self::lost_before() }
    }

    /// Too many calls: nothing was done, come back after `wait`.
    pub fn too_many_calls(wait: Option<Duration>) -> Self {
        let effect = "HTTP-429".parse().map_or(Effect::Unknown, Effect::Refused);
        let retry = Retry::Later(wait);
        Self { after_the_work: false, kind: ErrorKind::RateLimited, effect, retry }
    }

    pub(super) fn error(self, operation: &'static str) -> PortError {
        PortError::new(self.kind, operation, self.effect, "a test had it fail").with_retry(self.retry)
    }
}

/// A krav as a fake holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeKrav {
    /// Skatteetaten's id.
    pub kravidentifikator: Kravidentifikator,
    /// What is in force: the krav as it was created, with the changes since.
    pub oppdrag: Innkrevingsoppdrag,
    /// How far it has come.
    pub mottaksstatus: Mottaksstatus,
    /// How many changes it has had; repetitions of one are one.
    pub endringer: usize,
    /// Whether it is written off.
    pub avskrevet: bool,
}

impl FakeInnkreving {
    /// A service without any krav, on `clock`.
    pub fn new(clock: ManualClock, edition: Edition) -> Self {
        Self { clock, edition, state: Arc::default() }
    }

    /// How long after their receipt krav are booked or rejected, of those created from now on. Ten seconds unless this is called.
    pub fn booked_after(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// From now on, krav against `skyldner` (a number) are rejected with `error`, such as `PERSON_ER_DOED`.
    pub fn reject(&self, skyldner: impl Into<String>, error: impl Into<String>) {
        self.state().rejected.insert(skyldner.into(), error.into());
    }

    /// Whether edition 2023 has mottaksstatus; it has unless this is called. Edition v1 always has.
    pub fn with_mottaksstatus(&self, has: bool) {
        self.state().lacks_mottaksstatus = !has;
    }

    /// Whether edition 2023 finds a krav by the oppdragsgiver's id; it does not unless this is called. Edition v1 always does.
    pub fn with_own_ids(&self, takes: bool) {
        self.state().takes_own_ids = takes;
    }

    /// Makes the next call fail, whichever it is; called again, the one after it.
    pub fn fail_next(&self, failure: FakeFailure) {
        self.state().failures.push_back(failure);
    }

    /// The krav that are there, oldest first.
    pub fn krav(&self) -> Vec<FakeKrav> {
        let now = self.clock.now();
        self.state().krav.iter().map(|krav| krav.shown(now)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn can(&self) -> Capabilities {
        self.edition.capabilities()
    }

    /// Does the work, unless the call shall fail before it; and forgets what came of it, if the call shall fail after it.
    fn perform<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, PortError> {
        let mut state = self.state();
        let failure = state.failures.pop_front();
        if let Some(failure) = failure.clone().filter(|failure| !failure.after_the_work) {
            return Err(failure.error(operation));
        }
        let done = work(&mut state).map_err(|refusal| refusal.error(operation));
        match failure {
            Some(failure) => Err(failure.error(operation)),
            None => done,
        }
    }

    fn perform_look<T>(
        &self,
        operation: &'static str,
        look: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, PortError> {
        self.perform(operation, look).map_err(PortError::only_looking)
    }

    fn find<'s>(&self, state: &'s mut State, id: &KravId) -> Result<&'s mut Krav, Refusal> {
        if let KravId::Oppdragsgivers(_) = id
            && self.can().own_id != Ability::Yes
            && !state.takes_own_ids
        {
            return Err(Refusal::unprocessable("ugyldig-kravidentifikatortype"));
        }
        state.find(id).ok_or(Refusal::not_found(slugs::DOES_NOT_EXIST))
    }

    /// The krav, if it can be changed or written off.
    fn find_booked<'s>(
        &self,
        state: &'s mut State,
        id: &KravId,
        written_off: &'static str,
    ) -> Result<&'s mut Krav, Refusal> {
        let now = self.clock.now();
        let krav = self.find(state, id)?;
        if !krav.is_booked(now) {
            return Err(Refusal::conflict(slugs::NOT_BOOKED));
        }
        if krav.is_written_off() {
            return Err(Refusal::conflict(written_off));
        }
        Ok(krav)
    }

    /// Edition 2023 gives none.
    fn told(&self, transaksjonsid: Transaksjonsid) -> Option<Transaksjonsid> {
        self.can().avstemming.then_some(transaksjonsid)
    }

    fn not_in_this_edition(&self, operation: &'static str) -> PortError {
        let detail = format!("edition {} of the API has no such call", self.edition);
        PortError::new(ErrorKind::Local, operation, Effect::NotSent, detail)
    }
}

/// Shows no krav.
impl fmt::Debug for FakeInnkreving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let krav = self.state().krav.len();
        f.debug_struct("FakeInnkreving")
            .field("edition", &self.edition)
            .field("krav", &krav)
            .finish_non_exhaustive()
    }
}

/// A rule of the service that was broken.
struct Refusal {
    status: u16,
    slug: &'static str,
}

impl Refusal {
    fn unprocessable(slug: &'static str) -> Self {
        Self { status: 422, slug }
    }

    fn conflict(slug: &'static str) -> Self {
        Self { status: 409, slug }
    }

    fn not_found(slug: &'static str) -> Self {
        Self { status: 404, slug }
    }

    fn error(self, operation: &'static str) -> PortError {
        let kind = if self.status == 404 { ErrorKind::NotFound } else { ErrorKind::Refused };
        let error = |effect| PortError::new(kind, operation, effect, "the service refused it");
        let name = match self.slug {
            general if general.starts_with("DAS-") => general.to_owned(),
            rule => format!("tag:skatteetaten.no,2024:innkreving:innkrevingsoppdrag:{rule}"),
        };
        match name.parse::<Slug>() {
            Ok(slug) => error(Effect::Refused(slug.clone())).with_problem(Problem {
                status: self.status,
                slug,
                melding: self.slug.replace('-', " "),
                korrelasjonsid: None,
            }),
            Err(_) => error(Effect::Unknown),
        }
    }
}

#[async_trait]
impl KravActs for FakeInnkreving {
    fn capabilities(&self) -> Capabilities {
        self.can()
    }

    async fn opprett(
        &self,
        call: &Call,
        oppdrag: &Innkrevingsoppdrag,
    ) -> Result<Kravidentifikator, PortError> {
        call.permitted("the creation of a krav")?;
        let now = self.clock.now();
        self.perform("the creation of a krav", |state| {
            if !oppdrag.hovedstol.is_over_0() {
                return Err(Refusal::unprocessable("beloep-er-ikke-over-0"));
            }
            let own_id = oppdrag.oppdragsgivers_kravidentifikator.as_deref();
            let own_id: Option<OppdragsgiversKravidentifikator> = own_id
                .map(str::parse)
                .transpose()
                .map_err(|_| Refusal::unprocessable("ugyldig-oppdragsgivers-kravidentifikator"))?;
            if own_id.as_ref().is_some_and(|own_id| state.has_own_id(own_id)) {
                return Err(Refusal::unprocessable(slugs::EXISTS_ALREADY));
            }
            Ok(state.add(oppdrag, own_id, now))
        })
    }

    async fn endre(
        &self,
        call: &Call,
        id: &KravId,
        endring: &Endring,
    ) -> Result<Option<Transaksjonsid>, PortError> {
        let operation = "the change of a krav";
        call.permitted(operation)?;
        let (has, refused_with) = match endring {
            Endring::Hovedstol(beloep) => (true, (!beloep.is_over_0()).then_some("hovedstol-er-ikke-over-0")),
            Endring::Renter(renter) => {
                let below = renter.iter().any(|rente| rente.beloep.get() < 0);
                (self.can().renter, below.then_some("rentebeloep-er-under-0"))
            }
            Endring::Referanse(_) => (self.can().referanse, None),
        };
        if !has {
            return Err(self.not_in_this_edition(operation));
        }
        let now = self.clock.now();
        self.perform(operation, |state| {
            if let Some(rule) = refused_with {
                return Err(Refusal::unprocessable(rule));
            }
            let next = state.next_transaksjonsid();
            let krav = self.find_booked(state, id, slugs::WRITTEN_OFF_NO_CHANGE)?;
            Ok(self.told(krav.change(endring, next, now)))
        })
    }

    async fn avskriv(&self, call: &Call, id: &KravId) -> Result<Option<Transaksjonsid>, PortError> {
        call.permitted("the write-off of a krav")?;
        let now = self.clock.now();
        self.perform("the write-off of a krav", |state| {
            let next = state.next_transaksjonsid();
            let krav = self.find_booked(state, id, slugs::WRITTEN_OFF_ALREADY)?;
            krav.write_off(next.clone(), now);
            Ok(self.told(next))
        })
    }
}

#[async_trait]
impl KravLookup for FakeInnkreving {
    async fn mottaksstatus(&self, _: &Call, id: &KravId) -> Result<Option<Mottak>, PortError> {
        let now = self.clock.now();
        self.perform_look("the look at a krav's mottaksstatus", |state| {
            if self.can().mottaksstatus != Ability::Yes && state.lacks_mottaksstatus {
                return Err(Refusal::not_found("DAS-002"));
            }
            match self.find(state, id) {
                Ok(krav) => Ok(Some(krav.mottak(now))),
                Err(Refusal { slug: slugs::DOES_NOT_EXIST, .. }) => Ok(None),
                Err(refusal) => Err(refusal),
            }
        })
    }

    async fn valideringsfeil(&self, _: &Call, id: &KravId) -> Result<Vec<Valideringsfeil>, PortError> {
        let now = self.clock.now();
        self.perform_look("the look at a krav's valideringsfeil", |state| {
            Ok(self.find(state, id)?.valideringsfeil(now))
        })
    }

    async fn avstemming(&self, _: &Call, id: &KravId) -> Result<Option<Avstemming>, PortError> {
        let operation = "the reconciliation of a krav";
        if !self.can().avstemming {
            return Err(self.not_in_this_edition(operation).only_looking());
        }
        let now = self.clock.now();
        self.perform_look(operation, |state| {
            let krav = self.find(state, id)?;
            Ok(krav.is_booked(now).then(|| krav.avstemming()))
        })
    }

    async fn detaljer(&self, _: &Call, id: &KravId) -> Result<Detaljer, PortError> {
        let operation = "the look at a krav's details";
        if !self.can().avstemming {
            return Err(self.not_in_this_edition(operation).only_looking());
        }
        let now = self.clock.now();
        self.perform_look(operation, |state| {
            let krav = self.find(state, id)?;
            match krav.is_booked(now) {
                true => Ok(krav.detaljer()),
                false => Err(Refusal::not_found(slugs::NOT_BOOKED)),
            }
        })
    }
}
