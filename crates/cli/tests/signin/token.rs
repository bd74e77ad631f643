//! `skattebro token`.

use crate::helpers::*;
use crate::support::{ORGANISASJON, assert_exit, stderr, stdout};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use skattebro_sandbox::{MaskinportenClient, Systembruker};

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_what_a_token_says_and_not_the_token() {
    let company = Company::start().await;
    let output = company.run(company.command(&["token", "--for", ORGANISASJON])).await;
    assert_exit(&output, 0);
    let text = stdout(&output);
    for part in [
        "Maskinporten",
        "skatteetaten:formueinntekt/skattemelding",
        "0192:310817074",
        "urn:altinn:systemuser",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let output = company.run(company.command(&["token", "--for", ORGANISASJON, "--json"])).await;
    let json = json_of(&output);
    assert_eq!(json["source"], "Maskinporten");
    assert_eq!(json["token"], serde_json::Value::Null);
    let claims = &json["claims"];
    assert_eq!(claims["authorization_details"][0]["systemuser_org"]["ID"], format!("0192:{ORGANISASJON}"));
    assert_eq!(
        claims["scope"],
        "skatteetaten:formueinntekt/skattemelding altinn:instances.read altinn:instances.write"
    );

    // Altinn's own.
    let output = company.run(company.command(&["token", "--for", ORGANISASJON, "--altinn", "--json"])).await;
    let json = json_of(&output);
    assert_eq!(json["source"], "Altinn");
    assert!(json["claims"]["iss"].as_str().unwrap().ends_with("/authentication/api/v1/openid/"), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn krav_have_a_token_of_the_company_itself() {
    let company = Company::start().await;
    let output = company.run(company.command(&["token", "--api", "innkreving", "--json"])).await;
    assert_exit(&output, 0);
    let claims = json_of(&output)["claims"].clone();
    assert_eq!(claims["scope"], "skatteetaten:innkrevingsoppdrag");
    assert_eq!(claims["consumer"]["ID"], "0192:310202002");
    assert!(claims.get("authorization_details").is_none(), "{claims}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_the_token_itself_it_prints_that_and_nothing_else() {
    let company = Company::start().await;
    let output = crate::support::run(company.command(&["token", "--for", ORGANISASJON, "--vis"])).await;
    assert_exit(&output, 0);
    let token = stdout(&output);
    assert!(token.starts_with("eyJ") && token.trim().split('.').count() == 3, "{token}");
    assert_eq!(token.lines().count(), 1);
    assert_no_jwt(&stderr(&output));
    // It opens what it says.
    let mut command = company.command(&["hent", "--inntektsaar", "2023", "--identifikator", ORGANISASJON]);
    command.env("SKATTEBRO_TOKEN", token.trim());
    assert_exit(&company.run(command).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_with_what_to_do() {
    let company = Company::start().await;
    let public = serde_json::json!({ "keys": [public_half(&company.client.private_jwk)] });
    let other = MaskinportenClient {
        jwks: Some(public),
        scopes: vec!["skatteetaten:innkrevingsoppdrag".to_owned()],
        systembrukere: vec![Systembruker::of(ORGANISASJON)],
        ..MaskinportenClient::new("uten-rettigheter", "310202002")
    };
    company.sandbox.register_maskinporten_client(other).unwrap();
    // Another key under the name of the one that is registered.
    let mut wrong_key = Company::start().await.client.private_jwk;
    wrong_key["kid"] = company.client.private_jwk["kid"].clone();
    company.write_key("wrong.jwk", &wrong_key.to_string(), 0o600);

    let [client, key, whose] =
        ["SKATTEBRO_MASKINPORTEN_CLIENT_ID", "SKATTEBRO_MASKINPORTEN_KEY_FILE", "SKATTEBRO_SYSTEMBRUKER"];
    for (variable, value, party, told) in [
        (client, "uten-rettigheter", ORGANISASJON, "skatteetaten:formueinntekt/skattemelding"),
        (client, "finnes-ikke", ORGANISASJON, "Maskinporten refused"),
        (client, "", ORGANISASJON, "needs maskinporten-client-id"),
        (key, "wrong.jwk", ORGANISASJON, "kid"),
        (key, "borte.jwk", ORGANISASJON, "borte.jwk"),
        (whose, "part", "974761076", "The customer 974761076 has not approved the system user"),
        (whose, "974761076", ORGANISASJON, "The customer 974761076 has not approved the system user"),
        (whose, "part", PERSON, "a system user belongs to an organisation"),
    ] {
        let mut command = company.command(&["token", "--for", party]);
        command.env(variable, value);
        let output = company.run(command).await;
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(told), "{variable}={value}: {}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let output = company.run(company.command(&["token"])).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("--for ORGNR"), "{}", stderr(&output));
    let mut command = company.command(&["token", "--for", ORGANISASJON, "--json"]);
    command.env("SKATTEBRO_MASKINPORTEN_URL", "http://127.0.0.1:1/");
    let output = company.run(command).await;
    assert_exit(&output, 3);
    assert!(json_of(&output)["error"].as_str().unwrap().contains("no connection to Maskinporten"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_environment_goes_before_and_is_not_exchanged() {
    let company = Company::start().await;
    let with_token = |arguments: &[&str]| {
        let mut command = company.command(arguments);
        command.env("SKATTEBRO_TOKEN", crate::support::TOKEN);
        command
    };
    let output = company.run(with_token(&["token"])).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("SKATTEBRO_TOKEN") && !stdout(&output).contains(crate::support::TOKEN));
    let output = company.run(with_token(&["token", "--altinn"])).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("as it is"), "{}", stderr(&output));
}

/// The company's key and certificate in one encrypted file.
fn pkcs12(company: &Company, password: &str) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["virksomhet.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    company.write_key("virksomhet.pem", &format!("{}{certificate}", key.serialize_pem()), 0o600);
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["pkcs12", "-export", "-in", "virksomhet.pem", "-out", "virksomhet.p12", "-passout"]);
    openssl.arg(format!("pass:{password}")).current_dir(company.folder.path());
    assert!(openssl.status().unwrap().success());
    let client = MaskinportenClient {
        certificates: vec![certificate],
        scopes: company.client.scopes.clone(),
        ..MaskinportenClient::new("med-sertifikat", "310202002")
    };
    company.sandbox.register_maskinporten_client(client).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_a_key_comes_from_the_environment_and_is_never_shown() {
    let Some(()) = crate::support::tool("openssl", &["version"]) else { return };
    let company = Company::start().await;
    let password = "hemmelig-passord-91c";
    pkcs12(&company, password);
    for (given, exit, told) in [
        (Some(password), 0, "skatteetaten:innkrevingsoppdrag"),
        (Some("hemmelig-men-feil"), 2, "the password does not open the file"),
        (None, 2, "SKATTEBRO_KEY_PASSWORD"),
    ] {
        for arguments in
            [&["token", "--api", "innkreving"][..], &["lege", "--api", "innkreving"], &["config", "vis"]]
        {
            let mut command = company.command(arguments);
            command.env("SKATTEBRO_MASKINPORTEN_CLIENT_ID", "med-sertifikat");
            command.env("SKATTEBRO_MASKINPORTEN_KEY_FILE", "virksomhet.p12");
            command.envs(given.map(|given| ("SKATTEBRO_KEY_PASSWORD", given)));
            let output = company.run(command).await;
            let said = stdout(&output) + &stderr(&output);
            assert!(!said.contains("hemmelig"), "{said}");
            if arguments[0] != "config" {
                // `openssl` writes for its owner alone, as `lege` wants it.
                assert_exit(&output, exit);
                assert!(said.contains(told), "{arguments:?} {given:?}: {said}");
            }
        }
    }
}

fn public_half(jwk: &serde_json::Value) -> serde_json::Value {
    let mut jwk = jwk.clone();
    let members = jwk.as_object_mut().unwrap();
    members.retain(|name, _| ["kty", "use", "alg", "kid", "n", "e"].contains(&name.as_str()));
    jwk
}
