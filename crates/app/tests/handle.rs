//! What one can do with a validation under way: cancel it, let go of it, listen to it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro::domain::JobbStatus;
use skattebro::domain::filing::FilingEnd;
use skattebro::domain::flow::WaitingFor;
use skattebro::{Event, ValidationError};
use skattebro_sandbox::{Fault, FaultRule, Scenario};
use support::watched::Step;
use support::{Play, all, assert_came_back_whole, end_of, request, seconds, sink, soon, statuses};

// ---- cancelling

/// Cancels just before the first call of `step` goes out.
async fn cancelled_at(step: Step, nr: usize) -> (Play, ValidationError) {
    let play = Play::new().await;
    let validating = play.bridge.validate(request(&sink()));
    play.calls.before(step, nr, validating.canceller());
    // The task runs only from here on: this test has one thread.
    let error = validating.await.unwrap_err();
    (play, error)
}

fn assert_cancelled(error: ValidationError, job: Option<&str>) {
    assert_eq!(error.jobb().map(|jobb| jobb.as_str()), job);
    let text = error.to_string();
    assert!(job.is_none_or(|job| text.contains(job)) && text.contains("as you asked"), "{text}");
    assert!(matches!(end_of(Err(error)), FilingEnd::Cancelled { .. }));
}

#[tokio::test]
async fn cancelled_before_it_begins_it_sends_nothing() {
    let play = Play::new().await;
    let validating = play.bridge.validate(request(&sink()));
    validating.cancel();
    assert_cancelled(validating.await.unwrap_err(), None);
    assert_eq!((play.calls.count(), play.effects().counts()), (0, (0, 0, 0)));
}

#[tokio::test]
async fn cancelled_at_the_first_look_it_uploads_nothing() {
    let (play, error) = cancelled_at(Step::Gjeldende, 1).await;
    assert_cancelled(error, None);
    assert_eq!((play.calls.count(), play.effects().counts()), (1, (0, 0, 0)));
}

#[tokio::test]
async fn cancelled_in_an_upload_it_breaks_that_off() {
    let play = Play::new().await;
    play.sandbox.inject(FaultRule::always("last-opp", Fault::NeverAnswer));
    let validating = play.bridge.validate(request(&sink()));
    let cancel = validating.canceller();
    let calls = play.calls.clone();
    tokio::spawn(async move {
        soon("the upload", || !calls.of(Step::LastOpp).is_empty()).await;
        cancel();
    });
    assert_cancelled(validating.await.unwrap_err(), None);
    assert!(play.calls.of(Step::Start).is_empty());
}

#[tokio::test]
async fn cancelled_in_a_start_it_learns_which_job_that_started() {
    let (play, error) = cancelled_at(Step::Start, 1).await;
    let job = play.effects().started()[0].0.clone();
    assert_cancelled(error, Some(&job));
    assert!(play.calls.of(Step::Status).is_empty());
}

#[tokio::test]
async fn cancelled_at_a_look_at_the_job_it_names_the_job() {
    let (play, error) = cancelled_at(Step::Status, 3).await;
    let job = play.effects().started()[0].0.clone();
    assert_cancelled(error, Some(&job));
    assert_eq!(play.calls.of(Step::Status).len(), 3);
}

#[tokio::test]
async fn cancelled_at_the_result_it_names_the_job() {
    let (play, error) = cancelled_at(Step::Resultat, 1).await;
    let job = play.effects().started()[0].0.clone();
    assert_cancelled(error, Some(&job));
}

#[tokio::test]
async fn cancelled_while_it_waits_it_looks_no_more() {
    let play = Play::new().await;
    let validating = play.bridge.validate(request(&sink()));
    let cancel = validating.canceller();
    play.clock.at(seconds(400), async move { cancel() });
    assert_cancelled(validating.await.unwrap_err(), Some(&play.effects().started()[0].0));
    assert!(play.calls.of(Step::Status).iter().all(|at| *at <= seconds(400)));
}

#[tokio::test]
async fn cancelled_while_a_lost_start_may_still_act_it_starts_no_other() {
    let play = Play::new().await;
    play.sandbox.inject(FaultRule::next("start", 1, Fault::DropAfter));
    let validating = play.bridge.validate(request(&sink()));
    let cancel = validating.canceller();
    play.clock.at(seconds(60), async move { cancel() });
    assert_cancelled(validating.await.unwrap_err(), None);
    assert_eq!(play.effects().counts(), (1, 1, 0));
}

