//! The creation: done, lost, refused, there before.

use super::driver::*;
use crate::flow::{Effect, ErrorKind, Retry, Step, WaitingFor};
use crate::krav::machine::{Ask, Confirmation, Fact, OperationEnd, Proof, Read, Standing};
use crate::krav::{Edition, Mottaksstatus, slugs};
use std::time::Duration;

/// The creation was lost, then "exists already", and the krav is booked: what comes next is the reconciliation.
fn found_after_a_lost_answer() -> Driver {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.answer(exists_already());
    assert_eq!(d.answer(status(Mottaksstatus::Reskontrofoert)), Step::Read(Read::Mottaksstatus(ours())));
    d
}

#[test]
fn a_201_is_the_end_of_the_creation_and_the_krav_is_followed_until_it_is_booked() {
    let mut d = Driver::creating(Edition::V1);
    assert_eq!(d.standing(), Standing::NotSent);
    assert_eq!(d.answer(created()), opprett());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
    assert_eq!(d.standing(), Standing::Received, "a 201 is no more than a receipt");
    for news in [Mottaksstatus::MottattIkkeBehandlet, Mottaksstatus::Ukjent("NOE_NYTT".into())] {
        assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Booking)));
        assert_eq!(d.answer(status(news)), Step::Read(Read::Mottaksstatus(theirs())));
    }
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.standing(), Standing::InForce(Confirmation::Booked));
    assert_eq!(d.next(), Step::End);
}

#[test]
fn a_lost_creation_is_sent_again() {
    let mut d = Driver::creating(Edition::V1);
    for _ in 0..7 {
        assert_eq!(d.answer(lost()), opprett());
        assert_eq!(d.standing(), Standing::Sent);
    }
    d.answer(created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
}

#[test]
fn a_krav_that_exists_after_a_lost_answer_is_ours_if_it_reads_back_the_same() {
    let mut d = found_after_a_lost_answer();
    assert_eq!(d.end(0), None, "that it exists does not make it ours");
    let step = d.answer(reconciliation(received(&oppdrag(), d.now)));
    assert_eq!(step, Step::Read(Read::Avstemming(theirs())));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::ReadBack)));
    assert_eq!(d.standing(), Standing::InForce(Confirmation::Booked));
    assert_eq!(d.next(), Step::End);
}

#[test]
fn a_krav_that_exists_after_a_lost_answer_with_other_content_is_a_collision() {
    let mut d = found_after_a_lost_answer();
    let mut another = (*another_oppdrag()).clone();
    another.skyldner.identifikator = "01019012345".into();
    d.answer(reconciliation(received(&another, d.now)));
    let Some(OperationEnd::Refused { rule, message }) = d.end(0) else { panic!("{:?}", d.end(0)) };
    assert_eq!(rule, slugs::EXISTS_ALREADY);
    assert!(message.contains("hovedstol") && message.contains("skyldner"), "{message}");
    assert!(!message.contains("12345") && !message.contains("18960"), "{message}");
    assert_eq!((d.standing(), d.next()), (Standing::Refused, Step::End));
}

#[test]
fn a_krav_with_the_same_content_that_was_received_before_we_began_was_there_already() {
    let before = start() - Duration::from_secs(3600);
    let there = OperationEnd::Done(Proof::AlreadyThere { received: before.to_string() });
    let mut d = found_after_a_lost_answer();
    d.answer(reconciliation(received(&oppdrag(), before)));
    assert_eq!(d.end(0), Some(&there));

    let mut d = Driver::creating(Edition::V1);
    d.answer(exists_already());
    d.answer(status_since(Mottaksstatus::Reskontrofoert, before));
    d.answer(reconciliation(received(&oppdrag(), before)));
    assert_eq!(d.end(0), Some(&there), "the same where no answer was lost");
}

/// The service's clock may be behind ours: what was received a minute before we began, by its clock, may be ours.
#[test]
fn clocks_differ_by_minutes() {
    let mut d = found_after_a_lost_answer();
    d.answer(reconciliation(received(&oppdrag(), start() - Duration::from_secs(60))));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::ReadBack)));
}

