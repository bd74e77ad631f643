//! What must come of every fault at every step, as one list of rows.

use super::support::seconds;
use super::support::watched::Step::{self, Gjeldende, LastOpp, Resultat, Start, Status};
use skattebro::domain::filing::{FilingRules, Polling, Stage};
use skattebro_sandbox::Fault;
use std::time::Duration;

/// Declares the list of all variants together with a match over them: a variant that is added to the sandbox does not compile
/// here until it has a name, and once it has one, the table is incomplete until it has its rows.
macro_rules! variants {
    ($($name:literal = $pattern:pat),+ $(,)?) => {
        pub(crate) const VARIANTS: &[&str] = &[$($name),+];

        pub(crate) fn variant(fault: &Fault) -> &'static str {
            match fault { $($pattern => $name),+ }
        }
    };
}

variants! {
    "latency" = Fault::Latency(_),
    "too many requests" = Fault::TooManyRequests { .. },
    "error before" = Fault::ErrorBefore(_),
    "error after" = Fault::ErrorAfter(_),
    "drop before" = Fault::DropBefore,
    "drop after" = Fault::DropAfter,
    "act late" = Fault::ActLate(_),
    "twice" = Fault::Twice,
    "truncated body" = Fault::TruncatedBody,
    "slow drip" = Fault::SlowDrip(_),
    "html instead of json" = Fault::HtmlInsteadOfJson,
    "html error" = Fault::HtmlError(_),
    "empty ok" = Fault::EmptyOk,
    "never answer" = Fault::NeverAnswer,
}

/// One case: a fault at a step, once or always, and what must be seen.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) step: Step,
    pub(crate) fault: Fault,
    pub(crate) always: bool,
    pub(crate) expected: Seen,
}

/// What can be seen of a filing when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) end: End,
    /// How many calls of the step were made.
    pub(crate) calls: usize,
    /// How many uploads the sandbox has stored.
    pub(crate) uploads: usize,
    /// When it started jobs, in seconds since the beginning.
    pub(crate) started_at: &'static [u64],
    /// How many of these it aborted for a newer one.
    pub(crate) aborted: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    ValidertOk,
    GaveUp(Stage),
    Unreadable(Stage),
    Refused(Stage),
    /// Anything else, which no row expects.
    Other,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("{:?}, {:?}, {}", self.step, self.fault, if self.always { "always" } else { "once" })
    }
}

