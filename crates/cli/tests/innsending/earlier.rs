//! What an earlier `valider` validated is submitted, without another validation.

use crate::helpers::*;
use crate::support::{ORGANISASJON, assert_exit, documents, run, skattebro, stderr, stdout};
use serde_json::Value;
use skattebro_sandbox::{Sandbox, Scenario};
use std::path::Path;
use std::process::{Command, Output};

/// The program with a store in the folder of the return.
fn stored(sandbox: &Sandbox, folder: &Path) -> Command {
    let mut command = skattebro();
    command.current_dir(folder).args(["--server", &sandbox.url(), "--store", "sqlite:store.db"]);
    signed_in(&mut command, "person");
    command
}

/// Validates the return by a job of edition v1.
async fn validated(sandbox: &Sandbox, folder: &Path, exit: i32) -> Value {
    let mut command = stored(sandbox, folder);
    command.args([
        "valider",
        "--inntektsaar",
        "2023",
        "--identifikator",
        ORGANISASJON,
        "--max-pause",
        "200ms",
    ]);
    command.args([
        "--skattemelding",
        "skattemelding.xml",
        "--naeringsspesifikasjon",
        "naering.xml",
        "--json",
    ]);
    let output = run(command).await;
    assert_exit(&output, exit);
    json_of(&output)
}

async fn send_inn_fra(sandbox: &Sandbox, folder: &Path, case: &str, more: &[&str]) -> Output {
    let mut command = stored(sandbox, folder);
    run({
        command.args(["send-inn", "--utfoerer", "person", "--fra", case]).args(more);
        command
    })
    .await
}

/// What lies in an instance, as Altinn gives it out.
async fn envelope_in(sandbox: &Sandbox, instans: &str) -> String {
    let instances = sandbox.instances();
    let elements = &instances.iter().find(|instance| instance.id == instans).unwrap().elements;
    assert_eq!(elements.len(), 1);
    let app = format!("{}/skd/formueinntekt-skattemelding-v2", sandbox.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = client.get(format!("{app}/instances/{instans}/data/{}", elements[0].id)).bearer_auth("sandbox");
    let answer = get.send().await.unwrap();
    assert!(answer.status().is_success());
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_validated_is_submitted_without_another_upload_or_job() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(700_000);
    let validated = validated(&sandbox, dir.path(), 0).await;
    let (case, referanse) = (validated["case"].as_str().unwrap(), validated["referanse"].as_str().unwrap());
    let before = sandbox.effects().len();
    // The beginning of the id is enough.
    let output = send_inn_fra(&sandbox, dir.path(), &case[..8], &["--json"]).await;
    assert_exit(&output, 0);
    let report = json_of(&output);
    assert_eq!(report["kvittering"], "validertOK", "{report}");
    assert_eq!(report["resultatAvValidering"], "validertOK", "{report}");
    let effects = sandbox.effects().split_off(before);
    assert_eq!(counted(&effects).get("upload").or(counted(&effects).get("job")), None, "{effects:#?}");
    assert!(done_wrongly(&effects, &sandbox.instances()[0], &[]).is_empty(), "{effects:#?}");
    let envelope = envelope_in(&sandbox, report["instansId"].as_str().unwrap()).await;
    assert!(envelope.contains(&format!(">{referanse}</")), "{referanse} is not in {envelope:.2000}");

    // Once more is the same once, and makes no second one.
    let again = json_of(&send_inn_fra(&sandbox, dir.path(), case, &["--json"]).await);
    assert_eq!((&again["instansId"], &again["case"]), (&report["instansId"], &report["case"]));
    assert_eq!(sandbox.effects().len(), before + effects.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_validated_with_errors_is_submitted_only_if_that_is_wanted() {
    let sandbox = quick(Scenario::med_feil()).start().await.unwrap();
    let dir = documents(50_000);
    let validated = validated(&sandbox, dir.path(), 1).await;
    let case = validated["case"].as_str().unwrap();
    let before = sandbox.effects().len();
    let output = send_inn_fra(&sandbox, dir.path(), case, &[]).await;
    assert_exit(&output, 1);
    assert!(
        stderr(&output).contains("the validation says validertMedFeil, so nothing was submitted"),
        "{}",
        stderr(&output)
    );
    assert_eq!(sandbox.effects().len(), before, "nothing is sent for it");

    // The service says of the receipt what it said of the validation, and that is what counts.
    let output = send_inn_fra(&sandbox, dir.path(), case, &["--send-inn-med-feil"]).await;
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("Receipt: validertMedFeil"), "{}", stdout(&output));
    assert_eq!(sandbox.instances()[0].submissions, 1);
    assert_eq!(counted(&sandbox.effects().split_off(before)).get("job"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_changed_since_they_were_validated_are_not_submitted() {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(50_000);
    let validated = validated(&sandbox, dir.path(), 0).await;
    let before = sandbox.effects().len();
    let path = dir.path().join("skattemelding.xml");
    let changed = std::fs::read_to_string(&path).unwrap() + "\n";
    std::fs::write(&path, changed).unwrap();
    let output = send_inn_fra(&sandbox, dir.path(), validated["case"].as_str().unwrap(), &[]).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("skattemelding.xml"), "{}", stderr(&output));
    assert_eq!(sandbox.effects().len(), before);
}
