//! A whole validation and the life of a krav, signed in with Maskinporten, against a sandbox that looks at every token.

use crate::helpers::*;
use crate::support::{self, ORGANISASJON, assert_exit, stdout};
use skattebro_sandbox::{Sandbox, Scenario, SigninSettings, TokenKind, VirtualClock};
use std::time::Duration;

/// As fast as others, strict, with tokens that live for a moment: many are needed on the way.
async fn fast_company() -> Company {
    let mut signin = SigninSettings::default();
    signin.any_clock = true;
    signin.maskinporten_token = Duration::from_secs(24 * 3600);
    let scenario = Scenario::ok().queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(60));
    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(200.0)).scenario(scenario);
    Company::of(sandbox.strict_auth(true).signin(signin).start().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_validated_for_a_customer_though_tokens_are_revoked_on_the_way() {
    let company = fast_company().await;
    let documents = support::documents(500_000);
    let arguments =
        ["valider", "--inntektsaar", "2023", "--identifikator", ORGANISASJON, "--max-pause", "200ms"];
    let mut command = company.command(&arguments);
    command.arg("--skattemelding").arg(documents.path().join("skattemelding.xml"));
    command.arg("--naeringsspesifikasjon").arg(documents.path().join("naering.xml"));
    let running = company.run(command);
    let output = tokio::select! {
        output = running => output,
        () = async { loop {
            // Every token is worthless soon after it was given out.
            tokio::time::sleep(Duration::from_millis(150)).await;
            company.sandbox.revoke_tokens(Some(TokenKind::Maskinporten));
        } } => unreachable!(),
    };
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("validertOK"), "{}", stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_has_a_token_of_its_own_for_each_api() {
    let company = fast_company().await;
    let krav = serde_json::json!({
        "kravtype": "RETTSGEBYR_UTLEGGSBEGJAERING",
        "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
        "hovedstol": {"valuta": "NOK", "beloep": 1000},
        "oppdragsgiversReferanse": "SAK-1",
        "oppdragsgiversKravidentifikator": "K-1",
        "fastsettelsesdato": "2024-03-02",
    });
    std::fs::write(company.path("krav.jsonl"), format!("{krav}\n")).unwrap();
    let stored = |arguments: &[&str]| {
        let mut command = company.command(arguments);
        command.env("SKATTEBRO_STORE", "sqlite:store.db");
        command
    };
    let queue = stored(&["krav", "opprett", "krav.jsonl", "--koe", "--ikke-vent"]);
    assert_exit(&company.run(queue).await, 0);
    // It begins with the API of skattemelding, and has a case of the other.
    let output = company.run(stored(&["jobb", "fortsett"])).await;
    assert_exit(&output, 0);
    assert_eq!(company.sandbox.krav("310202002").len(), 1);
}
