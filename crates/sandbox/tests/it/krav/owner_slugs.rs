//! The rules of a creation that NAV and Brønnøysundregistrene have of their own.

use serde_json::{Value, json};

use super::client::{V1, assert_refused, brreg, nav, sandbox, with};
use crate::service::Service;

async fn refused(service: &Service, body: Value, slug: &str, title: &str) {
    assert_refused(&service.anyone().post(&body).await, slug, 422, title, V1);
    assert!(service.sandbox.effects().is_empty());
}

async fn accepted(service: &Service, body: Value) {
    service.anyone().create(&body).await;
}

fn organisation() -> Value {
    json!({"identifikatortype": "ORGANISASJON", "identifikator": "974761076"})
}

fn of_kravtype(kravtype: &str) -> Value {
    with(nav("K-1"), "/kravtype", json!(kravtype))
}

#[tokio::test]
async fn kravtype_gjelder_kun_for_person() {
    let service = sandbox().await;
    let (slug, title) = ("kravtype-gjelder-kun-for-person", "Kravtype gjelder kun for person");
    refused(&service, with(nav("K-1"), "/skyldner", organisation()), slug, title).await;
    // These may be against both.
    accepted(&service, with(of_kravtype("TILBAKEKREVING_OMSORGSPENGER"), "/skyldner", organisation())).await;
    let person =
        with(of_kravtype("TILBAKEKREVING_OMSORGSPENGER"), "/oppdragsgiversKravidentifikator", json!("K-2"));
    accepted(&service, person).await;
}

#[tokio::test]
async fn kravtype_gjelder_kun_for_organisasjon() {
    let service = sandbox().await;
    let (slug, title) = ("kravtype-gjelder-kun-for-organisasjon", "Kravtype gjelder kun for organisasjon");
    let person = json!({"identifikatortype": "PERSON", "identifikator": "13895118960"});
    let loennskompensasjon = of_kravtype("TILBAKEKREVING_LOENNSKOMPENSASJON");
    refused(&service, loennskompensasjon.clone(), slug, title).await;
    refused(&service, with(brreg(), "/skyldner", person), slug, title).await;
    accepted(&service, with(loennskompensasjon, "/skyldner", organisation())).await;
}

#[tokio::test]
async fn tilleggsfrist_etter_foreldelsesloven_eldre_enn_11_maaneder() {
    let service = sandbox().await;
    let on = |date: &str| {
        let body = of_kravtype("TILBAKEKREVING_FORSKUTTERTE_DAGPENGER");
        let body = with(body, "/foreldelsesfristensUtgangspunkt", Value::Null);
        with(body, "/tilleggsfristEtterForeldelsesloven", json!(date))
    };
    let slug = "tilleggsfrist-etter-foreldelsesloven-eldre-enn-11-maaneder";
    let title = "Tilleggsfrist etter foreldelsesloven eldre enn 11 måneder";
    refused(&service, on("2025-04-09"), slug, title).await;
    accepted(&service, on("2025-04-10")).await;
}

#[tokio::test]
async fn ytelser_for_avregning_er_ikke_over_0() {
    let service = sandbox().await;
    let (slug, title) = ("ytelser-for-avregning-er-ikke-over-0", "Ytelser for avregning er ikke over 0");
    let body = with(nav("K-1"), "/tilleggsinformasjon/ytelserForAvregning/beloep", json!(0));
    refused(&service, body, slug, title).await;
    accepted(&service, with(nav("K-1"), "/tilleggsinformasjon/ytelserForAvregning", Value::Null)).await;
}

#[tokio::test]
async fn ugyldig_tilbakekrevingsperiode() {
    let service = sandbox().await;
    let in_time = |from: &str, to: &str| {
        with(
            nav("K-1"),
            "/tilleggsinformasjon/tilbakekrevingsperiode",
            json!({"fraDato": from, "tilDato": to}),
        )
    };
    let (slug, title) = ("ugyldig-tilbakekrevingsperiode", "Ugyldig tilbakekrevingsperiode");
    refused(&service, in_time("2025-12-01", "2025-11-30"), slug, title).await;
    refused(&service, in_time("2025-12-01", "2026-03-11"), slug, title).await;
    accepted(&service, in_time("2026-03-10", "2026-03-10")).await;
}

#[tokio::test]
async fn ugyldig_periode() {
    let service = sandbox().await;
    let in_time =
        |from: &str, to: &str| with(brreg(), "/tilleggsinformasjon/periode", json!({"fom": from, "tom": to}));
    let (slug, title) = ("ugyldig-periode", "Ugyldig periode");
    refused(&service, in_time("2026-02-01", "2026-01-31"), slug, title).await;
    refused(&service, in_time("2026-02-01", "2026-03-11"), slug, title).await;
    accepted(&service, in_time("2026-02-01", "2026-03-10")).await;
}

#[tokio::test]
async fn ugyldig_stoppdato_for_løpende_mulkt() {
    let service = sandbox().await;
    let on = |date: &str| with(brreg(), "/tilleggsinformasjon/stoppdatoForLøpendeMulkt", json!(date));
    let (slug, title) = ("ugyldig-stoppdato-for-løpende-mulkt", "Ugyldig stoppdato for løpende mulkt");
    refused(&service, on("2026-03-11"), slug, title).await;
    accepted(&service, on("2026-03-10")).await;
}

#[tokio::test]
async fn foreldelsesfristens_utgangspunkt_eldre_enn_2_aar_og_10_maaneder() {
    let service = sandbox().await;
    let on = |date: &str| with(brreg(), "/foreldelsesfristensUtgangspunkt", json!(date));
    let slug = "foreldelsesfristens-utgangspunkt-eldre-enn-2-aar-og-10-maaneder";
    let title = "Foreldelsesfristens utgangspunkt eldre enn 2 år og 10 måneder";
    refused(&service, on("2023-05-09"), slug, title).await;
    accepted(&service, on("2023-05-10")).await;
}

#[tokio::test]
async fn rentebeloep_er_ikke_tillatt_for_kravtype() {
    let service = sandbox().await;
    let rente = json!([{"valuta": "NOK", "beloep": 1, "rentetype": "STRAFFERENTE"}]);
    let title = "Rentebeloep er ikke tillatt for kravtype";
    let body = with(brreg(), "/renteBeloep", rente);
    refused(&service, body, "rentebeloep-er-ikke-tillatt-for-kravtype", title).await;
    accepted(&service, with(brreg(), "/renteBeloep", json!([]))).await;
}
