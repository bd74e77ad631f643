//! How long it takes until the command line does something.

use super::Bench;
use super::measure::{self, Contestant, interleave};
use super::table::{Bound, Report};
use crate::Result;
use std::process::Command;

pub(super) fn run(bench: &Bench<'_>, report: &mut Report) -> Result {
    let small = bench.in_folder("small.xml");
    std::fs::write(&small, small_document())?;
    let program = bench.program();
    let version = {
        let program = program.clone();
        Contestant::new("skattebro --version", move || {
            Ok(measure::run(Command::new(&program).arg("--version"))?.0)
        })
    };
    let check = Contestant::new("skattebro sjekk, 5 KB", move || {
        Ok(measure::run(Command::new(&program).arg("sjekk").arg(&small))?.0)
    });
    let mut contestants = vec![version, check];
    if bench.has_requests {
        let python = || Ok(measure::run(Command::new("python3").args(["-c", "import requests"]))?.0);
        contestants.push(Contestant::new("python3 -c 'import requests'", python));
    }
    interleave(bench.options.pairs.max(11), &mut contestants)?;
    let python = contestants.get(2).map(Contestant::median);
    for contestant in &contestants {
        let cost = contestant.median();
        report.row("start-up", contestant.name, "", cost);
        if let Some(python) = python.filter(|_| contestant.name.starts_with("skattebro")) {
            report.beside("Python", python.wall / cost.wall);
        }
    }
    for contestant in &contestants[..2] {
        let cost = contestant.median();
        report.goal(&format!("{}: ms", contestant.name), cost.wall * 1e3, Bound::AtMost(20.0));
        report.goal(&format!("{}: MiB", contestant.name), cost.peak, Bound::AtMost(15.0));
    }
    Ok(())
}

/// About 5 KB that nothing is wrong with.
fn small_document() -> String {
    let mut text = String::from(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<skattemelding xmlns="urn:no:skatteetaten:fastsetting:formueinntekt:skattemelding:upersonlig:ekstern:v3"><partsnummer>3000000018</partsnummer><inntektsaar>2023</inntektsaar>
"#,
    );
    while text.len() < 5_000 {
        text.push_str("<!-- a line that only makes the document as large as a small return is -->\n");
    }
    text.push_str("</skattemelding>\n");
    text
}
