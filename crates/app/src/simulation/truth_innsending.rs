//! What a submission's case says, held against what Altinn has.

use super::faults::Fault;
use super::model_altinn::Served;
use super::run::Run;
use super::scenario::Order;
use super::truth_filing::is_superseded;
use super::truth_krav::is_late;
use skattebro_domain::altinn::Prosess;
use skattebro_domain::filing::FilingEnd;
use skattebro_domain::innsending::{Innsending, InnsendingEnd};
use skattebro_domain::{Dokumentreferanse, ResultatAvValidering};

pub(super) fn in_a_word(end: Option<&InnsendingEnd>) -> String {
    match end {
        None => "submission open",
        Some(InnsendingEnd::Kvittert { resultat: ResultatAvValidering::ValidertOk, .. }) => "submitted",
        Some(InnsendingEnd::Kvittert { .. }) => "submitted without a person",
        Some(InnsendingEnd::ValidertMedFeil { .. }) => "not submitted for its errors",
        Some(InnsendingEnd::Validering(_)) => "not submitted for its validation",
        Some(InnsendingEnd::GjeldendeEndret { .. }) => "not submitted, the return changed",
        Some(InnsendingEnd::Infisert { .. }) => "infected",
        Some(InnsendingEnd::Borte { .. }) => "instance gone",
        Some(InnsendingEnd::Fremmed { .. }) => "instance changed by others",
        Some(InnsendingEnd::Uvisst { .. }) => "submission unproven",
        Some(InnsendingEnd::Refused { .. }) => "submission refused",
        Some(InnsendingEnd::GaveUp { .. }) => "submission given up",
        Some(InnsendingEnd::Cancelled { .. }) => "submission cancelled",
    }
    .to_owned()
}

pub(super) fn check(run: &Run<'_>, case: usize, innsending: &Innsending) {
    let end = innsending.end(run.right_now());
    let wrong = in_altinn(run, case, innsending).or_else(|| match &end {
        // By the clock of its worker, time was over.
        None => (!is_late(run)).then_some("it is open, and nobody does anything"),
        Some(end) => is_untrue(run, case, innsending, end),
    });
    if let Some(wrong) = wrong {
        let instances = format!("{:#?}", run.world.lock().altinn.instanser);
        run.world.violated(format!("case {case}: {wrong}; it says {end:?}, and there are {instances}"));
    }
}

