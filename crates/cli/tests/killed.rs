//! The real binary, killed (SIGKILL) at random moments and started again: the same end as without kills.
//!
//! `SKATTEBRO_KILL_SEED` and `SKATTEBRO_KILL_ROUNDS` say when and how often; `cargo xtask soak` does it a hundred times.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod journal_support;
mod support;

use journal_support::chance::Chance;
use journal_support::child::Running;
use journal_support::killing::Batch;
use journal_support::krav::{Plan, program};
use journal_support::place::{Place, server};
use journal_support::records::Written;
use journal_support::{check, rounds};
use skattebro_sandbox::{Effect, Fault, FaultRule, RouteMatch, Sandbox, Scenario, VirtualClock, What, When};
use skattebro_testpg::Durability;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use support::{ORGANISASJON, TOKEN, documents};

const KRAV: u32 = 500;
/// The acts of the krav API.
const ACTS: [&str; 4] = ["krav-opprett", "krav-hovedstol", "krav-referanse", "krav-avskriv"];

/// A krav is booked within a tenth of a second; a call takes so long before it acts, and some time more until its answer is whole.
async fn slow_sandbox(seed: u64, faults: &[(f64, Fault)]) -> Sandbox {
    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(200.0)).seed(seed).start().await.unwrap();
    for act in ACTS {
        sandbox.inject(FaultRule::always(act, Fault::Latency(Duration::from_millis(50))));
        for (share, fault) in faults {
            let (route, when) = (RouteMatch::named(act), When::Probability(*share));
            sandbox.inject(FaultRule { route, when, fault: fault.clone() });
        }
        sandbox.inject(FaultRule::always(act, Fault::SlowDrip(Duration::from_millis(8))));
    }
    sandbox
}

/// A batch that is killed and one that is not, each against a sandbox of its own.
async fn same_end(
    test: &str,
    (place, control): (&Place, &Place),
    plan: Plan,
    usual: u32,
    faults: &[(f64, Fault)],
) {
    let (folder, mut chance) = (tempfile::tempdir().unwrap(), Chance::of_this_run(test));
    let sandbox = slow_sandbox(chance.below(1 << 32), faults).await;
    let batch = Batch { sandbox: &sandbox, place, folder: folder.path(), plan };
    let rounds = rounds(usual);
    let (tally, killed) = batch.carry_out(rounds, &mut chance).await;
    assert!(tally.kills >= rounds * 4 / 5, "only {} kills", tally.kills);

    let unhurt = Sandbox::builder().clock(VirtualClock::scaled(200.0)).start().await.unwrap();
    let batch = Batch { sandbox: &unhurt, place: control, folder: folder.path(), plan };
    let (without, state) = batch.carry_out(0, &mut chance).await;
    assert_eq!(killed, state, "another end than without kills");
    let told = |reports: &[String]| -> Vec<BTreeMap<_, _>> {
        let without_ids = |report: &String| {
            check::reported(report)
                .into_iter()
                .map(|(id, (_, standing, operations))| (id, (standing, operations)))
                .collect()
        };
        reports.iter().map(without_ids).collect()
    };
    assert_eq!(told(&tally.reports), told(&without.reports), "another report than without kills");
}

