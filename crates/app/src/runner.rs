//! The worker: takes cases of the journal that are due and carries them out, together with others like it.

use crate::Skattebro;
use crate::filing::{self, CannotResume, FILING};
use crate::journal::{Desk, Patience};
use crate::krav::KRAV;
use skattebro_domain::Timestamp;
use skattebro_ports::journal::{Case, CaseId, Claim, JournalError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often a journal is asked that cannot tell of what another process has opened.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A case with nothing to do for longer is left to the journal until it is due.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How long a case that this worker cannot do is left to others.
const SHUN: Duration = Duration::from_secs(5 * 60);
/// How many cases are claimed at a time: what one worker has claimed, no other can take.
const AT_A_TIME: usize = 32;

/// A worker. Several of them, in one process or on many machines, share the cases of a journal.
#[derive(Debug, Clone)]
pub struct Runner {
    bridge: Skattebro,
    max_open: usize,
    grace: Duration,
    progress: Arc<Progress>,
}

/// How a worker gets on.
#[derive(Debug, Default)]
pub struct Progress(Mutex<RunnerStatus>);

/// How a worker gets on, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunnerStatus {
    /// Cases under way here.
    pub open: u64,
    /// Cases taken up since the start.
    pub taken: u64,
    /// Of those, how many were carried out to their end.
    pub ended: u64,
    /// Cases that this worker cannot do, and why: by their ids.
    pub shunned: u64,
    /// When the journal was last asked for cases with success.
    pub last_claim: Option<Timestamp>,
    /// Why the journal cannot be used, if it cannot.
    pub journal_error: Option<String>,
}

impl Progress {
    /// How it gets on now.
    pub fn status(&self) -> RunnerStatus {
        self.change(|status| status.clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut RunnerStatus) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Skattebro {
    /// A worker for the cases of this bridge's journal and environment.
    pub fn runner(&self) -> Runner {
        let (max_open, grace) = (1_000, Duration::from_secs(30));
        Runner { bridge: self.clone(), max_open, grace, progress: Arc::default() }
    }
}

impl Runner {
    /// How many cases are under way at a time. Default 1 000.
    pub fn max_open(mut self, cases: usize) -> Self {
        self.max_open = cases.max(1);
        self
    }

    /// How long calls under way may take when it is stopped; what is not done then is gone on with by another, after a while. Default 30
    /// seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// How it gets on, also while it runs.
    pub fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Works until it is stopped. Then nothing new is sent, calls under way are finished within the grace time, and everything else is left
    /// to other workers at once.
    ///
    /// A journal that cannot be used for a while is waited for.
    ///
    /// # Errors
    /// If the journal cannot be used at all.
    pub async fn run(self, stop: CancellationToken) -> Result<(), JournalError> {
        self.work(stop, false).await
    }

    /// Works until nothing is due or under way any more, or it is stopped. Cases that wait longer than some minutes are not waited for.
    ///
    /// # Errors
    /// If the journal cannot be used at all.
    pub async fn run_what_is_due(self, stop: CancellationToken) -> Result<(), JournalError> {
        self.work(stop, true).await
    }

    async fn work(self, stop: CancellationToken, until_idle: bool) -> Result<(), JournalError> {
        let desk = self.bridge.desk().clone();
        let mut open: JoinSet<(CaseId, Result<bool, CannotResume>)> = JoinSet::new();
        let mut shunned: HashMap<CaseId, Timestamp> = HashMap::new();
        while !stop.is_cancelled() {
            let now = desk.clock.now();
            shunned.retain(|_, until| *until > now);
            let room = self.max_open.saturating_sub(open.len());
            let next_due = match self.claim(&desk, room, &shunned, &mut open, &stop).await {
                Ok(next_due) => next_due,
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, "the journal cannot be used; trying again");
                    self.progress.change(|status| status.journal_error = Some(error.to_string()));
                    None
                }
                Err(error) => return Err(error),
            };
            let soon = now.checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
            let nothing_soon = next_due.is_none_or(|due| due > now.checked_add(PATIENCE).unwrap_or(due));
            if until_idle && open.is_empty() && nothing_soon {
                break;
            }
            let wake = next_due.map_or(soon, |due| due.max(now).min(soon));
            tokio::select! {
                Some(ended) = open.join_next(), if !open.is_empty() => {
                    if let Ok((case, outcome)) = ended {
                        self.ended(&desk, case, outcome, &mut shunned).await;
                    }
                }
                // With no room, only an end makes a difference.
                () = desk.journal.stirred(), if room > 0 => {}
                () = desk.clock.sleep_until(wake), if room > 0 => {}
                () = stop.cancelled() => {}
            }
            self.progress.change(|status| (status.open, status.shunned) = (open.len() as u64, shunned.len() as u64));
        }
        self.finish(&desk, open).await;
        Ok(())
    }

