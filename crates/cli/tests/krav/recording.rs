use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};
use skattebro_sandbox::{Fault, FaultRule};
use std::time::Duration;

const LOOKS_LIKE_THEIRS: &str = "3F1C9F3E-6F0E-4A59-9A40-0E6A3B1F8C11";

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_received_is_written_down_before_the_program_dies() {
    let sandbox = skattebro_sandbox::Sandbox::builder().start().await.unwrap();
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    let arguments = ["opprett", "krav.jsonl", "--json", "--kvittering", "k.jsonl"];
    let mut child = command(&sandbox, &work, &arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
    let lines = || std::fs::read_to_string(work.path("k.jsonl")).unwrap_or_default().lines().count();
    for _ in 0..500 {
        if lines() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let rows = work.rows("k.jsonl");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((&row["standing"], &row["underWay"]), (&"received".into(), &true.into()), "{row}");
        assert!(row["kravidentifikator"].is_string() && row["oppdrag"].is_object(), "{row}");
    }
    let output = run(&sandbox, &work, &["status", "--alle", "--kvittering", "k.jsonl", "--json"]).await;
    assert_exit(&output, 3);
    assert_eq!(json_of(&output)["krav"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_one_krav_are_one_krav_and_the_file_becomes_private() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), with(krav("K-2"), "/skyldner/identifikator", NO_ORGANISATION)]);
    std::fs::write(work.path("k.jsonl"), "").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let public = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(work.path("k.jsonl"), public).unwrap();
    }
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl", "--kvittering", "k.jsonl"]).await, 1);
    assert_eq!(work.rows("k.jsonl").len(), 4, "{}", work.read("k.jsonl"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(work.path("k.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let output = run(&sandbox, &work, &["avstem", "--alle", "--kvittering", "k.jsonl"]).await;
    assert_exit(&output, 0);
    assert!(
        stdout(&output).contains("equal  1") && stdout(&output).contains("Left out"),
        "{}",
        stdout(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_ours_may_look_like_theirs() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav(LOOKS_LIKE_THEIRS)]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    assert_exit(&run(&sandbox, &work, &["avstem", "--sendt", "krav.jsonl"]).await, 0);
    assert_exit(&run(&sandbox, &work, &["status", LOOKS_LIKE_THEIRS]).await, 1);
    assert_exit(&run(&sandbox, &work, &["status", LOOKS_LIKE_THEIRS, "--egen-id"]).await, 0);
    let endre = ["endre", LOOKS_LIKE_THEIRS, "--egen-id", "--hovedstol", "5", "--kvittering", "k.jsonl"];
    assert_exit(&run(&sandbox, &work, &endre).await, 0);
    assert_eq!(seen(&sandbox)[0].hovedstol, 5);
    let avstem = run(&sandbox, &work, &["avstem", "--alle", "--kvittering", "k.jsonl"]).await;
    assert_exit(&avstem, 0);
    std::fs::write(work.path("ids"), LOOKS_LIKE_THEIRS).unwrap();
    assert_exit(&run(&sandbox, &work, &["avskriv", "--fra", "ids", "--egen-id"]).await, 0);
    assert!(seen(&sandbox)[0].avskrevet);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_never_good_do_not_end_a_reconciliation() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), nameless(5)]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl", "--send-gyldige"]).await, 1);
    let output = run(&sandbox, &work, &["avstem", "--sendt", "krav.jsonl"]).await;
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("equal  1"), "{}", stdout(&output));
    assert!(stderr(&output).contains("1 row"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_no_text_is_a_finding_of_its_row() {
    let sandbox = sandbox().await;
    let work = Work::new(&[]);
    let long = vec![b'x'; (1 << 20) + 1];
    let text = [b"id;hovedstol\nK-1;5\nK-\xe5;5\n".as_slice(), &long, b"\nK-2;x\n"].concat();
    std::fs::write(work.path("e.csv"), text).unwrap();
    let output = run(&sandbox, &work, &["endre", "--fra", "e.csv", "--json"]).await;
    assert_exit(&output, 1);
    let json = json_of(&output);
    let rows: Vec<_> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["row"].as_u64().unwrap(), f["code"].clone()))
        .collect();
    let expected = [(2, "row-broken"), (3, "row-broken"), (4, "field-mistyped")];
    assert_eq!(rows, expected.map(|(row, code)| (row, code.into())));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_exit_3() {
    let work = Work::new(&[krav("K-1")]);
    for json in [&[][..], &["--json"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = crate::support::skattebro();
        command.args(["krav", "sjekk", "krav.jsonl"]).args(json).current_dir(work.0.path()).stdout(full);
        let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
        assert_exit(&output, 3);
        assert!(stderr(&output).contains("the output cannot be written"), "{}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn without_its_record_nothing_more_is_sent() {
    let sandbox = skattebro_sandbox::Sandbox::builder().start().await.unwrap();
    sandbox.inject(FaultRule::always("krav-opprett", Fault::Latency(Duration::from_millis(200))));
    let rows: Vec<_> = (0..100).map(|n| krav(&format!("K-{n}"))).collect();
    let work = Work::new(&rows);
    let output =
        run(&sandbox, &work, &["opprett", "krav.jsonl", "--json", "--kvittering", "/dev/full"]).await;
    assert_exit(&output, 3);
    assert!(stderr(&output).contains("nothing more is sent"), "{}", stderr(&output));
    assert_eq!(json_of(&output)["krav"].as_array().unwrap().len(), 100);
    assert!(sandbox.effects().len() < 50, "{}", sandbox.effects().len());
}
