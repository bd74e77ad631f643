//! Edition 2023, as the seed describes it and as it is not known to be.

use serde_json::{Value, json};
use skattebro_sandbox::{Edition2023, KravScenario, What};

use super::client::{
    AAR_2023, Client, NAV, NO_ID, OPPDRAGSGIVERS, SKATTEETATENS, aar_2023, assert_refused, by_id, by_own_id,
    clock, created, nav, sandbox, slug, text, with,
};
use crate::http::Answer;
use crate::service::Service;

async fn post(client: Client<'_>, body: &Value) -> Answer {
    client.call("POST", AAR_2023, body).await
}

async fn amend(client: Client<'_>, mut address: Value, beloep: i64) -> Answer {
    address["nyHovedstol"] = json!({"valuta": "NOK", "beloep": beloep});
    client.call("PUT", &format!("{AAR_2023}/endring"), &address).await
}

async fn write_off(client: Client<'_>, address: &Value) -> Answer {
    client.call("POST", &format!("{AAR_2023}/avskriving"), address).await
}

async fn get(client: Client<'_>, id: &str, what: &str) -> Answer {
    client.call("GET", &format!("{AAR_2023}/{id}/{what}"), &Value::Null).await
}

async fn of(edition: Edition2023) -> Service {
    Service::with(|builder| builder.clock(clock()).edition_2023(edition)).await
}

