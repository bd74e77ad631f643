//! What a krav's case says, held against what the service has.

use super::faults::{Fault, Side, Written};
use super::model_krav::Kind;
use super::run::Run;
use super::scenario::{OURS, Order};
use super::sent::{Effect, What as Sent};
use skattebro_domain::krav::Endring;
use skattebro_domain::krav::machine::{
    Act, Confirmation, Krav, Operation, OperationEnd, Proof, Standing, What,
};
use std::time::Duration;

pub(super) fn check(run: &Run<'_>, case: usize, krav: &Krav) {
    once(run, case);
    in_order(run, case, krav);
    for (place, operation) in krav.operations().iter().enumerate() {
        is_true(run, case, krav, place, operation);
    }
    standing_is_true(run, case, krav);
}

/// Every krav is created once, and written off once, with nothing after it.
fn once(run: &Run<'_>, case: usize) {
    let happened = run.world.happened_once(case);
    let created = happened.iter().filter(|effect| matches!(effect, Effect::Created(_))).count();
    if created > 1 {
        run.world.violated(format!("case {case}: its krav was created {created} times"));
    }
    let written_off = happened.iter().filter(|effect| matches!(effect, Effect::WrittenOff(_))).count();
    let changed_after = happened.iter().skip_while(|effect| !matches!(effect, Effect::WrittenOff(_)));
    if written_off > 1 || changed_after.clone().any(|effect| matches!(effect, Effect::Changed(..))) {
        run.world.violated(format!("case {case}: written off {written_off} times, or changed after that"));
    }
}

/// What took effect did so in the order in which it was asked for; the same thing twice in a row is one. What a person let go on
/// comes later, but never after another of its kind that was asked for later.
fn in_order(run: &Run<'_>, case: usize, krav: &Krav) {
    let mut took_effect: Vec<Effect> = run.world.happened_once(case);
    took_effect.dedup();
    let of_kind = |effect: &Effect, kind: &Effect| match (effect, kind) {
        (Effect::Changed(_, one), Effect::Changed(_, other)) => {
            std::mem::discriminant(one) == std::mem::discriminant(other)
        }
        _ => false,
    };
    let stretches: Vec<Vec<Effect>> = match run.went_on() {
        false => vec![took_effect],
        true => {
            let kinds = took_effect.iter().map(|kind| {
                let mut all: Vec<_> =
                    took_effect.iter().filter(|effect| of_kind(effect, kind)).cloned().collect();
                all.dedup();
                all
            });
            kinds.collect()
        }
    };
    for took_effect in stretches {
        let mut asked = krav.operations().iter();
        let out_of_order = took_effect
            .iter()
            .any(|effect| !run.was_restored() && !asked.any(|operation| is_of(operation, effect)));
        if out_of_order {
            let all: Vec<_> = krav.operations().iter().map(Operation::what).collect();
            return run
                .world
                .violated(format!("case {case}: {took_effect:?} is not in the order of {all:?}"));
        }
        if run.was_restored() {
            in_order_though_restored(run, case, &took_effect);
        }
    }
}

/// What was asked after the backup was made is not known any more: each thing is done in one stretch.
fn in_order_though_restored(run: &Run<'_>, case: usize, took_effect: &[Effect]) {
    for (place, effect) in took_effect.iter().enumerate() {
        if took_effect[place + 1..].contains(effect) {
            run.world.violated(format!(
                "case {case}: {effect:?} was done again after something else: {took_effect:?}"
            ));
        }
    }
}

fn is_of(operation: &Operation, effect: &Effect) -> bool {
    match (operation.what(), effect) {
        (What::Opprett(_), Effect::Created(_)) | (What::Avskriv, Effect::WrittenOff(_)) => true,
        (What::Endre(asked), Effect::Changed(_, changed)) => asked == changed,
        _ => false,
    }
}

