//! A næringsspesifikasjon packed for upload: edition v1.

use super::measure::{self, Contestant, Cost, interleave};
use super::table::{Bound, Report, megabytes};
use super::{Bench, file_size};
use crate::{Result, has, say};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use xshell::cmd;

/// What edition v1 takes in one request.
const LIMIT: f64 = 25e6;

pub(super) fn run(bench: &Bench<'_>, report: &mut Report) -> Result {
    let document = bench.document(bench.options.megabytes)?;
    let task = format!("encode {}, .gz", megabytes(file_size(&document)?));
    let mut contestants = vec![
        packs(bench, "skattebro, 1 thread", &document, &["--threads", "1"]),
        packs(bench, "skattebro, 2 threads", &document, &["--threads", "2"]),
        packs(
            bench,
            "skattebro, 2 threads, checked in the same pass",
            &document,
            &["--threads", "2", "--check"],
        ),
    ];
    let python = bench.has_python.then(|| {
        contestants.push(peer(
            bench,
            "Python: base64, gzip",
            "encode.py",
            &document,
            &bench.in_folder("peer"),
        ));
        contestants.len() - 1
    });
    let java = java(bench, &document)?.map(|java| {
        contestants.push(java);
        contestants.len() - 1
    });
    interleave(bench.options.pairs, &mut contestants)?;
    let costs: Vec<_> = contestants.iter().map(Contestant::median).collect();
    let (one, two) = (costs[0], costs[1]);
    let zlib = python.map(|at| costs[at].made);
    for (contestant, cost) in contestants.iter().zip(&costs) {
        report.row(&task, contestant.name, megabytes(cost.made), *cost);
        if contestant.name.starts_with("skattebro") {
            python.iter().for_each(|at| report.beside("Python", costs[*at].cpu / cost.cpu));
            java.iter().for_each(|at| report.beside("Java", costs[*at].cpu / cost.cpu));
        }
    }
    for (name, at, bound) in [("Python", python, 2.2), ("Java", java, 1.8)] {
        match at {
            Some(at) => {
                let ratio = costs[at].cpu / one.cpu;
                report.goal(&format!("encode: CPU of {name} to ours"), ratio, Bound::AtLeast(bound));
            }
            None => report.note(format!("{name} is not installed: not compared")),
        }
    }
    report.goal("encode: wall of one thread to two", one.wall / two.wall, Bound::AtLeast(1.8));
    if let Some(zlib) = zlib {
        report.goal("encode: size to that of zlib -6", two.made / zlib, Bound::AtMost(1.02));
    }
    reach(bench, report, one.made)
}

/// How much larger a document may be that fits with brotli than with gzip.
fn reach(bench: &Bench<'_>, report: &mut Report, gzip: f64) -> Result {
    let document = bench.document(bench.options.megabytes)?;
    let xml = file_size(&document)?;
    let mut sizes = vec![("gzip -6", gzip)];
    for (name, setting) in [("brotli, fast", "brotli"), ("brotli, strong", "brotli-strong")] {
        say(&format!("encode: {name}"));
        let mut once = packs(bench, name, &document, &["--komprimering", setting]);
        let cost = once.once()?;
        report.row(&format!("encode {}, .br, once", megabytes(xml)), name, megabytes(cost.made), cost);
        sizes.push((name, cost.made));
    }
    for (name, size) in &sizes {
        report.note(format!(
            "With {name}, {:.1} MB of XML fit into {} MB",
            xml * LIMIT / size / 1e6,
            LIMIT / 1e6
        ));
    }
    let best = sizes.iter().map(|(_, size)| *size).fold(f64::INFINITY, f64::min);
    report.goal("encode: the largest XML that fits as .br, to that as .gz", gzip / best, Bound::AtLeast(1.5));
    Ok(())
}

fn packs(bench: &Bench<'_>, name: &'static str, document: &Path, arguments: &[&str]) -> Contestant {
    let (pipe, out, document) = (bench.example("pipe"), bench.in_folder("body"), document.to_owned());
    let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    Contestant::new(name, move || {
        let mut command = Command::new(&pipe);
        command.arg("pack").arg(&document).args(&arguments).arg("--out").arg(&out);
        let (cost, told) = measure::run(&mut command)?;
        let told: Value = serde_json::from_str(&told)?;
        let made = told["packedBytes"].as_f64().ok_or("pipe did not say how many bytes it made")?;
        Ok(Cost { made, ..cost })
    })
}

/// A script that is given the document and where to write, and prints how many bytes that were.
pub(super) fn peer(
    bench: &Bench<'_>,
    name: &'static str,
    script: &str,
    document: &Path,
    out: &Path,
) -> Contestant {
    let (script, out, document) = (bench.peer(script), out.to_owned(), document.to_owned());
    Contestant::new(name, move || told_bytes(Command::new("python3").arg(&script).arg(&document).arg(&out)))
}

pub(super) fn told_bytes(command: &mut Command) -> Result<Cost> {
    let (cost, told) = measure::run(command)?;
    Ok(Cost { made: told.trim().parse()?, ..cost })
}

fn java(bench: &Bench<'_>, document: &Path) -> Result<Option<Contestant>> {
    if !has(bench.shell, "javac") {
        return Ok(None);
    }
    let (source, classes): (PathBuf, _) = (bench.peer("Encode.java"), bench.in_folder("classes"));
    cmd!(bench.shell, "javac -d {classes} {source}").quiet().run()?;
    let (out, document) = (bench.in_folder("peer"), document.to_owned());
    Ok(Some(Contestant::new("Java: base64, gzip, streaming", move || {
        told_bytes(Command::new("java").arg("-cp").arg(&classes).arg("Encode").arg(&document).arg(&out))
    })))
}
