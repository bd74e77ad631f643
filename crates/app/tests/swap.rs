//! What an embedder writes: the examples work, are short, and any adapter can be swapped.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use async_trait::async_trait;
use skattebro::domain::{
    Dokumentidentifikator, JobbId, JobbStatus, JobbTilstand, ResultatAvValidering, ValidationOutcome,
};
use skattebro::ports::fakes::{FakeSkatteetaten, ManualClock, MemorySink};
use skattebro::ports::{Call, Clock, DocumentSink, Jobs, PortError, RequestEnvelope, Started, Subject};
use skattebro::{BuildError, Skattebro, SystemClock};
use skattebro_sandbox::{Sandbox, Scenario, VirtualClock};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use support::documents::{self, ORG};
use support::{Effects, party, request, seconds};
use tempfile::TempDir;

const VALIDATE: &str = include_str!("../examples/validate.rs");
const SWAP_ADAPTER: &str = include_str!("../examples/swap_adapter.rs");

#[test]
fn a_whole_program_is_at_most_fifteen_lines() {
    for (name, text) in [("validate", VALIDATE), ("swap_adapter", SWAP_ADAPTER)] {
        let body: Vec<_> = text
            .lines()
            .skip_while(|line| !line.contains("fn main("))
            .skip(1)
            .take_while(|line| *line != "}")
            .filter(|line| !line.trim().is_empty())
            .collect();
        assert!(body.len() > 5 && body.len() <= 15, "{name}: {} lines:\n{}", body.len(), body.join("\n"));
        let longest = body.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(110), "{name}: no line is two");
    }
}

/// The program of an example. `cargo test` builds it; where only this test was asked for, it is built here.
fn example(name: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let path = deps
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !path.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", "skattebro", "--example", name]);
        build.args((!cfg!(debug_assertions)).then_some("--release"));
        assert!(build.status().unwrap().success());
    }
    path
}

fn folder() -> TempDir {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("skattemelding.xml"), documents::skattemelding()).unwrap();
    std::fs::write(dir.path().join("naering.xml"), documents::naeringsspesifikasjon()).unwrap();
    dir
}

fn run(name: &str, dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(example(name));
    command.args(arguments).current_dir(dir).env("SKATTEBRO_TOKEN", "hemmelig");
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_validates_a_file() {
    // Jobs of no length, since the program's clock is the machine's.
    let scenario = Scenario::med_feil().queued_for(seconds(0)).runs_for(seconds(0));
    let builder = Sandbox::builder().clock(VirtualClock::stepped()).scenario(scenario);
    let sandbox = builder.start().await.unwrap();
    let (dir, url) = (folder(), sandbox.url());
    let (dir, output) = tokio::task::spawn_blocking(move || {
        let output = run("validate", dir.path(), &[&url, "skattemelding.xml", "naering.xml"]);
        (dir, output)
    })
    .await
    .unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("validertMedFeil") && said.contains("xmlValideringsfeil"), "{said}");
    let out = dir.path().join("resultat/naeringsspesifikasjonEtterBeregning.xml");
    assert!(std::fs::read(out).unwrap() == documents::naeringsspesifikasjon());
    assert_eq!(Effects(sandbox.effects()).counts(), (1, 1, 0));
}

#[test]
fn the_example_with_swapped_adapters_validates_a_file_without_any_network() {
    let dir = folder();
    let output = run("swap_adapter", dir.path(), &["skattemelding.xml", "naering.xml"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output).trim(), "validertOK");
}

#[test]
fn the_examples_show_what_is_wrong_with_a_file() {
    let dir = folder();
    std::fs::write(dir.path().join("naering.xml"), "Dette er ikke XML").unwrap();
    let nowhere = "http://127.0.0.1:9";
    for (name, arguments) in [
        ("validate", &[nowhere, "skattemelding.xml", "naering.xml"][..]),
        ("swap_adapter", &["skattemelding.xml", "naering.xml"][..]),
    ] {
        let output = run(name, dir.path(), arguments);
        let said = said(&output);
        assert!(said.contains("naering.xml: ") && said.contains("[not-xml]"), "{name}: {said}");
    }
}

