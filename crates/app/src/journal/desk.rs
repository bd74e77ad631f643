//! Who writes into the journal: one worker of this process, alive by its heartbeat.

use super::process::{has_ended, this_process};
use skattebro_domain::{Korrelasjonsid, Timestamp};
use skattebro_ports::journal::{Case, CaseId, Claim, Environment, JournalError, WorkerId};
use skattebro_ports::{Clock, Journal};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a worker counts as alive after a beat of its heart. Whoever takes its cases after that waits for what it may still send; this
/// only decides how soon.
const ALIVE_FOR: Duration = Duration::from_secs(15);
const BEAT: Duration = Duration::from_secs(3);
/// The pause before a journal that cannot be used is tried again.
pub(super) const HINDERED: Duration = Duration::from_secs(1);
/// Of a journal that does not outlive its process: nobody else is there to take a case.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Is told what is in the way.
pub(crate) type Told = Arc<dyn Fn(&str) + Send + Sync>;

/// A worker with its journal and clock.
pub(crate) struct Desk {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) worker: WorkerId,
    /// Is told what is in the way of everything, such as a journal that cannot be used.
    pub(crate) told: Option<Told>,
    taken: Mutex<HashMap<CaseId, Arc<Notify>>>,
    /// Told whenever a task lets go of a case.
    freed: Notify,
    last_beat: Mutex<Option<Timestamp>>,
    /// What the id of the next case begins with.
    next_case: AtomicU32,
    /// Whether a task beats it.
    has_heart: AtomicBool,
}

impl Desk {
    pub(crate) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Self {
        Self::named(this_process(), journal, clock)
    }

    /// Something is in the way, and it is tried again.
    pub(crate) fn tell(&self, why: &str) {
        tracing::warn!(why, "trying again");
        if let Some(told) = &self.told {
            told(why);
        }
    }

