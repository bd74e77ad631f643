//! Instances, their elements and their process as JSON, with the names that Altinn gives them.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::APP_ID;
use super::element::Element;
use super::instance::Instance;
use crate::clock::VirtualClock;

/// The data type of the metadata element.
const METADATA: &str = "Skattemeldingsapp_v2";

/// Writes things out as they are now.
pub(super) struct Teller<'c> {
    pub(super) clock: &'c VirtualClock,
    pub(super) now: Duration,
}

impl Teller<'_> {
    pub(super) fn instance(&self, instance: &Instance) -> Value {
        let (owner, ended) = (instance.owner.as_str(), instance.ended(self.now));
        let (person, organisation) =
            if instance.owner.is_person() { (Some(owner), None) } else { (None, Some(owner)) };
        json!({
            "id": instance.id.to_string(),
            "instanceOwner": {
                "partyId": instance.id.party.to_string(),
                "personNumber": person,
                "organisationNumber": organisation,
            },
            "appId": APP_ID,
            "org": "skd",
            "process": self.process(instance),
            "status": {
                "isArchived": ended.is_some(),
                "archived": ended.map(|at| self.moment(at)),
                "isSoftDeleted": false,
                "isHardDeleted": false,
            },
            "data": self.elements(instance),
            "dataValues": data_values(instance),
            "created": self.moment(instance.created),
            "lastChanged": self.moment(instance.changed),
            "lastChangedBy": instance.changed_by,
        })
    }

    pub(super) fn process(&self, instance: &Instance) -> Value {
        let (process, ended) = (&instance.process, instance.ended(self.now));
        let task = process.task;
        let current = json!({
            "flow": 2,
            "started": self.moment(process.entered),
            "elementId": task.element_id(),
            "name": task.name(),
            "altinnTaskType": task.altinn_task_type(),
        });
        json!({
            "started": self.moment(instance.created),
            "startEvent": "StartEvent_1",
            "currentTask": if ended.is_some() { Value::Null } else { current },
            "ended": ended.map(|at| self.moment(at)),
            "endEvent": ended.map(|_| "EndEvent_1"),
        })
    }

    /// What stands in the list of open instances.
    pub(super) fn summary(&self, instance: &Instance) -> Value {
        json!({
            "id": instance.id.to_string(),
            "lastChanged": self.moment(instance.changed),
            "lastChangedBy": instance.changed_by,
        })
    }

    fn elements(&self, instance: &Instance) -> Vec<Value> {
        let files = instance.elements.iter().map(|element| self.element(instance, element));
        let receipt = instance.receipt(self.now).map(|submitted| {
            self.told(
                instance,
                submitted.receipt_id,
                submitted.receipt,
                submitted.receipt,
                json!({
                    "dataType": "tilbakemelding",
                    "filename": "tilbakemelding.xml",
                    "contentType": "application/xml",
                    "size": submitted.verdict.len(),
                    "locked": true,
                    "fileScanResult": "NotApplicable",
                }),
            )
        });
        std::iter::once(self.metadata(instance)).chain(files).chain(receipt).collect()
    }

    pub(super) fn metadata(&self, instance: &Instance) -> Value {
        self.told(
            instance,
            instance.metadata_id,
            instance.created,
            instance.changed,
            json!({
                "dataType": METADATA,
                "filename": null,
                "contentType": "application/json",
                "size": metadata_content(instance).to_string().len(),
                "locked": false,
                "fileScanResult": "NotApplicable",
            }),
        )
    }

    pub(super) fn element(&self, instance: &Instance, element: &Element) -> Value {
        self.told(
            instance,
            element.id,
            element.created,
            element.changed,
            json!({
                "dataType": element.kind.name(),
                "filename": element.file.name,
                "contentType": element.file.media_type,
                "size": element.file.content.len(),
                "locked": false,
                "fileScanResult": element.scan(self.now).name(),
            }),
        )
    }

    fn told(&self, instance: &Instance, id: Uuid, created: Duration, changed: Duration, own: Value) -> Value {
        let mut told = json!({
            "id": id.to_string(),
            "instanceGuid": instance.id.guid.to_string(),
            "refs": [],
            "tags": [],
            "isRead": true,
            "created": self.moment(created),
            "lastChanged": self.moment(changed),
        });
        if let (Value::Object(told), Value::Object(own)) = (&mut told, own) {
            told.extend(own);
        }
        told
    }

    fn moment(&self, at: Duration) -> String {
        self.clock.timestamp_at(at).to_string()
    }
}

/// The content of the metadata element.
pub(super) fn metadata_content(instance: &Instance) -> Value {
    json!({
        "inntektsaar": instance.metadata.inntektsaar,
        "skalBekreftesAvRevisor": instance.metadata.skal_bekreftes_av_revisor,
    })
}

/// As Altinn keeps them: texts, whatever was sent.
fn data_values(instance: &Instance) -> Value {
    match instance.inntektsaar() {
        None => Value::Null,
        Some(year) => json!({
            "inntektsaar": year.to_string(),
            "skalBekreftesAvRevisor": instance.metadata.skal_bekreftes_av_revisor.to_string(),
        }),
    }
}