#[test]
fn a_krav_that_exists_on_the_first_request_with_other_content_is_a_collision() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(exists_already());
    d.answer(status(Mottaksstatus::Reskontrofoert));
    d.answer(reconciliation(received(&another_oppdrag(), start() - Duration::from_secs(3600))));
    assert_eq!(d.refused_by(0), Some(slugs::EXISTS_ALREADY));
}

#[test]
fn reading_back_waits_until_the_krav_is_booked_and_is_not_hurried_by_an_absence() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.answer(exists_already());
    assert_eq!(d.answer(Fact::NotThere), Step::Read(Read::Mottaksstatus(ours())));
    assert_eq!(d.end(0), None, "one half of the service knows it, the other not yet");
    d.answer(status(Mottaksstatus::MottattUnderBehandling));
    let step = d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(step, Step::Read(Read::Mottaksstatus(theirs())));
    assert_eq!(d.answer(Fact::Avstemming(None)), Step::Read(Read::Avstemming(theirs())));
    assert!(matches!(d.next(), Step::Wait(..)), "not there yet: later again");
    d.answer(reconciliation(received(&oppdrag(), d.now)));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::ReadBack)));
}

#[test]
fn a_rejected_krav_ends_the_wait_and_tells_why() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.answer(exists_already());
    d.answer(status_since(Mottaksstatus::Valideringsfeil, d.now));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::FoundById)));
    let step = d.answer(Fact::Valideringsfeil(dead()));
    assert_eq!(step, Step::Read(Read::Valideringsfeil(theirs())));
    assert_eq!((d.standing(), d.next()), (Standing::Rejected(dead()), Step::End));
}

#[test]
fn what_is_never_reconciled_is_refused_if_it_was_there_before_and_unproven_if_not() {
    for never in [Mottaksstatus::Migrert, Mottaksstatus::SkalIkkeReskontrofoeres] {
        let mut d = Driver::creating(Edition::V1);
        d.answer(lost());
        d.answer(exists_already());
        d.answer(status_since(never.clone(), d.now));
        assert!(d.is_unproven(0), "{:?}", d.end(0));
        assert_eq!(d.next(), Step::End);

        let mut d = Driver::creating(Edition::V1);
        d.answer(lost());
        d.answer(exists_already());
        d.answer(status_since(never, start() - Duration::from_secs(3600)));
        assert_eq!(d.refused_by(0), Some(slugs::EXISTS_ALREADY));
    }
}

#[test]
fn a_rejected_krav_of_another_day_is_not_ours() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(exists_already());
    d.answer(status_since(Mottaksstatus::Valideringsfeil, start() - Duration::from_secs(3600)));
    assert_eq!(d.refused_by(0), Some(slugs::EXISTS_ALREADY));
}

#[test]
fn without_an_own_id_a_lost_creation_is_unproven_and_never_sent_again() {
    for fact in [lost(), strange()] {
        let mut d = Driver::creating_without_id();
        d.answer(fact);
        assert!(d.is_unproven(0), "{:?}", d.end(0));
        assert_eq!((d.standing(), d.next()), (Standing::Unproven, Step::End));
        d.pass(10_000);
        assert_eq!(d.next(), Step::End);
    }
}

/// A process that died between sending and hearing: the one that resumes knows no more than that it was begun.
#[test]
fn without_an_own_id_a_creation_that_was_begun_is_never_sent_again() {
    let mut d = Driver::creating_without_id();
    d.begin();
    for _ in 0..200 {
        match d.next() {
            Step::Wait(until, _) => d.now = until,
            Step::Act(_) => panic!("sent again after {} s, and that may be the second krav", d.age()),
            Step::Read(_) => panic!("there is nothing to look it up by"),
            Step::Person(_) | Step::End => break,
        }
    }
    d.learn(d.n, created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)), "an answer that comes after all");
}

#[test]
fn without_an_own_id_what_surely_did_nothing_is_sent_again() {
    let mut d = Driver::creating_without_id();
    let creation = d.answer(not_connected());
    assert_eq!(d.answer(too_many(3)), creation);
    assert_eq!(d.answer(created()), creation);
    assert!(d.end(0).unwrap().is_done());
}

#[test]
fn a_refusal_ends_it() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(refused(A_RULE));
    assert_eq!(d.refused_by(0), Some(A_RULE));
    assert_eq!((d.standing(), d.next()), (Standing::Refused, Step::End));
}

