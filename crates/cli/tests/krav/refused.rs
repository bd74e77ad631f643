use crate::helpers::*;
use crate::support::{assert_exit, stdout};

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

#[tokio::test(flavor = "multi_thread")]
async fn an_id_with_other_content_is_refused_and_gets_a_new_one() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    let csv = "kravtype,identifikator,hovedstol,oppdragsgiversReferanse,oppdragsgiversKravidentifikator,fastsettelsesdato\n\
               RETTSGEBYR_UTLEGGSBEGJAERING,974761076,7,SAK-1,K-1,2024-03-02\n";
    std::fs::write(work.path("krav.csv"), csv).unwrap();
    let output = run(&sandbox, &work, &["opprett", "krav.csv", "--avviste", "feil.csv"]).await;
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("refused"), "{}", stdout(&output));
    assert_eq!(seen(&sandbox).len(), 1);
    let feil = work.read("feil.csv");
    let mut lines = feil.lines();
    assert!(lines.next().unwrap().ends_with(",fastsettelsesdato,erstatter,aarsaker"), "{feil}");
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("RETTSGEBYR_UTLEGGSBEGJAERING,974761076,7,SAK-1,K-1-2,2024-03-02,K-1,"),
        "{feil}"
    );
    // It is its own input for the next round.
    assert_exit(&run(&sandbox, &work, &["opprett", "feil.csv"]).await, 0);
    assert_eq!(seen(&sandbox).len(), 2);
}
