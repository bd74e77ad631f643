use super::model_krav::Kind;
use super::planted::Planted;
use super::report::Report;
use super::run::{Plan, run};
use super::scenario;
use super::schedules::{Choice, KINDS, exhaust};
use std::sync::Arc;

/// Another one makes other random schedules.
const SEED: u64 = 20_261_122;
/// How many random schedules each of the tests runs.
const SCHEDULES: u64 = 40_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[test]
fn what_goes_smoothly_ends_well() {
    let krav = KINDS.into_iter().flat_map(scenario::of_krav);
    let all = krav.chain(scenario::without_id()).chain(scenario::of_filings());
    let mut report = Report::default();
    for scenario in all {
        let plan = Plan::smooth(&Arc::new(scenario));
        report.ran(&plan, None, run(&plan, false));
    }
    report.finish("smooth");
}

fn every_fault_at_every_step(name: &str, scenarios: Vec<scenario::Scenario>) {
    let mut report = Report::default();
    exhaust(scenarios, &mut report);
    report.finish(name);
}

#[test]
fn every_fault_at_every_step_of_krav_in_edition_v1() {
    every_fault_at_every_step("v1", scenario::of_krav(Kind::V1));
}

#[test]
fn every_fault_at_every_step_of_krav_in_edition_2023_with_mottaksstatus() {
    every_fault_at_every_step("2023 with status", scenario::of_krav(Kind::WithStatus));
}

#[test]
fn every_fault_at_every_step_of_krav_in_edition_2023_without_lookups() {
    let scenarios = [Kind::WithStatusByTheirId, Kind::WithoutStatus].into_iter().flat_map(scenario::of_krav);
    every_fault_at_every_step("2023 without", scenarios.collect());
}

#[test]
fn every_fault_at_every_step_of_krav_without_an_id_and_of_filings() {
    let scenarios = scenario::without_id().into_iter().chain(scenario::of_filings());
    every_fault_at_every_step("without an id, filings", scenarios.collect());
}

/// One of several that run side by side.
fn whatever_chance_brings(part: u64) {
    let choice = Choice::everything();
    let mut report = Report::default();
    let base = number("SKATTEBRO_SIM_SEED").unwrap_or(SEED);
    let schedules = number("SKATTEBRO_SIM_SCHEDULES").unwrap_or(SCHEDULES);
    println!("base seed {base}, part {part}");
    for n in 0..schedules {
        let seed = base.wrapping_mul(1_000_003).wrapping_add(part << 40).wrapping_add(n);
        let plan = choice.draw(seed, Planted::Nothing);
        report.ran(&plan, Some(seed), run(&plan, false));
    }
    report.finish("random");
}

#[test]
fn whatever_chance_brings_1() {
    whatever_chance_brings(1);
}

#[test]
fn whatever_chance_brings_2() {
    whatever_chance_brings(2);
}

#[test]
fn a_seed_can_be_run_again() {
    let Some(seed) = number("SKATTEBRO_SIM_REPLAY") else { return };
    let plan = Choice::everything().draw(seed, Planted::Nothing);
    let ran = run(&plan, true);
    println!("{}\n{:?}\n{}", plan.scenario.name, plan.faults, ran.trace.join("\n"));
    assert!(ran.violations.is_empty(), "{:#?}", ran.violations);
}
