//! What is refused before anything is sent, with which exit code and in which words.

use crate::helpers::*;
use crate::support::{ORGANISASJON, assert_exit, documents, run, skattebro, stderr, stdout};
use skattebro_sandbox::{Sandbox, Scenario};
use std::path::Path;
use std::process::Output;

/// The return of the folder, with more arguments.
async fn send_inn_with(sandbox: &Sandbox, folder: &Path, utgave: &str, more: &[&str]) -> Output {
    let mut command = send_inn(skattebro(), folder, "person", utgave);
    command.args(["--server", &sandbox.url()]).args(more);
    run(command).await
}

#[track_caller]
fn assert_refused(output: &Output, texts: &[&str]) {
    assert_exit(output, 2);
    let told = format!("{}\n{}", stdout(output), stderr(output));
    for text in texts {
        assert!(told.contains(text), "{text}:\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_that_cannot_be_attached() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(50_000);
    std::fs::write(dir.path().join("verktoey.exe"), b"MZ").unwrap();
    std::fs::write(dir.path().join("bilde.pdf"), b"\x89PNG\r\n\x1a\n").unwrap();
    std::fs::write(dir.path().join("god.pdf"), b"%PDF-1.7\n").unwrap();
    let table: &[(&[&str], &[&str])] = &[
        (&["verktoey.exe"], &["verktoey.exe", "[vedlegg]", "attach pdf, jpg, png or xlsx"]),
        (&["bilde.pdf"], &["bilde.pdf", "[vedlegg]", "attach pdf, jpg, png or xlsx"]),
        (&["borte.pdf"], &["borte.pdf", "[unreadable-file]", "check the name"]),
        (&["god.pdf"; 71], &["[vedlegg]", "71", "70", "put several into one file"]),
        // All that is wrong is told at once.
        (
            &["god.pdf", "verktoey.exe", "borte.pdf"],
            &["verktoey.exe", "borte.pdf", "2 errors were found before anything was sent"],
        ),
    ];
    for (files, texts) in table {
        let arguments: Vec<_> = files.iter().flat_map(|file| ["--vedlegg", file]).collect();
        assert_refused(&send_inn_with(&sandbox, dir.path(), "v2", &arguments).await, texts);
    }
    let output = send_inn_with(&sandbox, dir.path(), "auto", &["--vedlegg", "verktoey.exe", "--json"]).await;
    assert_exit(&output, 2);
    let report = json_of(&output);
    assert_eq!(report["findings"][0]["code"], "vedlegg", "{report}");
    assert_eq!(stderr(&output), "", "with --json there is nothing beside the document");
    assert!(sandbox.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_is_too_large() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(50_000);
    let path = dir.path().join("stort.pdf");
    std::fs::write(&path, b"%PDF-1.7\n").unwrap();
    // The rest of it takes no place on the disk.
    std::fs::File::options().write(true).open(&path).unwrap().set_len(100_000_001).unwrap();
    let output = send_inn_with(&sandbox, dir.path(), "synkron", &["--vedlegg", "stort.pdf"]).await;
    assert_refused(&output, &["stort.pdf", "[over-limit]", "100000001", "100000000"]);
    assert!(sandbox.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn command_lines_that_cannot_be_carried_out() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(50_000);
    let party = ["--inntektsaar", "2023", "--identifikator", ORGANISASJON];
    let skattemelding = ["--skattemelding", "skattemelding.xml"];
    let naering = ["--naeringsspesifikasjon", "naering.xml"];
    let whole = [&party[..], &skattemelding, &naering].concat();
    const UNKNOWN_CASE: &str = "00000000-0000-4000-8000-000000000000";
    let table: Vec<(Vec<&str>, &[&str])> = vec![
        ([&party[..], &naering].concat(), &["--skattemelding FILE or --selskapsmelding FILE"]),
        ([&party[..], &skattemelding].concat(), &["--naeringsspesifikasjon FILE", "--referanse"]),
        ([&skattemelding[..], &naering].concat(), &["--inntektsaar", "--identifikator"]),
        ([&whole[..], &["--utgave", "v3"]].concat(), &["--utgave", "write auto, synkron, v1 or v2"]),
        ([&whole[..], &["--utfoerer", "maskin"]].concat(), &["--utfoerer", "write person or systembruker"]),
        (vec!["--fra", UNKNOWN_CASE], &["there is no case", UNKNOWN_CASE]),
        (vec!["--fra", UNKNOWN_CASE, "--utgave", "v1"], &["--fra", "--utgave", "cannot be used with"]),
        (
            [&["--fra", UNKNOWN_CASE], &skattemelding[..]].concat(),
            &["--fra", "--skattemelding", "cannot be used with"],
        ),
        (
            [&["--fra", UNKNOWN_CASE], &["--vedlegg", "a.pdf"][..]].concat(),
            &["--fra", "--vedlegg", "cannot be used with"],
        ),
    ];
    for (arguments, texts) in table {
        let mut command = skattebro();
        signed_in(&mut command, "person");
        command.current_dir(dir.path()).args([
            "--server",
            &sandbox.url(),
            "--store",
            "sqlite:store.db",
            "send-inn",
        ]);
        command.args(arguments);
        assert_refused(&run(command).await, texts);
    }
    assert!(sandbox.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_something_else_is_not_submitted() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(50_000);
    let krav = serde_json::json!({
        "kravtype": "RETTSGEBYR_UTLEGGSBEGJAERING",
        "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
        "hovedstol": {"valuta": "NOK", "beloep": 1000},
        "oppdragsgiversReferanse": "SAK",
        "oppdragsgiversKravidentifikator": "K-1",
        "fastsettelsesdato": "2024-03-02",
    });
    std::fs::write(dir.path().join("krav.jsonl"), format!("{krav}\n")).unwrap();
    let stored = |arguments: &[&str]| {
        let mut command = skattebro();
        command.current_dir(dir.path()).args(["--server", &sandbox.url(), "--store", "sqlite:store.db"]);
        command.args(arguments);
        command
    };
    assert_exit(&run(stored(&["krav", "opprett", "krav.jsonl", "--koe", "--ikke-vent"])).await, 0);
    let listed = json_of(&run(stored(&["jobb", "list", "--json"])).await);
    let case = listed["cases"][0]["id"].as_str().unwrap_or_else(|| panic!("{listed}"));
    let output = run(stored(&["send-inn", "--fra", case])).await;
    assert_refused(&output, &["it is no validation and no submission"]);
    assert!(sandbox.effects().is_empty());
}
