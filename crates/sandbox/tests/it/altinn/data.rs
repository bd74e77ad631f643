//! Putting things into instances.

use serde_json::{Value, json};
use skattebro_sandbox::What;

use super::client::{App, JSON, KONVOLUTT, NAMED, PID, TEXT_XML, VEDLEGG, codes, created, of_type};
use crate::service::{ORG, PERSON, Service};

const PDF: (&str, &str) = ("content-type", "application/pdf");

fn disposition(value: &str) -> (&str, &str) {
    ("content-disposition", value)
}

#[tokio::test]
async fn an_envelope_is_put_in_scanned_and_given_back() {
    let service = Service::new().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let xml = service.whole_envelope(ORG).await.xml();
    let answer = app.post_data(&id, KONVOLUTT, &[TEXT_XML, NAMED], xml.as_bytes()).await;
    let element = answer.json();
    assert_eq!(answer.status, 201);
    for (key, value) in [
        ("dataType", json!(KONVOLUTT)),
        ("filename", json!("skattemelding.xml")),
        ("contentType", json!("text/xml")),
        ("size", json!(xml.len())),
        ("fileScanResult", json!("Pending")),
        ("instanceGuid", json!(id.split_once('/').unwrap().1)),
    ] {
        assert_eq!(element[key], value, "{key}");
    }
    assert_eq!(of_type(&app.look(&id).await, KONVOLUTT).unwrap(), &element);
    let scan = async || of_type(&app.look(&id).await, KONVOLUTT).unwrap()["fileScanResult"].clone();
    service.sandbox.clock().advance(std::time::Duration::from_millis(9_999));
    assert_eq!(scan().await, "Pending");
    service.sandbox.clock().advance(std::time::Duration::from_millis(1));
    assert_eq!(scan().await, "Clean");
    let data_id = element["id"].as_str().unwrap().to_owned();
    let back = app.get(&format!("/instances/{id}/data/{data_id}")).await;
    assert_eq!((back.status, back.header("content-type")), (200, Some("text/xml")));
    assert_eq!(back.text(), xml);
    let size = xml.len() as u64;
    assert_eq!(service.sandbox.effects()[1].what, What::KonvoluttLastetOpp { instans_id: id, data_id, size });
}

#[tokio::test]
async fn an_envelope_must_be_text_xml_and_its_name_not_quoted() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.instance_of(ORG).await;
    let quoted = disposition("attachment; filename=\"skattemelding.xml\"");
    for (headers, code) in [
        ([("content-type", "application/xml"), NAMED], "ContentTypeNotAllowed"),
        ([("content-type", "application/json"), NAMED], "ContentTypeNotAllowed"),
        ([("x", "y"), NAMED], "MissingContentType"),
        ([TEXT_XML, quoted], "InvalidFileNameFormat"),
        ([TEXT_XML, disposition("attachment")], "MissingFileName"),
        ([TEXT_XML, disposition("inline; filename=a.xml")], "MissingFileName"),
        ([TEXT_XML, ("x", "y")], "MissingFileName"),
    ] {
        let answer = app.post_data(&id, KONVOLUTT, &headers, b"<x/>").await;
        assert_eq!((answer.status, codes(&answer)), (400, vec![code.to_owned()]), "{headers:?}");
    }
    let empty = app.post_data(&id, KONVOLUTT, &[TEXT_XML, NAMED], b"").await;
    assert_eq!((empty.status, codes(&empty)), (400, vec!["DataElementEmpty".to_owned()]));
    for kind in ["", "tilbakemelding", "Skattemeldingsapp_v2", "ukjent"] {
        assert_eq!(app.post_data(&id, kind, &[TEXT_XML, NAMED], b"<x/>").await.status, 400, "{kind}");
    }
    let parameter = ("content-type", "text/xml; charset=utf-8");
    assert_eq!(app.post_data(&id, KONVOLUTT, &[parameter, NAMED], b"<x/>").await.status, 201);
    assert_eq!(service.instance().elements.len(), 1);
}

#[tokio::test]
async fn attachments_are_of_four_types_and_at_most_seventy() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.instance_of(ORG).await;
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = disposition("attachment; filename=vedlegg");
    for media_type in ["application/pdf", "image/jpeg", "image/png", xlsx] {
        created(&app.post_data(&id, VEDLEGG, &[("content-type", media_type), name], b"x").await);
    }
    for media_type in ["text/xml", "text/plain", "image/gif"] {
        let answer = app.post_data(&id, VEDLEGG, &[("content-type", media_type), name], b"x").await;
        assert_eq!((answer.status, codes(&answer)), (400, vec!["ContentTypeNotAllowed".to_owned()]));
    }
    for _ in 4..70 {
        app.attach(&id).await;
    }
    let answer = app.post_data(&id, VEDLEGG, &[PDF, name], b"x").await;
    assert_eq!((answer.status, codes(&answer)), (409, vec!["TooManyDataElementsOfType".to_owned()]));
    let elements = service.instance().elements;
    assert!(elements.len() == 70 && elements.iter().all(|element| element.data_type == VEDLEGG));
}

