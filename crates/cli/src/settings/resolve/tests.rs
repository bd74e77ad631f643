use super::*;
use crate::settings::ApiKind;
use crate::settings::komprimering::show_yes_or_no;
use std::collections::HashMap;
use std::ffi::OsString;

mod signin;

const FILE: &str = "/x/skattebro.toml";

/// What the three sources say.
#[derive(Default)]
struct Given {
    flags: Flags,
    env: HashMap<&'static str, OsString>,
    file: String,
    no_home: bool,
}

impl Given {
    fn flag(mut self, key: Key, value: &str) -> Self {
        let (text, path) = (Some(value.to_owned()), Some(PathBuf::from(value)));
        match key {
            Key::Config => self.flags.config = path,
            Key::Profil => self.flags.profil = text,
            Key::Server => self.flags.server = text,
            Key::Store => self.flags.store = text.map(Into::into),
            Key::StoreKeyFile => self.flags.store_key_file = path,
            Key::Oppdragsgiver => self.flags.oppdragsgiver = text,
            Key::Edition => self.flags.edition = text,
            Key::CaBundle => self.flags.ca_bundle = path,
            Key::CallTimeout => self.flags.call_timeout = text,
            Key::SentKanVirke => self.flags.sent_kan_virke = text,
            Key::KravVindu => self.flags.krav_vindu = text,
            Key::Komprimering => self.flags.komprimering = text,
            Key::Innlogging => self.flags.innlogging = text,
            Key::MaskinportenClientId => self.flags.maskinporten_client_id = text,
            Key::MaskinportenKeyFile => self.flags.maskinporten_key_file = path,
            Key::MaskinportenKid => self.flags.maskinporten_kid = text,
            Key::Systembruker => self.flags.systembruker = text,
            other => panic!("{other:?} has no flag"),
        }
        self
    }

    fn env(mut self, key: Key, value: &str) -> Self {
        self.env.insert(key.variable(), value.into());
        self
    }

    /// Adds a line to the file.
    fn line(mut self, line: &str) -> Self {
        self.file += &format!("{line}\n");
        self
    }

    fn resolve(&self) -> Result<Settings, Vec<String>> {
        let file = ConfigFile::parse(Path::new(FILE), &self.file).unwrap();
        let around = Surroundings {
            env: &|name| self.env.get(name).cloned(),
            current_dir: "/cwd".into(),
            config_dir: None,
            data_dir: (!self.no_home).then(|| "/data".into()),
        };
        let told = |complaints: Vec<Complaint>| complaints.iter().map(Complaint::to_string).collect();
        resolve(&self.flags, &around, Some(&file)).map_err(told)
    }
}

/// The value of a setting and where it comes from, as text.
fn shown(settings: &Settings, key: Key) -> Option<(String, String)> {
    let path = |path: &PathBuf| path.display().to_string();
    let shown = match key {
        Key::Profil => settings.profile.as_ref().map(|given| given.show(ToString::to_string)),
        Key::Server => settings.server(ApiKind::Innkreving).ok().map(|given| given.show(ToString::to_string)),
        Key::Store => settings.store().ok().map(|given| given.show(ToString::to_string)),
        Key::StoreKeyFile => settings.store_key_file.as_ref().map(|given| given.show(path)),
        Key::Oppdragsgiver => settings.oppdragsgiver.as_ref().map(|given| given.show(ToString::to_string)),
        Key::Edition => Some(settings.edition.show(ToString::to_string)),
        Key::CaBundle => settings.ca_bundle.as_ref().map(|given| given.show(path)),
        Key::CallTimeout => Some(settings.call_timeout.show(|given| format!("{given:?}"))),
        Key::SentKanVirke => Some(settings.sent_kan_virke.show(|given| format!("{given:?}"))),
        Key::KravVindu => Some(settings.krav_vindu.show(ToString::to_string)),
        Key::Komprimering => Some(settings.komprimering.show(ToString::to_string)),
        Key::TillatBrotli => Some(settings.tillat_brotli.show(show_yes_or_no)),
        key => return signin::shown(settings, key),
    };
    shown.map(|shown| (shown.value, shown.from.to_string()))
}

fn pair(value: &str, from: &str) -> Option<(String, String)> {
    Some((value.to_owned(), from.to_owned()))
}