    /// A worker of that name, whose heart somebody else beats.
    pub(crate) fn named(worker: WorkerId, journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Self {
        Self {
            journal,
            clock,
            worker,
            told: None,
            taken: Mutex::default(),
            freed: Notify::new(),
            last_beat: Mutex::default(),
            next_case: AtomicU32::new(Uuid::new_v4().as_fields().0),
            has_heart: AtomicBool::new(false),
        }
    }

    /// Both clocks.
    pub(crate) fn clocks(&self) -> (Timestamp, Duration) {
        (self.clock.now(), self.clock.steady())
    }

    /// A fresh id for one call.
    pub(crate) fn korrelasjonsid(&self) -> Korrelasjonsid {
        Korrelasjonsid::from_uuid(Uuid::new_v4().as_u128())
    }

    /// A fresh id for a case: a UUID that begins with a count from a random number on. What is opened one after the other lies side by side
    /// in the indexes of a journal, so that a group of them touches few pages; and its first digits are enough to name a case.
    pub(crate) fn case_id(&self) -> CaseId {
        let count = self.next_case.fetch_add(1, Ordering::Relaxed);
        let random = Uuid::new_v4();
        let (_, middle, high, rest) = random.as_fields();
        // Version 8: one's own way of making them.
        CaseId::from_uuid(Uuid::from_fields(count, middle, high & 0x0fff | 0x8000, rest).as_u128())
    }

    pub(crate) async fn pause(&self, length: Duration) {
        self.clock.sleep_until(self.clock.now().checked_add(length).unwrap_or(Timestamp::MAX)).await;
    }

    /// Sees to it that this worker counts as alive: its heart begins to beat now, if it does not yet.
    pub(crate) async fn is_alive(self: &Arc<Self>) -> Result<(), JournalError> {
        let now = self.clock.now();
        let last = *self.last_beat.lock().unwrap_or_else(PoisonError::into_inner);
        // On a clock that is moved by hand, the heart must be asked now and then.
        let beats = last.is_some_and(|last| now.duration_since(last).unsigned_abs() < BEAT);
        if beats || (last.is_some() && !self.journal.survives()) {
            return Ok(());
        }
        self.beat().await?;
        if self.journal.survives() && !self.has_heart.swap(true, Ordering::Relaxed) {
            tokio::spawn(go_on_beating(Arc::downgrade(self)));
        }
        Ok(())
    }

    /// Takes a case up within this process, and hears when somebody else writes to it. `None` if it is taken up already: a worker owns a
    /// case once, so only one of its tasks may drive it.
    pub(crate) fn take_up(self: &Arc<Self>, case: &CaseId) -> Option<Taken> {
        match self.taken().entry(case.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(free) => {
                let stirred = free.insert(Arc::default()).clone();
                Some(Taken { desk: self.clone(), case: case.clone(), stirred })
            }
        }
    }

    /// Takes a case up that this worker was just given, and reads it if that had to wait. `None`: it is another's by now, or gone.
    ///
    /// A task of this process that has lost the case may not know it yet. It reads the case again, and goes on with it or ends; if nobody
    /// went on after it, the case would be left alone for as long as this process lives.
    pub(crate) async fn take_over(
        self: &Arc<Self>,
        case: &Case,
    ) -> Result<Option<(Taken, Case)>, JournalError> {
        if let Some(taken) = self.take_up(&case.summary.id) {
            return Ok(Some((taken, case.clone())));
        }
        let taken = self.take_up_after_others(&case.summary.id).await;
        let now = loop {
            match self.journal.load(&self.worker, &case.summary.id).await {
                Err(error) if error.may_pass() => self.tell(&error.to_string()),
                loaded => break loaded?,
            }
            self.pause(HINDERED).await;
        };
        Ok(now.filter(|case| case.summary.owner.as_ref() == Some(&self.worker)).map(|case| (taken, case)))
    }

    /// Takes a case up, whoever had it, as soon as nobody alive does; `busy` is told each time that somebody has it.
    pub(crate) async fn give(
        self: &Arc<Self>,
        environment: &Environment,
        id: &CaseId,
        stop: &CancellationToken,
        busy: impl Fn(),
    ) -> Result<Given, JournalError> {
        loop {
            self.is_alive().await?;
            let claim = Claim {
                worker: self.worker.clone(),
                max: 1,
                environment: environment.clone(),
                only: Some(vec![id.clone()]),
                except: Vec::new(),
                now: self.clock.now(),
            };
            // First here, then in the journal: a task of this process that has it goes on with it.
            if let Some(taken) = self.take_up(id)
                && let Some(case) = self.journal.claim(claim).await?.cases.pop()
            {
                return Ok(Given::Taken(taken, Box::new(case)));
            }
            let Some(case) = self.journal.read(id).await? else { return Ok(Given::Gone) };
            if stop.is_cancelled() {
                return Ok(Given::Stopped);
            }
            match &case.summary.owner {
                Some(owner) if has_ended(owner) => self.journal.leave(owner).await?,
                _ => {
                    busy();
                    stop.run_until_cancelled(self.pause(HINDERED)).await;
                }
            }
        }
    }

    /// Lets all cases of this worker go; its tasks hear of it, and it lives on. What it may own without knowing is anybody's then.
    pub(crate) async fn let_all_go(&self) -> Result<(), JournalError> {
        self.journal.leave(&self.worker).await?;
        self.beat().await
    }

    async fn take_up_after_others(self: &Arc<Self>, case: &CaseId) -> Taken {
        loop {
            let freed = self.freed.notified();
            if let Some(taken) = self.take_up(case) {
                return taken;
            }
            if let Some(stirred) = self.taken().get(case) {
                stirred.notify_one();
            }
            freed.await;
        }
    }

    async fn beat(&self) -> Result<(), JournalError> {
        let alive_for = if self.journal.survives() { ALIVE_FOR } else { FOR_EVER };
        let heard = self.journal.beat(&self.worker, alive_for).await?;
        *self.last_beat.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.now());
        let taken = self.taken();
        let still = heard.still.map(|still| still.into_iter().collect::<HashSet<_>>());
        let heard_of = heard.stirred.into_iter().collect::<HashSet<_>>();
        for (case, stirred) in taken.iter() {
            let is_lost = still.as_ref().is_some_and(|still| !still.contains(case));
            if is_lost || heard_of.contains(case) {
                stirred.notify_one();
            }
        }
        Ok(())
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<CaseId, Arc<Notify>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("worker", &self.worker)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}

/// What came of wanting a case.
pub(crate) enum Given {
    /// It is this worker's, as it is now.
    Taken(Taken, Box<Case>),
    /// There is no such case any more.
    Gone,
    /// Somebody stopped the waiting for it.
    Stopped,
}

async fn go_on_beating(desk: Weak<Desk>) {
    loop {
        // Real time, not the clock of the workflows: who is alive is decided by the journal's.
        tokio::time::sleep(BEAT).await;
        let Some(desk) = desk.upgrade() else { return };
        if let Err(error) = desk.beat().await {
            desk.tell(&error.to_string());
        }
    }
}

/// A case that a task of this process has taken up, until this is dropped.
pub(crate) struct Taken {
    desk: Arc<Desk>,
    case: CaseId,
    stirred: Arc<Notify>,
}

impl Taken {
    /// Notified when somebody else wrote to the case.
    pub(crate) fn stirred(&self) -> &Notify {
        &self.stirred
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.desk.taken().remove(&self.case);
        self.desk.freed.notify_waiters();
    }
}
