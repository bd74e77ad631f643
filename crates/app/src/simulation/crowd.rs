//! Many krav at a time, of which a process that dies leaves only a few in doubt.

use super::faults::{Fault, Op, Side, Written};
use super::model_krav::Kind;
use super::plan::Plan;
use super::planted::Planted;
use super::report::Report;
use super::run::run;
use super::scenario::{Order, Scenario, oppdrag};
use skattebro_domain::krav::Innkrevingsoppdrag;
use skattebro_domain::krav::machine::Ask;
use std::sync::Arc;

/// A window, and more krav than it has room for.
const USUAL: (usize, usize) = (10, 24);
const LARGE: (usize, usize) = (64, 90);

/// One machine, whose process is started again soon and sees that the old one has ended, with calls that take some time.
fn plan((window, krav): (usize, usize)) -> Plan {
    let order = |n| {
        let own_id = Some(format!("K-{n}"));
        let oppdrag =
            Innkrevingsoppdrag { oppdragsgivers_kravidentifikator: own_id, ..(*oppdrag(true)).clone() };
        Order::Krav { own_id: true, existing: false, asks: vec![Ask::Opprett(Arc::new(oppdrag))] }
    };
    let orders = (0..krav).map(order).collect();
    let scenario = Scenario { orders, ..Scenario::of(format!("{krav} krav"), Kind::V1) };
    Plan { restart: 1, leaves: true, window, ..Plan::smooth(&Arc::new(scenario)) }
}

/// Runs each fault at every so many-th step, and from another one on for each.
fn at_steps(smooth: &Plan, every: usize, faults: &[Fault], report: &mut Report) {
    let steps = report.ran(smooth, None, run(smooth, false));
    for (number, fault) in faults.iter().enumerate() {
        let fits = (0..steps.len()).filter(|step| fault.fits(steps[*step]));
        for step in fits.skip(number % every).step_by(every) {
            let plan = Plan { faults: vec![(step, *fault)], ..smooth.clone() };
            report.ran(&plan, None, run(&plan, false));
        }
    }
}

const DEATHS: [Fault; 3] = [Fault::Crash(Side::Before), Fault::Crash(Side::After), Fault::CrashLate(119)];

#[test]
fn a_crash_at_any_point_leaves_no_more_in_doubt_than_the_usual_window() {
    let mut report = Report::default();
    at_steps(&plan(USUAL), 1, &DEATHS, &mut report);
    report.finish("many krav");
}

#[test]
fn nor_a_large_one() {
    let mut report = Report::default();
    at_steps(&plan(LARGE), 11, &DEATHS, &mut report);
    report.finish("many krav, a large window");
}

#[test]
fn whatever_else_goes_wrong_with_many_krav_none_is_lost_or_made_twice() {
    let others = [
        Fault::AnswerLost,
        Fault::NotConnected,
        Fault::Late(119),
        Fault::Freeze(Side::Before, 130, false),
        Fault::Freeze(Side::After, 130, true),
        Fault::Stop,
        Fault::JournalFails(Written::Yes),
        Fault::JournalFails(Written::Later(20)),
        Fault::JournalSlow(Side::After, 125),
    ];
    let mut report = Report::default();
    at_steps(&plan(USUAL), 5, &others, &mut report);
    at_steps(&plan(LARGE), 60, &others, &mut report);
    report.finish("many krav, other faults");
}

/// So many are on their way at once that a smaller number could not be told from none.
#[test]
fn a_large_window_is_filled() {
    let ran = run(&plan(LARGE), false);
    let (mut open, mut most) = (0_usize, 0);
    for step in ran.steps {
        match step {
            Op::Begin => open += 1,
            Op::Learn => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    assert!(most > USUAL.0 && most <= LARGE.0, "{most}");
}

/// With a service that takes twenty seconds a call, the last of a large window would get no slot before its permit has run out.
#[test]
fn no_permit_runs_out_in_the_queue_of_a_slow_service() {
    let intents = |planted| {
        let plan = Plan { latency: 20_000, planted, ..plan(LARGE) };
        let ran = run(&plan, false);
        assert_eq!(ran.violations, Vec::<String>::new());
        ran.steps.iter().filter(|step| **step == Op::Begin).count()
    };
    assert_eq!(intents(Planted::Nothing), LARGE.1, "each is sent the first time");
    assert!(intents(Planted::NoWindow) > LARGE.1, "without a window, some are not");
}

#[test]
fn it_is_found_if_nobody_keeps_the_window() {
    for size in [USUAL, LARGE] {
        let smooth = Plan { planted: Planted::NoWindow, ..plan(size) };
        let steps = run(&smooth, false).steps;
        let is_found = (0..steps.len()).any(|step| {
            let plan = Plan { faults: vec![(step, Fault::Crash(Side::Before))], ..smooth.clone() };
            run(&plan, false).violations.iter().any(|violation| violation.contains("in doubt"))
        });
        assert!(is_found, "{size:?}");
    }
}
