//! Validation against the official schemas, where they and `xmllint` are at hand.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Fails the test if the document does not fit the schema. Says so if that cannot be found out; on a
/// build server that is a failure too.
pub(crate) fn validate(schema: &str, document: &[u8]) {
    let path = data().join("xsd").join(schema);
    if !path.exists() {
        return skip(&format!("{} is absent", path.display()));
    }
    let xmllint = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(&path)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut xmllint) = xmllint else { return skip("xmllint is not installed") };
    xmllint.stdin.take().unwrap().write_all(document).unwrap();
    let output = xmllint.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The shared data beside the project's root.
pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "cannot be skipped here: {why}");
    eprintln!("SKIPPED: {why}");
}