    async fn claim(
        &self,
        desk: &Arc<Desk>,
        room: usize,
        shunned: &HashMap<CaseId, Timestamp>,
        open: &mut JoinSet<(CaseId, Result<bool, CannotResume>)>,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, JournalError> {
        desk.is_alive().await?;
        if room == 0 {
            return Ok(None);
        }
        let claim = Claim {
            worker: desk.worker.clone(),
            max: room.min(AT_A_TIME),
            environment: self.bridge.environment().clone(),
            only: None,
            except: shunned.keys().cloned().collect(),
            now: desk.clock.now(),
        };
        let claimed = desk.journal.claim(claim).await?;
        self.progress.change(|status| {
            (status.last_claim, status.journal_error) = (Some(desk.clock.now()), None);
            status.taken += claimed.cases.len() as u64;
        });
        let more = claimed.cases.len() == AT_A_TIME;
        for case in claimed.cases {
            let (bridge, stop) = (self.bridge.clone(), stop.clone());
            open.spawn(async move { (case.summary.id.clone(), resume(&bridge, &case, &stop).await) });
        }
        Ok(if more { Some(desk.clock.now()) } else { claimed.next_due })
    }

    async fn ended(
        &self,
        desk: &Desk,
        case: CaseId,
        outcome: Result<bool, CannotResume>,
        shunned: &mut HashMap<CaseId, Timestamp>,
    ) {
        let why = match outcome {
            Ok(has_ended) => return self.progress.change(|status| status.ended += u64::from(has_ended)),
            Err(CannotResume::NotHere(why)) => why,
            Err(CannotResume::Unreadable(why)) => format!("this version cannot read it: {why}"),
        };
        tracing::warn!(%case, why, "this worker cannot carry a case out, and leaves it to others");
        if let Err(error) = desk.journal.give_back(&desk.worker, vec![case.clone()]).await {
            tracing::warn!(%error, %case, "the case could not be given back");
        }
        shunned.insert(case, desk.clock.now().checked_add(SHUN).unwrap_or(Timestamp::MAX));
    }

    /// Waits for the calls under way, but not for ever.
    async fn finish(&self, desk: &Desk, mut open: JoinSet<(CaseId, Result<bool, CannotResume>)>) {
        let rest = async { while open.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, rest).await.is_err() {
            tracing::warn!("some calls did not end in time; what they did is found out by whoever goes on");
        }
        open.abort_all();
        if let Err(error) = desk.journal.leave(&desk.worker).await {
            tracing::warn!(%error, "other workers go on only when this one counts as dead");
        }
    }
}

async fn resume(bridge: &Skattebro, case: &Case, stop: &CancellationToken) -> Result<bool, CannotResume> {
    let desk = bridge.desk();
    // Somebody in this process has it already.
    let Some(taken) = desk.take_up(&case.summary.id) else { return Ok(false) };
    let patience = Patience::Until(PATIENCE);
    match case.summary.kind.as_str() {
        FILING => filing::resume(bridge.ports(), case, &taken, patience, stop).await,
        KRAV => match bridge.krav() {
            Ok(service) => service.resume(case, &taken, patience, stop).await,
            Err(error) => Err(CannotResume::NotHere(error.to_string())),
        },
        other => Err(CannotResume::Unreadable(format!("cases of kind {other} are not known"))),
    }
}
