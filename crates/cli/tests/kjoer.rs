//! `skattebro kjoer`: the real binary as a worker, with a store in a file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "krav/helpers.rs"]
#[allow(dead_code)]
mod helpers;
#[path = "innsending/helpers.rs"]
#[allow(dead_code)]
mod submissions;
mod support;

use helpers::*;
use skattebro_sandbox::{Fault, FaultRule, Sandbox, Scenario};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{assert_exit, documents, skattebro, stderr, stdout};

fn stored(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Command {
    let mut command = skattebro();
    command.args(arguments).args(["--server", &sandbox.url(), "--store", "sqlite:store.db"]);
    command.current_dir(work.0.path());
    command
}

/// A worker, and where it tells how it gets on.
struct Worker {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    url: String,
}

impl Worker {
    fn start(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Self {
        let mut command = stored(sandbox, work, &["kjoer", "--status-port", "0"]);
        command.args(arguments);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let url = line.split("status on ").nth(1).unwrap_or_else(|| panic!("{line}")).trim().to_owned();
        assert!(line.contains("store sqlite:store.db") && line.contains("edition v1"), "{line}");
        Self { child, stderr, url }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until its metrics have that line.
    async fn until(&self, line: &str) {
        let mut metrics = String::new();
        for _ in 0..600 {
            metrics = self.get("/metrics").await.1;
            if metrics.lines().any(|other| other == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{line} does not come:\n{metrics}");
    }

    /// Its exit code, how long it took, and what it said.
    async fn end(mut self, signal: &str) -> (Option<i32>, Duration, String) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        tokio::task::spawn_blocking(move || {
            let status = self.child.wait().unwrap();
            let mut said = String::new();
            self.stderr.read_to_string(&mut said).unwrap();
            (status.code(), began.elapsed(), said)
        })
        .await
        .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_carries_out_what_was_queued_and_tells_how_it_gets_on() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let rows: Vec<_> = (0..30).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let koe = ["krav", "opprett", "krav.jsonl", "--koe", "--ikke-vent"];
    let output = support::run(stored(&sandbox, &work, &koe)).await;
    assert_exit(&output, 0);
    assert!(
        stdout(&output).contains("queued  30") && stdout(&output).contains("skattebro kjoer"),
        "{}",
        stdout(&output)
    );
    assert!(sandbox.effects().is_empty());
    // Putting them in again makes no second case.
    assert_exit(&support::run(stored(&sandbox, &work, &koe)).await, 0);
    let worker = Worker::start(&sandbox, &work, &[]);
    worker.until(r#"skattebro_cases{kind="krav",state="settled",status="received"} 30"#).await;
    let metrics = worker.get("/metrics").await.1;
    for line in ["skattebro_journal_up 1", "skattebro_workers_alive 1", "skattebro_worker_taken_total 30"] {
        assert!(metrics.lines().any(|other| other == line), "{line}: {metrics}");
    }
    assert!(!metrics.contains("974761076"), "{metrics}");
    assert_eq!(worker.get("/health").await.0, 200);
    assert_eq!(worker.get("/ready").await.0, 200);
    assert_eq!(worker.get("/").await.0, 404);
    assert_eq!(seen(&sandbox).len(), 30);
    let (code, took, said) = worker.end("-TERM").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(said.contains("30 taken up, 30 carried out"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_finishes_its_calls_and_another_goes_on() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(200))));
    let rows: Vec<_> = (0..40).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let koe = ["krav", "opprett", "krav.jsonl", "--koe", "--ikke-vent"];
    assert_exit(&support::run(stored(&sandbox, &work, &koe)).await, 0);
    let worker = Worker::start(&sandbox, &work, &["--samtidig", "10", "--frist-ved-stopp", "10s"]);
    while sandbox.effects().len() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (code, took, said) = worker.end("-INT").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let sent = sandbox.effects().len();
    assert!(sent < 40, "{sent}");
    sandbox.clear_faults();
    let output = support::run(stored(&sandbox, &work, &["jobb", "fortsett"])).await;
    assert_exit(&output, 0);
    assert_eq!((sandbox.effects().len(), seen(&sandbox).len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn queueing_needs_a_store_that_lasts_and_takes_changes_too() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--koe"]).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("sqlite:PATH"), "{}", stderr(&output));
    for arguments in [
        &["krav", "opprett", "krav.jsonl", "--koe"][..],
        &["krav", "endre", "K-1", "--hovedstol", "500", "--koe"],
        &["krav", "avskriv", "K-1", "--koe"],
    ] {
        let output = support::run(stored(&sandbox, &work, arguments)).await;
        assert_exit(&output, 0);
    }
    assert!(sandbox.effects().is_empty());
    let output = support::run(stored(&sandbox, &work, &["jobb", "fortsett", "--json"])).await;
    assert_exit(&output, 0);
    assert_eq!(json_of(&output)["counts"]["written-off"], 1, "{}", stdout(&output));
    assert_eq!(sandbox.effects().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_port_that_is_taken_is_told_before_anything_is_done() {
    let sandbox = sandbox().await;
    let work = Work::new(&[]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = support::run(stored(&sandbox, &work, &["kjoer", "--status-port", &port])).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("--status-port"), "{}", stderr(&output));
}

/// Begins a submission, and kills it as soon as the sandbox has seen that of it.
async fn killed_after(word: &str, sandbox: &Sandbox, work: &Work, utfoerer: &str, utgave: &str) {
    let command = stored(sandbox, work, &[]);
    let mut command = submissions::send_inn(command, work.0.path(), utfoerer, utgave);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while !sandbox.effects().iter().any(|effect| submissions::word(effect) == word) {
        assert!(began.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn worker_of(sandbox: &Sandbox, work: &Work, utfoerer: &str) -> Worker {
    let mut command = stored(sandbox, work, &["kjoer", "--status-port", "0"]);
    submissions::signed_in(&mut command, utfoerer);
    Worker::of(command)
}

const RECEIVED: &str = r#"skattebro_cases{kind="innsending",state="settled",status="kvittert-validertOK"} 1"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_takes_up_a_submission_whose_process_died() {
    for (utgave, word) in [("synkron", "instance"), ("v2", "envelope")] {
        let sandbox = submissions::quick(Scenario::ok()).start().await.unwrap();
        let work = Work(documents(300_000));
        killed_after(word, &sandbox, &work, "person", utgave).await;
        let worker = worker_of(&sandbox, &work, "person");
        worker.until(RECEIVED).await;
        assert_eq!(worker.end("-TERM").await.0, Some(0));
        let instance = &sandbox.instances()[0];
        let wrong = submissions::done_wrongly(&sandbox.effects(), instance, &[]);
        assert!(wrong.is_empty(), "{utgave}: {wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_waits_for_the_person_and_goes_on_to_the_receipt() {
    let sandbox = submissions::quick(Scenario::ok()).start().await.unwrap();
    let work = Work(documents(300_000));
    killed_after("step from Task_1", &sandbox, &work, "systembruker", "v2").await;
    let worker = worker_of(&sandbox, &work, "systembruker");
    // It has looked, and takes no step that is a person's.
    worker.until("skattebro_worker_taken_total 1").await;
    let listed = support::run(stored(&sandbox, &work, &["jobb", "list", "--json"])).await;
    let case = json_of(&listed)["cases"][0]["id"].as_str().unwrap().to_owned();
    let shows_that_it_waits = || async {
        let shown = support::run(stored(&sandbox, &work, &["jobb", "vis", &case])).await;
        stdout(&shown).contains("Stands at: waits-for-person")
    };
    let began = Instant::now();
    while !shows_that_it_waits().await {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(sandbox.instances()[0].submissions, 0);
    submissions::confirm(&sandbox).await;
    worker.until(RECEIVED).await;
    assert_eq!(worker.end("-TERM").await.0, Some(0));
    let wrong = submissions::done_wrongly(&sandbox.effects(), &sandbox.instances()[0], &[]);
    assert!(wrong.is_empty(), "{wrong:?}");
}
