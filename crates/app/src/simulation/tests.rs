use super::model_krav::Kind;
use super::plan::Plan;
use super::planted::Planted;
use super::report::Report;
use super::run::run;
use super::scenario;
use super::schedules::{Choice, KINDS, exhaust, restore};
use super::submissions::{of_submissions, validated_at_once, validated_by_jobs};
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
    let krav = krav.chain(scenario::without_id());
    let all = krav.chain(scenario::of_filings()).chain(of_submissions());
    let mut report = Report::default();
    for scenario in all {
        let plan = Plan::smooth(&Arc::new(scenario));
        report.ran(&plan, None, run(&plan, false));
    }
    report.finish("smooth");
}

/// Then nothing else is run.
fn is_replaying() -> bool {
    number("SKATTEBRO_SIM_REPLAY").is_some()
}

fn every_fault_at_every_step(name: &str, scenarios: Vec<scenario::Scenario>) {
    if is_replaying() {
        return;
    }
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

#[test]
fn every_fault_at_every_step_of_submissions_that_are_validated_at_once() {
    every_fault_at_every_step("submissions, validated at once", validated_at_once());
}

#[test]
fn every_fault_at_every_step_of_submissions_that_are_validated_by_jobs() {
    every_fault_at_every_step("submissions, validated by jobs", validated_by_jobs());
}

#[test]
fn every_backup_of_submissions() {
    if is_replaying() {
        return;
    }
    let mut report = Report::default();
    restore(of_submissions(), &mut report);
    report.finish("restored submissions");
}

/// One of several that run side by side.
fn whatever_chance_brings(part: u64) {
    if is_replaying() {
        return;
    }
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

/// Plants a violation and counts how many of the random schedules it takes to find it.
fn is_found(planted: Planted, within: u64) {
    let choice = Choice::everything();
    let base = number("SKATTEBRO_SIM_SEED").unwrap_or(SEED);
    for n in 0..within {
        let plan = choice.draw(base.wrapping_add(n), planted);
        let ran = run(&plan, false);
        if let Some(violation) = ran.violations.first() {
            let violation: String = violation.chars().take(200).collect();
            println!(
                "{planted:?}: found by schedule {} ({}, {:?}): {violation}",
                n + 1,
                plan.scenario.name,
                plan.faults
            );
            return;
        }
    }
    panic!("{planted:?} was planted, and {within} schedules did not find it");
}

#[test]
fn rule_1_it_is_found_if_late_requests_are_not_waited_for() {
    is_found(Planted::NoLateAction, 20_000);
}

#[test]
fn rule_1_it_is_found_if_a_frozen_process_sends_when_it_wakes() {
    is_found(Planted::PermitsNeverEnd, 20_000);
}

#[test]
fn rule_1_it_is_found_if_anybody_may_begin() {
    is_found(Planted::NoFence, 20_000);
}

#[test]
fn rule_2_it_is_found_if_a_refusal_is_believed_though_an_earlier_request_may_have_acted() {
    is_found(Planted::RefusalsBelieved, 20_000);
}

#[test]
fn rule_2_it_is_found_if_what_exists_is_taken_for_ours() {
    is_found(Planted::ExistsIsOurs, 20_000);
}

#[test]
fn rule_3_it_is_found_if_facts_of_who_lost_the_case_are_dropped() {
    is_found(Planted::FactsOfLosersDropped, 20_000);
}

#[test]
fn rule_4_it_is_found_if_a_krav_has_no_key() {
    is_found(Planted::NoKravKey, 20_000);
}

#[test]
fn rule_4_it_is_found_if_a_job_has_no_key() {
    is_found(Planted::NoJobKey, 20_000);
}

#[test]
fn rule_5_it_is_found_if_no_answer_is_taken_for_not_sent() {
    is_found(Planted::UnknownForgotten, 20_000);
}

#[test]
fn rule_6_it_is_found_if_any_open_instance_is_adopted() {
    is_found(Planted::AnyInstansIsOurs, 20_000);
}

#[test]
fn rule_6_it_is_found_if_the_return_in_force_is_not_looked_at_again() {
    is_found(Planted::GjeldendeOnce, 20_000);
}

#[test]
fn rule_6_it_is_found_if_a_step_is_repeated_without_waiting_for_late_action() {
    is_found(Planted::StepsRepeated, 20_000);
}

#[test]
fn rule_7_it_is_found_if_a_worker_carries_out_what_it_cannot() {
    is_found(Planted::AnyWorkerDoes, 20_000);
}

#[test]
fn rule_8_it_is_found_if_nobody_tells_that_a_backup_was_restored() {
    is_found(Planted::NotToldOfRestore, 20_000);
}
