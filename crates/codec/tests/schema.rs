//! Request envelopes against the official schema, with `xmllint`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use skattebro_codec::write_envelope;
use skattebro_domain::{
    Dokumentreferanse, Dokumenttype, Envelope, Innsendingsformaal, Innsendingsinformasjon, Innsendingstype,
    Konvoluttdokument,
};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCHEMA: &str = "xsd/skattemeldingognaeringsspesifikasjonrequest_v2_kompakt.xsd";

/// The schema, if it and `xmllint` are here. Says so if not; under CI that is a failure.
fn schema() -> Option<PathBuf> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(SCHEMA);
    let has_xmllint =
        Command::new("xmllint").arg("--version").output().is_ok_and(|output| output.status.success());
    if schema.is_file() && has_xmllint {
        return Some(schema);
    }
    let why =
        if has_xmllint { "../shared/data is not beside the project" } else { "xmllint is not installed" };
    assert!(std::env::var_os("CI").is_none(), "CI must not skip: {why}");
    eprintln!("SKIPPED, NOT CHECKED AGAINST THE SCHEMA: {why}");
    None
}

fn assert_valid(schema: &Path, envelope: &Envelope<Vec<u8>>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write_envelope(&mut file, envelope, |bytes| Ok(Box::new(Cursor::new(bytes.clone())))).unwrap();
    let output =
        Command::new("xmllint").args(["--noout", "--schema"]).args([schema, file.path()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn informasjon(
    type_: Innsendingstype,
    formaal: Option<Innsendingsformaal>,
    all: bool,
) -> Innsendingsinformasjon {
    Innsendingsinformasjon {
        innsendingstype: type_,
        opprettet_av: "Æ & <Ø> \"Å\"\n\t".parse().unwrap(),
        tin: all.then(|| "DE 123".parse().unwrap()),
        innsendingsformaal: formaal,
    }
}

#[test]
fn every_combination_of_fields_is_valid() {
    let Some(schema) = schema() else { return };
    let referanse = || Konvoluttdokument::referanse("a7a076307d21385cf50209cebdc2b2886467".parse().unwrap());
    for (number, &dokumenttype) in Dokumenttype::ALL.iter().enumerate() {
        for content in [Vec::new(), b"<a/>".to_vec(), vec![b'x'; 100_000]] {
            let mut dokument = Konvoluttdokument::inline(dokumenttype, content);
            if number.is_multiple_of(2) {
                dokument.navnerom_ved_forhaandsfastsetting = Some("urn:x".parse().unwrap());
            }
            let gjeldende = Dokumentreferanse {
                dokumenttype,
                dokumentidentifikator: "SKI:755:15086617".parse().unwrap(),
            };
            let info = informasjon(Innsendingstype::ALL[number % 2], None, number % 2 == 1);
            let year = "2023".parse().unwrap();
            let envelope =
                Envelope::new(year, vec![dokument, referanse()], vec![gjeldende], Some(info)).unwrap();
            assert_valid(&schema, &envelope);
        }
    }
    for &formaal in Innsendingsformaal::ALL {
        let info = informasjon(Innsendingstype::Komplett, Some(formaal), true);
        let year = "2024".parse().unwrap();
        assert_valid(&schema, &Envelope::new(year, vec![referanse()], vec![], Some(info)).unwrap());
    }
    let bare = Envelope::new("2023".parse().unwrap(), vec![referanse()], vec![], None).unwrap();
    assert_valid(&schema, &bare);
}
