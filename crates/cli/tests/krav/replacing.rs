use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};
use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule};
use std::time::Duration;

fn replacing(id: &str, old: &str) -> Value {
    let mut krav = krav(id);
    krav["_erstatter"] = json!(old);
    krav
}

#[tokio::test(flavor = "multi_thread")]
async fn a_krav_is_replaced_once_and_by_no_chain() {
    let sandbox = sandbox().await;
    let work = Work::new(&[]);
    for (rows, why) in [
        ([replacing("K-3", "K-1"), replacing("K-4", "K-1")], "row 1 replaces the same krav"),
        ([replacing("K-2", "K-1"), replacing("K-3", "K-2")], "it replaces the krav that row 1 creates"),
        ([replacing("K-3", "K-2"), replacing("K-2", "K-1")], "row 1 replaces the krav that this row creates"),
    ] {
        work.write("nye.jsonl", &rows);
        let output = run(&sandbox, &work, &["erstatt", "--fra", "nye.jsonl"]).await;
        assert_exit(&output, 1);
        assert!(stdout(&output).contains(why), "{}", stdout(&output));
    }
    assert!(sandbox.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_old_krav_is_gone_and_whose_new_one_is_not_there_says_so() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    work.write("nye.jsonl", &[with(replacing("K-2", "K-1"), "/skyldner/identifikator", NO_ORGANISATION)]);
    let arguments = ["erstatt", "--fra", "nye.jsonl", "--json", "--kvittering", "k.jsonl"];
    let output = run(&sandbox, &work, &arguments).await;
    assert_exit(&output, 1);
    let json = json_of(&output);
    assert_eq!(json["krav"][0]["standing"], "written-off", "{json}");
    let reason = json["krav"][1]["reasons"][0].as_str().unwrap();
    assert_eq!(reason, "the krav that it replaces (K-1) is written off, and this one is not collected");
    let lines = work.rows("k.jsonl");
    assert!(lines.iter().all(|line| line["row"] == 1), "{lines:?}");
    let avstem = run(&sandbox, &work, &["avstem", "--alle", "--kvittering", "k.jsonl"]).await;
    assert_exit(&avstem, 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_begun_is_finished_and_no_other_is_begun() {
    let sandbox = sandbox().await;
    let (old, new): (Vec<_>, Vec<_>) =
        (0..200).map(|n| (krav(&format!("K-{n}")), replacing(&format!("N-{n}"), &format!("K-{n}")))).unzip();
    let work = Work::new(&old);
    work.write("nye.jsonl", &new);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    sandbox.inject(FaultRule::always("krav-avskriv", Fault::Latency(Duration::from_millis(100))));
    let arguments = ["erstatt", "--fra", "nye.jsonl", "--json", "--kvittering", "k.jsonl"];
    let mut command = command(&sandbox, &work, &arguments);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id().to_string();
    while !seen(&sandbox).iter().any(|krav| krav.avskrevet) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // As the system asks for it; the terminal of it closes as well.
    for signal in ["-TERM", "-HUP"] {
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("nothing new is begun"), "{}", stderr(&output));
    let json = json_of(&output);
    let rows: std::collections::HashSet<_> =
        json["krav"].as_array().unwrap().iter().map(|krav| krav["row"].as_u64().unwrap()).collect();
    assert_eq!(rows.len(), 200, "every row is told of");
    let all = seen(&sandbox);
    let gone = all.iter().filter(|krav| krav.avskrevet).count();
    assert_eq!(all.len() - 200, gone, "each that was written off has been replaced");
    assert!((1..200).contains(&gone), "{gone}");
    assert_eq!(json["counts"]["not-sent"], 200 - gone, "{}", json["counts"]);
}
