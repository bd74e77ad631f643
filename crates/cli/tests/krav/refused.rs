use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rejected_can_be_corrected_and_sent_again() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), with(krav("K-2"), "/skyldner/identifikator", NO_ORGANISATION)]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--avviste", "feil.jsonl"]).await;
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(
        text.contains("rejected")
            && text.contains("row 2")
            && text.contains("ORGANISASJONSNUMMER_FINNES_IKKE"),
        "{text}"
    );
    let rows = work.rows("feil.jsonl");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["oppdragsgiversKravidentifikator"], &rows[0]["_erstatter"]),
        (&"K-2-2".into(), &"K-2".into())
    );
    assert!(rows[0]["_aarsaker"][0].as_str().unwrap().contains("ORGANISASJONSNUMMER_FINNES_IKKE"));

    let corrected = work.read("feil.jsonl").replace(NO_ORGANISATION, "974761076");
    std::fs::write(work.path("feil.jsonl"), corrected).unwrap();
    let output = run(&sandbox, &work, &["opprett", "feil.jsonl", "--avviste", "feil2.jsonl"]).await;
    assert_exit(&output, 0);
    assert_eq!(work.read("feil2.jsonl"), "");
    let last = seen(&sandbox).pop().unwrap();
    assert_eq!(
        (last.oppdragsgivers_kravidentifikator.as_deref(), last.mottaksstatus.as_str()),
        (Some("K-2-2"), "RESKONTROFOERT")
    );
}

/// A row with the id of another krav.
const OTHER: &str = "kravtype,identifikator,hovedstol,oppdragsgiversReferanse,oppdragsgiversKravidentifikator,fastsettelsesdato\n\
                     RETTSGEBYR_UTLEGGSBEGJAERING,974761076,7,SAK-1,K-1,2024-03-02\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_has_the_id_of_a_krav_that_may_be_in_force_is_never_given_another() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    std::fs::write(work.path("krav.csv"), OTHER).unwrap();
    let output = run(&sandbox, &work, &["opprett", "krav.csv", "--avviste", "feil.csv"]).await;
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("refused") && text.contains("a krav with this id exists"), "{text}");
    assert_eq!(seen(&sandbox).len(), 1);
    assert!(!work.read("feil.csv").contains("SAK-1"), "{}", work.read("feil.csv"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_krav_that_was_rejected_is_used_up() {
    let sandbox = sandbox().await;
    let work = Work::new(&[with(krav("K-1"), "/skyldner/identifikator", NO_ORGANISATION)]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 1);
    std::fs::write(work.path("krav.csv"), OTHER).unwrap();
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.csv", "--avviste", "feil.csv"]).await, 1);
    let feil = work.read("feil.csv");
    let mut lines = feil.lines();
    assert!(lines.next().unwrap().ends_with(",fastsettelsesdato,erstatter,aarsaker"), "{feil}");
    let row = "RETTSGEBYR_UTLEGGSBEGJAERING,974761076,7,SAK-1,K-1-2,2024-03-02,K-1,";
    assert!(lines.next().unwrap().starts_with(row), "{feil}");
    // It is its own input for the next round.
    assert_exit(&run(&sandbox, &work, &["opprett", "feil.csv"]).await, 0);
    assert_eq!(seen(&sandbox).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_are_not_written_over_and_good_rows_not_forgotten() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), with(krav("K-2"), "/hovedstol/beloep", 0), krav("K-3")]);
    std::fs::write(work.path("feil.jsonl"), "corrections\n").unwrap();
    let arguments = ["opprett", "krav.jsonl", "--avviste", "feil.jsonl", "--erstatt-avviste"];
    let output = run(&sandbox, &work, &arguments[..4]).await;
    assert_exit(&output, 2);
    assert!(stderr(&output).contains("--erstatt-avviste"), "{}", stderr(&output));
    assert_eq!(work.read("feil.jsonl"), "corrections\n");
    let output = run(&sandbox, &work, &arguments).await;
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("2 rows were not sent either"), "{}", stdout(&output));
    assert_eq!(work.rows("feil.jsonl").len(), 1);
    assert!(sandbox.effects().is_empty());
}
