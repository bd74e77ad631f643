//! Many jobs followed at a time: in virtual time beside a look each 5 seconds, and in earnest against a sandbox.

use super::Bench;
use super::measure;
use super::table::{Bound, Report};
use crate::Result;
use serde_json::Value;
use std::process::Command;

const JOBS: u32 = 10_000;

pub(super) fn run(bench: &Bench<'_>, report: &mut Report) -> Result {
    let (_, told) = measure::run(Command::new(bench.example("following")).arg("--json"))?;
    let rows: Vec<Value> = serde_json::from_str(&told)?;
    report.section(
        "jobs followed, in virtual time",
        &[
            "way",
            "jobs",
            "noticed late, s: p50",
            "p90",
            "p99",
            "max",
            "looks a job",
            "looks a second",
            "an upload waits for a slot, s: p99",
            "a start: p99",
        ],
    );
    for row in &rows {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let delay = |part: &str| format!("{:.1}", number(&row["delay_s"][part]));
        let (looks, seconds) = (number(&row["looks"]), number(&row["seconds"]));
        report.line([
            row["way"].as_str().unwrap_or_default().to_owned(),
            row["jobs"].to_string(),
            delay("p50"),
            delay("p90"),
            delay("p99"),
            delay("max"),
            format!("{:.1}", number(&row["looks_per_job"])),
            format!("{:.1}", looks / seconds),
            format!("{:.2}", number(&row["upload_wait_s"]["p99"])),
            format!("{:.2}", number(&row["start_wait_s"]["p99"])),
        ]);
    }

    let journal = bench.in_folder("followed.sqlite");
    for (who, worker) in [("in one process, in memory", false), ("by a worker, from an SQLite store", true)] {
        let mut command = Command::new(bench.example("follow_real"));
        command.args(["--jobs", &JOBS.to_string()]);
        if worker {
            command.arg("--worker").arg(&journal);
        }
        let (_, told) = measure::run(&mut command)?;
        let of = |begins: &str, ends: &str| -> Result<f64> {
            let told =
                told.lines().find(|line| line.starts_with("memory:")).ok_or("follow_real told no memory")?;
            let behind = told.split_once(begins).ok_or_else(|| format!("no «{begins}» in: {told}"))?.1;
            Ok(behind.split_once(ends).ok_or_else(|| format!("no «{ends}» in: {told}"))?.0.trim().parse()?)
        };
        report.goal(&format!("{JOBS} jobs {who}: MB at most"), of("now,", "MB")?, Bound::AtMost(200.0));
        report.goal(&format!("{JOBS} jobs {who}: % of a core"), of("processor:", "%")?, Bound::AtMost(5.0));
    }
    Ok(())
}