#[test]
fn a_refusal_after_a_lost_answer_is_believed_only_after_a_look_when_nothing_can_act_any_more() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    let lost_at = d.now;
    d.answer(refused(A_RULE));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)), "{:?}", d.next());
    assert_eq!(d.answer(Fact::NotThere), Step::Read(Read::Mottaksstatus(ours())));
    assert_eq!(d.now.duration_since(lost_at).as_secs(), 120);
    assert_eq!(d.refused_by(0), Some(A_RULE));
}

#[test]
fn a_refusal_after_a_lost_answer_that_acted_is_no_refusal() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.answer(refused(A_RULE));
    d.answer(status(Mottaksstatus::MottattUnderBehandling));
    assert_eq!(d.end(0), None);
    d.answer(status(Mottaksstatus::Reskontrofoert));
    d.answer(reconciliation(received(&oppdrag(), start())));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::ReadBack)));
}

#[test]
fn answers_that_nobody_understands_are_tried_a_few_times_and_then_looked_into() {
    let mut d = Driver::creating(Edition::V1);
    for _ in 0..5 {
        assert_eq!(d.answer(strange()), opprett());
    }
    assert_eq!(d.answer(Fact::NotThere), Step::Read(Read::Mottaksstatus(ours())));
    assert_eq!(d.refused_by(0), Some("unreadable-answer"));
}

#[test]
fn too_many_calls_waits_as_long_as_it_says_and_sends_the_same_again() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(too_many(17));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Service)));
    assert_eq!(d.wait(), opprett());
    assert_eq!(d.age(), 17);
}

#[test]
fn no_connection_five_times_is_not_done() {
    let mut d = Driver::creating(Edition::V1);
    for _ in 0..5 {
        assert_eq!(d.end(0), None);
        assert_eq!(d.answer(not_connected()), opprett());
    }
    assert!(d.is_not_done(0), "{:?}", d.end(0));
    assert_eq!((d.standing(), d.next()), (Standing::NotSent, Step::End));
    assert!(d.age() < 60);
}

#[test]
fn no_connection_once_after_busy_answers_is_not_the_end() {
    let mut d = Driver::creating(Edition::V1);
    for _ in 0..4 {
        d.answer(too_many(1));
    }
    d.answer(not_connected());
    assert_eq!(d.end(0), None, "five times in a row nothing could be sent is the rule, and this is once");
}

#[test]
fn no_connection_after_a_lost_answer_is_never_called_not_done() {
    for nothing in [not_connected(), turned_away(ErrorKind::Unauthorized, "DAS-008".parse().unwrap())] {
        let mut d = Driver::creating(Edition::V1);
        d.answer(lost());
        for _ in 0..8 {
            d.answer(nothing.clone());
            assert_eq!(d.end(0), None);
        }
        d.answer(created());
        assert!(d.end(0).unwrap().is_done());
    }
}

#[test]
fn who_has_no_access_has_not_done_it() {
    for kind in [ErrorKind::Unauthorized, ErrorKind::Forbidden] {
        let mut d = Driver::creating(Edition::V1);
        d.answer(turned_away(kind, "DAS-008".parse().unwrap()));
        assert!(d.is_not_done(0), "{kind:?}: {:?}", d.end(0));
        assert_eq!(d.next(), Step::End);
    }
}

/// A 201 that cannot be read: what it did is known, only the id is not.
#[test]
fn an_answer_that_says_done_and_cannot_be_read_is_never_called_refused_or_not_done() {
    let unreadable = || Fact::Failed(failure(ErrorKind::Unreadable, Effect::Done, Retry::AFewTimes));
    for then in [refused(A_RULE), turned_away(ErrorKind::Unauthorized, "DAS-008".parse().unwrap())] {
        let mut d = Driver::creating(Edition::V1);
        d.answer(unreadable());
        assert_eq!(d.answer(then), opprett());
        assert!(d.refused_by(0).is_none() && !d.is_not_done(0), "{:?}", d.end(0));
    }
    let mut d = Driver::creating(Edition::V1);
    d.answer(unreadable());
    d.ask(Ask::Stop);
    assert!(d.is_unproven(0), "{:?}", d.end(0));
}
