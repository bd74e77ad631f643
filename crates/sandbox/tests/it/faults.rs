//! Faults: what is done, and whether there is an answer.

use std::time::{Duration, Instant};

use skattebro_sandbox::{Delivery, Fault, FaultRule, Scenario, What};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::http::{self, Answer};
use crate::service::{
    FORM, ORG, Service, TOKEN, XML, base64, form, naering, soon, start_path, status_path, upload_path,
};

const PING: &str = "/api/skattemelding/v2/ping";
const NAME: &str = "naeringsspesifikasjon.xml";

/// Uploads under one fault; None where the connection closed without an answer.
async fn upload_under(service: &Service, fault: Fault) -> Option<Answer> {
    service.sandbox.inject(FaultRule::next("last-opp", 1, fault));
    let body = form(NAME, NAME, base64(&naering(2023)).as_bytes());
    let headers = [TOKEN, FORM, ("korrelasjonsid", "k-1")];
    http::try_call(service.sandbox.addr(), "POST", &upload_path(ORG, 2023), &headers, &body).await
}

#[tokio::test]
async fn refused_requests_leave_no_effect() {
    let service = Service::new().await;
    let wait = Some(Duration::from_millis(1_200));
    for (fault, status) in [
        (Fault::TooManyRequests { retry_after: wait }, 429),
        (Fault::TooManyRequests { retry_after: None }, 429),
        (Fault::ErrorBefore(500), 500),
        (Fault::ErrorBefore(503), 503),
    ] {
        let answer = upload_under(&service, fault.clone()).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["korrelasjonsid"], "k-1");
        let retry_after =
            if fault == (Fault::TooManyRequests { retry_after: wait }) { Some("2") } else { None };
        assert_eq!(answer.header("retry-after"), retry_after);
    }
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn an_error_after_the_work_leaves_its_effect() {
    let service = Service::new().await;
    let answer = upload_under(&service, Fault::ErrorAfter(502)).await.unwrap();
    assert_eq!((answer.status, answer.json()["kode"].as_str()), (502, Some("DAS-003")));
    let effects = service.sandbox.effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].korrelasjonsid.as_deref(), Some("k-1"));
}

#[tokio::test]
async fn dropped_connections_close_without_a_byte() {
    let service = Service::new().await;
    assert!(upload_under(&service, Fault::DropBefore).await.is_none());
    assert!(service.sandbox.effects().is_empty());
    assert!(upload_under(&service, Fault::DropAfter).await.is_none());
    assert_eq!(service.sandbox.effects().len(), 1);
    // The rule is used up and others are not hurt.
    assert!(upload_under(&service, Fault::Twice).await.is_some());
}

#[tokio::test]
async fn dropping_before_does_not_wait_for_the_body() {
    let service = Service::new().await;
    service.sandbox.inject(FaultRule::next("start", 1, Fault::DropBefore));
    let mut stream = TcpStream::connect(service.sandbox.addr()).await.unwrap();
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n", start_path(ORG, 2023));
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(http::rest_of(&mut stream).await, b"");
}

#[tokio::test]
async fn a_kept_alive_connection_is_closed_too() {
    let service = Service::new().await;
    let mut stream = TcpStream::connect(service.sandbox.addr()).await.unwrap();
    let ping = format!("GET {PING} HTTP/1.1\r\nhost: x\r\n\r\n");
    service.sandbox.inject(FaultRule::next("ping", 1, Fault::Latency(Duration::ZERO)));
    service.sandbox.inject(FaultRule {
        when: skattebro_sandbox::When::Next(1),
        ..FaultRule::next("status", 1, Fault::DropAfter)
    });
    let status = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", status_path(ORG, 2023, "x"));
    // Pipelined, so that bytes wait unread behind the request that is dropped.
    stream.write_all(format!("{ping}{status}{ping}").as_bytes()).await.unwrap();
    let answers = String::from_utf8(http::rest_of(&mut stream).await).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
}

#[tokio::test]
async fn a_late_request_acts_when_its_time_has_come() {
    let service = Service::new().await;
    service.pass(100);
    assert!(upload_under(&service, Fault::ActLate(Duration::from_secs(60))).await.is_none());
    service.pass(59);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(service.sandbox.effects().is_empty());
    service.pass(1);
    assert!(soon(|| !service.sandbox.effects().is_empty()).await);
    let effect = &service.sandbox.effects()[0];
    assert_eq!((effect.delivery, effect.at.as_secs()), (Delivery::Late, 160));
    assert_eq!(effect.korrelasjonsid.as_deref(), Some("k-1"));
}