/// The whole table. A line is a fault at a step: what must be seen if it strikes the next call only, and if it strikes every call.
/// The numbers are: calls of that step, uploads stored, when jobs were started, jobs aborted.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<Row> {
    let ms = Duration::from_millis;
    let late = |after| Fault::ActLate(seconds(after));
    let patience = || Fault::TooManyRequests { retry_after: Some(seconds(7)) };
    let slow = || Fault::SlowDrip(ms(100));
    let lines = [
        // The return in force: a look, so what is lost is asked for again, and before a job there is patience for five failures.
        line(Gjeldende, Fault::Latency(ms(5)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Gjeldende, patience(), ok(2, 1, &[7], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::TooManyRequests { retry_after: None }, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::ErrorBefore(503), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::ErrorBefore(404), refused(1, 0, &[], 0), refused(1, 0, &[], 0)),
        line(Gjeldende, Fault::ErrorBefore(401), refused(1, 0, &[], 0), refused(1, 0, &[], 0)),
        line(Gjeldende, Fault::ErrorAfter(500), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::DropBefore, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::DropAfter, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, late(90), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::Twice, ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Gjeldende, Fault::TruncatedBody, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::SlowDrip(ms(1)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Gjeldende, slow(), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::HtmlInsteadOfJson, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::HtmlError(502), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::HtmlError(404), refused(1, 0, &[], 0), refused(1, 0, &[], 0)),
        line(Gjeldende, Fault::EmptyOk, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(Gjeldende, Fault::NeverAnswer, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),

        // The upload: may be repeated at once, since a reference that nobody uses changes nothing.
        line(LastOpp, Fault::Latency(ms(5)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(LastOpp, patience(), ok(2, 1, &[7], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::TooManyRequests { retry_after: None }, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::ErrorBefore(503), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::ErrorBefore(408), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::ErrorBefore(403), refused(1, 0, &[], 0), refused(1, 0, &[], 0)),
        line(LastOpp, Fault::ErrorAfter(500), ok(2, 2, &[1], 0), gave_up(5, 5, &[], 0)),
        line(LastOpp, Fault::DropBefore, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::DropAfter, ok(2, 2, &[1], 0), gave_up(5, 5, &[], 0)),
        // Five uploads at 0, 1, 3, 7 and 15 s: all act only after it was given up.
        line(LastOpp, late(90), ok(2, 2, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, late(600), ok(2, 2, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::Twice, ok(1, 2, &[0], 0), ok(1, 2, &[0], 0)),
        line(LastOpp, Fault::TruncatedBody, ok(2, 2, &[1], 0), gave_up(5, 5, &[], 0)),
        line(LastOpp, Fault::SlowDrip(ms(1)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(LastOpp, slow(), ok(2, 2, &[1], 0), gave_up(5, 5, &[], 0)),
        line(LastOpp, Fault::HtmlInsteadOfJson, ok(2, 1, &[1], 0), unreadable(3, 0, &[], 0)),
        line(LastOpp, Fault::HtmlError(502), ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),
        line(LastOpp, Fault::HtmlError(403), refused(1, 0, &[], 0), refused(1, 0, &[], 0)),
        line(LastOpp, Fault::EmptyOk, ok(2, 2, &[1], 0), unreadable(3, 3, &[], 0)),
        line(LastOpp, Fault::NeverAnswer, ok(2, 1, &[1], 0), gave_up(5, 0, &[], 0)),

        // The start: what was refused is repeated soon; what may have acted only after two minutes, since a second job aborts the
        // first. Where the lost one did act, the first job is aborted by ours and nobody has followed it.
        line(Start, Fault::Latency(ms(5)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Start, patience(), ok(2, 1, &[7], 0), gave_up(5, 1, &[], 0)),
        line(Start, Fault::TooManyRequests { retry_after: None }, ok(2, 1, &[1], 0), gave_up(5, 1, &[], 0)),
        line(Start, Fault::ErrorBefore(503), ok(2, 1, &[120], 0), gave_up(5, 1, &[], 0)),
        line(Start, Fault::ErrorBefore(400), refused(1, 1, &[], 0), refused(1, 1, &[], 0)),
        line(Start, Fault::ErrorBefore(409), refused(1, 1, &[], 0), refused(1, 1, &[], 0)),
        line(Start, Fault::ErrorAfter(500), ok(2, 1, &[0, 120], 1), gave_up(5, 1, EVERY_TWO_MINUTES, 4)),
        line(Start, Fault::DropBefore, ok(2, 1, &[120], 0), gave_up(5, 1, &[], 0)),
        line(Start, Fault::DropAfter, ok(2, 1, &[0, 120], 1), gave_up(5, 1, EVERY_TWO_MINUTES, 4)),
        // Late, but within the two minutes: as if it had acted at once.
        line(Start, late(90), ok(2, 1, &[90, 120], 1), gave_up(5, 1, &[90, 210, 330, 450], 3)),
        line(Start, late(120), ok(2, 1, &[120, 120], 1), gave_up(5, 1, &[120, 240, 360, 480], 3)),
        // Beyond: it aborts the job that was started meanwhile, which is put down to it, and there is one more.
        line(Start, late(600), ok(3, 1, &[120, 600, 617], 2), gave_up(5, 1, &[], 0)),
        line(Start, Fault::Twice, ok(1, 1, &[0, 0], 1), ok(1, 1, &[0, 0], 1)),
        line(Start, Fault::TruncatedBody, ok(2, 1, &[0, 120], 1), gave_up(5, 1, EVERY_TWO_MINUTES, 4)),
        line(Start, Fault::SlowDrip(ms(1)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Start, slow(), ok(2, 1, &[0, 120], 1), gave_up(5, 1, EVERY_TWO_MINUTES, 4)),
        line(Start, Fault::HtmlInsteadOfJson, ok(2, 1, &[120], 0), unreadable(3, 1, &[], 0)),
        line(Start, Fault::HtmlError(502), ok(2, 1, &[120], 0), gave_up(5, 1, &[], 0)),
        line(Start, Fault::HtmlError(403), refused(1, 1, &[], 0), refused(1, 1, &[], 0)),
        line(Start, Fault::EmptyOk, ok(2, 1, &[0, 120], 1), unreadable(3, 1, &[0, 120, 240], 2)),
        line(Start, Fault::NeverAnswer, ok(2, 1, &[120], 0), gave_up(5, 1, &[], 0)),

        // The status: a job that runs is not given up on before the deadline, whatever a gateway says; a refusal is believed the
        // third time. The error then names the job.
        line(Status, Fault::Latency(ms(5)), ok(LOOKS, 1, &[0], 0), ok(LOOKS, 1, &[0], 0)),
        line(Status, patience(), ok(LOOKS - 2, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::TooManyRequests { retry_after: None }, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::ErrorBefore(503), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::ErrorBefore(404), ok(LOOKS + 1, 1, &[0], 0), refused(3, 1, &[0], 0)),
        line(Status, Fault::ErrorBefore(401), ok(LOOKS + 1, 1, &[0], 0), refused(3, 1, &[0], 0)),
        line(Status, Fault::ErrorAfter(500), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::DropBefore, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::DropAfter, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, late(90), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::Twice, ok(LOOKS, 1, &[0], 0), ok(LOOKS, 1, &[0], 0)),
        line(Status, Fault::TruncatedBody, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::SlowDrip(ms(1)), ok(LOOKS, 1, &[0], 0), ok(LOOKS, 1, &[0], 0)),
        line(Status, slow(), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::HtmlInsteadOfJson, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::HtmlError(502), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::HtmlError(403), ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::EmptyOk, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),
        line(Status, Fault::NeverAnswer, ok(LOOKS + 1, 1, &[0], 0), gave_up(36, 1, &[0], 0)),

        // The result: it is there and stays there, so it is asked for until the deadline.
        line(Resultat, Fault::Latency(ms(5)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Resultat, patience(), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::TooManyRequests { retry_after: None }, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::ErrorBefore(503), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::ErrorBefore(404), ok(2, 1, &[0], 0), refused(3, 1, &[0], 0)),
        line(Resultat, Fault::ErrorBefore(401), ok(2, 1, &[0], 0), refused(3, 1, &[0], 0)),
        line(Resultat, Fault::ErrorAfter(500), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::DropBefore, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::DropAfter, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, late(90), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::Twice, ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Resultat, Fault::TruncatedBody, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::SlowDrip(ms(1)), ok(1, 1, &[0], 0), ok(1, 1, &[0], 0)),
        line(Resultat, slow(), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::HtmlInsteadOfJson, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::HtmlError(502), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::HtmlError(403), ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::EmptyOk, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
        line(Resultat, Fault::NeverAnswer, ok(2, 1, &[0], 0), gave_up(21, 1, &[0], 0)),
    ];
    lines.into_iter().flatten().collect()
}

const EVERY_TWO_MINUTES: &[u64] = &[0, 120, 240, 360, 480];
/// How often a job of the table is looked at. A look that fails is one more; the patience that the service asks for saves some.
const LOOKS: usize = 59;
/// So long goes a filing of the table, so that a job that is never heard of again does not cost six hours of looks.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30 * 60);
/// What its jobs take, beside five seconds of waiting for their turn.
pub(crate) const RUN: Duration = Duration::from_secs(15 * 60);

/// The rules that the table goes by; written out, so that a change of the defaults is no change of the table.
pub(crate) fn rules() -> FilingRules {
    FilingRules {
        polling: Polling { min: seconds(2), max: seconds(30) },
        deadline: DEADLINE,
        late_action: seconds(120),
        max_jobs: 4,
        max_failures_before_job: 5,
        max_unreadable: 3,
        max_refused_looks: 3,
        max_foreign_results: 30,
        pause_between_jobs: Duration::from_secs(60),
        max_backoff: seconds(60),
    }
}

fn line(step: Step, fault: Fault, once: Seen, always: Seen) -> [Row; 2] {
    [(false, once), (true, always)].map(|(always, mut expected)| {
        expected.end = match expected.end {
            End::GaveUp(_) => End::GaveUp(step.stage()),
            End::Unreadable(_) => End::Unreadable(step.stage()),
            End::Refused(_) => End::Refused(step.stage()),
            other => other,
        };
        Row { step, fault: fault.clone(), always, expected }
    })
}

// The stage is filled in by `line`.
fn ok(calls: usize, uploads: usize, started_at: &'static [u64], aborted: usize) -> Seen {
    Seen { end: End::ValidertOk, calls, uploads, started_at, aborted }
}

fn gave_up(calls: usize, uploads: usize, started_at: &'static [u64], aborted: usize) -> Seen {
    Seen { end: End::GaveUp(Stage::Job), calls, uploads, started_at, aborted }
}

fn unreadable(calls: usize, uploads: usize, started_at: &'static [u64], aborted: usize) -> Seen {
    Seen { end: End::Unreadable(Stage::Job), calls, uploads, started_at, aborted }
}

fn refused(calls: usize, uploads: usize, started_at: &'static [u64], aborted: usize) -> Seen {
    Seen { end: End::Refused(Stage::Job), calls, uploads, started_at, aborted }
}
