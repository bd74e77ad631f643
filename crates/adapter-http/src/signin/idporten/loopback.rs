//! Where the browser comes back to: a server on this machine that understands one request.

use crate::signin::failed::Failed;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use secrecy::SecretString;
use skattebro_ports::ErrorKind;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded;

/// The longest head of a request that is read.
const LONGEST_HEAD: usize = 16 * 1024;
/// How long one browser may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many connections are read at a time; a browser opens some to be prepared.
const CONNECTIONS: usize = 32;

/// Listens on this machine and for this machine only.
#[derive(Debug)]
pub(super) struct Loopback {
    v4: TcpListener,
    v6: Option<TcpListener>,
    pub(super) port: u16,
}

/// How the login ended in the browser.
pub(super) enum Returned {
    Code(SecretString),
    /// In the words of RFC 6749, as they came.
    Error {
        error: String,
        description: String,
    },
}

/// What a request to it was.
enum Seen {
    Returned(Returned),
    WrongState,
    Other,
}

impl Loopback {
    pub(super) async fn bind(port: u16) -> Result<Self, Failed> {
        let not_bound = |error: io::Error| {
            let detail = if error.kind() == io::ErrorKind::AddrInUse {
                format!(
                    "port {port} on this machine, where the browser is to come back to, is taken by another program. End that, or choose another \
                     port by the setting for the login's redirect (it must be registered with the client in ID-porten)"
                )
            } else {
                format!("port {port} on this machine, where the browser is to come back to, cannot be used")
            };
            Failed::for_good(ErrorKind::Local, detail).because(error)
        };
        let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(not_bound)?;
        let port = v4.local_addr().map_err(not_bound)?.port();
        // «localhost» may be this address for a browser. If another program has it, that would get our code.
        let v6 = match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(listener) => Some(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(not_bound(error)),
            Err(_) => None,
        };
        Ok(Self { v4, v6, port })
    }

    /// Waits for the browser. Requests with another state than `state` are turned away.
    pub(super) async fn wait(&self, path: &str, state: &str, wait: Duration) -> Result<Returned, Failed> {
        let mut strangers = 0_u32;
        let returned = tokio::time::timeout(wait, self.first_return(path, state, &mut strangers)).await;
        returned.map_err(|_| {
            let mut detail = format!(
                "the browser did not come back within {} s; was the login finished, and in a browser on this machine?",
                wait.as_secs_f32()
            );
            if strangers > 0 {
                detail += &format!(
                    " It came {strangers} times from another login (wrong state), which was turned away: close old login windows, and log in anew"
                );
            }
            Failed::for_good(ErrorKind::Timeout, detail)
        })
    }

    async fn first_return(&self, path: &str, state: &str, strangers: &mut u32) -> Returned {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                stream = self.accept(), if open.len() < CONNECTIONS => {
                    if let Ok(stream) = stream {
                        open.push(tokio::time::timeout(PATIENCE, serve(stream, path, state)));
                    }
                }
                Some(seen) = open.next() => match seen {
                    Ok(Ok(Seen::Returned(returned))) => return returned,
                    Ok(Ok(Seen::WrongState)) => *strangers += 1,
                    // Something else, a browser that went away, or one that said nothing.
                    _ => {}
                },
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let v6 = async {
            match &self.v6 {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let (stream, _) = tokio::select! {
            accepted = self.v4.accept() => accepted?,
            accepted = v6 => accepted?,
        };
        Ok(stream)
    }
}

async fn serve(mut stream: TcpStream, path: &str, state: &str) -> io::Result<Seen> {
    let target = read_target(&mut stream).await?;
    let (seen, status, page) = match target.as_deref().map(|target| understand(target, path, state)) {
        Some(Seen::Returned(Returned::Code(code))) => (Seen::Returned(Returned::Code(code)), "200 OK", &DONE),
        Some(Seen::Returned(error)) => (Seen::Returned(error), "200 OK", &NOT_LOGGED_IN),
        Some(Seen::WrongState) => (Seen::WrongState, "400 Bad Request", &ANOTHER_LOGIN),
        Some(Seen::Other) => (Seen::Other, "404 Not Found", &NOTHING),
        None => (Seen::Other, "400 Bad Request", &NOTHING),
    };
    // The login goes on even if the browser does not wait for its page.
    let _ = stream.write_all(page.answer(status).as_bytes()).await;
    let _ = stream.shutdown().await;
    Ok(seen)
}

/// The target of a GET, or nothing if the request is none.
async fn read_target(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::with_capacity(2048);
    while !head.windows(4).any(|at| at == b"\r\n\r\n") {
        if head.len() >= LONGEST_HEAD {
            return Ok(None);
        }
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).unwrap_or_default();
    let mut words = line.split(' ');
    Ok(match (words.next(), words.next(), words.next()) {
        (Some("GET"), Some(target), Some(version)) if version.starts_with("HTTP/1.") => {
            Some(target.to_owned())
        }
        _ => None,
    })
}

fn understand(target: &str, path: &str, state: &str) -> Seen {
    let (at, query) = target.split_once('?').unwrap_or((target, ""));
    if at != path {
        return Seen::Other;
    }
    let find = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
    };
    if find("state").as_deref() != Some(state) {
        return Seen::WrongState;
    }
    match (find("error"), find("code")) {
        (Some(error), _) => {
            let description = find("error_description").unwrap_or_default();
            Seen::Returned(Returned::Error { error, description })
        }
        (None, Some(code)) => Seen::Returned(Returned::Code(code.into())),
        (None, None) => Seen::Other,
    }
}

/// What a person reads in the browser, in Norwegian and English.
struct Page {
    norsk: &'static str,
    english: &'static str,
}

const DONE: Page = Page {
    norsk: "Du kan lukke dette vinduet og gå tilbake til skattebro.",
    english: "You can close this window and go back to skattebro.",
};
const NOT_LOGGED_IN: Page = Page {
    norsk: "Innloggingen ble ikke fullført. Du kan lukke dette vinduet; skattebro sier hvorfor.",
    english: "The login was not completed. You can close this window; skattebro says why.",
};
const ANOTHER_LOGIN: Page = Page {
    norsk: "Dette hører til en annen innlogging. Lukk vinduet, og bruk det siste som skattebro åpnet.",
    english: "This belongs to another login. Close the window, and use the last one that skattebro opened.",
};
const NOTHING: Page = Page { norsk: "Her er det ingenting.", english: "There is nothing here." };

impl Page {
    fn answer(&self, status: &str) -> String {
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"nb\"><head><meta charset=\"utf-8\"><title>skattebro</title></head>\
             <body><p>{}</p><p lang=\"en\">{}</p></body></html>\n",
            self.norsk, self.english
        );
        // The address has the code in it: nothing may keep it or pass it on.
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