#[tokio::test]
async fn the_fake_service_gives_any_verdict_after_any_time() {
    let clock = ManualClock::default();
    let service = FakeSkatteetaten::new(clock.clone());
    service.job_takes(seconds(5 * 3600));
    service.verdict(ResultatAvValidering::ValidertMedFeil);
    let bridge =
        Skattebro::builder().skatteetaten(Arc::new(service)).clock(Arc::new(clock.clone())).build().unwrap();
    let sink = Arc::new(MemorySink::default());
    let validated = bridge.validate(request(&sink)).await.unwrap();
    assert_eq!(validated.outcome.resultat, ResultatAvValidering::ValidertMedFeil);
    assert!(clock.now().as_second() >= 5 * 3600);
    let return_came_back = |(kind, content): &(String, Vec<u8>)| {
        kind == "skattemeldingUpersonligEtterBeregning" && *content == documents::skattemelding()
    };
    assert!(sink.documents().iter().any(return_came_back));
}

/// An adapter of an embedder's own: a service that has computed everything before it is asked.
#[derive(Debug)]
struct Oracle;

#[async_trait]
impl Jobs for Oracle {
    async fn start(&self, _: &Call, _: &Subject, envelope: &RequestEnvelope) -> Result<Started, PortError> {
        assert_eq!(envelope.dokumenter().len(), 2);
        Ok(Started { jobb_id: "delfi-1".parse().unwrap(), jobb_status: JobbStatus::Opprettet })
    }

    async fn status(&self, _: &Call, _: &Subject, _: &JobbId) -> Result<JobbTilstand, PortError> {
        Ok(JobbTilstand::of(JobbStatus::Ferdig))
    }

    async fn resultat(
        &self,
        _: &Call,
        _: &Subject,
        _: &JobbId,
        _: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        Ok(Some(ValidationOutcome {
            resultat: ResultatAvValidering::Ukjent("validertMedForbehold".to_owned()),
            dokumenter: Vec::new(),
            avvik_etter_beregning: Vec::new(),
            veiledning_etter_kontroll: Vec::new(),
            avvik_ved_validering: Vec::new(),
            aarsaker: Vec::new(),
            skattesubjekt: Vec::new(),
            ukjente_elementer: Vec::new(),
        }))
    }
}

#[tokio::test]
async fn one_adapter_of_ones_own_goes_with_those_of_a_server() {
    let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
    let builder = Skattebro::builder().server(sandbox.url()).token("hemmelig");
    let bridge = builder.jobs(Arc::new(Oracle)).clock(Arc::new(ManualClock::default())).build().unwrap();
    let validated = bridge.validate(request(&Arc::default())).await.unwrap();
    assert_eq!(validated.jobb.as_str(), "delfi-1");
    assert!(!validated.outcome.is_ok(), "a verdict that nobody knows is not OK");
    assert_eq!(validated.outcome.resultat.as_str(), "validertMedForbehold");
    assert_eq!(Effects(sandbox.effects()).counts(), (1, 0, 0), "uploaded over HTTP, started elsewhere");
}

#[test]
fn a_bridge_that_cannot_be_built_says_what_is_missing() {
    let said = |result: Result<Skattebro, BuildError>| result.unwrap_err().to_string();
    let new = Skattebro::builder;
    assert!(said(new().build()).contains("no adapter for uploads"), "{}", said(new().build()));
    assert!(said(new().server("http://127.0.0.1:1").build()).contains("no token"));
    assert!(said(new().server("http://127.0.0.1:1").token("a\nb").build()).contains("token"));
    assert!(said(new().server("skatteetaten.no").token("a").build()).contains("address"));
    assert!(said(new().jobs(Arc::new(Oracle)).clock(Arc::new(SystemClock)).build()).contains("uploads"));
    let text = format!("{:?}", new().server("http://127.0.0.1:1").token("hemmelig"));
    assert!(!text.contains("hemmelig"), "{text}");
}

#[test]
fn the_fake_knows_the_return_in_force() {
    let id: Dokumentidentifikator = FakeSkatteetaten::gjeldende_id(&party(ORG)).unwrap();
    assert!(id.as_str().contains(ORG));
}
