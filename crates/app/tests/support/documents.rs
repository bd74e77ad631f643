//! Small documents that are in order until a test spoils them.

use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};
use std::io::Write;
use std::sync::OnceLock;

pub(crate) const ORG: &str = "974761076";
pub(crate) const PERSON: &str = "17912099997";
pub(crate) const PART: &str = "3009876543";
const FASTSETTING: &str = "urn:no:skatteetaten:fastsetting:formueinntekt";

pub(crate) fn skattemelding() -> Vec<u8> {
    skattemelding_upersonlig(2023, PART).into_bytes()
}

/// The smallest generated one, some 14 kB.
pub(crate) fn naeringsspesifikasjon() -> Vec<u8> {
    static SMALL: OnceLock<Vec<u8>> = OnceLock::new();
    SMALL.get_or_init(|| naeringsspesifikasjon_of(14_000)).clone()
}

pub(crate) fn naeringsspesifikasjon_of(bytes: u64) -> Vec<u8> {
    let mut document = Vec::new();
    Naeringsspesifikasjon::of_bytes(bytes).partsreferanse(PART).write_to(&mut document).unwrap();
    document
}

/// A næringsspesifikasjon of any year that has nothing but `more` in it.
pub(crate) fn bare_naering(year: u16, more: &str) -> String {
    let version = year - 2019;
    document(
        "naeringsspesifikasjon",
        &format!("naeringsspesifikasjon:ekstern:v{version}"),
        year,
        "partsreferanse",
        more,
    )
}

/// A skattemelding of a company, likewise.
pub(crate) fn bare_upersonlig(year: u16, more: &str) -> String {
    let version = year - 2020;
    document(
        "skattemelding",
        &format!("skattemelding:upersonlig:ekstern:v{version}"),
        year,
        "partsnummer",
        more,
    )
}

/// A skattemelding of a person, likewise.
pub(crate) fn bare_personlig(year: u16, more: &str) -> String {
    let version = year - 2012;
    document("skattemelding", &format!("skattemelding:ekstern:v{version}"), year, "partsreferanse", more)
}

/// A selskapsmelding of a partnership, likewise.
pub(crate) fn bare_sdf(year: u16, more: &str) -> String {
    let version = year - 2021;
    let namespace = format!("selskapsmelding:selskapmeddeltakerfastsetting:ekstern:v{version}");
    document("selskapsmelding", &namespace, year, "partsnummer", more)
}

/// Lines and letters that would show any byte that is lost or changed.
fn document(root: &str, namespace: &str, year: u16, part: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<{root} xmlns=\"{FASTSETTING}:{namespace}\">\n\
         \t<{part}>{PART}</{part}><inntektsaar>{year}</inntektsaar><!-- æøå &amp; år -->{more}</{root}>\r\n"
    )
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
