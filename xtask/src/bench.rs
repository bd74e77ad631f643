//! `cargo xtask bench`: the release build against its own sandbox, which answers each creation of a krav after 50 ms: with the journal in
//! memory, with the journal on SQLite, and beside it `wrk` with as many connections, if that is installed.

use crate::{Result, say};
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use xshell::{Shell, cmd};

const PATH: &str = "/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag";

#[allow(clippy::print_stdout)]
pub(crate) fn run(shell: &Shell, rows: u32) -> Result {
    say("release build");
    cmd!(shell, "cargo build --release --quiet --package skattebro-cli").run()?;
    let folder = shell.create_temp_dir()?;
    let program = shell.current_dir().join("target/release/skattebro");
    let address = free_address()?;
    let sandbox = Command::new(&program)
        .args(["sandbox", "--listen", &address.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let _sandbox = Ends(sandbox);
    wait_for(address)?;
    post(address, "/sandbox/faults", r#"{"route":"krav-opprett","when":"always","fault":{"latency":0.05}}"#)?;

    say(&format!("krav opprett --ikke-vent, {rows} rows, 5 calls at a time"));
    let bench = Bench { program, address, rows };
    let store = folder.path().join("journal.db");
    let in_memory = bench.opprett("minne", "M", folder.path())?;
    let on_disk = bench.opprett(&format!("sqlite:{}", store.display()), "S", folder.path())?;
    println!(
        "with SQLite {:.1} % of the calls per second that it makes with memory",
        100.0 * on_disk / in_memory
    );

    // It ends with 1 even when it only tells its version.
    if Command::new("wrk").arg("-v").output().is_err() {
        println!("wrk is not installed: nothing to compare with");
        return Ok(());
    }
    let script = folder.path().join("opprett.lua");
    std::fs::write(&script, lua())?;
    let url = format!("http://{address}");
    let told = cmd!(shell, "wrk -t1 -c5 -d20s -s {script} {url}").quiet().read()?;
    let line = told.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("wrk said no rate")?;
    let theirs: f64 = line.trim().parse()?;
    println!(
        "wrk -c5:   {theirs:.1} calls/s; skattebro with SQLite makes {:.1} % of that",
        100.0 * on_disk / theirs
    );
    Ok(())
}

struct Bench {
    program: PathBuf,
    address: SocketAddr,
    rows: u32,
}

impl Bench {
    /// Creates krav with this store, and answers how many a second.
    #[allow(clippy::print_stdout)]
    fn opprett(&self, store: &str, name: &str, folder: &Path) -> Result<f64> {
        let file = folder.join(format!("{name}.jsonl"));
        std::fs::write(&file, krav(self.rows, name)?)?;
        let began = Instant::now();
        let mut child = Command::new(&self.program)
            .args([
                "krav",
                "opprett",
                "--ikke-vent",
                "--json",
                "--server",
                &format!("http://{}", self.address),
            ])
            .args(["--store", store])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let (mut peak, mut status) = (0, None);
        while status.is_none() {
            peak = peak.max(resident(child.id()));
            std::thread::sleep(Duration::from_millis(20));
            status = child.try_wait()?;
        }
        let seconds = began.elapsed().as_secs_f64();
        if !status.is_some_and(|status| status.success()) {
            return Err("krav opprett did not end well".into());
        }
        let rate = f64::from(self.rows) / seconds;
        let store = store.split(':').next().unwrap_or_default();
        println!(
            "skattebro, {store}: {rate:.1} calls/s ({seconds:.1} s with check and start), peak memory {peak} kB"
        );
        Ok(rate)
    }
}

/// A child that is killed when it is no longer needed.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn wait_for(address: SocketAddr) -> Result {
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        if began.elapsed() > Duration::from_secs(10) {
            return Err("the sandbox does not listen".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn post(address: SocketAddr, path: &str, body: &str) -> Result {
    let mut connection = TcpStream::connect(address)?;
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 204") { Ok(()) } else { Err(answer.into()) }
}

/// The peak memory of a process in kB; 0 where the system does not tell.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

fn body(id: &str) -> String {
    format!(
        r#"{{"kravtype":"RETTSGEBYR_UTLEGGSBEGJAERING","skyldner":{{"identifikatortype":"ORGANISASJON","identifikator":"974761076"}},"hovedstol":{{"valuta":"NOK","beloep":1000}},"oppdragsgiversReferanse":"S-1","oppdragsgiversKravidentifikator":"{id}","fastsettelsesdato":"2026-02-01"}}"#
    )
}

fn krav(rows: u32, name: &str) -> Result<String> {
    let mut lines = String::new();
    for row in 0..rows {
        writeln!(lines, "{}", body(&format!("{name}-{row}")))?;
    }
    Ok(lines)
}

fn lua() -> String {
    let body = body("W-'..n..'");
    format!(
        "local n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format('POST', '{PATH}', \
         {{['Content-Type']='application/json', ['Authorization']='Bearer sandbox'}}, '{body}')\nend\n"
    )
}
