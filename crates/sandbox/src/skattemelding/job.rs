//! The life of a job, computed from the clock: nothing happens in the background.

use std::time::Duration;

use super::envelope_out::Submission;
use super::scenario::Scenario;
use crate::identifikator::Identifikator;

pub(crate) const OPPRETTET: &str = "OPPRETTET";
pub(crate) const NY: &str = "NY";
pub(crate) const KJOERER: &str = "KJOERER";
pub(crate) const PAUSET: &str = "PAUSET";
pub(crate) const VENTER: &str = "VENTER";
pub(crate) const AVBRUTT: &str = "AVBRUTT";
pub(crate) const FEILET: &str = "FEILET";
pub(crate) const FERDIG: &str = "FERDIG";

/// Where a job's documents come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobEdition {
    /// An envelope in the request, an upload before.
    V1,
    /// An Altinn instance.
    V2,
}

impl JobEdition {
    /// What its job ids begin with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            JobEdition::V1 => "",
            JobEdition::V2 => "storeDokument-",
        }
    }

    fn pause(self) -> &'static str {
        match self {
            JobEdition::V1 => PAUSET,
            JobEdition::V2 => VENTER,
        }
    }
}

/// When a job enters which status, counted from its creation. The last one is its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    steps: Vec<(Duration, String)>,
}

/// A job as its status call shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: String,
    pub(crate) before: String,
    pub(crate) since_creation: Duration,
    pub(crate) since_change: Duration,
}

impl Plan {
    /// The plan for documents of that many bytes. A pause comes in the middle of the run, an unknown
    /// status in its third quarter.
    pub(crate) fn new(scenario: &Scenario, edition: JobEdition, bytes: u64, fails: bool) -> Self {
        let run = scenario.run_time(bytes);
        let mut plan = Plan { steps: vec![(Duration::ZERO, NY.to_owned())] };
        let mut at = scenario.ny;
        let mut then = |status: &str, lasts: Duration| {
            // A status that lasts no time, or goes on, is no step.
            let same = plan.steps.last().is_some_and(|(_, last)| last == status);
            if !lasts.is_zero() && !same {
                plan.steps.push((at, status.to_owned()));
            }
            at = at.saturating_add(lasts);
        };
        let third_quarter = scenario.unknown_status.as_deref().unwrap_or(KJOERER);
        then(KJOERER, run / 2);
        then(edition.pause(), scenario.pause.unwrap_or_default());
        then(KJOERER, run / 8);
        then(third_quarter, run / 4);
        then(KJOERER, run.saturating_sub(run / 2 + run / 8 + run / 4));
        plan.steps.push((at, if fails { FEILET } else { FERDIG }.to_owned()));
        plan
    }

    fn at(&self, age: Duration) -> Seen {
        // Steps of no length share a time; the last of them holds.
        let now = self.steps.iter().rposition(|(from, _)| *from <= age).unwrap_or(0);
        let (from, status) = &self.steps[now];
        let before = match now.checked_sub(1) {
            Some(before) => self.steps[before].1.clone(),
            None => OPPRETTET.to_owned(),
        };
        Seen { status: status.clone(), before, since_creation: age, since_change: age.saturating_sub(*from) }
    }

    fn ended(&self, age: Duration) -> bool {
        self.steps.last().is_some_and(|(end, _)| *end <= age)
    }
}

#[derive(Debug)]
pub(crate) struct Job {
    created: Duration,
    plan: Plan,
    aborted: Option<Duration>,
    submission: Submission,
}

impl Job {
    pub(crate) fn new(created: Duration, plan: Plan, submission: Submission) -> Self {
        Job { created, plan, aborted: None, submission }
    }

    pub(crate) fn identifikator(&self) -> &Identifikator {
        &self.submission.target.identifikator
    }

    pub(crate) fn submission(&self) -> &Submission {
        &self.submission
    }

    /// Aborts the job if it is not at its end; tells whether it did.
    pub(crate) fn abort(&mut self, now: Duration) -> bool {
        let live = self.aborted.is_none() && !self.plan.ended(now.saturating_sub(self.created));
        if live {
            self.aborted = Some(now);
        }
        live
    }

    pub(crate) fn seen(&self, now: Duration) -> Seen {
        let age = now.saturating_sub(self.created);
        match self.aborted {
            None => self.plan.at(age),
            Some(aborted) => Seen {
                status: AVBRUTT.to_owned(),
                before: self.plan.at(aborted.saturating_sub(self.created)).status,
                since_creation: age,
                since_change: now.saturating_sub(aborted),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn story(scenario: &Scenario, fails: bool) -> Vec<(u64, String)> {
        let plan = Plan::new(scenario, JobEdition::V1, 0, fails);
        plan.steps.into_iter().map(|(at, status)| (at.as_secs(), status)).collect()
    }

    fn told(steps: &[(u64, &str)]) -> Vec<(u64, String)> {
        steps.iter().map(|(at, status)| (*at, (*status).to_owned())).collect()
    }

    #[test]
    fn plans_follow_the_scenario() {
        let plain = Scenario::ok().queued_for(seconds(5)).runs_for(seconds(80));
        assert_eq!(story(&plain, false), told(&[(0, NY), (5, KJOERER), (85, FERDIG)]));
        assert_eq!(story(&plain, true), told(&[(0, NY), (5, KJOERER), (85, FEILET)]));
        assert_eq!(
            story(&plain.clone().with_pause(seconds(30)), false),
            told(&[(0, NY), (5, KJOERER), (45, PAUSET), (75, KJOERER), (115, FERDIG)])
        );
        assert_eq!(
            story(&plain.unknown_status("VENTER_PAA_MAANEN"), false),
            told(&[(0, NY), (5, KJOERER), (55, "VENTER_PAA_MAANEN"), (75, KJOERER), (85, FERDIG)])
        );
        let none = Scenario::ok().queued_for(seconds(0)).runs_for(seconds(0));
        assert_eq!(Plan::new(&none, JobEdition::V1, 0, false).at(seconds(0)).status, FERDIG);
    }

    #[test]
    fn a_large_document_takes_over_half_an_hour() {
        let plan = Plan::new(&Scenario::default(), JobEdition::V1, 16_000_000, false);
        assert!(!plan.ended(seconds(5 + 1800)));
        assert!(plan.ended(seconds(5 + 1200 + 960)));
    }

    #[test]
    fn seconds_are_counted_from_creation_and_from_the_change() {
        let scenario = Scenario::ok().queued_for(seconds(5)).runs_for(seconds(80));
        let plan = Plan::new(&scenario, JobEdition::V2, 0, false);
        let seen = plan.at(seconds(9));
        assert_eq!((seen.status.as_str(), seen.before.as_str()), (KJOERER, NY));
        assert_eq!((seen.since_creation, seen.since_change), (seconds(9), seconds(4)));
        assert_eq!(plan.at(seconds(0)).before, OPPRETTET);
    }
}
