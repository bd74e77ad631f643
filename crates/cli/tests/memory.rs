//! Peak memory of whole processes. Linux only: it is read from /proc.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

#[path = "innsending/helpers.rs"]
#[allow(dead_code)]
mod helpers;
mod support;

use skattebro_sandbox::{Sandbox, Scenario};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::*;

/// Runs a command to its end and returns its peak resident memory in MiB. The last value before the end is used, so a peak
/// in the last few milliseconds would be missed; all of these peak early.
fn peak_mib(mut command: Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    loop {
        peak = peak.max(high_water_mark(&child).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return peak / 1024;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn high_water_mark(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[test]
fn checking_100_mb_takes_less_than_64_mib() {
    let dir = documents(100_000_000);
    let mut command = skattebro();
    command.arg("sjekk").arg(dir.path().join("naering.xml"));
    let peak = peak_mib(command);
    assert!(peak > 0 && peak < 64, "{peak} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn validating_100_mb_takes_less_than_80_mib() {
    let sandbox = sandbox(Scenario::ok()).await;
    let dir = documents(100_000_000);
    let mut command = valider(&sandbox.url(), dir.path());
    command.arg("--out").arg(dir.path().join("ut"));
    let peak = tokio::task::spawn_blocking(move || peak_mib(command)).await.unwrap();
    assert!(peak > 0 && peak < 80, "{peak} MiB");
}

/// Submits a return of that size by an edition, to the receipt. Answers the peak in MiB.
async fn submitted(megabytes: u64, utgave: &str) -> u64 {
    let sandbox = helpers::quick(Scenario::ok()).start().await.unwrap();
    let dir = documents(megabytes * 1_000_000);
    let mut command = helpers::send_inn(skattebro(), dir.path(), "person", utgave);
    command.args(["--server", &sandbox.url(), "--out", "ut"]);
    let began = Instant::now();
    let peak = tokio::task::spawn_blocking(move || peak_mib(command)).await.unwrap();
    let instances = sandbox.instances();
    assert!(instances.len() == 1 && instances[0].submissions == 1, "{instances:?}");
    eprintln!("{megabytes} MB by {utgave}: {peak} MiB, {:.1} s", began.elapsed().as_secs_f64());
    peak
}

#[tokio::test(flavor = "multi_thread")]
async fn submitting_350_mb_takes_less_than_64_mib_in_edition_v2() {
    let peak = submitted(350, "v2").await;
    assert!(peak > 0 && peak < 64, "{peak} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn submitting_100_mb_takes_less_than_64_mib_in_edition_v1() {
    let peak = submitted(100, "v1").await;
    assert!(peak > 0 && peak < 64, "{peak} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn receiving_10_000_krav_takes_less_than_64_mib() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(
        file,
        "kravtype;identifikator;hovedstol;oppdragsgiversReferanse;oppdragsgiversKravidentifikator;fastsettelsesdato"
    )
    .unwrap();
    for n in 0..10_000 {
        writeln!(file, "RETTSGEBYR_UTLEGGSBEGJAERING;974761076;{};SAK-{n};K-{n};2024-03-02", n + 1).unwrap();
    }
    let mut command = skattebro();
    command.args(["krav", "opprett", "--ikke-vent", "--json", "--server", &sandbox.url()]).arg(file.path());
    let peak = tokio::task::spawn_blocking(move || peak_mib(command)).await.unwrap();
    assert_eq!(sandbox.effects().len(), 10_000);
    eprintln!("10 000 krav: {peak} MiB");
    assert!(peak > 0 && peak < 64, "{peak} MiB");
}