fn is_true(run: &Run<'_>, case: usize, krav: &Krav, place: usize, operation: &Operation) {
    let took_effect = took_effect(run, case, krav, place, operation);
    let wrong = match operation.end() {
        Some(OperationEnd::Done(Proof::AlreadyThere { .. })) => !is_there_with_same_content(run, case),
        Some(OperationEnd::Done(_)) => !took_effect && !holds(run, operation),
        Some(OperationEnd::Refused { .. } | OperationEnd::NotDone { .. }) => {
            took_effect && !is_dated_wrong(run)
        }
        // Not repeated, since something made it pointless; what is in doubt of it stays in doubt.
        Some(OperationEnd::Moot(_)) => took_effect && !operation.is_unresolved() && !is_dated_wrong(run),
        Some(OperationEnd::Unproven { evidence }) => {
            evidence.len() < 20 || !may_be_unproven(run, krav, operation)
        }
        None => took_effect && !operation.is_unresolved() || !gave_up(run, krav, operation),
    };
    if wrong {
        let did = if took_effect { "was done" } else { "was not done" };
        run.world.violated(format!("case {case}: operation {place} {did}, and the case says {operation:?}"));
    }
}

/// Whether this operation of this case did something, rather than an equal one before or after it.
fn took_effect(run: &Run<'_>, case: usize, krav: &Krav, place: usize, operation: &Operation) -> bool {
    let records = run.world.case(&super::world::case_id(case)).map(|case| case.records).unwrap_or_default();
    let happened = run.world.happened_for(case);
    let number = |id| {
        records.iter().position(|record| {
            matches!(record.entry, skattebro_ports::journal::Entry::Intent { .. })
                && record.korrelasjonsid.as_ref() == Some(id)
        })
    };
    happened.iter().any(|happened| match number(&happened.by.korrelasjonsid) {
        Some(index) => operation.attempts().iter().any(|attempt| attempt.n.0 as usize == index + 1),
        // Sent before a backup was restored: then the content must do.
        None => {
            let equal = krav.operations().iter().filter(|other| is_of(other, &happened.effect)).count();
            let was_refused = matches!(operation.end(), Some(OperationEnd::Refused { .. }));
            is_of(operation, &happened.effect) && (equal == 1 || place == 0) && !was_refused
        }
    })
}

fn holds(run: &Run<'_>, operation: &Operation) -> bool {
    let inner = run.world.lock();
    match operation.what() {
        // By another case about the same krav, which a backup does not know.
        What::Opprett(oppdrag) => inner
            .happened
            .iter()
            .any(|happened| matches!(&happened.by.what, Sent::Krav(Act::Opprett(sent)) if *sent == *oppdrag)),
        What::Endre(endring) => {
            inner.krav.krav.iter().any(|krav| krav.has(endring))
                || was_in_force(run, &inner.happened, endring)
        }
        What::Avskriv => inner.krav.krav.iter().any(|krav| krav.is_written_off()),
    }
}

/// That it was in force was seen when it was read back, whoever's doing it was.
fn was_in_force(_: &Run<'_>, happened: &[super::sent::Happened], endring: &Endring) -> bool {
    happened
        .iter()
        .any(|happened| matches!(&happened.effect, Effect::Changed(_, changed) if changed == endring))
}

fn is_there_with_same_content(run: &Run<'_>, case: usize) -> bool {
    let created =
        run.world.happened_for(case).iter().any(|happened| matches!(happened.effect, Effect::Created(_)));
    let there = run.plan.scenario.there.is_some_and(|there| there.same);
    let own_id = run.cases[case].own_id().unwrap_or(OURS);
    let by_own_id = run.world.lock().krav.by_own_id(own_id).is_some();
    by_own_id && (there || created || run.was_restored() || run.cases.len() > 1)
}

fn standing_is_true(run: &Run<'_>, case: usize, krav: &Krav) {
    let happened = run.world.happened_for(case);
    let written_off = run.world.lock().krav.krav.iter().any(|krav| krav.is_written_off());
    let rejects = run.world.lock().krav.rejects();
    let created = happened.iter().any(|happened| matches!(happened.effect, Effect::Created(_)));
    // What is in doubt of a krav that is there is told beside, and what was asked after the backup was made is forgotten.
    let is_in_doubt = |operation: &Operation| {
        *operation.what() == What::Avskriv && !matches!(operation.end(), Some(OperationEnd::Done(_)))
    };
    let may_be_written_off = run.was_restored() || krav.operations().iter().any(is_in_doubt);
    let wrong = match krav.standing() {
        Standing::WrittenOff => !written_off,
        // The service does not say so itself: that is counted on the wall clock, and a clock that was set counts wrong, as does a process
        // that was frozen between an answer and its reading.
        Standing::InForce(Confirmation::SettleTime) if is_time_lost(run) => false,
        Standing::InForce(_) => written_off && !may_be_written_off || rejects && created,
        Standing::Rejected(_) => !rejects,
        Standing::NotSent | Standing::Refused => created && !is_dated_wrong(run),
        _ => false,
    };
    if wrong {
        run.world.violated(format!("case {case} says {:?}, and that is not so", krav.standing()));
    }
}

