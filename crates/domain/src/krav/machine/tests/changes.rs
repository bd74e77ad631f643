//! Changes and the write-off: in their order, each when the krav is booked, and no different one while another is in doubt.

use super::driver::*;
use crate::flow::{ErrorKind, Flow, Step, WaitingFor};
use crate::krav::machine::{Ask, Confirmation, Fact, MootBecause, OperationEnd, Proof, Read, Standing};
use crate::krav::{Avstemming, Edition, Endring, Mottaksstatus, slugs};

/// A booked krav with these hovedstol changes asked for; they are operations 1, 2, …
fn changing(amounts: &[i64]) -> Driver {
    amounts.iter().fold(Driver::booked(), |d, kroner| d.asking(Ask::Endre(hovedstol(*kroner))))
}

fn with_changes(amounts: &[i64]) -> Avstemming {
    let endringer = amounts.iter().map(|kroner| receipt(hovedstol(*kroner), start())).collect();
    Avstemming { endringer, ..received(&oppdrag(), start()) }
}

#[test]
fn everything_goes_out_in_the_order_it_was_asked_for_once_the_krav_is_booked() {
    let mut d = Driver::creating(Edition::V1)
        .asking(Ask::Endre(hovedstol(400)))
        .asking(Ask::Endre(Endring::Referanse("R-2".into())))
        .asking(Ask::Avskriv);
    assert_eq!(d.answer(created()), opprett());
    let step = d.answer(status(Mottaksstatus::MottattUnderBehandling));
    assert_eq!(step, Step::Read(Read::Mottaksstatus(theirs())));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Booking)));
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.answer(accepted()), endre(400));
    assert!(matches!(d.answer(accepted()), Step::Act(_)));
    assert_eq!(d.answer(accepted()), avskriv());
    assert!((1..4).all(|operation| d.end(operation) == Some(&OperationEnd::Done(Proof::Answered))));
    assert_eq!(d.krav.operations()[1].transaksjonsid().map(|t| t.as_str()), Some("t-1"));
    assert_eq!((d.standing(), d.next()), (Standing::WrittenOff, Step::End));
}

#[test]
fn not_booked_waits_looks_and_tries_again() {
    let mut d = changing(&[400]);
    assert_eq!(d.answer(not_booked()), endre(400));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::Booking)));
    let step = d.answer(status(Mottaksstatus::MottattUnderBehandling));
    assert_eq!(step, Step::Read(Read::Mottaksstatus(theirs())), "a look before the next try");
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.answer(accepted()), endre(400));
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::Answered)));
}

/// One half of the service calls it booked, the other does not: that must not become a loop without a pause.
#[test]
fn not_booked_although_the_status_says_booked_is_tried_rarely() {
    let mut d = changing(&[400]);
    let mut tries = 0;
    while d.age() < 600 {
        if matches!(d.begin(), Step::Act(_)) {
            tries += 1;
            d.learn(d.n, not_booked());
        } else {
            d.learn(d.n, status(Mottaksstatus::Reskontrofoert));
        }
    }
    assert!((5..30).contains(&tries), "{tries} tries in ten minutes");
    while !matches!(d.wait(), Step::Act(_)) {
        d.answer(status(Mottaksstatus::Reskontrofoert));
    }
    d.answer(accepted());
    assert!(d.end(1).unwrap().is_done());
}

#[test]
fn a_lost_change_is_sent_again_at_once_and_a_different_one_only_when_it_can_no_longer_act() {
    let mut d = changing(&[400, 300]);
    d.answer(lost());
    let lost_at = d.now;
    assert_eq!(d.answer(accepted()), endre(400));
    assert!(d.now.duration_since(lost_at).as_secs() < 5);
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::Answered)));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)), "{:?}", d.next());
    assert_eq!(d.wait(), endre(300));
    assert_eq!(d.now.duration_since(lost_at).as_secs(), 120);
}

#[test]
fn a_change_of_another_kind_and_a_write_off_wait_as_well() {
    for then in [Ask::Endre(Endring::Referanse("R-2".into())), Ask::Avskriv] {
        let mut d = changing(&[400]).asking(then);
        d.answer(lost());
        d.answer(accepted());
        assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)));
    }
}

#[test]
fn a_change_that_was_surely_not_made_keeps_nothing_waiting() {
    let mut d = changing(&[400, 300]);
    d.answer(not_connected());
    d.answer(too_many(1));
    assert_eq!(d.answer(accepted()), endre(400));
    assert_eq!(d.next(), endre(300));
}

#[test]
fn a_change_that_was_asked_for_twice_is_two_changes() {
    let mut d = changing(&[400, 300, 400]);
    for kroner in [400, 300, 400] {
        assert_eq!(d.answer(accepted()), endre(kroner));
    }
    assert!((1..4).all(|operation| d.end(operation).unwrap().is_done()));
}