#[tokio::test]
async fn replacing_keeps_the_id_and_is_scanned_anew_under_the_same_rules() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.ready(ORG).await;
    let data = service.instance().elements[0].id.clone();
    let quoted = disposition("attachment; filename=\"a.xml\"");
    for headers in [[("content-type", "application/xml"), NAMED], [TEXT_XML, quoted], [PDF, NAMED]] {
        assert_eq!(app.put_data(&id, &data, &headers, b"<y/>").await.status, 400, "{headers:?}");
    }
    let name = disposition("attachment; filename=ny.xml");
    let answer = app.put_data(&id, &data, &[TEXT_XML, name], b"<y/>").await;
    assert_eq!(created(&answer), data);
    let element = &service.instance().elements[0];
    assert_eq!((element.filename.as_str(), element.size, element.scan.as_str()), ("ny.xml", 4, "Pending"));
    assert_eq!(app.get(&format!("/instances/{id}/data/{data}")).await.text(), "<y/>");
    let attached = app.attach(&id).await;
    let answer = app.put_data(&id, &attached, &[("content-type", "image/png"), name], b"xyz").await;
    assert_eq!((answer.status, answer.json()["contentType"].as_str()), (201, Some("image/png")));
    assert_eq!(
        service.done(),
        [
            "instans_opprettet",
            "konvolutt_lastet_opp",
            "konvolutt_erstattet",
            "vedlegg_lastet_opp",
            "vedlegg_erstattet"
        ]
    );
}

#[tokio::test]
async fn what_is_taken_out_is_gone() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.ready(ORG).await;
    let instance = app.look(&id).await;
    let (metadata, data) = (&instance["data"][0]["id"], &instance["data"][1]["id"]);
    let data = data.as_str().unwrap();
    assert_eq!(app.delete_data(&id, metadata.as_str().unwrap()).await.status, 400);
    assert_eq!(app.delete_data(&id, data).await.status, 200);
    for status in [
        app.delete_data(&id, data).await.status,
        app.get(&format!("/instances/{id}/data/{data}")).await.status,
        app.put_data(&id, data, &[TEXT_XML, NAMED], b"<x/>").await.status,
        app.delete_data(&id, "x").await.status,
    ] {
        assert_eq!(status, 404);
    }
    let last = service.sandbox.effects().pop().unwrap();
    assert_eq!(last.what, What::ElementSlettet { instans_id: id, data_id: data.to_owned() });
    assert_eq!((last.identifikator.as_str(), last.inntektsaar), (ORG, Some(2023)));
}

#[tokio::test]
async fn nothing_changes_after_the_data_task() {
    let service = Service::new().await;
    let app = service.anybody();
    let id = app.ready(ORG).await;
    let instance = app.look(&id).await;
    let of = |nr: usize| instance["data"][nr]["id"].as_str().unwrap();
    app.step(&id).await;
    let before = service.done();
    for status in [
        app.post_data(&id, KONVOLUTT, &[TEXT_XML, NAMED], b"<x/>").await.status,
        app.post_data(&id, VEDLEGG, &[PDF, NAMED], b"x").await.status,
        app.put_data(&id, of(1), &[TEXT_XML, NAMED], b"<x/>").await.status,
        app.delete_data(&id, of(1)).await.status,
        app.put_data(&id, of(0), &[JSON], b"{\"inntektsaar\":2022}").await.status,
    ] {
        assert_eq!(status, 409);
    }
    assert_eq!(service.done(), before);
}

async fn metadata(app: &App<'_>, id: &str) -> (String, Value) {
    let element = app.look(id).await["data"][0]["id"].as_str().unwrap().to_owned();
    let content = app.get(&format!("/instances/{id}/data/{element}")).await.json();
    (element, content)
}

#[tokio::test]
async fn the_metadata_begin_with_year_zero_and_can_be_set() {
    let service = Service::new().await;
    let app = service.person(PERSON);
    let id = app.instance_with(PERSON, Value::Null).await;
    let (element, content) = metadata(&app, &id).await;
    assert_eq!(content, json!({"inntektsaar": 0, "skalBekreftesAvRevisor": false}));
    assert_eq!(app.look(&id).await["dataValues"], Value::Null);
    let right = json!({"inntektsaar": 2023, "skalBekreftesAvRevisor": true});
    let set = async |headers: &[(&str, &str)], body: &Value| {
        app.put_data(&id, &element, headers, body.to_string().as_bytes()).await.status
    };
    assert_eq!(set(&[], &right).await, 415);
    assert_eq!(set(&[JSON], &json!({"inntektsaar": "x"})).await, 400);
    assert_eq!(set(&[JSON], &right).await, 201);
    assert_eq!(metadata(&app, &id).await.1, right);
    assert_eq!(app.look(&id).await["dataValues"]["inntektsaar"], "2023");
    let seen = service.instance();
    assert_eq!((seen.inntektsaar, seen.skal_bekreftes_av_revisor), (2023, false), "decided at the creation");
    assert_eq!(service.done(), ["instans_opprettet", "metadata_satt"]);
}
