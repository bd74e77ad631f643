//! What the edition of 2023 makes harder: no reconciliation, perhaps no mottaksstatus, perhaps no way to ask by our own id.

use super::driver::*;
use crate::flow::{Effect, ErrorKind, Flow, Retry, Step, WaitingFor};
use crate::krav::machine::{Ask, Confirmation, Fact, OperationEnd, Proof, Read, Standing};
use crate::krav::{Ability, Edition, Mottaksstatus, slugs};
use std::time::Duration;

/// The environment has no mottaksstatus, and says so.
fn no_such_endpoint() -> crate::flow::Failure {
    look_refused(ErrorKind::NotFound, "DAS-002")
}

/// Created, in an environment without mottaksstatus.
fn created_without_mottaksstatus() -> Driver {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(created());
    assert_eq!(d.look_fails(no_such_endpoint()), Read::Mottaksstatus(theirs()));
    d
}

/// Sent, lost, and then "exists already".
fn exists_after_a_lost_answer() -> Driver {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(lost());
    d.answer(exists_already());
    d
}

#[test]
fn where_there_is_a_mottaksstatus_it_is_used() {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(created());
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.krav.capabilities().mottaksstatus, Ability::Yes);
    assert_eq!((d.standing(), d.next()), (Standing::InForce(Confirmation::Booked), Step::End));
}

#[test]
fn that_there_is_no_mottaksstatus_is_learned_once() {
    let mut d = created_without_mottaksstatus();
    assert_eq!(d.krav.capabilities().mottaksstatus, Ability::No);
    while d.next() != Step::End {
        assert_eq!(d.answer(no_errors()), Step::Read(Read::Valideringsfeil(theirs())));
    }
    assert_eq!(d.standing(), Standing::InForce(Confirmation::SettleTime));
}

#[test]
fn a_404_of_a_gateway_is_believed_the_third_time() {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(created());
    let without_a_word = || failure(ErrorKind::NotFound, Effect::Unknown, Retry::AfterChange);
    for _ in 0..2 {
        d.look_fails(without_a_word());
        assert_eq!(d.krav.capabilities().mottaksstatus, Ability::Perhaps);
    }
    d.look_fails(without_a_word());
    assert_eq!(d.krav.capabilities().mottaksstatus, Ability::No);
    assert_eq!(d.answer(no_errors()), Step::Read(Read::Valideringsfeil(theirs())));
}

#[test]
fn an_empty_list_confirms_only_when_it_is_read_late_enough() {
    let mut d = created_without_mottaksstatus();
    let created_at = start();
    loop {
        assert_eq!(d.standing(), Standing::Received, "after {} s", d.age());
        assert!(d.now <= created_at + Duration::from_secs(180));
        d.answer(no_errors());
        if d.next() == Step::End {
            break;
        }
        assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Settling)));
    }
    assert_eq!(d.age(), 180, "no later than needed");
    assert_eq!(d.standing(), Standing::InForce(Confirmation::SettleTime));
}

#[test]
fn the_settle_time_counts_from_when_a_lost_creation_can_no_longer_act() {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(lost());
    let lost_at = d.now;
    d.answer(created());
    d.look_fails(no_such_endpoint());
    while d.next() != Step::End {
        assert_eq!(d.standing(), Standing::Received);
        d.answer(no_errors());
    }
    assert_eq!(d.now.duration_since(lost_at).as_secs(), 120 + 180);
}

#[test]
fn an_error_in_the_list_rejects_it_at_any_time() {
    let mut d = created_without_mottaksstatus();
    d.answer(no_errors());
    d.answer(Fact::Valideringsfeil(dead()));
    assert_eq!((d.standing(), d.next()), (Standing::Rejected(dead()), Step::End));
}

#[test]
fn an_accepted_change_confirms_it_before_the_settle_time() {
    for (ask, standing) in [
        (Ask::Endre(hovedstol(400)), Standing::InForce(Confirmation::ChangeAccepted)),
        (Ask::Avskriv, Standing::WrittenOff),
    ] {
        let mut d = created_without_mottaksstatus().asking(ask);
        assert!(matches!(d.answer(not_booked()), Step::Act(_)), "it can only be tried");
        assert_eq!(d.answer(no_errors()), Step::Read(Read::Valideringsfeil(theirs())));
        d.answer(accepted());
        assert!(d.age() < 60);
        assert_eq!((d.standing(), d.next()), (standing, Step::End));
    }
}

#[test]
fn a_rejection_shows_in_the_look_after_not_booked() {
    let mut d = created_without_mottaksstatus().asking(Ask::Endre(hovedstol(400)));
    d.answer(not_booked());
    d.answer(Fact::Valideringsfeil(dead()));
    assert!(matches!(d.end(1), Some(OperationEnd::Moot(_))));
    assert_eq!(d.next(), Step::End);
}

