//! The bytes of each request.

use crate::client::{
    ORGANISATION, TOKEN, adapter, call, client, envelope, inline_envelope, jobb, memory, name, settings,
    sink, subject,
};
use crate::far::{Far, Received, answer, json, xml};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use skattebro_ports::{Availability, CurrentReturns, Jobs, UploadForm, UploadName, Uploads, Validations};

const UPLOADED: &str = r#"{"referanse":"a7a076307d21385cf50209cebdc2b2886467"}"#;
const STARTED: &str = r#"{"jobbStatus":"OPPRETTET","jobbId":"jobb-1"}"#;
const STATUS: &str = r#"{"jobbStatus":"NY","forrigeStatus":"OPPRETTET","sekunderSidenOpprettelse":1,"sekunderSidenEndring":1}"#;
const VALID: &str = "<skattemeldingOgNaeringsspesifikasjonResponse><resultatAvValidering>validertOK\
                     </resultatAvValidering></skattemeldingOgNaeringsspesifikasjonResponse>";

/// The headers that every call has, once each.
pub(crate) fn assert_headers(request: &Received) {
    assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(request.header("klientid"), concat!("skattebro/", env!("CARGO_PKG_VERSION")));
    assert_eq!(request.header("user-agent"), request.header("klientid"));
    assert_eq!(request.header("korrelasjonsid"), "4f1c-kall");
    assert!(request.header("host").starts_with("127.0.0.1:"));
    assert!(request.headers("accept-encoding").is_empty(), "nobody here unpacks answers");
}

/// The length is declared, exact, and not chunked.
pub(crate) fn assert_body(request: &Received, content_type: &str) {
    assert!(request.whole);
    assert_eq!(request.header("content-length"), request.body.len().to_string());
    assert!(request.headers("transfer-encoding").is_empty());
    assert_eq!(request.header("content-type"), content_type);
}

pub(crate) fn assert_no_body(request: &Received) {
    for name in ["content-length", "transfer-encoding", "content-type"] {
        assert!(request.headers(name).is_empty(), "{request:?}");
    }
    assert!(request.body.is_empty());
}

/// The one part of a form: its head, and its content.
fn part(request: &Received) -> (String, Vec<u8>) {
    let content_type = request.header("content-type");
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(boundary.len() <= 70 && !boundary.contains(['"', ' ']), "{boundary}");
    assert_body(request, content_type);
    let body = request.body.strip_prefix(format!("--{boundary}\r\n").as_bytes()).unwrap();
    let body = body.strip_suffix(format!("\r\n--{boundary}--\r\n").as_bytes()).unwrap();
    let end = body.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let content = body[end + 4..].to_vec();
    let mark = format!("--{boundary}").into_bytes();
    assert!(!content.windows(mark.len()).any(|window| window == mark), "one part");
    (String::from_utf8(body[..end].to_vec()).unwrap(), content)
}

#[tokio::test]
async fn an_upload_is_one_part_whose_name_is_its_file_name() {
    for (form, extension) in [(UploadForm::Plain, ""), (UploadForm::Gzip, ".gz"), (UploadForm::Brotli, ".br")]
    {
        let far = Far::answering(json(UPLOADED)).await;
        let name = UploadName::naeringsspesifikasjon(form);
        let text = STANDARD.encode([b'x'; 1000]);
        let referanse =
            client(&far.url()).last_opp(&call(), &subject(), &name, memory(text.clone())).await.unwrap();
        assert_eq!(referanse.as_str(), "a7a076307d21385cf50209cebdc2b2886467");
        let request = far.request();
        let path = format!("/api/skattemelding/v2/jobb/2023/{ORGANISATION}/last-opp.vedlegg");
        assert_eq!(request.line(), format!("POST {path} HTTP/1.1"));
        assert_headers(&request);
        assert_eq!(request.header("accept"), "application/json");
        let (head, content) = part(&request);
        let disposition = format!(
            "Content-Disposition: form-data; name=\"naeringsspesifikasjon.xml{extension}\"; \
             filename=\"naeringsspesifikasjon.xml{extension}\""
        );
        assert!(head.split("\r\n").any(|line| line == disposition), "{head}");
        assert_eq!(content, text.as_bytes(), "the body is sent as it is, unbroken");
    }
}

#[tokio::test]
async fn a_large_upload_is_not_chunked_either() {
    let far = Far::answering(json(UPLOADED)).await;
    let text = STANDARD.encode(vec![b'x'; 3_000_000]);
    client(&far.url()).last_opp(&call(), &subject(), &name(), memory(text.clone())).await.unwrap();
    assert!(part(&far.request()).1 == text.as_bytes());
}

#[tokio::test]
async fn uploads_at_different_times_have_different_boundaries() {
    let far = Far::answering(json(UPLOADED)).await;
    for id in ["kall-1", "kall-2"] {
        let call = skattebro_ports::Call::new(id.parse().unwrap());
        client(&far.url()).last_opp(&call, &subject(), &name(), memory("eA==")).await.unwrap();
    }
    let received = far.received();
    assert_ne!(received[0].header("content-type"), received[1].header("content-type"));
}

