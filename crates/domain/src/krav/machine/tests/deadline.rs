//! The deadline and being stopped: one more step, nothing forbidden in it, and nothing that may have acted is forgotten.

use super::driver::*;
use crate::flow::Step;
use crate::krav::machine::{Ask, Fact, OperationEnd, Proof, Standing, Verdict};
use crate::krav::{Edition, Endring, Mottaksstatus};

/// Lets the time pass to so many seconds before the deadline.
fn pass_until_before_the_deadline(d: &mut Driver, seconds: u64) {
    let age = u64::try_from(d.age()).unwrap();
    d.pass(3600 - seconds - age);
}

#[test]
fn a_krav_that_is_never_booked_is_looked_at_once_more_and_stays_open() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400)));
    d.answer(created());
    let mut looks = 0;
    while d.wait() != Step::End {
        d.answer(status(Mottaksstatus::MottattUnderBehandling));
        looks += 1;
    }
    assert_eq!(d.age(), 3600, "the last look is at the deadline");
    assert!((60..90).contains(&looks), "{looks} looks");
    assert_eq!((d.end(1), d.standing()), (None, Standing::Received));
    assert_eq!(d.krav.verdict(), Verdict::Open);
}

#[test]
fn a_service_that_never_answers_leaves_it_unproven() {
    let mut d = Driver::creating(Edition::V1).asking(Ask::Endre(hovedstol(400)));
    let mut sent = 0;
    while d.wait() != Step::End {
        assert_eq!(d.answer(lost()), opprett());
        sent += 1;
    }
    assert_eq!(d.age(), 3600, "the last try is at the deadline");
    assert!(sent < 100, "{sent} tries");
    assert!(d.is_unproven(0));
    assert!(matches!(d.end(1), None | Some(OperationEnd::Moot(_))), "{:?}", d.end(1));
}

#[test]
fn what_was_never_sent_stays_open_and_is_not_unproven() {
    let mut d = Driver::creating(Edition::V1);
    while d.wait() != Step::End {
        d.answer(too_many(600));
    }
    assert_eq!((d.end(0), d.krav.verdict()), (None, Verdict::Open));
}

#[test]
fn a_process_that_was_away_past_the_deadline_takes_one_more_step() {
    let mut d = Driver::creating(Edition::V1);
    d.pass(10_000);
    assert_eq!(d.answer(created()), opprett());
    assert_eq!((d.end(0), d.next()), (Some(&OperationEnd::Done(Proof::Answered)), Step::End));
}

#[test]
fn a_krav_that_exists_and_could_not_be_read_back_in_time_is_unproven() {
    let mut d = Driver::creating(Edition::V1);
    d.answer(exists_already());
    while d.wait() != Step::End {
        d.answer(status(Mottaksstatus::MottattUnderBehandling));
    }
    assert!(d.is_unproven(0), "{:?}", d.end(0));
}

/// The deadline ends the waiting; it must not let a change go out that the waiting kept back.
#[test]
fn no_different_change_goes_out_at_the_deadline_while_another_may_still_act() {
    for then in [Ask::Endre(hovedstol(300)), Ask::Endre(Endring::Referanse("R-2".into())), Ask::Avskriv] {
        let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400))).asking(then);
        pass_until_before_the_deadline(&mut d, 10);
        d.answer(lost());
        let may_act_until = d.age() + 120;
        assert_eq!(d.answer(accepted()), endre(400));
        let step = d.wait();
        assert!(
            !matches!(step, Step::Act(_)) || d.age() >= may_act_until,
            "{step:?} goes out after {} s, and the lost one may act until {may_act_until} s",
            d.age()
        );
    }
}

/// Nor may it make a refusal out of a look that came too early to tell.
#[test]
fn a_look_at_the_deadline_that_comes_too_early_proves_no_refusal() {
    let mut d = Driver::creating(Edition::V1);
    pass_until_before_the_deadline(&mut d, 10);
    d.answer(lost());
    d.answer(refused(A_RULE));
    while d.wait() != Step::End {
        d.answer(Fact::NotThere);
    }
    assert!(d.age() >= 3600 + 110 || d.is_unproven(0), "{} s: {:?}", d.age(), d.end(0));

    let mut d = Driver::booked().asking(Ask::Endre(hovedstol(400)));
    pass_until_before_the_deadline(&mut d, 10);
    d.answer(lost());
    d.answer(refused("noe-nytt"));
    while d.wait() != Step::End {
        d.answer(reconciliation(received(&oppdrag(), start())));
    }
    assert!(d.age() >= 3600 + 110 || d.is_unproven(1), "{} s: {:?}", d.age(), d.end(1));
}

#[test]
fn asking_for_more_gives_it_more_time() {
    let mut d = Driver::creating(Edition::V1);
    while d.wait() != Step::End {
        d.answer(match d.end(0) {
            None => created(),
            Some(_) => status(Mottaksstatus::MottattUnderBehandling),
        });
    }
    d.ask(Ask::Endre(hovedstol(400)));
    d.answer(status(Mottaksstatus::Reskontrofoert));
    assert_eq!(d.answer(accepted()), endre(400));
}

#[test]
fn stopping_ends_it_before_the_next_request_and_forgets_nothing() {
    let d = Driver::creating(Edition::V1).asking(Ask::Stop);
    assert_eq!((d.next(), d.end(0), d.standing()), (Step::End, None, Standing::NotSent));

    let mut d = Driver::creating(Edition::V1);
    d.answer(lost());
    d.ask(Ask::Stop);
    assert_eq!(d.next(), Step::End);
    assert!(d.is_unproven(0));

    let mut d = Driver::creating(Edition::V1);
    d.answer(created());
    d.ask(Ask::Stop);
    assert_eq!((d.next(), d.standing()), (Step::End, Standing::Received));
}

/// Somebody stops it from another process while a request is under way: its answer still counts, whichever it is.
#[test]
fn the_answer_to_a_request_that_was_under_way_when_it_was_stopped_counts() {
    let stopped_under_way = || {
        let mut d = Driver::creating(Edition::V1);
        d.begin();
        d.asking(Ask::Stop)
    };
    let mut d = stopped_under_way();
    assert!(d.is_unproven(0));
    d.learn(d.n, created());
    assert_eq!(d.end(0), Some(&OperationEnd::Done(Proof::Answered)));

    let mut d = stopped_under_way();
    d.learn(d.n, refused(A_RULE));
    assert_eq!(d.refused_by(0), Some(A_RULE), "the only request of it was refused: {:?}", d.end(0));

    let mut d = stopped_under_way();
    d.learn(d.n, not_connected());
    assert!(!d.is_unproven(0), "the only request of it was not sent: {:?}", d.end(0));
}
