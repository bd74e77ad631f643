//! Generated documents compress like a real one: what is measured on them must hold for a real one

#![cfg(test)]

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use skattebro_testdata::Naeringsspesifikasjon;

/// `gzip -6` of the real næringsspesifikasjon of a power company that the generated ones follow
const REAL_XML: f64 = 15_503_559.0 / 1_588_986.0;
/// `gzip -6` of its unbroken base64 text
const REAL_BASE64: f64 = 20_671_412.0 / 2_285_287.0;

/// How far a generated document may be from that, as a part of it
const TOLERANCE: f64 = 0.2;

#[test]
fn four_megabytes_compress_like_a_real_document() {
    check(4, 1);
}

#[test]
fn sixteen_megabytes_compress_like_a_real_document() {
    check(16, 2);
}

fn check(megabytes: u64, seed: u64) {
    let mut xml = Vec::new();
    Naeringsspesifikasjon::of_megabytes(megabytes).seed(seed).write_to(&mut xml).unwrap();
    check_ratio("XML", &xml, REAL_XML);
    check_ratio("base64", STANDARD.encode(&xml).as_bytes(), REAL_BASE64);
}

fn check_ratio(what: &str, contents: &[u8], real: f64) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
    gzip.write_all(contents).unwrap();
    let ratio = contents.len() as f64 / gzip.finish().unwrap().len() as f64;
    println!("{what} of {} bytes: {ratio:.3}, real {real:.3}", contents.len());
    let off = (ratio / real - 1.0).abs();
    assert!(off <= TOLERANCE, "{what} compresses {ratio:.3} times, a real document {real:.3} times");
}
