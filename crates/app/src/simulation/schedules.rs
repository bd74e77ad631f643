//! Which schedules there are: one fault at every step, and what chance makes of several.

use super::faults::{self, Fault, Op};
use super::model_altinn::AltinnHabits;
use super::model_filing::FilingHabits;
use super::model_krav::{Habits, Kind};
use super::plan::Plan;
use super::planted::Planted;
use super::random::Random;
use super::report::Report;
use super::run::run;
use super::scenario::{self, Scenario};
use super::submissions::of_submissions;
use std::sync::Arc;

pub(super) const KINDS: [Kind; 4] =
    [Kind::V1, Kind::WithStatus, Kind::WithStatusByTheirId, Kind::WithoutStatus];

/// The crews that every fault at every step is run with.
fn crews(scenario: &Arc<Scenario>) -> [Plan; 3] {
    let smooth = Plan::smooth(scenario);
    [
        // One machine, whose process is started again soon, and sees that the old one has ended.
        Plan { restart: 1, leaves: true, latency: 0, ..smooth.clone() },
        // Two machines share the work: the other takes over as soon as it may.
        Plan { crew: 2, restart: 600, drives_itself: false, since_beat: 3, ..smooth.clone() },
        // One machine that is started again late.
        Plan { restart: 300, latency: 2000, endless: true, goes_on: true, ..smooth },
    ]
}

/// Runs every fault at every step where it can come to pass.
pub(super) fn exhaust(scenarios: Vec<Scenario>, report: &mut Report) {
    let faults = faults::all();
    for scenario in scenarios.into_iter().map(Arc::new) {
        for smooth in crews(&scenario) {
            let steps = report.ran(&smooth, None, run(&smooth, false));
            for (step, op) in steps.iter().enumerate() {
                for fault in faults.iter().filter(|fault| fault.fits(*op)) {
                    let plan = Plan { faults: vec![(step, *fault)], ..smooth.clone() };
                    report.ran(&plan, None, run(&plan, false));
                }
            }
        }
    }
}

/// Restores every backup: made before each record, after the loss of everything at each later request and record.
pub(super) fn restore(scenarios: Vec<Scenario>, report: &mut Report) {
    for scenario in scenarios.into_iter().map(Arc::new) {
        let smooth = Plan { goes_on: true, ..Plan::smooth(&scenario) };
        let steps = report.ran(&smooth, None, run(&smooth, false));
        let at = |ops: &[Op]| (0..steps.len()).filter(|step| ops.contains(&steps[*step])).collect::<Vec<_>>();
        for made in at(&[Op::Begin, Op::Learn]) {
            for lost in at(&[Op::Act, Op::Learn, Op::Park]).into_iter().filter(|lost| *lost > made) {
                let after = [0, 60, 130][(made + lost) % 3];
                let faults = vec![(made, Fault::Snapshot), (lost, Fault::Disaster(after))];
                let plan = Plan { faults, ..smooth.clone() };
                report.ran(&plan, None, run(&plan, false));
            }
        }
    }
}

/// What chance chooses from: workflows, and the steps of each when all goes well.
pub(super) struct Choice(Vec<(Scenario, Vec<Op>)>);

impl Choice {
    pub(super) fn of(scenarios: Vec<Scenario>) -> Self {
        let steps = |scenario: &Scenario| run(&Plan::smooth(&Arc::new(scenario.clone())), false).steps;
        Self(scenarios.into_iter().map(|scenario| (scenario.clone(), steps(&scenario))).collect())
    }

    pub(super) fn everything() -> Self {
        let krav = KINDS.into_iter().flat_map(scenario::of_krav);
        let krav = krav.chain(scenario::without_id());
        Self::of(krav.chain(scenario::of_filings()).chain(of_submissions()).collect())
    }

    /// What a seed means.
    pub(super) fn draw(&self, seed: u64, planted: Planted) -> Plan {
        let mut random = Random::new(seed);
        let (scenario, steps) = &self.0[random.below(self.0.len())];
        let scenario = vary(scenario.clone(), &mut random);
        let crew = 1 + random.below(2);
        let mixed = crew == 2 && random.one_in(8);
        let is_right = !random.one_in(6);
        let (one, other) = (random.of(&[-60, -5, 5, 60]), random.of(&[-60, 0, 60]));
        Plan {
            crew,
            mixed,
            restart: random.of(&[0, 1, 10, 20, 140, 300, 900]),
            leaves: random.one_in(3),
            latency: random.of(&[0, 0, 300, 2000, 5000]),
            claim_lag: random.of(&[0, 0, 1, 2]),
            first_claims: random.below(2),
            since_beat: random.of(&[0, 1, 2, 3]),
            ahead: if is_right { Vec::new() } else { vec![one, other] },
            drives_itself: random.one_in(2) && !mixed,
            endless: random.one_in(4),
            goes_on: random.one_in(3),
            faults: some_faults(&mut random, steps),
            planted,
            ..Plan::smooth(&Arc::new(scenario))
        }
    }
}

/// The service is not always the same.
fn vary(scenario: Scenario, random: &mut Random) -> Scenario {
    let Habits { kind, books_after, .. } = scenario.krav;
    let krav = Habits {
        books_after: random.of(&[0, books_after, books_after, 70]),
        ahead: random.of(if kind == Kind::V1 { &[0, 0, -50, 50] } else { &[0, 0, -8, 8] }),
        hidden_for: random.of(&[0, 0, 0, 3]),
        ..scenario.krav
    };
    let job_takes = random.of(&[scenario.filing.job_takes, 3, 200]);
    let filing = FilingHabits { job_takes, ..scenario.filing };
    let AltinnHabits { person_takes, changes_at, .. } = scenario.altinn;
    let altinn = AltinnHabits {
        scan_takes: random.of(&[0, 6, 6, 90]),
        person_takes: person_takes.map(|usual| random.of(&[1, usual, usual, 4000])),
        receipt_takes: random.of(&[0, 20, 20, 400]),
        changes_at: if random.one_in(8) { Some(random.of(&[3, 10, 30, 150])) } else { changes_at },
        ..scenario.altinn
    };
    Scenario { krav, filing, altinn, ..scenario }
}

/// Up to three, or a backup that is restored with up to three more.
fn some_faults(random: &mut Random, steps: &[Op]) -> Vec<(usize, Fault)> {
    let all = faults::all();
    let mut faults: Vec<_> =
        (0..1 + random.below(3)).map(|_| (some_step(random, steps), random.of(&all))).collect();
    if random.one_in(5) {
        let from = some_step(random, steps);
        faults.push((from, Fault::Snapshot));
        let within = random.of(&[12, 12, 40]);
        faults.push((from + 1 + random.below(within), Fault::Disaster(random.of(&[0, 5, 60, 130, 400]))));
    }
    faults
}

/// Half of them around requests, which matter more than looks and waits.
fn some_step(random: &mut Random, steps: &[Op]) -> usize {
    // Faults prolong a schedule.
    let any = random.below(steps.len() + steps.len() / 2 + 2);
    if random.one_in(2) {
        return any;
    }
    let acts: Vec<usize> = (0..steps.len()).filter(|step| steps[*step] == Op::Act).collect();
    // Before its intent, at it, or when its answer is written down.
    acts.get(random.below(acts.len().max(1))).map_or(any, |act| act - 1 + random.below(3))
}
