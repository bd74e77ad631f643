//! The smallest server that will do: it keeps the bytes of each request and answers with bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// What came, byte for byte.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    head: String,
    pub(crate) body: Vec<u8>,
    /// Whether as many bytes came as were declared.
    pub(crate) whole: bool,
}

impl Received {
    pub(crate) fn line(&self) -> &str {
        self.head.split("\r\n").next().unwrap()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let headers = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// The one header of that name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let [value] = self.headers(name)[..] else { panic!("not one {name} in {}", self.head) };
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// What the server does once it has read a request.
#[derive(Clone)]
enum Then {
    Close,
    StayOpen,
    /// It has answered before the body came, and reads that afterwards.
    ReadTheBody,
}

/// A server that answers every request alike, or each with its own answer. Dropping it stops it.
pub(crate) struct Far {
    pub(crate) addr: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    listening: JoinHandle<()>,
}

impl Far {
    /// Answers with these bytes and closes the connection.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::listen(vec![answer.into()], Then::Close).await
    }

    /// Answers one request after the other, the last answer again and again.
    pub(crate) async fn answering_each(answers: Vec<Vec<u8>>) -> Self {
        Self::listen(answers, Then::Close).await
    }

    /// Answers with these bytes and says nothing more, the connection left open.
    pub(crate) async fn silent_after(answer: impl Into<Vec<u8>>) -> Self {
        Self::listen(vec![answer.into()], Then::StayOpen).await
    }

    /// Answers as soon as the head of a request is there, and reads the body afterwards.
    pub(crate) async fn answering_early(answer: impl Into<Vec<u8>>) -> Self {
        Self::listen(vec![answer.into()], Then::ReadTheBody).await
    }

    async fn listen(answers: Vec<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let seen = received.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answered = seen.lock().unwrap().len();
                let answer = answers[answered.min(answers.len() - 1)].clone();
                tokio::spawn(serve(stream, seen.clone(), answer, then.clone()));
            }
        });
        Self { addr, received, listening }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The one request that came.
    pub(crate) fn request(&self) -> Received {
        let [request] = &self.received()[..] else { panic!("not one request: {:?}", self.received()) };
        request.clone()
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Received>>>, answer: Vec<u8>, then: Then) {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return; // connected and left
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut received = Received { head, body: bytes.split_off(head_end + 4), whole: true };
    let length = match received.headers("content-length")[..] {
        [] => 0,
        [length] => length.parse().unwrap(),
        _ => panic!("two lengths: {received:?}"),
    };
    if let Then::ReadTheBody = then {
        let _ = stream.write_all(&answer).await;
    }
    while received.body.len() < length {
        if stream.read_buf(&mut received.body).await.unwrap_or(0) == 0 {
            received.whole = false;
            break;
        }
    }
    let whole = received.whole;
    seen.lock().unwrap().push(received);
    if whole && !matches!(then, Then::ReadTheBody) {
        let _ = stream.write_all(&answer).await;
    }
    if let Then::StayOpen = then {
        // Until the client goes away.
        while stream.read_buf(&mut Vec::with_capacity(1)).await.unwrap_or(0) > 0 {}
    }
}

/// An answer as bytes.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    if status != 204 {
        bytes.extend(format!("content-length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

pub(crate) fn json(body: &str) -> Vec<u8> {
    answer(200, &[("content-type", "application/json")], body)
}

pub(crate) fn xml(body: &str) -> Vec<u8> {
    answer(200, &[("content-type", "application/xml")], body)
}

/// An address where nobody listens, and nobody can begin to while this lives.
pub(crate) struct Nowhere(TcpSocket);

impl Nowhere {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}
