use super::*;

fn parse(text: &str) -> Result<ConfigFile, Vec<String>> {
    let told = |complaints: Vec<Complaint>| complaints.iter().map(Complaint::to_string).collect();
    ConfigFile::parse(Path::new("/x/skattebro.toml"), text).map_err(told)
}

#[test]
fn a_section_wins_over_the_top_level_and_holds_for_its_profile_alone() {
    let text = r#"server = "https://alle"
edition = "v1"
profil = "test"

[test]
server = "https://test"
[sandbox]
"#;
    let file = parse(text).unwrap();
    let server = |profile| {
        let found = file.get(Key::Server, profile).unwrap();
        (found.value.text().unwrap(), found.from.to_string())
    };
    let top = ("https://alle", "/x/skattebro.toml, line 1".to_owned());
    assert_eq!(server(None), top);
    assert_eq!(server(Some(Profile::Sandbox)), top);
    let section = "/x/skattebro.toml, line 6, [test]".to_owned();
    assert_eq!(server(Some(Profile::Test)), ("https://test", section));
    assert_eq!(file.get(Key::Edition, Some(Profile::Test)).unwrap().value.text(), Ok("v1"));
    assert!(file.get(Key::Store, Some(Profile::Test)).is_none());
    assert_eq!(file.profile().unwrap().value.text(), Ok("test"));
}

#[test]
fn the_profile_is_chosen_in_one_line_beside_sections_or_without() {
    let with_bom = "\u{feff}profil = \"test\"\r\n";
    for text in ["profil = \"test\"", with_bom, "profil = \"test\"\n[test]\n"] {
        assert_eq!(parse(text).unwrap().profile().unwrap().value.text(), Ok("test"), "{text}");
    }
    assert!(parse("").unwrap().profile().is_none());
}

#[test]
fn every_mistake_is_told_with_file_line_and_key() {
    for (text, line, expected) in [
        ("\nservr = \"x\"", 2, "unknown key «servr»; the keys are profil, server, store, "),
        ("call_timeout = \"1s\"", 1, "unknown key «call_timeout»; write call-timeout"),
        ("[test]\n\nport = 1", 3, "unknown key «port» in [test]; the keys are server, "),
        ("[test]\nprofil = \"test\"", 2, "unknown key «profil» in [test]; it belongs at the top"),
        ("profile = \"test\"", 1, "unknown key «profile»; write profil"),
        ("edition = 2023", 1, "key «edition»: it is a number, and must be a text in quotes"),
        ("[test]\nserver = [\"x\"]", 2, "key «server» in [test]: it is a list"),
        ("[server]\nurl = \"x\"", 1, "key «server»: it is a section"),
        ("profil = true", 1, "key «profil»: it is true or false"),
        ("[prod]\nserver = \"x\"", 1, "unknown section [prod]; the sections are [sandbox], [test] and"),
        ("test = \"x\"", 1, "key «test»: it must be a section, [test]"),
        ("[profil.test]\ntoken = \"hemmelig\"", 1, "key «profil»: write profil = \"test\" at the top"),
        ("token = \"hemmelig\"", 1, "unknown key «token»; the token is never in the file: it comes from"),
        ("[produksjon]\ntoken = \"hemmelig\"", 2, "SKATTEBRO_TOKEN"),
        ("password = \"hemmelig\"", 1, "SKATTEBRO_STORE"),
        ("store-key = \"hemmelig\"", 1, "store-key-file"),
        // Not TOML at all.
        ("\n\nstore = postgres://a:hemmelig@b/c", 3, "this is not TOML"),
        ("store = \"hemmelig", 1, "this is not TOML"),
        ("server = \"a\"\nserver = \"b\"", 2, "a key stands once"),
        ("[test]\n[sandbox]\n[test]\n", 3, "a section once"),
    ] {
        let told = parse(text).unwrap_err();
        assert!(told[0].starts_with(&format!("/x/skattebro.toml, line {line}: ")), "{text}: {told:?}");
        assert!(told[0].contains(expected), "{text}: {told:?}");
        assert!(!told.concat().contains("hemmelig"), "{text}: {told:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = parse("x = 1\nserver = 2\n[test]\nb = 3\n[a]\n").unwrap_err();
    assert_eq!(told.len(), 4, "{told:?}");
    let in_order =
        [1, 2, 4, 5].iter().zip(&told).all(|(line, told)| told.contains(&format!(", line {line}: ")));
    assert!(in_order, "{told:?}");
}

#[test]
fn the_documentation_has_every_key_and_an_example_that_can_be_read() {
    let page = include_str!("../../../../../docs/configuration.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let file = parse(example).unwrap();
    assert!(file.get(Key::Innlogging, Some(Profile::Produksjon)).is_some());
    for key in Key::IN_FILE {
        assert!(page.contains(&format!("`{}`", key.name())), "{key:?}");
    }
}

#[test]
fn nothing_of_a_file_is_shown_by_debug() {
    let file = parse("store = \"postgres://a:hemmelig@b/c\"").unwrap();
    assert!(!format!("{file:?}").contains("hemmelig"));
}
