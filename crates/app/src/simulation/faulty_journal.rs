//! A worker's way to the journal, on which everything can go wrong.

use super::faults::{Fault, Op, Side, Written};
use super::planted::Planted;
use super::world::{Command, World, ready};
use async_trait::async_trait;
use skattebro_ports::Journal;
use skattebro_ports::fakes::MemoryJournal;
use skattebro_ports::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseSummary, Claim, Claimed, Counts, Environment, Filter, Intent,
    JournalError, JournalErrorKind, Learned, NewAsk, NewCase, Opened, Parked, Parking, Recorded, Source,
    Version, WorkerId,
};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct FaultyJournal {
    pub(super) world: World,
    pub(super) worker: usize,
}

fn unreachable() -> JournalError {
    JournalError::new(JournalErrorKind::Unreachable, "the journal cannot be reached")
}

impl FaultyJournal {
    /// Does `work` at the journal, or not, or later.
    async fn faulty<T: Send + 'static>(
        &self,
        op: Op,
        work: impl Fn(&MemoryJournal) -> T + Send + 'static,
    ) -> Result<T, JournalError> {
        let fault = self.world.enter(self.worker, op).await;
        match fault {
            Some(Fault::JournalFails(Written::No)) => return Err(unreachable()),
            Some(Fault::JournalFails(Written::Later(after))) => {
                let at = self.world.now() + Duration::from_secs(after);
                let work = Box::new(move |journal: &MemoryJournal| {
                    work(journal);
                });
                self.world.lock().commands.push(Command::Later(at, work));
                return Err(unreachable());
            }
            Some(Fault::JournalSlow(Side::Before, length)) => {
                self.world.pass(Duration::from_secs(length)).await
            }
            _ => {}
        }
        let answer = work(&self.world.journal());
        self.world.leave(self.worker, fault).await;
        match fault {
            Some(Fault::JournalFails(Written::Yes)) => return Err(unreachable()),
            Some(Fault::JournalSlow(Side::After, length)) => {
                self.world.pass(Duration::from_secs(length)).await
            }
            _ => {}
        }
        Ok(answer)
    }

    fn planted(&self) -> Planted {
        self.world.lock().planted
    }
}

#[async_trait]
impl Journal for FaultyJournal {
    fn survives(&self) -> bool {
        true
    }

    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError> {
        let (by, world, unfenced) = (worker.clone(), self.world.clone(), self.planted() == Planted::NoFence);
        let begun = self.faulty(Op::Begin, move |journal| {
            let mut by = by.clone();
            let mut intents = intents.clone();
            let read: Vec<Version> = intents.iter().map(|intent| intent.version).collect();
            for intent in intents.iter_mut().filter(|_| unfenced) {
                let now = ready(journal.read(&intent.case)).unwrap().unwrap().summary;
                (by, intent.version) = (now.owner.clone().unwrap_or(by), now.version);
            }
            let begun = ready(journal.begin(&by, intents)).unwrap();
            for (begun, read) in begun.iter().zip(read) {
                if let Begun::Permitted(n) = begun
                    && n.0 != read.0 + 1
                {
                    world.violated(format!("an intent was permitted as {n} to who had read {read:?}"));
                }
            }
            begun
        });
        let begun = begun.await;
        self.world.say(|| format!("w{} begin → {begun:?}", self.worker));
        begun
    }

    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError> {
        let drops = self.planted() == Planted::FactsOfLosersDropped;
        let answers: Vec<_> = facts
            .iter()
            .filter_map(|fact| match fact.from {
                Source::Answer(n) => Some((fact.case.clone(), n.0)),
                Source::Look(_) => None,
            })
            .collect();
        self.world.say(|| {
            format!(
                "w{} learns {:?}",
                self.worker,
                facts.iter().map(|f| f.payload.as_str()).collect::<Vec<_>>()
            )
        });
        let learned = self.faulty(Op::Learn, move |journal| {
            let owner = |fact: &Learned| ready(journal.read(&fact.case)).unwrap().unwrap().summary.owner;
            if drops && facts.iter().any(|fact| owner(fact).as_ref() != Some(&fact.worker)) {
                return facts.iter().map(|_| Recorded::Known(Version(0))).collect();
            }
            ready(journal.learn(facts.clone())).unwrap()
        });
        let learned = learned.await?;
        let mut inner = self.world.lock();
        inner.told.extend(answers);
        inner.commands.push(Command::Stirred(self.worker));
        Ok(learned)
    }

    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError> {
        let (worker, case) = (worker.clone(), case.clone());
        self.faulty(Op::Load, move |journal| ready(journal.load(&worker, &case)).unwrap()).await
    }

    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError> {
        self.world.say(|| format!("w{} parks {parkings:?}", self.worker));
        let (worker, world, place) = (worker.clone(), self.world.clone(), self.worker);
        self.faulty(Op::Park, move |journal| {
            let parked = ready(journal.park(&worker, parkings.clone())).unwrap();
            for (parking, parked) in parkings.iter().zip(&parked) {
                if *parked == Parked::Yes {
                    world.lock().parked.insert((place, parking.case.clone()), parking.version);
                }
            }
            parked
        })
        .await
    }

    // What the harness does itself does not come this way.

    async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError> {
        self.world.journal().open(cases).await
    }

    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError> {
        self.world.journal().ask(ask).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.world.journal().claim(claim).await
    }

    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError> {
        self.world.journal().give_back(worker, cases).await
    }

    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError> {
        self.world.journal().beat(worker, alive_for).await
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError> {
        self.world.journal().leave(worker).await
    }

    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError> {
        self.world.journal().release(case, key).await
    }

    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError> {
        self.world.journal().read(case).await
    }

    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError> {
        self.world.journal().holder(key).await
    }

    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        self.world.journal().list(filter).await
    }

    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError> {
        self.world.journal().counts(environment).await
    }

    async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError> {
        self.world.journal().remove(cases).await
    }

    async fn stirred(&self) {
        std::future::pending().await
    }
}
