//! The real binary on the few paths that matter.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_sandbox::{Fault, FaultRule, Scenario};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use support::*;

#[test]
fn the_demo_goes_the_whole_way() {
    let out = tempfile::tempdir().unwrap();
    let output = skattebro().args(["demo", "--megabytes", "1", "--out"]).arg(out.path()).output().unwrap();
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("validertOK") && text.contains("byte for byte the one that was sent"), "{text}");
    assert!(out.path().join("naeringsspesifikasjonEtterBeregning.xml").is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_validated_and_its_documents_come_back_unchanged() {
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(700_000);
    let out = dir.path().join("ut");
    let mut command = valider(&sandbox.url(), dir.path());
    command.arg("--out").arg(&out);
    let output = run(command).await;
    assert_exit(&output, 0);
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    assert!(read("naering.xml") == read("ut/naeringsspesifikasjonEtterBeregning.xml"));
    assert!(read("skattemelding.xml") == read("ut/skattemeldingUpersonligEtterBeregning.xml"));
    let result: serde_json::Value = serde_json::from_slice(&read("ut/resultat.json")).unwrap();
    assert_eq!(result["resultatAvValidering"], "validertOK");
    assert_eq!(result["dokumenter"][1]["bytes"], 700_000);
    assert_eq!(result["upload"]["how"], "compressed with gzip");

    // Each step alone, for the same job and upload.
    let (job, referanse) = (result["jobbId"].as_str().unwrap(), result["referanse"].as_str().unwrap());
    let step = |name: &str| {
        let mut command = skattebro();
        command.args([name, job, "--inntektsaar", "2023", "--identifikator", ORGANISASJON, "--json"]);
        command.env("SKATTEBRO_SERVER", sandbox.url());
        command
    };
    let status = run(step("status")).await;
    assert_exit(&status, 0);
    let status: serde_json::Value = serde_json::from_str(&stdout(&status)).unwrap();
    assert_eq!(status["jobbStatus"], "FERDIG");
    let fetched = run(step("resultat")).await;
    assert_exit(&fetched, 0);

    let mut again = skattebro();
    again.args([
        "valider",
        "--inntektsaar",
        "2023",
        "--identifikator",
        ORGANISASJON,
        "--referanse",
        referanse,
    ]);
    again.args(["--server", &sandbox.url(), "--max-pause", "200ms", "--json", "--skattemelding"]);
    again.arg(dir.path().join("skattemelding.xml"));
    let again = run(again).await;
    assert_exit(&again, 0);
    let again: serde_json::Value = serde_json::from_str(&stdout(&again)).unwrap();
    assert_eq!(again["referanse"], referanse);
    assert!(again["upload"].is_null(), "nothing was uploaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_compressed_as_the_settings_say_and_that_is_told() {
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(700_000);
    for (komprimering, how) in [("brotli", "compressed with brotli (fast)"), ("ingen", "sent plain")] {
        let validate = |more: &[&str]| {
            let mut command = valider(&sandbox.url(), dir.path());
            command.args(["--store", "minne", "--komprimering", komprimering]).args(more);
            command
        };
        let text = run(validate(&[])).await;
        assert_exit(&text, 0);
        assert!(stderr(&text).contains(&format!("{how}, as the settings say: ")), "{}", stderr(&text));
        let json = run(validate(&["--json"])).await;
        assert_exit(&json, 0);
        let json: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
        let upload = &json["upload"];
        assert_eq!((&upload["komprimering"], &upload["xmlBytes"]), (&komprimering.into(), &700_000.into()));
        assert_eq!(upload["bytes"].as_u64() < upload["base64Bytes"].as_u64(), komprimering == "brotli");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn validert_med_feil_is_exit_1_with_the_findings_as_the_service_wrote_them() {
    let sandbox = sandbox(Scenario::med_feil().with_veiledning()).await;
    let dir = documents(50_000);
    let text = run(valider(&sandbox.url(), dir.path())).await;
    assert_exit(&text, 1);
    assert!(
        stdout(&text).contains("validertMedFeil") && stdout(&text).contains("Avvik"),
        "{}",
        stdout(&text)
    );

    let mut command = valider(&sandbox.url(), dir.path());
    command.arg("--json");
    let json = run(command).await;
    assert_exit(&json, 1);
    assert_eq!(stderr(&json), "", "with --json there is nothing beside the document");
    let json: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(
        json["avvikVedValidering"].as_array().unwrap().len()
            + json["avvikEtterBeregning"].as_array().unwrap().len()
            >= 3
    );
    assert!(!json["veiledningEtterKontroll"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_exit_2_and_nothing_is_sent() {
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(50_000);
    std::fs::write(dir.path().join("naering.xml"), "<!DOCTYPE a><a/>").unwrap();
    let output = run(valider(&sandbox.url(), dir.path())).await;
    assert_exit(&output, 2);
    assert!(stdout(&output).contains("[document-type]"), "{}", stdout(&output));
    assert!(sandbox.effects().is_empty());

    let no_server =
        skattebro().args(["status", "j", "--inntektsaar", "2023", "--identifikator", ORGANISASJON]).output();
    assert_exit(&no_server.unwrap(), 2);
    let bad_number =
        skattebro().args(["hent", "--inntektsaar", "2023", "--identifikator", "310817075"]).output();
    assert_exit(&bad_number.unwrap(), 2);
    let mut unknown = skattebro();
    unknown.args(["status", "finnes-ikke", "--inntektsaar", "2023", "--identifikator", ORGANISASJON]);
    unknown.args(["--server", &sandbox.url()]);
    assert_exit(&run(unknown).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_or_does_not_answer_is_exit_3() {
    let dir = documents(50_000);
    let nowhere = run(valider("http://127.0.0.1:1", dir.path())).await;
    assert_exit(&nowhere, 3);
    assert!(stderr(&nowhere).contains("Nothing was sent"), "{}", stderr(&nowhere));

    let sandbox = sandbox(Scenario::ok()).await;
    sandbox.inject(FaultRule::always("status", Fault::NeverAnswer));
    let mut silent = skattebro();
    silent.args([
        "status",
        "j",
        "--inntektsaar",
        "2023",
        "--identifikator",
        ORGANISASJON,
        "--call-timeout",
        "200ms",
    ]);
    silent.args(["--server", &sandbox.url()]);
    let silent = run(silent).await;
    assert_exit(&silent, 3);
    assert!(stderr(&silent).contains("answer within 0.2 seconds"), "{}", stderr(&silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_return_lands_in_a_folder() {
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = tempfile::tempdir().unwrap();
    let mut command = skattebro();
    command.args(["hent", "--inntektsaar", "2023", "--identifikator", ORGANISASJON, "--utvidet-veiledning"]);
    command.args(["--server", &sandbox.url(), "--out"]).arg(dir.path());
    let output = run(command).await;
    assert_exit(&output, 0);
    assert!(
        stdout(&output).contains("SKI:755:") && stdout(&output).contains("Locked fields"),
        "{}",
        stdout(&output)
    );
    assert!(dir.path().join("skattemeldingdokument.xml").is_file());
    assert!(dir.path().join("utvidetVeiledningdokument.xml").is_file());
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("gjeldende.json")).unwrap()).unwrap();
    assert_eq!(json["dokumenttype"], "skattemeldingUpersonlig");
}

#[test]
fn sjekk_tells_everything_at_once() {
    let dir = documents(50_000);
    let naering = std::fs::read_to_string(dir.path().join("naering.xml")).unwrap();
    let wrong = naering
        .replace(":ekstern:v4", ":ekstern:v3")
        .replace("<skalBekreftesAvRevisor>false", "<skalBekreftesAvRevisor>true");
    std::fs::write(dir.path().join("naering.xml"), wrong).unwrap();
    std::fs::write(dir.path().join("tom.xml"), "").unwrap();
    let check = |extra: &[&str]| {
        let files =
            ["naering.xml", "tom.xml", "skattemelding.xml", "borte.xml"].map(|name| dir.path().join(name));
        skattebro().arg("sjekk").args(extra).args(files).output().unwrap()
    };
    let output = check(&[]);
    assert_exit(&output, 2);
    let text = stdout(&output);
    for expected in
        ["[version-of-another-year]", "[revisor]", "(byte ", "[empty-file]", "[unreadable-file]", "no errors"]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&stdout(&check(&["--json"]))).unwrap();
    assert_eq!(json["errors"], 4);
    assert_eq!(json["documents"][0]["findings"][0]["line"], 1);
}

#[test]
fn generer_writes_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let (naering, skattemelding) = (dir.path().join("n.xml"), dir.path().join("s.xml"));
    let mut command = skattebro();
    command.args(["generer", "--megabytes", "2", "--skattemelding"]).args([&skattemelding, &naering]);
    assert_exit(&command.output().unwrap(), 0);
    assert_eq!(std::fs::metadata(&naering).unwrap().len(), 2_000_000);
    assert_exit(&skattebro().arg("sjekk").args([&naering, &skattemelding]).output().unwrap(), 0);
}

#[test]
fn the_sandbox_prints_where_it_listens_and_stops_at_a_signal() {
    let mut server =
        skattebro().args(["sandbox", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut address).unwrap();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let url = format!("{}/api/skattemelding/v2/ping", address.trim());
    let answer = std::net::TcpStream::connect(address.trim().trim_start_matches("http://"));
    assert!(answer.is_ok(), "{url}");
    let stopped = std::process::Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(stopped.success() && server.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_personal_number_reaches_a_log_or_an_error() {
    let sandbox = sandbox(Scenario::ok()).await;
    sandbox.inject(FaultRule::next("gjeldende", 1, Fault::ErrorBefore(500)));
    sandbox.inject(FaultRule::next("gjeldende", 1, Fault::HtmlError(403)));
    sandbox.inject(FaultRule::next("gjeldende", 1, Fault::DropAfter));
    let person = "17912099997";
    let mut log = String::new();
    for _ in 0..3 {
        let mut command = skattebro();
        let dir = tempfile::tempdir().unwrap();
        command.args([
            "hent",
            "--inntektsaar",
            "2023",
            "--identifikator",
            person,
            "--server",
            &sandbox.url(),
            "--out",
        ]);
        command.arg(dir.path()).env("SKATTEBRO_TOKEN", TOKEN).env("SKATTEBRO_LOG", "trace");
        let output = run(command).await;
        log.push_str(&stderr(&output));
    }
    let wrong = skattebro()
        .args(["hent", "--inntektsaar", "2023", "--identifikator", "17912099998"])
        .output()
        .unwrap();
    log.push_str(&stderr(&wrong));
    assert!(log.contains("korrelasjonsid"), "the log must say something: {log}");
    for secret in [TOKEN, person, "17912099998"] {
        let shown: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(shown.is_empty(), "{secret}: {shown:?}");
    }
}