#[tokio::test]
async fn a_late_start_aborts_the_job_that_was_started_again_meanwhile() {
    let service = Service::of(Scenario::ok().queued_for(Duration::from_secs(5))).await;
    let referanse = service.upload(ORG, 2023, &naering(2023)).await;
    let envelope = service.envelope(ORG, 2023, &referanse).await.xml();
    service.sandbox.inject(FaultRule::next("start", 1, Fault::ActLate(Duration::from_secs(30))));
    let headers = [TOKEN, XML];
    let addr = service.sandbox.addr();
    let lost = http::try_call(addr, "POST", &start_path(ORG, 2023), &headers, envelope.as_bytes()).await;
    assert!(lost.is_none());
    service.pass(10);
    let again = service.job_with(ORG, 2023, &referanse).await;
    service.pass(20);
    assert!(soon(|| service.sandbox.effects().len() == 4).await);
    assert_eq!(service.status(ORG, 2023, &again).await["jobbStatus"], "AVBRUTT");
}

#[tokio::test]
async fn twice_is_done_twice_and_answered_by_the_second() {
    let service = Service::new().await;
    let answer = upload_under(&service, Fault::Twice).await.unwrap();
    let effects = service.sandbox.effects();
    let deliveries: Vec<_> = effects.iter().map(|effect| effect.delivery).collect();
    assert_eq!(deliveries, [Delivery::Normal, Delivery::Second]);
    let referanse = answer.json()["referanse"].as_str().unwrap().to_owned();
    assert_eq!(effects[1].what, What::UploadStored { referanse });
    assert_ne!(effects[0].what, effects[1].what);
}

#[tokio::test]
async fn a_large_body_is_delivered_again_whole() {
    // Over the size that is kept in memory.
    let service = Service::new().await;
    let document = naering(2023) + &"\n".repeat(300_000);
    service.sandbox.inject(FaultRule::next("last-opp", 1, Fault::Twice));
    service.upload(ORG, 2023, &document).await;
    assert_eq!(service.sandbox.effects().len(), 2);
}

#[tokio::test]
async fn work_goes_on_when_the_client_goes_away() {
    let service = Service::new().await;
    let body = form(NAME, NAME, base64(&naering(2023)).as_bytes());
    let bytes = http::request("POST", &upload_path(ORG, 2023), &[TOKEN, FORM], &body);
    let mut stream = TcpStream::connect(service.sandbox.addr()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    drop(stream);
    assert!(soon(|| !service.sandbox.effects().is_empty()).await);
}

#[tokio::test]
async fn a_request_that_did_not_come_whole_is_not_done() {
    let service = Service::new().await;
    let body = form(NAME, NAME, base64(&naering(2023)).as_bytes());
    let bytes = http::request("POST", &upload_path(ORG, 2023), &[TOKEN, FORM], &body);
    let mut stream = TcpStream::connect(service.sandbox.addr()).await.unwrap();
    stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = http::rest_of(&mut stream).await;
    assert_eq!(service.get(PING).await.status, 200);
    assert!(service.sandbox.effects().is_empty());
}

#[tokio::test]
async fn latency_is_real_and_goes_before_the_other_fault() {
    let service = Service::new().await;
    service.sandbox.inject(FaultRule::next("ping", 1, Fault::ErrorBefore(503)));
    service.sandbox.inject(FaultRule::next("ping", 1, Fault::Latency(Duration::from_millis(20))));
    let began = Instant::now();
    assert_eq!(service.get(PING).await.status, 503);
    assert!(began.elapsed() >= Duration::from_millis(20));
    assert_eq!(service.get(PING).await.status, 200);
}

#[tokio::test]
async fn a_request_can_stay_without_an_answer() {
    let service = Service::new().await;
    service.sandbox.inject(FaultRule::next("ping", 1, Fault::NeverAnswer));
    let addr = service.sandbox.addr();
    let ping = http::request("GET", PING, &[], b"");
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(&ping).await.unwrap();
    let silent = tokio::time::timeout(Duration::from_millis(20), http::rest_of(&mut stream)).await;
    assert!(silent.is_err());
    assert_eq!(service.get(PING).await.status, 200);
    // The end of the server is the end of the wait.
    drop(service);
    assert_eq!(http::rest_of(&mut stream).await, b"");
}
