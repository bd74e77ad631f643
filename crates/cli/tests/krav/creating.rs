use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};

const CSV: &str = "kravtype;identifikator;hovedstol;oppdragsgiversReferanse;oppdragsgiversKravidentifikator;fastsettelsesdato\n\
                   RETTSGEBYR_UTLEGGSBEGJAERING;974761076;1000;SAK-1;K-1;2024-03-02\n\
                   RETTSGEBYR_UTLEGGSBEGJAERING;974761076;2000;SAK-2;K-2;2024-03-02\n";

#[tokio::test(flavor = "multi_thread")]
async fn krav_are_created_and_followed_until_they_are_booked() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), krav("K-2"), krav("K-3")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl"]).await;
    assert_exit(&output, 0);
    assert!(
        stdout(&output).contains("Krav: 3") && stdout(&output).contains("in-force  3"),
        "{}",
        stdout(&output)
    );
    assert!(seen(&sandbox).iter().all(|krav| krav.mottaksstatus == "RESKONTROFOERT"));

    // The same file again makes no second krav, and says so.
    let again = run(&sandbox, &work, &["opprett", "krav.jsonl", "--json"]).await;
    assert_eq!(stderr(&again), "");
    assert_eq!(seen(&sandbox).len(), 3);
    let json = json_of(&again);
    assert_eq!(json["krav"].as_array().unwrap().len(), 3);
    assert_eq!(json["counts"]["in-force"], 3, "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_goes_the_same_way_and_json_tells_all_of_it() {
    let sandbox = sandbox().await;
    let work = Work::new(&[]);
    std::fs::write(work.path("krav.csv"), CSV).unwrap();
    let output = run(&sandbox, &work, &["opprett", "krav.csv", "--json"]).await;
    assert_exit(&output, 0);
    let json = json_of(&output);
    assert_eq!((&json["verdict"], &json["counts"]["in-force"]), (&"well".into(), &2.into()));
    let mut krav = json["krav"].as_array().unwrap().clone();
    krav.sort_by_key(|krav| krav["row"].as_u64());
    assert_eq!(krav[1]["oppdragsgiversKravidentifikator"], "K-2");
    assert_eq!(krav[1]["kravidentifikator"].as_str().unwrap().len(), 36);
    assert_eq!((&krav[1]["standing"], &krav[1]["confirmation"]), (&"in-force".into(), &"booked".into()));
    let creation = &krav[1]["operations"][0];
    assert_eq!(
        (&creation["operation"], &creation["end"], &creation["proof"]),
        (&"opprett".into(), &"done".into(), &"answered".into())
    );
    assert_eq!(seen(&sandbox)[1].hovedstol, 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_an_error_is_not_sent_unless_its_good_rows_are_asked_for() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), with(krav("K-2"), "/hovedstol/beloep", 0), krav("K-3")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--avviste", "feil.jsonl"]).await;
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("1 error in 1 of 3 rows. Nothing was sent."), "{text}");
    assert!(
        text.contains("row 2: ") && !text.contains("Needs attention"),
        "each finding is told once: {text}"
    );
    assert!(sandbox.effects().is_empty());
    let rows = work.rows("feil.jsonl");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0]["oppdragsgiversKravidentifikator"], "K-2",
        "it never reached the service, so its id is free"
    );
    assert!(
        rows[0]["_aarsaker"][0].as_str().unwrap().contains("beloep-er-ikke-over-0")
            && rows[0]["_erstatter"].is_null()
    );

    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--send-gyldige", "--json"]).await;
    assert_exit(&output, 1);
    let json = json_of(&output);
    assert_eq!((&json["counts"]["in-force"], &json["counts"]["not-sent"]), (&2.into(), &1.into()), "{json}");
    let ids: Vec<_> =
        seen(&sandbox).into_iter().map(|krav| krav.oppdragsgivers_kravidentifikator.unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert!(!ids.contains(&"K-2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn made_ids_make_no_second_krav() {
    let sandbox = sandbox().await;
    let work = Work::new(&[nameless(5), nameless(6), nameless(5)]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl", "--ikke-vent"]).await, 1);
    assert!(sandbox.effects().is_empty(), "rows without an id are refused");
    for _ in 0..2 {
        let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--lag-id"]).await;
        assert_exit(&output, 0);
        assert_eq!(seen(&sandbox).len(), 3, "the two equal rows are two krav");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_waiting_it_ends_when_all_are_received() {
    let sandbox = skattebro_sandbox::Sandbox::builder().start().await.unwrap();
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    let output = run(&sandbox, &work, &["opprett", "krav.jsonl", "--ikke-vent"]).await;
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("received  2"), "{}", stdout(&output));
    assert_eq!(seen(&sandbox).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_usage_is_exit_2_and_touches_nothing() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1")]);
    for arguments in [
        &["opprett", "borte.jsonl"][..],
        &["opprett", "krav.jsonl", "--kvittering", "krav.jsonl"],
        &["opprett", "krav.jsonl", "--avviste", "krav.jsonl"],
        &["opprett", "krav.jsonl", "--avviste", "borte/feil.jsonl"],
        &["opprett", "krav.jsonl", "--avviste", "ny.jsonl", "--kvittering", "./ny.jsonl"],
        &["erstatt", "K-1", "krav.jsonl", "--kvittering", "krav.jsonl"],
        &["avskriv", "--fra", "krav.jsonl", "--kvittering", "krav.jsonl"],
        &["avstem", "--sendt", "krav.jsonl", "--ut", "krav.jsonl"],
        &["avstem", "--alle", "--kvittering", "krav.jsonl", "--ut", "krav.jsonl"],
        &["opprett", "krav.jsonl", "--edition", "v7"],
        &["avstem", "--alle"],
        &["status"],
        &["endre", "K-1"],
        &["endre", "K-1", "--renter", "mye"],
        &["avskriv", "ikke en id"],
        &["avskriv"],
        &["erstatt", "K-1"],
    ] {
        let output = run(&sandbox, &work, arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {} {}", stdout(&output), stderr(&output));
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
    }
    assert!(sandbox.effects().is_empty());
    assert_eq!(work.rows("krav.jsonl").len(), 1);
}
