//! The example bodies that all of the project's readings of the contract share.

use serde_json::Value;

use super::client::{AAR_2023, V1, created, sandbox};
use crate::schema::{data, skip};

fn example(name: &str) -> Option<Value> {
    let path = data().join("krav").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            skip(&format!("{} is absent", path.display()));
            None
        }
    }
}

#[tokio::test]
async fn creations_are_accepted() {
    let service = sandbox().await;
    for (name, base) in [
        ("v1-opprett-nav.json", V1),
        ("v1-opprett-brreg.json", V1),
        ("v1-opprett-fradato.json", V1),
        ("v1-opprett-minimal.json", V1),
        ("2023-opprett.json", AAR_2023),
    ] {
        let Some(body) = example(name) else { return };
        created(&service.anyone().call("POST", base, &body).await);
    }
}

/// The life that the examples tell is lived, and the reconciliation is the example but for ids and times.
#[tokio::test]
async fn changes_are_accepted_and_reconciled() {
    let service = sandbox().await;
    let client = service.anyone();
    let (Some(create), Some(hovedstol), Some(mut expected)) =
        (example("v1-opprett-nav.json"), example("v1-hovedstol.json"), example("v1-avstemming-svar.json"))
    else {
        return;
    };
    let id = client.create_and_settle(&create).await;
    let transaction = client.put(&id, "hovedstol", &hovedstol).await.json();
    let mut told = client.get(&id, "/avstemming").await.json();
    assert_eq!(told["kravidentifikator"], id);
    let change = "/endringer/hovedstol/0/transaksjonsid";
    assert_eq!(told.pointer(change), Some(&transaction["transaksjonsid"]));
    for document in [&mut told, &mut expected] {
        for place in [
            "/kravidentifikator",
            change,
            "/endringer/hovedstol/0/mottattTidspunkt",
            "/opprinneligInnkrevingsoppdrag/mottattTidspunkt",
        ] {
            assert!(document.pointer(place).unwrap().is_string(), "{place}");
            *document.pointer_mut(place).unwrap() = Value::Null;
        }
    }
    assert_eq!(told, expected);
    for (what, name) in
        [("renter", "v1-renter.json"), ("oppdragsgiversreferanse", "v1-oppdragsgiversreferanse.json")]
    {
        assert_eq!(client.put(&id, what, &example(name).unwrap()).await.status, 200, "{name}");
    }
    let write_off = example("v1-avskriving.json").unwrap();
    assert_eq!(client.call("POST", &format!("{V1}/avskriving"), &write_off).await.status, 200);
}

#[tokio::test]
async fn the_older_editions_changes_are_accepted() {
    let service = sandbox().await;
    let client = service.anyone();
    let (Some(create), Some(mut endring), Some(mut avskriving)) =
        (example("2023-opprett.json"), example("2023-endring.json"), example("2023-avskriving.json"))
    else {
        return;
    };
    let id = created(&client.call("POST", AAR_2023, &create).await);
    service.pass(10);
    endring["kravidentifikator"] = id.clone().into();
    avskriving["kravidentifikator"] = id.into();
    assert_eq!(client.call("PUT", &format!("{AAR_2023}/endring"), &endring).await.status, 200);
    assert_eq!(client.call("POST", &format!("{AAR_2023}/avskriving"), &avskriving).await.status, 200);
}

#[tokio::test]
async fn the_duplicates_problem_is_the_example() {
    let Some(expected) = example("v1-problem.json") else { return };
    let service = sandbox().await;
    let body = super::client::nav("K-2026-000088");
    service.anyone().create(&body).await;
    assert_eq!(service.anyone().post(&body).await.json(), expected);
}