/// What is done by hand beside the program is what the checks are there to see.
#[tokio::test(flavor = "multi_thread")]
async fn the_checks_see_what_was_done_twice_out_of_order_or_without_an_intent() {
    let folder = tempfile::tempdir().unwrap();
    let (place, plan) = (Place::sqlite(folder.path()), Plan::of(10));
    let sandbox = Sandbox::builder().clock(VirtualClock::scaled(200.0)).start().await.unwrap();
    let batch = Batch { sandbox: &sandbox, place: &place, folder: folder.path(), plan };
    let (_, state) = batch.carry_out(0, &mut Chance::of_this_run("checks")).await;
    let done = sandbox.effects();
    let written = Written::at(&place).await;
    assert!(check::without_intent(&done, &written).is_empty());
    assert_eq!(
        check::without_intent(&done, &Written::default()).len(),
        done.len(),
        "a journal that forgot everything"
    );
    assert!(!check::differences(&done[..done.len() - 1], plan).is_empty(), "something was not done");
    let twice = [&done[..], &done[..1]].concat();
    assert!(
        !check::differences(&twice, plan).is_empty() && !check::done_wrongly(&twice, plan).is_empty(),
        "a krav twice"
    );
    let mut swapped = done.clone();
    swapped.reverse();
    assert!(!check::done_wrongly(&swapped, plan).is_empty(), "in another order");

    // A change that was overtaken: K-00000 went on to 9000.
    let url = format!(
        "{}/api/innkreving/innkrevingsoppdrag/v1/innkrevingsoppdrag/{}/hovedstol?kravidentifikatortype=OPPDRAGSGIVERS_KRAVIDENTIFIKATOR",
        sandbox.url(),
        Plan::id(0)
    );
    let body = serde_json::json!({"hovedstol": {"valuta": "NOK", "beloep": 5000}});
    let answer = reqwest::Client::new().put(url).bearer_auth(TOKEN).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let effects = sandbox.effects();
    assert_eq!(check::differences(&effects, plan).len(), 1);
    assert_eq!(check::done_wrongly(&effects, plan).len(), 1);
    assert_eq!(check::without_intent(&effects, &written).len(), 1);
    assert_ne!(check::state(&sandbox), state);
}

#[tokio::test(flavor = "multi_thread")]
async fn krav_over_sqlite_end_as_without_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (place, control) = (Place::sqlite(folder.path()), Place::Sqlite(folder.path().join("control.db")));
    same_end("krav_over_sqlite", (&place, &control), Plan::of(KRAV), 10, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn krav_over_sqlite_with_a_large_window_end_as_without_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (place, control) = (Place::sqlite(folder.path()), Place::Sqlite(folder.path().join("control.db")));
    let plan = Plan::of(KRAV).with_window(64);
    same_end("krav_over_sqlite_large_window", (&place, &control), plan, 10, &[]).await;
}

