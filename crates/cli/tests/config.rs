//! Settings: `skattebro.toml`, the environment, flags, and `skattebro config vis`, with the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use serde_json::Value;
use skattebro_sandbox::Scenario;
use std::path::Path;
use std::process::{Command, Output};
use support::*;

fn vis(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = skattebro();
    command.args(["config", "vis"]).args(arguments).current_dir(dir);
    command
}

fn folder(file: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("skattebro.toml"), file).unwrap();
    dir
}

/// `value` and `from` of a setting.
fn setting(output: &Output, name: &str) -> (Value, Value) {
    let json: Value = serde_json::from_str(&stdout(output)).unwrap();
    let settings = json["settings"].as_array().unwrap().clone();
    let found = settings.into_iter().find(|setting| setting["setting"] == name).expect(name);
    (found["value"].clone(), found["from"].clone())
}

#[test]
fn config_vis_shows_every_setting_with_its_source_and_no_secret() {
    let dir = folder("profil = \"test\"\ncall-timeout = \"10s\"\n[test]\nca-bundle = \"ca.pem\"\n");
    let run = |arguments: &[&str]| {
        let mut command = vis(dir.path(), arguments);
        command.env("SKATTEBRO_TOKEN", TOKEN).env("SKATTEBRO_EDITION", "2023");
        command.env("SKATTEBRO_KEY_PASSWORD", "hemmelig").env("SKATTEBRO_INNLOGGING", "idporten");
        command.env("SKATTEBRO_REFRESH_STORE", "fil:innlogging").args(["--systembruker", "part"]);
        command.env("SKATTEBRO_STORE", "postgres://per:hemmelig@host/db?password=hemmelig");
        command.output().unwrap()
    };
    let oppdragsgiver = ["--oppdragsgiver", ORGANISASJON];
    let text = run(&oppdragsgiver);
    assert_exit(&text, 0);
    let json = run(&["--json", "--oppdragsgiver", ORGANISASJON]);
    assert_exit(&json, 0);
    for output in [&text, &json] {
        let shown = stdout(output) + &stderr(output);
        assert!(!shown.contains("hemmelig") && !shown.contains(TOKEN), "{shown}");
    }
    let path = dir.path().canonicalize().unwrap().join("skattebro.toml").display().to_string();
    let in_file = |rest: &str| Value::from(format!("{path}, {rest}"));
    for (name, value, from) in [
        ("config", path.clone().into(), "default".into()),
        ("profil", "test".into(), in_file("line 1")),
        ("server (skattemelding)", "https://idporten-api-test.sits.no".into(), "profile test".into()),
        ("server (innkreving)", "https://api-test.sits.no".into(), "profile test".into()),
        ("store", "postgres://per:••••@host/db?password=••••".into(), "environment SKATTEBRO_STORE".into()),
        ("store-key-file", Value::Null, Value::Null),
        ("oppdragsgiver", ORGANISASJON.into(), "flag --oppdragsgiver".into()),
        ("edition", "2023".into(), "environment SKATTEBRO_EDITION".into()),
        (
            "ca-bundle",
            dir.path().canonicalize().unwrap().join("ca.pem").display().to_string().into(),
            in_file("line 4, [test]"),
        ),
        ("call-timeout", "10s".into(), in_file("line 2")),
        ("innlogging", "idporten".into(), "environment SKATTEBRO_INNLOGGING".into()),
        ("systembruker", "part".into(), "flag --systembruker".into()),
        ("maskinporten-client-id", Value::Null, Value::Null),
        ("maskinporten-url", "https://test.maskinporten.no/".into(), "profile test".into()),
        ("maskinporten-scopes (innkreving)", "skatteetaten:innkrevingsoppdrag".into(), "default".into()),
        ("idporten-url", "https://test.idporten.no".into(), "profile test".into()),
        ("refresh-store", "fil:innlogging".into(), "environment SKATTEBRO_REFRESH_STORE".into()),
        ("altinn-platform-url", "https://platform.tt02.altinn.no".into(), "profile test".into()),
        ("key-password", Value::Null, "environment SKATTEBRO_KEY_PASSWORD".into()),
        ("token", Value::Null, "environment SKATTEBRO_TOKEN".into()),
    ] {
        assert_eq!(setting(&json, name), (value, from), "{name}");
        assert!(stdout(&text).lines().any(|line| line.starts_with(name)), "{name}: {}", stdout(&text));
    }
    assert!(stdout(&text).contains("set (not shown)"), "{}", stdout(&text));
}

#[test]
fn config_vis_tells_where_it_looked_and_what_holds_by_default() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = vis(dir.path(), &[]);
    command.env_remove("SKATTEBRO_STORE").env("XDG_DATA_HOME", "/data");
    let output = command.output().unwrap();
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("none found; looked at") && text.contains("not set"), "{text}");
    if cfg!(target_os = "linux") {
        assert!(text.contains("config/skattebro/skattebro.toml"), "{text}");
        assert!(text.contains("sqlite:/data/skattebro/standard.db"), "{text}");
    }
}

