//! The bytes of each request to Altinn, and of the jobs for what lies there.

use crate::client::{
    self, ORGANISATION, PERSON, Tokens, call, inline_envelope, jobb, memory, settings, sink, subject,
};
use crate::far::{Far, Received, answer, json, xml};
use crate::wire::{assert_body, assert_headers, assert_no_body};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_adapter_http::{AltinnAddresses, HttpAltinn};
use skattebro_domain::Identifikator;
use skattebro_domain::altinn::{DataId, InstansId, Metadata, Prosess, Skanning, Vedleggstype};
use skattebro_ports::{Altinn, AltinnJobs, ErrorKind, Vedlegg};
use std::sync::Arc;

const APP: &str = "/skd/formueinntekt-skattemelding-v2";
const GUID: &str = "2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d";
const PUT_IN: &str = r#"{"id":"e-1","instanceGuid":"x","dataType":"skattemeldingOgNaeringsspesifikasjon","filename":
    "skattemeldingOgNaeringsspesifikasjon.xml","contentType":"text/xml","size":123,"fileScanResult":"Pending"}"#;

pub(crate) fn altinn(far: &Far) -> HttpAltinn {
    altinn_with(far, Arc::new(Tokens::default()))
}

pub(crate) fn altinn_with(far: &Far, tokens: Arc<Tokens>) -> HttpAltinn {
    let app = AltinnAddresses::on(&far.url()).app;
    HttpAltinn::new(settings(&far.url()).server(&app).unwrap(), tokens).unwrap()
}

pub(crate) fn owner() -> Identifikator {
    ORGANISATION.parse().unwrap()
}

pub(crate) fn instans() -> InstansId {
    format!("50006869/{GUID}").parse().unwrap()
}

pub(crate) fn element() -> DataId {
    "e-1".parse().unwrap()
}

pub(crate) fn metadata() -> Metadata {
    Metadata { inntektsaar: "2023".parse().unwrap(), skal_bekreftes_av_revisor: false }
}

pub(crate) fn vedlegg(kind: Vedleggstype, body: impl Into<Vec<u8>>) -> Vedlegg {
    Vedlegg { navn: format!("A-1_b.{}", kind.ending()).parse().unwrap(), kind, body: memory(body) }
}

fn seen(year: &str, element: &str) -> Vec<u8> {
    json(&format!(
        r#"{{"id":"50006869/{GUID}","instanceOwner":{{"organisationNumber":"{ORGANISATION}"}},"dataValues":{year},
        "process":{{"currentTask":{{"elementId":"Task_1","altinnTaskType":"data"}},"ended":null}},"data":[{element}]}}"#
    ))
}

const METADATA: &str = r#"{"id":"m-1","dataType":"app","contentType":"application/xml"}"#;

fn assert_line(request: &Received, method: &str, path: &str) {
    assert_eq!(request.line(), format!("{method} {APP}{path} HTTP/1.1"));
    assert_headers(request);
}

