//! The whole way to the receipt against a strict sandbox, with a person who goes through its pages in a real browser.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod support;

use serde_json::Value;
use skattebro_sandbox::{Effect, Sandbox, Scenario, SigninSettings, VirtualClock, What};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::browser::Browser;
use support::{ORGANISASJON, documents, skattebro};

/// The month is raised by 80.
const PERSON: &str = "17887590168";
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox on which jobs, scans and receipts take a second or two, and whose tokens live long enough for that.
async fn strict_sandbox() -> Sandbox {
    let scenario = Scenario::ok().queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(60));
    let mut signin = SigninSettings::default();
    signin.any_clock = true;
    signin.maskinporten_token = Duration::from_secs(100_000);
    signin.idporten_token = Duration::from_secs(100_000);
    signin.altinn_token = Duration::from_secs(100_000);
    let builder = Sandbox::builder().clock(VirtualClock::scaled(50.0)).scenario(scenario);
    builder.strict_auth(true).signin(signin).start().await.unwrap()
}

fn send_inn(sandbox: &Sandbox, dir: &Path, edition: &str) -> Command {
    let mut command = skattebro();
    command
        .args(["send-inn", "--json", "--inntektsaar", "2023", "--identifikator", ORGANISASJON])
        .args(["--utgave", edition, "--max-pause", "200ms", "--skattemelding", "skattemelding.xml"])
        .args(["--naeringsspesifikasjon", "naering.xml", "--out", "ut"])
        .env("SKATTEBRO_SERVER", sandbox.url())
        .env("SKATTEBRO_STORE", "sqlite:sak.db")
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What it printed, when it has ended well.
async fn ended(child: Child) -> Value {
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    support::assert_exit(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn count(effects: &[Effect], is_it: impl Fn(&What) -> bool) -> usize {
    effects.iter().filter(|effect| is_it(&effect.what)).count()
}

fn assert_submitted_once(sandbox: &Sandbox, receipt: &Value) {
    let effects = sandbox.effects();
    assert_eq!(receipt["kvittering"], "validertOK", "{receipt}");
    assert_eq!(receipt["resultatAvValidering"], "validertOK", "{receipt}");
    assert_eq!(count(&effects, |what| matches!(what, What::InstansOpprettet { .. })), 1);
    assert_eq!(count(&effects, |what| matches!(what, What::Innsendt { .. })), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_systembruker_a_person_confirms_in_the_browser() {
    let Some(browser) = Browser::start().await else { return };
    for edition in ["v1", "v2"] {
        let (sandbox, dir) = (strict_sandbox().await, documents(1_200_000));
        let client = sandbox.demo_client().await.unwrap();
        assert_eq!(client.systembruker, ORGANISASJON);
        std::fs::write(dir.path().join("key.jwk"), client.private_jwk.to_string()).unwrap();
        let mut command = send_inn(&sandbox, dir.path(), edition);
        command
            .env("SKATTEBRO_INNLOGGING", "maskinporten")
            .env("SKATTEBRO_MASKINPORTEN_CLIENT_ID", &client.client_id)
            .env("SKATTEBRO_MASKINPORTEN_KEY_FILE", "key.jwk")
            .env("SKATTEBRO_SYSTEMBRUKER", "part");
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        let instans = loop {
            let seen = sandbox.instances();
            if let Some(instans) = seen.iter().find(|instans| instans.task.as_deref() == Some("Task_2")) {
                break instans.id.clone();
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("it ended with {status}: {:?}", child.wait_with_output().unwrap());
            }
            assert!(began.elapsed() < PATIENCE, "nobody has to confirm: {seen:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let page = format!("{}/web/skattemelding-visning/altinn", sandbox.url());
        let app = "skd/formueinntekt-skattemelding-v2";
        browser.open(&format!("{page}?appId={app}&instansId={instans}")).await;
        browser.shows(ORGANISASJON).await;
        browser.click("bekreft").await;
        assert_submitted_once(&sandbox, &ended(child).await);
        assert!(dir.path().join("ut/kvittering").is_dir());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_with_the_browser_and_submits() {
    let Some(browser) = Browser::start().await else { return };
    for edition in ["v1", "v2"] {
        let (sandbox, dir) = (strict_sandbox().await, documents(1_200_000));
        let as_person = |command: &mut Command| {
            command
                .env("SKATTEBRO_SERVER", sandbox.url())
                .env("SKATTEBRO_INNLOGGING", "idporten")
                .env("SKATTEBRO_IDPORTEN_CLIENT_ID", "skattebro-demo")
                .env("SKATTEBRO_IDPORTEN_PORT", "0")
                .env("SKATTEBRO_REFRESH_STORE", "fil:innlogging")
                .current_dir(dir.path());
        };
        let mut login = skattebro();
        as_person(&mut login);
        login.args(["logg-inn", "--ikke-aapne", "--json"]).stdout(Stdio::piped());
        let told = std::fs::File::create(dir.path().join("login.stderr")).unwrap();
        let login = login.stderr(told).spawn().unwrap();
        browser.open(&address(&dir.path().join("login.stderr")).await).await;
        browser.write("pid", PERSON).await;
        browser.click("logg-inn").await;
        let logged_in = ended(login).await;
        assert_eq!(logged_in["person"], "178875*****", "{logged_in}");
        let mut command = send_inn(&sandbox, dir.path(), edition);
        as_person(&mut command);
        assert_submitted_once(&sandbox, &ended(command.spawn().unwrap()).await);
    }
}

/// The address that the login prints.
async fn address(told: &Path) -> String {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(told).unwrap();
        if let Some(address) = text.lines().find(|line| line.starts_with("http") && text.ends_with('\n')) {
            return address.to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "no address was printed: {text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
