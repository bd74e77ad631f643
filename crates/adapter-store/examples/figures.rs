//! How fast a journal is: begins and learns a second, on SQLite in this folder (a real disk) and on PostgreSQL with fsync.
//!
//! `cargo run --release -p skattebro-adapter-store --example figures`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/support/things.rs"]
mod things;

use skattebro_adapter_store::{PostgresJournal, SqliteJournal, StoreKey, StoreSettings};
use skattebro_ports::journal::{Claim, NewCase};
use skattebro_ports::{Api, CallKind, CallQuota, Journal, SlotWish};
use skattebro_testpg::{Durability, TmpPg};
use std::sync::Arc;
use std::time::{Duration, Instant};
use things::{act, at, environment, id, new_case, owned_case, worker};

const LONG: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let with_key = || StoreSettings { key: Some(StoreKey::random().unwrap()), ..StoreSettings::default() };
    for (name, settings) in [("SQLite", StoreSettings::default()), ("SQLite, encrypted", with_key())] {
        let path = folder.path().join(format!("{}.db", name.len()));
        figures(name, Arc::new(SqliteJournal::open(path, settings).await.unwrap())).await;
    }
    let Some(server) = TmpPg::start_with(Durability::Full).unwrap() else {
        return eprintln!("PostgreSQL is not installed");
    };
    let settings = StoreSettings { connections: 32, ..StoreSettings::default() };
    let journal = PostgresJournal::connect(&server.url(), settings).await.unwrap();
    let quota = journal.quota(&environment(), "974761076", None).unwrap();
    figures("PostgreSQL", Arc::new(journal)).await;
    let wish = SlotWish { api: Api::Innkreving, kind: CallKind::Short, deadline: Duration::from_secs(30) };
    let started = Instant::now();
    for _ in 0..200 {
        let slot = quota.slot(&wish).await.unwrap();
        drop(slot);
        // So that it is not handed on, but given back and taken anew.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!(
        "PostgreSQL quota: {:?} for a slot that nobody waits for",
        started.elapsed() / 200 - Duration::from_millis(5)
    );
}

async fn figures(name: &str, journal: Arc<dyn Journal>) {
    for callers in [1, 8, 64] {
        let by = worker("w");
        let cases: Vec<String> = (0..callers).map(|nr| format!("{callers}-{nr}")).collect();
        journal.open(cases.iter().map(|case| owned_case(case, &by)).collect()).await.unwrap();
        let started = Instant::now();
        let tasks: Vec<_> = cases
            .into_iter()
            .map(|case| {
                let (journal, by, case) = (journal.clone(), by.clone(), id(&case));
                tokio::spawn(async move {
                    let (mut version, mut acts) = (1, 0_u32);
                    while started.elapsed() < LONG {
                        version = act(&*journal, &by, &case, version).await.unwrap();
                        acts += 1;
                    }
                    acts
                })
            })
            .collect();
        let mut acts = 0;
        for task in tasks {
            acts += task.await.unwrap();
        }
        let a_second = f64::from(acts) / started.elapsed().as_secs_f64();
        println!("{name}, {callers} callers: {a_second:.0} begins and as many learns a second");
    }
    let started = Instant::now();
    for part in 0..20 {
        let new = |nr| NewCase { owner: None, ..new_case(&format!("{part}-{nr}-new")) };
        journal.open((0..500).map(new).collect()).await.unwrap();
    }
    println!("{name}: {:.0} cases opened a second, 500 a call", 10_000.0 / started.elapsed().as_secs_f64());
    let by = worker("claimer");
    journal.beat(&by, Duration::from_secs(600)).await.unwrap();
    let started = Instant::now();
    let mut claimed = 0;
    for _ in 0..50 {
        let claim = Claim {
            worker: by.clone(),
            max: 50,
            environment: environment(),
            only: None,
            except: vec![],
            now: at(9),
        };
        claimed += journal.claim(claim).await.unwrap().cases.len();
    }
    println!("{name}: {claimed} cases claimed, {:?} for each 50 of them", started.elapsed() / 50);
    let started = Instant::now();
    let counts = journal.counts(None).await.unwrap();
    println!(
        "{name}: {:?} to count {} cases",
        started.elapsed(),
        counts.cases.iter().map(|row| row.3).sum::<u64>()
    );
}
