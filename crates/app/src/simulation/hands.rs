//! The hands of a worker: what the adapters do in earnest, done to the model.

use super::faults::{Fault, Op, Side};
use super::planted::Planted;
use super::sent::{Reply, Return, Sent, Speaks, What, lost_why};
use super::world::World;
use crate::innsending::Looking;
use crate::journal::{Hands, Turn};
use crate::krav::Window;
use async_trait::async_trait;
use skattebro_domain::flow::{Effect, ErrorKind, Failure, Flow, Retry, WaitingFor};
use skattebro_domain::{Timestamp, filing, innsending, krav::machine};
use skattebro_ports::{Call, Clock};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The same as of the hands in earnest.
pub(super) const PERMIT: Duration = Duration::from_secs(120);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct SimHands {
    pub(super) world: World,
    pub(super) worker: usize,
    pub(super) case: usize,
    /// Of a filing or a submission.
    pub(super) of: Return,
    pub(super) speaks: Speaks,
    /// How long a call takes.
    pub(super) latency: Duration,
    /// What bounds the krav of this process that are in doubt. None of other cases.
    pub(super) window: Option<Arc<Window>>,
    /// The calls that this process may make at a time.
    pub(super) slots: Arc<Semaphore>,
}

fn failure(kind: ErrorKind, effect: Effect, retry: Retry) -> Failure {
    lost_why(kind, effect, retry)
}

fn timeout() -> Failure {
    failure(ErrorKind::Timeout, Effect::Unknown, Retry::Later(None))
}

/// How a request or a look fails without having been taken.
fn fails(fault: Fault) -> Option<Failure> {
    let refused = |slug: &str| Effect::Refused(slug.parse().unwrap());
    Some(match fault {
        Fault::Refused => failure(ErrorKind::Refused, refused("noe-nytt"), Retry::AfterChange),
        Fault::TurnedAway => failure(ErrorKind::Unauthorized, refused("DAS-008"), Retry::AfterChange),
        Fault::TooMany(after) => {
            let retry = Retry::Later(Some(Duration::from_secs(after)));
            failure(ErrorKind::RateLimited, refused("DAS-429"), retry)
        }
        Fault::NotConnected => failure(ErrorKind::Unreachable, Effect::NotSent, Retry::Later(None)),
        Fault::RequestLost | Fault::AnswerLost | Fault::Late(_) => timeout(),
        Fault::Fails(_) => failure(ErrorKind::ServiceFailure, Effect::Unknown, Retry::Later(None)),
        Fault::Strange(_) => failure(ErrorKind::Unreadable, Effect::Unknown, Retry::AFewTimes),
        _ => return None,
    })
}

impl SimHands {
    async fn send(&self, call: Call, what: What) -> Result<Reply, Failure> {
        let world = &self.world;
        let _slot = self.slots.acquire().await.unwrap();
        let fault = world.enter(self.worker, Op::Act).await;
        if let Some(Fault::Queued(length)) = fault {
            world.pass(Duration::from_secs(length)).await;
        }
        if fault == Some(Fault::NotConnected) {
            return Err(fails(Fault::NotConnected).unwrap());
        }
        let planted = world.lock().planted;
        if planted != Planted::PermitsNeverEnd {
            call.permitted("the request").map_err(|error| error.failure())?;
        }
        let (speaks, korrelasjonsid) = (self.speaks, call.korrelasjonsid.clone());
        let sent = Sent { case: self.case, korrelasjonsid, what, speaks, again: false };
        world.check_on_disk(&sent);
        world.check_turn(&sent);
        let now = world.now();
        let late = |after: u64| now + Duration::from_secs(after);
        let reply = match fault {
            Some(Fault::RequestLost | Fault::Fails(false) | Fault::Strange(false)) => None,
            Some(Fault::Refused | Fault::TurnedAway | Fault::TooMany(_)) => None,
            Some(Fault::Late(after)) => {
                world.act_late(sent, late(after));
                None
            }
            Some(Fault::CrashLate(after)) => {
                world.act_late(sent, late(after));
                world.die(self.worker).await
            }
            Some(Fault::Twice(side)) => {
                let first = world.act(sent.clone());
                let second = world.act(Sent { again: true, ..sent });
                Some(if side == Side::Before { first } else { second })
            }
            _ => Some(world.act(sent)),
        };
        let takes = match fault {
            Some(Fault::RequestLost | Fault::AnswerLost | Fault::Late(_)) => PATIENCE,
            _ => self.latency,
        };
        if !takes.is_zero() {
            world.pass(takes).await;
        }
        world.leave(self.worker, fault).await;
        match (fault.and_then(fails), reply) {
            (None, Some(reply)) => Ok(reply),
            (failure, _) => Err(failure.unwrap_or_else(timeout)),
        }
    }

    async fn look<T>(&self, look: impl Fn() -> T + Send) -> Result<T, Failure> {
        let fault = self.world.enter(self.worker, Op::Read).await;
        let seen = look();
        let takes = if fault == Some(Fault::RequestLost) { PATIENCE } else { self.latency };
        if !takes.is_zero() {
            self.world.pass(takes).await;
        }
        self.world.leave(self.worker, fault).await;
        fault.and_then(fails).map_or(Ok(seen), Err)
    }
}

/// What the workflows have apart.
#[async_trait]
pub(super) trait Does<F: Flow>: Sync {
    async fn act(&self, call: Call, act: F::Act) -> F::Fact;
    async fn read(&self, read: F::Read) -> F::Fact;
    fn failed(failure: Failure) -> F::Fact;
}

