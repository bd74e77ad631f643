//! A journal in a file after a crash: what was answered is there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_adapter_store::{SqliteJournal, StoreSettings};
use skattebro_ports::Journal;
use skattebro_ports::journal::{Begun, Recorded};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use support::things::{act, answer, answered, id, intent, intents, owned_case, worker};

const CHILD: &str = "SKATTEBRO_TEST_CHILD";
const TASKS: usize = 16;

async fn open(path: &Path) -> SqliteJournal {
    SqliteJournal::open(path, StoreSettings::default()).await.unwrap()
}

fn say(what: &str, case: usize, n: u32) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what} {case} {n}").unwrap();
    out.flush().unwrap();
}

/// Writes as fast as it can, and says what was answered, until it is killed.
async fn child(path: PathBuf) {
    let journal = Arc::new(open(&path).await);
    let round = std::env::var("SKATTEBRO_TEST_ROUND").unwrap();
    let tasks = (0..TASKS).map(|nr| {
        let (journal, by, case) = (journal.clone(), worker("w"), id(&format!("{round}-{nr}")));
        tokio::spawn(async move {
            journal.open(vec![owned_case(case.as_str(), &by)]).await.unwrap();
            let mut version = 1;
            loop {
                let begun = journal.begin(&by, vec![intent(&case, version)]).await.unwrap();
                let [Begun::Permitted(n)] = begun[..] else { panic!("{begun:?}") };
                say("begun", nr, n.0);
                let learned = journal.learn(vec![answer(&case, n, &by)]).await.unwrap();
                let [Recorded::New(after)] = learned[..] else { panic!("{learned:?}") };
                say("learned", nr, n.0);
                version = after.0;
            }
        })
    });
    // A task that panics answers nothing, and too little is then found to have been written.
    let tasks: Vec<_> = tasks.collect();
    std::future::pending::<()>().await;
    drop(tasks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_the_process_was_killed_is_there() {
    if let Some(path) = std::env::var_os(CHILD) {
        return child(path.into()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut acknowledged = 0;
    for round in 0..20 {
        let mut killed = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_was_answered_before_the_process_was_killed_is_there", "--nocapture"])
            .env(CHILD, &path)
            .env("SKATTEBRO_TEST_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(killed.stdout.take().unwrap());
        let reading = std::thread::spawn(move || {
            output.lines().map_while(Result::ok).filter(|line| line.contains(' ')).collect::<Vec<_>>()
        });
        // Anywhere within opening, writing and checkpointing.
        tokio::time::sleep(Duration::from_millis(60 + 37 * round)).await;
        killed.kill().unwrap();
        killed.wait().unwrap();
        let mut said: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
        for line in reading.join().unwrap() {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["begun" | "learned", case, n] = words[..] {
                said.entry(format!("{round}-{case}"))
                    .or_default()
                    .push((words[0].into(), n.parse().unwrap()));
                acknowledged += 1;
            }
        }
        let journal = open(&path).await;
        for (case, said) in said {
            let case = journal.read(&id(&case)).await.unwrap().expect("a case that was written to");
            let (intents, answered) = (intents(&case), answered(&case));
            for (what, n) in said {
                let there = if what == "begun" { &intents } else { &answered };
                assert!(there.contains(&n), "round {round}: {what} {n} was answered and is not there");
            }
        }
        journal.close().await;
    }
    assert!(acknowledged > 100, "the children wrote only {acknowledged} things");
}

#[tokio::test]
async fn a_log_that_is_cut_off_anywhere_leaves_a_case_as_it_once_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).await;
    let by = worker("w");
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    let mut version = 1;
    for _ in 0..20 {
        version = act(&journal, &by, &id("a"), version).await.unwrap();
    }
    let whole = journal.read(&id("a")).await.unwrap().unwrap();
    let log = std::fs::read(folder.path().join("journal.db-wal")).unwrap();
    let file = std::fs::read(&path).unwrap();
    journal.close().await;
    let mut lengths = Vec::new();
    for part in 0..60 {
        let cut = log.len() * part / 60 + part * 7;
        let other = tempfile::tempdir().unwrap();
        let copy = other.path().join("journal.db");
        std::fs::write(&copy, &file).unwrap();
        std::fs::write(other.path().join("journal.db-wal"), &log[..cut.min(log.len())]).unwrap();
        // Before the tables were made whole, one opens a new journal.
        let journal = open(&copy).await;
        let case = journal.read(&id("a")).await.unwrap();
        let records = case.map(|case| case.records).unwrap_or_default();
        assert_eq!(records, whole.records[..records.len()], "cut at {cut}");
        lengths.push(records.len());
        journal.open(vec![owned_case("b", &by)]).await.unwrap();
        journal.close().await;
    }
    assert!(
        lengths.is_sorted() && lengths.contains(&0) && lengths.iter().any(|len| *len > 30),
        "{lengths:?}"
    );
}

#[tokio::test]
async fn a_log_with_a_wrong_bit_leaves_a_case_as_it_once_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).await;
    let by = worker("w");
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    act(&journal, &by, &id("a"), 1).await.unwrap();
    let log = std::fs::read(folder.path().join("journal.db-wal")).unwrap();
    let file = std::fs::read(&path).unwrap();
    let whole = journal.read(&id("a")).await.unwrap().unwrap();
    journal.close().await;
    for part in 1..20 {
        let other = tempfile::tempdir().unwrap();
        let copy = other.path().join("journal.db");
        let mut log = log.clone();
        let wrong = log.len() * part / 20;
        log[wrong] ^= 0x40;
        std::fs::write(&copy, &file).unwrap();
        std::fs::write(other.path().join("journal.db-wal"), &log).unwrap();
        let journal = open(&copy).await;
        let records = journal.read(&id("a")).await.unwrap().map(|case| case.records).unwrap_or_default();
        assert_eq!(records, whole.records[..records.len()], "a wrong bit at {wrong}");
        journal.close().await;
    }
}

#[tokio::test]
async fn an_older_copy_that_is_put_back_is_opened_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).await;
    let by = worker("w");
    journal.open(vec![owned_case("a", &by)]).await.unwrap();
    journal.close().await;
    let backup = std::fs::read(&path).unwrap();
    let journal = open(&path).await;
    act(&journal, &by, &id("a"), 1).await.unwrap();
    journal.close().await;
    std::fs::write(&path, backup).unwrap();
    let journal = open(&path).await;
    assert_eq!(journal.read(&id("a")).await.unwrap().unwrap().records.len(), 1);
    act(&journal, &by, &id("a"), 1).await.unwrap();
    journal.close().await;
}
