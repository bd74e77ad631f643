//! The rules of a creation that hold for all, each by its name and in its place.

use serde_json::{Value, json};
use skattebro_sandbox::KravScenario;

use super::client::{BRREG, Client, NAV, V1, assert_refused, brreg, minimal, nav, sandbox, slug, with};

/// The body must be refused by the rule, and by no other.
async fn refused(client: Client<'_>, body: Value, slug: &str, title: &str) {
    refused_with(client, body, slug, 422, title).await;
}

async fn refused_with(client: Client<'_>, body: Value, slug: &str, status: u16, title: &str) {
    assert_refused(&client.post(&body).await, slug, status, title, V1);
    assert!(client.service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn kravtype_eksisterer_ikke() {
    let service = sandbox().await;
    for unknown in ["TILBAKEKREVING_FEILUTBETALT_YTELSE", "tilbakekreving_sykepenger", ""] {
        let body = with(nav("K-1"), "/kravtype", json!(unknown));
        refused(service.anyone(), body, "kravtype-eksisterer-ikke", "Kravtype eksisterer ikke").await;
    }
}

#[tokio::test]
async fn kravtype_er_inaktiv() {
    let service = sandbox().await;
    service.sandbox.set_krav_scenario(KravScenario::default().inactive("TILBAKEKREVING_SYKEPENGER"));
    refused(service.anyone(), nav("K-1"), "kravtype-er-inaktiv", "Kravtype er inaktiv").await;
    assert_eq!(service.anyone().post(&minimal()).await.status, 201);
}

#[tokio::test]
async fn beloep_er_ikke_over_0() {
    let service = sandbox().await;
    for beloep in [0, -1] {
        let body = with(nav("K-1"), "/hovedstol/beloep", json!(beloep));
        refused(service.anyone(), body, "beloep-er-ikke-over-0", "Beloep er ikke over 0").await;
    }
}

#[tokio::test]
async fn tom_oppdragsgivers_referanse() {
    let service = sandbox().await;
    let body = with(nav("K-1"), "/oppdragsgiversReferanse", json!(""));
    refused(service.anyone(), body, "tom-oppdragsgivers-referanse", "Tom oppdragsgivers referanse").await;
}

#[tokio::test]
async fn ugyldig_oppdragsgivers_referanse() {
    let service = sandbox().await;
    for wrong in ["a b", "SAK_1", "é", &"x".repeat(41)] {
        let body = with(nav("K-1"), "/oppdragsgiversReferanse", json!(wrong));
        let title = "Ugyldig oppdragsgivers referanse";
        refused(service.anyone(), body, "ugyldig-oppdragsgivers-referanse", title).await;
    }
    let right = with(minimal(), "/oppdragsgiversReferanse", json!("å".repeat(40)));
    assert_eq!(service.anyone().post(&right).await.status, 201);
}

#[tokio::test]
async fn ugyldig_oppdragsgivers_kravidentifikator() {
    let service = sandbox().await;
    for wrong in ["", "K 1", "K.1", &"x".repeat(41)] {
        let title = "Ugyldig oppdragsgivers kravidentifikator";
        refused(service.anyone(), nav(wrong), "ugyldig-oppdragsgivers-kravidentifikator", title).await;
    }
}

#[tokio::test]
async fn oppdragsgivers_kravidentifikator_eksisterer_allerede() {
    let service = sandbox().await;
    service.anyone().create(&nav("K-1")).await;
    // Another content does not help, and neither does time.
    service.pass(1000);
    let other = with(nav("K-1"), "/hovedstol/beloep", json!(1));
    let answer = service.anyone().post(&other).await;
    let title = "Oppdragsgivers kravidentifikator eksisterer allerede";
    assert_refused(&answer, "oppdragsgivers-kravidentifikator-eksisterer-allerede", 422, title, V1);
    assert_eq!(answer.json()["detail"], "oppdragsgiversKravidentifikator=K-1 eksisterer allerede");
    assert_eq!(service.sandbox.effects().len(), 1);
}

#[tokio::test]
async fn ugyldig_fastsettelsesdato() {
    let service = sandbox().await;
    let on = |date: &str| {
        let body = with(nav("K-1"), "/fastsettelsesdato", json!(date));
        with(body, "/foreldelsesfristensUtgangspunkt", Value::Null)
    };
    refused(service.anyone(), on("2026-03-11"), "ugyldig-fastsettelsesdato", "Ugyldig fastsettelsesdato")
        .await;
    // Until midnight in Oslo, which is eleven in the evening by the universal clock.
    service.pass(12 * 3600 - 1);
    assert_eq!(slug(&service.anyone().post(&on("2026-03-11")).await), "ugyldig-fastsettelsesdato");
    service.pass(1);
    service.anyone().create(&on("2026-03-11")).await;
}

#[tokio::test]
async fn ugyldig_foreldelsesfristens_utgangspunkt() {
    let service = sandbox().await;
    for date in ["2026-03-02", "2026-03-03"] {
        let body = with(nav("K-1"), "/foreldelsesfristensUtgangspunkt", json!(date));
        let title = "Ugyldig foreldelsesfristens utgangspunkt";
        refused(service.anyone(), body, "ugyldig-foreldelsesfristens-utgangspunkt", title).await;
    }
    let body = with(nav("K-1"), "/foreldelsesfristensUtgangspunkt", json!("2026-03-01"));
    assert_eq!(service.anyone().post(&body).await.status, 201);
}

#[tokio::test]
async fn ugyldig_tilleggsfrist_etter_foreldelsesloven() {
    let service = sandbox().await;
    let body = with(nav("K-1"), "/tilleggsfristEtterForeldelsesloven", json!("2026-03-01"));
    let title = "Ugyldig tilleggsfrist etter foreldelsesloven";
    refused(service.anyone(), body, "ugyldig-tilleggsfrist-etter-foreldelsesloven", title).await;
}

#[tokio::test]
async fn tilleggsfrist_etter_foreldelsesloven_eldre_enn_10_maaneder() {
    let service = sandbox().await;
    let on = |date: &str| with(minimal(), "/tilleggsfristEtterForeldelsesloven", json!(date));
    let title = "Tilleggsfrist etter foreldelsesloven eldre enn 10 måneder";
    let slug = "tilleggsfrist-etter-foreldelsesloven-eldre-enn-10-maaneder";
    refused(service.anyone(), on("2025-05-09"), slug, title).await;
    assert_eq!(service.anyone().post(&on("2025-05-10")).await.status, 201);
}

#[tokio::test]
async fn ugyldig_skyldners_identifikator() {
    let service = sandbox().await;
    for (kind, number) in [
        ("PERSON", "13895118961"),
        ("PERSON", "974761076"),
        ("PERSON", ""),
        ("ORGANISASJON", "974761077"),
        ("ORGANISASJON", "13895118960"),
    ] {
        let skyldner = json!({"identifikatortype": kind, "identifikator": number});
        let body = with(nav("K-1"), "/skyldner", skyldner);
        let title = "Ugyldig skyldners identifikator";
        refused(service.anyone(), body, "ugyldig-skyldners-identifikator", title).await;
    }
}

#[tokio::test]
async fn persons_may_be_synthetic_or_have_d_numbers() {
    let service = sandbox().await;
    for number in ["01017090425", "41017090338", "01417090084", "01667090292", "08846328271"] {
        let body = with(nav(number), "/skyldner/identifikator", json!(number));
        assert_eq!(service.anyone().post(&body).await.status, 201, "{number}");
    }
}

#[tokio::test]
async fn ugyldig_kravtype() {
    let service = sandbox().await;
    let title = "Ugyldig kravtype";
    refused(service.krav(BRREG), nav("K-1"), "ugyldig-kravtype", title).await;
    refused(service.krav(NAV), brreg(), "ugyldig-kravtype", title).await;
    refused(service.krav(NAV), minimal(), "ugyldig-kravtype", title).await;
    service.krav(NAV).create(&nav("K-1")).await;
    service.krav(BRREG).create(&brreg()).await;
    service.anyone().create(&nav("K-1")).await;
    service.anyone().create(&brreg()).await;
}

#[tokio::test]
async fn rentebeloep_er_ikke_over_0() {
    let service = sandbox().await;
    let rente = json!([{"valuta": "NOK", "beloep": 0, "rentetype": "STRAFFERENTE"}]);
    let body = with(nav("K-1"), "/renteBeloep", rente);
    refused(service.anyone(), body, "rentebeloep-er-ikke-over-0", "Rentebeloep er ikke over 0").await;
}

#[tokio::test]
async fn ugyldig_renterilagtdato() {
    let service = sandbox().await;
    let on = |date: &str| {
        let rente = json!([
            {"valuta": "NOK", "beloep": 1, "renterIlagtDato": date, "rentetype": "STRAFFERENTE"}
        ]);
        with(nav("K-1"), "/renteBeloep", rente)
    };
    refused(service.anyone(), on("2026-03-11"), "ugyldig-renterilagtdato", "Ugyldig renterilagtdato").await;
    assert_eq!(service.anyone().post(&on("2026-03-10")).await.status, 201);
}

#[tokio::test]
async fn ugyldig_tilleggsinformasjon() {
    let service = sandbox().await;
    let period = "/tilleggsinformasjon/tilbakekrevingsperiode";
    let ytelser = "/tilleggsinformasjon/ytelserForAvregning";
    for body in [
        with(nav("K-1"), "/tilleggsinformasjon", Value::Null),
        with(nav("K-1"), "/tilleggsinformasjon", json!("x")),
        with(nav("K-1"), period, Value::Null),
        with(nav("K-1"), period, json!({"fom": "2025-09-01"})),
        with(nav("K-1"), period, json!({"fom": "2025-09-01", "tom": "30.11.2025"})),
        with(nav("K-1"), ytelser, json!({"valuta": "EUR", "beloep": 1})),
        with(nav("K-1"), ytelser, json!({"valuta": "NOK", "beloep": 0.5})),
        with(brreg(), "/tilleggsinformasjon", Value::Null),
        with(brreg(), "/tilleggsinformasjon/periode", Value::Null),
        with(brreg(), "/tilleggsinformasjon/stoppdatoForLøpendeMulkt", json!(1)),
    ] {
        let (slug, title) = ("ugyldig-tilleggsinformasjon", "Ugyldig tilleggsinformasjon");
        refused_with(service.anyone(), body, slug, 400, title).await;
    }
    // The others have none, and what they send there is of no importance.
    let body = with(minimal(), "/tilleggsinformasjon", json!({"annet": 1}));
    assert_eq!(service.anyone().post(&body).await.status, 201);
}

/// A body that breaks all rules, mended one by one, is refused by one rule after another.
#[tokio::test]
async fn the_rules_come_in_the_order_of_the_table() {
    let service = sandbox().await;
    service.sandbox.set_krav_scenario(KravScenario::default().inactive("TILBAKEKREVING_BARNETRYGD"));
    let brreg = service.krav(BRREG);
    service
        .krav(BRREG)
        .create(&with(super::client::brreg(), "/oppdragsgiversKravidentifikator", json!("K")))
        .await;
    let mut body = json!({
        "kravtype": "X",
        "skyldner": {"identifikatortype": "PERSON", "identifikator": "1"},
        "hovedstol": {"valuta": "NOK", "beloep": 0},
        "renteBeloep": [
            {"valuta": "NOK", "beloep": 0, "renterIlagtDato": "2027-01-01", "rentetype": "STRAFFERENTE"}
        ],
        "oppdragsgiversReferanse": "",
        "oppdragsgiversKravidentifikator": "",
        "fastsettelsesdato": "2027-01-01",
        "foreldelsesfristensUtgangspunkt": "2027-01-02",
        "tilleggsfristEtterForeldelsesloven": "2020-01-01"
    });
    for (slug_of, mended) in [
        ("kravtype-eksisterer-ikke", ("/kravtype", json!("TILBAKEKREVING_BARNETRYGD"))),
        ("kravtype-er-inaktiv", ("/kravtype", json!("TILBAKEKREVING_SYKEPENGER"))),
        ("beloep-er-ikke-over-0", ("/hovedstol/beloep", json!(1))),
        ("tom-oppdragsgivers-referanse", ("/oppdragsgiversReferanse", json!("?"))),
        ("ugyldig-oppdragsgivers-referanse", ("/oppdragsgiversReferanse", json!("R"))),
        ("ugyldig-oppdragsgivers-kravidentifikator", ("/oppdragsgiversKravidentifikator", json!("K"))),
        (
            "oppdragsgivers-kravidentifikator-eksisterer-allerede",
            ("/oppdragsgiversKravidentifikator", json!("L")),
        ),
        ("ugyldig-fastsettelsesdato", ("/fastsettelsesdato", json!("2026-01-01"))),
        (
            "ugyldig-foreldelsesfristens-utgangspunkt",
            ("/foreldelsesfristensUtgangspunkt", json!("2025-01-01")),
        ),
        ("ugyldig-tilleggsfrist-etter-foreldelsesloven", ("/foreldelsesfristensUtgangspunkt", Value::Null)),
        (
            "tilleggsfrist-etter-foreldelsesloven-eldre-enn-10-maaneder",
            ("/tilleggsfristEtterForeldelsesloven", Value::Null),
        ),
        ("ugyldig-skyldners-identifikator", ("/skyldner/identifikator", json!("13895118960"))),
        ("ugyldig-kravtype", ("/kravtype", json!("TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN"))),
        (
            "rentebeloep-er-ikke-over-0",
            (
                "/renteBeloep",
                json!([{"valuta": "NOK", "beloep": 1, "renterIlagtDato": "2027-01-01", "rentetype": "STRAFFERENTE"}]),
            ),
        ),
        (
            "ugyldig-renterilagtdato",
            ("/renteBeloep", json!([{"valuta": "NOK", "beloep": 1, "rentetype": "STRAFFERENTE"}])),
        ),
        (
            "ugyldig-tilleggsinformasjon",
            ("/tilleggsinformasjon", json!({"periode": {"fom": "2025-02-01", "tom": "2025-01-01"}})),
        ),
        (
            "kravtype-gjelder-kun-for-organisasjon",
            ("/skyldner", json!({"identifikatortype": "ORGANISASJON", "identifikator": "974761076"})),
        ),
        (
            "ugyldig-periode",
            ("/tilleggsinformasjon", json!({"periode": {"fom": "2025-01-01", "tom": "2025-02-01"}})),
        ),
        ("rentebeloep-er-ikke-tillatt-for-kravtype", ("/renteBeloep", json!([]))),
    ] {
        assert_eq!(slug(&brreg.post(&body).await), slug_of);
        body = with(body, mended.0, mended.1);
    }
    brreg.create(&body).await;
}
