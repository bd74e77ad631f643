//! What Altinn's JSON says. Fields may be missing, null, or more than anybody knows; numbers may be texts.

use serde_json::Value;
use skattebro_domain::altinn::{DataId, Dataelement, Datatype, Instans, InstansId, PartId, Prosess};
use skattebro_domain::{Identifikator, Inntektsaar};
use std::str::FromStr;

/// The text at `pointer`; a number as its digits. `None` if it is missing, null or empty.
fn text(json: &Value, pointer: &str) -> Option<String> {
    match json.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn parsed<T: FromStr>(json: &Value, pointer: &str) -> Option<T> {
    text(json, pointer)?.trim().parse().ok()
}

/// An instance. `None` if it has no usable id or holds something without one, or is another than was `asked` for.
pub(super) fn instans(json: &Value, asked: Option<&InstansId>) -> Option<Instans> {
    let id: InstansId = parsed(json, "/id")?;
    if asked.is_some_and(|asked| *asked != id) {
        return None;
    }
    let none = Vec::new();
    let all = match json.get("data") {
        None | Some(Value::Null) => &none,
        Some(data) => data.as_array()?,
    };
    let mut data = all.iter().map(|element| dataelement(element, None)).collect::<Option<Vec<_>>>()?;
    let metadata = all.first().filter(|first| is_metadata(first)).map(|_| data.remove(0).id);
    let number = ["/instanceOwner/organisationNumber", "/instanceOwner/personNumber"];
    Some(Instans {
        id,
        opprettet: parsed(json, "/created"),
        inntektsaar: json.get("dataValues").and_then(year),
        eier: number.iter().find_map(|pointer| parsed::<Identifikator>(json, pointer)),
        prosess: json
            .get("process")
            .and_then(prosess)
            .unwrap_or_else(|| Prosess::Ukjent("ukjent".to_owned())),
        metadata,
        data,
    })
}

/// Whether the first element looks like the metadata: none of the types that are put in, and a form.
fn is_metadata(element: &Value) -> bool {
    let datatype: Option<Datatype> = parsed(element, "/dataType");
    let unknown = matches!(datatype, None | Some(Datatype::Ukjent(_)));
    let content_type = text(element, "/contentType").unwrap_or_default().to_ascii_lowercase();
    unknown && (content_type.is_empty() || content_type.contains("json") || content_type.contains("xml"))
}

/// The income year beside others; `None` while it is 0.
pub(super) fn year(json: &Value) -> Option<Inntektsaar> {
    parsed(json, "/inntektsaar")
}

/// How far a process has come; `None` if it says neither a task nor an end.
pub(super) fn prosess(json: &Value) -> Option<Prosess> {
    if text(json, "/ended").is_some() {
        return Some(Prosess::Avsluttet);
    }
    let element = text(json, "/currentTask/elementId");
    let kind = text(json, "/currentTask/altinnTaskType");
    match (element, kind) {
        (None, None) => None,
        (element, kind) => {
            Some(Prosess::of_task(&kind.unwrap_or_default(), element.as_deref().unwrap_or("ukjent")))
        }
    }
}

/// Something that lies in an instance. An answer to a replacement may leave the id to who knows it.
pub(super) fn dataelement(json: &Value, replaced: Option<&DataId>) -> Option<Dataelement> {
    json.as_object()?;
    let datatype = text(json, "/dataType").unwrap_or_else(|| match replaced {
        Some(_) => Datatype::Konvolutt.as_str().to_owned(),
        None => "ukjent".to_owned(),
    });
    let Ok(datatype) = datatype.parse();
    Some(Dataelement {
        id: parsed(json, "/id").or_else(|| replaced.cloned())?,
        datatype,
        filnavn: text(json, "/filename"),
        stoerrelse: parsed(json, "/size"),
        skanning: parsed(json, "/fileScanResult"),
    })
}

/// The ids of open instances.
pub(super) fn open(json: &Value) -> Option<Vec<InstansId>> {
    json.as_array()?.iter().map(|instans| parsed(instans, "/id")).collect()
}

/// Whose number a profile tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// That of the party that is looked for.
    Theirs(PartId),
    /// That of whoever holds the token, who may be the party.
    Unnamed(PartId),
    /// That of somebody else, or none.
    Others,
}

