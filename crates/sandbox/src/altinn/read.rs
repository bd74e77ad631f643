//! Calls that change nothing.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::told::metadata_content;
use crate::identifikator::Identifikator;
use crate::problem::Problem;
use crate::skattemelding::envelope_out::Verdict;
use crate::spool::Spooled;

/// Who the caller is in Altinn.
pub(super) async fn profile(call: Call) -> Result<Json<Value>, Refusal> {
    let party = call.caller.party(&call.headers).ok_or_else(Refusal::forbidden)?;
    let party_id = call.world.altinn.party_id(&call.world.ids, &party);
    Ok(Json(json!({
        "userId": party_id % 1_000_000 + 1,
        "userType": if party.is_person() { 1 } else { 3 },
        "partyId": party_id,
    })))
}

/// The parties that the caller may act for, as far as the app has heard of them: every Altinn app tells that, though the contract page does
/// not name it.
pub(super) async fn parties(call: Call) -> Result<Json<Vec<Value>>, Refusal> {
    let mut known = call.world.altinn.parties();
    known.retain(|(_, party)| call.caller.may_act_for(party));
    let told = known.into_iter().map(|(party_id, party)| {
        let (ssn, number) = if party.is_person() { (Some(party), None) } else { (None, Some(party)) };
        let text = |party: Option<Identifikator>| party.map(|party| party.as_str().to_owned());
        json!({"partyId": party_id, "ssn": text(ssn), "orgNumber": text(number), "childParties": null})
    });
    Ok(Json(told.collect()))
}

/// A party's instances whose process has not ended, those that are submitted and have no receipt yet
/// among them.
pub(super) async fn active(call: Call) -> Result<Json<Vec<Value>>, Refusal> {
    let party_id = call.party_id();
    let known = party_id.and_then(|party_id| call.world.altinn.party(party_id));
    if known.is_some_and(|party| !call.caller.may_act_for(&party)) {
        return Err(Refusal::forbidden());
    }
    let tell = call.tell();
    Ok(Json(call.world.altinn.each(
        |instance| Some(instance.id.party) == party_id && instance.ended(call.now).is_none(),
        |instance| tell.summary(instance),
    )))
}

pub(super) async fn instance(call: Call) -> Result<Json<Value>, Refusal> {
    call.instance(|instance| Ok(Json(call.tell().instance(instance))))
}

enum Content {
    Metadata(Value),
    File(String, Spooled),
    Receipt(Box<Verdict>),
}

/// The content of an element.
pub(super) async fn element(call: Call) -> Result<Response, Refusal> {
    let id = call.element_id()?;
    let content = call.instance(|instance| {
        if instance.metadata_id == id {
            return Ok(Content::Metadata(metadata_content(instance)));
        }
        if let Some(submitted) = instance.receipt(call.now).filter(|submitted| submitted.receipt_id == id) {
            return Ok(Content::Receipt(Box::new(submitted.verdict.clone())));
        }
        let file = &instance.elements[instance.place_of(id)?].file;
        Ok(Content::File(file.media_type.clone(), file.content.clone()))
    })?;
    Ok(match content {
        Content::Metadata(metadata) => Json(metadata).into_response(),
        Content::Receipt(verdict) => verdict.respond(),
        Content::File(media_type, content) => {
            let headers =
                [(header::CONTENT_TYPE, media_type), (header::CONTENT_LENGTH, content.len().to_string())];
            (headers, content.body().await.map_err(Problem::internal)?).into_response()
        }
    })
}
