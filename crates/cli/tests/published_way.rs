//! Skatteetaten's published way of calling, done by hand: what works there must work against the sandbox, unchanged.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use skattebro_sandbox::{Sandbox, Scenario, What};
use std::path::Path;
use std::process::Command;
use support::*;

/// `naering.xml` as base64 with line ends, as `base64` writes it, and a gzip of that.
fn encode(dir: &Path) {
    let script = "base64 naering.xml > naeringsspesifikasjon.xml && gzip -k naeringsspesifikasjon.xml";
    assert!(Command::new("sh").args(["-c", script]).current_dir(dir).status().unwrap().success());
}

fn upload_url(sandbox: &Sandbox) -> String {
    format!("{}/api/skattemelding/v2/jobb/2023/{ORGANISASJON}/last-opp.vedlegg", sandbox.url())
}

fn assert_uploaded(sandbox: &Sandbox, answer: &str) {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    let referanse = answer["referanse"].as_str().unwrap();
    let stored = sandbox.effects().into_iter().any(
        |effect| matches!(effect.what, What::UploadStored { referanse: stored, .. } if stored == referanse),
    );
    assert!(stored, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_uploads_plain_and_compressed() {
    let Some(()) = tool("curl", &["--version"]) else { return };
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(300_000);
    encode(dir.path());
    for name in ["naeringsspesifikasjon.xml", "naeringsspesifikasjon.xml.gz"] {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "--noproxy",
            "*",
            "-XPOST",
            &upload_url(&sandbox),
            "-H",
            "Authorization: Bearer token",
            "-F",
        ]);
        curl.arg(format!("{name}=@{name};filename={name}")).current_dir(dir.path());
        let output = run(curl).await;
        assert_exit(&output, 0);
        assert_uploaded(&sandbox, &stdout(&output));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_uploads_plain_and_compressed() {
    let Some(()) = tool("python3", &["-c", "import requests"]) else { return };
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(300_000);
    let script = r#"
import base64, gzip, sys, requests
text = base64.b64encode(open("naering.xml", "rb").read()).decode()
session = requests.Session()
session.trust_env = False
for name, content in [("naeringsspesifikasjon.xml", text), ("naeringsspesifikasjon.xml.gz", gzip.compress(text.encode()))]:
    answer = session.post(sys.argv[1], headers={"Authorization": "Bearer token"}, files={name: content})
    answer.raise_for_status()
    print(answer.text)
"#;
    let mut python = Command::new("python3");
    python.args(["-c", script, &upload_url(&sandbox)]).current_dir(dir.path());
    let output = run(python).await;
    assert_exit(&output, 0);
    let answers = stdout(&output);
    assert_eq!(answers.lines().count(), 2);
    answers.lines().for_each(|answer| assert_uploaded(&sandbox, answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_examples_go_the_whole_way_and_come_back_unchanged() {
    let Some(data) = official_data() else { return };
    let examples = data.join("examples");
    let sandbox = sandbox(Scenario::ok()).await;
    // The small ones of 2022 ask for an auditor, which only the synchronous validation takes.
    for (year, skattemelding, naering, way) in [
        ("2023", "2023-skattemelding-upersonlig-v3.xml", "2023-naeringsspesifikasjon-kraft-v4.xml.gz", None),
        (
            "2022",
            "2022-skattemelding-upersonlig-v2.xml",
            "2022-naeringsspesifikasjon-as-v3.xml",
            Some("--synkront"),
        ),
        (
            "2022",
            "2022-skattemelding-upersonlig-v2.xml",
            "2022-naeringsspesifikasjon-bank-v3.xml",
            Some("--synkront"),
        ),
    ] {
        let out = tempfile::tempdir().unwrap();
        let mut command = skattebro();
        command.args([
            "valider",
            "--inntektsaar",
            year,
            "--identifikator",
            "974761076",
            "--server",
            &sandbox.url(),
        ]);
        command.args(["--max-pause", "200ms"]).args(way).arg("--out").arg(out.path());
        command.arg("--skattemelding").arg(examples.join(skattemelding));
        command.arg("--naeringsspesifikasjon").arg(examples.join(naering));
        assert_exit(&run(command).await, 0);
        let sent = |name: &str| {
            let mut bytes = Vec::new();
            let mut input = skattebro::codec::Input::open(&examples.join(name), 1 << 30).unwrap();
            std::io::Read::read_to_end(&mut input, &mut bytes).unwrap();
            bytes
        };
        let returned = |name: &str| std::fs::read(out.path().join(name)).unwrap();
        assert!(sent(naering) == returned("naeringsspesifikasjonEtterBeregning.xml"), "{naering}");
        assert!(
            sent(skattemelding) == returned("skattemeldingUpersonligEtterBeregning.xml"),
            "{skattemelding}"
        );
    }
}
