//! Krav, and the program that handles them.

use crate::support::{skattebro, stdout};
use serde_json::{Value, json};
use skattebro_sandbox::{DEFAULT_ORGANISATION, Edition2023, KravSeen, Sandbox, VirtualClock};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const PERSON: &str = "13895118960";
/// Refused by the asynchronous validation.
pub(crate) const NO_ORGANISATION: &str = "313131319";

/// A sandbox where a krav is booked within a tenth of a second.
pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::builder().clock(VirtualClock::scaled(200.0)).start().await.unwrap()
}

pub(crate) async fn sandbox_without_mottaksstatus() -> Sandbox {
    let edition = Edition2023 { mottaksstatus: false, ..Edition2023::default() };
    Sandbox::builder().clock(VirtualClock::scaled(200.0)).edition_2023(edition).start().await.unwrap()
}

/// Its krav, by their own ids.
pub(crate) fn seen(sandbox: &Sandbox) -> Vec<KravSeen> {
    let mut krav = sandbox.krav(DEFAULT_ORGANISATION);
    krav.sort_by(|a, b| a.oppdragsgivers_kravidentifikator.cmp(&b.oppdragsgivers_kravidentifikator));
    krav
}

/// A krav without its own id.
pub(crate) fn nameless(hovedstol: i64) -> Value {
    json!({
        "kravtype": "RETTSGEBYR_UTLEGGSBEGJAERING",
        "skyldner": {"identifikatortype": "ORGANISASJON", "identifikator": "974761076"},
        "hovedstol": {"valuta": "NOK", "beloep": hovedstol},
        "oppdragsgiversReferanse": "SAK-1",
        "fastsettelsesdato": "2024-03-02",
    })
}

pub(crate) fn krav(id: &str) -> Value {
    let mut krav = nameless(1000);
    krav["oppdragsgiversKravidentifikator"] = id.into();
    krav
}

/// One of edition 2023.
pub(crate) fn krav_2023(id: &str) -> Value {
    json!({
        "kravtype": "TILBAKEKREVING_FEILUTBETALT_YTELSE",
        "skyldner": {"identifikatortype": "PERSON", "identifikator": PERSON},
        "hovedstol": {"valuta": "NOK", "beloep": 9000},
        "oppdragsgiversSaksnummer": "SAK-1",
        "oppdragsgiversKravidentifikator": id,
        "fastsettelsesdato": "2024-03-02",
        "tilleggsinformasjon": {"stoenadstype": "BARNETRYGD"},
    })
}

pub(crate) fn with(mut krav: Value, pointer: &str, value: impl Into<Value>) -> Value {
    *krav.pointer_mut(pointer).unwrap() = value.into();
    krav
}

/// A folder with a file of rows.
pub(crate) struct Work(pub(crate) tempfile::TempDir);

impl Work {
    pub(crate) fn new(rows: &[Value]) -> Self {
        let work = Self(tempfile::tempdir().unwrap());
        work.write("krav.jsonl", rows);
        work
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, rows: &[Value]) {
        let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
        std::fs::write(self.path(name), lines.concat()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn rows(&self, name: &str) -> Vec<Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// `skattebro krav VERB … --server`, with `{}` for the folder in the arguments.
pub(crate) fn command(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Command {
    at(&sandbox.url(), work.0.path(), arguments)
}

pub(crate) fn at(server: &str, dir: &Path, arguments: &[&str]) -> Command {
    let mut command = skattebro();
    command.arg("krav").args(arguments).args(["--server", server]).current_dir(dir);
    command
}

pub(crate) async fn run(sandbox: &Sandbox, work: &Work, arguments: &[&str]) -> Output {
    crate::support::run(command(sandbox, work, arguments)).await
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}
