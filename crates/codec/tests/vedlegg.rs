//! Attachments in a skattemelding against the official schemas, with `xmllint`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use skattebro_codec::with_vedlegg;
use skattebro_domain::altinn::{VedleggIMelding, Vedleggstype};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The schema of that version, if it and `xmllint` are here. Says so if not; under CI that is a failure.
fn schema(version: u8) -> Option<PathBuf> {
    let name = format!("skattemeldingUpersonlig_v{version}_kompakt_ekstern.xsd");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/xsd").join(&name);
    let has_xmllint =
        Command::new("xmllint").arg("--version").output().is_ok_and(|output| output.status.success());
    if schema.is_file() && has_xmllint {
        return Some(schema);
    }
    let why = if has_xmllint { "it is not beside the project" } else { "xmllint is not installed" };
    assert!(std::env::var_os("CI").is_none(), "CI must not skip {name}: {why}");
    eprintln!("SKIPPED, NOT CHECKED AGAINST {name}: {why}");
    None
}

fn complaints(schema: &Path, document: &[u8]) -> Option<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(document).unwrap();
    let output =
        Command::new("xmllint").args(["--noout", "--schema"]).args([schema, file.path()]).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn vedlegg() -> Vec<VedleggIMelding> {
    let names = ["årsregnskap & noter.pdf", "\"<b>\".JPEG", "c.png", "d.xlsx"];
    let attachment = |(n, (&kind, name)): (usize, (&Vedleggstype, &str))| VedleggIMelding {
        id: format!("2b23eb3a-5a28-4d2b-9c1b-{n:012}").parse().unwrap(),
        filnavn: name.parse().unwrap(),
        kind,
    };
    Vedleggstype::ALL.iter().zip(names).enumerate().map(attachment).collect()
}

/// That the document is valid before and after, and has so many attachments then.
fn check(version: u8, document: &str, count: usize) {
    let Some(schema) = schema(version) else { return };
    assert_eq!(complaints(&schema, document.as_bytes()), None, "{document}");
    let mut out = Vec::new();
    with_vedlegg(document.as_bytes(), &mut out, &vedlegg()).unwrap();
    assert_eq!(complaints(&schema, &out), None, "{}", String::from_utf8_lossy(&out));
    assert_eq!(String::from_utf8(out).unwrap().matches("</vedlegg>").count(), count);
}

fn of_2025(children: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<skattemelding \
         xmlns=\"urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v5\">\n\
         <partsnummer>1</partsnummer><inntektsaar>2025</inntektsaar>{children}</skattemelding>"
    )
}

#[test]
fn a_return_of_2023_is_valid_with_attachments() {
    check(3, &skattebro_testdata::skattemelding_upersonlig(2023, "3009876543"), 4);
}

#[test]
fn a_return_of_2025_is_valid_with_attachments_wherever_they_come() {
    check(5, &of_2025(""), 4);
    check(
        5,
        &of_2025(
            "<opplysningOmSkattesubjekt><erBoersnotert>true</erBoersnotert></opplysningOmSkattesubjekt>\n",
        ),
        4,
    );
    check(5, &of_2025("\n<gjelderSkjoennsfastsetting>true</gjelderSkjoennsfastsetting>\n"), 4);
    let there = "<vedlegg><id>annet</id><vedleggstype><vedleggskategori>x</vedleggskategori></vedleggstype></vedlegg>";
    check(5, &of_2025(&format!("{there}<gjelderSkjoennsfastsetting>true</gjelderSkjoennsfastsetting>")), 5);
}

#[test]
fn what_the_schema_refuses_is_seen() {
    let Some(schema) = schema(5) else { return };
    let misplaced =
        of_2025("<gjelderSkjoennsfastsetting>true</gjelderSkjoennsfastsetting><vedlegg><id>a</id></vedlegg>");
    assert!(complaints(&schema, misplaced.as_bytes()).is_some());
}
