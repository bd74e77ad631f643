//! Facts that come late, doubled and out of order.

use super::driver::*;
use crate::flow::{AttemptNo, Flow, Step};
use crate::krav::machine::{Ask, Fact, OperationEnd, Proof, Standing};
use crate::krav::{Avstemming, Edition, Mottaksstatus};

#[test]
fn an_answer_that_comes_after_it_was_called_unproven_makes_it_done() {
    let mut d = Driver::creating_without_id();
    d.answer(lost());
    assert!(d.is_unproven(0));
    d.pass(100_000);
    d.learn(d.n, created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
    assert_eq!(d.krav.kravidentifikator().map(|id| id.as_str()), Some(THEIRS));
}

#[test]
fn an_answer_that_comes_after_it_was_called_refused_makes_it_done() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    let lost = d.n;
    d.answer(refused(A_RULE));
    d.answer(Fact::NotThere);
    assert_eq!(d.refused_by(0), Some(A_RULE));
    d.learn(lost, created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
    assert_eq!(d.standing(), Standing::Received);
}

#[test]
fn a_failure_that_comes_after_the_answer_tells_nothing() {
    for late in [lost(), refused(A_RULE), not_connected(), exists_already()] {
        let mut d = Driver::creating(Edition::V1);
        d.answer(created());
        let before = d.krav.clone();
        d.learn(AttemptNo(1), late);
        assert_eq!(d.krav, before);
    }
}

#[test]
fn what_comes_twice_ends_nothing_twice() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400)));
    d.answer(created());
    d.learn(d.n, created());
    d.answer(status(Mottaksstatus::Reskontrofoert));
    d.answer(accepted());
    d.learn(d.n, accepted());
    d.learn(AttemptNo(1), created());
    assert_eq!(d.krav.operations().len(), 2);
    assert!((0..2).all(|operation| d.end(operation) == Some(&OperationEnd::Done(Proof::Answered))));
    assert_eq!(d.next(), Step::End);
}

#[test]
fn one_failure_that_is_told_many_times_is_one_failure() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(not_connected());
    for _ in 0..10 {
        d.learn(d.n, not_connected());
    }
    assert_eq!(d.end(0), None, "it was tried once");
}

#[test]
fn a_late_answer_to_one_change_is_no_answer_to_the_next() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
    d.answer(lost());
    let lost = d.n;
    d.answer(accepted());
    d.learn(lost, accepted());
    assert_eq!(d.end(2), None);
    assert_eq!(d.wait(), endre(300));
}

#[test]
fn an_older_status_does_not_undo_a_newer_one() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(created());
    d.answer(status(Mottaksstatus::MottattUnderBehandling));
    let older = d.n;
    d.answer(status(Mottaksstatus::Reskontrofoert));
    d.learn(older, status(Mottaksstatus::MottattUnderBehandling));
    assert_eq!((d.standing().as_str(), d.next()), ("in-force", Step::End));
}

/// The list was read once, early, and is told again when the settle time has passed: nobody has looked since.
#[test]
fn an_empty_list_that_is_told_again_late_confirms_nothing() {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(created());
    d.look_fails(look_refused(crate::flow::ErrorKind::NotFound, "DAS-002"));
    d.answer(no_errors());
    d.pass(1000);
    d.learn(d.n, no_errors());
    assert_eq!(d.standing(), Standing::Received);
}

/// A reconciliation from before a change was sent says nothing about that change.
#[test]
fn an_old_reconciliation_that_is_told_again_settles_no_newer_change() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    let endringer = vec![receipt(hovedstol(400), start())];
    let read =
        || reconciliation(Avstemming { endringer: endringer.clone(), ..received(&oppdrag(), start()) });
    d.answer(read());
    let old = d.n;
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::ReadBack)));
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    d.learn(old, read());
    assert_eq!(d.end(2), None, "it was read before this change went out");
}

/// A frozen process wakes up and tells what its request, the first, was answered.
#[test]
fn the_first_of_two_requests_may_be_answered_last() {
    let two_requests = || {
        let mut d = Driver::creating(Edition::V1);
        d.begin();
        d.pass(30);
        d.begin();
        d
    };
    let (first, second) = (AttemptNo(1), AttemptNo(2));

    let mut d = two_requests();
    d.learn(second, exists_already());
    d.learn(first, created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));

    let mut d = two_requests();
    d.learn(second, refused(A_RULE));
    assert_eq!(d.end(0), None, "the first may have acted");
    d.learn(first, refused(A_RULE));
    assert_eq!(d.refused_by(0), Some(A_RULE), "both were refused, nothing is left to look for");

    let mut d = two_requests();
    d.learn(second, created());
    d.learn(first, exists_already());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
}

#[test]
fn facts_about_requests_that_were_never_begun_change_no_operation() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400)));
    let operations = d.krav.operations().to_vec();
    for fact in [created(), accepted(), lost(), refused(A_RULE)] {
        d.learn(AttemptNo(99), fact);
    }
    assert_eq!(d.krav.operations(), operations);
    assert_eq!(d.wait(), endre(400));
}

#[test]
fn what_it_was_told_is_all_it_is() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.answer(exists_already());
    let mut told = Driver::creating(Edition::V1);
    let super::driver::Driver { krav, .. } = &mut told;
    let Step::Act(act) = opprett() else { panic!() };
    krav.begun(AttemptNo(1), &act, start(), start());
    krav.learned(AttemptNo(1), lost(), start());
    krav.begun(AttemptNo(2), &act, d.now, d.now);
    krav.learned(AttemptNo(2), exists_already(), d.now);
    assert_eq!(*krav, d.krav);
}
