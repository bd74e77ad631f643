//! How much the app takes.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{BASE, KONVOLUTT, NAMED, PID, TEXT_XML, VEDLEGG, codes};
use crate::http::{self, Answer};
use crate::service::{ORG, Service, base64, naering};

const LIMIT: usize = 200_000;

async fn small() -> Service {
    Service::with(|builder| builder.max_altinn_bytes(LIMIT as u64).max_attachment_bytes(1000)).await
}

#[tokio::test]
async fn the_limit_is_of_the_whole_body() {
    let service = small().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let headers = [TEXT_XML, NAMED];
    assert_eq!(app.post_data(&id, KONVOLUTT, &headers, &vec![b'x'; LIMIT]).await.status, 201);
    assert_eq!(app.post_data(&id, KONVOLUTT, &headers, &vec![b'x'; LIMIT + 1]).await.status, 413);
    let element = service.instance().elements[0].id.clone();
    assert_eq!(app.put_data(&id, &element, &headers, &vec![b'x'; LIMIT + 1]).await.status, 413);
    assert_eq!(service.instance().elements.len(), 1);
}

#[tokio::test]
async fn a_declared_length_is_refused_before_the_body() {
    let service = Service::new().await;
    let id = service.person(PID).instance_of(ORG).await;
    let path = format!("{BASE}/instances/{id}/data?dataType={KONVOLUTT}");
    for (length, refused) in [(500_000_001u64, true), (500_000_000, false)] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\ncontent-type: text/xml\r\n\
             content-disposition: attachment; filename=a.xml\r\ncontent-length: {length}\r\n\r\n<x>"
        );
        let mut stream = TcpStream::connect(service.sandbox.addr()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        if refused {
            let mut first = [0; 12];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
            assert_eq!(&first, b"HTTP/1.1 413");
        } else {
            stream.shutdown().await.unwrap();
            assert_eq!(http::rest_of(&mut stream).await, b"", "waited for the rest, which never came");
        }
    }
    assert!(service.instance().elements.is_empty());
}

#[tokio::test]
async fn a_length_that_was_not_declared_is_refused_while_it_comes() {
    let service = small().await;
    let id = service.person(PID).instance_of(ORG).await;
    let path = format!("{BASE}/instances/{id}/data?dataType={KONVOLUTT}");
    for (chunks, status) in [(4, "201"), (5, "413")] {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer t\r\n\
             content-type: text/xml\r\ncontent-disposition: attachment; filename=a.xml\r\n\
             transfer-encoding: chunked\r\n\r\n"
        )
        .into_bytes();
        for _ in 0..chunks {
            request.extend(format!("{:x}\r\n", LIMIT / 4).bytes());
            request.extend(vec![b'x'; LIMIT / 4]);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        let answer = http::raw(service.sandbox.addr(), &request).await;
        assert_eq!(std::str::from_utf8(&answer[9..12]).unwrap(), status);
    }
    assert_eq!(service.instance().elements.len(), 1);
}

#[tokio::test]
async fn an_attachment_has_a_limit_of_its_own() {
    let service = small().await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let headers =
        [("content-type", "application/pdf"), ("content-disposition", "attachment; filename=a.pdf")];
    assert_eq!(app.post_data(&id, VEDLEGG, &headers, &[b'x'; 1000]).await.status, 201);
    let answer = app.post_data(&id, VEDLEGG, &headers, &[b'x'; 1001]).await;
    assert_eq!((answer.status, codes(&answer)), (413, vec!["DataElementTooLarge".to_owned()]));
}

#[tokio::test]
async fn the_limit_of_edition_v1_is_not_the_apps() {
    let service = Service::with(|builder| builder.max_request_bytes(10_000)).await;
    let app = service.person(PID);
    let id = app.instance_of(ORG).await;
    let long = format!("{}{}", naering(2023), "\n".repeat(100_000));
    let envelope = service.whole_envelope(ORG).await.change(|e| e.documents[1].1 = base64(&long));
    app.upload(&id, &envelope).await;
    service.pass(10);
    app.step(&id).await;
    app.step(&id).await;
    service.pass(30);
    let receipt: Answer = app.receipt(&id).await;
    assert!(receipt.complete() && receipt.text().contains(&base64(&long)));
    let body = serde_json::json!({"appId": "x", "instansId": "y".repeat(70_000)}).to_string();
    let json = [("content-type", "application/json")];
    let answer = app.call("POST", &format!("{BASE}/instances/"), &json, body.as_bytes()).await;
    assert_eq!(answer.status, 413, "JSON is never so large");
}
