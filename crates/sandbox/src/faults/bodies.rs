//! Answers that arrive in a strange way.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};

use crate::wire::Connection;

const SMALL: u64 = 16;
const PIECES: u64 = 64;
const CHUNK: usize = 16 << 10;

/// What a proxy between the client and the service writes when it speaks for itself.
pub(crate) fn gateway_page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\n\
         <body><center><h1>{status}</h1></center><hr><center>gateway</center></body></html>\n"
    );
    (status, Html(page)).into_response()
}

/// Half of the body behind the whole `Content-Length`, then the end of the connection.
pub(crate) fn truncated(response: Response, connection: Connection) -> Response {
    with_body(response, |length, body| {
        let half = pieces_of(body, CHUNK).scan(length / 2, |left, piece| {
            let piece = piece.map(|mut bytes| {
                bytes.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= bytes.len() as u64;
                bytes
            });
            // An empty piece marks the cut: there is nothing more to send.
            let wanted = !piece.as_ref().is_ok_and(Bytes::is_empty);
            std::future::ready(wanted.then_some(piece))
        });
        let cut = stream::once(async move {
            // The pause lets the first half leave for the network.
            tokio::time::sleep(Duration::from_millis(20)).await;
            connection.cut();
            Err(io::Error::other("cut by the sandbox"))
        });
        Body::from_stream(half.chain(cut))
    })
}

/// The body piece by piece with a pause before each.
pub(crate) fn dripping(response: Response, pause: Duration) -> Response {
    with_body(response, |length, body| {
        let size = usize::try_from(length.div_ceil(PIECES).max(SMALL)).unwrap_or(CHUNK);
        Body::from_stream(pieces_of(body, size).then(move |piece| async move {
            tokio::time::sleep(pause).await;
            piece
        }))
    })
}

/// Replaces the body and keeps its declared length.
fn with_body(response: Response, replace: impl FnOnce(u64, Body) -> Body) -> Response {
    let (mut parts, body) = response.into_parts();
    let declared =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let Some(length) = declared.or_else(|| body.size_hint().exact()) else {
        return Response::from_parts(parts, replace(0, body));
    };
    if length == 0 {
        return Response::from_parts(parts, body); // nothing to cut or to drip
    }
    parts.headers.insert(header::CONTENT_LENGTH, length.into());
    Response::from_parts(parts, replace(length, body))
}

/// The body in pieces of at most `size` bytes.
fn pieces_of(body: Body, size: usize) -> impl Stream<Item = io::Result<Bytes>> + Send {
    body.into_data_stream().flat_map(move |chunk| {
        let mut left = chunk.map_err(io::Error::other);
        stream::iter(std::iter::from_fn(move || match &mut left {
            Ok(bytes) if bytes.is_empty() => None,
            Ok(bytes) => Some(Ok(bytes.split_to(bytes.len().min(size)))),
            Err(_) => Some(std::mem::replace(&mut left, Ok(Bytes::new()))),
        }))
    })
}