// ---- handles and events

#[tokio::test]
async fn a_handle_that_is_dropped_detaches() {
    let (play, sink) = (Play::new().await, sink());
    let mut validating = play.bridge.validate(request(&sink));
    let events = validating.events();
    drop(validating);
    // Over when the filing is, which nobody holds any more.
    let events = all(events).await;
    assert!(statuses(&events).ends_with(&["FERDIG".to_owned()]));
    assert_eq!(play.effects().counts(), (1, 1, 0));
    assert_came_back_whole(&sink);
}

#[tokio::test]
async fn events_come_in_order_and_end_with_the_filing_though_the_handle_is_kept() {
    let play = Play::new().await;
    let mut validating = play.bridge.validate(request(&sink()));
    let events = all(validating.events()).await;
    let place = |what: &str, found: fn(&Event) -> bool| {
        events.iter().position(found).unwrap_or_else(|| panic!("no {what} in {events:#?}"))
    };
    let order = [
        place("check", |e| matches!(e, Event::Checked { .. })),
        place("return in force", |e| matches!(e, Event::Gjeldende(_))),
        place("upload", |e| matches!(e, Event::Uploading { .. })),
        place("reference", |e| matches!(e, Event::Uploaded(_))),
        place("job", |e| matches!(e, Event::Started(_))),
        place("wait", |e| matches!(e, Event::Waiting(_, WaitingFor::Job))),
        place("look", |e| matches!(e, Event::Job(..))),
        place("result", |e| matches!(e, Event::Receiving { .. })),
    ];
    assert!(order.is_sorted(), "{order:?} in {events:#?}");
    assert_eq!(order[0], 0);
    let seen = statuses(&events);
    assert_eq!(seen, ["NY", "KJOERER", "FERDIG"]);
    assert!(!events.iter().any(|event| matches!(event, Event::Trouble(_))));
    // Bytes that are sent are the upload's alone, and what is received is the result.
    let of: Vec<_> = events
        .iter()
        .filter_map(|e| if let Event::Uploading { of, .. } = e { Some(*of) } else { None })
        .collect();
    let Event::Checked { packed: Some(packed), .. } = &events[0] else { panic!() };
    let packed_bytes = packed.packed_bytes;
    assert!(of.iter().all(|of| (packed_bytes..packed_bytes + 1000).contains(of)), "{of:?}, {packed_bytes}");
    let done = events.iter().rposition(|event| matches!(event, Event::Job(..))).unwrap();
    assert!(order[7] > done, "received before the job was done: {events:#?}");

    assert_eq!(all(validating.events()).await, [], "over");
    assert!(validating.await.unwrap().outcome.is_ok());
}

#[tokio::test]
async fn failures_on_the_way_are_told() {
    let play = Play::new().await;
    play.sandbox.inject(FaultRule::next("start", 1, Fault::ErrorAfter(500)));
    let mut validating = play.bridge.validate(request(&sink()));
    let events = tokio::spawn(all(validating.events()));
    validating.await.unwrap();
    let events = events.await.unwrap();
    let trouble =
        events.iter().position(|e| matches!(e, Event::Trouble(why) if why.contains("DAS-001"))).unwrap();
    let wait = events.iter().position(|e| matches!(e, Event::Waiting(_, WaitingFor::LateAction))).unwrap();
    assert!(trouble < wait, "first why, then how long");
}

#[tokio::test]
async fn nobody_who_listens_slowly_holds_it_up() {
    let play = Play::of(Scenario::ok().runs_for(seconds(5 * 3600))).await;
    let mut validating = play.bridge.validate(request(&sink()));
    let events = validating.events();
    let jobb = (&mut validating).await.unwrap().jobb;
    let events = all(events).await;
    assert!(events.len() <= 256, "{}", events.len());
    assert!(!events.iter().any(|event| matches!(event, Event::Checked { .. })), "the oldest are gone");
    let last = events
        .iter()
        .rev()
        .find_map(|e| if let Event::Job(id, tilstand) = e { Some((id, tilstand)) } else { None });
    let (id, tilstand) = last.unwrap();
    assert_eq!((id, &tilstand.jobb_status), (&jobb, &JobbStatus::Ferdig), "the newest are there");
}
