//! Putting something into an instance, replacing it, taking it out.

use axum::Json;
use axum::http::StatusCode;
use serde_json::Value;

use super::call::Call;
use super::element::{DataType, Element, File};
use super::headers::json;
use super::instance::{Metadata, Task};
use super::refusal::{Issue, Refusal};
use crate::effects::What;

type Told = (StatusCode, Json<Value>);

pub(super) async fn add(call: Call) -> Result<Told, Refusal> {
    let named = call.query("dataType").unwrap_or_default();
    let kind = DataType::parse(named)
        .ok_or_else(|| Refusal::bad(format!("dataType {named:?} kan ikke legges i instansen")))?;
    let file = File::accept(kind, &call.headers, &call.body, &call.world.limits)?;
    call.instance(|instance| {
        instance.open_for(kind, &call.caller)?;
        if instance.of_kind(kind).count() >= kind.most() {
            let why = format!("Instansen tar {} av {}", kind.most(), kind.name());
            let issues = vec![Issue::new("TooManyDataElementsOfType", why)];
            return Err(Refusal::conflict("Instansen er full").with_issues(issues));
        }
        let scenario = call.world.scenarios.of(instance.owner.as_str()).altinn;
        let id = call.world.ids.next_uuid("data");
        let element = Element::new(id, kind, file, call.now, &scenario);
        instance.touch(&call.caller, call.now);
        call.effect(instance, put_in(kind, instance.id.to_string(), &element));
        let told = call.tell().element(instance, &element);
        instance.elements.push(element);
        Ok((StatusCode::CREATED, Json(told)))
    })
}

pub(super) async fn replace(call: Call) -> Result<Told, Refusal> {
    let id = call.element_id()?;
    if call.instance(|instance| Ok(instance.metadata_id == id))? {
        return set_metadata(&call);
    }
    call.instance(|instance| {
        let place = instance.place_of(id)?;
        let kind = instance.elements[place].kind;
        instance.open_for(kind, &call.caller)?;
        let file = File::accept(kind, &call.headers, &call.body, &call.world.limits)?;
        let scenario = call.world.scenarios.of(instance.owner.as_str()).altinn;
        instance.touch(&call.caller, call.now);
        instance.elements[place].replace(file, call.now, &scenario);
        let element = &instance.elements[place];
        call.effect(instance, put_in_place(kind, instance.id.to_string(), element));
        Ok((StatusCode::CREATED, Json(call.tell().element(instance, element))))
    })
}

pub(super) async fn remove(call: Call) -> Result<StatusCode, Refusal> {
    let id = call.element_id()?;
    call.instance(|instance| {
        if instance.metadata_id == id {
            return Err(Refusal::bad("Metadata kan ikke slettes"));
        }
        let place = instance.place_of(id)?;
        instance.open_for(instance.elements[place].kind, &call.caller)?;
        instance.touch(&call.caller, call.now);
        instance.elements.remove(place);
        let what = What::ElementSlettet { instans_id: instance.id.to_string(), data_id: id.to_string() };
        call.effect(instance, what);
        Ok(StatusCode::OK)
    })
}

fn set_metadata(call: &Call) -> Result<Told, Refusal> {
    let metadata = Metadata::read(&json(&call.headers, &call.body)?)?;
    call.instance(|instance| {
        if instance.process.task != Task::Data {
            return Err(Refusal::conflict("Metadata kan bare endres i Task_1"));
        }
        instance.touch(&call.caller, call.now);
        // Whether an auditor must confirm was decided when the instance was created.
        instance.metadata = metadata;
        call.effect(
            instance,
            What::MetadataSatt {
                instans_id: instance.id.to_string(),
                inntektsaar_satt: metadata.inntektsaar,
                skal_bekreftes_av_revisor: metadata.skal_bekreftes_av_revisor,
            },
        );
        Ok((StatusCode::CREATED, Json(call.tell().metadata(instance))))
    })
}

pub(super) fn put_in(kind: DataType, instans_id: String, element: &Element) -> What {
    let (data_id, size) = (element.id.to_string(), element.file.content.len());
    match kind {
        DataType::Konvolutt => What::KonvoluttLastetOpp { instans_id, data_id, size },
        _ => What::VedleggLastetOpp { instans_id, data_id, data_type: kind.name().to_owned(), size },
    }
}

fn put_in_place(kind: DataType, instans_id: String, element: &Element) -> What {
    let (data_id, size) = (element.id.to_string(), element.file.content.len());
    match kind {
        DataType::Konvolutt => What::KonvoluttErstattet { instans_id, data_id, size },
        _ => What::VedleggErstattet { instans_id, data_id, data_type: kind.name().to_owned(), size },
    }
}