#[test]
fn flag_over_environment_over_section_over_file_over_default() {
    // Per setting: three values that can be told apart, and what holds without any.
    for (key, values, default) in [
        (Key::Server, ["https://a.no", "https://b.no", "https://c.no"], None),
        (
            Key::Store,
            ["sqlite:/a.db", "postgres://b/c", "minne"],
            pair("sqlite:/data/standard.db", "default"),
        ),
        (Key::StoreKeyFile, ["/a", "/b", "/c"], None),
        (Key::Oppdragsgiver, ["310817074", "974761076", "310202002"], None),
        (Key::Edition, ["2023", "v1", "2023"], pair("v1", "default")),
        (Key::CaBundle, ["/a.pem", "/b.pem", "/c.pem"], None),
        (Key::CallTimeout, ["1s", "2s", "3s"], pair("30s", "default")),
        (Key::SentKanVirke, ["1s", "2s", "3s"], pair("120s", "default")),
        (Key::KravVindu, ["1", "64", "1000"], pair("10", "default")),
        (Key::Komprimering, ["gzip", "brotli", "ingen"], pair("auto", "default")),
    ] {
        let [flag, env, file] = values;
        let name = key.name();
        let check = |given: Given, value: &str, from: &str| {
            let settings = given.resolve().unwrap();
            assert_eq!(shown(&settings, key), pair(value, from), "{name}");
        };
        let top = || Given::default().line(&format!("{name} = \"{file}\""));
        check(top(), file, "/x/skattebro.toml, line 1");
        check(top().env(key, ""), file, "/x/skattebro.toml, line 1");
        let variable = format!("environment {}", key.variable());
        check(top().env(key, env), env, &variable);
        check(top().env(key, env).flag(key, flag), flag, &format!("flag --{name}"));
        check(top().flag(key, flag), flag, &format!("flag --{name}"));
        let section = || top().flag(Key::Profil, "test").line("[test]").line(&format!("{name} = \"{env}\""));
        check(section(), env, "/x/skattebro.toml, line 3, [test]");
        check(section().env(key, flag), flag, &variable);
        assert_eq!(shown(&Given::default().resolve().unwrap(), key), default, "{name}");
    }
}

#[test]
fn the_profile_is_chosen_by_flag_over_environment_over_file() {
    let chosen = |given: &Given| shown(&given.resolve().unwrap(), Key::Profil);
    let given = Given::default();
    assert_eq!(chosen(&given), None);
    let given = given.line("profil = \"test\"");
    assert_eq!(chosen(&given), pair("test", "/x/skattebro.toml, line 1"));
    let given = given.env(Key::Profil, "sandbox");
    assert_eq!(chosen(&given), pair("sandbox", "environment SKATTEBRO_PROFIL"));
    let given = given.flag(Key::Profil, "produksjon");
    assert_eq!(chosen(&given), pair("produksjon", "flag --profil"));
    assert!(given.resolve().unwrap().is_production());
}

