//! A company's tokens: what is asked for, when, and how often.

use crate::signin::issuer::{Answer, Issuer, fixture, read, signing_key};
use futures_util::future::join_all;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};
use skattebro_adapter_http::{
    Algorithm, CertificateChain, Customer, HttpSettings, KeyId, Maskinporten, MaskinportenMode,
    MaskinportenSettings, SettingsError, SigningKey,
};
use skattebro_domain::Identifikator;
use skattebro_domain::flow::Effect;
use skattebro_ports::{ErrorKind, TokenSource};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

const SCOPES: [&str; 2] = ["skatteetaten:formueinntekt/skattemelding", "altinn:instances.read"];
const ORGANISATION: &str = "974761076";

pub(crate) fn plain() -> MaskinportenSettings {
    MaskinportenSettings::new("klient-1", signing_key(), KeyId::Kid("praktisk-test".into()), &SCOPES).unwrap()
}

pub(crate) fn per_party() -> MaskinportenSettings {
    plain().mode(MaskinportenMode::Systembruker { kunde: Customer::PerParty, external_ref: None })
}

pub(crate) fn fixed_customer() -> MaskinportenSettings {
    let kunde = Customer::Fixed(ORGANISATION.parse().unwrap());
    plain().mode(MaskinportenMode::Systembruker { kunde, external_ref: None })
}

pub(crate) fn source(issuer: &Issuer, settings: MaskinportenSettings) -> Maskinporten {
    Maskinporten::new(&issuer.settings("maskinporten/"), settings, issuer.clock()).unwrap()
}

pub(crate) fn part(number: &str) -> Identifikator {
    number.parse().unwrap()
}

async fn text(source: &Maskinporten) -> String {
    source.token().await.unwrap().expose().to_owned()
}

#[tokio::test]
async fn a_signed_jwt_says_who_asks_for_what() {
    let issuer = Issuer::start().await;
    assert_eq!(text(&source(&issuer, plain())).await, "hemmelig-token-1");
    let asked = issuer.request();
    assert_eq!(asked.path, "/maskinporten/token");
    assert_eq!(asked.form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!(asked.form.len(), 2);
    assert_eq!(asked.jwt(0), json!({ "typ": "JWT", "alg": "RS256", "kid": "praktisk-test" }));
    let claims = asked.jwt(1);
    assert_eq!(claims["aud"], format!("{}/maskinporten/", issuer.url), "as the issuer writes itself");
    assert_eq!(claims["iss"], "klient-1");
    assert_eq!(claims["scope"], SCOPES.join(" "));
    let now = 1_803_902_400;
    assert_eq!(claims["iat"], now);
    let life = claims["exp"].as_i64().unwrap() - now;
    assert!((60..=119).contains(&life), "{life}");
    assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    assert_eq!(claims.as_object().unwrap().len(), 6, "no resource, nothing else: {claims}");
}

#[tokio::test]
async fn the_signature_is_the_keys_in_every_algorithm_and_form() {
    let password = "hemmelig-passord".to_owned().into();
    let public = DecodingKey::from_rsa_pem(&read("public.pem")).unwrap();
    for (file, algorithm, jwt) in [
        ("key-pkcs8.pem", Algorithm::Rs256, jsonwebtoken::Algorithm::RS256),
        ("key-pkcs1.pem", Algorithm::Rs384, jsonwebtoken::Algorithm::RS384),
        ("key.jwk", Algorithm::Rs512, jsonwebtoken::Algorithm::RS512),
        ("virksomhet.p12", Algorithm::Rs256, jsonwebtoken::Algorithm::RS256),
    ] {
        let issuer = Issuer::start().await;
        let key = SigningKey::load(&fixture(file), Some(&password)).unwrap();
        let key_id = key.key_id().unwrap_or_else(|| KeyId::Kid("praktisk-test".into()));
        let settings = MaskinportenSettings::new("klient-1", key, key_id, &SCOPES).unwrap();
        text(&source(&issuer, settings.algorithm(algorithm))).await;
        let mut validation = Validation::new(jwt);
        validation.validate_exp = false;
        validation.set_audience(&[format!("{}/maskinporten/", issuer.url)]);
        let assertion = issuer.request().form["assertion"].clone();
        jsonwebtoken::decode::<Value>(&assertion, &public, &validation)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[tokio::test]
async fn a_company_is_known_by_its_certificate_and_those_above_it() {
    let issuer = Issuer::start().await;
    let chain = CertificateChain::from_pem(&read("certificates.pem")).unwrap();
    let settings = MaskinportenSettings::new("klient-1", signing_key(), KeyId::X5c(chain), &SCOPES).unwrap();
    text(&source(&issuer, settings)).await;
    let header = issuer.request().jwt(0);
    assert_eq!(header.get("kid"), None);
    let pem = String::from_utf8(read("certificates.pem")).unwrap();
    let blocks = pem.split("-----END CERTIFICATE-----").map(|block| {
        let text = block.split("-----BEGIN CERTIFICATE-----").nth(1).unwrap_or_default();
        text.split_whitespace().collect::<String>()
    });
    let [root, own, _] = &blocks.collect::<Vec<_>>()[..] else { panic!("two certificates") };
    assert_eq!(header["x5c"], json!([own, root]));
}

#[tokio::test]
async fn an_expired_certificate_is_not_sent() {
    let issuer = Issuer::start().await;
    let chain = CertificateChain::from_pem(&read("certificates.pem")).unwrap();
    let settings = MaskinportenSettings::new("klient-1", signing_key(), KeyId::X5c(chain), &SCOPES).unwrap();
    let source = source(&issuer, settings);
    issuer.clock.set("2036-12-01T00:00:00Z".parse().unwrap());
    let error = source.token().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Local, &Effect::NotSent));
    assert!(error.to_string().contains("the company's certificate expired on 2036-11-25"), "{error}");
    issuer.clock.set("2026-11-01T00:00:00Z".parse().unwrap());
    issuer.clock.advance(Duration::from_secs(60));
    let error = source.token().await.unwrap_err().to_string();
    assert!(error.contains("is not good before 2026-11-28; is this machine's clock right?"), "{error}");
    assert!(issuer.asked().is_empty());
}

#[tokio::test]
async fn a_system_user_is_one_customers_and_so_is_the_token() {
    let issuer = Issuer::start().await;
    let mode =
        MaskinportenMode::Systembruker { kunde: Customer::PerParty, external_ref: Some("avd-1".into()) };
    let source = source(&issuer, plain().mode(mode));
    let (one, other) = (part(ORGANISATION), part("310079928"));
    let first = source.token_for(&one).await.unwrap();
    let second = source.token_for(&other).await.unwrap();
    assert_ne!(first.expose(), second.expose());
    assert_eq!(source.token_for(&one).await.unwrap().expose(), first.expose());
    let expected = |id: &str| {
        json!([{
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": id },
            "externalRef": "avd-1",
        }])
    };
    let details: Vec<_> =
        issuer.asked().iter().map(|asked| asked.jwt(1)["authorization_details"].clone()).collect();
    assert_eq!(details, [expected("0192:974761076"), expected("0192:310079928")]);
    source.rejected(&first).await;
    assert_eq!(source.token_for(&other).await.unwrap().expose(), second.expose(), "that is another's");
    assert_ne!(source.token_for(&one).await.unwrap().expose(), first.expose());
}

#[tokio::test]
async fn a_fixed_customer_goes_for_every_call() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, fixed_customer());
    let token = source.token().await.unwrap();
    for number in ["310079928", "17912099997"] {
        assert_eq!(source.token_for(&part(number)).await.unwrap().expose(), token.expose(), "{number}");
    }
    let details = issuer.request().jwt(1)["authorization_details"].clone();
    assert_eq!(details[0]["systemuser_org"]["ID"], "0192:974761076");
    assert_eq!(details[0].get("externalRef"), None);
}

