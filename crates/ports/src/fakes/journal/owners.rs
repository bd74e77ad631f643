//! Who owns what, who is alive, and what is due whose.

use super::Seq;
use crate::journal::{CaseState, CaseSummary, Environment, WorkerId};
use skattebro_domain::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// An index over the cases: what it knows is in their summaries, but for whose hearts beat and which cases are stirred.
///
/// What is due is kept apart by owner. A claim therefore never walks past the cases of the living, however many there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    nobodys: Due,
    workers: BTreeMap<WorkerId, Worker>,
}

#[derive(Debug, Clone, Default)]
struct Worker {
    alive_until: Option<Timestamp>,
    cases: BTreeSet<Seq>,
    stirred: BTreeSet<Seq>,
    due: Due,
}

impl Worker {
    fn lives(&self, now: Timestamp) -> bool {
        self.alive_until.is_some_and(|until| now < until)
    }
}

type Due = HashMap<Environment, BTreeSet<(Timestamp, Seq)>>;

impl Owners {
    pub(super) fn add(&mut self, seq: Seq, case: &CaseSummary, stirred: bool) {
        let due = match &case.owner {
            None => &mut self.nobodys,
            Some(owner) => {
                let owner = self.workers.entry(owner.clone()).or_default();
                owner.cases.insert(seq);
                if stirred {
                    owner.stirred.insert(seq);
                }
                &mut owner.due
            }
        };
        if let CaseState::Due(at) = case.state {
            due.entry(case.environment.clone()).or_default().insert((at, seq));
        }
    }

    /// Answers whether it was stirred.
    pub(super) fn remove(&mut self, seq: Seq, case: &CaseSummary) -> bool {
        let owner = case.owner.as_ref().and_then(|owner| self.workers.get_mut(owner));
        let (due, stirred) = match owner {
            None => (&mut self.nobodys, false),
            Some(owner) => {
                owner.cases.remove(&seq);
                let stirred = owner.stirred.remove(&seq);
                (&mut owner.due, stirred)
            }
        };
        if let CaseState::Due(at) = case.state
            && let Some(cases) = due.get_mut(&case.environment)
        {
            cases.remove(&(at, seq));
            if cases.is_empty() {
                due.remove(&case.environment);
            }
        }
        stirred
    }

    /// The owner of the case does not know yet what was written.
    pub(super) fn stir(&mut self, seq: Seq, case: &CaseSummary) {
        if let Some(owner) = case.owner.as_ref().and_then(|owner| self.workers.get_mut(owner)) {
            owner.stirred.insert(seq);
        }
    }

    /// The owner of the case has read all of it.
    pub(super) fn settle_down(&mut self, seq: Seq, case: &CaseSummary) {
        if let Some(owner) = case.owner.as_ref().and_then(|owner| self.workers.get_mut(owner)) {
            owner.stirred.remove(&seq);
        }
    }

    pub(super) fn lives(&self, worker: &WorkerId, now: Timestamp) -> bool {
        self.workers.get(worker).is_some_and(|worker| worker.lives(now))
    }

    pub(super) fn living(&self, now: Timestamp) -> usize {
        self.workers.values().filter(|worker| worker.lives(now)).count()
    }

    /// The heart of `worker` beats. Answers what is stirred, and all it owns if its heart had stopped.
    pub(super) fn beat(
        &mut self,
        worker: &WorkerId,
        now: Timestamp,
        until: Timestamp,
    ) -> (Vec<Seq>, Option<Vec<Seq>>) {
        let had_stopped = !self.lives(worker, now);
        if had_stopped {
            // Who is dead and owns nothing is like somebody never heard of; there are ever more of those.
            self.workers.retain(|_, worker| worker.lives(now) || !worker.cases.is_empty());
        }
        let worker = self.workers.entry(worker.clone()).or_default();
        worker.alive_until = Some(until);
        let in_order = |cases: &BTreeSet<Seq>| cases.iter().copied().collect();
        (in_order(&worker.stirred), had_stopped.then(|| in_order(&worker.cases)))
    }

    pub(super) fn cases_of(&self, worker: &WorkerId) -> Vec<Seq> {
        self.workers.get(worker).into_iter().flat_map(|worker| worker.cases.iter().copied()).collect()
    }

    /// Stops a heart.
    pub(super) fn stop(&mut self, worker: &WorkerId) {
        self.workers.remove(worker);
    }

    /// What nobody alive owns and is due by `due_by`, the longest due first.
    pub(super) fn claimable(
        &self,
        environment: &Environment,
        due_by: Timestamp,
        now: Timestamp,
        except: &HashSet<Seq>,
        max: usize,
    ) -> Vec<Seq> {
        let mut found: Vec<(Timestamp, Seq)> = Vec::new();
        for cases in self.unowned(now).filter_map(|due| due.get(environment)) {
            let due = cases.iter().take_while(|(at, _)| *at <= due_by);
            found.extend(due.filter(|(_, seq)| !except.contains(seq)).take(max));
        }
        found.sort_unstable();
        found.into_iter().map(|(_, seq)| seq).take(max).collect()
    }

    /// When the first case is due that nobody alive owns.
    pub(super) fn next_due(
        &self,
        environment: Option<&Environment>,
        now: Timestamp,
        except: &HashSet<Seq>,
    ) -> Option<Timestamp> {
        let of_environment = |(of, _): &(&Environment, _)| environment.is_none_or(|wanted| wanted == *of);
        let cases = self.unowned(now).flat_map(|due| due.iter().filter(of_environment));
        let firsts = cases.filter_map(|(_, cases)| cases.iter().find(|(_, seq)| !except.contains(seq)));
        firsts.map(|(at, _)| *at).min()
    }

    fn unowned(&self, now: Timestamp) -> impl Iterator<Item = &Due> {
        let dead = self.workers.values().filter(move |worker| !worker.lives(now));
        std::iter::once(&self.nobodys).chain(dead.map(|worker| &worker.due))
    }
}
