//! The life of a krav in edition v1.

use std::time::Duration;

use serde_json::{Value, json};
use skattebro_sandbox::{KravEnding, KravRente, KravScenario, KravSelector, What};

use super::client::{
    Client, OPPDRAGSGIVERS, SKATTEETATENS, V1, by_own_id, minimal, nav, sandbox, slug, text, with,
};

pub(crate) async fn errors(client: Client<'_>, id: &str) -> Vec<String> {
    let answer = client.get(id, "/valideringsfeil").await.json();
    answer["valideringsfeil"].as_array().unwrap().iter().map(|error| text(&error["error"])).collect()
}

#[tokio::test]
async fn a_krav_goes_from_received_to_written_off() {
    let service = sandbox().await;
    let client = service.anyone();
    let received = with(nav("K-1"), "/ukjentFelt", json!({"a": [1, null]}));
    let id = client.create(&received).await;
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 4);

    let status = |after: u64, expected: &'static str, since: &'static str| {
        service.pass(after);
        let id = id.clone();
        async move {
            let told = client.get(&id, "/mottaksstatus").await.json();
            let expected = json!({
                "kravidentifikator": id, "oppdragsgiversKravidentifikator": "K-1",
                "mottaksstatus": expected, "statusOppdatert": since
            });
            assert_eq!(told, expected);
        }
    };
    status(0, "MOTTATT_IKKE_BEHANDLET", "2026-03-10T11:00:00Z").await;
    status(2, "MOTTATT_UNDER_BEHANDLING", "2026-03-10T11:00:02Z").await;
    status(7, "MOTTATT_UNDER_BEHANDLING", "2026-03-10T11:00:02Z").await;
    status(1, "RESKONTROFOERT", "2026-03-10T11:00:10Z").await;
    status(50, "RESKONTROFOERT", "2026-03-10T11:00:10Z").await;

    let hovedstol = json!({"hovedstol": {"valuta": "NOK", "beloep": 40000}, "ny": true});
    let first = client.put(&id, "hovedstol", &hovedstol).await;
    assert_eq!(first.status, 200);
    let referanse = json!({"nyOppdragsgiversReferanse": "SAK-2026/88-B"});
    let second = client.put(&id, "oppdragsgiversreferanse", &referanse).await;
    let renter = json!({"renter": [{"valuta": "NOK", "beloep": 3000, "rentetype": "STRAFFERENTE"}]});
    let third = client.put(&id, "renter", &renter).await;
    service.pass(60);
    // By the other id, in the body as it may be in the path.
    let fourth = client.call("POST", &format!("{V1}/avskriving"), &by_own_id("K-1")).await;

    let change = |body: &Value, answer: &crate::http::Answer| {
        json!([{
            "mottattEndring": body, "mottattTidspunkt": "2026-03-10T11:01:00Z",
            "transaksjonsid": answer.json()["transaksjonsid"]
        }])
    };
    let expected = json!({
        "kravidentifikator": id,
        "oppdragsgiversKravidentifikator": "K-1",
        "opprinneligInnkrevingsoppdrag": {
            "mottattInnkrevingsoppdrag": received, "mottattTidspunkt": "2026-03-10T11:00:00Z"
        },
        "endringer": {
            "hovedstol": change(&hovedstol, &first),
            "renter": change(&renter, &third),
            "oppdragsgiversReferanse": change(&referanse, &second),
            "periode": []
        },
        "avskriving": {
            "mottattAvskriving": by_own_id("K-1"), "mottattTidspunkt": "2026-03-10T11:02:00Z",
            "transaksjonsid": fourth.json()["transaksjonsid"]
        }
    });
    assert_eq!(client.get(&id, "/avstemming").await.json(), expected);

    let seen = &client.seen()[0];
    assert_eq!((seen.kravidentifikator.as_str(), seen.edition.as_str()), (id.as_str(), "v1"));
    assert_eq!((seen.hovedstol, seen.avskrevet, seen.referanse.as_str()), (40000, true, "SAK-2026/88-B"));
    let rente =
        KravRente { beloep: 3000, renter_ilagt_dato: None, rentetype: Some("STRAFFERENTE".to_owned()) };
    assert_eq!(seen.renter, [rente]);
}