#[tokio::test]
async fn a_call_that_names_no_customer_gets_no_token() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, per_party());
    for (outcome, says) in [
        (source.token().await, "the call is about none"),
        (source.token_for(&part("17912099997")).await, "the call is about a person"),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Local, &Effect::NotSent));
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(issuer.asked().is_empty());
}

#[tokio::test]
async fn a_delegation_names_who_delegated() {
    let issuer = Issuer::start().await;
    text(&source(&issuer, plain().consumer_org(ORGANISATION.parse().unwrap()))).await;
    assert_eq!(issuer.request().jwt(1)["consumer_org"], ORGANISATION);
}

#[tokio::test]
async fn twenty_at_a_time_make_one_request() {
    let issuer = Issuer::start().await;
    let source = Arc::new(source(&issuer, plain()));
    let calls = (0..20).map(|_| {
        let source = source.clone();
        tokio::spawn(async move { text(&source).await })
    });
    for token in join_all(calls).await {
        assert_eq!(token.unwrap(), "hemmelig-token-1");
    }
    assert_eq!((issuer.asked().len(), issuer.discovered()), (1, 1));
}

#[tokio::test]
async fn a_job_of_an_hour_never_holds_an_expired_token() {
    let issuer = Issuer::start().await;
    issuer.life(56);
    let source = source(&issuer, plain());
    let (mut given, mut jtis) = (HashMap::new(), HashSet::new());
    let began = issuer.clock.clone();
    let began = skattebro_ports::Clock::now(&began);
    for _ in 0..300 {
        let now = skattebro_ports::Clock::now(&issuer.clock);
        let token = text(&source).await;
        let since = *given.entry(token).or_insert(now);
        let age = now.duration_since(since).as_secs();
        assert!(age < 56 - 20, "{age}");
        issuer.clock.advance(Duration::from_secs(12));
    }
    assert_eq!(skattebro_ports::Clock::now(&issuer.clock).duration_since(began).as_secs(), 3600);
    for asked in issuer.asked() {
        assert!(jtis.insert(asked.jwt(1)["jti"].to_string()), "no JWT is used twice");
    }
    assert_eq!((given.len(), jtis.len(), issuer.discovered()), (100, 100, 1));
}

