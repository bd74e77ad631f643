//! `skattebro sandbox --strict-auth`: what it prints is all that is needed to sign in.

use crate::helpers::*;
use crate::support::{self, ORGANISASJON, assert_exit, skattebro, stderr};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Running {
    child: Child,
    url: String,
    /// What it says to set, company and person.
    settings: Vec<Vec<(String, String)>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = skattebro();
    command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(arguments).current_dir(folder);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.next().unwrap();
    let mut settings = Vec::new();
    let mut said = String::new();
    for line in lines {
        said += &line;
        if line.ends_with(':') {
            settings.push(Vec::new());
        }
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            settings.last_mut().unwrap().push((name.to_owned(), value.trim_matches('\'').to_owned()));
        }
        if line == "skattebro logg-inn" {
            break;
        }
    }
    assert_no_jwt(&said);
    Running { child, url, settings }
}

fn with(settings: &[(String, String)], folder: &Path, arguments: &[&str]) -> Command {
    let mut command = skattebro();
    command.args(arguments).current_dir(folder).envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_is_enough_at_any_speed() {
    for scale in ["1", "600", "0.5"] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["--strict-auth", "--demo-nokkel", "nokkel.jwk", "--time-scale", scale];
        let running = tokio::task::block_in_place(|| start(folder.path(), &arguments));
        assert!(is_private(&folder.path().join("nokkel.jwk")));
        let [company, person] = &*running.settings else { panic!("two ways") };
        let output = support::run(with(company, folder.path(), &["lege", "--for", ORGANISASJON])).await;
        assert_exit(&output, 0);
        let output = support::run(with(company, folder.path(), &["lege", "--api", "innkreving"])).await;
        assert_exit(&output, 0);
        // It is strict.
        let mut stranger =
            with(company, folder.path(), &["hent", "--inntektsaar", "2023", "--identifikator", ORGANISASJON]);
        stranger.env("SKATTEBRO_TOKEN", support::TOKEN);
        let output = support::run(stranger).await;
        assert_exit(&output, 2);
        assert!(stderr(&output).contains("SANDBOX-TOKEN"), "{}", stderr(&output));
        assert!(person.contains(&("SKATTEBRO_INNLOGGING".to_owned(), "idporten".to_owned())), "{person:?}");
        assert!(person.contains(&("SKATTEBRO_SERVER".to_owned(), running.url.clone())), "{person:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_itself_it_writes_nothing_and_it_replaces_no_key_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let running = tokio::task::block_in_place(|| start(folder.path(), &["--strict-auth"]));
    assert_eq!(running.settings.len(), 1, "that of a person alone");
    drop(running);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let key = folder.path().join("maskinporten.pem");
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----").unwrap();
    let mut command = skattebro();
    command.args(["sandbox", "--listen", "127.0.0.1:0", "--demo-nokkel", "maskinporten.pem"]);
    command.current_dir(folder.path());
    let output = support::run(command).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("not replaced"), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(&key).unwrap(), "-----BEGIN PRIVATE KEY-----");
}
