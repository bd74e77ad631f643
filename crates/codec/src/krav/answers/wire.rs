//! The answers as they are on the wire. What is not known here is kept, so that tests can see that nothing known was missed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct OpprettetWire {
    pub(in crate::krav) kravidentifikator: String,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct TransaksjonWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) transaksjonsid: Option<Value>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct MottakWire {
    pub(in crate::krav) kravidentifikator: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) oppdragsgivers_kravidentifikator: Option<String>,
    pub(in crate::krav) mottaksstatus: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) status_oppdatert: Option<Value>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(in crate::krav) enum ValideringsfeilWire {
    Object {
        valideringsfeil: Vec<FeilWire>,
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    List(Vec<FeilWire>),
}

#[derive(Deserialize, Serialize)]
pub(in crate::krav) struct FeilWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) message: Option<String>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct AvstemmingWire {
    pub(in crate::krav) kravidentifikator: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) oppdragsgivers_kravidentifikator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) opprinnelig_innkrevingsoppdrag: Option<OpprinneligWire>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) endringer: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) avskriving: Option<AvskrivingWire>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct OpprinneligWire {
    pub(in crate::krav) mottatt_innkrevingsoppdrag: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) mottatt_tidspunkt: Option<Value>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct EndringWire {
    pub(in crate::krav) mottatt_endring: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) mottatt_tidspunkt: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) transaksjonsid: Option<String>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::krav) struct AvskrivingWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) mottatt_tidspunkt: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::krav) transaksjonsid: Option<String>,
    #[serde(flatten)]
    pub(in crate::krav) rest: Map<String, Value>,
}