#[tokio::test]
async fn how_long_a_token_must_live_yet_is_a_setting() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, plain().min_life(Duration::from_secs(50)));
    text(&source).await;
    issuer.clock.advance(Duration::from_secs(69));
    assert_eq!(text(&source).await, "hemmelig-token-1");
    issuer.clock.advance(Duration::from_secs(1));
    assert_eq!(text(&source).await, "hemmelig-token-2");
}

#[tokio::test]
async fn after_a_failure_it_is_tried_with_a_new_jwt_but_not_at_once() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, plain());
    issuer.next(Answer::Text(500, String::new()));
    for _ in 0..5 {
        assert_eq!(source.token().await.unwrap_err().kind(), ErrorKind::ServiceFailure);
    }
    assert_eq!(issuer.asked().len(), 1);
    issuer.clock.advance(Duration::from_secs(1));
    text(&source).await;
    let asked = issuer.asked();
    assert_eq!(asked.len(), 2);
    assert_ne!(asked[0].jwt(1)["jti"], asked[1].jwt(1)["jti"]);
}

#[tokio::test]
async fn the_difference_of_the_clocks_is_known_from_every_answer() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, plain());
    assert_eq!(source.clock_skew(), None);
    issuer.ahead(303);
    let token = source.token().await.unwrap();
    assert_eq!(source.clock_skew().unwrap().as_secs(), -303);
    issuer.ahead(-60);
    issuer.next(Answer::Text(500, String::new()));
    source.rejected(&token).await;
    assert!(source.token().await.is_err());
    assert_eq!(
        source.clock_skew().unwrap().as_secs(),
        59,
        "a failure tells it as well; the header has whole seconds"
    );
}

#[tokio::test]
async fn tokens_go_over_tls_or_stay_on_this_machine() {
    let issuer = Issuer::start().await;
    for (address, good) in [
        ("https://maskinporten.no/", true),
        ("http://localhost:1/maskinporten/", true),
        ("http://[::1]:1", true),
        ("http://maskinporten.no/", false),
        ("http://127.0.0.1.example.org/", false),
    ] {
        let made = Maskinporten::new(&HttpSettings::new(address).unwrap(), plain(), issuer.clock());
        match made {
            Ok(_) => assert!(good, "{address}"),
            Err(SettingsError::Address(text)) => {
                assert!(!good && text.contains("https"), "{address}: {text}")
            }
            Err(other) => panic!("{address}: {other}"),
        }
    }
    let metadata = |name: &str, value: &str| {
        let mut metadata = json!({ "issuer": format!("{}/maskinporten/", issuer.url), "token_endpoint": format!("{}/t", issuer.url) });
        metadata[name] = json!(value);
        issuer.metadata(Some(Answer::Json(200, metadata)));
    };
    metadata("token_endpoint", "http://maskinporten.example/token");
    let error = source(&issuer, plain()).token().await.unwrap_err();
    assert!(error.to_string().contains("an address without TLS"), "{error}");
    metadata("issuer", "https://en-annen.example/");
    let error = source(&issuer, plain()).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Local);
    assert!(error.to_string().contains("calls itself by another name"), "{error}");
    assert!(issuer.asked().is_empty());
}

#[tokio::test]
async fn metadata_is_fetched_until_it_is_there_and_then_no_more() {
    let issuer = Issuer::start().await;
    let source = source(&issuer, plain());
    issuer.metadata(Some(Answer::Text(404, "<html>".into())));
    let error = source.token().await.unwrap_err();
    assert!(error.to_string().contains("Is its address right?"), "{error}");
    issuer.metadata(None);
    for _ in 0..3 {
        issuer.clock.advance(Duration::from_secs(200));
        text(&source).await;
    }
    assert_eq!((issuer.discovered(), issuer.asked().len()), (2, 3));
}

mod conformance {
    use super::*;
    use skattebro_conformance::token_source::Source;

    /// The server must live as long as the source.
    #[derive(Debug)]
    struct Kept(Maskinporten, #[allow(dead_code)] Box<dyn std::any::Any + Send + Sync>);

    #[async_trait::async_trait]
    impl TokenSource for Kept {
        async fn token(&self) -> Result<skattebro_ports::Token, skattebro_ports::PortError> {
            self.0.token().await
        }

        async fn rejected(&self, token: &skattebro_ports::Token) {
            self.0.rejected(token).await;
        }
    }

    async fn given() -> Source {
        let issuer = Issuer::start().await;
        let source = source(&issuer, plain());
        Source { source: Arc::new(Kept(source, Box::new(issuer))), has_others: true }
    }

    skattebro_conformance::token_source!(given().await);
}
