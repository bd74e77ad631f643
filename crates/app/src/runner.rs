//! The worker: takes cases of the journal that are due and carries them out, together with others like it.

mod idle;
mod only;

pub(crate) use idle::{Idle, IdleMark};

use crate::Skattebro;
use crate::filing::{self, CannotResume, FILING};
use crate::innsending::{self, INNSENDING};
use crate::journal::{Desk, Patience};
use crate::krav::KRAV;
use skattebro_domain::Timestamp;
use skattebro_ports::journal::{Case, CaseId, Claim, JournalError, JournalErrorKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How often a journal is asked that cannot tell of what another process has opened.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A case with nothing to do for longer is left to the journal until it is due.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// How long a case that this worker cannot do is left to others.
const SHUN: Duration = Duration::from_secs(5 * 60);
/// How many cases may be under way that do more than wait: what one worker has under way, no other can help with.
const MAX_BUSY: usize = 1_000;
/// How many cases are claimed at a time: what one worker has claimed, no other can take.
const AT_A_TIME: usize = 32;

/// A worker. Several of them, in one process or on many machines, share the cases of a journal.
#[derive(Debug, Clone)]
pub struct Runner {
    bridge: Skattebro,
    max_open: usize,
    grace: Duration,
    progress: Arc<Progress>,
    told: Option<UnboundedSender<Came>>,
    idle: Idle,
}

/// What a worker came to with a case that it had taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The case.
    pub case: CaseId,
    /// To what.
    pub to: CameTo,
}

/// What a worker came to with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameTo {
    /// Nothing is left to do for it, or nothing before a person decides.
    Rest,
    /// It was stopped on the way, or has nothing to do for a good while, and goes on when it is due.
    Left,
    /// Somebody else has it under way, or there is no such case in this environment any more.
    Elsewhere,
    /// It cannot be done here, and why: another worker may be able to.
    CannotHere(String),
}

/// Cases under way, and what came of each.
type Open = JoinSet<(CaseId, Result<bool, CannotResume>)>;

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
    /// When it last looked around; every few seconds while it works.
    pub last_turn: Option<Timestamp>,
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
        let (max_open, grace) = (20_000, Duration::from_secs(30));
        let (progress, told, idle) = (Arc::default(), None, Idle::default());
        Runner { bridge: self.clone(), max_open, grace, progress, told, idle }
    }
}

impl Runner {
    /// How many cases are under way at a time, most of which may only be waiting: for a job, or for a person. Default 20 000. No more
    /// than 1 000 of them do anything else.
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

