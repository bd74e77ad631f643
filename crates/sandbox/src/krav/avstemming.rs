//! `avstemming`: the requests that made a krav what it is, as they were received.

use axum::response::Response;
use serde_json::{Value, json};

use super::amend::not_yet;
use super::call::Call;
use super::read::{ids, look, moment};
use super::refusal::ensure;
use super::rule;
use super::store::{Kind, Krav, Received};
use crate::clock::VirtualClock;

pub(crate) async fn avstemming(call: Call) -> Response {
    call.answer(look(&call, call.address(), |krav, now| {
        let ready = krav.life.is_reskontrofoert(now);
        ensure(ready, &rule::FINNES_IKKE_FOER_RESKONTROFOERING, not_yet)?;
        Ok(told(krav, &call.world.clock))
    }))
}

fn told(krav: &Krav, clock: &VirtualClock) -> Value {
    let of = |kind: Kind| -> Vec<Value> {
        let same = krav.amended.iter().filter(|received| received.kind == kind);
        same.map(|received| with_time("mottattEndring", received, clock)).collect()
    };
    let mut told = ids(krav);
    told["opprinneligInnkrevingsoppdrag"] = json!({
        "mottattInnkrevingsoppdrag": krav.as_received(),
        "mottattTidspunkt": moment(clock.timestamp_at(krav.life.created())),
    });
    told["endringer"] = json!({
        "hovedstol": of(Kind::Hovedstol),
        "renter": of(Kind::Renter),
        "oppdragsgiversReferanse": of(Kind::Referanse),
        // No call amends it yet.
        "periode": [],
    });
    if let Some(received) = &krav.avskrevet {
        told["avskriving"] = with_time("mottattAvskriving", received, clock);
    }
    told
}

fn with_time(name: &str, received: &Received, clock: &VirtualClock) -> Value {
    json!({
        name: as_received(&received.body),
        "mottattTidspunkt": moment(clock.timestamp_at(received.at)),
        "transaksjonsid": received.transaksjonsid.to_string(),
    })
}

/// It was JSON when it was stored.
fn as_received(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}
