//! `skattebro logg-inn` and `skattebro logg-ut`, with a browser that is a few lines here.

use crate::helpers::*;
use crate::support::{ORGANISASJON, assert_exit, stderr, stdout};
use std::io::{BufRead, BufReader, Read};
use std::process::{Output, Stdio};

/// Runs a login: takes the address that is printed, fills the page in, and follows the way back.
async fn log_in(company: &Company, arguments: &[&str], button: &str) -> Output {
    let mut command = company.persons(&["logg-inn", "--ikke-aapne"]);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    let address = tokio::task::block_in_place(|| {
        loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            said += &line;
            if line.starts_with("http") {
                break line.trim().to_owned();
            }
        }
    });
    browse(&company.sandbox.url(), &address, button).await;
    let mut output = tokio::task::block_in_place(|| {
        stderr.read_to_string(&mut said).unwrap();
        child.wait_with_output().unwrap()
    });
    output.stderr = said.into_bytes();
    company.assert_quiet(&output);
    output
}

/// What a person does on the page, and what the browser does then.
async fn browse(base: &str, address: &str, button: &str) {
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = browser.get(address).send().await.unwrap().text().await.unwrap();
    let after =
        page.split("name=\"innlogging\" value=\"").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
    let ticket = after.split('"').next().unwrap();
    let form = [("innlogging", ticket), ("pid", PERSON), ("valg", button)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = browser.post(format!("{base}/idporten/login")).body(body);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let end = request.send().await.unwrap();
    assert!(end.url().as_str().starts_with("http://localhost:"), "{}", end.url());
    assert!(end.text().await.unwrap().contains("skattebro"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_once_and_other_commands_use_it_until_the_logout() {
    let company = Company::start().await;
    let output = log_in(&company, &[], "logg-inn").await;
    assert_exit(&output, 0);
    let text = stdout(&output);
    for part in [PERSON_MASKED, "lives until", "innlogging", "logg-ut"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let file = company.path("innlogging");
    assert!(is_private(&file));

    let arguments = ["hent", "--inntektsaar", "2023", "--identifikator", ORGANISASJON];
    let before = std::fs::read_to_string(&file).unwrap();
    assert_exit(&company.run(company.persons(&arguments)).await, 0);
    assert_ne!(std::fs::read_to_string(&file).unwrap(), before, "a refresh token is good once");
    let output = company.run(company.persons(&["token", "--altinn", "--json"])).await;
    assert_exit(&output, 0);
    assert_eq!(json_of(&output)["claims"]["pid"], PERSON_MASKED);
    let output = company.run(company.persons(&["lege"])).await;
    assert_exit(&output, 0);

    let output = company.run(company.persons(&["logg-ut"])).await;
    assert_exit(&output, 0);
    assert!(!file.exists());
    let mut again = company.persons(&arguments);
    again.arg("--erstatt");
    let output = company.run(again).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("skattebro logg-inn"), "{}", stderr(&output));
    assert_exit(&company.run(company.persons(&["logg-ut"])).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_json_the_address_is_still_told_beside_it() {
    let company = Company::start().await;
    let output = log_in(&company, &["--json"], "logg-inn").await;
    assert_exit(&output, 0);
    let json = json_of(&output);
    assert_eq!(json["person"], PERSON_MASKED);
    assert!(json["refreshStore"].as_str().unwrap().starts_with("fil:"), "{json}");
    assert!(json["scope"].as_str().unwrap().contains("skatteetaten:formueinntekt/skattemelding"), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_cancelled_leaves_nothing() {
    let company = Company::start().await;
    let output = log_in(&company, &[], "avbryt").await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("cancelled"), "{}", stderr(&output));
    assert!(!company.path("innlogging").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_others_from_using_the_login_is_told() {
    let company = Company::start().await;
    let output = log_in(&company, &["--innlogging", "maskinporten"], "logg-inn").await;
    assert_exit(&output, 0);
    let told = stderr(&output);
    assert!(told.contains("set innlogging to idporten"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_told() {
    let company = Company::start().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = company.persons(&["logg-inn", "--ikke-aapne"]);
    command.env("SKATTEBRO_IDPORTEN_PORT", taken.local_addr().unwrap().port().to_string());
    let output = company.run(command).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("is taken by another program"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn krav_are_not_sent_in_a_persons_name() {
    let company = Company::start().await;
    let output = company.run(company.persons(&["krav", "status", "K-1"])).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("--innlogging maskinporten"), "{}", stderr(&output));
}
