//! What many schedules came to.

use super::faults::Op;
use super::plan::Plan;
use super::run::{Ran, run};
use std::collections::BTreeMap;

/// Counts schedules and keeps those that failed.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) schedules: usize,
    ends: BTreeMap<String, usize>,
    /// By what was violated, without the numbers in it: how often, and the first.
    failed: BTreeMap<String, (usize, Plan, Option<u64>)>,
}

impl Report {
    pub(super) fn ran(&mut self, plan: &Plan, seed: Option<u64>, ran: Ran) -> Vec<Op> {
        self.schedules += 1;
        for end in ran.ends {
            *self.ends.entry(end).or_default() += 1;
        }
        if let Some(first) = ran.violations.first() {
            let name: String = first.chars().filter(|c| !c.is_ascii_digit()).take(160).collect();
            let fewer = |other: &Plan| plan.faults.len() < other.faults.len();
            let kept = self.failed.entry(name).or_insert_with(|| (0, plan.clone(), seed));
            kept.0 += 1;
            if fewer(&kept.1) {
                (kept.1, kept.2) = (plan.clone(), seed);
            }
        }
        ran.steps
    }

    /// Prints what was run, and fails with traces if something went wrong that must not.
    pub(super) fn finish(&self, name: &str) {
        println!("{name}: {} schedules", self.schedules);
        for (end, count) in &self.ends {
            println!("    {count:>7} × {end}");
        }
        for (violation, (count, plan, seed)) in self.failed.iter().take(8) {
            let ran = run(plan, true);
            println!("\n=== {count} × {violation}");
            match seed {
                Some(seed) => println!("seed {seed}: SKATTEBRO_SIM_REPLAY={seed} runs it again"),
                None => println!("one fault, of every one at every step"),
            }
            println!(
                "{:?} {:?}\n{:#?}\n{}",
                plan.scenario.name,
                plan.faults,
                WithoutScenario(plan),
                ran.trace.join("\n")
            );
            println!("violations: {:#?}", ran.violations);
        }
        let failed: usize = self.failed.values().map(|(count, ..)| count).sum();
        assert_eq!(failed, 0, "{name}: schedules failed; see above");
    }
}

struct WithoutScenario<'p>(&'p Plan);

impl std::fmt::Debug for WithoutScenario<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Plan {
            crew, mixed, restart, leaves, latency, claim_lag, first_claims, since_beat, ahead, ..
        } = self.0;
        write!(
            f,
            "crew {crew} mixed {mixed} restart {restart} leaves {leaves} latency {latency} lag {claim_lag} first {first_claims} since beat \
             {since_beat} ahead {ahead:?} drives itself {} endless {} goes on {} {:?} {:?} {:?}",
            self.0.drives_itself,
            self.0.endless,
            self.0.goes_on,
            self.0.scenario.krav,
            self.0.scenario.filing,
            self.0.scenario.altinn
        )
    }
}
