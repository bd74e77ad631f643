//! Faults on the krav API: what is done, and whether there is an answer.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{Delivery, Fault, FaultRule, ROUTES, RouteMatch, When};

use super::client::{AAR_2023, NO_ID, SKATTEETATENS, V1, aar_2023, by_id, nav, sandbox, slug};
use crate::http::Answer;
use crate::service::{Service, soon};

const SECOND: Duration = Duration::from_secs(1);

/// A creation under one fault; None where the connection closed without an answer.
async fn create_under(service: &Service, fault: Fault) -> Option<Answer> {
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, fault));
    service.anyone().try_call("POST", V1, &nav("K-1")).await
}

/// What a creation under the fault was answered, and how many krav there are then.
async fn outcome(fault: Fault) -> (Option<u16>, usize) {
    let service = sandbox().await;
    let answer = create_under(&service, fault).await;
    let effects = service.sandbox.effects();
    assert!(effects.iter().all(|effect| effect.delivery == Delivery::Normal));
    assert_eq!(effects.len(), service.anyone().seen().len());
    (answer.map(|answer| answer.status), effects.len())
}

#[tokio::test]
async fn every_fault_can_be_put_on_a_creation() {
    // Not done, answered.
    assert_eq!(outcome(Fault::TooManyRequests { retry_after: Some(SECOND) }).await, (Some(429), 0));
    assert_eq!(outcome(Fault::ErrorBefore(503)).await, (Some(503), 0));
    assert_eq!(outcome(Fault::HtmlInsteadOfJson).await, (Some(200), 0));
    assert_eq!(outcome(Fault::HtmlError(502)).await, (Some(502), 0));
    // Not done, not answered.
    assert_eq!(outcome(Fault::DropBefore).await, (None, 0));
    // Done, answered, though not always with the truth.
    assert_eq!(outcome(Fault::ErrorAfter(500)).await, (Some(500), 1));
    assert_eq!(outcome(Fault::EmptyOk).await, (Some(200), 1));
    assert_eq!(outcome(Fault::TruncatedBody).await, (Some(201), 1));
    assert_eq!(outcome(Fault::SlowDrip(Duration::from_millis(1))).await, (Some(201), 1));
    assert_eq!(outcome(Fault::Latency(Duration::from_millis(1))).await, (Some(201), 1));
    // Done, not answered.
    assert_eq!(outcome(Fault::DropAfter).await, (None, 1));
}

#[tokio::test]
async fn a_truncated_receipt_ends_in_its_middle() {
    let service = sandbox().await;
    let answer = create_under(&service, Fault::TruncatedBody).await.unwrap();
    assert!(!answer.complete() && serde_json::from_slice::<Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_late_creation_takes_the_id_when_it_comes() {
    let service = sandbox().await;
    assert!(create_under(&service, Fault::ActLate(60 * SECOND)).await.is_none());
    service.pass(59);
    assert!(service.anyone().seen().is_empty());
    service.pass(1);
    assert!(soon(|| service.anyone().seen().len() == 1).await);
    let effect = &service.sandbox.effects()[0];
    assert_eq!((effect.delivery, effect.at), (Delivery::Late, 60 * SECOND));
    let again = service.anyone().post(&nav("K-1")).await;
    assert_eq!(slug(&again), "oppdragsgivers-kravidentifikator-eksisterer-allerede");
}

#[tokio::test]
async fn a_creation_that_was_sent_again_makes_the_late_one_a_duplicate() {
    let service = sandbox().await;
    assert!(create_under(&service, Fault::ActLate(60 * SECOND)).await.is_none());
    // One more that is late, and later, to tell when the first has had its time.
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::ActLate(61 * SECOND)));
    assert!(service.anyone().try_call("POST", V1, &nav("K-2")).await.is_none());
    let id = service.anyone().create(&nav("K-1")).await;
    service.pass(60);
    service.pass(1);
    assert!(soon(|| service.sandbox.effects().len() == 2).await);
    let seen = service.anyone().seen();
    assert_eq!((seen.len(), seen[0].kravidentifikator.as_str()), (2, id.as_str()));
}