    /// Who is told what became of each case that this worker took up.
    pub fn telling(mut self, told: UnboundedSender<Came>) -> Self {
        self.told = Some(told);
        self
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
        let mut open = Open::new();
        let mut shunned: HashMap<CaseId, Timestamp> = HashMap::new();
        let mut may_own_more = false;
        while !stop.is_cancelled() {
            // The cases under way get their turn also on a clock on which no sleep takes any time.
            tokio::task::yield_now().await;
            let now = desk.clock.now();
            self.progress.change(|status| status.last_turn = Some(now));
            shunned.retain(|_, until| *until > now);
            let room = self.room(&open);
            let asked = match self.claim(&desk, room, &shunned, &mut open, &mut may_own_more, &stop).await {
                Ok(next_due) => Some(next_due),
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, "the journal cannot be used; trying again");
                    self.progress.change(|status| status.journal_error = Some(error.to_string()));
                    None
                }
                Err(error) => return Err(error),
            };
            let next_due = asked.flatten();
            let soon = now.checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
            let nothing_soon = next_due.is_none_or(|due| due > now.checked_add(PATIENCE).unwrap_or(due));
            if until_idle && asked.is_some() && open.is_empty() && nothing_soon {
                break;
            }
            // With no room, only an end makes a difference.
            let wake = next_due.filter(|_| room > 0).map_or(soon, |due| due.max(now).min(soon));
            tokio::select! {
                Some(ended) = open.join_next(), if !open.is_empty() => {
                    if let Some(case) = self.ended(&desk, ended).await {
                        shunned.insert(case, desk.clock.now().checked_add(SHUN).unwrap_or(Timestamp::MAX));
                    }
                }
                () = desk.journal.stirred(), if room > 0 => {}
                () = desk.clock.sleep_until(wake) => {}
                () = stop.cancelled() => {}
            }
            self.progress
                .change(|status| (status.open, status.shunned) = (open.len() as u64, shunned.len() as u64));
        }
        self.finish(&desk, open).await;
        Ok(())
    }

    /// How many more cases may be taken up.
    fn room(&self, open: &Open) -> usize {
        let busy = open.len().saturating_sub(self.idle.count());
        self.max_open.saturating_sub(open.len()).min(MAX_BUSY.saturating_sub(busy))
    }

    async fn claim(
        &self,
        desk: &Arc<Desk>,
        room: usize,
        shunned: &HashMap<CaseId, Timestamp>,
        open: &mut Open,
        may_own_more: &mut bool,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, JournalError> {
        if *may_own_more {
            desk.let_all_go().await?;
            *may_own_more = false;
        }
        desk.is_alive().await?;
        let claim = Claim {
            worker: desk.worker.clone(),
            max: room.min(AT_A_TIME),
            environment: self.bridge.environment().clone(),
            only: None,
            except: shunned.keys().cloned().collect(),
            now: desk.clock.now(),
        };
        let claimed = desk.journal.claim(claim).await.inspect_err(|error| {
            // Without an answer, it may own cases that it does not know of, and nobody would ever do them.
            *may_own_more = error.kind() != JournalErrorKind::Busy;
        })?;
        self.progress.change(|status| {
            (status.last_claim, status.journal_error) = (Some(desk.clock.now()), None);
            status.taken += claimed.cases.len() as u64;
        });
        let more = claimed.cases.len() == AT_A_TIME;
        for case in claimed.cases {
            self.take_up(case, Patience::Until(PATIENCE), open, stop);
        }
        Ok(if more { Some(desk.clock.now()) } else { claimed.next_due })
    }

    fn take_up(&self, case: Case, patience: Patience, open: &mut Open, stop: &CancellationToken) {
        let (bridge, stop, idle) = (self.bridge.clone(), stop.clone(), self.idle.clone());
        let id = case.summary.id.clone();
        open.spawn(async move { (id, resume(&bridge, case, patience, &stop, &idle).await) });
    }

    /// Tells what came of a case. Answers it if it cannot be done here, and was left to others.
    async fn ended(
        &self,
        desk: &Desk,
        ended: Result<(CaseId, Result<bool, CannotResume>), JoinError>,
    ) -> Option<CaseId> {
        let (case, outcome) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "the program broke off within a case; whoever owns it next goes on with it");
                return None;
            }
        };
        let why = match outcome {
            Ok(has_ended) => {
                self.progress.change(|status| status.ended += u64::from(has_ended));
                self.tell(case, if has_ended { CameTo::Rest } else { CameTo::Left });
                return None;
            }
            Err(CannotResume::NotHere(why)) => why,
            Err(CannotResume::Unreadable(why)) => format!("this version cannot read it: {why}"),
        };
        tracing::warn!(%case, why, "this worker cannot carry a case out, and leaves it to others");
        if let Err(error) = desk.journal.give_back(&desk.worker, vec![case.clone()]).await {
            tracing::warn!(%error, %case, "the case could not be given back");
        }
        self.tell(case.clone(), CameTo::CannotHere(why));
        Some(case)
    }

    fn tell(&self, case: CaseId, to: CameTo) {
        if let Some(told) = &self.told {
            let _ = told.send(Came { case, to }); // nobody listens any more
        }
    }

    /// Waits for the calls under way, but not for ever.
    async fn finish(&self, desk: &Desk, mut open: Open) {
        let rest = async {
            while let Some(ended) = open.join_next().await {
                self.ended(desk, ended).await;
            }
        };
        if tokio::time::timeout(self.grace, rest).await.is_err() {
            tracing::warn!("some calls did not end in time; what they did is found out by whoever goes on");
        }
        open.abort_all();
        if let Err(error) = desk.journal.leave(&desk.worker).await {
            tracing::warn!(%error, "other workers go on only when this one counts as dead");
        }
    }
}

async fn resume(
    bridge: &Skattebro,
    case: Case,
    patience: Patience,
    stop: &CancellationToken,
    idle: &Idle,
) -> Result<bool, CannotResume> {
    let taken = match stop.run_until_cancelled(bridge.desk().take_over(&case)).await {
        Some(Ok(taken)) => taken,
        Some(Err(error)) => return Err(CannotResume::NotHere(error.to_string())),
        None => None,
    };
    drop(case);
    let Some((taken, case)) = taken else { return Ok(false) };
    // Each in a box of its own: thousands wait in the smallest of them.
    match case.summary.kind.as_str() {
        FILING => Box::pin(filing::resume(bridge.ports(), case, &taken, patience, stop, idle)).await,
        INNSENDING => Box::pin(innsending::resume(bridge.ports(), case, &taken, patience, stop, idle)).await,
        KRAV => match bridge.krav() {
            Ok(service) => Box::pin(service.resume(&case, &taken, patience, stop)).await,
            Err(error) => Err(CannotResume::NotHere(error.to_string())),
        },
        other => Err(CannotResume::Unreadable(format!("cases of kind {other} are not known"))),
    }
}