#[tokio::test]
async fn a_creation_tells_the_owner_by_number_and_the_year() {
    for (number, name) in [(ORGANISATION, "organisationNumber"), (PERSON, "personNumber")] {
        let far = Far::answering(seen(r#"{"inntektsaar":"2023"}"#, METADATA)).await;
        let made = altinn(&far).opprett(&call(), &number.parse().unwrap(), &metadata()).await.unwrap();
        assert_eq!((made.id, made.metadata.unwrap().as_str()), (instans(), "m-1"));
        assert_eq!(made.inntektsaar, Some(metadata().inntektsaar));
        let request = far.request();
        assert_line(&request, "POST", "/instances/");
        assert_eq!(request.header("accept"), "application/json");
        assert_body(&request, "application/json");
        let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({
                "instanceOwner": { name: number },
                "appId": "skd/formueinntekt-skattemelding-v2",
                "dataValues": { "inntektsaar": 2023, "skalBekreftesAvRevisor": false },
            })
        );
    }
}

#[tokio::test]
async fn an_envelope_is_streamed_under_a_name_without_quotes() {
    for size in [0, 5, 3_000_000] {
        let document = vec![b'x'; size];
        let envelope = inline_envelope(memory(document.clone()));
        let content = format!("<content>{}</content>", STANDARD.encode(&document));
        for erstatter in [None, Some(element())] {
            let far = Far::answering(answer(201, &[], PUT_IN)).await;
            let altinn = altinn(&far);
            let put_in =
                altinn.last_opp_konvolutt(&call(), &owner(), &instans(), erstatter.as_ref(), &envelope).await;
            let put_in = put_in.unwrap();
            assert_eq!(
                (put_in.id, put_in.stoerrelse, put_in.skanning),
                (element(), Some(123), Some(Skanning::Pending))
            );
            let request = far.request();
            let path = format!("/instances/50006869/{GUID}/data");
            match erstatter {
                None => {
                    let path = format!("{path}?dataType=skattemeldingOgNaeringsspesifikasjon");
                    assert_line(&request, "POST", &path);
                }
                Some(_) => assert_line(&request, "PUT", &format!("{path}/e-1")),
            }
            assert_body(&request, "text/xml");
            assert_eq!(
                request.header("content-disposition"),
                "attachment; filename=skattemeldingOgNaeringsspesifikasjon.xml"
            );
            assert!(request.text().contains(&content), "{size}");
            assert!(request.text().ends_with("</skattemeldingOgNaeringsspesifikasjonRequest>"));
        }
    }
}

#[tokio::test]
async fn an_attachment_is_sent_as_what_it_is() {
    for (kind, content_type) in [
        (Vedleggstype::Pdf, "application/pdf"),
        (Vedleggstype::Jpeg, "image/jpeg"),
        (Vedleggstype::Png, "image/png"),
        (Vedleggstype::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let far =
            Far::answering(answer(201, &[], r#"{"id":"v-1","dataType":"skattemelding-vedlegg"}"#)).await;
        let bytes: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
        let put_in = altinn(&far)
            .last_opp_vedlegg(&call(), &owner(), &instans(), &vedlegg(kind, bytes.clone()))
            .await
            .unwrap();
        assert_eq!(put_in.id.as_str(), "v-1");
        let request = far.request();
        assert_line(
            &request,
            "POST",
            &format!("/instances/50006869/{GUID}/data?dataType=skattemelding-vedlegg"),
        );
        assert_body(&request, content_type);
        let name = format!("attachment; filename=A-1_b.{}", kind.ending());
        assert_eq!(request.header("content-disposition"), name);
        assert!(request.body == bytes);
    }
}

#[tokio::test]
async fn a_step_is_a_put_without_a_body_and_says_so() {
    let far = Far::answering(json(
        r#"{"started":"x","currentTask":{"flow":3,"elementId":"Task_2","altinnTaskType":"confirmation"},"ended":null}"#,
    ))
    .await;
    let moved = altinn(&far).neste(&call(), &owner(), &instans()).await.unwrap();
    assert_eq!(moved, Prosess::Bekreftelse);
    let request = far.request();
    assert_line(&request, "PUT", &format!("/instances/50006869/{GUID}/process/next"));
    assert_eq!(request.header("content-length"), "0");
    assert!(request.headers("transfer-encoding").is_empty() && request.headers("content-type").is_empty());
}

#[tokio::test]
async fn metadata_are_put_as_json() {
    let far = Far::answering(json(r#"{"anything":1}"#)).await;
    let metadata = Metadata { skal_bekreftes_av_revisor: true, ..metadata() };
    altinn(&far).sett_metadata(&call(), &owner(), &instans(), &element(), &metadata).await.unwrap();
    let request = far.request();
    assert_line(&request, "PUT", &format!("/instances/50006869/{GUID}/data/e-1"));
    assert_body(&request, "application/json");
    assert_eq!(request.text(), r#"{"inntektsaar":2023,"skalBekreftesAvRevisor":true}"#);
}

#[tokio::test]
async fn a_removal_is_a_delete() {
    let far = Far::answering(answer(200, &[], "")).await;
    altinn(&far).slett(&call(), &owner(), &instans(), &element()).await.unwrap();
    let request = far.request();
    assert_line(&request, "DELETE", &format!("/instances/50006869/{GUID}/data/e-1"));
    assert_no_body(&request);
}

#[tokio::test]
async fn a_look_asks_the_metadata_only_where_the_instance_tells_no_year() {
    let told = Far::answering(seen(r#"{"inntektsaar":2023}"#, METADATA)).await;
    assert_eq!(
        altinn(&told).se(&call(), &owner(), &instans()).await.unwrap().inntektsaar,
        Some(metadata().inntektsaar)
    );
    let request = told.request();
    assert_line(&request, "GET", &format!("/instances/50006869/{GUID}"));
    assert_no_body(&request);

    for (year, answered, expected) in [
        ("null", json(r#"{"inntektsaar":2023}"#), Some(2023)),
        (r#"{"inntektsaar":"0"}"#, json(r#"{"inntektsaar":2023}"#), Some(2023)),
        (r#"{"inntektsaar":0}"#, json(r#"{"inntektsaar":0}"#), None),
        ("{}", xml("<a/>"), None),
        ("{}", answer(404, &[], ""), None),
    ] {
        let far = Far::answering_each(vec![seen(year, METADATA), answered]).await;
        let instans = altinn(&far).se(&call(), &owner(), &instans()).await.unwrap();
        assert_eq!(instans.inntektsaar.map(|year| year.get()), expected, "{year}");
        let [_, look] = &far.received()[..] else { panic!("two looks: {:?}", far.received()) };
        assert_line(look, "GET", &format!("/instances/50006869/{GUID}/data/m-1"));
        assert_eq!(look.header("accept"), "application/json");
    }
    let bare = Far::answering(seen("{}", "")).await;
    assert_eq!(altinn(&bare).se(&call(), &owner(), &instans()).await.unwrap().inntektsaar, None);
    assert_eq!(bare.received().len(), 1, "there is no metadata to ask");
}

#[tokio::test]
async fn open_instances_are_asked_for_by_the_number_that_is_known() {
    let open = || json(&format!(r#"[{{"id":"50006869/{GUID}","lastChanged":"x","lastChangedBy":"y"}}]"#));
    let path = "/instances/50006869/active";
    let by_setting = Far::answering(open()).await;
    let adapter = altinn(&by_setting).with_part(owner(), "50006869".parse().unwrap());
    assert_eq!(adapter.aapne(&call(), &owner()).await.unwrap(), [instans()]);
    assert_line(&by_setting.request(), "GET", path);

    let by_instance = Far::answering_each(vec![seen(r#"{"inntektsaar":2023}"#, METADATA), open()]).await;
    let adapter = altinn(&by_instance);
    adapter.se(&call(), &owner(), &instans()).await.unwrap();
    assert_eq!(adapter.clone().aapne(&call(), &owner()).await.unwrap(), [instans()]);
    assert_line(&by_instance.received()[1], "GET", path);

    // The profile names whom it is of.
    let profile = json(r#"{"partyId":50006869,"party":{"orgNumber":"974761076"}}"#);
    let asked = Far::answering_each(vec![profile, open()]).await;
    let adapter = altinn(&asked);
    for _ in 0..2 {
        assert_eq!(adapter.aapne(&call(), &owner()).await.unwrap(), [instans()]);
    }
    let lines: Vec<_> = asked.received().iter().map(|request| request.line().to_owned()).collect();
    assert_eq!(lines[0], format!("GET {APP}/api/v1/profile/user HTTP/1.1"));
    assert_eq!(lines[1..], [format!("GET {APP}{path} HTTP/1.1"), format!("GET {APP}{path} HTTP/1.1")]);
}

#[tokio::test]
async fn the_number_of_a_party_that_somebody_else_acts_for_is_looked_for_among_theirs() {
    let open = || json(&format!(r#"[{{"id":"50006869/{GUID}"}}]"#));
    let of_a_person = || json(r#"{"partyId":1}"#);
    let parties = json(
        r#"[{"partyId":1,"ssn":"17912099997"},{"partyId":2,"childParties":[{"partyId":50006869,"orgNumber":"974761076"}]}]"#,
    );
    let asked = Far::answering_each(vec![of_a_person(), parties, open()]).await;
    assert_eq!(altinn(&asked).aapne(&call(), &owner()).await.unwrap(), [instans()]);
    let lines: Vec<_> = asked.received().iter().map(|request| request.line().to_owned()).collect();
    assert_eq!(lines[1], format!("GET {APP}/api/v1/parties?allowedToInstantiateFilter=true HTTP/1.1"));
    assert_eq!(lines[2], format!("GET {APP}/instances/50006869/active HTTP/1.1"));
    // Where nobody tells it, the profile's own is as good as any.
    let unknown = Far::answering_each(vec![of_a_person(), json("[]"), open()]).await;
    altinn(&unknown).aapne(&call(), &owner()).await.unwrap();
    assert_eq!(unknown.received()[2].line(), format!("GET {APP}/instances/1/active HTTP/1.1"));
    // But not one that is somebody else's for certain.
    let profile = json(r#"{"partyId":1,"party":{"ssn":"17912099997"}}"#);
    let others = Far::answering_each(vec![profile, json("[]")]).await;
    let error = altinn(&others).aapne(&call(), &owner()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_receipt_is_asked_for_as_xml_and_goes_into_the_sink() {
    let receipt = "<skattemeldingOgNaeringsspesifikasjonResponse><dokumenter><dokument><type>beregnetSkattUpersonlig</type>\
        <encoding>utf-8</encoding><content>PGEvPg==</content></dokument></dokumenter><resultatAvValidering>validertMedFeil\
        </resultatAvValidering><aarsakTilValidertMedFeil>innkommendeForespoerselManglerSporTilUtfoerende\
        </aarsakTilValidertMedFeil></skattemeldingOgNaeringsspesifikasjonResponse>";
    let far = Far::answering(xml(receipt)).await;
    let sink = Arc::new(skattebro_ports::fakes::MemorySink::default());
    let fetched = altinn(&far).kvittering(&call(), &owner(), &instans(), &element(), sink.clone()).await;
    let outcome = fetched.unwrap();
    assert_eq!(outcome.aarsaker, ["innkommendeForespoerselManglerSporTilUtfoerende"]);
    assert_eq!(sink.documents(), [("beregnetSkattUpersonlig".to_owned(), b"<a/>".to_vec())]);
    let request = far.request();
    assert_line(&request, "GET", &format!("/instances/50006869/{GUID}/data/e-1"));
    assert_eq!(request.header("accept"), "text/xml, application/xml");
    assert_no_body(&request);
}

#[tokio::test]
async fn a_job_is_started_for_an_instance() {
    let far = Far::answering(json(r#"{"jobbStatus":"OPPRETTET","jobbId":"storeDokument-1"}"#)).await;
    let started =
        AltinnJobs::start(&client::client(&far.url()), &call(), &subject(), &instans()).await.unwrap();
    assert_eq!(started.jobb_id.as_str(), "storeDokument-1");
    let request = far.request();
    let path = format!("/api/skattemelding/v2/jobb/altinn/2023/{ORGANISATION}/start");
    assert_eq!(request.line(), format!("POST {path} HTTP/1.1"));
    assert_headers(&request);
    assert_body(&request, "application/json");
    let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let expected = serde_json::json!({
        "appId": "skd/formueinntekt-skattemelding-v2", "instansId": format!("50006869/{GUID}"),
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn a_job_for_an_instance_is_followed_on_its_own_path() {
    let far = Far::answering(json(r#"{"jobbStatus":"VENTER"}"#)).await;
    let client = client::client(&far.url());
    let seen = AltinnJobs::status(&client, &call(), &subject(), &jobb()).await.unwrap();
    assert_eq!(seen.jobb_status.as_str(), "VENTER");
    let path = format!("/api/skattemelding/v2/jobb/altinn/2023/{ORGANISATION}/jobb-1");
    assert_eq!(far.request().line(), format!("GET {path}/status HTTP/1.1"));
    let far = Far::answering(answer(204, &[], "")).await;
    let client = client::client(&far.url());
    assert_eq!(AltinnJobs::resultat(&client, &call(), &subject(), &jobb(), sink()).await.unwrap(), None);
    assert_eq!(far.request().line(), format!("GET {path}/resultat HTTP/1.1"));
    assert_eq!(far.request().header("accept"), "application/xml");
}

#[test]
fn the_addresses_of_the_contract() {
    let production = AltinnAddresses::production();
    assert_eq!(production.app, "https://skd.apps.altinn.no/skd/formueinntekt-skattemelding-v2");
    assert_eq!(production.platform, "https://platform.altinn.no");
    let test = AltinnAddresses::test();
    assert_eq!(test.app, "https://skd.apps.tt02.altinn.no/skd/formueinntekt-skattemelding-v2");
    assert_eq!(test.platform, "https://platform.tt02.altinn.no");
    let sandbox = AltinnAddresses::on("http://127.0.0.1:8700/");
    assert_eq!(sandbox.app, "http://127.0.0.1:8700/skd/formueinntekt-skattemelding-v2");
    assert_eq!(sandbox.platform, "http://127.0.0.1:8700");
}
