//! What becomes of a krav after it was received, computed from the clock: nothing happens in the
//! background.

use std::sync::Arc;
use std::time::Duration;

use super::scenario::{KravEnding, KravFeil, KravScenario};

/// The plan for one krav.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    created: Duration,
    scenario: Arc<KravScenario>,
    /// What a marked skyldner makes validation find.
    marked: Option<&'static str>,
}

/// How a krav stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing<'l> {
    pub(crate) mottaksstatus: &'l str,
    /// Virtual time at which it got this status.
    pub(crate) since: Duration,
}

pub(crate) const IKKE_BEHANDLET: &str = "MOTTATT_IKKE_BEHANDLET";
pub(crate) const UNDER_BEHANDLING: &str = "MOTTATT_UNDER_BEHANDLING";
pub(crate) const VALIDERINGSFEIL: &str = "VALIDERINGSFEIL";
pub(crate) const RESKONTROFOERT: &str = "RESKONTROFOERT";
pub(crate) const MIGRERT: &str = "MIGRERT";
pub(crate) const SKAL_IKKE_RESKONTROFOERES: &str = "SKAL_IKKE_RESKONTROFOERES";

impl Life {
    pub(crate) fn new(created: Duration, scenario: Arc<KravScenario>, marked: Option<&'static str>) -> Self {
        Life { created, scenario, marked }
    }

    pub(crate) fn created(&self) -> Duration {
        self.created
    }

    pub(crate) fn at(&self, now: Duration) -> Standing<'_> {
        let age = now.saturating_sub(self.created);
        let scenario = &*self.scenario;
        // A step that is said to come before the one it follows comes together with it.
        let picked_up = scenario.picked_up;
        let validated = scenario.validated.max(picked_up);
        let settled = scenario.settled.max(validated);
        let told = |status, step: Duration| Standing {
            mottaksstatus: status,
            since: self.created.saturating_add(step),
        };
        let ending = &scenario.ending;
        if age < picked_up || *ending == KravEnding::MottattIkkeBehandlet {
            told(IKKE_BEHANDLET, Duration::ZERO)
        } else if age < validated || *ending == KravEnding::MottattUnderBehandling {
            told(UNDER_BEHANDLING, picked_up)
        } else if self.is_rejected() {
            told(VALIDERINGSFEIL, validated)
        } else if age < settled {
            match &scenario.unknown_status {
                Some(status) => told(status, validated),
                None => told(UNDER_BEHANDLING, picked_up),
            }
        } else {
            told(end_of(ending), settled)
        }
    }

    /// What validation has found: nothing before it has run, which is not to say that there is nothing.
    pub(crate) fn errors(&self, now: Duration) -> Vec<KravFeil> {
        if self.at(now).mottaksstatus != VALIDERINGSFEIL || !self.is_rejected() {
            return Vec::new();
        }
        let mut errors: Vec<_> = self.marked.map(KravFeil::new).into_iter().collect();
        if let KravEnding::Valideringsfeil(more) = &self.scenario.ending {
            errors.extend(more.iter().cloned());
        }
        errors
    }

    /// Whether it is in the ledger.
    pub(crate) fn is_reskontrofoert(&self, now: Duration) -> bool {
        self.is_settled_as(&KravEnding::Reskontrofoert, now)
    }

    /// Whether it can be amended and written off: those that were moved there from an older system can.
    pub(crate) fn is_amendable(&self, now: Duration) -> bool {
        self.is_reskontrofoert(now) || self.is_settled_as(&KravEnding::Migrert, now)
    }

    /// A scenario may name any status; what counts is what it is, not what it is called.
    fn is_settled_as(&self, ending: &KravEnding, now: Duration) -> bool {
        self.scenario.ending == *ending && self.at(now).mottaksstatus == end_of(ending) && !self.is_rejected()
    }

    fn is_rejected(&self) -> bool {
        self.marked.is_some() || matches!(self.scenario.ending, KravEnding::Valideringsfeil(_))
    }
}

fn end_of(ending: &KravEnding) -> &str {
    match ending {
        KravEnding::Reskontrofoert => RESKONTROFOERT,
        KravEnding::Migrert => MIGRERT,
        KravEnding::SkalIkkeReskontrofoeres => SKAL_IKKE_RESKONTROFOERES,
        KravEnding::Valideringsfeil(_) => VALIDERINGSFEIL,
        KravEnding::MottattIkkeBehandlet => IKKE_BEHANDLET,
        KravEnding::MottattUnderBehandling => UNDER_BEHANDLING,
        KravEnding::Status(status) => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The statuses of the first twenty seconds, each with the second it is dated.
    fn story(scenario: KravScenario, marked: Option<&'static str>) -> Vec<(u64, String)> {
        let life = Life::new(seconds(100), Arc::new(scenario), marked);
        let mut story = Vec::new();
        for age in 0..=20 {
            let standing = life.at(seconds(100 + age));
            let told = (standing.since.as_secs() - 100, standing.mottaksstatus.to_owned());
            if story.last() != Some(&told) {
                assert_eq!(told.0, age, "a new status is dated when it comes");
                story.push(told);
            }
        }
        story
    }

    fn told(steps: &[(u64, &str)]) -> Vec<(u64, String)> {
        steps.iter().map(|(at, status)| (*at, (*status).to_owned())).collect()
    }

    #[test]
    fn every_status_is_reached() {
        let (first, then) = ((0, IKKE_BEHANDLET), (2, UNDER_BEHANDLING));
        for (ending, expected) in [
            (KravEnding::Reskontrofoert, vec![first, then, (10, RESKONTROFOERT)]),
            (KravEnding::Migrert, vec![first, then, (10, MIGRERT)]),
            (KravEnding::SkalIkkeReskontrofoeres, vec![first, then, (10, SKAL_IKKE_RESKONTROFOERES)]),
            (KravEnding::Valideringsfeil(vec![]), vec![first, then, (5, VALIDERINGSFEIL)]),
            (KravEnding::MottattIkkeBehandlet, vec![first]),
            (KravEnding::MottattUnderBehandling, vec![first, then]),
            (KravEnding::Status("EN_NY_STATUS".to_owned()), vec![first, then, (10, "EN_NY_STATUS")]),
        ] {
            assert_eq!(story(KravScenario::ending(ending), None), told(&expected));
        }
        let passing = KravScenario::default().unknown_status("X");
        assert_eq!(story(passing, None), told(&[first, then, (5, "X"), (10, RESKONTROFOERT)]));
        assert_eq!(story(KravScenario::default().at_once(), None), told(&[(0, RESKONTROFOERT)]));
        let rejected = story(KravScenario::ending(KravEnding::Migrert), Some("PERSON_ER_DOED"));
        assert_eq!(rejected, told(&[first, then, (5, VALIDERINGSFEIL)]));
    }

    #[test]
    fn a_status_that_is_only_called_so_does_not_count() {
        let named = KravScenario::ending(KravEnding::Status(RESKONTROFOERT.to_owned())).at_once();
        let life = Life::new(seconds(0), Arc::new(named), None);
        assert!(!life.is_amendable(seconds(1)));
    }

    #[test]
    fn steps_keep_their_order() {
        let late = KravScenario::default().picked_up_after(seconds(12));
        assert_eq!(story(late, None), told(&[(0, IKKE_BEHANDLET), (12, RESKONTROFOERT)]));
    }
}
