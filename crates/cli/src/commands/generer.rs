//! `skattebro generer`.

use crate::args::Generer;
use crate::exit::Exit;
use crate::output::text::size;
use crate::output::{complain, print};
use skattebro_testdata::{Naeringsspesifikasjon, skattemelding_upersonlig};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The party of the generated skattemelding; no real one.
pub(crate) const PARTSNUMMER: &str = "3009876543";

pub(crate) async fn run(arguments: Generer) -> Exit {
    let document = Naeringsspesifikasjon::of_megabytes(arguments.megabytes)
        .seed(arguments.seed)
        .partsreferanse(PARTSNUMMER);
    match write(&document, &arguments.file) {
        Ok(bytes) => print(&format!("{}: {}", arguments.file.display(), size(bytes))),
        Err(error) => {
            complain(&format!("{} cannot be written: {error}", arguments.file.display()));
            return Exit::BadInput;
        }
    }
    if let Some(path) = &arguments.skattemelding {
        if let Err(error) = std::fs::write(path, skattemelding_upersonlig(2023, PARTSNUMMER)) {
            complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::BadInput;
        }
        print(&path.display().to_string());
    }
    Exit::Ok
}

/// Writes a generated document to a file.
pub(crate) fn write(document: &Naeringsspesifikasjon, path: &Path) -> io::Result<u64> {
    let mut file = BufWriter::with_capacity(256 << 10, File::create(path)?);
    let bytes = document.write_to(&mut file)?;
    file.flush()?;
    Ok(bytes)
}
