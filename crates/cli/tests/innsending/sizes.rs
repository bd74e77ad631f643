//! Returns that no request of an edition takes are refused after one reading, with both sizes.

use crate::helpers::*;
use crate::support::{assert_exit, run, skattebro, stderr, stdout};
use skattebro_sandbox::Scenario;
use std::time::{Duration, Instant};

/// Generates a return, submits it by an edition, and looks for these words in what is told.
async fn is_refused(megabytes: u32, utgave: &str, texts: &[&str]) {
    let sandbox = quick(Scenario::ok()).start().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut generer = skattebro();
    generer.current_dir(dir.path()).args(["generer", "--megabytes", &megabytes.to_string()]);
    generer.args(["--skattemelding", "skattemelding.xml", "naering.xml"]);
    assert_exit(&run(generer).await, 0);
    let mut command = send_inn(skattebro(), dir.path(), "person", utgave);
    command.args(["--server", &sandbox.url()]);
    let began = Instant::now();
    let output = run(command).await;
    let took = began.elapsed();
    assert_exit(&output, 2);
    let told = format!("{}\n{}", stdout(&output), stderr(&output));
    for text in texts {
        assert!(told.contains(text), "{text}:\n{told}");
    }
    assert!(sandbox.effects().is_empty());
    eprintln!("{megabytes} MB by {utgave}: refused after {:.1} s", took.as_secs_f64());
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_500_mb_as_base64_are_refused_in_edition_v2() {
    let texts = [
        "[over-limit]",
        "380000000 bytes of XML",
        "500000000 bytes in one envelope in edition v2",
        "no edition takes more",
    ];
    is_refused(380, "v2", &texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_packed_is_larger_than_an_upload_is_refused_in_edition_v1() {
    let texts = ["[over-limit]", "400000000 bytes of XML", "edition v2"];
    is_refused(400, "v1", &texts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_10_mb_as_base64_are_refused_at_once() {
    let texts = ["[over-limit]", "8000000 bytes of XML", "10000000 bytes in a synchronous validation"];
    is_refused(8, "synkron", &texts).await;
}
