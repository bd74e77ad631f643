//! The rules of the calls on a krav, in edition v1.

use serde_json::{Value, json};
use skattebro_sandbox::KravScenario;

use super::client::{
    Client, NO_ID, OPPDRAGSGIVERS, SKATTEETATENS, V1, assert_refused, by_id, by_own_id, nav, sandbox, with,
};
use crate::http::Answer;

/// The calls with an id in their path: method, path behind the id, body.
fn calls() -> [(&'static str, &'static str, Value); 7] {
    [
        ("PUT", "/hovedstol", json!({"hovedstol": {"valuta": "NOK", "beloep": 1}})),
        ("PUT", "/renter", json!({"renter": []})),
        ("PUT", "/oppdragsgiversreferanse", json!({"nyOppdragsgiversReferanse": "R"})),
        ("GET", "/mottaksstatus", Value::Null),
        ("GET", "/valideringsfeil", Value::Null),
        ("GET", "/avstemming", Value::Null),
        ("GET", "", Value::Null),
    ]
}

/// Every call, with this id and type, must be refused by the rule.
async fn all_refused(client: Client<'_>, id: &str, query: &str, slug: &str, status: u16, title: &str) {
    for (method, what, body) in calls() {
        let answer = client.call(method, &format!("{V1}/{id}{what}?{query}"), &body).await;
        assert_refused(&answer, slug, status, title, &format!("{V1}{what}"));
    }
}

async fn all_amendments(client: Client<'_>, id: &str) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for (method, what, body) in calls().into_iter().filter(|(method, ..)| *method == "PUT") {
        let answer = client.call(method, &format!("{V1}/{id}{what}?{SKATTEETATENS}"), &body).await;
        answers.push((what, answer));
    }
    answers
}

#[tokio::test]
async fn ugyldig_kravidentifikator() {
    let service = sandbox().await;
    let (slug, title) = ("ugyldig-kravidentifikator", "Ugyldig kravidentifikator");
    for id in ["K-1", "3f1c9f3e6f0e4a599a400e6a3b1f8c11", "%FF"] {
        all_refused(service.anyone(), id, SKATTEETATENS, slug, 422, title).await;
    }
    let answer = service.anyone().write_off("K-1").await;
    assert_refused(&answer, slug, 422, title, &format!("{V1}/avskriving"));
}

#[tokio::test]
async fn ugyldig_oppdragsgivers_kravidentifikator() {
    let service = sandbox().await;
    let slug = "ugyldig-oppdragsgivers-kravidentifikator";
    let title = "Ugyldig oppdragsgivers kravidentifikator";
    all_refused(service.anyone(), "K_1", OPPDRAGSGIVERS, slug, 422, title).await;
    let answer = service.anyone().call("POST", &format!("{V1}/avskriving"), &by_own_id("K_1")).await;
    assert_refused(&answer, slug, 422, title, &format!("{V1}/avskriving"));
}

#[tokio::test]
async fn innkrevingsoppdrag_eksisterer_ikke() {
    let service = sandbox().await;
    let (slug, title) = ("innkrevingsoppdrag-eksisterer-ikke", "Innkrevingsoppdrag eksisterer ikke");
    all_refused(service.anyone(), NO_ID, SKATTEETATENS, slug, 404, title).await;
    all_refused(service.anyone(), "K-1", OPPDRAGSGIVERS, slug, 404, title).await;
    for body in [by_id(NO_ID), by_own_id("K-1")] {
        let answer = service.anyone().call("POST", &format!("{V1}/avskriving"), &body).await;
        assert_refused(&answer, slug, 404, title, &format!("{V1}/avskriving"));
    }
}

#[tokio::test]
async fn kravidentifikatortype_is_asked_for_everywhere() {
    let service = sandbox().await;
    let (slug, title) = ("ugyldig-forespoersel", "Ugyldig forespørsel");
    for query in ["", "kravidentifikatortype=ANNET", "kravidentifikatortype="] {
        all_refused(service.anyone(), NO_ID, query, slug, 400, title).await;
    }
    for body in
        [json!({"kravidentifikator": NO_ID}), with(by_id(NO_ID), "/kravidentifikatortype", json!("X"))]
    {
        let answer = service.anyone().call("POST", &format!("{V1}/avskriving"), &body).await;
        assert_refused(&answer, slug, 400, title, &format!("{V1}/avskriving"));
    }
}

#[tokio::test]
async fn hovedstol_er_ikke_over_0() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    for beloep in [0, -5] {
        let body = json!({"hovedstol": {"valuta": "NOK", "beloep": beloep}});
        let answer = service.anyone().put(&id, "hovedstol", &body).await;
        let instance = format!("{V1}/hovedstol");
        assert_refused(&answer, "hovedstol-er-ikke-over-0", 422, "Hovedstol er ikke over 0", &instance);
    }
}