#[test]
fn a_refused_change_lets_the_next_go_on() {
    let mut d = changing(&[0, 300]);
    d.answer(refused("hovedstol-er-ikke-over-0"));
    assert_eq!(d.refused_by(1), Some("hovedstol-er-ikke-over-0"));
    assert_eq!(d.answer(accepted()), endre(300));
}

#[test]
fn a_change_refused_after_a_lost_answer_is_looked_up_when_nothing_can_act_any_more() {
    for (in_force, is_done) in [(&[400][..], true), (&[500, 400], true), (&[400, 350], false), (&[], false)] {
        let mut d = changing(&[400]);
        d.answer(lost());
        let lost_at = d.now;
        d.answer(refused("noe-nytt"));
        assert_eq!(d.end(1), None);
        let step = d.answer(reconciliation(with_changes(in_force)));
        assert_eq!(step, Step::Read(Read::Avstemming(theirs())));
        assert_eq!(d.now.duration_since(lost_at).as_secs(), 120);
        match is_done {
            true => assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::ReadBack))),
            false => assert_eq!(d.refused_by(1), Some("noe-nytt"), "{in_force:?}"),
        }
    }
}

/// An earlier change that was lost, long ago, must not stand in for the one that was lost just now.
#[test]
fn each_lost_request_has_its_own_time_in_which_it_may_still_act() {
    let mut d = changing(&[400]).asking(Ask::Avskriv);
    d.answer(lost());
    d.answer(accepted());
    assert_eq!(d.answer(lost()), avskriv());
    let lost_at = d.now;
    d.answer(refused("noe-nytt"));
    d.answer(reconciliation(received(&oppdrag(), start())));
    let looked_after = d.now.duration_since(lost_at).as_secs();
    assert_eq!(looked_after, 120, "and then: {:?}", d.end(2));
}

/// The service accepts a change to what is in force already, and has nothing to list then.
#[test]
fn a_change_to_what_the_krav_was_created_with_reads_back_although_no_change_is_listed() {
    let mut d = changing(&[1000]);
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    d.answer(reconciliation(with_changes(&[])));
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::ReadBack)));
}

/// What is compared must not be what is shown: shown references hide the end of a personal number.
#[test]
fn two_references_that_are_shown_alike_are_not_the_same_change() {
    let [asked, theirs] = ["13895118960", "13895100000"].map(|text| Endring::Referanse(text.into()));
    let mut d = Driver::booked().asking(Ask::Endre(asked));
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    let endringer = vec![receipt(theirs, start())];
    d.answer(reconciliation(Avstemming { endringer, ..received(&oppdrag(), start()) }));
    assert_eq!(d.refused_by(1), Some("noe-nytt"), "{:?}", d.end(1));
}

#[test]
fn a_write_off_refused_after_a_lost_answer_is_looked_up() {
    for written_off in [true, false] {
        let mut d = Driver::booked().asking(Ask::Avskriv);
        d.answer(lost());
        d.answer(refused("noe-nytt"));
        let avskriving = written_off.then(|| receipt((), start()));
        let step = d.answer(reconciliation(Avstemming { avskriving, ..received(&oppdrag(), start()) }));
        assert_eq!(step, Step::Read(Read::Avstemming(theirs())));
        match written_off {
            true => assert_eq!(d.standing(), Standing::WrittenOff),
            false => assert_eq!(d.refused_by(1), Some("noe-nytt")),
        }
    }
}

#[test]
fn a_change_that_the_kravtype_forbids_is_refused_although_it_is_a_403() {
    let mut d = changing(&[400]);
    d.answer(turned_away(ErrorKind::Forbidden, tag("kravtypen-kan-ikke-endres")));
    assert_eq!(d.refused_by(1), Some("kravtypen-kan-ikke-endres"));
}

#[test]
fn a_lost_write_off_that_is_written_off_is_done() {
    for slug in [slugs::WRITTEN_OFF_ALREADY, "innkrevingsoppdrag-er-allerede-avskrevet"] {
        let mut d = Driver::booked().asking(Ask::Avskriv);
        d.answer(lost());
        assert_eq!(d.answer(refused(slug)), avskriv());
        assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::AlreadyWrittenOff)));
        assert_eq!((d.standing(), d.next()), (Standing::WrittenOff, Step::End));
    }
}

