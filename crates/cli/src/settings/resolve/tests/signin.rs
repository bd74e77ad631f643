//! How to sign in.

use super::*;
use crate::settings::{Innlogging, ServerUrl};
use std::fmt::Display;

/// The value of a setting of the sign-in and where it comes from, as text.
pub(super) fn shown(settings: &Settings, key: Key) -> Option<(String, String)> {
    fn text<T: Display>(given: Option<&Sourced<T>>) -> Option<Sourced<String>> {
        given.map(|given| given.show(ToString::to_string))
    }
    let (signin, maskinporten, idporten) =
        (&settings.signin, &settings.signin.maskinporten, &settings.signin.idporten);
    let path = |given: &Option<Sourced<PathBuf>>| {
        given.as_ref().map(|given| given.show(|path| path.display().to_string()))
    };
    let shown = match key {
        Key::Innlogging => text(Some(&signin.innlogging)),
        Key::MaskinportenClientId => text(maskinporten.client_id.as_ref()),
        Key::MaskinportenKeyFile => path(&maskinporten.key_file),
        Key::MaskinportenKid => text(maskinporten.kid.as_ref()),
        Key::MaskinportenCertFile => path(&maskinporten.cert_file),
        Key::MaskinportenAlgorithm => Some(maskinporten.algorithm.show(|given| format!("{given:?}"))),
        Key::MaskinportenUrl => text(settings.maskinporten_url().ok().as_ref()),
        Key::MaskinportenScopes => text(Some(&settings.maskinporten_scopes(ApiKind::Skattemelding))),
        Key::Systembruker => text(Some(&maskinporten.systembruker)),
        Key::SystembrukerExternalRef => text(maskinporten.external_ref.as_ref()),
        Key::ConsumerOrg => text(maskinporten.consumer_org.as_ref()),
        Key::IdportenClientId => text(settings.idporten_client_id().as_ref()),
        Key::IdportenUrl => text(settings.idporten_url().ok().as_ref()),
        Key::IdportenScopes => text(Some(&settings.idporten_scopes())),
        Key::IdportenPort => text(Some(&idporten.port)),
        Key::IdportenPath => text(Some(&idporten.path)),
        Key::RefreshStore => text(Some(&idporten.refresh_store)),
        Key::AltinnAppUrl => text(settings.altinn().ok().map(|urls| urls.app).as_ref()),
        Key::AltinnPlatformUrl => text(settings.altinn().ok().map(|urls| urls.platform).as_ref()),
        _ => None,
    };
    shown.map(|shown| (shown.value, shown.from.to_string()))
}

const RETURNS: &str = "skatteetaten:formueinntekt/skattemelding altinn:instances.read altinn:instances.write";

/// Per setting: two values, and what holds without any.
const ALL: [(Key, [&str; 2], Option<&str>); 19] = [
    (Key::Innlogging, ["maskinporten", "idporten"], Some("token")),
    (Key::MaskinportenClientId, ["a", "b"], None),
    (Key::MaskinportenKeyFile, ["/a", "/b"], None),
    (Key::MaskinportenKid, ["a", "b"], None),
    (Key::MaskinportenCertFile, ["/a", "/b"], None),
    (Key::MaskinportenAlgorithm, ["Rs384", "Rs512"], Some("Rs256")),
    (Key::MaskinportenUrl, ["https://a.no/", "https://b.no/"], None),
    (Key::MaskinportenScopes, ["a:b c:d", "e:f"], Some(RETURNS)),
    (Key::Systembruker, ["part", "310817074"], Some("nei")),
    (Key::SystembrukerExternalRef, ["a", "b"], None),
    (Key::ConsumerOrg, ["310817074", "974761076"], None),
    (Key::IdportenClientId, ["a", "b"], None),
    (Key::IdportenUrl, ["https://a.no", "https://b.no"], None),
    (Key::IdportenScopes, ["a", "b"], Some(RETURNS)),
    (Key::IdportenPort, ["1", "2"], Some("12345")),
    (Key::IdportenPath, ["/a", "/b"], Some("/token")),
    (Key::RefreshStore, ["fil:/a", "fil:/b"], Some("keyring")),
    (Key::AltinnAppUrl, ["https://a.no", "https://b.no"], None),
    (Key::AltinnPlatformUrl, ["https://a.no", "https://b.no"], None),
];