#[test]
fn a_profile_brings_the_servers_of_its_apis_and_a_store_of_its_own() {
    for (profile, skattemelding, innkreving) in [
        ("sandbox", "http://127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("test", "https://idporten-api-test.sits.no", "https://api-test.sits.no"),
        ("produksjon", "https://idporten.api.skatteetaten.no", "https://api.skatteetaten.no"),
    ] {
        let settings = Given::default().flag(Key::Profil, profile).resolve().unwrap();
        for (api, expected) in [(ApiKind::Skattemelding, skattemelding), (ApiKind::Innkreving, innkreving)] {
            let server = settings.server(api).unwrap();
            assert_eq!(
                (server.value.as_str(), server.from.to_string()),
                (expected, format!("profile {profile}"))
            );
        }
        assert_eq!(shown(&settings, Key::Store), pair(&format!("sqlite:/data/{profile}.db"), "default"));
    }
}

#[test]
fn a_server_that_is_given_is_that_of_both_apis() {
    let settings =
        Given::default().flag(Key::Profil, "test").env(Key::Server, "https://x.no").resolve().unwrap();
    for api in [ApiKind::Skattemelding, ApiKind::Innkreving] {
        assert_eq!(settings.server(api).unwrap().value.as_str(), "https://x.no");
    }
}

#[test]
fn without_a_server_or_a_home_the_ways_to_give_one_are_told() {
    let settings = Given { no_home: true, ..Given::default() }.resolve().unwrap();
    let why = settings.server(ApiKind::Innkreving).unwrap_err();
    for way in ["--server", "SKATTEBRO_SERVER", "skattebro.toml", "--profil"] {
        assert!(why.contains(way), "{why}");
    }
    assert!(settings.store().unwrap_err().contains("--store"));
    let given = Given { no_home: true, ..Given::default() }.env(Key::Store, "minne");
    assert_eq!(given.resolve().unwrap().store().unwrap().value, StoreChoice::Minne);
}

#[test]
fn a_profile_and_a_server_that_do_not_belong_together_are_refused() {
    for (profile, server) in [
        ("produksjon", "http://127.0.0.1:8700"),
        ("produksjon", "http://localhost:8700"),
        ("sandbox", "https://api.skatteetaten.no"),
        ("sandbox", "https://api-test.sits.no"),
        ("test", "https://api.skatteetaten.no"),
    ] {
        let given = Given::default().env(Key::Profil, profile).flag(Key::Server, server);
        let told = given.resolve().unwrap_err();
        assert_eq!(told.len(), 1, "{told:?}");
        let expected = [&format!("flag --server: {server}"), "environment SKATTEBRO_PROFIL"];
        assert!(expected.iter().all(|part| told[0].contains(part)), "{told:?}");
        let section =
            Given::default().flag(Key::Profil, profile).line(&format!("[{profile}]\nserver = \"{server}\""));
        let told = section.resolve().unwrap_err();
        assert!(told[0].starts_with("/x/skattebro.toml, line 2, ["), "{told:?}");
    }
}

#[test]
fn paths_of_the_file_are_relative_to_its_folder_and_others_to_the_current_one() {
    let file = "store = \"sqlite:krav.db\"\nca-bundle = \"../ca.pem\"\nstore-key-file = \"/abs/key\"";
    let settings = Given::default().line(file).resolve().unwrap();
    let value = |settings: &Settings, key| shown(settings, key).unwrap().0;
    assert_eq!(value(&settings, Key::Store), "sqlite:/x/krav.db");
    assert_eq!(value(&settings, Key::CaBundle), "/x/../ca.pem");
    assert_eq!(value(&settings, Key::StoreKeyFile), "/abs/key");
    let settings =
        Given::default().flag(Key::Store, "sqlite:krav.db").env(Key::CaBundle, "ca.pem").resolve().unwrap();
    assert_eq!(value(&settings, Key::Store), "sqlite:krav.db");
    assert_eq!(value(&settings, Key::CaBundle), "ca.pem");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_source_and_without_secrets() {
    let told = Given::default()
        .flag(Key::Profil, "prod")
        .flag(Key::Server, "https://per:hemmelig@api.no")
        .env(Key::Store, "postgres://per:hem/melig@host/db")
        .flag(Key::StoreKeyFile, "")
        .env(Key::Oppdragsgiver, "13895118960")
        .line("edition = \"v7\"")
        .line("call-timeout = \"0s\"")
        .resolve()
        .unwrap_err();
    let starts = [
        "flag --profil: ",
        "flag --server: ",
        "environment SKATTEBRO_STORE: ",
        "flag --store-key-file: ",
        "environment SKATTEBRO_OPPDRAGSGIVER: ",
        "/x/skattebro.toml, line 1: key «edition»: ",
        "/x/skattebro.toml, line 2: key «call-timeout»: ",
    ];
    assert_eq!(told.len(), starts.len(), "{told:?}");
    assert!(told.iter().zip(starts).all(|(told, start)| told.starts_with(start)), "{told:?}");
    for secret in ["hem", "melig", "13895118960"] {
        assert!(!told.concat().contains(secret), "{told:?}");
    }
}

#[test]
fn an_oppdragsgiver_has_nine_digits_that_agree() {
    for bad in ["310817075", "31081707", "310 817 074", "13895118960", "nav"] {
        assert!(Given::default().flag(Key::Oppdragsgiver, bad).resolve().is_err(), "{bad}");
    }
}

#[test]
fn a_window_is_a_number_of_krav_that_somebody_could_still_look_up() {
    for bad in ["0", "-1", "1001", "ti", "1.5", ""] {
        let given = Given::default().line(&format!("krav-vindu = \"{bad}\""));
        let told = given.resolve().unwrap_err();
        assert!(told[0].contains("from 1 to 1000"), "{bad}: {told:?}");
    }
}

#[test]
fn no_secret_is_shown_by_debug() {
    let given = Given::default().flag(Key::Store, "postgres://per:hemmelig@host/db");
    let settings = given.resolve().unwrap();
    assert!(!format!("{:?}{settings:?}", given.flags).contains("hemmelig"));
}

#[test]
fn brotli_is_allowed_by_the_environment_or_the_file_and_not_by_default() {
    let chosen = |given: &Given| shown(&given.resolve().unwrap(), Key::TillatBrotli);
    let given = Given::default();
    assert_eq!(chosen(&given), pair("nei", "default"));
    let given = given.line("tillat-brotli = \"ja\"");
    assert_eq!(chosen(&given), pair("ja", "/x/skattebro.toml, line 1"));
    assert_eq!(
        chosen(&given.env(Key::TillatBrotli, "nei")),
        pair("nei", "environment SKATTEBRO_TILLAT_BROTLI")
    );
    let wrong = Given::default().line("tillat-brotli = \"yes\"").line("komprimering = \"zip\"");
    let complaints = wrong.resolve().unwrap_err().join("\n");
    assert!(
        complaints.contains("it must be ja or nei") && complaints.contains("auto, gzip, brotli or ingen")
    );
}
