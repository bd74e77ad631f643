//! A record of every kind, with a name. Each stands in `tests/stored/v1.jsonl` as it was first written.

mod failures;
mod of_filing;
mod of_innsending;
mod of_krav;

pub(super) use failures::failures;
pub(super) use of_filing::content as filing_content;
pub(super) use of_krav::{krav, their_id};

use super::*;

/// All of them. When something new is written, add it here and its line to the file; never change what is there.
pub(super) fn all() -> Vec<(String, Kept)> {
    let mut all = of_krav::all();
    all.extend(of_filing::all());
    all.extend(of_innsending::all());
    all
}

fn said() -> Said {
    Said { by: Some("drift@eksempel.no".into()), grunn: "Vedtaket er «omgjort»\nse sak 88".into() }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}
