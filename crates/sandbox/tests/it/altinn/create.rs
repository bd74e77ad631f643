//! Creating instances, finding them, and who may.

use serde_json::{Value, json};

use super::client::{APP_ID, BASE, JSON, PID, creation};
use crate::service::{ORG, OTHER_ORG, PERSON, Service};

#[tokio::test]
async fn an_instance_is_created_with_its_metadata_element_first() {
    let service = Service::new().await;
    let answer = service
        .person(PID)
        .post_instance(&creation(ORG, json!({"inntektsaar": 2023, "skalBekreftesAvRevisor": true})))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let instance = answer.json();
    let (party, guid) = instance["id"].as_str().unwrap().split_once('/').unwrap();
    assert_eq!(guid.len(), 36);
    assert_eq!(
        instance["instanceOwner"],
        json!({"partyId": party, "personNumber": null, "organisationNumber": ORG})
    );
    assert_eq!(instance["appId"], APP_ID);
    assert_eq!(instance["dataValues"], json!({"inntektsaar": "2023", "skalBekreftesAvRevisor": "true"}));
    let process = &instance["process"];
    assert_eq!((&process["currentTask"]["elementId"], &process["ended"]), (&json!("Task_1"), &Value::Null));
    assert_eq!(process["currentTask"]["altinnTaskType"], "data");
    assert_eq!(instance["created"], instance["lastChanged"]);
    let data = instance["data"].as_array().unwrap();
    assert_eq!(data.len(), 1);
    for (key, value) in [
        ("dataType", "Skattemeldingsapp_v2"),
        ("contentType", "application/json"),
        ("fileScanResult", "NotApplicable"),
        ("instanceGuid", guid),
    ] {
        assert_eq!(data[0][key], value);
    }
    assert_eq!(service.done(), ["instans_opprettet"]);
    assert_eq!(service.person(PID).look(instance["id"].as_str().unwrap()).await, instance);
}

#[tokio::test]
async fn the_owner_is_named_in_one_of_three_ways() {
    let service = Service::new().await;
    let app = service.systembruker(ORG);
    let party = app.get("/api/v1/profile/user").await.json()["partyId"].as_u64().unwrap();
    let by_party = json!({"instanceOwner": {"partyId": party.to_string()}, "appId": APP_ID});
    let instance = app.post_instance(&by_party).await;
    assert_eq!(instance.status, 201, "{}", instance.text());
    assert_eq!(instance.json()["instanceOwner"]["organisationNumber"], ORG);
    assert!(app.instance_of(ORG).await.starts_with(&format!("{party}/")));

    let person = service.person(PERSON).instance_of(PERSON).await;
    let seen = service.person(PERSON).look(&person).await;
    assert_eq!(seen["instanceOwner"]["personNumber"], PERSON);
    assert_eq!(service.sandbox.instances()[2].eier, "010190*****");
}

#[tokio::test]
async fn a_party_is_known_before_anybody_asked_for_its_number() {
    let asked = Service::new().await;
    let party = asked.person(PID).get("/api/v1/profile/user").await.json()["partyId"].clone();
    let fresh = Service::new().await;
    let by_party = json!({"instanceOwner": {"partyId": party.to_string()}, "appId": APP_ID});
    assert_eq!(fresh.person(PID).post_instance(&by_party).await.status, 201);
}

#[tokio::test]
async fn what_cannot_be_created_is_refused() {
    let service = Service::new().await;
    let app = service.anybody();
    let owner = json!({"organisationNumber": ORG});
    for (body, why) in [
        (json!({"instanceOwner": owner, "appId": "skd/en-annen-app"}), "another app"),
        (json!({"instanceOwner": owner}), "no app"),
        (json!({"appId": APP_ID}), "no owner"),
        (
            json!({"instanceOwner": {"organisationNumber": ORG, "partyId": "1"}, "appId": APP_ID}),
            "two owners",
        ),
        (json!({"instanceOwner": {"organisationNumber": PERSON}, "appId": APP_ID}), "a person's number"),
        (json!({"instanceOwner": {"personNumber": ORG}, "appId": APP_ID}), "an organisation's number"),
        (json!({"instanceOwner": {"partyId": "1"}, "appId": APP_ID}), "nobody's party"),
        (creation("974761077", Value::Null), "check digits"),
        (creation(ORG, json!({"inntektsaar": "i fjor"})), "no year"),
        (json!([]), "no object"),
    ] {
        assert_eq!(app.post_instance(&body).await.status, 400, "{why}");
    }
    let path = format!("{BASE}/instances/");
    let body = creation(ORG, Value::Null).to_string();
    assert_eq!(app.call("POST", &path, &[], body.as_bytes()).await.status, 415);
    assert_eq!(app.call("POST", &path, &[JSON], b"{").await.status, 400);
    let slashless = app.call("POST", path.trim_end_matches('/'), &[JSON], body.as_bytes()).await;
    assert_eq!(slashless.status, 201, "with or without the final slash");
    assert_eq!(service.done(), ["instans_opprettet"]);
}

#[tokio::test]
async fn a_machine_acts_for_its_own_organisation_only() {
    let service = Service::new().await;
    let id = service.systembruker(ORG).instance_of(ORG).await;
    let other = service.systembruker(OTHER_ORG);
    assert_eq!(other.post_instance(&creation(ORG, Value::Null)).await.status, 403);
    assert_eq!(other.get(&format!("/instances/{id}")).await.status, 403);
    assert_eq!(other.next(&id).await.status, 403);
    let party = id.split('/').next().unwrap();
    assert_eq!(other.get(&format!("/instances/{party}/active")).await.status, 403);
    assert_eq!(service.person(PID).post_instance(&creation(PERSON, Value::Null)).await.status, 403);
    for unknown in ["1/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d", "1/x", "x/y"] {
        assert_eq!(other.get(&format!("/instances/{unknown}")).await.status, 404, "{unknown}");
    }
    let consumer = service.holder(&json!({"consumer": {"ID": format!("0192:{ORG}")}}));
    assert_eq!(consumer.get(&format!("/instances/{id}")).await.status, 200);
    let path = format!("{BASE}/instances/{id}");
    let bare = crate::http::call(service.sandbox.addr(), "GET", &path, &[], b"").await;
    assert_eq!(bare.status, 401);
}

#[tokio::test]
async fn open_instances_are_listed_until_their_process_has_ended() {
    let service = Service::new().await;
    let app = service.person(PID);
    let first = app.ready(ORG).await;
    let second = app.instance_of(ORG).await;
    app.instance_of(OTHER_ORG).await;
    let listed = async || {
        let party = first.split('/').next().unwrap();
        let list = app.get(&format!("/instances/{party}/active")).await.json();
        let ids = list.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned());
        assert!(list[0]["lastChanged"].is_string() && list[0]["lastChangedBy"].is_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [first.clone(), second.clone()]);
    app.step(&first).await;
    app.step(&first).await;
    assert_eq!(listed().await, [first.clone(), second.clone()], "submitted, and no receipt yet");
    service.pass(30);
    assert_eq!(listed().await, [second]);
}
