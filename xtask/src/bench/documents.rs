//! An envelope of edition v2 written, and a result read.

use super::encode::{peer, told_bytes};
use super::measure::{self, Contestant, Cost, interleave};
use super::table::{Bound, Report, megabytes};
use super::{Bench, file_size};
use crate::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// As much as edition v2 takes, about.
const ENVELOPE_MB: u32 = 350;
const DOCUMENTS: [&str; 3] = [
    "beregnetSkattUpersonlig",
    "naeringsspesifikasjonEtterBeregning",
    "skattemeldingUpersonligEtterBeregning",
];

pub(super) fn run(bench: &Bench<'_>, report: &mut Report) -> Result {
    let document = bench.document(ENVELOPE_MB)?;
    let floor = pipe(bench, "the process alone", "nothing", &[]);
    envelope(bench, report, &document, floor)?;
    let floor = pipe(bench, "the process alone", "nothing", &[]);
    result(bench, report, floor)
}

fn envelope(bench: &Bench<'_>, report: &mut Report, document: &Path, floor: Contestant) -> Result {
    let task = format!("envelope v2 of {}", megabytes(file_size(document)?));
    let copy = {
        let (from, to) = (document.to_owned(), bench.in_folder("copy"));
        Contestant::new("cp", move || Ok(measure::run(Command::new("cp").arg(&from).arg(&to))?.0))
    };
    let mut contestants = vec![
        floor,
        pipe(bench, "skattebro, streamed", "envelope", &[document]),
        pipe(
            bench,
            "skattebro, to a file",
            "envelope",
            &[document, Path::new("--out"), &bench.in_folder("envelope")],
        ),
        copy,
    ];
    if bench.has_python {
        contestants.push(peer(
            bench,
            "Python: base64, one string",
            "envelope.py",
            document,
            Path::new("/dev/null"),
        ));
    }
    interleave(bench.options.pairs, &mut contestants)?;
    let costs: Vec<_> = contestants.iter().map(Contestant::median).collect();
    for (contestant, cost) in contestants.iter().zip(&costs) {
        report.row(&task, contestant.name, "", *cost);
        if contestant.name.starts_with("skattebro") {
            costs.get(4).iter().for_each(|python| report.beside("Python", python.cpu / cost.cpu));
            report.beside_limit("cp", cost.cpu / costs[3].cpu);
        }
    }
    if let Some(python) = costs.get(4) {
        report.goal("envelope v2: CPU of Python to ours", python.cpu / costs[1].cpu, Bound::AtLeast(20.0));
    }
    report.goal("envelope v2: MiB over the process alone", costs[1].peak - costs[0].peak, Bound::AtMost(8.0));
    Ok(())
}

fn result(bench: &Bench<'_>, report: &mut Report, floor: Contestant) -> Result {
    let result = make_result(bench, &bench.generated(ENVELOPE_MB)?)?;
    let task = format!("result of {} decoded", megabytes(file_size(&result)?));
    let folder = |name: &str| -> Result<PathBuf> {
        let folder = bench.in_folder(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    };
    let mut contestants = vec![
        floor,
        pipe(bench, "skattebro", "result", &[&result, &folder("ours")?]),
        pipe(bench, "read, decode, write, nothing else", "decode-limit", &[&result, &folder("limit")?]),
        pipe(
            bench,
            "skattebro, without the digests",
            "result",
            &[&result, &folder("without")?, Path::new("--without-digest")],
        ),
    ];
    if bench.has_python {
        let (script, result, out) = (bench.peer("result.py"), result.clone(), folder("python")?);
        contestants.push(Contestant::new("Python: ElementTree, base64", move || {
            told_bytes(Command::new("python3").arg(&script).arg(&result).arg(&out))
        }));
    }
    interleave(bench.options.pairs, &mut contestants)?;
    let costs: Vec<_> = contestants.iter().map(Contestant::median).collect();
    let (floor, ours, limit) = (costs[0], costs[1], costs[2]);
    for (contestant, cost) in contestants.iter().zip(&costs) {
        report.row(&task, contestant.name, "", *cost);
        if contestant.name.starts_with("skattebro") {
            costs.get(4).iter().for_each(|python| report.beside("Python", python.cpu / cost.cpu));
            report.beside_limit("read, decode, write", cost.cpu / limit.cpu);
        }
    }
    if let Some(python) = costs.get(4) {
        report.goal("result: CPU of Python to ours", python.cpu / ours.cpu, Bound::AtLeast(10.0));
    }
    report.goal("result: CPU to read, decode and write alone", ours.cpu / limit.cpu, Bound::AtMost(2.0));
    report.goal("result: MiB over the process alone", ours.peak - floor.peak, Bound::AtMost(16.0));
    Ok(())
}

/// `pipe`, the codecs as a program.
fn pipe(bench: &Bench<'_>, name: &'static str, what: &str, arguments: &[&Path]) -> Contestant {
    let (pipe, what) = (bench.example("pipe"), what.to_owned());
    let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Contestant::new(name, move || {
        let (cost, _) = measure::run(Command::new(&pipe).arg(&what).args(&arguments))?;
        Ok(Cost { made: 0.0, ..cost })
    })
}

/// A result with three documents, about 295 MB of it.
fn make_result(bench: &Bench<'_>, document: &Path) -> Result<PathBuf> {
    let path = bench.in_folder("result.xml");
    let mut out = BufWriter::new(File::create(&path)?);
    out.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><skattemeldingOgNaeringsspesifikasjonResponse xmlns=\"no:skatteetaten:fastsetting:\
          formueinntekt:skattemeldingognaeringsspesifikasjon:response:v2\"><dokumenter>",
    )?;
    let mut document = File::open(document)?;
    let mut content = vec![0; 73_500_000];
    for name in DOCUMENTS {
        document.read_exact(&mut content)?;
        write!(out, "<dokument><type>{name}</type><encoding>utf-8</encoding><content>")?;
        for chunk in content.chunks(300_000) {
            out.write_all(STANDARD.encode(chunk).as_bytes())?;
        }
        out.write_all(b"</content></dokument>")?;
    }
    out.write_all(
        b"</dokumenter><resultatAvValidering>validertOK</resultatAvValidering></skattemeldingOgNaeringsspesifikasjonResponse>",
    )?;
    out.flush()?;
    Ok(path)
}
