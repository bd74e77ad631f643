//! Four workers on one PostgreSQL share a batch of krav. Two are killed, one is frozen for longer than its permits and wakes again.
//!
//! `SKATTEBRO_MACHINES_KRAV` says how many krav.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod journal_support;
mod support;

use journal_support::chance::Chance;
use journal_support::check;
use journal_support::child::Running;
use journal_support::krav::{Plan, program};
use journal_support::place::{Place, server};
use journal_support::records::Written;
use skattebro::ports::journal::CaseState;
use skattebro_sandbox::{Fault, FaultRule, Sandbox, VirtualClock};
use skattebro_testpg::Durability;
use std::time::{Duration, Instant};
use support::{assert_exit, run};

const WORKERS: usize = 4;
/// Longer than a permit (four call timeouts: 8 s) and than a worker counts as alive without a heartbeat (15 s).
const FROZEN_FOR: Duration = Duration::from_secs(20);
/// For a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_A_KRAV: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_of_which_two_are_killed_and_one_is_frozen_do_nothing_twice() {
    let Some(server) = server(Durability::None) else { return };
    let mut chance = Chance::of_this_run("many_machines");
    let krav = std::env::var("SKATTEBRO_MACHINES_KRAV").map_or(300, |text| text.parse().unwrap());
    let patience = PATIENCE + PATIENCE_A_KRAV * krav;
    let (folder, plan, place) =
        (tempfile::tempdir().unwrap(), Plan::only_created(krav), Place::postgres(&server));
    plan.write(folder.path());
    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(200.0)).start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-*", Fault::Latency(Duration::from_millis(40))));
    sandbox.inject(FaultRule::always("krav-opprett", Fault::SlowDrip(Duration::from_millis(5))));
    let url = sandbox.url();

    let began = Instant::now();
    let mut queue = program(&url, &place, folder.path());
    queue.args(["krav", "opprett", "krav.jsonl", "--koe"]);
    assert_exit(&run(queue).await, 0);
    assert!(sandbox.effects().is_empty(), "what is queued is not sent");
    let queued = began.elapsed();

    let start = |n: usize| {
        let mut command = program(&url, &place, folder.path());
        command.arg("kjoer").env("SKATTEBRO_LOG", "info");
        Running::start(command, folder.path(), &format!("worker-{n}"))
    };
    let mut workers: Vec<_> = (0..WORKERS).map(start).collect();
    let share = |part: u64| (u64::from(krav) * part / 10) as usize;

    // Each at its own share of the work, so that it happens in the middle on a fast machine and on a slow one.
    until_done(&sandbox, share(1) + chance.below(u64::from(krav) / 10) as usize, &workers[3]).await;
    workers[2].signal("STOP");
    let frozen = Instant::now();
    for (worker, part) in [(0, 3), (1, 5)] {
        until_done(&sandbox, share(part) + chance.below(u64::from(krav) / 10) as usize, &workers[3]).await;
        tokio::time::sleep(chance.between(Duration::ZERO, Duration::from_millis(60))).await;
        workers[worker].kill();
        eprintln!("worker {worker} was killed when {} krav were created", sandbox.effects().len());
    }
    tokio::time::sleep(FROZEN_FOR.saturating_sub(frozen.elapsed())).await;
    let at_thaw = sandbox.effects().len();
    workers[2].signal("CONT");

    let journal = place.open().await;
    loop {
        let written = Written::of(&journal).await;
        let open: Vec<_> = written.cases.iter().filter(|case| case.state != CaseState::Settled).collect();
        if open.is_empty() && sandbox.effects().len() >= krav as usize {
            break;
        }
        assert!(
            began.elapsed() < patience,
            "{} cases are open, {} krav created; the first of them: {:?}\n{}\n{}",
            open.len(),
            sandbox.effects().len(),
            open.first(),
            workers[2].stderr(),
            workers[3].stderr()
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    // Time for what the frozen one might still send.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for worker in &mut workers[2..] {
        worker.signal("TERM");
        let status = worker.end_within(Duration::from_secs(40)).await;
        assert!(status.success(), "a worker that is told to stop ended with {status}:\n{}", worker.stderr());
    }

    let (effects, written) = (sandbox.effects(), Written::of(&journal).await);
    check::none("not done as planned", check::differences(&effects, plan));
    check::none("sent without an intent in the journal", check::without_intent(&effects, &written));
    assert_eq!(written.cases.len(), krav as usize, "one case a krav");
    let peak = sandbox.peak_concurrent_calls();
    eprintln!(
        "{krav} krav queued in {:.1} s and done in {seconds:.1} s; {at_thaw} were created when the frozen one woke; {} intents, {} never \
         answered; {peak} calls at a time at most",
        queued.as_secs_f64(),
        written.intents.len(),
        written.in_doubt().len()
    );
    assert!(peak <= 5, "the service saw {peak} calls at a time");
}

/// Waits until so many krav are created.
async fn until_done(sandbox: &Sandbox, krav: usize, worker: &Running) {
    let (began, patience) = (Instant::now(), PATIENCE + PATIENCE_A_KRAV * u32::try_from(krav).unwrap());
    while sandbox.effects().len() < krav {
        assert!(
            began.elapsed() < patience,
            "{} of {krav} krav:\n{}",
            sandbox.effects().len(),
            worker.stderr()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