#[test]
fn a_krav_that_another_wrote_off_makes_changes_moot_and_a_write_off_still_goes_out() {
    for slug in [slugs::WRITTEN_OFF_NO_CHANGE, "innkrevingsoppdrag-er-avskrevet"] {
        let mut d = changing(&[400, 300]).asking(Ask::Avskriv);
        d.answer(refused(slug));
        for change in [1, 2] {
            assert_eq!(d.end(change), Some(&OperationEnd::Moot(MootBecause::WrittenOff)));
        }
        assert_eq!(d.answer(refused(slugs::WRITTEN_OFF_ALREADY)), avskriv());
        assert_eq!(d.end(3), Some(&OperationEnd::Done(Proof::AlreadyWrittenOff)));
        assert_eq!(d.next(), Step::End);
    }
}

#[test]
fn what_comes_after_a_creation_that_failed_is_moot() {
    for (fact, because) in [
        (refused(A_RULE), MootBecause::NotCreated),
        (turned_away(ErrorKind::Unauthorized, "DAS-008".parse().unwrap()), MootBecause::NotCreated),
    ] {
        let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400))).asking(Ask::Avskriv);
        d.answer(fact);
        for operation in [1, 2] {
            assert_eq!(d.end(operation), Some(&OperationEnd::Moot(because)));
        }
        assert_eq!(d.next(), Step::End);
    }
    let mut d = Driver::creating_without_id().asking(Ask::Avskriv);
    d.answer(lost());
    assert_eq!(d.end(1), Some(&OperationEnd::Moot(MootBecause::CreationUnproven)));
}

#[test]
fn what_comes_after_a_rejection_is_moot_and_the_reason_is_still_fetched() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400))).asking(Ask::Avskriv);
    d.answer(created());
    d.answer(status(Mottaksstatus::Valideringsfeil));
    for operation in [1, 2] {
        assert_eq!(d.end(operation), Some(&OperationEnd::Moot(MootBecause::Rejected)));
    }
    assert_eq!(d.answer(Fact::Valideringsfeil(dead())), Step::Read(Read::Valideringsfeil(theirs())));
    assert_eq!((d.standing(), d.next()), (Standing::Rejected(dead()), Step::End));
}

/// The list of errors may lag behind the status. Looking three times within one second would not notice.
#[test]
fn a_list_of_errors_that_lags_behind_is_given_time() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(created());
    d.answer(status(Mottaksstatus::Valideringsfeil));
    let rejected_at = d.now;
    d.answer(no_errors());
    d.answer(no_errors());
    let waited = d.now.duration_since(rejected_at).as_secs();
    assert!(waited >= 3, "the second look was {waited} s after the first");
    d.answer(Fact::Valideringsfeil(dead()));
    assert_eq!(d.standing(), Standing::Rejected(dead()));
}

#[test]
fn a_krav_that_will_not_be_booked_cannot_be_changed() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400)));
    d.answer(created());
    d.answer(status(Mottaksstatus::SkalIkkeReskontrofoeres));
    assert_eq!(d.end(1), Some(&OperationEnd::Moot(MootBecause::NotToBeBooked)));
    assert_eq!((d.standing(), d.next()), (Standing::NotToBeBooked, Step::End));
}

#[test]
fn a_krav_that_was_moved_can_be_changed() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400)));
    d.answer(created());
    d.answer(status(Mottaksstatus::Migrert));
    assert_eq!(d.answer(accepted()), endre(400));
    assert_eq!(d.standing(), Standing::InForce(Confirmation::Migrated));
}

#[test]
fn one_change_that_found_no_connection_costs_the_next_none_of_its_tries() {
    let mut d = changing(&[400, 300]);
    for _ in 0..5 {
        d.answer(not_connected());
    }
    assert!(d.is_not_done(1));
    assert_eq!(d.answer(not_connected()), endre(300));
    assert_eq!(d.end(2), None, "the first of five");
}

#[test]
fn a_krav_of_another_day_is_changed_at_once_by_either_id() {
    for id in [ours(), theirs()] {
        let mut d = Driver::existing(id, Edition::V1).asking(Ask::Endre(hovedstol(400)));
        assert!(matches!(d.answer(accepted()), Step::Act(_)));
        assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
        assert_eq!(d.next(), Step::End);
    }
    let mut d = Driver::existing(ours(), Edition::V1).asking(Ask::Avskriv);
    d.answer(refused(slugs::DOES_NOT_EXIST));
    assert_eq!(d.refused_by(0), Some(slugs::DOES_NOT_EXIST));
}

#[test]
fn what_cannot_be_wanted_is_declined() {
    let mut d = Driver::booked().asking(Ask::Avskriv);
    for ask in [Ask::Opprett(oppdrag()), Ask::Avskriv, Ask::Endre(hovedstol(400))] {
        assert!(d.krav.asked(ask, d.now).is_err());
    }
    let mut old = Driver::existing(theirs(), Edition::Utgave2023);
    for endring in [Endring::Renter(vec![]), Endring::Referanse("R-2".into())] {
        assert!(old.krav.asked(Ask::Endre(endring), old.now).is_err());
    }
}