/// Lost answers, requests that act late, refusals for now, closed connections.
#[tokio::test(flavor = "multi_thread")]
async fn krav_over_sqlite_with_a_service_that_fails_end_as_without_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (place, control) = (Place::sqlite(folder.path()), Place::Sqlite(folder.path().join("control.db")));
    let faults = [
        (0.04, Fault::DropAfter),
        (0.03, Fault::DropBefore),
        (0.04, Fault::ErrorBefore(503)),
        (0.03, Fault::ErrorAfter(502)),
        // Of the sandbox's time: a fifth of a second of ours.
        (0.03, Fault::ActLate(Duration::from_secs(40))),
    ];
    same_end("krav_over_sqlite_with_faults", (&place, &control), Plan::of(KRAV), 8, &faults).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn krav_over_postgresql_end_as_without_kills() {
    let Some(server) = server(Durability::None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (place, control) = (Place::postgres(&server), Place::sqlite(folder.path()));
    same_end("krav_over_postgresql", (&place, &control), Plan::of(KRAV), 10, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filings_over_sqlite_end_as_without_kills() {
    let folder = tempfile::tempdir().unwrap();
    filings("filings_over_sqlite", &Place::sqlite(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filings_over_postgresql_end_as_without_kills() {
    let Some(server) = server(Durability::None) else { return };
    filings("filings_over_postgresql", &Place::postgres(&server)).await;
}

/// Files one return after the other, each killed until it ends by itself, until there were enough kills.
async fn filings(test: &str, place: &Place) {
    let mut chance = Chance::of_this_run(test);
    let scenario = Scenario::ok().queued_for(Duration::from_secs(5)).runs_for(Duration::from_secs(40));
    let sandbox =
        Sandbox::builder().clock(VirtualClock::scaled(20.0)).scenario(scenario).start().await.unwrap();
    for route in ["last-opp", "start", "resultat"] {
        sandbox.inject(FaultRule::always(route, Fault::Latency(Duration::from_millis(150))));
    }
    let (rounds, mut kills, mut filed, began) = (rounds(8), 0, 0, Instant::now());
    while kills < rounds {
        filed += 1;
        let before = sandbox.effects().len();
        // A start without an answer is waited for, anew each time: after some kills a filing is left alone, or it would never end.
        kills += file(&sandbox, place, (rounds - kills).min(6), &mut chance).await;
        let effects = sandbox.effects().split_off(before);
        let written = Written::at(place).await;
        check::none("sent without an intent in the journal", check::without_intent(&effects, &written));
    }
    eprintln!("{kills} kills, {filed} filings in {:.1} s", began.elapsed().as_secs_f64());
}

/// Files one return while it is killed, at most so many times. Answers how many times.
async fn file(sandbox: &Sandbox, place: &Place, kills: u32, chance: &mut Chance) -> u32 {
    let dir = documents(1_200_000 + chance.below(600_000));
    let before = sandbox.effects().len();
    let mut done = 0;
    let report = loop {
        let mut running = start_valider(sandbox, place, dir.path());
        let limit = if done < kills {
            chance.between(Duration::from_millis(50), Duration::from_secs(3))
        } else {
            Duration::from_secs(400)
        };
        let began = Instant::now();
        while began.elapsed() < limit && running.ended().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Some(status) = running.ended() {
            assert!(
                status.success(),
                "valider ended with {status}:\n{}\n{}",
                running.stdout(),
                running.stderr()
            );
            break running.stdout();
        }
        running.kill();
        done += 1;
        // Told, and killed in the moment between that and its end: whoever was told does not ask again.
        if serde_json::from_str::<serde_json::Value>(&running.stdout()).is_ok() {
            break running.stdout();
        }
    };
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["resultatAvValidering"], "validertOK", "{report}");
    let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    assert!(read("naering.xml") == read("ut/naeringsspesifikasjonEtterBeregning.xml"));
    assert!(read("skattemelding.xml") == read("ut/skattemeldingUpersonligEtterBeregning.xml"));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&read("ut/resultat.json")).unwrap(), report);
    let effects = sandbox.effects().split_off(before);
    check::none("jobs", jobs(&effects, &Written::at(place).await, report["jobbId"].as_str().unwrap()));
    done
}

fn start_valider(sandbox: &Sandbox, place: &Place, dir: &Path) -> Running {
    let mut command = program(&sandbox.url(), place, dir);
    command
        .args([
            "valider",
            "--inntektsaar",
            "2023",
            "--identifikator",
            ORGANISASJON,
            "--max-pause",
            "200ms",
            "--json",
        ])
        .args([
            "--skattemelding",
            "skattemelding.xml",
            "--naeringsspesifikasjon",
            "naering.xml",
            "--out",
            "ut",
        ])
        .env("SKATTEBRO_TOKEN", TOKEN);
    Running::start(command, dir, "valider")
}

/// What is wrong with the jobs of one filing: one was reported, and of all others nobody knew, since the answer to their start was lost.
fn jobs(effects: &[Effect], written: &Written, reported: &str) -> Vec<String> {
    let aborted: Vec<_> = effects
        .iter()
        .filter_map(|effect| match &effect.what {
            What::JobAborted { jobb_id, .. } => Some(jobb_id.as_str()),
            _ => None,
        })
        .collect();
    let mut wrong = Vec::new();
    let mut is_there = false;
    for effect in effects {
        let What::JobStarted { jobb_id, .. } = &effect.what else { continue };
        let answered = effect.korrelasjonsid.as_ref().and_then(|id| written.intents.get(id));
        if jobb_id == reported {
            is_there = true;
        } else if answered != Some(&false) {
            let how = if aborted.contains(&jobb_id.as_str()) {
                "aborted by a newer one of ours"
            } else {
                "left alone"
            };
            wrong.push(format!("job {jobb_id} was known, and {how}; {reported} was reported"));
        }
    }
    if !is_there || aborted.contains(&reported) {
        wrong.push(format!("the job {reported} that was reported is not there, or was aborted"));
    }
    wrong
}