#[test]
fn exists_already_after_a_lost_answer_is_found_by_our_id_where_that_works() {
    let mut d = exists_after_a_lost_answer();
    let step = d.answer(status_since(Mottaksstatus::MottattUnderBehandling, d.now));
    assert_eq!(step, Step::Read(Read::Mottaksstatus(ours())));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::FoundById)));
    assert_eq!(d.answer(status(Mottaksstatus::Reskontrofoert)), Step::Read(Read::Mottaksstatus(theirs())));
    assert_eq!(d.next(), Step::End);
}

#[test]
fn exists_already_of_another_day_is_refused_where_the_status_tells_its_age() {
    let mut d = exists_after_a_lost_answer();
    d.answer(status_since(Mottaksstatus::Reskontrofoert, start() - Duration::from_secs(3600)));
    assert_eq!(d.refused_by(0), Some(slugs::EXISTS_ALREADY));
}

/// Nothing was lost: only a request that was delivered twice can explain a krav of ours, and then it is new.
#[test]
fn exists_already_on_the_first_request_is_ours_only_if_it_is_surely_new() {
    let found = |age| {
        let mut d = Driver::creating(Edition::Utgave2023);
        d.answer(exists_already());
        d.answer(status_since(Mottaksstatus::Reskontrofoert, start() - Duration::from_secs(age)));
        d
    };
    assert_eq!(found(5).end(0), Some(&OperationEnd::Done(Proof::FoundById)));
    assert!(found(60).is_unproven(0), "it may be ours if the clocks differ, and may be another");
    assert_eq!(found(3600).refused_by(0), Some(slugs::EXISTS_ALREADY));
}

#[test]
fn exists_already_after_a_lost_answer_is_unproven_where_our_id_is_not_taken_or_there_is_no_mottaksstatus() {
    for failure in
        [look_refused(ErrorKind::Refused, tag("ugyldig-kravidentifikator").as_str()), no_such_endpoint()]
    {
        let mut d = exists_after_a_lost_answer();
        assert_eq!(d.look_fails(failure), Read::Mottaksstatus(ours()));
        assert!(d.is_unproven(0), "{:?}", d.end(0));
        assert_eq!((d.standing(), d.next()), (Standing::Unproven, Step::End));
    }
}

#[test]
fn a_refusal_after_a_lost_answer_that_cannot_be_looked_into_is_unproven_and_claims_nothing_about_a_krav() {
    let mut d = Driver::creating(Edition::Utgave2023);
    d.answer(lost());
    d.answer(refused(A_RULE));
    d.look_fails(no_such_endpoint());
    let Some(OperationEnd::Unproven { evidence }) = d.end(0) else { panic!("{:?}", d.end(0)) };
    assert!(!evidence.contains("Skatteetaten has a krav"), "nobody said that it exists: {evidence}");
    assert!(evidence.contains(A_RULE), "the person needs to know why it was refused: {evidence}");
}

#[test]
fn a_change_refused_after_a_lost_answer_is_unproven() {
    let mut d = Driver::existing(theirs(), Edition::Utgave2023).asking(Ask::Endre(hovedstol(400)));
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    assert!(d.is_unproven(0));
    d.ask(Ask::Endre(hovedstol(300)));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)), "unproven, it may still act");
}

#[test]
fn a_krav_of_another_day_is_changed_by_skatteetatens_id() {
    let mut d = Driver::existing(theirs(), Edition::Utgave2023).asking(Ask::Endre(hovedstol(400)));
    assert_eq!(d.answer(accepted()), endre(400));
    assert_eq!((d.standing(), d.next()), (Standing::InForce(Confirmation::ChangeAccepted), Step::End));
}

#[test]
fn a_krav_of_another_day_is_looked_up_by_our_id_first() {
    let existing = || Driver::existing(ours(), Edition::Utgave2023).asking(Ask::Endre(hovedstol(400)));
    let mut d = existing();
    assert_eq!(d.answer(status(Mottaksstatus::Reskontrofoert)), Step::Read(Read::Mottaksstatus(ours())));
    assert_eq!(d.answer(accepted()), endre(400));

    let mut d = existing();
    d.look_fails(look_refused(ErrorKind::Refused, tag("ugyldig-kravidentifikator").as_str()));
    assert!(d.is_not_done(0), "{:?}", d.end(0));
    assert_eq!(d.next(), Step::End);
    assert!(d.krav.asked(Ask::Avskriv, d.now).is_err(), "by now it is known that this cannot work");

    let mut d = existing();
    d.answer(Fact::NotThere);
    assert_eq!(d.refused_by(0), Some(slugs::DOES_NOT_EXIST));
}
