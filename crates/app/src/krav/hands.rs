use super::run::Tally;
use super::service::Outside;
use crate::journal::{Hands, Turn};
use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry, WaitingFor};
use skattebro_domain::krav::machine::{Act, Ask, Fact, Krav, Read, Standing};
use skattebro_domain::krav::{Ability, KravId};
use skattebro_ports::{Call, PortError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Does the requests of one krav.
pub(super) struct KravHands {
    outside: Arc<Outside>,
    tally: Arc<Tally>,
    shown: Mutex<Standing>,
    tag: Option<u64>,
    watcher: Option<Arc<dyn KravWatcher>>,
}

/// Is told what becomes of krav while they are under way: to keep a record that outlives the process, or to show it.
pub trait KravWatcher: std::fmt::Debug + Send + Sync {
    /// Something was learned about the krav of the order with this tag. Called between two requests of it, so it must not take long.
    fn learned(&self, tag: Option<u64>, krav: &Krav);
}

impl KravHands {
    pub(super) fn new(
        outside: Arc<Outside>,
        tally: Arc<Tally>,
        tag: Option<u64>,
        watcher: Option<Arc<dyn KravWatcher>>,
    ) -> Self {
        tally.enter(&Standing::NotSent);
        Self { outside, tally, shown: Mutex::new(Standing::NotSent), tag, watcher }
    }

    /// What another krav of this environment has found out already.
    fn known_to_fail(&self, read: &Read) -> Option<Failure> {
        let Read::Mottaksstatus(id) = read else { return None };
        let can = self.outside.capabilities();
        let (kind, slug) = match id {
            _ if can.mottaksstatus == Ability::No => (ErrorKind::NotFound, "DAS-002"),
            KravId::Oppdragsgivers(_) if can.own_id == Ability::No => {
                (ErrorKind::Refused, "own-id-not-taken")
            }
            _ => return None,
        };
        Some(Failure {
            kind,
            korrelasjonsid: None,
            effect: Effect::Refused(slug.parse().ok()?),
            retry: Retry::AfterChange,
            about_referanse: false,
            message: "this environment has no such call".to_owned(),
        })
    }
}

/// Whether the service answered, be it with a refusal of this krav.
fn is_an_answer(fact: &Fact) -> bool {
    match fact {
        Fact::Failed(failure) => {
            matches!(failure.effect, Effect::Refused(_)) && failure.kind != ErrorKind::Unauthorized
        }
        _ => true,
    }
}

fn act<T>(answer: Result<T, PortError>, fact: impl FnOnce(T) -> Fact) -> Fact {
    answer.map_or_else(|error| Fact::Failed(error.failure()), fact)
}

#[async_trait]
impl Hands<Krav> for KravHands {
    async fn turn(&self) -> Turn {
        Turn(Box::new(self.outside.window.turn().await))
    }

    fn permit(&self, _: &Act) -> Duration {
        self.outside.permit
    }

    async fn act(&self, call: Call, what: Act) -> Fact {
        let acts = &self.outside.acts;
        let fact = match what {
            Act::Opprett(oppdrag) => act(acts.opprett(&call, &oppdrag).await, Fact::Opprettet),
            Act::Endre(id, endring) => act(acts.endre(&call, &id, &endring).await, Fact::Accepted),
            Act::Avskriv(id) => act(acts.avskriv(&call, &id).await, Fact::Accepted),
        };
        if is_an_answer(&fact) {
            self.outside.got_through();
        }
        fact
    }

    async fn read(&self, call: Call, read: Read) -> Fact {
        if let Some(failure) = self.known_to_fail(&read) {
            return Fact::LookFailed(read, failure);
        }
        let lookup = &self.outside.lookup;
        let answer = match &read {
            Read::Mottaksstatus(id) => lookup
                .mottaksstatus(&call, id)
                .await
                .map(|mottak| mottak.map_or(Fact::NotThere, Fact::Mottak)),
            Read::Valideringsfeil(id) => lookup.valideringsfeil(&call, id).await.map(Fact::Valideringsfeil),
            Read::Avstemming(id) => {
                lookup.avstemming(&call, id).await.map(|found| Fact::Avstemming(found.map(Box::new)))
            }
        };
        answer.unwrap_or_else(|error| Fact::LookFailed(read, error.failure()))
    }

    fn not_sent(&self, why: String) -> Fact {
        Fact::Failed(Failure {
            kind: ErrorKind::Local,
            korrelasjonsid: None,
            effect: Effect::NotSent,
            retry: Retry::Later(None),
            about_referanse: false,
            message: why,
        })
    }

    fn on_stop(&self) -> Option<Ask> {
        // Where nobody can go on with it, it ends here, and tells what is in doubt.
        (!self.outside.desk.journal.survives()).then_some(Ask::Stop)
    }

    fn learned(&self, krav: &Krav) {
        self.outside.found_out(krav.capabilities());
        if let Some(watcher) = &self.watcher {
            watcher.learned(self.tag, krav);
        }
        let now = krav.standing();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_str() != now.as_str() {
            self.tally.moved(&shown, &now);
            *shown = now;
        }
    }

    fn waiting(&self, _: Timestamp, _: WaitingFor) {}

    fn hindered(&self, why: &str) {
        self.outside.desk.tell(why);
    }
}
