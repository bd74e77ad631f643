//! A job's life on a stepped clock.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{Scenario, What};

use crate::service::{ORG, OTHER_ORG, PERSON, Service, result_path, status_path};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn quick() -> Scenario {
    Scenario::ok().queued_for(seconds(5)).runs_for(seconds(80))
}

fn shown(status: &str, before: &str, since_creation: u64, since_change: u64) -> Value {
    json!({
        "jobbStatus": status,
        "forrigeStatus": before,
        "sekunderSidenOpprettelse": since_creation,
        "sekunderSidenEndring": since_change,
    })
}

#[tokio::test]
async fn a_job_goes_through_its_statuses() {
    let service = Service::of(quick().with_pause(seconds(30)).unknown_status("VENTER_PAA_MAANEN")).await;
    service.pass(1000);
    let job = service.job(ORG, 2023).await;
    for (step, expected) in [
        (0, shown("NY", "OPPRETTET", 0, 0)),
        (4, shown("NY", "OPPRETTET", 4, 4)),
        (1, shown("KJOERER", "NY", 5, 0)),
        (39, shown("KJOERER", "NY", 44, 39)),
        (1, shown("PAUSET", "KJOERER", 45, 0)),
        (30, shown("KJOERER", "PAUSET", 75, 0)),
        (10, shown("VENTER_PAA_MAANEN", "KJOERER", 85, 0)),
        (20, shown("KJOERER", "VENTER_PAA_MAANEN", 105, 0)),
        (9, shown("KJOERER", "VENTER_PAA_MAANEN", 114, 9)),
        (1, shown("FERDIG", "KJOERER", 115, 0)),
        (3600, shown("FERDIG", "KJOERER", 3715, 3600)),
    ] {
        service.pass(step);
        assert_eq!(service.status(ORG, 2023, &job).await, expected);
    }
}

#[tokio::test]
async fn seconds_are_whole() {
    let service = Service::of(quick()).await;
    let job = service.job(ORG, 2023).await;
    service.sandbox.clock().advance(Duration::from_millis(6_999));
    assert_eq!(service.status(ORG, 2023, &job).await, shown("KJOERER", "NY", 6, 1));
}

#[tokio::test]
async fn by_default_a_job_takes_twenty_minutes() {
    let service = Service::new().await;
    let job = service.job(ORG, 2023).await;
    service.pass(1204);
    assert_eq!(service.status(ORG, 2023, &job).await["jobbStatus"], "KJOERER");
    service.pass(2);
    assert_eq!(service.status(ORG, 2023, &job).await["jobbStatus"], "FERDIG");
}

#[tokio::test]
async fn a_newer_job_aborts_the_identifiers_live_one_of_any_year() {
    let service = Service::of(quick()).await;
    let first = service.job(ORG, 2023).await;
    let other = service.job(OTHER_ORG, 2023).await;
    service.pass(10);
    let second = service.job(ORG, 2024).await;
    service.pass(7);
    assert_eq!(service.status(ORG, 2023, &first).await, shown("AVBRUTT", "KJOERER", 17, 7));
    assert_eq!(service.status(ORG, 2024, &second).await["jobbStatus"], "KJOERER");
    assert_eq!(service.status(OTHER_ORG, 2023, &other).await["jobbStatus"], "KJOERER");
    assert_eq!(service.result(ORG, 2023, &first).await.status, 204);

    // It stays so, also when it would have been done, and is not aborted again.
    service.pass(1000);
    assert_eq!(service.status(ORG, 2023, &first).await["jobbStatus"], "AVBRUTT");
    let third = service.job(ORG, 2023).await;
    assert_eq!(service.status(ORG, 2024, &second).await["jobbStatus"], "FERDIG");
    let aborted: Vec<_> = service
        .sandbox
        .effects()
        .into_iter()
        .filter_map(|effect| match effect.what {
            What::JobAborted { jobb_id, newer } => Some((jobb_id, newer)),
            _ => None,
        })
        .collect();
    assert_eq!(aborted, [(first, second)]);
    assert_eq!(service.status(ORG, 2023, &third).await["jobbStatus"], "NY");
}

#[tokio::test]
async fn the_log_tells_of_jobs() {
    let service = Service::of(quick()).await;
    let first = service.job(PERSON, 2023).await;
    service.pass(2);
    let second = service.job(PERSON, 2023).await;
    let effects = service.sandbox.effects();
    let told: Vec<_> = effects.iter().map(|e| (e.nr, e.at.as_secs(), e.route.as_str())).collect();
    assert_eq!(
        told,
        [(1, 0, "last-opp"), (2, 0, "start"), (3, 2, "last-opp"), (4, 2, "start"), (5, 2, "start")]
    );
    let What::UploadStored { referanse } = &effects[2].what else { panic!("{effects:?}") };
    assert_eq!(effects[3].what, What::JobStarted { jobb_id: second.clone(), referanse: referanse.clone() });
    assert_eq!(effects[4].what, What::JobAborted { jobb_id: first, newer: second });
    assert!(effects.iter().all(|effect| effect.identifikator == "010190*****"));
}

#[tokio::test]
async fn the_first_jobs_of_an_identifier_can_fail() {
    let service = Service::of(quick().fails(2)).await;
    let mut ends = Vec::new();
    for id in [ORG, ORG, OTHER_ORG, ORG] {
        let job = service.job(id, 2023).await;
        service.pass(85);
        ends.push(service.status(id, 2023, &job).await["jobbStatus"].as_str().unwrap().to_owned());
        let result = service.result(id, 2023, &job).await.status;
        assert_eq!(result, if ends.last().unwrap() == "FERDIG" { 200 } else { 204 });
    }
    assert_eq!(ends, ["FEILET", "FEILET", "FEILET", "FERDIG"]);
}

#[tokio::test]
async fn a_job_is_known_only_where_it_belongs() {
    let service = Service::new().await;
    let job = service.job(ORG, 2023).await;
    for (id, year, job) in [(OTHER_ORG, 2023, job.as_str()), (ORG, 2024, &job), (ORG, 2023, "668226ad")] {
        for path in [status_path(id, year, job), result_path(id, year, job)] {
            let answer = service.get(&path).await;
            assert_eq!(
                (answer.status, answer.json()["kode"].as_str()),
                (404, Some("SANDBOX-JOBB")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_scenario_counts_from_the_jobs_that_begin_after_it() {
    let service = Service::of(quick()).await;
    let job = service.job(ORG, 2023).await;
    service.sandbox.set_scenario(Scenario::ok().runs_for(seconds(10_000)));
    service.pass(85);
    assert_eq!(service.status(ORG, 2023, &job).await["jobbStatus"], "FERDIG");
}