#[tokio::test]
async fn every_change_is_an_effect_with_its_transaction() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&nav("K-1")).await;
    let hovedstol = json!({"hovedstol": {"valuta": "NOK", "beloep": 40000}});
    let one = text(&client.put(&id, "hovedstol", &hovedstol).await.json()["transaksjonsid"]);
    let renter = json!({"renter": []});
    let two = text(&client.put(&id, "renter", &renter).await.json()["transaksjonsid"]);
    let referanse = json!({"nyOppdragsgiversReferanse": "R-2"});
    let three = text(&client.put(&id, "oppdragsgiversreferanse", &referanse).await.json()["transaksjonsid"]);
    let four = text(&client.write_off(&id).await.json()["transaksjonsid"]);

    let effects = service.sandbox.effects();
    let routes: Vec<_> = effects.iter().map(|effect| effect.route.as_str()).collect();
    assert_eq!(routes, ["krav-opprett", "krav-hovedstol", "krav-renter", "krav-referanse", "krav-avskriv"]);
    assert!(
        effects.iter().all(|effect| effect.identifikator == client.number && effect.inntektsaar.is_none())
    );
    assert!(effects.iter().all(|effect| effect.korrelasjonsid.as_deref() == Some("k")));
    assert!(!format!("{effects:?}").contains("13895118960"));
    let told: Vec<_> = effects.into_iter().map(|effect| effect.what).collect();
    let (kravidentifikator, own_id) = (id, Some("K-1".to_owned()));
    let What::KravOpprettet { transaksjonsid, .. } = &told[0] else { panic!("{told:?}") };
    let expected = [
        What::KravOpprettet {
            kravidentifikator: kravidentifikator.clone(),
            oppdragsgivers_kravidentifikator: own_id.clone(),
            beloep: 48210,
            transaksjonsid: transaksjonsid.clone(),
        },
        What::HovedstolEndret {
            kravidentifikator: kravidentifikator.clone(),
            oppdragsgivers_kravidentifikator: own_id.clone(),
            beloep: 40000,
            transaksjonsid: one,
        },
        What::RenterEndret {
            kravidentifikator: kravidentifikator.clone(),
            oppdragsgivers_kravidentifikator: own_id.clone(),
            renter: vec![],
            transaksjonsid: two,
        },
        What::ReferanseEndret {
            kravidentifikator: kravidentifikator.clone(),
            oppdragsgivers_kravidentifikator: own_id.clone(),
            referanse: "R-2".to_owned(),
            transaksjonsid: three,
        },
        What::KravAvskrevet {
            kravidentifikator,
            oppdragsgivers_kravidentifikator: own_id,
            transaksjonsid: four,
        },
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_same_amendment_again_changes_nothing() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&nav("K-1")).await;
    let hovedstol = |beloep: i64| json!({"hovedstol": {"valuta": "NOK", "beloep": beloep}});
    let a = client.put(&id, "hovedstol", &hovedstol(40000)).await.json();
    assert_eq!(client.put(&id, "hovedstol", &hovedstol(40000)).await.json(), a);
    assert_eq!(service.sandbox.effects().len(), 2);
    let b = client.put(&id, "hovedstol", &hovedstol(30000)).await.json();
    // Back again is a change: what counts is what is in force.
    let c = client.put(&id, "hovedstol", &hovedstol(40000)).await.json();
    assert!(a != b && b != c && a != c);
    assert_eq!(service.sandbox.effects().len(), 4);
    // What the creation set is in force by the creation's transaction.
    let What::KravOpprettet { transaksjonsid, .. } = &service.sandbox.effects()[0].what else { panic!() };
    let same = json!({"nyOppdragsgiversReferanse": "SAK-2026/88"});
    let answer = client.put(&id, "oppdragsgiversreferanse", &same).await.json();
    assert_eq!(answer["transaksjonsid"], *transaksjonsid);
    let renter = json!({"renter": nav("K-1")["renteBeloep"]});
    assert_eq!(client.put(&id, "renter", &renter).await.json()["transaksjonsid"], *transaksjonsid);
    assert_eq!(service.sandbox.effects().len(), 4);
}

#[tokio::test]
async fn an_empty_list_of_errors_proves_nothing_before_validation() {
    let service = sandbox().await;
    let client = service.anyone();
    service.sandbox.set_krav_scenario(KravScenario::rejected("PERSON_ER_SLETTET"));
    let id = client.create(&nav("K-1")).await;
    service.pass(4);
    assert!(errors(client, &id).await.is_empty());
    service.pass(1);
    let answer = client.get(&id, "/valideringsfeil").await.json();
    let message = "Person med fødselsnummer=xxxxxx er slettet";
    let expected = json!({"valideringsfeil": [{"error": "PERSON_ER_SLETTET", "message": message}]});
    assert_eq!(answer, expected);
    assert_eq!(client.status(&id).await, "VALIDERINGSFEIL");
    service.pass(1000);
    assert_eq!(slug(&client.post(&nav("K-1")).await), "oppdragsgivers-kravidentifikator-eksisterer-allerede");
    let answer = client.write_off(&id).await;
    assert_eq!((answer.status, slug(&answer).as_str()), (409, "innkrevingsoppdrag-er-ikke-reskontrofoert"));
    assert_eq!(client.get(&id, "/avstemming").await.status, 404);
    // Again, with a new id.
    service.sandbox.set_krav_scenario(KravScenario::default());
    let good = client.create_and_settle(&nav("K-2")).await;
    assert!(errors(client, &good).await.is_empty());
}

