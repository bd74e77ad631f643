//! Amendments and write-off.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::address::Address;
use super::call::{Call, Refused};
use super::change::{Change, KravChanged};
use super::edition::Edition;
use super::fields::Malformed;
use super::refusal::{Refusal, ensure};
use super::request::Amendment;
use super::scenario::KravScenario;
use super::store::{Kind, Krav, Received};
use super::{rule, rules};
use crate::world::lock;

pub(crate) async fn hovedstol(call: Call, body: Bytes) -> Response {
    let amended = amend(&call, &body, |_| call.address(), Amendment::hovedstol);
    call.answer(amended)
}

pub(crate) async fn renter(call: Call, body: Bytes) -> Response {
    let amended = amend(&call, &body, |_| call.address(), Amendment::renter);
    call.answer(amended)
}

pub(crate) async fn referanse(call: Call, body: Bytes) -> Response {
    let amended = amend(&call, &body, |_| call.address(), Amendment::referanse);
    call.answer(amended)
}

/// Edition 2023.
pub(crate) async fn endring(call: Call, body: Bytes) -> Response {
    let amended = amend(&call, &body, |body| call.address_in(body), Amendment::ny_hovedstol);
    call.answer(amended)
}

pub(crate) async fn avskriv(call: Call, body: Bytes) -> Response {
    let written_off = write_off(&call, &body);
    call.answer(written_off)
}

/// What can be seen from the request alone goes before what must be looked up.
fn amend(
    call: &Call,
    body: &Bytes,
    address: impl FnOnce(&Value) -> Result<Address, Refusal>,
    read: impl FnOnce(&Value) -> Result<Amendment, Malformed>,
) -> Result<Response, Refused> {
    let received = call.json(body)?;
    let address = address(&received)?;
    let amendment = read(&received).map_err(|why| call.malformed(why))?;
    check(&amendment)?;
    let book = call.world.krav.store.book(&call.oppdragsgiver);
    let mut book = lock(&book);
    let now = call.world.clock.now();
    let krav = book.find(&address).ok_or_else(does_not_exist)?;
    let scenario = scenario_now(call, krav);
    let may = !scenario.cannot_be_amended.iter().any(|kravtype| kravtype == krav.kravtype);
    ensure(may, &rule::KAN_IKKE_ENDRES, || format!("kravtype={} kan ikke endres", krav.kravtype).into())?;
    ensure(krav.life.is_amendable(now), &rule::ER_IKKE_RESKONTROFOERT, not_yet)?;
    ensure(krav.avskrevet.is_none(), &rule::AVSKREVET_KAN_IKKE_ENDRES, || {
        "Et avskrevet innkrevingsoppdrag kan ikke endres".into()
    })?;
    let transaksjonsid = match in_force(krav, &amendment) {
        Some(transaksjonsid) => transaksjonsid,
        None => apply(call, krav, amendment, received.to_string().into(), now),
    };
    Ok(accepted(call, transaksjonsid))
}

fn check(amendment: &Amendment) -> Result<(), Refusal> {
    match amendment {
        Amendment::Hovedstol(beloep) => ensure(*beloep > 0, &rule::HOVEDSTOL_ER_IKKE_OVER_0, || {
            "Hovedstolens beløp må være større enn 0".into()
        }),
        Amendment::Renter(renter) => {
            ensure(renter.iter().all(|rente| rente.beloep >= 0), &rule::RENTEBELOEP_ER_UNDER_0, || {
                "Et rentebeløp kan ikke være under 0".into()
            })
        }
        Amendment::Referanse(referanse) => rules::referanse(referanse, Edition::V1),
    }
}

/// The transaction that set what is asked for, where it is in force already.
fn in_force(krav: &Krav, amendment: &Amendment) -> Option<Uuid> {
    let same = match amendment {
        Amendment::Hovedstol(beloep) => krav.hovedstol == *beloep,
        Amendment::Renter(renter) => *krav.renter == **renter,
        Amendment::Referanse(referanse) => *krav.referanse == **referanse,
    };
    same.then(|| krav.set_by(kind_of(amendment)))
}

fn apply(call: &Call, krav: &mut Krav, amendment: Amendment, body: Box<str>, now: Duration) -> Uuid {
    let transaksjonsid = call.world.ids.next_uuid("transaksjon");
    krav.amended.push(Received { kind: kind_of(&amendment), body, at: now, transaksjonsid });
    call.effect(now, KravChanged::new(krav, transaksjonsid, Change::from(&amendment)));
    match amendment {
        Amendment::Hovedstol(beloep) => krav.hovedstol = beloep,
        Amendment::Renter(renter) => krav.renter = renter.into(),
        Amendment::Referanse(referanse) => krav.referanse = referanse.into(),
    }
    transaksjonsid
}

fn kind_of(amendment: &Amendment) -> Kind {
    match amendment {
        Amendment::Hovedstol(_) => Kind::Hovedstol,
        Amendment::Renter(_) => Kind::Renter,
        Amendment::Referanse(_) => Kind::Referanse,
    }
}

/// What the scenario says of kravtyper counts when it is asked for, unlike the krav's course.
fn scenario_now(call: &Call, krav: &Krav) -> Arc<KravScenario> {
    let received = krav.as_received();
    let skyldner = received["skyldner"]["identifikator"].as_str().unwrap_or("");
    call.world.krav.scenarios.of(skyldner, krav.own_id.as_deref())
}

fn write_off(call: &Call, body: &Bytes) -> Result<Response, Refused> {
    let received = call.json(body)?;
    let address = call.address_in(&received)?;
    let book = call.world.krav.store.book(&call.oppdragsgiver);
    let mut book = lock(&book);
    let now = call.world.clock.now();
    let krav = book.find(&address).ok_or_else(does_not_exist)?;
    let scenario = scenario_now(call, krav);
    let may = !scenario.cannot_be_written_off.iter().any(|kravtype| kravtype == krav.kravtype);
    ensure(may, &rule::KAN_IKKE_AVSKRIVES, || {
        format!("kravtype={} kan ikke avskrives", krav.kravtype).into()
    })?;
    ensure(krav.life.is_amendable(now), &rule::ER_IKKE_RESKONTROFOERT, not_yet)?;
    ensure(krav.avskrevet.is_none(), &rule::AVSKREVET_KAN_IKKE_AVSKRIVES, || {
        "Et avskrevet innkrevingsoppdrag kan ikke avskrives på nytt".into()
    })?;
    let id = call.world.ids.next_uuid("transaksjon");
    let body = received.to_string().into();
    krav.avskrevet = Some(Box::new(Received { kind: Kind::Avskriving, body, at: now, transaksjonsid: id }));
    call.effect(now, KravChanged::new(krav, id, Change::Avskrevet));
    Ok(accepted(call, id))
}

/// Edition 2023 says no more than that it was done.
fn accepted(call: &Call, transaksjonsid: Uuid) -> Response {
    match call.edition {
        Edition::V1 => Json(json!({ "transaksjonsid": transaksjonsid.to_string() })).into_response(),
        Edition::Aar2023 => StatusCode::OK.into_response(),
    }
}

pub(crate) fn does_not_exist() -> Refusal {
    Refusal::new(&rule::EKSISTERER_IKKE, "Innkrevingsoppdraget eksisterer ikke")
}

pub(crate) fn not_yet() -> std::borrow::Cow<'static, str> {
    "Innkrevingsoppdraget er ikke reskontroført".into()
}
