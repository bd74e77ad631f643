//! Krav created in bulk, beside what a load generator reaches with as many connections against the same server.

use super::Bench;
use super::measure::{self, Contestant, Cost, interleave};
use super::table::{Bound, Report};
use crate::{Result, say};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use xshell::cmd;

const PATH: &str = "/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag";
/// As many as the service lets an organisation make at a time.
const CONNECTIONS: &str = "-c5";
/// How long the slower service takes for a krav.
const SLOW: u32 = 50;

pub(super) fn run(bench: &Bench<'_>, report: &mut Report) -> Result {
    let has_wrk = Command::new("wrk").arg("-v").output().is_ok();
    if !has_wrk {
        report.note("wrk is not installed: krav are not compared with it");
    }
    at_once(bench, report, has_wrk)?;
    slow(bench, report, has_wrk)
}

/// A service that answers at once.
fn at_once(bench: &Bench<'_>, report: &mut Report, has_wrk: bool) -> Result {
    let service = Service::start(bench, 0)?;
    let rows = bench.options.rows;
    let mut contestants = vec![
        service.creates(bench, "skattebro, no journal", rows, "minne", &[], None)?,
        service.creates(
            bench,
            "skattebro, SQLite, window 64",
            rows,
            "sqlite",
            &["--krav-vindu", "64"],
            None,
        )?,
        service.creates(bench, "skattebro, SQLite, default window", rows, "sqlite", &[], None)?,
    ];
    if bench.has_requests {
        contestants.push(service.python(bench, rows / 10)?);
    } else {
        report.note("Python has no requests: krav are not compared with it");
    }
    contestants.push(service.bare(bench, rows)?);
    contestants.extend(has_wrk.then(|| service.wrk(bench)).transpose()?);
    interleave(bench.options.pairs, &mut contestants)?;
    let rates = rows_of(report, "krav, service at once", &contestants);
    if let Some(wrk) = rate_of(&rates, WRK) {
        report.goal("krav at once, no journal: rate to wrk's", rates[0].1 / wrk, Bound::AtLeast(0.70));
        report.goal("krav at once, SQLite, window 64: rate to wrk's", rates[1].1 / wrk, Bound::AtLeast(0.30));
    }
    Ok(())
}

/// A service that takes its time, and a disk that takes its time as well.
fn slow(bench: &Bench<'_>, report: &mut Report, has_wrk: bool) -> Result {
    let service = Service::start(bench, SLOW)?;
    // Twenty seconds.
    let rows = 20 * 5 * 1_000 / SLOW;
    let mut contestants = vec![service.creates(bench, "skattebro, SQLite", rows, "sqlite", &[], None)?];
    match slow_sync(bench) {
        Ok(library) => {
            let name = "skattebro, SQLite, commits 5 ms longer";
            contestants.push(service.creates(bench, name, rows, "sqlite", &[], Some(&library))?);
        }
        Err(error) => report.note(format!("no slower disk, since there is no C compiler: {error}")),
    }
    let ours = contestants.len();
    contestants.extend(has_wrk.then(|| service.wrk(bench)).transpose()?);
    interleave(bench.options.pairs, &mut contestants)?;
    let rates = rows_of(report, &format!("krav, service in {SLOW} ms"), &contestants);
    if let Some(wrk) = rate_of(&rates, WRK) {
        for (name, rate) in &rates[..ours] {
            let goal = format!("krav in {SLOW} ms, {name}: rate to wrk's");
            report.goal(&goal, rate / wrk, Bound::AtLeast(0.98));
        }
    }
    Ok(())
}

const WRK: &str = "wrk -t1 -c5";

fn rows_of(report: &mut Report, task: &str, contestants: &[Contestant]) -> Vec<(&'static str, f64)> {
    let rates: Vec<_> = contestants.iter().map(|one| (one.name, one.median().made)).collect();
    for contestant in contestants {
        let cost = contestant.median();
        report.row(task, contestant.name, format!("{:.0}/s", cost.made), cost);
        if contestant.name.starts_with("skattebro") {
            let python = rate_of(&rates, PYTHON);
            python.iter().for_each(|python| report.beside("Python", cost.made / python));
            rate_of(&rates, WRK).iter().for_each(|wrk| report.beside_limit("wrk", cost.made / wrk));
        }
    }
    rates
}

const PYTHON: &str = "Python: requests, one after the other";