#[tokio::test]
async fn a_krav_goes_from_received_to_written_off() {
    let service = sandbox().await;
    let client = service.krav(NAV);
    let id = created(&post(client, &aar_2023("K-1")).await);
    let status = format!("mottaksstatus?{SKATTEETATENS}");
    assert_eq!(get(client, &id, &status).await.json()["mottaksstatus"], "MOTTATT_IKKE_BEHANDLET");
    // Not yet.
    for answer in [amend(client, by_id(&id), 8000).await, write_off(client, &by_id(&id)).await] {
        assert_eq!(
            (answer.status, slug(&answer).as_str()),
            (409, "innkrevingsoppdrag-er-ikke-reskontrofoert")
        );
    }
    service.pass(10);
    assert_eq!(get(client, &id, &status).await.json()["mottaksstatus"], "RESKONTROFOERT");
    // As the seed has it, without saying which id it is.
    assert_eq!(get(client, &id, "valideringsfeil").await.json(), json!({"valideringsfeil": []}));
    for _ in 0..2 {
        let answer = amend(client, by_id(&id), 8000).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    let answer = write_off(client, &by_id(&id)).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let answer = write_off(client, &by_id(&id)).await;
    assert_eq!(
        (answer.status, slug(&answer).as_str()),
        (409, "avskrevet-innkrevingsoppdrag-kan-ikke-avskrives")
    );
    let answer = amend(client, by_id(&id), 7000).await;
    assert_eq!(
        (answer.status, slug(&answer).as_str()),
        (409, "avskrevet-innkrevingsoppdrag-kan-ikke-endres")
    );

    let effects = service.sandbox.effects();
    let routes: Vec<_> = effects.iter().map(|effect| effect.route.as_str()).collect();
    assert_eq!(routes, ["krav-opprett", "krav-endring", "krav-avskriv"]);
    assert!(matches!(effects[1].what, What::HovedstolEndret { beloep: 8000, .. }));
    let seen = &client.seen()[0];
    assert_eq!((seen.edition.as_str(), seen.hovedstol, seen.avskrevet), ("2023", 8000, true));
    assert_eq!((seen.referanse.as_str(), &seen.renter[0].rentetype), ("S-23-1", &None));
}

#[tokio::test]
async fn rules_are_422_and_have_slugs() {
    let service = sandbox().await;
    let wrong = |pointer: &str, value: Value| with(aar_2023("K-1"), pointer, value);
    for (body, expected) in [
        (wrong("/kravtype", json!("TILBAKEKREVING_SYKEPENGER")), "kravtype-eksisterer-ikke"),
        (wrong("/hovedstol/beloep", json!(0)), "beloep-er-ikke-over-0"),
        (wrong("/oppdragsgiversSaksnummer", json!("")), "tom-oppdragsgivers-saksnummer"),
        (wrong("/oppdragsgiversSaksnummer", json!("a b")), "ugyldig-oppdragsgivers-saksnummer"),
        (aar_2023("K 1"), "ugyldig-oppdragsgivers-kravidentifikator"),
        (wrong("/fastsettelsesdato", json!("2026-03-11")), "ugyldig-fastsettelsesdato"),
        (
            wrong("/foreldelsesfristensUtgangspunkt", json!("2023-06-01")),
            "ugyldig-foreldelsesfristens-utgangspunkt",
        ),
        (wrong("/skyldner/identifikator", json!("13895118961")), "ugyldig-skyldners-identifikator"),
        (
            wrong("/renteBeloep", json!([{"valuta": "NOK", "beloep": 0, "renterIlagtDato": "2023-06-01"}])),
            "rentebeloep-er-ikke-over-0",
        ),
        (
            wrong("/renteBeloep", json!([{"valuta": "NOK", "beloep": 1, "renterIlagtDato": "2027-06-01"}])),
            "ugyldig-renterilagtdato",
        ),
        (wrong("/tilleggsinformasjon/stoenadstype", Value::Null), "ugyldig-tilleggsinformasjon"),
        (
            wrong("/tilleggsinformasjon/ytelserForAvregning/beloep", json!(0)),
            "ytelser-for-avregning-er-ikke-over-0",
        ),
        // What is not filled in rightly is 422 in this edition.
        (wrong("/oppdragsgiversSaksnummer", Value::Null), "ugyldig-forespoersel"),
        (wrong("/hovedstol/beloep", json!(9000.5)), "ugyldig-forespoersel"),
        (wrong("/renteBeloep", json!([{"valuta": "NOK", "beloep": 1}])), "ugyldig-forespoersel"),
    ] {
        let answer = post(service.anyone(), &body).await;
        assert_eq!((answer.status, slug(&answer).as_str()), (422, expected));
        assert_eq!(answer.json()["instance"], AAR_2023);
    }
    let bound = super::client::BRREG;
    assert_eq!(slug(&post(service.krav(bound), &aar_2023("K-1")).await), "ugyldig-kravtype");
    assert!(service.sandbox.effects().is_empty());
    let insurance = wrong("/kravtype", json!("FORSIKRINGSPREMIE_SELVSTENDIG_NAERINGSDRIVENDE"));
    created(&post(service.anyone(), &with(insurance, "/tilleggsinformasjon", Value::Null)).await);
}

#[tokio::test]
async fn the_other_calls_have_their_rules() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = created(&post(client, &aar_2023("K-1")).await);
    service.pass(10);
    let endring = format!("{AAR_2023}/endring");
    let answer = amend(client, by_id(&id), 0).await;
    assert_refused(&answer, "hovedstol-er-ikke-over-0", 422, "Hovedstol er ikke over 0", &endring);
    let answer = amend(client, by_id(NO_ID), 1).await;
    let title = "Innkrevingsoppdrag eksisterer ikke";
    assert_refused(&answer, "innkrevingsoppdrag-eksisterer-ikke", 404, title, &endring);
    let answer = write_off(client, &by_id("K-1")).await;
    assert_eq!((answer.status, slug(&answer).as_str()), (422, "ugyldig-kravidentifikator"));
    for answer in [
        amend(client, json!({"kravidentifikator": id}), 1).await,
        write_off(client, &json!({"kravidentifikatortype": "X", "kravidentifikator": id})).await,
        get(client, &id, "mottaksstatus").await,
        get(client, &id, "valideringsfeil?kravidentifikatortype=X").await,
    ] {
        assert_eq!((answer.status, slug(&answer).as_str()), (400, "ugyldig-forespoersel"));
    }
    // The calls of the other edition are not there.
    for what in ["avstemming", "hovedstol"] {
        let answer = get(client, &id, &format!("{what}?{SKATTEETATENS}")).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (404, Some("DAS-002")));
    }
}

