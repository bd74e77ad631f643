//! A store that breaks while krav are sent: no room, locked by others, gone, cut off, put back from a backup.
//!
//! Whatever happens, nothing is sent without its intent on disk, nothing is done twice, and the program says what to do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod journal_support;
mod support;

use journal_support::breaking::*;
use journal_support::chance::Chance;
use journal_support::check::{self, none};
use journal_support::child::Running;
use journal_support::killing::Batch;
use journal_support::krav::{Phase, Plan, command, program};
use journal_support::place::{Place, server};
use journal_support::postgres::Control;
use journal_support::records::Written;
use skattebro_sandbox::Sandbox;
use skattebro_testpg::Durability;
use sqlx::{Connection, Executor, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use support::{assert_exit, run, stderr, stdout};

const KRAV: u32 = 250;
/// What is under way when a store breaks, and some time for a machine with more to do.
const CALLS_TO_END: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_the_sending_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "700k") else { return };
    let place = Place::sqlite(&disk.0);
    let (sandbox, plan) = (sandbox().await, Plan::only_created(KRAV));
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let mut running = batch.start(Phase::Opprett);
    let effects = until_nothing_happens(&sandbox, &mut running).await;
    assert!(effects < KRAV as usize, "the disk was large enough for all");
    disk.grow("64m");
    finish(&batch, running, "make room").await;
}

