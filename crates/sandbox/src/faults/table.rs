//! Which rules hit a request.

use std::sync::Mutex;
use std::time::Duration;

use super::{Fault, FaultRule, When};
use crate::ids::Chance;
use crate::world::lock;

/// The rules in force, oldest first.
#[derive(Debug)]
pub(crate) struct Faults {
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    rules: Vec<FaultRule>,
    chance: Chance,
}

/// What happens to one request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Strike {
    pub(crate) latency: Duration,
    pub(crate) fault: Option<Fault>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Faults { table: Mutex::new(Table { rules: Vec::new(), chance: Chance::new(seed) }) }
    }

    pub(crate) fn add(&self, rule: FaultRule) {
        lock(&self.table).rules.push(rule);
    }

    pub(crate) fn clear(&self) {
        lock(&self.table).rules.clear();
    }

    pub(crate) fn all(&self) -> Vec<FaultRule> {
        lock(&self.table).rules.clone()
    }

    /// Decides about one request of `route` and uses up the rules that act.
    pub(crate) fn strike(&self, route: &str) -> Strike {
        let mut table = lock(&self.table);
        let Table { rules, chance } = &mut *table;
        let mut strike = Strike::default();
        for rule in rules.iter_mut().filter(|rule| rule.route.matches(route)) {
            match &rule.fault {
                Fault::Latency(duration) if acts(&mut rule.when, chance) => strike.latency += *duration,
                Fault::Latency(_) => {}
                fault if strike.fault.is_none() && acts(&mut rule.when, chance) => {
                    strike.fault = Some(fault.clone());
                }
                _ => {}
            }
        }
        rules.retain(|rule| rule.when != When::Next(0));
        strike
    }
}

fn acts(when: &mut When, chance: &mut Chance) -> bool {
    match when {
        When::Always => true,
        When::Probability(probability) => chance.happens(*probability),
        When::Next(0) => false,
        When::Next(left) => {
            *left -= 1;
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::RouteMatch;

    #[test]
    fn a_counted_rule_is_used_up_by_its_own_route_only() {
        let faults = Faults::new(0);
        faults.add(FaultRule::next("start", 2, Fault::DropAfter));
        assert_eq!(faults.strike("status").fault, None);
        assert_eq!(faults.strike("start").fault, Some(Fault::DropAfter));
        assert_eq!(faults.strike("start").fault, Some(Fault::DropAfter));
        assert_eq!(faults.strike("start").fault, None);
        assert!(faults.all().is_empty());
    }

    #[test]
    fn latencies_add_up_and_the_first_other_rule_wins() {
        let faults = Faults::new(0);
        let second = Duration::from_secs(1);
        faults.add(FaultRule::always("ping", Fault::Latency(second)));
        faults.add(FaultRule::next("ping", 1, Fault::Twice));
        faults.add(FaultRule { route: RouteMatch::Any, when: When::Next(1), fault: Fault::Latency(second) });
        faults.add(FaultRule::next("ping", 1, Fault::EmptyOk));
        assert_eq!(faults.strike("ping"), Strike { latency: 2 * second, fault: Some(Fault::Twice) });
        assert_eq!(faults.strike("ping"), Strike { latency: second, fault: Some(Fault::EmptyOk) });
        assert_eq!(faults.strike("ping"), Strike { latency: second, fault: None });
    }

    #[test]
    fn probability_repeats_with_the_seed() {
        let draw = |seed| {
            let faults = Faults::new(seed);
            faults.add(FaultRule {
                route: RouteMatch::Any,
                when: When::Probability(0.5),
                fault: Fault::Twice,
            });
            (0..64).map(|_| faults.strike("ping").fault.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