#[test]
fn environment_over_section_over_file_over_default() {
    for (key, [one, other], default) in ALL {
        let name = key.name();
        // Those of Altinn ask for a server besides; one that belongs to no environment brings no address of an issuer.
        let given = || Given::default().env(Key::Server, "https://x.no");
        let check = |given: Given, value: &str, from: &str| {
            assert_eq!(shown(&given.resolve().unwrap(), key), pair(value, from), "{name}");
        };
        let top = || given().line(&format!("{name} = \"{one}\""));
        check(top(), one, "/x/skattebro.toml, line 1");
        check(top().env(key, other), other, &format!("environment {}", key.variable()));
        let section =
            || top().flag(Key::Profil, "test").line("[test]").line(&format!("{name} = \"{other}\""));
        check(section(), other, "/x/skattebro.toml, line 3, [test]");
        if let Some(default) = default {
            check(given(), default, "default");
        }
    }
    let keys: Vec<_> = ALL.iter().map(|(key, ..)| *key).collect();
    assert_eq!(&Key::IN_FILE[Key::IN_FILE.len() - keys.len()..], keys, "all of them");
}

#[test]
fn a_flag_wins_where_there_is_one() {
    for (key, value) in [
        (Key::Innlogging, "idporten"),
        (Key::MaskinportenClientId, "b"),
        (Key::MaskinportenKeyFile, "/b"),
        (Key::MaskinportenKid, "b"),
        (Key::Systembruker, "part"),
    ] {
        let given = Given::default().env(key, "310817074").flag(key, value);
        let from = format!("flag --{}", key.name());
        assert_eq!(shown(&given.resolve().unwrap(), key), pair(value, &from));
    }
}

#[test]
fn every_environment_has_its_own_issuers_and_its_own_altinn() {
    let app = "skd/formueinntekt-skattemelding-v2";
    for (profile, server, issuers, altinn) in [
        (
            Some("produksjon"),
            None,
            ["https://maskinporten.no/", "https://idporten.no"],
            ["https://skd.apps.altinn.no/", "https://platform.altinn.no"],
        ),
        (
            Some("test"),
            None,
            ["https://test.maskinporten.no/", "https://test.idporten.no"],
            ["https://skd.apps.tt02.altinn.no/", "https://platform.tt02.altinn.no"],
        ),
        (
            Some("sandbox"),
            None,
            ["http://127.0.0.1:8700/maskinporten/", "http://127.0.0.1:8700/idporten"],
            ["http://127.0.0.1:8700/", "http://127.0.0.1:8700"],
        ),
        // The server tells as well, and more exactly.
        (
            None,
            Some("https://api.skatteetaten.no"),
            ["https://maskinporten.no/", "https://idporten.no"],
            ["https://skd.apps.altinn.no/", "https://platform.altinn.no"],
        ),
        (
            None,
            Some("https://idporten-api-test.sits.no"),
            ["https://test.maskinporten.no/", "https://test.idporten.no"],
            ["https://skd.apps.tt02.altinn.no/", "https://platform.tt02.altinn.no"],
        ),
        (
            Some("test"),
            Some("http://localhost:9000/"),
            ["http://localhost:9000/maskinporten/", "http://localhost:9000/idporten"],
            ["http://localhost:9000/", "http://localhost:9000"],
        ),
        // A company's own gateway.
        (
            Some("produksjon"),
            Some("https://skatt.firma.example"),
            ["https://maskinporten.no/", "https://idporten.no"],
            ["https://skd.apps.altinn.no/", "https://platform.altinn.no"],
        ),
    ] {
        let mut given = Given::default();
        if let Some(profile) = profile {
            given = given.flag(Key::Profil, profile);
        }
        if let Some(server) = server {
            given = given.flag(Key::Server, server);
        }
        let settings = given.resolve().unwrap();
        let url = |key| shown(&settings, key).map(|(value, _)| value);
        let told = [Key::MaskinportenUrl, Key::IdportenUrl].map(url);
        assert_eq!(told, issuers.map(|url| Some(url.to_owned())), "{profile:?} {server:?}");
        let told = [Key::AltinnAppUrl, Key::AltinnPlatformUrl].map(url);
        let expected = [format!("{}{app}", altinn[0]), altinn[1].to_owned()];
        assert_eq!(told, expected.map(Some), "{profile:?} {server:?}");
    }
}

#[test]
fn without_a_known_environment_nobody_is_sent_a_key_or_a_person() {
    for given in [Given::default(), Given::default().env(Key::Server, "https://skatt.firma.example")] {
        let settings = given.resolve().unwrap();
        let why = settings.maskinporten_url().unwrap_err();
        assert!(why.contains("SKATTEBRO_MASKINPORTEN_URL") && why.contains("--profil"), "{why}");
        assert!(settings.idporten_url().unwrap_err().contains("SKATTEBRO_IDPORTEN_URL"));
        assert!(settings.idporten_client_id().is_none());
    }
    let settings = Given::default().flag(Key::Profil, "sandbox").resolve().unwrap();
    assert_eq!(shown(&settings, Key::IdportenClientId), pair("skattebro-demo", "profile sandbox"));
}