/// What holds of the instances of a case, however it ended.
fn in_altinn(run: &Run<'_>, case: usize, innsending: &Innsending) -> Option<&'static str> {
    let inner = run.world.lock();
    let of_case = |instans: &&Served| instans.case == Some(case) && !instans.is_deleted;
    let made: Vec<&Served> = inner.altinn.instanser.iter().filter(of_case).collect();
    let used =
        made.iter().filter(|instans| !instans.elements.is_empty() || !instans.steps.is_empty()).count();
    let asked_for = made.iter().filter(|instans| !instans.again && instans.made_by == Some(case)).count();
    let submitted = made.iter().filter(|instans| instans.submitted().is_some()).count();
    let Order::Innsending(submission) = &run.cases[case] else { return Some("it is another kind") };
    let planned = usize::from(submission.has_vedlegg);
    let is_whole =
        |instans: &&&Served| instans.envelopes().count() == 1 && instans.vedlegg().len() == planned;
    let whole = made.iter().filter(|instans| instans.submitted().is_some()).filter(is_whole).count();
    let cannot_be_told = !inner.altinn.habits().takes_year;
    drop(inner);
    if whole < submitted {
        return Some("other documents were submitted than planned");
    }
    if submitted > 1 {
        return Some("it was submitted more than once");
    }
    if used > 1 || asked_for > 1 && !cannot_be_told && !is_clock_wrong(run) {
        return Some("it has more than one instance");
    }
    let knows = innsending.prosess().is_some_and(Prosess::is_submitted) || innsending.perhaps_moved();
    // Or a person knows.
    let end = innsending.end(run.right_now());
    let is_told = matches!(end, Some(InnsendingEnd::Uvisst { .. } | InnsendingEnd::Cancelled { .. }));
    (submitted == 1 && !knows && !is_told).then_some("it was submitted, and does not know")
}

/// Whether a clock of ours and Altinn's differ more than the rules count with. Then an instance of ours is not known again.
fn is_clock_wrong(run: &Run<'_>) -> bool {
    let jumped = |fault: &Fault| if let Fault::Jump(seconds) = fault { seconds.abs() } else { 0 };
    let ahead = run.plan.ahead.iter().map(|ahead| ahead.abs()).max().unwrap_or_default();
    ahead + run.world.lock().fired.iter().map(jumped).sum::<i64>() > 10
}

fn is_untrue(
    run: &Run<'_>,
    case: usize,
    innsending: &Innsending,
    end: &InnsendingEnd,
) -> Option<&'static str> {
    let fired = run.world.lock().fired.clone();
    let was = |is: fn(&Fault) -> bool| fired.iter().any(is);
    let was_refused = was(|fault| matches!(fault, Fault::Refused | Fault::TurnedAway));
    let was_strange = fired.iter().filter(|fault| matches!(fault, Fault::Strange(_))).count() >= 3;
    let was_doubled = was(|fault| matches!(fault, Fault::Twice(_)));
    let given_up = is_late(run) || was_strange;
    let of_validation = |end: &FilingEnd| match end {
        FilingEnd::Superseded { jobb } => is_superseded(run, case, jobb),
        FilingEnd::Refused { .. } => was_refused,
        FilingEnd::GaveUp { .. } => given_up,
        FilingEnd::Unreadable { .. } => was_strange,
        FilingEnd::Validated { .. } | FilingEnd::JobFailed { .. } | FilingEnd::Cancelled { .. } => false,
    };
    let is_true = match end {
        InnsendingEnd::Kvittert { .. } => return is_untrue_receipt(run, case, end),
        InnsendingEnd::ValidertMedFeil { .. } => run.plan.scenario.filing.finds_errors,
        InnsendingEnd::Validering(end) => of_validation(end),
        InnsendingEnd::GjeldendeEndret { gjeldende, validert_for } => {
            let Order::Innsending(submission) = &run.cases[case] else { return Some("it is another kind") };
            let now = run.world.lock().altinn.gjeldende(submission.of, run.world.now());
            // It was in force after the other one; others may have come since.
            number(gjeldende) > number(validert_for) && number(gjeldende) <= number(&now)
        }
        InnsendingEnd::Fremmed { .. } => was_doubled,
        InnsendingEnd::Refused { .. } => was_refused,
        InnsendingEnd::GaveUp { .. } => given_up,
        InnsendingEnd::Uvisst { .. } => run.was_restored() && !run.went_on(),
        InnsendingEnd::Cancelled { .. } => {
            let now = run.world.now();
            run.was_restored() && run.world.lock().altinn.is_submitted_for(case, now)
        }
        InnsendingEnd::Infisert { .. } | InnsendingEnd::Borte { .. } => false,
    };
    let goes_on = matches!(end, InnsendingEnd::GaveUp { .. });
    match is_true {
        false => Some("what it says is not so"),
        true if goes_on && run.went_on() && !is_late(run) => {
            Some("it does not go on though a person lets it")
        }
        true => None,
    }
    .filter(|_| !innsending.perhaps_moved())
}

/// Of a return, among those in force one after another.
fn number(gjeldende: &Dokumentreferanse) -> usize {
    let id = gjeldende.dokumentidentifikator.to_string();
    id.rsplit(':').next().and_then(|n| n.parse().ok()).unwrap_or_default()
}

fn is_untrue_receipt(run: &Run<'_>, case: usize, end: &InnsendingEnd) -> Option<&'static str> {
    let InnsendingEnd::Kvittert { instans, resultat, aarsaker } = end else { return None };
    let inner = run.world.lock();
    let Some(place) = inner.altinn.place(instans) else { return Some("there is no such instance") };
    let instans = &inner.altinn.instanser[place];
    let is_its = instans.case == Some(case) || run.was_restored();
    let is_true = inner.altinn.receipt(instans) == (resultat.clone(), aarsaker.clone());
    (!is_its || instans.submitted().is_none() || !is_true).then_some("the receipt is not of this submission")
}