#[tokio::test]
async fn the_dead_owe_nothing() {
    let service = sandbox().await;
    let client = service.anyone();
    let body = with(aar_2023("K-1"), "/skyldner/identifikator", json!("02827090096"));
    let id = created(&post(client, &body).await);
    service.pass(4);
    let answer = get(client, &id, "valideringsfeil").await.json();
    assert_eq!(answer["valideringsfeil"], json!([]), "nothing is proved yet");
    service.pass(1);
    let answer = get(client, &id, "valideringsfeil").await.json();
    assert_eq!(answer["valideringsfeil"][0]["error"], "PERSON_ER_DOED");
}

#[tokio::test]
async fn mottaksstatus_can_be_absent() {
    let service = of(Edition2023 { mottaksstatus: false, ..Edition2023::default() }).await;
    let client = service.anyone();
    let id = created(&post(client, &aar_2023("K-1")).await);
    let answer = get(client, &id, &format!("mottaksstatus?{SKATTEETATENS}")).await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (404, Some("DAS-002")));
    // The other edition is not hurt.
    let id = client.create(&nav("K-2")).await;
    assert_eq!(client.status(&id).await, "MOTTATT_IKKE_BEHANDLET");
    service.sandbox.set_edition_2023(Edition2023::default());
    assert_eq!(get(client, &id, &format!("mottaksstatus?{SKATTEETATENS}")).await.status, 200);
}

#[tokio::test]
async fn slugs_can_be_absent() {
    let service = of(Edition2023 { problem_slugs: false, ..Edition2023::default() }).await;
    let client = service.anyone();
    let id = created(&post(client, &aar_2023("K-1")).await);
    let answer = post(client, &aar_2023("K-1")).await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let expected = json!({
        "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
        "detail": "oppdragsgiversKravidentifikator=K-1 eksisterer allerede", "instance": AAR_2023
    });
    assert_eq!((answer.status, answer.json()), (422, expected));
    let answer = amend(client, by_id(&id), 1).await;
    assert_eq!((answer.status, answer.json()["title"].as_str()), (409, Some("Conflict")));
    assert_eq!(text(&answer.json()["detail"]), "Innkrevingsoppdraget er ikke reskontroført");
    assert_eq!(slug(&client.post(&json!({})).await), "ugyldig-forespoersel", "v1 keeps its slugs");
}

#[tokio::test]
async fn the_oppdragsgivers_id_may_or_may_not_address_a_krav() {
    for on in [false, true] {
        let service = of(Edition2023 { oppdragsgivers_id: on, ..Edition2023::default() }).await;
        let client = service.anyone();
        created(&post(client, &aar_2023("K-1")).await);
        service.pass(10);
        for answer in [
            get(client, "K-1", &format!("mottaksstatus?{OPPDRAGSGIVERS}")).await,
            get(client, "K-1", &format!("valideringsfeil?{OPPDRAGSGIVERS}")).await,
            amend(client, by_own_id("K-1"), 1).await,
            write_off(client, &by_own_id("K-1")).await,
        ] {
            assert_eq!(answer.status, if on { 200 } else { 422 }, "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn scenarios_hold_for_this_edition_too() {
    let service = sandbox().await;
    let kravtype = "TILBAKEKREVING_FEILUTBETALT_YTELSE";
    let id = created(&post(service.anyone(), &aar_2023("K-1")).await);
    service.pass(10);
    let refusing = KravScenario::default().cannot_be_amended(kravtype).cannot_be_written_off(kravtype);
    service.sandbox.set_krav_scenario(refusing.inactive(kravtype));
    let answer = amend(service.anyone(), by_id(&id), 1).await;
    assert_eq!((answer.status, slug(&answer).as_str()), (403, "kravtypen-kan-ikke-endres"));
    let answer = write_off(service.anyone(), &by_id(&id)).await;
    assert_eq!((answer.status, slug(&answer).as_str()), (403, "kravtypen-kan-ikke-avskrives"));
    assert_eq!(slug(&post(service.anyone(), &aar_2023("K-2")).await), "kravtype-er-inaktiv");
}