#[tokio::test]
async fn every_mottaksstatus_can_be_reached() {
    let service = sandbox().await;
    let client = service.anyone();
    for (nr, (ending, status, amend, reconcile)) in [
        (KravEnding::Reskontrofoert, "RESKONTROFOERT", 200, 200),
        (KravEnding::Migrert, "MIGRERT", 200, 404),
        (KravEnding::SkalIkkeReskontrofoeres, "SKAL_IKKE_RESKONTROFOERES", 409, 404),
        (KravEnding::Valideringsfeil(vec![]), "VALIDERINGSFEIL", 409, 404),
        (KravEnding::MottattIkkeBehandlet, "MOTTATT_IKKE_BEHANDLET", 409, 404),
        (KravEnding::MottattUnderBehandling, "MOTTATT_UNDER_BEHANDLING", 409, 404),
        (KravEnding::Status("EN_NY_STATUS".to_owned()), "EN_NY_STATUS", 409, 404),
    ]
    .into_iter()
    .enumerate()
    {
        let own_id = format!("K-{nr}");
        let selector = KravSelector::OppdragsgiversKravidentifikator(own_id.clone());
        service.sandbox.set_krav_scenario_for(selector, KravScenario::ending(ending));
        let id = client.create(&nav(&own_id)).await;
        service.pass(100_000);
        assert_eq!(client.status(&id).await, status);
        let referanse = json!({"nyOppdragsgiversReferanse": "R"});
        let answer = client.put(&id, "oppdragsgiversreferanse", &referanse).await;
        assert_eq!(answer.status, amend, "{status}");
        assert_eq!(client.get(&id, "/avstemming").await.status, reconcile, "{status}");
    }
    let id = client.create_and_settle(&nav("K-99")).await;
    assert_eq!(client.status(&id).await, "RESKONTROFOERT");
}

#[tokio::test]
async fn krav_keep_the_course_they_were_created_with() {
    let service = sandbox().await;
    let client = service.anyone();
    let slow = KravScenario::default().settled_after(Duration::from_secs(3600));
    service.sandbox.set_krav_scenario_for(KravSelector::Skyldner("13895118960".to_owned()), slow);
    let (slow, quick) = (client.create(&nav("K-1")).await, client.create(&minimal()).await);
    service.sandbox.set_krav_scenario(KravScenario::rejected("ORGANISASJON_ER_SLETTET"));
    service.pass(10);
    assert_eq!(client.status(&quick).await, "RESKONTROFOERT");
    assert_eq!(client.status(&slow).await, "MOTTATT_UNDER_BEHANDLING");
    service.pass(3590);
    assert_eq!(client.status(&slow).await, "RESKONTROFOERT");
}

#[tokio::test]
async fn both_ids_address_a_krav() {
    let service = sandbox().await;
    let client = service.anyone();
    // Letters and a slash, which must be escaped in a path.
    let id = client.create_and_settle(&nav("Å/1-ø")).await;
    let own = format!("{V1}/%C3%85%2F1-%C3%B8");
    for what in ["/mottaksstatus", "/valideringsfeil", "/avstemming", ""] {
        let one = client.call("GET", &format!("{own}{what}?{OPPDRAGSGIVERS}"), &Value::Null).await;
        let other = client.call("GET", &format!("{V1}/{id}{what}?{SKATTEETATENS}"), &Value::Null).await;
        assert_eq!((one.status, one.json()), (200, other.json()), "{what}");
    }
    let hovedstol = json!({"hovedstol": {"valuta": "NOK", "beloep": 5}});
    let answer = client.call("PUT", &format!("{own}/hovedstol?{OPPDRAGSGIVERS}"), &hovedstol).await;
    assert_eq!(answer.status, 200);
    assert_eq!(client.seen()[0].hovedstol, 5);
}

#[tokio::test]
async fn details_are_the_ledgers_lines() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&nav("K-1")).await;
    client.put(&id, "hovedstol", &json!({"hovedstol": {"valuta": "NOK", "beloep": 40000}})).await;
    let nok = |beloep: i64| json!({"valuta": "NOK", "beloep": beloep});
    let line = |kind: &str, original: i64, left: i64| json!({"kravlinjetype": kind, "opprinneligBeloep": nok(original), "gjenstaaendeBeloep": nok(left)});
    let details = client.get(&id, "").await.json();
    let lines = json!([line("HOVEDSTOL", 48210, 40000), line("STRAFFERENTE", 4821, 4821)]);
    assert_eq!(details["kravlinjer"], lines);
    assert_eq!(details["kravgrunnlag"]["kravidentifikator"], id);
    client.write_off(&id).await;
    let details = client.get(&id, "").await.json();
    assert_eq!(details["kravlinjer"][0]["gjenstaaendeBeloep"], nok(0));
}

#[tokio::test]
async fn a_krav_without_an_own_id_shows_none() {
    let service = sandbox().await;
    let client = service.anyone();
    let id = client.create_and_settle(&minimal()).await;
    assert_ne!(client.create(&minimal()).await, id);
    for what in ["/mottaksstatus", "/avstemming"] {
        let told = client.get(&id, what).await.json();
        assert!(told.get("oppdragsgiversKravidentifikator").is_none(), "{told}");
    }
    assert_eq!(client.seen()[0].oppdragsgivers_kravidentifikator, None);
}
