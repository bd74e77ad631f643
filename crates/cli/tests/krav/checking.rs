use crate::helpers::*;
use crate::support::{assert_exit, official_data, skattebro, stderr, stdout};
use serde_json::{Value, json};
use std::process::{Output, Stdio};

fn sjekk(work: &Work, arguments: &[&str]) -> Output {
    skattebro().args(["krav", "sjekk"]).args(arguments).current_dir(work.0.path()).output().unwrap()
}

#[test]
fn every_kind_of_bad_row_is_told_with_its_row_and_good_rows_are_not() {
    let mut text = String::new();
    let mut unknown = krav("K-8");
    unknown["hovedstoll"] = 5.into();
    let rows = [
        krav("K-1"),
        with(krav("K-2"), "/hovedstol/beloep", 0),
        with(krav("K-3"), "/skyldner/identifikator", "974761077"),
        with(krav("K-4"), "/fastsettelsesdato", "2999-01-01"),
        krav("K-1"),
        nameless(5),
        with(krav("K-7"), "/hovedstol/beloep", "mye"),
        unknown,
        krav("K-9"),
    ];
    rows.iter().for_each(|row| text.push_str(&format!("{row}\n")));
    text.push_str("{\"kravtype\": \n");
    let work = Work::new(&[]);
    std::fs::write(work.path("krav.jsonl"), text).unwrap();

    let output = sjekk(&work, &["krav.jsonl"]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("krav.jsonl: row 2: ") && text.contains("[beloep-er-ikke-over-0]"), "{text}");
    assert!(text.contains("10 rows, 8 errors"), "{text}");

    let output = sjekk(&work, &["krav.jsonl", "--json"]);
    assert_exit(&output, 1);
    let json = json_of(&output);
    let found: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| (f["row"].clone(), f["code"].clone())).collect();
    let expected = [
        (2, "beloep-er-ikke-over-0"),
        (3, "ugyldig-skyldners-identifikator"),
        (4, "ugyldig-fastsettelsesdato"),
        (5, "id-twice"),
        (6, "id-missing"),
        (7, "field-mistyped"),
        (8, "field-unknown"),
        (10, "row-broken"),
    ];
    assert_eq!(found, expected.map(|(row, code)| (Value::from(row), Value::from(code))));
    assert_eq!(json["findings"][0]["line"], 2);
    assert_eq!(json["files"][0]["rowsWithErrors"], 8);
}

#[test]
fn warnings_alone_are_shown_and_stop_nothing() {
    let work = Work::new(&[with(krav("K-1"), "/kravtype", "HELT_NY_KRAVTYPE")]);
    let output = sjekk(&work, &["krav.jsonl"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("warning [kravtype-eksisterer-ikke]"), "{}", stdout(&output));
}

#[test]
fn production_has_no_synthetic_persons() {
    let mut person = krav("K-1");
    person["skyldner"] = json!({"identifikatortype": "PERSON", "identifikator": PERSON});
    let work = Work::new(&[person]);
    assert_exit(&sjekk(&work, &["krav.jsonl"]), 0);
    let output = sjekk(&work, &["krav.jsonl", "--produksjon"]);
    assert_exit(&output, 1);
    assert!(
        !stdout(&output).contains(PERSON) && stdout(&output).contains("138951*****"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_file_that_cannot_be_read_is_exit_2_and_one_without_rows_has_a_finding() {
    let work = Work::new(&[]);
    assert_exit(&sjekk(&work, &["borte.jsonl"]), 2);
    let output = sjekk(&work, &["krav.jsonl"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("[empty-file]"), "{}", stdout(&output));
}

#[test]
fn a_file_may_come_by_standard_input() {
    use std::io::Write;
    let mut child = skattebro()
        .args(["krav", "sjekk", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", krav("K-1")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("standard input: 1 row, 0 errors"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_service_s_own_examples_pass() {
    let Some(data) = official_data() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(data.join("krav")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("v1-opprett-") || name.contains("svar") {
            continue;
        }
        seen += 1;
        // The days of the examples may lie in the future of this machine.
        let text =
            std::fs::read_to_string(&path).unwrap().replace("2025-", "2023-").replace("2026-", "2024-");
        let work = Work::new(&[]);
        std::fs::write(work.path(&name), text).unwrap();
        let json = json_of(&sjekk(&work, &[&name, "--json"]));
        let errors: Vec<_> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["severity"] == "error")
            .map(|f| f["code"].as_str().unwrap().to_owned())
            .collect();
        let expected: &[&str] = if name.contains("minimal") { &["id-missing"] } else { &[] };
        assert_eq!(errors, expected, "{name}: {json}");
    }
    assert!(seen >= 4, "{seen}");
}