/// Whether time was so short that it may have been given up.
fn gave_up(run: &Run<'_>, krav: &Krav, operation: &Operation) -> bool {
    // What comes after something that was given up is as open.
    let before_is_open =
        krav.operations().iter().take_while(|other| *other != operation).any(|other| other.end().is_none());
    before_is_open || is_late(run)
}

/// What a request did is known by when it was begun, after a backup was restored or when a person lets go on what is unproven: a clock that
/// was hours wrong then is more than can be seen through.
fn is_dated_wrong(run: &Run<'_>) -> bool {
    let is_wrong = |fault: &Fault| matches!(fault, Fault::Jump(1800.. | ..=-1800));
    (run.was_restored() || run.went_on()) && run.world.lock().fired.iter().any(is_wrong)
}

fn is_time_lost(run: &Run<'_>) -> bool {
    let loses =
        |fault: &Fault| matches!(fault, Fault::Jump(60.. | ..=-60) | Fault::Freeze(Side::After, 100.., _));
    // Clocks that are two minutes apart leave less than the asynchronous validation may take.
    let apart =
        run.plan.ahead.iter().max().zip(run.plan.ahead.iter().min()).is_some_and(|(max, min)| max - min > 60);
    apart || run.world.lock().fired.iter().any(loses)
}

/// Whether a deadline can have passed on anybody's clock.
pub(super) fn is_late(run: &Run<'_>) -> bool {
    let jumped = run
        .world
        .lock()
        .fired
        .iter()
        .any(|fault| matches!(fault, Fault::Jump(seconds) if seconds.abs() > 1800));
    jumped || run.world.now() > Duration::from_secs(55 * 60)
}

/// Where the contract allows nothing better.
fn may_be_unproven(run: &Run<'_>, krav: &Krav, operation: &Operation) -> bool {
    let fired = run.world.lock().fired.clone();
    let in_doubt = fired.iter().any(|fault| leaves_a_doubt(*fault));
    let has_own_id = krav.oppdragsgivers_kravidentifikator().is_some();
    let kind = run.plan.scenario.krav.kind;
    let is_creation = matches!(operation.what(), What::Opprett(_));
    if is_late(run) {
        return true;
    }
    let was_given_up = fired.iter().any(|fault| matches!(fault, Fault::TurnedAway | Fault::NotConnected));
    match kind {
        // A creation without an id cannot be looked for.
        // What had been given up may have been let go on after a backup was made, and is not looked for without being asked.
        Kind::V1 => {
            is_creation && !has_own_id && (in_doubt || run.was_restored())
                || run.was_restored() && was_given_up
        }
        // "Exists already" cannot be settled, or a refusal after a doubt.
        _ if is_creation => {
            let there =
                matches!(run.plan.scenario.there, Some(there) if !there.same) || is_ordered_twice(run);
            in_doubt || run.was_restored() || there
        }
        _ => in_doubt || run.was_restored(),
    }
}

fn is_ordered_twice(run: &Run<'_>) -> bool {
    run.cases.iter().filter(|order| matches!(order, Order::Krav { .. })).count() > 1
}

/// Whether somebody may not know afterwards what a request did.
fn leaves_a_doubt(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::RequestLost
            | Fault::AnswerLost
            | Fault::Late(_)
            | Fault::Fails(_)
            | Fault::Strange(_)
            | Fault::Twice(_)
            | Fault::Crash(_)
            | Fault::CrashLate(_)
            | Fault::Freeze(..)
            | Fault::HeartStops(_)
            | Fault::JournalFails(Written::Yes | Written::Later(_))
            | Fault::JournalSlow(..)
    )
}
