//! What a filing's case says, held against what the service has.

use super::faults::Fault;
use super::run::Run;
use super::sent::Effect;
use super::truth_krav::is_late;
use skattebro_domain::filing::{Filing, FilingEnd};
use skattebro_domain::{JobbId, JobbStatus};

pub(super) fn check(run: &Run<'_>, case: usize, filing: &Filing) {
    let fired = run.world.lock().fired.clone();
    let was = |is: fn(&Fault) -> bool| fired.iter().any(is);
    let end = filing.end(run.right_now());
    let wrong = match &end {
        // By the clock of its worker, time was over.
        None => !is_late(run),
        Some(FilingEnd::Validated { jobb, .. }) => !is(run, case, jobb, &JobbStatus::Ferdig),
        Some(FilingEnd::Superseded { jobb }) => !is_superseded(run, case, jobb),
        Some(FilingEnd::JobFailed { .. }) => true, // four failed jobs are no part of any scenario
        Some(FilingEnd::Refused { .. }) => !was(|fault| matches!(fault, Fault::Refused | Fault::TurnedAway)),
        Some(FilingEnd::GaveUp { .. }) => !is_late(run),
        Some(FilingEnd::Unreadable { .. }) => {
            fired.iter().filter(|fault| matches!(fault, Fault::Strange(_))).count() < 3
        }
        Some(FilingEnd::Cancelled { .. }) => true,
    };
    if wrong {
        let jobs = run.world.lock().filing.jobs.iter().map(|job| format!("{job:?}")).collect::<Vec<_>>();
        run.world.violated(format!("case {case} says {end:?}, and the jobs are {jobs:?}"));
    }
    let started =
        run.world.happened_once(case).iter().filter(|effect| matches!(effect, Effect::Started(_))).count();
    if started > 6 {
        run.world.violated(format!("case {case}: {started} jobs were started"));
    }
}

fn is(run: &Run<'_>, case: usize, jobb: &JobbId, status: &JobbStatus) -> bool {
    let inner = run.world.lock();
    let job = inner.filing.job(jobb);
    job.is_some_and(|job| job.case == Some(case) && inner.filing.status(job, run.world.now()) == *status)
}

/// Aborted by somebody else's job, or by one of which the network made two.
pub(super) fn is_superseded(run: &Run<'_>, case: usize, jobb: &JobbId) -> bool {
    let inner = run.world.lock();
    let Some(job) = inner.filing.job(jobb).filter(|job| job.case == Some(case)) else { return false };
    let Some((_, by)) = job.aborted else { return false };
    let by = &inner.filing.jobs[by];
    by.case.is_none() || by.again
}
