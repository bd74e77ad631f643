//! Creating an instance, and the metadata it is told.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde_json::Value;

use super::APP_ID;
use super::call::Call;
use super::headers::json;
use super::instance::{Instance, Metadata, Process, Task};
use super::refusal::Refusal;
use super::store::InstansId;
use crate::effects::What;
use crate::identifikator::Identifikator;
use crate::skattemelding::target::parse_year;

pub(super) async fn create(call: Call) -> Result<(StatusCode, Json<Value>), Refusal> {
    let wanted = json(&call.headers, &call.body)?;
    if wanted["appId"] != APP_ID {
        return Err(Refusal::bad(format!("appId skal være {APP_ID}")));
    }
    let owner = owner(&call, &wanted["instanceOwner"])?;
    if !call.caller.may_act_for(&owner) {
        return Err(Refusal::forbidden());
    }
    let metadata = Metadata::read(&wanted["dataValues"])?;
    let party = call.world.altinn.party_id(&call.world.ids, &owner);
    let id = InstansId { party, guid: call.world.ids.next_uuid("instans") };
    let metadata_id = call.world.ids.next_uuid("metadata");
    let told = call.world.altinn.add(
        |nr| Instance {
            nr,
            id,
            owner,
            created: call.now,
            changed: call.now,
            changed_by: call.caller.kind(),
            metadata_id,
            metadata,
            revisor: metadata.skal_bekreftes_av_revisor,
            elements: Vec::new(),
            process: Process::new(call.now),
        },
        |instance| {
            call.effect(instance, What::InstansOpprettet { instans_id: id.to_string() });
            call.tell().instance(instance)
        },
    );
    Ok((StatusCode::CREATED, Json(told)))
}

/// The party that is named in one of the three ways.
fn owner(call: &Call, named: &Value) -> Result<Identifikator, Refusal> {
    let text = |name: &str| match &named[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let unusable = |name: &str| Refusal::bad(format!("instanceOwner.{name} er ikke kjent"));
    match (text("organisationNumber"), text("personNumber"), text("partyId")) {
        (Some(number), None, None) => Identifikator::parse(&number)
            .filter(|number| !number.is_person())
            .ok_or_else(|| unusable("organisationNumber")),
        (None, Some(number), None) => Identifikator::parse(&number)
            .filter(Identifikator::is_person)
            .ok_or_else(|| unusable("personNumber")),
        (None, None, Some(number)) => {
            // A party has a number before anybody asked for it.
            if let Some(own) = call.caller.party(&call.headers) {
                call.world.altinn.party_id(&call.world.ids, &own);
            }
            let party = number.parse().ok().and_then(|number| call.world.altinn.party(number));
            party.ok_or_else(|| unusable("partyId"))
        }
        _ => Err(Refusal::bad("instanceOwner skal ha organisationNumber, personNumber eller partyId")),
    }
}

impl Metadata {
    /// Reads `dataValues` or the metadata element: what is left out is not set.
    pub(super) fn read(values: &Value) -> Result<Self, Refusal> {
        let year = match &values["inntektsaar"] {
            Value::Null => Some(0),
            Value::String(text) => parse_year(text),
            Value::Number(number) if number.as_u64() == Some(0) => Some(0),
            Value::Number(number) => parse_year(&number.to_string()),
            _ => None,
        };
        let revisor = match &values["skalBekreftesAvRevisor"] {
            Value::Null => Some(false),
            Value::Bool(revisor) => Some(*revisor),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        Ok(Metadata {
            inntektsaar: year.ok_or_else(|| Refusal::bad("inntektsaar er ikke et årstall"))?,
            skal_bekreftes_av_revisor: revisor
                .ok_or_else(|| Refusal::bad("skalBekreftesAvRevisor er verken true eller false"))?,
        })
    }
}

impl Process {
    fn new(now: Duration) -> Self {
        Process { task: Task::Data, entered: now, person: false, confirmed_by: None, submitted: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_year_may_be_a_number_or_a_text() {
        for (values, year, revisor) in [
            (json!({"inntektsaar": 2023, "skalBekreftesAvRevisor": true}), 2023, true),
            (json!({"inntektsaar": "2023", "skalBekreftesAvRevisor": "true"}), 2023, true),
            (json!({"inntektsaar": 0}), 0, false),
            (Value::Null, 0, false),
        ] {
            let metadata = Metadata::read(&values).unwrap();
            assert_eq!(
                (metadata.inntektsaar, metadata.skal_bekreftes_av_revisor),
                (year, revisor),
                "{values}"
            );
        }
        for bad in [
            json!({"inntektsaar": 23}),
            json!({"inntektsaar": "i fjor"}),
            json!({"inntektsaar": [2023]}),
            json!({"skalBekreftesAvRevisor": "ja"}),
        ] {
            assert!(Metadata::read(&bad).is_err(), "{bad}");
        }
    }
}