#[test]
fn the_host_of_skattemelding_is_that_for_the_kind_of_sign_in() {
    for (profile, innlogging, expected) in [
        ("produksjon", "idporten", "https://idporten.api.skatteetaten.no"),
        ("produksjon", "maskinporten", "https://api.skatteetaten.no"),
        ("produksjon", "token", "https://idporten.api.skatteetaten.no"),
        ("test", "idporten", "https://idporten-api-test.sits.no"),
        ("test", "maskinporten", "https://api-test.sits.no"),
    ] {
        let given = Given::default().flag(Key::Profil, profile).env(Key::Innlogging, innlogging);
        let server = given.resolve().unwrap().server(ApiKind::Skattemelding).unwrap();
        assert_eq!(server.value.as_str(), expected, "{profile} {innlogging}");
        let given = given.env(Key::Server, "https://idporten.x.no");
        let server = given.resolve().unwrap().server(ApiKind::Skattemelding).unwrap();
        assert_eq!(server.value.as_str(), "https://idporten.x.no", "one that is given is taken as it is");
    }
}

#[test]
fn the_scopes_are_those_of_the_api_unless_they_are_given() {
    let scopes = |given: Given, api| given.resolve().unwrap().maskinporten_scopes(api).value.to_string();
    assert_eq!(scopes(Given::default(), ApiKind::Innkreving), "skatteetaten:innkrevingsoppdrag");
    for api in [ApiKind::Innkreving, ApiKind::Skattemelding] {
        assert_eq!(scopes(Given::default().env(Key::MaskinportenScopes, " a:b  c "), api), "a:b c");
    }
}

#[test]
fn issuers_of_another_environment_than_the_profiles_are_refused() {
    for (profile, key, url) in [
        ("test", Key::MaskinportenUrl, "https://maskinporten.no/"),
        ("test", Key::IdportenUrl, "https://idporten.no"),
        ("test", Key::AltinnPlatformUrl, "https://platform.altinn.no"),
        ("test", Key::AltinnAppUrl, "https://skd.apps.altinn.no/skd/x"),
        ("produksjon", Key::MaskinportenUrl, "https://test.maskinporten.no/"),
        ("produksjon", Key::IdportenUrl, "https://test.idporten.no"),
        ("produksjon", Key::AltinnPlatformUrl, "https://platform.tt02.altinn.no"),
        ("produksjon", Key::MaskinportenUrl, "http://127.0.0.1:8700/maskinporten/"),
        ("sandbox", Key::MaskinportenUrl, "https://test.maskinporten.no/"),
    ] {
        let told = Given::default().flag(Key::Profil, profile).env(key, url).resolve().unwrap_err();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("environment {}: {url}: ", key.variable())), "{told:?}");
    }
    for profile in ["test", "produksjon", "sandbox"] {
        let settings = Given::default().flag(Key::Profil, profile).resolve().unwrap();
        let urls: [ServerUrl; 4] = [
            settings.maskinporten_url().unwrap().value,
            settings.idporten_url().unwrap().value,
            settings.altinn().unwrap().app.value,
            settings.altinn().unwrap().platform.value,
        ];
        for (key, url) in [Key::MaskinportenUrl, Key::IdportenUrl, Key::AltinnAppUrl, Key::AltinnPlatformUrl]
            .iter()
            .zip(urls)
        {
            let given = Given::default().flag(Key::Profil, profile).env(*key, url.as_str());
            assert!(given.resolve().is_ok(), "{profile} accepts its own: {url}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_source() {
    let told = Given::default()
        .flag(Key::Innlogging, "bankid")
        .env(Key::Systembruker, "13895118960")
        .env(Key::IdportenPort, "70000")
        .line("maskinporten-algorithm = \"ES256\"")
        .line("refresh-store = \"innlogging\"")
        .line("maskinporten-url = \"https://per:hemmelig@maskinporten.no\"")
        .resolve()
        .unwrap_err();
    let all = told.join("\n");
    for start in [
        "flag --innlogging: ",
        "environment SKATTEBRO_SYSTEMBRUKER: ",
        "environment SKATTEBRO_IDPORTEN_PORT: ",
        "line 1: key «maskinporten-algorithm»: ",
        "line 2: key «refresh-store»: ",
        "line 3: key «maskinporten-url»: ",
    ] {
        assert!(all.contains(start), "{start}: {all}");
    }
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(!all.contains("hemmelig") && !all.contains("13895118960"), "{all}");
}

#[test]
fn paths_of_the_file_are_relative_to_its_folder() {
    let file = "maskinporten-key-file = \"key.pem\"\nmaskinporten-cert-file = \"cert.pem\"\nrefresh-store = \"fil:innlogging\"";
    let settings = Given::default().line(file).resolve().unwrap();
    let value = |key| shown(&settings, key).unwrap().0;
    assert_eq!(value(Key::MaskinportenKeyFile), "/x/key.pem");
    assert_eq!(value(Key::MaskinportenCertFile), "/x/cert.pem");
    assert_eq!(value(Key::RefreshStore), "fil:/x/innlogging");
    assert_eq!(settings.signin.innlogging.value, Innlogging::Token);
}
