//! Generated documents are well-formed, and valid against the schemas of Skatteetaten
//!
//! The schemas stand outside the project and `xmllint` need not be installed. Without them the tests say so and
//! pass, but never in CI.

#![cfg(test)]

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quick_xml::events::Event;
use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};

const NAERINGSSPESIFIKASJON_V4: &str = "naeringsspesifikasjon_v4_kompakt_ekstern.xsd";
const SKATTEMELDING_V3: &str = "skattemeldingUpersonlig_v3_kompakt_ekstern.xsd";

#[test]
fn the_smallest_naeringsspesifikasjon_is_valid() {
    for seed in 0..5 {
        check(Naeringsspesifikasjon::of_bytes(0).seed(seed).reader(), NAERINGSSPESIFIKASJON_V4);
    }
}

#[test]
fn naeringsspesifikasjoner_of_every_size_around_the_second_plant_are_valid() {
    for bytes in (455_000..475_000).step_by(2_711) {
        check(Naeringsspesifikasjon::of_bytes(bytes).seed(bytes).reader(), NAERINGSSPESIFIKASJON_V4);
    }
}

#[test]
fn a_naeringsspesifikasjon_of_1_megabyte_is_valid() {
    check(Naeringsspesifikasjon::of_megabytes(1).seed(11).reader(), NAERINGSSPESIFIKASJON_V4);
}

#[test]
fn a_naeringsspesifikasjon_of_16_megabytes_is_valid() {
    check(Naeringsspesifikasjon::of_megabytes(16).seed(12).reader(), NAERINGSSPESIFIKASJON_V4);
}

#[test]
fn a_naeringsspesifikasjon_with_markup_in_the_party_or_a_strange_year_is_valid() {
    for inntektsaar in [1, 2024, 9999] {
        let strange =
            Naeringsspesifikasjon::of_bytes(0).partsreferanse("<a> & \"b\"").inntektsaar(inntektsaar);
        check(strange.reader(), NAERINGSSPESIFIKASJON_V4);
    }
}

#[test]
fn a_skattemelding_is_valid() {
    check(skattemelding_upersonlig(2023, "3009876543").as_bytes(), SKATTEMELDING_V3);
}

fn check(mut document: impl Read, schema: &str) {
    let mut text = String::new();
    document.read_to_string(&mut text).unwrap();
    check_well_formed(&text);
    if let Some(schema) = schema_path(schema) {
        check_against_schema(&text, &schema);
    }
}

fn check_well_formed(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut depth = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "an element is not closed");
}

fn check_against_schema(text: &str, schema: &Path) {
    let mut xmllint = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It reads everything before it says anything, so writing cannot wait for us to read. When it gives up early,
    // its own message is worth more than the broken pipe.
    let _ = io::copy(&mut text.as_bytes(), &mut xmllint.stdin.take().unwrap());
    let output = xmllint.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}", complaints.chars().take(2_000).collect::<String>());
}

/// The schema of that name; `None`, said aloud, when this machine cannot check schemas
fn schema_path(name: &str) -> Option<PathBuf> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/xsd").join(name);
    let missing = if !schema.is_file() {
        format!("{} is absent", schema.display())
    } else if Command::new("xmllint").arg("--version").stderr(Stdio::null()).status().is_err() {
        "xmllint is not installed (Debian: libxml2-utils)".to_owned()
    } else {
        return Some(schema);
    };
    assert!(std::env::var_os("CI").is_none(), "{missing}: CI must check the schema");
    eprintln!("SKIPPED, NOT CHECKED AGAINST {name}: {missing}");
    None
}