/// The limit of a file's size, which is there for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_grow_stops_the_sending() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::sqlite(folder.path());
    let (sandbox, plan) = (sandbox().await, Plan::only_created(KRAV));
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let inner = command(Phase::Opprett, &sandbox.url(), &place, folder.path());
    let mut running = Running::start(limited(&inner, 700), folder.path(), "limited");
    let effects = until_nothing_happens(&sandbox, &mut running).await;
    assert!(effects < KRAV as usize, "the file may grow large enough for all");
    running.kill();
    finish(&batch, batch.start(Phase::Opprett), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_another_program_locks_is_waited_for_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::sqlite(folder.path());
    let (sandbox, plan) = (sandbox().await, Plan::only_created(KRAV));
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let mut running = batch.start(Phase::Opprett);
    until_created(&sandbox, 60, &mut running).await;
    let file = folder.path().join("skattebro.db");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    other.execute("PRAGMA busy_timeout = 5000").await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    tokio::time::sleep(CALLS_TO_END).await;
    let before = sandbox.effects().len();
    // Longer than the program waits for a lock (5 s).
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(sandbox.effects().len(), before, "something was sent while nothing could be written");
    assert!(running.ended().is_none() || before == KRAV as usize, "it gave up:\n{}", running.stdout());
    other.execute("COMMIT").await.unwrap();
    other.close().await.unwrap();
    finish(&batch, running, "is being written by another program").await;

    // Locked from the start: said, and nothing is sent.
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let output = run(command(Phase::Opprett, &sandbox.url(), &place, folder.path())).await;
    assert!(!output.status.success());
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert!(said.contains("written by another program") && said.contains("try again"), "{said}");
    assert_eq!(sandbox.effects().len(), KRAV as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_and_comes_back_is_waited_for() {
    let Some(server) = server(Durability::Full) else { return };
    let mut control = Control::of(&server);
    let (place, folder) = (Place::postgres(&server), tempfile::tempdir().unwrap());
    let (sandbox, plan) = (sandbox().await, Plan::only_created(KRAV));
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let mut running = batch.start(Phase::Opprett);
    for krav in [50, 130] {
        until_created(&sandbox, krav, &mut running).await;
        control.stop();
        tokio::time::sleep(CALLS_TO_END).await;
        let before = sandbox.effects().len();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(sandbox.effects().len(), before, "something was sent while nothing could be written");
        control.start();
    }
    finish(&batch, running, "the database of the journal").await;

    control.stop();
    let output = run(command(Phase::Opprett, &sandbox.url(), &place, folder.path())).await;
    assert!(!output.status.success());
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert!(said.contains("the database of the journal") && said.contains("that it runs"), "{said}");
}

/// Connections are ended while they commit, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_lost_in_the_middle_of_a_commit_lose_nothing() {
    let Some(server) = server(Durability::None) else { return };
    let (place, folder) = (Place::postgres(&server), tempfile::tempdir().unwrap());
    let (sandbox, plan) = (sandbox().await, Plan::of(KRAV));
    let mut chance = Chance::of_this_run("connections_lost");
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let mut cuts = 0;
    for phase in journal_support::krav::PHASES {
        let mut running = batch.start(phase);
        for _ in 0..journal_support::rounds(10) {
            tokio::time::sleep(chance.between(Duration::from_millis(200), Duration::from_millis(1_200)))
                .await;
            if let Some(status) = running.ended() {
                let said = format!("{}{}", running.stdout(), running.stderr());
                assert!(
                    status.success() || said.contains("database of the journal"),
                    "{phase:?} ended with {status}:\n{said}"
                );
                running = batch.start(phase);
            }
            let cut =
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname LIKE 'test_%'";
            server.sql(cut).unwrap();
            cuts += 1;
        }
        running.end_within(Duration::from_secs(120)).await;
        let report = batch.to_its_end(phase).await;
        none("the report says otherwise", check::report_is_true(&sandbox, phase, plan, &report));
    }
    eprintln!("connections were cut {cuts} times");
    let (effects, written) = (sandbox.effects(), Written::at(&place).await);
    none("not done as planned", check::differences(&effects, plan));
    none("sent without an intent in the journal", check::without_intent(&effects, &written));
}

/// What a machine leaves that fails in the middle of writing.
#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_wal_doubles_nothing() {
    let mut chance = Chance::of_this_run("half_written_wal");
    let (sandbox, plan) = (sandbox().await, Plan::of(KRAV));
    let folder = tempfile::tempdir().unwrap();
    let place = Place::sqlite(folder.path());
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let wal = folder.path().join("skattebro.db-wal");
    for phase in journal_support::krav::PHASES {
        let acts = u64::from(plan.acts_in(phase));
        for _ in 0..journal_support::rounds(3) {
            let mut running = batch.start(phase);
            let goal = sandbox.effects().len() + 1 + usize::try_from(chance.below(acts / 3)).unwrap();
            let mut ended = running.ended();
            for _ in 0..400 {
                if ended.is_some() || sandbox.effects().len() >= goal {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
                ended = running.ended();
            }
            running.kill();
            let length = std::fs::metadata(&wal).map_or(0, |file| file.len());
            if length > 0 {
                // A few pages, as a machine that fails, or any number of them.
                let most = if chance.below(2) == 0 { length.min(20_000) } else { length };
                cut(&wal, length - chance.below(most)).await;
            }
        }
        let report = batch.to_its_end(phase).await;
        none("the report says otherwise", check::report_is_true(&sandbox, phase, plan, &report));
        none("done twice", check::done_wrongly(&sandbox.effects(), plan));
    }
    none("not done as planned", check::differences(&sandbox.effects(), plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_that_is_told_so_does_nothing_twice() {
    let (sandbox, plan) = (sandbox().await, Plan::of(KRAV));
    let folder = tempfile::tempdir().unwrap();
    let place = Place::sqlite(folder.path());
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    plan.write(folder.path());
    let mut running = batch.start(Phase::Opprett);
    until_created(&sandbox, 80, &mut running).await;
    running.kill();
    let copy = folder.path().join("copy");
    copy_store(folder.path(), &copy);
    let since = timestamp();
    for phase in [Phase::Opprett, Phase::Endre] {
        batch.to_its_end(phase).await;
    }
    let before = check::state(&sandbox);

    copy_store(&copy, folder.path());
    let mut restored = program(&sandbox.url(), &place, folder.path());
    restored.args(["jobb", "fortsett", "--gjenopprettet-siden", &since, "--json"]);
    let output = run(restored).await;
    assert!([Some(0), Some(3)].contains(&output.status.code()), "{}{}", stdout(&output), stderr(&output));
    none("done twice", check::done_wrongly(&sandbox.effects(), plan));
    assert_eq!(check::state(&sandbox), before, "going on from an older copy changed something");
    for phase in journal_support::krav::PHASES {
        let report = batch.to_its_end(phase).await;
        none("the report says otherwise", check::report_is_true(&sandbox, phase, plan, &report));
    }
    none("not done as planned", check::differences(&sandbox.effects(), plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_is_told_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    Plan::only_created(3).write(folder.path());
    std::fs::write(
        path("text.db"),
        "this is no journal, and long enough to be looked at as one. ".repeat(100),
    )
    .unwrap();
    std::fs::create_dir(path("folder.db")).unwrap();
    // Made by a program that knows more.
    assert_exit(
        &run(command(
            Phase::Opprett,
            &Sandbox::builder().start().await.unwrap().url(),
            &Place::Sqlite(path("newer.db")),
            folder.path(),
        ))
        .await,
        0,
    );
    make_newer(&path("newer.db")).await;
    std::fs::write(path("file"), "").unwrap();
    for (place, what_to_do) in [
        (Place::Sqlite(path("text.db")), "restore it from a backup"),
        (Place::Sqlite(path("folder.db")), "check"),
        (Place::Sqlite(path("newer.db")), "newer"),
        (Place::Sqlite(path("file/skattebro.db")), "folder"),
        (Place::Sqlite(Path::new("/proc/skattebro.db").to_owned()), "check"),
        (
            Place::Postgres("postgres://nobody:hemmelig-passord@127.0.0.1:1/nothing".to_owned()),
            "check that it runs",
        ),
    ] {
        let output = run(command(Phase::Opprett, &sandbox.url(), &place, folder.path())).await;
        assert_exit(&output, 2);
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(said.contains(what_to_do), "{place:?}: {said}");
        assert!(!said.contains("hemmelig-passord"), "{said}");
    }
    assert!(sandbox.effects().is_empty());
}
