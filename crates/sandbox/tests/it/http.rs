//! The smallest HTTP client that will do: it shows the bytes, also where they are wrong.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Whether the body is as long as it was said to be.
    pub(crate) fn complete(&self) -> bool {
        self.header("content-length").is_none_or(|length| length == self.body.len().to_string())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Answer { status, headers, body: bytes[end + 4..].to_vec() })
    }
}

/// A request as bytes; the connection is to close after it.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{method} {path} HTTP/1.1\r\nhost: sandkasse\r\nconnection: close\r\n").into_bytes();
    for (key, value) in headers {
        bytes.extend(format!("{key}: {value}\r\n").bytes());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
    bytes.extend(body);
    bytes
}

/// Sends bytes and gives everything that came before the connection closed.
pub(crate) async fn raw(addr: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // A connection that is cut while we write is one of the things under test.
    let _ = stream.write_all(request).await;
    rest_of(&mut stream).await
}

/// Everything until the connection closes, however it does.
pub(crate) async fn rest_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut chunk));
        match read.await.expect("the connection stays open without a word") {
            Ok(0) | Err(_) => return bytes,
            Ok(read) => bytes.extend(&chunk[..read]),
        }
    }
}

/// None where the connection closed without an answer.
pub(crate) async fn try_call(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let bytes = raw(addr, &request(method, path, headers, body)).await;
    if bytes.is_empty() { None } else { Some(Answer::parse(&bytes).expect("an HTTP answer")) }
}

pub(crate) async fn call(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    try_call(addr, method, path, headers, body).await.expect("an answer")
}
