//! What persons and other processes ask of a krav: to go on, that something is settled, that it is a copy; and who takes it up again.

use super::driver::*;
use crate::flow::{AttemptNo, Flow, Step, WaitingFor};
use crate::krav::machine::{
    Act, Ask, Fact, MootBecause, OperationEnd, Proof, Read, Settlement, Standing, Verdict,
};
use crate::krav::{Avstemming, Edition, Mottaksstatus};
use std::time::Duration;

const PERMIT: Duration = Duration::from_secs(120);
const LATE: Duration = Duration::from_secs(120);

fn go_on() -> Ask {
    Ask::Fortsett { follow: false }
}

fn said(operation: usize, happened: bool) -> Ask {
    let kravidentifikator = (happened && operation == 0).then(|| THEIRS.parse().unwrap());
    Ask::Avgjoer(Settlement { operation, happened, kravidentifikator })
}

fn restored(d: &Driver) -> Ask {
    Ask::Restored { since: d.now - Duration::from_secs(600) }
}

/// A krav without an id of ours whose creation got no answer, and a change of it.
fn unproven() -> Driver {
    let mut d = Driver::creating_without_id().asking(Ask::Endre(hovedstol(400)));
    d.answer(lost());
    assert!(d.is_unproven(0));
    assert_eq!(d.end(1), Some(&OperationEnd::Moot(MootBecause::CreationUnproven)));
    d
}

#[test]
fn what_is_sent_under_a_permit_is_in_doubt_until_the_permit_has_ended_and_it_can_no_longer_act_late() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
    let Step::Act(act) = d.wait() else { panic!() };
    let begun = d.now;
    d.krav.begun(AttemptNo(50), &act, begun, begun + PERMIT);
    // Another takes it up and sends the same again, which is answered.
    d.krav.resumed(begun);
    assert_eq!(d.answer(accepted()), endre(400));
    assert!(matches!(d.next(), Step::Wait(_, WaitingFor::LateAction)));
    assert_eq!(d.wait(), endre(300));
    assert_eq!(d.now, begun + PERMIT + LATE);
}

#[test]
fn whoever_takes_it_up_counts_anew_whatever_the_clock_said_before() {
    for clock_of_the_one_before in [-100_000, 0, 100_000] {
        let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
        let Step::Act(act) = d.wait() else { panic!() };
        let begun = d.now + jiff::SignedDuration::from_secs(clock_of_the_one_before);
        d.krav.begun(AttemptNo(50), &act, begun, begun + PERMIT);
        let taken_up = d.now;
        d.krav.resumed(taken_up);
        assert_eq!(d.answer(accepted()), endre(400));
        d.wait();
        assert_eq!(d.now, taken_up + PERMIT + LATE, "{clock_of_the_one_before}");
    }
}

#[test]
fn what_is_known_to_be_unknown_was_sent_before_somebody_took_it_up() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
    d.answer(lost());
    d.pass(1000);
    d.krav.resumed(d.now);
    let taken_up = d.now;
    d.answer(accepted());
    assert_eq!(d.wait(), endre(300));
    assert_eq!(d.now, taken_up + LATE);
}

#[test]
fn a_look_that_says_the_same_again_is_no_news() {
    let d = Driver::booked();
    let under_way = status(Mottaksstatus::MottattUnderBehandling);
    assert!(!d.krav.is_news(AttemptNo(9), &status(Mottaksstatus::Reskontrofoert), d.now));
    assert!(d.krav.is_news(AttemptNo(9), &status(Mottaksstatus::Migrert), d.now));
    let mut d = Driver::creating(Edition::V1);
    d.answer(created());
    assert!(d.krav.is_news(AttemptNo(9), &under_way, d.now));
    d.answer(under_way.clone());
    assert!(!d.krav.is_news(AttemptNo(9), &under_way, d.now));
    let deadline = start() + Duration::from_secs(3600);
    assert!(d.krav.is_news(AttemptNo(9), &under_way, deadline), "the look that ends it is");
}

#[test]
fn a_person_who_knows_that_it_was_created_gives_its_id_and_the_changes_go_on() {
    let mut d = unproven().asking(said(0, true));
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::SaidByPerson)));
    assert_eq!(d.end(1), None, "it is to be done after all");
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.answer(accepted()), endre(400));
    assert_eq!(d.krav.verdict(), Verdict::Well);
}

#[test]
fn a_person_who_knows_that_it_was_not_created_leaves_nothing_in_doubt() {
    let d = unproven().asking(said(0, false));
    assert!(d.is_not_done(0));
    assert_eq!((d.standing(), d.next()), (Standing::NotSent, Step::End));
}

#[test]
fn only_what_is_unproven_is_for_a_person() {
    let mut d = Driver::booked();
    for operation in [0, 1] {
        let Ask::Avgjoer(settlement) = said(operation, true) else { panic!() };
        assert!(d.krav.asked(Ask::Avgjoer(settlement), d.now).is_err());
    }
}