#[tokio::test]
async fn a_late_amendment_overwrites_a_newer_one() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&nav("K-1")).await;
    let hovedstol = |beloep: i64| json!({"hovedstol": {"valuta": "NOK", "beloep": beloep}});
    service.sandbox.inject(FaultRule::next("krav-hovedstol", 1, Fault::ActLate(60 * SECOND)));
    let path = format!("{V1}/{id}/hovedstol?{SKATTEETATENS}");
    assert!(client.try_call("PUT", &path, &hovedstol(1000)).await.is_none());
    assert_eq!(client.put(&id, "hovedstol", &hovedstol(2000)).await.status, 200);
    service.pass(60);
    assert!(soon(|| client.seen()[0].hovedstol == 1000).await);
}

#[tokio::test]
async fn twice_is_answered_by_the_second() {
    let service = sandbox().await;
    let answer = create_under(&service, Fault::Twice).await.unwrap();
    assert_eq!(slug(&answer), "oppdragsgivers-kravidentifikator-eksisterer-allerede");
    assert_eq!(service.sandbox.effects().len(), 1);
    // Without an id of its own there is nothing to know the second by.
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::Twice));
    service.anyone().create(&super::client::minimal()).await;
    let effects = service.sandbox.effects();
    assert_eq!((effects.len(), effects[2].delivery), (3, Delivery::Second));
}

#[tokio::test]
async fn a_creation_can_stay_without_an_answer() {
    let service = sandbox().await;
    service.sandbox.inject(FaultRule::next("krav-opprett", 1, Fault::NeverAnswer));
    let body = nav("K-1");
    let waiting = service.anyone().try_call("POST", V1, &body);
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn each_route_has_its_name() {
    let service = sandbox().await;
    let client = service.anyone();
    let mut named = Vec::new();
    for (method, path, route) in [
        ("POST", V1.to_owned(), "krav-opprett"),
        ("GET", format!("{V1}/{NO_ID}"), "krav-detaljer"),
        ("PUT", format!("{V1}/{NO_ID}/hovedstol"), "krav-hovedstol"),
        ("PUT", format!("{V1}/{NO_ID}/renter"), "krav-renter"),
        ("PUT", format!("{V1}/{NO_ID}/oppdragsgiversreferanse"), "krav-referanse"),
        ("POST", format!("{V1}/avskriving"), "krav-avskriv"),
        ("GET", format!("{V1}/{NO_ID}/mottaksstatus"), "krav-mottaksstatus"),
        ("GET", format!("{V1}/{NO_ID}/valideringsfeil"), "krav-valideringsfeil"),
        ("GET", format!("{V1}/{NO_ID}/avstemming"), "krav-avstemming"),
        ("POST", AAR_2023.to_owned(), "krav-opprett"),
        ("PUT", format!("{AAR_2023}/endring"), "krav-endring"),
        ("POST", format!("{AAR_2023}/avskriving"), "krav-avskriv"),
        ("GET", format!("{AAR_2023}/{NO_ID}/mottaksstatus"), "krav-mottaksstatus"),
        ("GET", format!("{AAR_2023}/{NO_ID}/valideringsfeil"), "krav-valideringsfeil"),
    ] {
        service.sandbox.inject(FaultRule::next(route, 1, Fault::ErrorBefore(503)));
        let answer = client.call(method, &path, &by_id(NO_ID)).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (503, Some("DAS-003")), "{route}");
        named.push(route);
        // A group hits it as well.
        let group = RouteMatch::Group("krav".to_owned());
        service.sandbox.inject(FaultRule {
            route: group,
            when: When::Next(1),
            fault: Fault::ErrorBefore(500),
        });
        assert_eq!(client.call(method, &path, &by_id(NO_ID)).await.status, 500, "{route}");
    }
    for route in ROUTES.into_iter().filter(|route| route.starts_with("krav-")) {
        assert!(named.contains(&route), "{route}");
    }
}

#[tokio::test]
async fn a_group_leaves_the_others_alone() {
    let service = sandbox().await;
    service.sandbox.inject(FaultRule::always("krav-*", Fault::ErrorBefore(503)));
    assert_eq!(service.get("/api/skattemelding/v2/ping").await.status, 200);
    assert_eq!(service.anyone().call("POST", AAR_2023, &aar_2023("K-1")).await.status, 503);
}
