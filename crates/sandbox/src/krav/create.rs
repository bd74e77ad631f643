//! `POST /innkrevingsoppdrag`.

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::call::{Call, Refused};
use super::change::{Change, KravChanged};
use super::life::Life;
use super::request::Opprett;
use super::rules::{self, Surroundings};
use super::store::Krav;
use super::{calendar, marked};
use crate::world::lock;

pub(crate) async fn opprett(call: Call, body: Bytes) -> Response {
    let created = create(&call, &body).map(|id| {
        let answer = Json(json!({ "kravidentifikator": id.to_string() }));
        (StatusCode::CREATED, answer).into_response()
    });
    call.answer(created)
}

fn create(call: &Call, body: &Bytes) -> Result<Uuid, Refused> {
    let world = &*call.world;
    let received = call.json(body)?;
    let asked = Opprett::read(&received, call.edition).map_err(|why| call.malformed(why))?;
    let scenario = world.krav.scenarios.of(asked.skyldner.number, asked.own_id);
    let book = world.krav.store.book(&call.oppdragsgiver);
    // Held from the look at the ids until the krav has its own, so that of two requests with the same
    // id one is refused.
    let mut book = lock(&book);
    let now = world.clock.now();
    let kravtype = rules::check(
        &asked,
        &Surroundings {
            edition: call.edition,
            oppdragsgiver: &call.oppdragsgiver,
            today: calendar::day_of(world.clock.timestamp_at(now)),
            inactive: &scenario.inactive,
            taken: &|own_id| book.has_own_id(own_id),
        },
    )?;
    let (id, transaksjonsid) = (world.ids.next_uuid("krav"), world.ids.next_uuid("transaksjon"));
    let marked = marked::error_of(asked.skyldner.number, kravtype.name, call.edition);
    let krav = Krav {
        id,
        own_id: asked.own_id.map(Into::into),
        edition: call.edition,
        kravtype: kravtype.name,
        life: Life::new(now, scenario, marked),
        received: received.to_string().into(),
        transaksjonsid,
        hovedstol: asked.hovedstol,
        renter: asked.renter.into(),
        referanse: asked.referanse.into(),
        amended: Vec::new(),
        avskrevet: None,
    };
    call.effect(now, KravChanged::new(&krav, transaksjonsid, Change::Opprettet(krav.hovedstol)));
    book.add(krav);
    Ok(id)
}