#[test]
fn config_vis_shows_the_rest_when_something_is_wrong() {
    let broken = folder("edition = \"2023\"\ntoken = \"hemmelig\"\n");
    let output = vis(broken.path(), &["--profil", "sandbox"]).output().unwrap();
    assert_exit(&output, 2);
    assert!(stdout(&output).contains("http://127.0.0.1:8700"), "{}", stdout(&output));
    let told = stderr(&output);
    assert!(told.contains("skattebro.toml, line 2: unknown key «token»"), "{told}");
    assert!(told.contains("SKATTEBRO_TOKEN") && !told.contains("hemmelig"), "{told}");

    let mut wrong = vis(broken.path(), &["--config", "borte.toml", "--server", "http://x", "--json"]);
    wrong.env("SKATTEBRO_PROFIL", "sandbox").env("SKATTEBRO_STORE", "postgress://per:hemmelig@x");
    let output = wrong.output().unwrap();
    assert_exit(&output, 2);
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["complaints"].as_array().unwrap().len(), 3, "{json}");
    assert!(!stdout(&output).contains("hemmelig"), "{json}");
    let store = (Value::Null, Value::from("environment SKATTEBRO_STORE"));
    assert_eq!(setting(&output, "store"), store);
    assert_eq!(setting(&output, "profil").0, "sandbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_takes_its_server_from_any_source_and_the_flag_from_any_place() {
    let sandbox = sandbox(Scenario::ok()).await;
    let url = sandbox.url();
    let dir = folder(&format!("profil = \"sandbox\"\n[sandbox]\nserver = \"{url}\"\n"));
    let empty = tempfile::tempdir().unwrap();
    let named = dir.path().join("skattebro.toml").display().to_string();
    let [krav, verb, id] = ["krav", "valideringsfeil", "5e4e2d1b-8d7e-4c1a-9f57-0a6b5a3a1f10"];
    for (arguments, from_file, variable) in [
        (vec!["--server", &url, krav, verb, id], false, None),
        (vec![krav, "--server", &url, verb, id], false, None),
        (vec![krav, verb, id, "--server", &url], false, None),
        (vec![krav, verb, id], false, Some(("SKATTEBRO_SERVER", &url))),
        (vec![krav, verb, id], true, None),
        (vec!["--config", &named, krav, verb, id], false, None),
        (vec![krav, verb, id], false, Some(("SKATTEBRO_CONFIG", &named))),
        // The flag wins: nothing listens where the environment points to.
        (
            vec![krav, verb, id, "--server", &url],
            true,
            Some(("SKATTEBRO_SERVER", &"http://127.0.0.1:1".to_owned())),
        ),
    ] {
        let mut command = skattebro();
        command.args(&arguments).current_dir(if from_file { dir.path() } else { empty.path() });
        command.envs(variable);
        let output = run(command).await;
        // No such krav: the sandbox itself says so.
        assert_exit(&output, 2);
        let told = stderr(&output);
        assert!(told.contains("korrelasjonsid"), "{arguments:?}: {told}");
    }
}

#[test]
fn mistakes_are_exit_2_before_anything_is_called() {
    let dir = folder("edition = \"v7\"\n");
    let status = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = skattebro();
        command.args(["krav", "status", "K-1"]).args(arguments).current_dir(dir.path());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_exit(&output, 2);
        stdout(&output) + &stderr(&output)
    };
    assert!(status(&[], &[]).contains("skattebro.toml, line 1: key «edition»"));
    let valid = ["--edition", "v1"];
    let missing = status(&valid, &[]);
    for way in ["--server", "SKATTEBRO_SERVER", "skattebro.toml"] {
        assert!(missing.contains(way), "{missing}");
    }
    let loopback = ["--edition", "v1", "--profil", "produksjon", "--server", "http://127.0.0.1:1"];
    assert!(status(&loopback, &[]).contains("produksjon"));
    let json = status(&["--json"], &[("SKATTEBRO_SERVER", "http://127.0.0.1:1")]);
    assert!(serde_json::from_str::<Value>(&json).unwrap()["error"].as_str().unwrap().contains("edition"));
    // Who needs no settings is not kept from working by them.
    assert_exit(
        &skattebro().args(["generer", "--megabytes", "1", "n.xml"]).current_dir(dir.path()).output().unwrap(),
        0,
    );
}

#[test]
fn a_password_on_a_command_line_that_cannot_be_read_is_not_shown_again() {
    let url = "postgres://per:hemmelig@host/db";
    for arguments in [
        &[url][..],
        &["--stor", url, "sjekk"],
        &["krav", "endre", "K-1", "--hovedstol", url],
        &["--store", url, "--store", url, "config", "vis"],
        &["--store=postgres://per:hem/melig@host", "krav", "status", "K-1"],
    ] {
        let output = skattebro().args(arguments).output().unwrap();
        assert_exit(&output, 2);
        assert!(!stderr(&output).contains("melig"), "{}", stderr(&output));
    }
}

#[test]
fn help_names_the_variables_and_shows_no_values() {
    let output = skattebro()
        .args(["krav", "status", "--help"])
        .env("SKATTEBRO_SERVER", "http://hemmelig")
        .output()
        .unwrap();
    assert_exit(&output, 0);
    let help = stdout(&output);
    for name in [
        "PROFIL",
        "SERVER",
        "STORE",
        "STORE_KEY_FILE",
        "OPPDRAGSGIVER",
        "CA_BUNDLE",
        "CALL_TIMEOUT",
        "CONFIG",
        "EDITION",
        "INNLOGGING",
        "MASKINPORTEN_CLIENT_ID",
        "MASKINPORTEN_KEY_FILE",
        "MASKINPORTEN_KID",
        "SYSTEMBRUKER",
    ] {
        assert!(help.contains(&format!("SKATTEBRO_{name}]")), "{name}: {help}");
    }
    assert!(!help.contains("hemmelig"), "{help}");
}
