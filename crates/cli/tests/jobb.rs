//! `skattebro jobb`, and commands that go on: the real binary against a sandbox, with a store in a file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "krav/helpers.rs"]
#[allow(dead_code)]
mod helpers;
mod support;

use helpers::*;
use serde_json::Value;
use skattebro_sandbox::{Fault, FaultRule, Sandbox, Scenario};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use support::{assert_exit, skattebro, stderr, stdout};

/// `skattebro …`, with the store `store.db` in the folder.
fn stored(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Command {
    let mut command = skattebro();
    command.args(arguments).args(["--server", &sandbox.url(), "--store", "sqlite:store.db"]);
    command.current_dir(work.0.path());
    command
}

async fn go(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Output {
    support::run(stored(sandbox, work, arguments)).await
}

/// The cases that `jobb list` tells of.
async fn listed(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Vec<Value> {
    let output = go(sandbox, work, &[&["jobb", "list", "--json"], arguments].concat()).await;
    assert_exit(&output, 0);
    json_of(&output)["cases"].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Ends a child with a signal as soon as the sandbox has changed so much.
async fn signal_after(effects: usize, sandbox: &Sandbox, child: Child, signal: &str) -> Output {
    while sandbox.effects().len() < effects {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_batch_is_listed_gone_on_with_and_never_sent_twice() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(100))));
    let rows: Vec<_> = (0..80).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let opprett = ["krav", "opprett", "krav.jsonl", "--ikke-vent"];
    let child = spawn(stored(&sandbox, &work, &opprett));
    let output = signal_after(10, &sandbox, child, "-TERM").await;
    assert_exit(&output, 3);
    assert!(stdout(&output).contains("jobb fortsett"), "{}", stdout(&output));
    let open = listed(&sandbox, &work, &[]).await;
    assert!(!open.is_empty() && open.iter().all(|case| case["state"] == "due"), "{open:?}");
    let table = go(&sandbox, &work, &["jobb", "list"]).await;
    assert!(stdout(&table).contains(&text(&open[0]["id"])[..8]), "{}", stdout(&table));
    sandbox.clear_faults();
    let output = go(&sandbox, &work, &["jobb", "fortsett", "--json"]).await;
    assert_exit(&output, 0);
    assert_eq!(json_of(&output)["cases"].as_array().unwrap().len(), open.len());
    assert!(listed(&sandbox, &work, &[]).await.is_empty());
    assert_eq!(sandbox.effects().len(), listed(&sandbox, &work, &["--alle"]).await.len());
    // The rest of the file.
    let output = go(&sandbox, &work, &opprett).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("had been done before"), "{}", stdout(&output));
    assert_eq!((sandbox.effects().len(), seen(&sandbox).len()), (80, 80));
    let output = go(&sandbox, &work, &["jobb", "fortsett"]).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("Nothing is due"), "{}", stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unproven_is_settled_by_a_person_and_goes_on() {
    let sandbox = sandbox_without_mottaksstatus().await;
    sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    let work = Work::new(&[krav_2023("K-1")]);
    let output = go(
        &sandbox,
        &work,
        &[
            "krav",
            "opprett",
            "krav.jsonl",
            "--edition",
            "2023",
            "--bekreftet-etter",
            "1s",
            "--sent-kan-virke",
            "1s",
            "--json",
        ],
    )
    .await;
    assert_exit(&output, 3);
    let case = text(&json_of(&output)["krav"][0]["case"]).to_owned();
    let short = &case[..8];
    let open = listed(&sandbox, &work, &["--status", "unproven"]).await;
    assert_eq!((open.len(), text(&open[0]["id"])), (1, &*case));
    assert!(stdout(&go(&sandbox, &work, &["jobb", "vis", short]).await).contains("UNPROVEN"));
    let grunn = ["--grunn", "Skatteetaten said so on the phone", "--av", "Kari"];
    let id = seen(&sandbox)[0].kravidentifikator.clone();
    for (what, told) in [
        (&["--utfoert"][..], "--opprettet or --ikke-opprettet"),
        (&["--opprettet"], "by its kravidentifikator"),
        (&["--opprettet", &id, "--operasjon", "2"], "operation 2 is not unproven"),
    ] {
        let output = go(&sandbox, &work, &[&["jobb", "avgjoer", short], what, &grunn[..]].concat()).await;
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }
    let decision = [&["jobb", "avgjoer", short, "--opprettet", &id][..], &grunn[..]].concat();
    let output = go(&sandbox, &work, &decision).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains(&format!("jobb fortsett {short}")), "{}", stdout(&output));
    let output = go(&sandbox, &work, &["jobb", "fortsett", short, "--edition", "2023"]).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("in-force"), "{}", stdout(&output));
    let shown = json_of(&go(&sandbox, &work, &["jobb", "vis", short, "--json"]).await);
    assert_eq!(text(&shown["krav"]["kravidentifikator"]), id);
    assert_eq!(shown["krav"]["operations"][0]["proof"], "said-by-person");
    let said = shown["history"].as_array().unwrap().iter().find(|entry| !entry["grunn"].is_null()).unwrap();
    assert_eq!(said["grunn"], "Skatteetaten said so on the phone (Kari)");
    let endre = ["krav", "endre", &id, "--hovedstol", "8000", "--edition", "2023"];
    assert_exit(&go(&sandbox, &work, &endre).await, 0);
    assert_eq!(seen(&sandbox).len(), 1);
    let again = go(&sandbox, &work, &["jobb", "avgjoer", short, "--ikke-opprettet", "--grunn", "x"]).await;
    assert_exit(&again, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_is_given_up_is_over_until_somebody_goes_on() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let work = Work::new(&[krav("K-1")]);
    assert_exit(&go(&sandbox, &work, &["krav", "opprett", "krav.jsonl", "--frist", "1s"]).await, 3);
    let open = listed(&sandbox, &work, &[]).await;
    assert_eq!(
        (open.len(), &open[0]["status"], &open[0]["state"]),
        (1, &"received".into(), &"waiting".into())
    );
    let id = text(&open[0]["id"]).to_owned();
    assert_exit(&go(&sandbox, &work, &["jobb", "gi-opp", &id, "--grunn", " "]).await, 2);
    let output = go(&sandbox, &work, &["jobb", "gi-opp", &id[..8], "--grunn", "another system has it"]).await;
    assert_exit(&output, 0);
    assert!(listed(&sandbox, &work, &[]).await.is_empty());
    let shown = stdout(&go(&sandbox, &work, &["jobb", "vis", &id]).await);
    assert!(shown.contains("because: another system has it"), "{shown}");
    assert_exit(&go(&sandbox, &work, &["jobb", "vis", "nothing"]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_is_shown_with_the_id_that_the_service_knows_it_by() {
    let sandbox = sandbox().await;
    sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    let work = Work::new(&[krav("K-1")]);
    let opprett = ["krav", "opprett", "krav.jsonl", "--json"];
    let output = go(&sandbox, &work, &opprett).await;
    assert_exit(&output, 0);
    let case = text(&json_of(&output)["krav"][0]["case"]).to_owned();
    let shown = json_of(&go(&sandbox, &work, &["jobb", "vis", &case[..8], "--json"]).await);
    let history = shown["history"].as_array().unwrap();
    let attempts: Vec<_> = history.iter().filter(|entry| entry["what"] == "begun").collect();
    assert!(attempts.len() >= 2 && attempts.iter().all(|attempt| !attempt["answer"].is_null()), "{shown:#}");
    let ids: Vec<_> = attempts.iter().map(|attempt| text(&attempt["korrelasjonsid"]).to_owned()).collect();
    for effect in sandbox.effects() {
        assert!(ids.contains(effect.korrelasjonsid.as_ref().unwrap()), "{effect:?} {shown:#}");
    }
    // Asked again, it was done before.
    let effects = sandbox.effects().len();
    let again = go(&sandbox, &work, &opprett).await;
    assert_exit(&again, 0);
    assert!(json_of(&again)["krav"][0]["doneBefore"].is_string(), "{}", stdout(&again));
    let plain = go(&sandbox, &work, &opprett[..3]).await;
    assert!(stdout(&plain).contains("K-1: already done 20"), "{}", stdout(&plain));
    assert_eq!(sandbox.effects().len(), effects);
    // What was sent is known without a kvittering.
    for verb in ["avstem", "status"] {
        let output = go(&sandbox, &work, &["krav", verb, "--alle", "--json"]).await;
        assert_exit(&output, 0);
        let json = json_of(&output);
        assert_eq!(json["krav"].as_array().unwrap().len(), 1, "{json}");
        assert_eq!(json["krav"][0]["oppdragsgiversKravidentifikator"], "K-1");
        assert!(verb == "status" || json["krav"][0]["result"] == "equal", "{json}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_cases_are_written_to_a_file_and_then_removed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    let opprett = ["krav", "opprett", "krav.jsonl", "--ikke-vent"];
    assert_exit(&go(&sandbox, &work, &opprett).await, 0);
    let rydd = |rest: &[&'static str]| [&["jobb", "rydd", "--eldre-enn"], rest].concat();
    let output = go(&sandbox, &work, &rydd(&["90d", "--til", "gammelt.jsonl", "--bekreft"])).await;
    assert_exit(&output, 0);
    assert!(!work.path("gammelt.jsonl").exists());
    let output = go(&sandbox, &work, &rydd(&["0s"])).await;
    assert!(stdout(&output).contains("2 settled cases"), "{}", stdout(&output));
    assert_exit(&go(&sandbox, &work, &rydd(&["0s", "--bekreft"])).await, 2);
    let bekreft = rydd(&["0s", "--til", "gammelt.jsonl", "--bekreft"]);
    let output = go(&sandbox, &work, &bekreft).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("personal numbers"), "{}", stdout(&output));
    let lines = work.rows("gammelt.jsonl");
    assert_eq!(lines.len(), 2);
    let created = lines[0]["history"].as_array().unwrap();
    assert!(created.iter().any(|record| record["entry"] == "intent" && record["korrelasjonsid"].is_string()));
    let mode = std::fs::metadata(work.path("gammelt.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(listed(&sandbox, &work, &["--alle"]).await.is_empty());
    assert_exit(&go(&sandbox, &work, &bekreft).await, 2);
    assert_eq!(work.rows("gammelt.jsonl").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_the_same_file_at_once_create_nothing_twice() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(20))));
    let rows: Vec<_> = (0..40).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let opprett = ["krav", "opprett", "krav.jsonl", "--ikke-vent", "--json"];
    let (one, other) = tokio::join!(go(&sandbox, &work, &opprett), go(&sandbox, &work, &opprett));
    for output in [&one, &other] {
        assert_exit(output, 0);
        assert_eq!(json_of(output)["krav"].as_array().unwrap().len(), 40);
    }
    assert_eq!((sandbox.effects().len(), seen(&sandbox).len()), (40, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_what_may_have_been_sent_is_looked_up_first() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    let before = &*jiff::Timestamp::now().to_string();
    let koe = ["krav", "opprett", "krav.jsonl", "--koe", "--ikke-vent", "--sent-kan-virke", "1s"];
    assert_exit(&go(&sandbox, &work, &koe).await, 0);
    assert!(sandbox.effects().is_empty());
    // The backup, and what was done after it was made.
    let backup = std::fs::read(work.path("store.db")).unwrap();
    let wal = std::fs::read(work.path("store.db-wal")).ok();
    assert_exit(&go(&sandbox, &work, &["jobb", "fortsett"]).await, 0);
    assert_eq!(sandbox.effects().len(), 1);
    for file in ["store.db", "store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(work.path(file));
    }
    std::fs::write(work.path("store.db"), backup).unwrap();
    if let Some(wal) = wal {
        std::fs::write(work.path("store.db-wal"), wal).unwrap();
    }
    assert_exit(&go(&sandbox, &work, &["jobb", "gjenopprettet", "--siden", "2999-01-01T00:00:00Z"]).await, 2);
    let output = go(&sandbox, &work, &["jobb", "gjenopprettet", "--siden", before, "--av", "Kari"]).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("1 open case told"), "{}", stdout(&output));
    let output = go(&sandbox, &work, &["jobb", "fortsett", "--gjenopprettet-siden", before]).await;
    assert_exit(&output, 0);
    assert!(stderr(&output).contains("1 open case told"), "{}", stderr(&output));
    assert_eq!((sandbox.effects().len(), seen(&sandbox).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validation_names_its_case_and_is_shown_with_its_job() {
    let sandbox = support::sandbox(Scenario::ok()).await;
    let (work, dir) = (Work::new(&[]), support::documents(300_000));
    let mut command = support::valider(&sandbox.url(), dir.path());
    command.args(["--json", "--store"]).arg(format!("sqlite:{}", work.path("store.db").display()));
    let output = support::run(command).await;
    assert_exit(&output, 0);
    let json = json_of(&output);
    let case = text(&json["case"]).to_owned();
    let shown = json_of(&go(&sandbox, &work, &["jobb", "vis", &case, "--json"]).await);
    assert_eq!((&shown["filing"]["jobbId"], &shown["filing"]["end"]), (&json["jobbId"], &"validated".into()));
    assert_eq!(shown["filing"]["referanse"], json["referanse"]);
    let output = go(&sandbox, &work, &["jobb", "fortsett", &case]).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("nothing is left to do"), "{}", stdout(&output));
}

#[test]
fn without_a_store_that_lasts_nothing_is_pretended() {
    for arguments in [
        &["jobb", "list"][..],
        &["jobb", "fortsett", "--server", "http://127.0.0.1:1"],
        &["kjoer", "--server", "http://127.0.0.1:1"],
    ] {
        let output = skattebro().args(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(stderr(&output).contains("sqlite:PATH"), "{}", stderr(&output));
    }
}