#[tokio::test]
async fn rentebeloep_er_under_0() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    let of =
        |beloep: i64| json!({"renter": [{"valuta": "NOK", "beloep": beloep, "rentetype": "STRAFFERENTE"}]});
    let answer = service.anyone().put(&id, "renter", &of(-1)).await;
    let instance = format!("{V1}/renter");
    assert_refused(&answer, "rentebeloep-er-under-0", 422, "Rentebeloep er under 0", &instance);
    assert_eq!(service.anyone().put(&id, "renter", &of(0)).await.status, 200);
}

#[tokio::test]
async fn a_new_reference_follows_the_rules_of_the_first() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    for (text, slug, title) in [
        ("", "tom-oppdragsgivers-referanse", "Tom oppdragsgivers referanse"),
        ("a b", "ugyldig-oppdragsgivers-referanse", "Ugyldig oppdragsgivers referanse"),
    ] {
        let body = json!({"nyOppdragsgiversReferanse": text});
        let answer = service.anyone().put(&id, "oppdragsgiversreferanse", &body).await;
        assert_refused(&answer, slug, 422, title, &format!("{V1}/oppdragsgiversreferanse"));
    }
}

#[tokio::test]
async fn innkrevingsoppdrag_er_ikke_reskontrofoert() {
    let service = sandbox().await;
    let id = service.anyone().create(&nav("K-1")).await;
    let slug = "innkrevingsoppdrag-er-ikke-reskontrofoert";
    let title = "Innkrevingsoppdrag er ikke reskontrofoert";
    for _ in 0..10 {
        for (what, answer) in all_amendments(service.anyone(), &id).await {
            assert_refused(&answer, slug, 409, title, &format!("{V1}{what}"));
        }
        let answer = service.anyone().write_off(&id).await;
        assert_refused(&answer, slug, 409, title, &format!("{V1}/avskriving"));
        for what in ["/avstemming", ""] {
            let answer = service.anyone().get(&id, what).await;
            assert_refused(&answer, slug, 404, title, &format!("{V1}{what}"));
        }
        service.pass(1);
    }
    assert_eq!(service.sandbox.effects().len(), 1);
    for (_, answer) in all_amendments(service.anyone(), &id).await {
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn avskrevet_innkrevingsoppdrag_kan_ikke_endres() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    // What is in force already is refused too.
    for (_, answer) in all_amendments(service.anyone(), &id).await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(service.anyone().write_off(&id).await.status, 200);
    for (what, answer) in all_amendments(service.anyone(), &id).await {
        let slug = "avskrevet-innkrevingsoppdrag-kan-ikke-endres";
        let title = "Avskrevet innkrevingsoppdrag kan ikke endres";
        assert_refused(&answer, slug, 409, title, &format!("{V1}{what}"));
    }
}

#[tokio::test]
async fn avskrevet_innkrevingsoppdrag_kan_ikke_avskrives() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    assert_eq!(service.anyone().write_off(&id).await.status, 200);
    let answer = service.anyone().write_off(&id).await;
    let slug = "avskrevet-innkrevingsoppdrag-kan-ikke-avskrives";
    let title = "Avskrevet innkrevingsoppdrag kan ikke avskrives";
    assert_refused(&answer, slug, 409, title, &format!("{V1}/avskriving"));
    assert_eq!(service.sandbox.effects().len(), 2);
}

#[tokio::test]
async fn kravtypen_kan_ikke_endres() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    let scenario = KravScenario::default().cannot_be_amended("TILBAKEKREVING_SYKEPENGER");
    service.sandbox.set_krav_scenario(scenario);
    for (what, answer) in all_amendments(service.anyone(), &id).await {
        let title = "Kravtypen kan ikke endres";
        assert_refused(&answer, "kravtypen-kan-ikke-endres", 403, title, &format!("{V1}{what}"));
    }
    assert_eq!(service.anyone().write_off(&id).await.status, 200);
}

#[tokio::test]
async fn kravtypen_kan_ikke_avskrives() {
    let service = sandbox().await;
    let id = service.anyone().create_and_settle(&nav("K-1")).await;
    let scenario = KravScenario::default().cannot_be_written_off("TILBAKEKREVING_SYKEPENGER");
    service.sandbox.set_krav_scenario(scenario);
    let answer = service.anyone().write_off(&id).await;
    let title = "Kravtypen kan ikke avskrives";
    assert_refused(&answer, "kravtypen-kan-ikke-avskrives", 403, title, &format!("{V1}/avskriving"));
    for (_, answer) in all_amendments(service.anyone(), &id).await {
        assert_eq!(answer.status, 200);
    }
}
