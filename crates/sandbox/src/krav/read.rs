//! What a krav can be asked about: `mottaksstatus`, `valideringsfeil` and the details.

use axum::Json;
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use super::address::Address;
use super::amend::{does_not_exist, not_yet};
use super::call::{Call, Refused};
use super::edition::Edition;
use super::refusal::{Refusal, ensure};
use super::rule;
use super::store::Krav;
use crate::problem;
use crate::world::lock;

pub(crate) async fn mottaksstatus(call: Call) -> Response {
    if call.edition == Edition::Aar2023 && !call.switches.mottaksstatus {
        return problem::no_such_endpoint().await.into_response();
    }
    call.answer(look(&call, call.address(), |krav, now| {
        let standing = krav.life.at(now);
        let mut told = ids(krav);
        told["mottaksstatus"] = standing.mottaksstatus.into();
        told["statusOppdatert"] = moment(call.world.clock.timestamp_at(standing.since)).into();
        Ok(told)
    }))
}

pub(crate) async fn valideringsfeil(call: Call) -> Response {
    // The older edition's first document knows no kravidentifikatortype here.
    let address = match call.edition {
        Edition::V1 => call.address(),
        Edition::Aar2023 => call.address_or_skatteetatens(),
    };
    call.answer(look(&call, address, |krav, now| Ok(json!({ "valideringsfeil": krav.life.errors(now) }))))
}

/// The ledger's view: what was owed and what is left, line by line.
pub(crate) async fn detaljer(call: Call) -> Response {
    call.answer(look(&call, call.address(), |krav, now| {
        let ready = krav.life.is_amendable(now);
        ensure(ready, &rule::FINNES_IKKE_FOER_RESKONTROFOERING, not_yet)?;
        let received = krav.as_received();
        let mut kravgrunnlag = ids(krav);
        kravgrunnlag["kravtype"] = krav.kravtype.into();
        kravgrunnlag["oppdragsgiversReferanse"] = (*krav.referanse).into();
        kravgrunnlag["datoNaarKravVarBesluttetHosOppdragsgiver"] = received["fastsettelsesdato"].clone();
        Ok(json!({ "kravgrunnlag": kravgrunnlag, "kravlinjer": kravlinjer(krav, &received) }))
    }))
}

fn kravlinjer(krav: &Krav, received: &Value) -> Vec<Value> {
    let left = |beloep: i64| if krav.avskrevet.is_some() { 0 } else { beloep };
    let line = |kravlinjetype: &str, original: i64, beloep: i64| {
        json!({
            "kravlinjetype": kravlinjetype,
            "opprinneligBeloep": { "valuta": "NOK", "beloep": original },
            "gjenstaaendeBeloep": { "valuta": "NOK", "beloep": left(beloep) },
        })
    };
    let hovedstol = krav.hovedstol;
    let original = received["hovedstol"]["beloep"].as_i64().unwrap_or(hovedstol);
    let renter = krav.renter.iter().map(|rente| line(rente.kravlinjetype(), rente.beloep, rente.beloep));
    std::iter::once(line("HOVEDSTOL", original, hovedstol)).chain(renter).collect()
}

/// Finds the krav and shows it.
pub(crate) fn look(
    call: &Call,
    address: Result<Address, Refusal>,
    show: impl FnOnce(&Krav, std::time::Duration) -> Result<Value, Refusal>,
) -> Result<Response, Refused> {
    let address = address?;
    let book = call.world.krav.store.book(&call.oppdragsgiver);
    let mut book = lock(&book);
    let krav = book.find(&address).ok_or_else(does_not_exist)?;
    let shown = show(krav, call.world.clock.now())?;
    Ok(Json(shown).into_response())
}

/// Both ids, or the one that there is.
pub(crate) fn ids(krav: &Krav) -> Value {
    match &krav.own_id {
        Some(own_id) => json!({
            "kravidentifikator": krav.id.to_string(), "oppdragsgiversKravidentifikator": **own_id
        }),
        None => json!({ "kravidentifikator": krav.id.to_string() }),
    }
}

/// To the millisecond, as the service writes it.
pub(crate) fn moment(timestamp: Timestamp) -> String {
    timestamp.round(Unit::Millisecond).unwrap_or(timestamp).to_string()
}
