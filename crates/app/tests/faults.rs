//! Every fault of the sandbox at every step of the workflow: how it must end, and what it must leave behind.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;
#[path = "faults/table.rs"]
mod table;

use futures_util::StreamExt;
use skattebro::domain::filing::{FilingEnd, FilingRules, Stage};
use skattebro::http::Deadlines;
use skattebro::ports::fakes::MemorySink;
use skattebro::{Validated, ValidationError};
use skattebro_sandbox::{Delivery, Effect, Fault, FaultRule, ROUTES, RouteMatch, Scenario, What, When};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use support::watched::Step::{self, LastOpp, Start};
use support::{Effects, Play, Setting, assert_came_back_whole, request, seconds};
use table::{DEADLINE, End, RUN, Row, Seen, VARIANTS, rules, table, variant};

#[test]
fn the_table_has_every_fault_at_every_step_once_and_always() {
    let rows = table();
    let mut missing = Vec::new();
    for variant_name in VARIANTS {
        for step in Step::ALL {
            for always in [false, true] {
                let is_there =
                    |row: &Row| (variant(&row.fault), row.step, row.always) == (*variant_name, step, always);
                if !rows.iter().any(is_there) {
                    missing.push((variant_name, step, always));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let names: BTreeSet<_> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "every case has a name of its own");

    let elsewhere = ["ping", "valider", "validertest"];
    let routes: BTreeSet<_> = Step::ALL.map(Step::route).into_iter().chain(elsewhere).collect();
    let others = ["krav-", "altinn-", "maskinporten-", "idporten-"];
    let is_other = |route: &str| others.iter().any(|name| route.starts_with(name)) || route.ends_with("-v2");
    let of_filings = ROUTES.into_iter().filter(|route| !is_other(route));
    assert_eq!(routes, of_filings.collect(), "the workflow uses all routes but these");
}

/// Whether the fault shows only by the time that an answer takes, which is real time.
fn takes_real_time(fault: &Fault) -> bool {
    matches!(fault, Fault::NeverAnswer) || matches!(fault, Fault::SlowDrip(pause) if pause.as_millis() >= 100)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_step_ends_as_the_table_says() {
    let rows: Vec<_> = table().into_iter().filter(|row| !takes_real_time(&row.fault)).collect();
    assert_rows(rows, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_does_not_come_in_time_ends_as_the_table_says() {
    let rows: Vec<_> = table().into_iter().filter(|row| takes_real_time(&row.fault)).collect();
    // They wait rather than work, so many can wait together.
    assert_rows(rows, 10).await;
}

async fn assert_rows(rows: Vec<Row>, at_a_time: usize) {
    let count = rows.len();
    let wrong: Vec<String> = futures_util::stream::iter(rows)
        .map(|row| async move {
            let seen = play(&row).await;
            (seen != row.expected)
                .then(|| format!("{}\n  expected {:?}\n  but saw  {seen:?}", row.name(), row.expected))
        })
        .buffer_unordered(at_a_time)
        .filter_map(|wrong| async { wrong })
        .collect()
        .await;
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

async fn play(row: &Row) -> Seen {
    let scenario = Scenario::ok().runs_for(RUN);
    let play = Play::with(Setting { scenario, deadlines: deadlines(row), ..Setting::default() }).await;
    let rule = match row.always {
        true => FaultRule::always(row.step.route(), row.fault.clone()),
        false => FaultRule::next(row.step.route(), 1, row.fault.clone()),
    };
    play.sandbox.inject(rule);
    if let Fault::ActLate(after) = row.fault
        && matches!(row.step, LastOpp | Start)
    {
        play.clock.expect_late(row.step, vec![after], row.always);
    }
    let sink = Arc::new(MemorySink::default());
    let outcome = play.bridge.validate(request(&sink).rules(rules())).await;
    let effects = play.effects();
    check_log(&row.name(), &effects);
    check_honest(&row.name(), &outcome, &effects, &sink);
    if outcome.is_ok() {
        let last = effects.started().pop().map(|(job, _)| job);
        assert_eq!(last, outcome.as_ref().ok().map(|validated| validated.jobb.to_string()), "{}", row.name());
    }
    let started_at: Vec<u64> = effects.started().iter().map(|(_, at)| at.as_secs()).collect();
    Seen {
        end: end_of(&outcome),
        calls: play.calls.of(row.step).len(),
        uploads: effects.uploads().len(),
        started_at: started_at.leak(),
        aborted: effects.aborted().len(),
    }
}

/// Short ones only where the fault is about time: a busy machine must not add faults of its own.
fn deadlines(row: &Row) -> Deadlines {
    if takes_real_time(&row.fault) { short_deadlines() } else { Deadlines::default() }
}

fn short_deadlines() -> Deadlines {
    let short = Duration::from_millis(300);
    Deadlines { short, upload: short, download: short, silence: short, ..Deadlines::default() }
}

fn end_of(outcome: &Result<Validated, ValidationError>) -> End {
    match outcome {
        Ok(_) => End::ValidertOk,
        Err(ValidationError::Ended { end, .. }) => match **end {
            FilingEnd::GaveUp { stage, .. } => End::GaveUp(stage),
            FilingEnd::Unreadable { stage, .. } => End::Unreadable(stage),
            FilingEnd::Refused { stage, .. } => End::Refused(stage),
            _ => End::Other,
        },
        Err(_) => End::Other,
    }
}

/// What holds of every log, however the filing went: references are used after they were given; a job is aborted by the one started
/// after it; and we never abort a job of ours by a start sent within the time in which the first one could still act.
fn check_log(name: &str, effects: &Effects) {
    let mut references = BTreeSet::new();
    let mut started: Vec<(&str, &Effect)> = Vec::new();
    let mut aborted = BTreeSet::new();
    for effect in &effects.0 {
        match &effect.what {
            What::UploadStored { referanse } => {
                references.insert(referanse.as_str());
            }
            What::JobStarted { jobb_id, referanse } => {
                assert!(references.contains(referanse.as_str()), "{name}: {effects:#?}");
                started.push((jobb_id, effect));
            }
            What::JobAborted { jobb_id, newer } => {
                assert!(aborted.insert(jobb_id.as_str()), "{name}: aborted twice: {effects:#?}");
                let (last, by) = *started.last().expect("started before");
                assert_eq!(last, newer, "{name}");
                let (_, first) = *started.iter().find(|(job, _)| job == jobb_id).expect("started before");
                let both_as_sent = (first.delivery, by.delivery) == (Delivery::Normal, Delivery::Normal);
                assert!(!both_as_sent || by.at - first.at >= seconds(120), "{name}: too soon: {effects:#?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// What is told of the filing is so.
fn check_honest(
    name: &str,
    outcome: &Result<Validated, ValidationError>,
    effects: &Effects,
    sink: &MemorySink,
) {
    let jobs: Vec<_> = effects.started().into_iter().map(|(job, _)| job).collect();
    match outcome {
        Ok(validated) => {
            assert!(validated.outcome.is_ok(), "{name}");
            assert!(jobs.contains(&validated.jobb.to_string()), "{name}");
            assert!(!effects.aborted().contains(&validated.jobb.to_string()), "{name}");
            let referanse = validated.referanse.as_ref().map(ToString::to_string);
            let used = effects.used()
                [jobs.iter().position(|job| *job == validated.jobb.to_string()).unwrap()]
            .clone();
            assert_eq!(referanse, Some(used), "{name}");
            assert_came_back_whole(sink);
        }
        Err(error) => {
            let text = error.to_string();
            // A job that may still run, and an upload that can be used again, are named: in the error and in its text.
            if matches!(end_of(outcome), End::GaveUp(s) | End::Unreadable(s) | End::Refused(s) if matches!(s, Stage::Job | Stage::Resultat))
            {
                let job = error.jobb().unwrap_or_else(|| panic!("{name}: no job in: {text}")).to_string();
                assert_eq!(Some(&job), jobs.last(), "{name}");
                assert!(text.contains(&job), "{name}: {text}");
                let done =
                    matches!(end_of(outcome), End::GaveUp(Stage::Resultat) | End::Refused(Stage::Resultat));
                assert_eq!(text.contains("is done at Skatteetaten"), done, "{name}: {text}");
            }
            if let ValidationError::Ended { referanse: Some(referanse), .. } = error {
                assert!(effects.uploads().contains(&referanse.to_string()), "{name}");
                assert!(text.contains(referanse.as_str()), "{name}: {text}");
            }
            let effects = ["othing changed", "Nothing was sent", "is not known", "The service acted"];
            let unharmed = matches!(end_of(outcome), End::GaveUp(Stage::Job)) && !text.contains("failure");
            assert!(unharmed || effects.iter().any(|said| text.contains(said)), "{name}: {text}");
            assert!(!text.contains("hemmelig") && !text.contains("127.0.0.1"), "{name}: {text}");
        }
    }
}

/// Starts that act at any later time, some long after the job that replaced them was started, or ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_that_act_at_any_time_cost_restarts_but_not_the_outcome() {
    let seeds = futures_util::stream::iter(0..30u64);
    seeds
        .map(|seed| async move {
            let mut dice = Dice(seed);
            let late: Vec<_> = (0..=dice.below(3)).map(|_| seconds(1 + dice.below(30 * 60))).collect();
            let name = format!("seed {seed}, starts late by {late:?}");
            println!("{name}");
            let play = Play::new().await;
            for after in &late {
                play.sandbox.inject(FaultRule::next("start", 1, Fault::ActLate(*after)));
            }
            play.clock.expect_late(Start, late.clone(), false);
            let sink = Arc::new(MemorySink::default());
            let outcome = play.bridge.validate(request(&sink)).await;
            let effects = play.effects();
            check_log(&name, &effects);
            check_honest(&name, &outcome, &effects, &sink);
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
            // Each late one costs itself, and at most one job that it aborts.
            let starts = play.calls.of(Start).len();
            assert!(starts <= 1 + 2 * late.len(), "{name}: {starts} starts");
        })
        .buffer_unordered(4)
        .collect::<()>()
        .await;
}

/// All faults at once, each with a small chance at every call. Late actions apart, which have their own test: here nobody could know
/// when to wait for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_mixture_of_faults_ends_well_or_in_an_honest_error() {
    let ends: Vec<End> = futures_util::stream::iter(0..30u64)
        .map(|seed| async move {
            let chance = [0.005, 0.02, 0.06][(seed % 3) as usize];
            let name = format!("seed {seed}, chance {chance}");
            let deadlines = short_deadlines();
            let play = Play::with(Setting { seed, deadlines, ..Setting::default() }).await;
            for fault in mixture() {
                let when = When::Probability(chance);
                play.sandbox.inject(FaultRule { route: RouteMatch::Any, when, fault });
            }
            let sink = Arc::new(MemorySink::default());
            let rules = FilingRules { deadline: 2 * DEADLINE, ..FilingRules::default() };
            let outcome = play.bridge.validate(request(&sink).rules(rules)).await;
            println!("{name}: {:?}, {:?}", end_of(&outcome), play.effects().counts());
            let effects = play.effects();
            check_log(&name, &effects);
            check_honest(&name, &outcome, &effects, &sink);
            let end = end_of(&outcome);
            // Nothing here refuses, and there is no other client: an end that says so would not be honest.
            assert!(!matches!(end, End::Refused(_) | End::Other), "{name}: {outcome:?}");
            end
        })
        .buffer_unordered(4)
        .collect()
        .await;
    let well = ends.iter().filter(|end| **end == End::ValidertOk).count();
    assert!(well >= 25, "a filing survives nearly all of this, but only {well} of 30 did: {ends:?}");
}

/// One of each variant that can strike at any call.
fn mixture() -> Vec<Fault> {
    let ms = Duration::from_millis;
    vec![
        Fault::Latency(ms(2)),
        Fault::TooManyRequests { retry_after: Some(seconds(3)) },
        Fault::ErrorBefore(503),
        Fault::ErrorAfter(500),
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Twice,
        Fault::TruncatedBody,
        Fault::SlowDrip(ms(1)),
        Fault::HtmlInsteadOfJson,
        Fault::HtmlError(502),
        Fault::EmptyOk,
        Fault::NeverAnswer,
    ]
}

#[test]
fn the_mixture_has_every_fault_but_the_late_one() {
    let here: BTreeSet<_> = mixture().iter().map(variant).chain(["act late"]).collect();
    assert_eq!(here, VARIANTS.iter().copied().collect());
}

/// Splitmix64: the same numbers for a seed on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}
