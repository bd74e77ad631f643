//! What holds for every call: tokens, error bodies, unknown paths.

use crate::http;
use crate::service::{ORG, Service, TOKEN, status_path};

#[tokio::test]
async fn ping_needs_no_token() {
    let service = Service::new().await;
    let answer = http::call(service.sandbox.addr(), "GET", "/api/skattemelding/v2/ping", &[], b"").await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"ping":"pong"}"#));
}

#[tokio::test]
async fn every_other_call_needs_one() {
    let service = Service::new().await;
    let job = "/api/skattemelding/v2/jobb/2023/974761076";
    for (method, path) in [
        ("POST", format!("{job}/last-opp.vedlegg")),
        ("POST", format!("{job}/start")),
        ("GET", format!("{job}/abc/status")),
        ("GET", format!("{job}/abc/resultat")),
        ("GET", "/api/skattemelding/v2/2023/974761076".to_owned()),
        ("POST", "/api/skattemelding/v2/valider/2023/974761076".to_owned()),
        ("POST", "/api/skattemelding/v2/validertest/2023/974761076".to_owned()),
    ] {
        for headers in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Basic abc")]] {
            let answer = http::call(service.sandbox.addr(), method, &path, headers, b"").await;
            assert_eq!(answer.status, 401, "{path} {headers:?}");
            assert_eq!(answer.json()["kode"], "SANDBOX-TOKEN");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[tokio::test]
async fn errors_echo_the_correlation_id_or_make_one() {
    let service = Service::new().await;
    let path = status_path(ORG, 2023, "ukjent");
    let headers = [TOKEN, ("Korrelasjonsid", "min-id")];
    let answer = http::call(service.sandbox.addr(), "GET", &path, &headers, b"").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let error = answer.json();
    assert_eq!(error["korrelasjonsid"], "min-id");
    assert_eq!(error["kode"], "SANDBOX-JOBB");
    assert_eq!(error["melding"], "Jobben finnes ikke");
    assert_eq!(error.as_object().unwrap().len(), 3);
    let made = service.get(&path).await.json();
    assert_eq!(made["korrelasjonsid"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn errors_are_xml_for_those_who_prefer_it() {
    let service = Service::new().await;
    let headers = [("accept", "application/xml"), ("korrelasjonsid", "a<b")];
    let answer = http::call(service.sandbox.addr(), "GET", "/finnes/ikke", &headers, b"").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/xml")));
    let expected = "<feil xmlns=\"urn:no:skatteetaten:datasamarbeid:feil:v1\"><kode>DAS-002</kode>\
                    <melding>Endepunktet finnes ikke</melding><korrelasjonsid>a&lt;b</korrelasjonsid></feil>";
    assert!(answer.text().ends_with(expected), "{}", answer.text());
}

#[tokio::test]
async fn unknown_paths_and_methods_have_general_errors() {
    let service = Service::new().await;
    for path in ["/", "/api/skattemelding/v2", "/sandbox/annet"] {
        let answer = service.get(path).await;
        assert_eq!((answer.status, answer.json()["kode"].as_str()), (404, Some("DAS-002")), "{path}");
    }
    let answer = service.post("/api/skattemelding/v2/ping", &[], b"").await;
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (405, Some("SANDBOX-METODE")));
}

#[tokio::test]
async fn the_path_is_checked() {
    let service = Service::new().await;
    for (year, id) in [("23", ORG), ("202x", ORG), ("0999", ORG), ("2023", "974761077"), ("2023", "abc")] {
        let answer = service.get(&format!("/api/skattemelding/v2/{year}/{id}")).await;
        assert_eq!(
            (answer.status, answer.json()["kode"].as_str()),
            (400, Some("SANDBOX-BANE")),
            "{year} {id}"
        );
    }
}

#[tokio::test]
async fn dropping_it_closes_the_door_and_the_connections() {
    let service = Service::new().await;
    let addr = service.sandbox.addr();
    assert_eq!(service.sandbox.url(), format!("http://{addr}"));
    let mut idle = tokio::net::TcpStream::connect(addr).await.unwrap();
    assert_eq!(service.get("/api/skattemelding/v2/ping").await.status, 200);
    drop(service);
    assert_eq!(http::rest_of(&mut idle).await, b"");
    let mut refused = false;
    for _ in 0..500 {
        refused = tokio::net::TcpStream::connect(addr).await.is_err();
        if refused {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert!(refused);
}

#[tokio::test]
async fn shutdown_ends_it() {
    let service = Service::new().await;
    let addr = service.sandbox.addr();
    service.sandbox.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
