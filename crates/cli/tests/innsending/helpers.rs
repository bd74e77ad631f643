//! Submissions: who submits, the command, and what a sandbox saw of them.

use crate::support::{ORGANISASJON, stdout};
use serde_json::Value;
use skattebro_sandbox::{
    Effect, ElementSeen, InstansSeen, Sandbox, SandboxBuilder, Scenario, VirtualClock, What,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

/// A person, `{"pid":"17912099997"}`, whom nobody vouches for: a sandbox that is not strict believes it.
const PERSON: &str = "e30.eyJwaWQiOiIxNzkxMjA5OTk5NyJ9.c2ln";
/// The machine of the organisation, `{"authorization_details":[{"systemuser_org":{"ID":"0192:310817074"}}]}`, in the same way.
const SYSTEMBRUKER: &str =
    "e30.eyJhdXRob3JpemF0aW9uX2RldGFpbHMiOlt7InN5c3RlbXVzZXJfb3JnIjp7IklEIjoiMDE5MjozMTA4MTcwNzQifX1dfQ.c2ln";

/// Attachments, by their names. Each has a size of its own, by which it is told in [`word`].
pub(crate) const VEDLEGG: [(&str, &[u8]); 2] =
    [("regnskap.pdf", b"%PDF-1.7\n"), ("kart.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")];

/// A sandbox in which jobs take a quarter of a second, and the scan and the receipt no time to speak of: what is not there at the first look
/// is looked for again after five seconds.
pub(crate) fn quick(scenario: Scenario) -> SandboxBuilder {
    let at_once = Duration::from_millis(200);
    let altinn = scenario.altinn.clone().scanned_after(at_once).receipt_after(at_once);
    let scenario =
        scenario.queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(40)).with_altinn(altinn);
    Sandbox::builder().clock(VirtualClock::scaled(200.0)).scenario(scenario)
}

/// Has the token of `person` or `systembruker`.
pub(crate) fn signed_in(command: &mut Command, utfoerer: &str) {
    command.env("SKATTEBRO_TOKEN", if utfoerer == "person" { PERSON } else { SYSTEMBRUKER });
}

/// Completes a command to `send-inn` of the return that lies in its folder.
pub(crate) fn send_inn(mut command: Command, folder: &Path, utfoerer: &str, utgave: &str) -> Command {
    signed_in(&mut command, utfoerer);
    command.current_dir(folder).args(["send-inn", "--inntektsaar", "2023", "--identifikator", ORGANISASJON]);
    command.args(["--skattemelding", "skattemelding.xml", "--naeringsspesifikasjon", "naering.xml"]);
    command.args(["--utfoerer", utfoerer, "--utgave", utgave, "--max-pause", "200ms"]);
    command
}

/// Writes the attachments into a folder, and names them to a command.
pub(crate) fn attach(command: &mut Command, folder: &Path) {
    for (name, content) in VEDLEGG {
        std::fs::write(folder.join(name), content).unwrap();
        command.args(["--vedlegg", name]);
    }
}

/// What an effect is, for a submission.
pub(crate) fn word(effect: &Effect) -> String {
    match &effect.what {
        What::UploadStored { .. } => "upload".to_owned(),
        What::JobStarted { .. } => "job".to_owned(),
        What::JobAborted { .. } => "job aborted".to_owned(),
        What::InstansOpprettet { .. } => "instance".to_owned(),
        What::MetadataSatt { .. } => "metadata".to_owned(),
        What::VedleggLastetOpp { size, .. } => format!("attachment of {size} bytes"),
        What::KonvoluttLastetOpp { .. } => "envelope".to_owned(),
        What::ElementSlettet { .. } => "deleted".to_owned(),
        What::ProsessFlyttet { from, .. } => format!("step from {from}"),
        What::Innsendt { .. } => "submitted".to_owned(),
        other => format!("{other:?}"),
    }
}

/// How often each of them is there.
pub(crate) fn counted(effects: &[Effect]) -> BTreeMap<String, i32> {
    let mut counted = BTreeMap::new();
    for effect in effects {
        *counted.entry(word(effect)).or_default() += 1;
    }
    counted
}

/// What is wrong with the traces of one submission: one instance, each attachment once, each step once, one envelope that is left of all that
/// were put in.
pub(crate) fn done_wrongly(
    effects: &[Effect],
    instance: &InstansSeen,
    vedlegg: &[(&str, &[u8])],
) -> Vec<String> {
    let mut counted = counted(effects);
    let mut take = |word: &str| counted.remove(word).unwrap_or_default();
    let mut wrong = Vec::new();
    let mut once =
        vec!["instance".to_owned(), "step from Task_1".into(), "step from Task_2".into(), "submitted".into()];
    once.extend(vedlegg.iter().map(|(_, content)| format!("attachment of {} bytes", content.len())));
    for what in once {
        let times = take(&what);
        if times != 1 {
            wrong.push(format!("{what}: {times} times"));
        }
    }
    let (put_in, taken_out) = (take("envelope"), take("deleted"));
    if put_in - taken_out != 1 {
        wrong.push(format!("{put_in} envelopes put in, {taken_out} taken out"));
    }
    // The metadata are the same each time. Uploads and jobs have rules of their own.
    for word in ["metadata", "upload", "job", "job aborted"] {
        take(word);
    }
    wrong.extend(
        counted.into_iter().map(|(what, times)| format!("{what}, which nobody wanted: {times} times")),
    );
    let is_envelope = |element: &&ElementSeen| element.data_type == "skattemeldingOgNaeringsspesifikasjon";
    let envelopes = instance.elements.iter().filter(is_envelope).count();
    let is_as_wanted = instance.submissions == 1 && instance.aarsaker.is_empty();
    if !is_as_wanted || envelopes != 1 || instance.elements.len() != 1 + vedlegg.len() {
        wrong.push(format!("the instance: {instance:?}"));
    }
    wrong
}

/// The person looks at the only instance that is not submitted, and confirms it.
pub(crate) async fn confirm(sandbox: &Sandbox) {
    let open = sandbox.instances().into_iter().find(|instance| instance.submissions == 0).unwrap();
    let url = format!("{}/sandbox/altinn/instances/{}/bekreft", sandbox.url(), open.id);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}
