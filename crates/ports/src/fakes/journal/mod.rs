mod bell;
mod cases;
mod moves;
mod owners;

use crate::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseSummary, Claim, Claimed, Counts, Environment, Filter, Intent,
    JournalError, Learned, NewAsk, NewCase, Opened, Parked, Parking, Recorded, Version, WorkerId,
};
use crate::{Clock, Journal};
use async_trait::async_trait;
use bell::Bell;
use cases::Cases;
use skattebro_domain::Timestamp;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where a case stands in the order of opening; the first has 1.
type Seq = u64;

/// A journal that keeps everything in memory, for tests, and for embedders who want none.
///
/// Clones are further handles on the same memory, as other processes have them on the same database; each is told by
/// [`stirred`](Journal::stirred) for itself. Nothing fails, and what is fast for a database is fast here: no method but
/// [`list`](Journal::list) and [`counts`](Journal::counts) looks at all cases.
pub struct MemoryJournal {
    memory: Arc<Memory>,
    heard: AtomicU64,
}

struct Memory {
    clock: Arc<dyn Clock>,
    keeping: Keeping,
    cases: Mutex<Cases>,
    bell: Bell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    UntilRemoved,
    /// As far as anybody is told.
    BeyondTheProcess,
    UntilSettled,
}

impl MemoryJournal {
    /// A journal that keeps every case, and says that it does not survive.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::keeping(Keeping::UntilRemoved, clock)
    }

    /// A journal that plays one on a disk: it says that it survives. A process that is started again is given a clone.
    pub fn surviving(clock: Arc<dyn Clock>) -> Self {
        Self::keeping(Keeping::BeyondTheProcess, clock)
    }

    /// A journal that drops a case with its keys as soon as it is parked as settled, so that it does not grow with the number of cases
    /// that were done. Whoever wants to read a case at its end must have loaded it before.
    pub fn forgetful(clock: Arc<dyn Clock>) -> Self {
        Self::keeping(Keeping::UntilSettled, clock)
    }

    /// A copy of its own, as a backup is: neither sees what is written to the other from now on.
    pub fn snapshot(&self) -> Self {
        let Memory { clock, keeping, .. } = &*self.memory;
        Self::with(*keeping, clock.clone(), self.cases().clone())
    }

    fn keeping(keeping: Keeping, clock: Arc<dyn Clock>) -> Self {
        Self::with(keeping, clock, Cases::default())
    }

    fn with(keeping: Keeping, clock: Arc<dyn Clock>, cases: Cases) -> Self {
        let memory = Memory { clock, keeping, cases: Mutex::new(cases), bell: Bell::default() };
        Self { memory: Arc::new(memory), heard: AtomicU64::new(0) }
    }

    fn cases(&self) -> MutexGuard<'_, Cases> {
        self.memory.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.memory.clock.now()
    }
}

/// Another handle; what was asked before it was made does not stir it.
impl Clone for MemoryJournal {
    fn clone(&self) -> Self {
        Self { memory: self.memory.clone(), heard: AtomicU64::new(self.memory.bell.rung()) }
    }
}

/// Shows no case.
impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal")
            .field("keeping", &self.memory.keeping)
            .field("cases", &self.cases().len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    fn survives(&self) -> bool {
        self.memory.keeping == Keeping::BeyondTheProcess
    }

    async fn open(&self, new: Vec<NewCase>) -> Result<Vec<Opened>, JournalError> {
        let now = self.now();
        let is_for_anybody = new.iter().any(|case| case.owner.is_none());
        let mut cases = self.cases();
        let opened = new.into_iter().map(|new| cases.open(new, now)).collect();
        drop(cases);
        if is_for_anybody {
            self.memory.bell.ring();
        }
        Ok(opened)
    }

    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError> {
        let recorded = self.cases().ask(ask);
        if matches!(recorded, Recorded::New(_)) {
            self.memory.bell.ring();
        }
        Ok(recorded)
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        let now = self.now();
        Ok(self.cases().claim(&claim, now))
    }

    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError> {
        let mut cases = self.cases();
        let Some((seq, kept)) = cases.find(case) else { return Ok(None) };
        let case = kept.case.clone();
        if case.summary.owner.as_ref() == Some(worker) {
            cases.read_by_owner(seq);
        }
        Ok(Some(case))
    }

    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError> {
        let now = self.now();
        Ok(self.cases().begin(worker, intents, now))
    }

    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError> {
        let mut cases = self.cases();
        let (recorded, became_due): (Vec<_>, Vec<_>) =
            facts.into_iter().map(|fact| cases.learn(fact)).unzip();
        drop(cases);
        if became_due.contains(&true) {
            self.memory.bell.ring();
        }
        Ok(recorded)
    }

    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError> {
        let now = self.now();
        let forgets = self.memory.keeping == Keeping::UntilSettled;
        let mut cases = self.cases();
        Ok(parkings.into_iter().map(|parking| cases.park(worker, parking, now, forgets)).collect())
    }

    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError> {
        let mut kept = self.cases();
        cases.iter().for_each(|case| kept.give_back(worker, case));
        Ok(())
    }

    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError> {
        let now = self.now();
        let until = now.checked_add(alive_for).unwrap_or(Timestamp::MAX);
        Ok(self.cases().beat(worker, now, until))
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError> {
        self.cases().leave(worker);
        Ok(())
    }

    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError> {
        let mut cases = self.cases();
        if let Some(seq) = cases.seq(case) {
            cases.release(seq, key);
        }
        Ok(())
    }

    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError> {
        Ok(self.cases().find(case).map(|(_, kept)| kept.case.clone()))
    }

    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError> {
        let now = self.now();
        let cases = self.cases();
        let holder = cases.holder(key, now).and_then(|seq| cases.get(seq));
        Ok(holder.map(|kept| kept.summary().id.clone()))
    }

    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        let cases = self.cases();
        let after = match &filter.after {
            None => 0,
            Some(after) => match cases.seq(after) {
                Some(seq) => seq,
                None => return Ok(Vec::new()),
            },
        };
        let found = cases.summaries(after).filter(|case| {
            filter.environment.as_ref().is_none_or(|environment| *environment == case.environment)
                && filter.kind.as_ref().is_none_or(|kind| *kind == case.kind)
                && filter.state.is_none_or(|state| state == case.state.as_str())
                && filter.status.as_ref().is_none_or(|status| *status == case.status)
                && filter.changed_before.is_none_or(|before| case.changed < before)
        });
        Ok(found.take(filter.max).cloned().collect())
    }

    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError> {
        let now = self.now();
        let cases = self.cases();
        let mut counts = BTreeMap::new();
        for case in cases.summaries(0) {
            if environment.is_none_or(|environment| *environment == case.environment) {
                *counts.entry((case.kind.clone(), case.state.as_str(), case.status.clone())).or_insert(0) +=
                    1;
            }
        }
        let counts = counts.into_iter().map(|((kind, state, status), count)| (kind, state, status, count));
        let next_due = cases.owners.next_due(environment, now, &HashSet::new());
        Ok(Counts {
            cases: counts.collect(),
            workers: cases.owners.living(now) as u64,
            oldest_due: next_due.filter(|due| *due <= now),
        })
    }

    async fn remove(&self, settled: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError> {
        let now = self.now();
        let mut cases = self.cases();
        let removed = settled.into_iter().filter(|(id, version)| cases.remove_settled(id, *version, now));
        Ok(removed.map(|(id, _)| id).collect())
    }

    async fn stirred(&self) {
        self.memory.bell.next(&self.heard).await;
    }
}