#[test]
fn an_answer_that_comes_after_all_revives_what_was_pointless_without_it() {
    let mut d = unproven();
    d.learn(AttemptNo(1), created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.answer(accepted()), endre(400));
}

#[test]
fn going_on_sends_an_unproven_creation_again_if_it_has_an_id_of_ours_and_never_otherwise() {
    let mut d = Driver::creating(Edition::V1);
    while d.standing() != Standing::Unproven {
        match d.begin() {
            Step::Act(_) => d.learn(d.n, lost()),
            step => panic!("{step:?}"),
        }
    }
    d.ask(go_on());
    assert_eq!(d.answer(created()), opprett());
    let mut d = unproven().asking(go_on());
    assert!(d.is_unproven(0));
    assert_eq!(d.wait(), Step::End);
}

#[test]
fn going_on_gives_the_same_time_again() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(created());
    while d.next() != Step::End {
        d.answer(status(Mottaksstatus::MottattUnderBehandling));
    }
    assert_eq!((d.standing(), d.krav.verdict()), (Standing::Received, Verdict::Open));
    d.ask(go_on());
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.krav.verdict(), Verdict::Well);
}

#[test]
fn the_same_change_as_the_last_of_its_kind_has_been_asked_and_another_has_not() {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400)));
    let asked = |d: &Driver, kroner| d.krav.has_been_asked(&Ask::Endre(hovedstol(kroner)));
    assert!(asked(&d, 400) && !asked(&d, 300));
    d.answer(accepted());
    assert!(asked(&d, 400), "also when it is done");
    d.ask(Ask::Endre(hovedstol(300)));
    assert!(!asked(&d, 400), "it is a new change after another one");
    d.answer(refused(A_RULE));
    assert!(!asked(&d, 300), "what was refused may be asked again");
}

#[test]
fn a_write_off_that_was_refused_may_be_asked_again() {
    let mut d = Driver::booked().asking(Ask::Avskriv);
    assert!(d.krav.has_been_asked(&Ask::Avskriv) && d.krav.asked(Ask::Avskriv, d.now).is_err());
    d.answer(refused(A_RULE));
    d.ask(Ask::Avskriv);
    assert_eq!(d.answer(accepted()), avskriv());
    assert_eq!(d.standing(), Standing::WrittenOff);
}

/// In a copy from ten minutes ago, nothing of this was sent yet.
#[test]
fn a_copy_sends_a_creation_again_and_compares_what_is_there() {
    let mut d = Driver::creating(Edition::V1);
    let ask = restored(&d);
    d.ask(ask);
    assert_eq!(d.answer(exists_already()), opprett());
    d.answer(status(Mottaksstatus::Reskontrofoert));
    d.answer(reconciliation(received(&oppdrag(), d.now)));
    assert!(matches!(d.end(0), Some(OperationEnd::Done(_))));
}

#[test]
fn a_copy_never_sends_a_creation_without_an_id_again() {
    let mut d = Driver::creating_without_id();
    let ask = restored(&d);
    d.ask(ask);
    assert!(d.is_unproven(0));
    assert_eq!(d.wait(), Step::End);
}

fn copy_of_two_changes() -> Driver {
    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(Ask::Endre(hovedstol(300)));
    let ask = restored(&d);
    d.ask(ask);
    d
}

fn shown(d: &Driver, changes: &[i64]) -> Fact {
    let endringer = changes.iter().map(|kroner| receipt(hovedstol(*kroner), d.now)).collect();
    reconciliation(Avstemming { endringer, ..received(&oppdrag(), start()) })
}

#[test]
fn a_copy_looks_which_changes_were_done_before_it_sends_one() {
    let mut d = copy_of_two_changes();
    let asked = d.now;
    assert_eq!(d.wait(), Step::Read(Read::Avstemming(theirs())));
    assert!(d.now >= asked + LATE, "what was sent last may still act");
    let both = shown(&d, &[400, 300]);
    d.answer(both.clone());
    d.answer(both);
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::ReadBack)));
    assert_eq!(d.end(2), Some(&OperationEnd::Done(Proof::ReadBack)));
    assert_eq!(d.wait(), Step::End);
}

#[test]
fn a_copy_sends_what_was_not_done() {
    let mut d = copy_of_two_changes();
    let first = shown(&d, &[400]);
    d.answer(first.clone());
    d.answer(first);
    assert_eq!(d.end(1), Some(&OperationEnd::Done(Proof::ReadBack)));
    assert_eq!(d.answer(accepted()), endre(300));
}

#[test]
fn where_nobody_can_look_a_copy_leaves_changes_to_a_person_and_writes_off() {
    let mut d = Driver::existing(theirs(), Edition::Utgave2023)
        .asking(Ask::Endre(hovedstol(400)))
        .asking(Ask::Avskriv);
    let ask = restored(&d);
    d.ask(ask);
    assert!(d.is_unproven(0));
    assert_eq!(d.answer(accepted()), Step::Act(Act::Avskriv(theirs())));
    assert!(d.end(1).is_some_and(OperationEnd::is_done));
}
