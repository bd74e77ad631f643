use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};
use serde_json::json;
use skattebro_sandbox::{Fault, FaultRule};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_tell_is_unproven_and_listed_and_never_among_the_refused() {
    let sandbox = sandbox_without_mottaksstatus().await;
    sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    let work = Work::new(&[krav_2023("K-1")]);
    let output = run(
        &sandbox,
        &work,
        &["opprett", "krav.jsonl", "--edition", "2023", "--avviste", "feil.jsonl", "--kvittering", "k.jsonl"],
    )
    .await;
    assert_exit(&output, 3);
    let text = stdout(&output);
    assert!(text.contains("unproven  1") && text.contains("row 1") && text.contains("K-1"), "{text}");
    assert_eq!(work.read("feil.jsonl"), "");
    assert_eq!(work.rows("k.jsonl")[0]["operations"][0]["end"], "unproven");
    assert_eq!(seen(&sandbox).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_krav_that_is_not_settled_in_time_is_open_and_says_what_to_do() {
    let sandbox = skattebro_sandbox::Sandbox::builder().start().await.unwrap();
    let work = Work::new(&[krav("K-1")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--frist", "1s"]).await;
    assert_exit(&output, 3);
    assert!(
        stdout(&output).contains("received") && stdout(&output).contains("krav status"),
        "{}",
        stdout(&output)
    );
    assert_exit(&run(&sandbox, &work, &["status", "K-1"]).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_settled_by_looking() {
    let sandbox = sandbox().await;
    sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::DropAfter));
    let work = Work::new(&[krav("K-1")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--json"]).await;
    assert_exit(&output, 0);
    assert_eq!(json_of(&output)["krav"][0]["operations"][0]["proof"], "read-back");
    assert_eq!(seen(&sandbox).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_exit_3_with_every_row_in_the_report() {
    let rows: Vec<_> = (0..200).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let began = Instant::now();
    let arguments = ["opprett", "krav.jsonl", "--ikke-vent", "--json", "--kvittering", "k.jsonl"];
    let output = crate::support::run(at("http://127.0.0.1:1", work.0.path(), &arguments)).await;
    assert_exit(&output, 3);
    assert!(began.elapsed().as_secs() < 90, "{:?}", began.elapsed());
    let json = json_of(&output);
    let mut told: Vec<_> =
        json["krav"].as_array().unwrap().iter().map(|krav| krav["row"].as_u64().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=200).collect::<Vec<_>>());
    assert_eq!((&json["counts"]["not-sent"], &json["verdict"]), (&200.into(), &"open".into()));
    assert_eq!(work.read("k.jsonl"), "", "nothing was sent");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_reports_every_row() {
    let sandbox = skattebro_sandbox::Sandbox::builder().start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(std::time::Duration::from_millis(100))));
    let rows: Vec<_> = (0..300).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let mut command = command(
        &sandbox,
        &work,
        &["opprett", "krav.jsonl", "--ikke-vent", "--json", "--kvittering", "k.jsonl"],
    );
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id().to_string();
    while sandbox.effects().len() < 10 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("nothing new is begun"), "{}", stderr(&output));
    let json = json_of(&output);
    let mut told: Vec<_> =
        json["krav"].as_array().unwrap().iter().map(|krav| krav["row"].as_u64().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=300).collect::<Vec<_>>());
    let received = json["counts"]["received"].as_u64().unwrap();
    assert_eq!((received, work.rows("k.jsonl").len() as u64), (sandbox.effects().len() as u64, received));
    assert!(received < 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_personal_number_reaches_standard_error_and_the_kvittering_is_private() {
    let sandbox = sandbox().await;
    sandbox.inject(FaultRule::next("krav-opprett", 2, Fault::ErrorBefore(500)));
    let person = |id: &str, number: &str| {
        let mut krav = krav(id);
        krav["skyldner"] = json!({"identifikatortype": "PERSON", "identifikator": number});
        krav
    };
    let work =
        Work::new(&[person("K-1", PERSON), person("K-2", "01817090067"), person("K-3", "13895118961")]);
    let mut log = String::new();
    for arguments in [
        &["opprett", "krav.jsonl", "--send-gyldige", "--kvittering", "k.jsonl"][..],
        &["status", PERSON],
        &["endre", PERSON, "--hovedstol", "x13895118960"],
        &["opprett", "13895118960.jsonl"],
        &["avstem", "--alle", "--kvittering", "k.jsonl"],
    ] {
        let mut command = command(&sandbox, &work, arguments);
        command.env("SKATTEBRO_LOG", "trace");
        log.push_str(&stderr(&crate::support::run(command).await));
    }
    assert!(log.contains("korrelasjonsid"), "the log must say something");
    for number in [PERSON, "01817090067", "13895118961"] {
        let shown: Vec<_> = log.lines().filter(|line| line.contains(number)).collect();
        assert!(shown.is_empty(), "{number}: {shown:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(work.path("k.jsonl")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let ended = work.rows("k.jsonl").into_iter().filter(|line| line["underWay"].is_null());
    assert_eq!(ended.count(), 2);
}
