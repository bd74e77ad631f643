//! `skattebro lege`: all well, and each thing broken by itself.

use crate::helpers::*;
use crate::support::{ORGANISASJON, assert_exit, stdout};
use axum::routing::{get, post};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::{Value, json};
use skattebro_sandbox::{Fault, FaultRule, MaskinportenClient, Systembruker};
use std::process::{Command, Output};

fn lege(company: &Company) -> Command {
    let mut command = company.command(&["lege", "--json", "--for", ORGANISASJON]);
    command.env("SKATTEBRO_STORE", "sqlite:store.db");
    command
}

/// The checks that came out so, in their order.
fn that_are(output: &Output, status: &str) -> Vec<String> {
    let checks = json_of(output)["checks"].as_array().unwrap().clone();
    let so = checks.iter().filter(|check| check["status"] == status);
    so.map(|check| check["check"].as_str().unwrap().to_owned()).collect()
}

fn check(output: &Output, name: &str) -> Value {
    let checks = json_of(output)["checks"].as_array().unwrap().clone();
    checks.into_iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no check {name}"))
}

const ALL: [&str; 13] = [
    "config file",
    "settings",
    "key file",
    "certificate",
    "token",
    "clock",
    "scopes",
    "systembruker",
    "delegation",
    "Skatteetaten",
    "Altinn's token",
    "Altinn",
    "store",
];

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_and_nothing_was_changed() {
    let company = Company::start().await;
    let output = company.run(lege(&company)).await;
    assert_exit(&output, 0);
    assert_eq!(that_are(&output, "ok"), ALL);
    assert_eq!(json_of(&output)["well"], true);
    let files: Vec<_> =
        std::fs::read_dir(company.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["key.jwk"], "no store was made");
    assert!(company.sandbox.effects().is_empty());

    let output = company.run(company.command(&["lege", "--for", ORGANISASJON])).await;
    assert_exit(&output, 0);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), ALL.len() + 1, "a line each: {text}");
    assert!(
        ALL.iter().zip(text.lines()).all(|(name, line)| line.starts_with("ok ") && line.contains(name)),
        "{text}"
    );

    let output = company.run(company.command(&["lege", "--json", "--api", "innkreving"])).await;
    assert_exit(&output, 0);
    assert!(that_are(&output, "ok").contains(&"Skatteetaten".to_owned()));
    assert_eq!(check(&output, "scopes")["what"], "skatteetaten:innkrevingsoppdrag");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_setting_that_is_wrong_is_found_by_its_check_and_the_rest_is_looked_at() {
    let company = Company::start().await;
    company.write_key("aapen.jwk", &company.client.private_jwk.to_string(), 0o644);
    company.write_key("annet.txt", "dette er ingen nøkkel", 0o600);
    std::fs::write(company.path("feil.toml"), "x = 1\n").unwrap();
    std::fs::write(
        company.path("feil.db"),
        "dette er ingen database, men en lang nok tekst til å se ut som noe",
    )
    .unwrap();
    // Without a token there is nothing to show to anybody.
    let no_token = &["clock", "scopes", "systembruker", "delegation", "Altinn's token", "Altinn"][..];
    let no_key = &["certificate", "clock", "scopes", "systembruker", "Altinn's token", "Altinn"][..];
    for (variable, value, wrong, not_looked_at, told) in [
        ("SKATTEBRO_CONFIG", "feil.toml", &["config file"][..], &[][..], "unknown key «x»"),
        ("SKATTEBRO_EDITION", "v7", &["settings"], &[], "SKATTEBRO_EDITION"),
        ("SKATTEBRO_MASKINPORTEN_KEY_FILE", "aapen.jwk", &["key file"], &[], "chmod 600"),
        ("SKATTEBRO_MASKINPORTEN_KEY_FILE", "borte.jwk", &["key file", "token"], no_key, "cannot be read"),
        ("SKATTEBRO_MASKINPORTEN_KEY_FILE", "annet.txt", &["key file", "token"], no_key, "none of the kinds"),
        ("SKATTEBRO_MASKINPORTEN_CERT_FILE", "borte.pem", &["certificate", "token"], no_token, "borte.pem"),
        ("SKATTEBRO_STORE", "sqlite:feil.db", &["store"], &[], "feil.db"),
        ("SKATTEBRO_ALTINN_APP_URL", "ftp://x", &["settings"], &[], "SKATTEBRO_ALTINN_APP_URL"),
    ] {
        let mut command = lege(&company);
        command.env(variable, value);
        let output = company.run(command).await;
        assert_exit(&output, 2);
        assert_eq!(that_are(&output, "wrong"), wrong, "{variable}={value}: {}", stdout(&output));
        let none_of_it = that_are(&output, "notLookedAt");
        let expected: Vec<_> = not_looked_at.iter().filter(|check| **check != "delegation").collect();
        assert_eq!(none_of_it.iter().collect::<Vec<_>>(), expected, "{variable}={value}");
        assert_eq!(that_are(&output, "outOfReach"), [""; 0], "{variable}={value}");
        let found = check(&output, wrong[0]);
        assert!(
            found["what"].to_string().contains(told) || found["toDo"].to_string().contains(told),
            "{found}"
        );
        assert!(!found["toDo"].as_str().unwrap().is_empty());
        assert_eq!(json_of(&output)["well"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn access_that_is_refused_is_found() {
    let company = Company::start().await;
    let without = that_is_not(&company, "uten-scope", &["skatteetaten:innkrevingsoppdrag"]);
    company.sandbox.register_maskinporten_client(without).unwrap();
    let [client, consumer] = ["SKATTEBRO_MASKINPORTEN_CLIENT_ID", "SKATTEBRO_CONSUMER_ORG"];
    for (variable, value, party, wrong, told) in [
        (client, "finnes-ikke", ORGANISASJON, &["token", "systembruker"][..], "The client is not known"),
        (client, "uten-scope", ORGANISASJON, &["token", "systembruker"], "may not use one of its scopes"),
        (consumer, "974761076", ORGANISASJON, &["token", "systembruker"], "has not delegated"),
        ("SKATTEBRO_STORE", "minne", "974761076", &["systembruker"], "has not approved the system user"),
    ] {
        let mut command = company.command(&["lege", "--json", "--for", party]);
        command.env(variable, value);
        let output = company.run(command).await;
        assert_exit(&output, 2);
        assert_eq!(that_are(&output, "wrong"), wrong, "{variable}={value}: {}", stdout(&output));
        assert!(check(&output, wrong[0])["what"].as_str().unwrap().contains(told), "{}", stdout(&output));
        assert_eq!(check(&output, "Skatteetaten")["status"], "ok");
    }

    let mut delegated = that_is_not(
        &company,
        "med-delegering",
        &company.client.scopes.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    delegated.delegations = vec!["974761076".to_owned()];
    company.sandbox.register_maskinporten_client(delegated).unwrap();
    let mut command = lege(&company);
    command.env(client, "med-delegering").env(consumer, "974761076").env("SKATTEBRO_SYSTEMBRUKER", "nei");
    let output = company.run(command).await;
    assert_exit(&output, 0);
    assert!(check(&output, "delegation")["what"].as_str().unwrap().contains("974761076"));
}

/// Another client with the same key.
fn that_is_not(company: &Company, client_id: &str, scopes: &[&str]) -> MaskinportenClient {
    let key = &company.client.private_jwk;
    let public = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key["kid"], "n": key["n"], "e": key["e"] });
    MaskinportenClient {
        jwks: Some(json!({ "keys": [public] })),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        systembrukere: vec![Systembruker::of(ORGANISASJON)],
        ..MaskinportenClient::new(client_id, "310202002")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_is_exit_3_and_told_from_what_is_wrong() {
    let company = Company::start().await;
    let nobody = "http://127.0.0.1:1";
    for (variable, out_of_reach) in [
        ("SKATTEBRO_MASKINPORTEN_URL", &["token", "systembruker"][..]),
        ("SKATTEBRO_ALTINN_PLATFORM_URL", &["Altinn's token"]),
        ("SKATTEBRO_ALTINN_APP_URL", &["Altinn"]),
    ] {
        let mut command = lege(&company);
        command.env(variable, nobody);
        let output = company.run(command).await;
        assert_exit(&output, 3);
        assert_eq!(that_are(&output, "outOfReach"), out_of_reach, "{variable}: {}", stdout(&output));
        assert_eq!(that_are(&output, "wrong"), [""; 0], "{variable}");
    }
    for (route, out_of_reach) in
        [("ping", "Skatteetaten"), ("altinn-profil", "Altinn"), ("altinn-exchange", "Altinn's token")]
    {
        company.sandbox.inject(FaultRule::always(route, Fault::ErrorBefore(503)));
        let output = company.run(lege(&company)).await;
        assert_exit(&output, 3);
        assert_eq!(that_are(&output, "outOfReach"), [out_of_reach], "{}", stdout(&output));
        company.sandbox.clear_faults();
    }
    // What is wrong here may be why, and comes first.
    let mut command = lege(&company);
    command.env("SKATTEBRO_ALTINN_APP_URL", nobody).env("SKATTEBRO_EDITION", "v7");
    assert_exit(&company.run(command).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_known_by_when_it_expires() {
    let company = Company::start().await;
    for (name, until, exit, status) in [("god", 2099, 0, "ok"), ("utloept", 2021, 2, "wrong")] {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::new(vec!["virksomhet.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.self_signed(&key).unwrap().pem();
        let client = MaskinportenClient {
            jwks: None,
            certificates: vec![certificate.clone()],
            ..that_is_not(
                &company,
                name,
                &company.client.scopes.iter().map(String::as_str).collect::<Vec<_>>(),
            )
        };
        company.sandbox.register_maskinporten_client(client).unwrap();
        company.write_key("virksomhet.key", &key.serialize_pem(), 0o600);
        std::fs::write(company.path("virksomhet.pem"), certificate).unwrap();
        let mut command = lege(&company);
        command
            .env("SKATTEBRO_MASKINPORTEN_CLIENT_ID", name)
            .env("SKATTEBRO_MASKINPORTEN_KEY_FILE", "virksomhet.key")
            .env("SKATTEBRO_MASKINPORTEN_CERT_FILE", "virksomhet.pem");
        let output = company.run(command).await;
        assert_exit(&output, exit);
        let found = check(&output, "certificate");
        assert_eq!(found["status"], status, "{found}");
        assert!(found["what"].as_str().unwrap().contains(&format!("{until}-01-01")), "{found}");
        assert_eq!(check(&output, "key file")["status"], "ok");
        assert_eq!(check(&output, "token")["status"], status);
    }
}

/// Another Maskinporten: it lives in another hour, and grants less than it is asked for.
async fn wrong_hour() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let metadata =
        json!({ "issuer": url, "token_endpoint": format!("{url}token"), "jwks_uri": format!("{url}jwk") });
    // {"scope":"altinn:instances.read","exp":4102444800}
    let token = "e30.eyJzY29wZSI6ImFsdGlubjppbnN0YW5jZXMucmVhZCIsImV4cCI6NDEwMjQ0NDgwMH0.sig";
    let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 119 });
    let date = [("Date", "Mon, 02 Mar 2020 12:00:00 GMT")];
    let app = axum::Router::new()
        .route("/.well-known/oauth-authorization-server", get(async || axum::Json(metadata)))
        .route("/token", post(async move || (date, axum::Json(answer))));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_and_a_scope_that_is_missing_are_found() {
    let company = Company::start().await;
    let mut command = lege(&company);
    command.env("SKATTEBRO_MASKINPORTEN_URL", wrong_hour().await).env("SKATTEBRO_SYSTEMBRUKER", "nei");
    let output = company.run(command).await;
    assert_exit(&output, 2);
    let (clock, scopes) = (check(&output, "clock"), check(&output, "scopes"));
    assert!(clock["status"] == "wrong" && clock["what"].as_str().unwrap().contains("ahead of"), "{clock}");
    assert!(clock["toDo"].as_str().unwrap().contains("NTP"));
    let lacking = "the token lacks skatteetaten:formueinntekt/skattemelding altinn:instances.write";
    assert_eq!(scopes["what"], lacking);
    // A strict service takes no token of a stranger.
    assert_eq!(check(&output, "Altinn's token")["status"], "wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_login_that_is_missing_or_lies_open_is_found() {
    let company = Company::start().await;
    let output = company.run(company.persons(&["lege", "--json"])).await;
    assert_exit(&output, 2);
    assert_eq!(that_are(&output, "wrong"), ["refresh store", "token"]);
    assert_eq!(check(&output, "refresh store")["toDo"], "skattebro logg-inn");
    company.write_key("innlogging", "hemmelig-refresh-token-som-ligger-aapent", 0o644);
    let output = company.run(company.persons(&["lege", "--json"])).await;
    assert_exit(&output, 2);
    let found = check(&output, "refresh store");
    assert!(found["what"].as_str().unwrap().contains("others than its owner may read it"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_sign_in_it_says_what_is_missing() {
    let company = Company::start().await;
    let mut command = lege(&company);
    command
        .env("SKATTEBRO_INNLOGGING", "token")
        .env("SKATTEBRO_PROFIL", "test")
        .env_remove("SKATTEBRO_SERVER");
    // Nothing is called: there is no such host on this machine's way.
    command.env("SKATTEBRO_SERVER", "https://skatt.invalid");
    let output = company.run(command).await;
    assert_exit(&output, 2);
    let token = check(&output, "token");
    assert!(token["status"] == "wrong" && token["toDo"].as_str().unwrap().contains("innlogging"), "{token}");
    assert_eq!(that_are(&output, "outOfReach"), ["Skatteetaten"]);
}