/// Whose number a profile tells, where `eier` is looked for.
pub(super) fn profile(json: &Value, eier: &Identifikator) -> Profile {
    let Some(part) = number(json) else { return Profile::Others };
    match json.get("party").map(|party| (named(party), is(party, eier))) {
        Some((true, true)) => Profile::Theirs(part),
        Some((true, false)) => Profile::Others,
        _ => Profile::Unnamed(part),
    }
}

/// The number of `eier` among the parties that somebody may act for, and theirs.
pub(super) fn among(json: &Value, eier: &Identifikator) -> Option<PartId> {
    let parties = json.as_array()?;
    parties.iter().find_map(|party| match is(party, eier) {
        true => number(party),
        false => party.get("childParties").and_then(|children| among(children, eier)),
    })
}

fn number(party: &Value) -> Option<PartId> {
    parsed(party, "/partyId").filter(|part: &PartId| part.as_str() != "0")
}

fn named(party: &Value) -> bool {
    text(party, "/ssn").is_some() || text(party, "/orgNumber").is_some()
}

fn is(party: &Value, eier: &Identifikator) -> bool {
    let pointer = if eier.is_person() { "/ssn" } else { "/orgNumber" };
    text(party, pointer).is_some_and(|number| number == eier.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use skattebro_domain::altinn::Skanning;

    fn whole() -> Value {
        json!({
            "id": "50006869/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d",
            "instanceOwner": { "partyId": "50006869", "personNumber": null, "organisationNumber": "974761076" },
            "created": "2026-11-28T07:00:00.1234567Z",
            "dataValues": { "inntektsaar": "2023", "skalBekreftesAvRevisor": "false" },
            "process": {
                "started": "2026-11-28T07:00:00Z",
                "currentTask": { "flow": 2, "elementId": "Task_1", "altinnTaskType": "data" },
                "ended": null
            },
            "data": [
                { "id": "m-1", "dataType": "Skattemeldingsapp_v2", "contentType": "application/xml", "fileScanResult": "NotApplicable" },
                { "id": "k-1", "dataType": "skattemeldingOgNaeringsspesifikasjon", "filename": "a.xml", "contentType": "text/xml",
                  "size": 500_000_000, "fileScanResult": "Pending", "locked": false },
                { "id": "v-1", "dataType": "skattemelding-vedlegg", "filename": null, "size": null, "fileScanResult": null },
                { "id": "n-1", "dataType": "noe-nytt", "fileScanResult": "Quarantined" }
            ],
            "ukjent": [1, { "a": null }]
        })
    }

    #[test]
    fn everything_that_an_instance_says() {
        let instans = instans(&whole(), None).unwrap();
        assert_eq!(instans.id.part().as_str(), "50006869");
        assert_eq!(instans.inntektsaar.map(Inntektsaar::get), Some(2023));
        assert_eq!(instans.eier.as_ref().map(Identifikator::as_str), Some("974761076"));
        assert_eq!(instans.opprettet.unwrap().to_string(), "2026-11-28T07:00:00.1234567Z");
        assert_eq!((&instans.prosess, instans.metadata.unwrap().as_str()), (&Prosess::Data, "m-1"));
        let [envelope, attachment, other] = &instans.data[..] else { panic!("three: {:?}", instans.data) };
        assert_eq!((&envelope.datatype, envelope.filnavn.as_deref()), (&Datatype::Konvolutt, Some("a.xml")));
        assert_eq!((envelope.stoerrelse, &envelope.skanning), (Some(500_000_000), &Some(Skanning::Pending)));
        assert_eq!((attachment.stoerrelse, &attachment.filnavn, &attachment.skanning), (None, &None, &None));
        assert_eq!(other.datatype, Datatype::Ukjent("noe-nytt".into()));
        assert_eq!(other.skanning, Some(Skanning::Ukjent("Quarantined".into())));
    }

    #[test]
    fn every_field_but_the_id_may_be_missing_or_null() {
        for field in ["instanceOwner", "created", "dataValues", "process", "data"] {
            for null in [false, true] {
                let mut json = whole();
                if null {
                    json[field] = Value::Null;
                } else {
                    json.as_object_mut().unwrap().remove(field);
                }
                assert!(instans(&json, None).is_some(), "{field}");
            }
        }
        let bare = instans(&json!({ "id": "1/a" }), None).unwrap();
        assert_eq!((bare.inntektsaar, bare.eier, bare.metadata, bare.data), (None, None, None, vec![]));
        assert_eq!(bare.prosess, Prosess::Ukjent("ukjent".into()));
    }

    #[test]
    fn what_cannot_be_used_is_no_instance() {
        for json in [
            json!({}),
            json!([]),
            json!("1/a"),
            json!({ "id": null }),
            json!({ "id": "../x/y" }),
            json!({ "id": "1/a", "data": [{ "dataType": "skattemeldingOgNaeringsspesifikasjon" }] }),
            json!({ "id": "1/a", "data": "ingen" }),
        ] {
            assert_eq!(instans(&json, None), None, "{json}");
        }
        assert_eq!(instans(&whole(), Some(&"1/a".parse().unwrap())), None, "another than was asked for");
    }

    #[test]
    fn the_metadata_is_the_first_element_if_it_looks_like_it() {
        for (first, is) in [
            (json!({ "id": "a", "dataType": "app", "contentType": "application/json" }), true),
            (json!({ "id": "a", "dataType": "app" }), true),
            (json!({ "id": "a", "dataType": "app", "contentType": "application/pdf" }), false),
            (json!({ "id": "a", "dataType": "tilbakemelding", "contentType": "text/xml" }), false),
            (json!({ "id": "a", "dataType": "skattemeldingOgNaeringsspesifikasjon" }), false),
        ] {
            let seen = instans(&json!({ "id": "1/a", "data": [first] }), None).unwrap();
            assert_eq!((seen.metadata.is_some(), seen.data.is_empty()), (is, is), "{first}");
        }
    }

    #[test]
    fn a_year_is_a_number_or_a_text_and_0_is_none() {
        for (json, expected) in [
            (json!({ "inntektsaar": 2023 }), Some(2023)),
            (json!({ "inntektsaar": "2024" }), Some(2024)),
            (json!({ "inntektsaar": 0 }), None),
            (json!({ "inntektsaar": "0" }), None),
            (json!({ "inntektsaar": null }), None),
            (json!({}), None),
            (json!(null), None),
        ] {
            assert_eq!(year(&json).map(Inntektsaar::get), expected, "{json}");
        }
    }

    #[test]
    fn the_steps_of_a_process() {
        let task = |kind: &str, element: &str| json!({ "currentTask": { "altinnTaskType": kind, "elementId": element } });
        for (json, expected) in [
            (task("data", "Task_1"), Some(Prosess::Data)),
            (task("confirmation", "Task_2"), Some(Prosess::Bekreftelse)),
            (task("confirmation", "Task_2Revisor"), Some(Prosess::Revisor)),
            (task("feedback", "Task_3"), Some(Prosess::Tilbakemelding)),
            (task("signing", "Task_9"), Some(Prosess::Ukjent("Task_9".into()))),
            (json!({ "ended": "2026-11-28T07:00:00Z", "currentTask": null }), Some(Prosess::Avsluttet)),
            (json!({ "currentTask": { "altinnTaskType": "data" }, "ended": "" }), Some(Prosess::Data)),
            (json!({ "currentTask": null, "ended": null }), None),
            (json!([]), None),
        ] {
            assert_eq!(prosess(&json), expected, "{json}");
        }
    }

    #[test]
    fn a_party_is_the_owners_unless_the_profile_says_otherwise() {
        let organisation: Identifikator = "974761076".parse().unwrap();
        let person: Identifikator = "17912099997".parse().unwrap();
        for (json, of_organisation, of_person) in [
            (json!({ "partyId": 50_001 }), true, true),
            (json!({ "partyId": "50001", "party": { "ssn": null, "orgNumber": "" } }), true, true),
            (json!({ "partyId": 50_001, "party": { "ssn": "17912099997" } }), false, true),
            (json!({ "partyId": 50_001, "party": { "orgNumber": "974761076" } }), true, false),
            (json!({ "partyId": 50_001, "party": { "orgNumber": "310817074" } }), false, false),
            (json!({ "partyId": 0 }), false, false),
            (json!({}), false, false),
        ] {
            assert_eq!(profile(&json, &organisation) != Profile::Others, of_organisation, "{json}");
            assert_eq!(profile(&json, &person) != Profile::Others, of_person, "{json}");
        }
    }
}
