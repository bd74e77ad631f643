use crate::helpers::*;
use crate::support::{assert_exit, stderr, stdout};
use serde_json::json;
use skattebro_sandbox::Sandbox;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_of_krav_in_edition_v1() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl", "--kvittering", "k.jsonl"]).await, 0);

    let status = run(&sandbox, &work, &["status", "K-1"]).await;
    assert_exit(&status, 0);
    assert!(stdout(&status).contains("RESKONTROFOERT"), "{}", stdout(&status));
    assert_exit(&run(&sandbox, &work, &["valideringsfeil", "K-1"]).await, 0);

    let endre = run(
        &sandbox,
        &work,
        &[
            "endre",
            "K-1",
            "--hovedstol",
            "900",
            "--renter",
            "50@2024-02-01",
            "--referanse",
            "SAK-9",
            "--kvittering",
            "k.jsonl",
            "--json",
        ],
    )
    .await;
    assert_exit(&endre, 0);
    let json = json_of(&endre);
    let operations = json["krav"][0]["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 3);
    assert!(operations.iter().all(|operation| operation["transaksjonsid"].is_string()), "{json}");
    let one = seen(&sandbox).remove(0);
    assert_eq!((one.hovedstol, one.referanse.as_str(), one.renter.len()), (900, "SAK-9", 1));

    std::fs::write(work.path("endringer.csv"), "id;hovedstol;referanse\nK-1;800;\nK-2;;SAK-10\n").unwrap();
    assert_exit(
        &run(&sandbox, &work, &["endre", "--fra", "endringer.csv", "--kvittering", "k.jsonl"]).await,
        0,
    );
    assert_eq!((seen(&sandbox)[0].hovedstol, seen(&sandbox)[1].referanse.as_str()), (800, "SAK-10"));

    work.write("ny.json", &[krav("K-3")]);
    let erstatt = run(&sandbox, &work, &["erstatt", "K-2", "ny.json", "--kvittering", "k.jsonl"]).await;
    assert_exit(&erstatt, 0);
    assert!(stdout(&erstatt).contains("written-off  1"), "{}", stdout(&erstatt));
    let all = seen(&sandbox);
    assert_eq!(all.iter().map(|krav| krav.avskrevet).collect::<Vec<_>>(), [false, true, false]);

    let avstem =
        run(&sandbox, &work, &["avstem", "--alle", "--kvittering", "k.jsonl", "--ut", "a.csv"]).await;
    assert_exit(&avstem, 0);
    assert!(stdout(&avstem).contains("equal  3"), "{}", stdout(&avstem));
    assert_eq!(work.read("a.csv").lines().count(), 4);

    assert_exit(&run(&sandbox, &work, &["avskriv", "K-1", "K-3"]).await, 0);
    assert!(seen(&sandbox).iter().all(|krav| krav.avskrevet));

    // The kvittering knows nothing of these two, nor of the write-off before.
    let avstem =
        run(&sandbox, &work, &["avstem", "--alle", "--kvittering", "k.jsonl", "--ut", "a.csv", "--json"])
            .await;
    assert_exit(&avstem, 1);
    let json = json_of(&avstem);
    assert_eq!((&json["counts"]["different"], &json["counts"]["equal"]), (&2.into(), &1.into()), "{json}");
    let krav = json["krav"].as_array().unwrap();
    let first = krav.iter().find(|krav| krav["oppdragsgiversKravidentifikator"] == "K-1").unwrap();
    assert_eq!(first["differences"][0]["field"], "avskriving");
    assert!(
        work.read("a.csv").contains(";different;avskriving;not written off;written off"),
        "{}",
        work.read("a.csv")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_that_was_sent_can_be_reconciled_too() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    assert_exit(&run(&sandbox, &work, &["avstem", "--sendt", "krav.jsonl"]).await, 0);
    work.write(
        "krav.jsonl",
        &[krav("K-1"), with(krav("K-2"), "/oppdragsgiversReferanse", "SAK-X"), krav("K-3")],
    );
    let output = run(&sandbox, &work, &["avstem", "--sendt", "krav.jsonl"]).await;
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("oppdragsgiversReferanse: sent «SAK-X», received «SAK-1»"), "{text}");
    assert!(text.contains("not-there"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_replacements_is_checked_before_anything_is_written_off() {
    let sandbox = sandbox().await;
    let work = Work::new(&[krav("K-1"), krav("K-2")]);
    assert_exit(&run(&sandbox, &work, &["opprett", "krav.jsonl"]).await, 0);
    let replacing = |id: &str, old: &str| {
        let mut krav = krav(id);
        krav["_erstatter"] = json!(old);
        krav
    };
    work.write("nye.jsonl", &[replacing("K-3", "K-1"), krav("K-4")]);
    let output = run(&sandbox, &work, &["erstatt", "--fra", "nye.jsonl"]).await;
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("which krav it replaces"), "{}", stdout(&output));
    assert_eq!(sandbox.effects().len(), 2);

    work.write(
        "nye.jsonl",
        &[replacing("K-3", "K-1"), replacing("K-4", "K-2"), replacing("K-5", "K-finnes-ikke")],
    );
    let output = run(&sandbox, &work, &["erstatt", "--fra", "nye.jsonl"]).await;
    assert_exit(&output, 1);
    assert!(
        stdout(&output).contains("not created, since the krav that it replaces was not written off"),
        "{}",
        stdout(&output)
    );
    let all = seen(&sandbox);
    assert_eq!(all.iter().map(|krav| krav.avskrevet).collect::<Vec<_>>(), [true, true, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_changes_is_checked_whole() {
    let sandbox = sandbox().await;
    let work = Work::new(&[]);
    std::fs::write(
        work.path("e.csv"),
        "id;hovedstol;referanse\nK-1;12,50;\nK-2;;\n;5;\nK-3;0;\nK-4;5;\nK-4;6;\n",
    )
    .unwrap();
    let output = run(&sandbox, &work, &["endre", "--fra", "e.csv", "--json"]).await;
    assert_exit(&output, 1);
    let json = json_of(&output);
    let rows: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| f["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [1, 2, 3, 4, 6], "{json}");
    assert!(sandbox.effects().is_empty());
    std::fs::write(work.path("e.csv"), "krav;hovedstol\nK-1;5\n").unwrap();
    assert_exit(&run(&sandbox, &work, &["endre", "--fra", "e.csv"]).await, 2);
}

async fn life_in_2023(sandbox: &Sandbox, confirmation: &str) {
    let work = Work::new(&[krav_2023("K-1")]);
    let edition = ["--edition", "2023", "--bekreftet-etter", "4s"];
    let output = run(
        sandbox,
        &work,
        &[&["opprett", "krav.jsonl", "--json", "--kvittering", "k.jsonl"][..], &edition].concat(),
    )
    .await;
    assert_exit(&output, 0);
    let json = json_of(&output);
    assert_eq!(json["krav"][0]["confirmation"], confirmation, "{json}");
    let id = json["krav"][0]["kravidentifikator"].as_str().unwrap().to_owned();
    assert_exit(&run(sandbox, &work, &["valideringsfeil", &id, "--edition", "2023"]).await, 0);
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let status = run(
        sandbox,
        &work,
        &["status", "--alle", "--kvittering", "k.jsonl", "--edition", "2023", "--bekreftet-etter", "4s"],
    )
    .await;
    assert_exit(&status, 0);
    let endre = [&["endre", &id, "--hovedstol", "8000"][..], &edition[..2]].concat();
    assert_exit(&run(sandbox, &work, &endre).await, 0);
    let renter = run(sandbox, &work, &["endre", &id, "--renter", "ingen", "--edition", "2023"]).await;
    assert_exit(&renter, 1);
    let avskriv = run(sandbox, &work, &["avskriv", &id, "--edition", "2023"]).await;
    assert_exit(&avskriv, 0);
    let krav = &seen(sandbox)[0];
    assert_eq!((krav.hovedstol, krav.avskrevet, krav.edition.as_str()), (8000, true, "2023"));
    let avstem = run(sandbox, &work, &["avstem", &id, "--edition", "2023"]).await;
    assert_exit(&avstem, 3);
    assert!(stdout(&avstem).contains("no reconciliation"), "{} {}", stdout(&avstem), stderr(&avstem));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_krav_in_edition_2023() {
    life_in_2023(&sandbox().await, "booked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_krav_in_edition_2023_without_mottaksstatus() {
    life_in_2023(&sandbox_without_mottaksstatus().await, "settle-time").await;
}