#[tokio::test]
async fn a_start_is_the_envelope_with_unbroken_base64() {
    let far = Far::answering(json(STARTED)).await;
    let tax_return = "<skattemelding>".repeat(1000);
    let envelope = envelope(memory(tax_return.clone()));
    let started = client(&far.url()).start(&call(), &subject(), &envelope).await.unwrap();
    assert_eq!((started.jobb_id, started.jobb_status.as_str()), (jobb(), "OPPRETTET"));
    let request = far.request();
    let path = format!("/api/skattemelding/v2/jobb/2023/{ORGANISATION}/start");
    assert_eq!(request.line(), format!("POST {path} HTTP/1.1"));
    assert_headers(&request);
    assert_eq!(request.header("accept"), "application/json");
    assert_body(&request, "application/xml");
    let base64 = STANDARD.encode(&tax_return);
    assert!(request.text().contains(&format!("<content>{base64}</content>")));
    assert!(request.text().contains(
        "<type>naeringsspesifikasjonReferanse</type><encoding>utf-8</encoding>\
         <content>a7a076307d21385cf50209cebdc2b2886467</content>"
    ));
    assert!(request.text().contains("<dokumentidentifikator>SKI:755:15086617</dokumentidentifikator>"));
}

#[tokio::test]
async fn a_look_at_a_job_is_a_get_without_a_body() {
    let far = Far::answering(json(STATUS)).await;
    let seen = client(&far.url()).status(&call(), &subject(), &jobb()).await.unwrap();
    assert_eq!((seen.jobb_status.as_str(), seen.sekunder_siden_endring), ("NY", Some(1)));
    let request = far.request();
    let path = format!("/api/skattemelding/v2/jobb/2023/{ORGANISATION}/jobb-1/status");
    assert_eq!(request.line(), format!("GET {path} HTTP/1.1"));
    assert_headers(&request);
    assert_eq!(request.header("accept"), "application/json");
    assert_no_body(&request);
}

#[tokio::test]
async fn a_result_is_asked_for_as_xml() {
    let far = Far::answering(xml(VALID)).await;
    let outcome = client(&far.url()).resultat(&call(), &subject(), &jobb(), sink()).await.unwrap();
    assert!(outcome.unwrap().is_ok());
    let request = far.request();
    let path = format!("/api/skattemelding/v2/jobb/2023/{ORGANISATION}/jobb-1/resultat");
    assert_eq!(request.line(), format!("GET {path} HTTP/1.1"));
    assert_headers(&request);
    assert_eq!(request.header("accept"), "application/xml");
    assert_no_body(&request);
}

#[tokio::test]
async fn the_current_return_is_asked_for_with_guidance_only_if_wanted() {
    for (wanted, query) in [(false, ""), (true, "?inkluderUtvidetVeiledning=true")] {
        let far = Far::answering(answer(404, &[], "")).await;
        let _ = client(&far.url()).gjeldende(&call(), &subject(), wanted, sink()).await;
        let request = far.request();
        assert_eq!(request.line(), format!("GET /api/skattemelding/v2/2023/{ORGANISATION}{query} HTTP/1.1"));
        assert_headers(&request);
        assert_eq!(request.header("accept"), "application/xml");
        assert_no_body(&request);
    }
}

#[tokio::test]
async fn a_validation_is_the_envelope() {
    let far = Far::answering(xml(VALID)).await;
    let (client, envelope) = (client(&far.url()), inline_envelope(memory("<a/>")));
    client.valider(&call(), &subject(), &envelope, sink()).await.unwrap();
    client.validertest(&call(), &subject(), &envelope, sink()).await.unwrap();
    for (request, route) in far.received().iter().zip(["valider", "validertest"]) {
        let path = format!("/api/skattemelding/v2/{route}/2023/{ORGANISATION}");
        assert_eq!(request.line(), format!("POST {path} HTTP/1.1"));
        assert_headers(request);
        assert_eq!(request.header("accept"), "application/xml");
        assert_body(request, "application/xml");
        assert!(request.text().contains("<content>PGEvPg==</content>"));
    }
}

#[tokio::test]
async fn a_ping_shows_no_token() {
    let far = Far::answering(json(r#"{"ping":"pong"}"#)).await;
    client(&far.url()).ping(&call()).await.unwrap();
    let request = far.request();
    assert_eq!(request.line(), "GET /api/skattemelding/v2/ping HTTP/1.1");
    assert!(request.headers("authorization").is_empty());
    assert_eq!(request.header("korrelasjonsid"), "4f1c-kall");
}

#[tokio::test]
async fn the_clients_name_and_a_prefix_of_the_path_are_settings() {
    let far = Far::answering(json(STATUS)).await;
    let settings = settings(&format!("{}/prefiks/", far.url())).client_name("Regnskap AS/4.2");
    adapter(settings).status(&call(), &subject(), &jobb()).await.unwrap();
    let request = far.request();
    assert!(request.line().starts_with("GET /prefiks/api/skattemelding/v2/jobb/2023/"), "{}", request.line());
    assert_eq!(request.header("klientid"), "Regnskap AS/4.2");
    assert_eq!(request.header("user-agent"), "Regnskap AS/4.2");
}

#[tokio::test]
async fn each_repetition_is_the_same_request() {
    let far = Far::answering(answer(503, &[], "")).await;
    let envelope = inline_envelope(memory("<a/>"));
    client(&far.url()).valider(&call(), &subject(), &envelope, sink()).await.unwrap_err();
    let received = far.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_headers(request);
        assert_body(request, "application/xml");
        assert_eq!((request.line(), &request.body), (received[0].line(), &received[0].body));
    }
}