#[async_trait]
impl<F: Flow<Act = machine::Act, Read = machine::Read, Fact = machine::Fact>> Does<F> for KravHands {
    async fn act(&self, call: Call, act: machine::Act) -> machine::Fact {
        match self.0.send(call, What::Krav(act)).await {
            Ok(Reply::Krav(fact)) => self.0.world.bend_answer(fact),
            Ok(_) => unreachable!("an answer of another API"),
            Err(failure) => machine::Fact::Failed(failure),
        }
    }

    async fn read(&self, read: machine::Read) -> machine::Fact {
        let seen = self.0.look(|| self.0.world.look_at_krav(&read)).await;
        seen.unwrap_or_else(|failure| machine::Fact::LookFailed(read, failure))
    }

    fn failed(failure: Failure) -> machine::Fact {
        machine::Fact::Failed(failure)
    }
}

#[async_trait]
impl<F: Flow<Act = filing::Act, Read = filing::Read, Fact = filing::Fact>> Does<F> for FilingHands {
    async fn act(&self, call: Call, act: filing::Act) -> filing::Fact {
        match self.0.send(call, What::Filing(self.0.of.party, act)).await {
            Ok(Reply::Filing(fact)) => fact,
            Ok(_) => unreachable!("an answer of another API"),
            Err(failure) => filing::Fact::Failed(failure),
        }
    }

    async fn read(&self, read: filing::Read) -> filing::Fact {
        let seen = self.0.look(|| self.0.world.look_at_filing(&read)).await;
        seen.unwrap_or_else(filing::Fact::LookFailed)
    }

    fn failed(failure: Failure) -> filing::Fact {
        filing::Fact::Failed(failure)
    }
}

#[async_trait]
impl<F: Flow<Act = innsending::Act, Read = innsending::Read, Fact = innsending::Fact>> Does<F>
    for InnsendingHands
{
    async fn act(&self, call: Call, act: innsending::Act) -> innsending::Fact {
        use innsending::{Act, Fact};
        match self.0.send(call, What::Innsending(self.0.of, act.clone())).await {
            Ok(Reply::Innsending(fact)) => fact,
            Ok(_) => unreachable!("an answer of another API"),
            Err(failure) => match act {
                Act::Validering(..) => Fact::Validering(filing::Fact::Failed(failure)),
                Act::Neste(..) => Fact::Failed(self.0.world.bend_lost_step(failure)),
                _ => Fact::Failed(failure),
            },
        }
    }

    async fn read(&self, read: innsending::Read) -> innsending::Fact {
        use innsending::{Fact, Read};
        let SimHands { world, worker, case, of, .. } = &self.0;
        let clocks = || {
            let clock = &world.lock().clocks[*worker];
            (clock.now(), clock.steady())
        };
        let looking = Looking::begin(&read, clocks());
        let seen = self.0.look(|| (world.now(), world.look_at_innsending(*case, *of, &read))).await;
        let fact = match (seen, &read) {
            (Ok((at, fact)), _) => {
                if let Fact::Gjeldende(seen) = &fact {
                    world.saw_gjeldende(*case, at, seen);
                }
                fact
            }
            (Err(failure), Read::Validering(_)) => Fact::Validering(filing::Fact::LookFailed(failure)),
            (Err(failure), _) => Fact::LookFailed(looking.lest, failure),
        };
        looking.shows(fact, clocks())
    }

    fn failed(failure: Failure) -> innsending::Fact {
        innsending::Fact::Failed(failure)
    }
}

pub(super) struct KravHands(pub(super) SimHands);
pub(super) struct FilingHands(pub(super) SimHands);
pub(super) struct InnsendingHands(pub(super) SimHands);

macro_rules! hands {
    ($hands:ident, $of:ident) => {
        #[async_trait]
        impl<F> Hands<F> for $hands
        where
            F: Flow<Act = $of::Act, Read = $of::Read, Fact = $of::Fact, Ask = $of::Ask>,
        {
            async fn turn(&self) -> Turn {
                match &self.0.window {
                    Some(window) => Turn(Box::new(window.turn().await)),
                    None => Turn(Box::new(())),
                }
            }

            fn permit(&self, _: &F::Act) -> Duration {
                PERMIT
            }

            async fn act(&self, call: Call, act: F::Act) -> F::Fact {
                <Self as Does<F>>::act(self, call, act).await
            }

            async fn read(&self, _: Call, read: F::Read) -> F::Fact {
                <Self as Does<F>>::read(self, read).await
            }

            fn not_sent(&self, why: String) -> F::Fact {
                let failure = failure(ErrorKind::Local, Effect::NotSent, Retry::Later(None));
                <Self as Does<F>>::failed(Failure { message: why, ..failure })
            }

            fn on_stop(&self) -> Option<F::Ask> {
                None
            }

            fn learned(&self, _: &F) {}

            fn waiting(&self, _: Timestamp, waiting_for: WaitingFor) {
                self.0
                    .world
                    .say(|| format!("w{} case {} waits for {waiting_for:?}", self.0.worker, self.0.case));
            }

            fn hindered(&self, why: &str) {
                self.0.world.say(|| format!("w{} case {} is hindered: {why}", self.0.worker, self.0.case));
            }
        }
    };
}

hands!(KravHands, machine);
hands!(FilingHands, filing);
hands!(InnsendingHands, innsending);