fn rate_of(rates: &[(&'static str, f64)], name: &str) -> Option<f64> {
    rates.iter().find(|(one, _)| *one == name).map(|(_, rate)| *rate)
}

/// A server that takes every krav, until it is dropped.
struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    fn start(bench: &Bench<'_>, milliseconds: u32) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(bench.example("at_once"));
        command.arg(address.to_string()).arg(milliseconds.to_string());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let service = Self { child, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("the service does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(service)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Creates so many krav with that store, made anew each time. The rate counts the whole process, from its start to its end.
    fn creates(
        &self,
        bench: &Bench<'_>,
        name: &'static str,
        rows: u32,
        store: &str,
        arguments: &[&str],
        preload: Option<&Path>,
    ) -> Result<Contestant> {
        let file = krav(bench, rows)?;
        let folder = bench.in_folder("journal");
        let store = if store == "sqlite" {
            format!("sqlite:{}/journal.db", folder.display())
        } else {
            store.to_owned()
        };
        let (program, url, preload) = (bench.program(), self.url(), preload.map(Path::to_owned));
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        Ok(Contestant::new(name, move || {
            let _ = std::fs::remove_dir_all(&folder); // there is none the first time
            std::fs::create_dir(&folder)?;
            let mut command = Command::new(&program);
            command.args(["krav", "opprett", "--ikke-vent", "--json", "--server", &url, "--store", &store]);
            command.args(&arguments).arg(&file);
            if let Some(library) = &preload {
                command.env("LD_PRELOAD", library);
            }
            let (cost, _) = measure::run(&mut command)?;
            Ok(Cost { made: f64::from(rows) / cost.wall, ..cost })
        }))
    }

    fn python(&self, bench: &Bench<'_>, rows: u32) -> Result<Contestant> {
        let (script, url, file) = (bench.peer("krav.py"), self.url(), krav(bench, rows)?);
        Ok(Contestant::new(PYTHON, move || {
            let (cost, _) = measure::run(Command::new("python3").arg(&script).arg(&url).arg(&file))?;
            Ok(Cost { made: f64::from(rows) / cost.wall, ..cost })
        }))
    }

    fn bare(&self, bench: &Bench<'_>, rows: u32) -> Result<Contestant> {
        let (program, url, file) =
            (bench.example("bare_posts"), format!("{}{PATH}", self.url()), krav(bench, rows)?);
        Ok(Contestant::new("Rust: reqwest alone, 5 at a time", move || {
            let (cost, _) = measure::run(Command::new(&program).arg(&url).arg(&file))?;
            Ok(Cost { made: f64::from(rows) / cost.wall, ..cost })
        }))
    }

    fn wrk(&self, bench: &Bench<'_>) -> Result<Contestant> {
        let (script, url) = (bench.in_folder("opprett.lua"), self.url());
        std::fs::write(&script, lua())?;
        Ok(Contestant::new(WRK, move || {
            let mut command = Command::new("wrk");
            command.args(["-t1", CONNECTIONS, "-d5s", "-s"]).arg(&script).arg(&url);
            let (cost, told) = measure::run(&mut command)?;
            let rate =
                told.lines().find_map(|line| line.strip_prefix("Requests/sec:")).ok_or("wrk said no rate")?;
            Ok(Cost { made: rate.trim().parse()?, ..cost })
        }))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// A library that makes every write to the disk 5 ms longer.
fn slow_sync(bench: &Bench<'_>) -> Result<PathBuf> {
    let (source, library) = (bench.root.join("benches/slow-sync.c"), bench.in_folder("slow-sync.so"));
    cmd!(bench.shell, "cc -O2 -shared -fPIC -o {library} {source}").quiet().run()?;
    Ok(library)
}

fn body(id: &str) -> String {
    format!(
        r#"{{"kravtype":"RETTSGEBYR_UTLEGGSBEGJAERING","skyldner":{{"identifikatortype":"ORGANISASJON","identifikator":"974761076"}},"hovedstol":{{"valuta":"NOK","beloep":1000}},"oppdragsgiversReferanse":"S-1","oppdragsgiversKravidentifikator":"{id}","fastsettelsesdato":"2026-02-01"}}"#
    )
}

/// A file with so many krav.
fn krav(bench: &Bench<'_>, rows: u32) -> Result<PathBuf> {
    let path = bench.in_folder(&format!("{rows}.jsonl"));
    let mut lines = String::new();
    for row in 0..rows {
        writeln!(lines, "{}", body(&format!("K-{row}")))?;
    }
    std::fs::write(&path, lines)?;
    say(&format!("krav: {rows} rows"));
    Ok(path)
}

fn lua() -> String {
    let body = body("W-'..n..'");
    format!(
        "local n = 0\nrequest = function()\n  n = n + 1\n  return wrk.format('POST', '{PATH}', \
         {{['Content-Type']='application/json', ['Authorization']='Bearer sandbox'}}, '{body}')\nend\n"
    )
}
