//! A worker for some cases alone.

use super::{AT_A_TIME, CameTo, LOOK_AGAIN, Open, Runner};
use crate::journal::{Desk, Patience};
use skattebro_domain::Timestamp;
use skattebro_ports::journal::{CaseId, Claim, JournalError};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a case is waited for that somebody else has: longer than a worker counts as alive after its last sign of life.
const SOMEBODY_ELSE: Duration = Duration::from_secs(20);

/// A case that is not taken up yet, and since when somebody else is in the way.
type Wanted = VecDeque<(CaseId, Option<Timestamp>)>;

impl Runner {
    /// Takes up these cases and no others, whether they are due or not, and carries each out until nothing is left to do for it. Ends
    /// when all have, or when it is stopped. What somebody else has under way is left to them.
    ///
    /// # Errors
    /// If the journal cannot be used at all.
    pub async fn run_only(self, cases: Vec<CaseId>, stop: CancellationToken) -> Result<(), JournalError> {
        let desk = self.bridge.desk().clone();
        let mut open = Open::new();
        let mut wanted: Wanted = cases.into_iter().map(|case| (case, None)).collect();
        while !(stop.is_cancelled() || wanted.is_empty() && open.is_empty()) {
            let could_ask = match self.claim_some(&desk, &mut wanted, &mut open, &stop).await {
                Ok(()) => true,
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, "the journal cannot be used; trying again");
                    self.progress.change(|status| status.journal_error = Some(error.to_string()));
                    false
                }
                Err(error) => return Err(error),
            };
            let wake = desk.clock.now().checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
            // Whether more can be claimed at once.
            let more = could_ask && self.room(&open) > 0 && wanted.iter().any(|(_, since)| since.is_none());
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(ended) = open.join_next(), if !open.is_empty() => {
                    self.ended(&desk, ended).await;
                }
                () = std::future::ready(()), if more => {}
                () = desk.clock.sleep_until(wake), if !wanted.is_empty() => {}
            }
            self.progress.change(|status| status.open = open.len() as u64);
        }
        self.finish(&desk, open).await;
        Ok(())
    }

    async fn claim_some(
        &self,
        desk: &Arc<Desk>,
        wanted: &mut Wanted,
        open: &mut Open,
        stop: &CancellationToken,
    ) -> Result<(), JournalError> {
        desk.is_alive().await?;
        let room = self.room(open).min(AT_A_TIME).min(wanted.len());
        if room == 0 {
            return Ok(());
        }
        let now = desk.clock.now();
        let claim = Claim {
            worker: desk.worker.clone(),
            max: room,
            environment: self.bridge.environment().clone(),
            only: Some(wanted.iter().take(room).map(|(case, _)| case.clone()).collect()),
            except: Vec::new(),
            now,
        };
        let claimed = desk.journal.claim(claim).await?.cases;
        self.progress.change(|status| {
            (status.last_claim, status.last_turn, status.journal_error) = (Some(now), Some(now), None);
            status.taken += claimed.len() as u64;
        });
        let have: HashSet<CaseId> = claimed.iter().map(|case| case.summary.id.clone()).collect();
        for case in claimed {
            self.take_up(case, Patience::Endless, open, stop);
        }
        for (case, since) in wanted.drain(..room).collect::<Vec<_>>() {
            if have.contains(&case) {
                continue;
            }
            let since = since.unwrap_or(now);
            if now.duration_since(since).as_secs_f64() < SOMEBODY_ELSE.as_secs_f64() {
                wanted.push_back((case, Some(since)));
            } else {
                self.tell(case, CameTo::Elsewhere);
            }
        }
        Ok(())
    }
}
