//! An XML answer in pieces. Documents are encoded from their files while the answer is sent; the length
//! is computed beforehand.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::document::Document;
use super::scenario::Base64Form;

/// What an answer consists of, in order.
pub(super) struct Pieces {
    form: Base64Form,
    pieces: VecDeque<Piece>,
    /// How much of the whole is sent.
    halves: u64,
}

impl Pieces {
    /// None yet; documents are to be written in this form.
    pub(super) fn new(form: Base64Form) -> Self {
        Pieces { form, pieces: VecDeque::new(), halves: 2 }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.pieces.push_back(Piece::Text(Bytes::copy_from_slice(text.as_bytes())));
    }

    /// A short document, on one line.
    pub(super) fn base64(&mut self, document: &[u8]) {
        self.text(&STANDARD.encode(document));
    }

    pub(super) fn document(&mut self, document: &Arc<Document>) {
        self.pieces.push_back(Piece::Document { document: document.clone(), form: self.form });
    }

    /// Sends the first half only.
    pub(super) fn cut_in_half(&mut self) {
        self.halves = 1;
    }

    /// The bytes that are sent.
    pub(super) fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum::<u64>() * self.halves / 2
    }

    pub(super) fn respond(self) -> Response {
        let length = self.len();
        let headers = [
            (header::CONTENT_TYPE, "application/xml".to_owned()),
            (header::CONTENT_LENGTH, length.to_string()),
        ];
        (headers, stream_pieces(self.pieces, length)).into_response()
    }
}

/// One base64 line, and so many of them in a chunk.
const LINE: usize = 57;
const CHUNK: usize = LINE * 1024;
const INDENT: &str = "\n                ";

enum Piece {
    Text(Bytes),
    Document { document: Arc<Document>, form: Base64Form },
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Document { document, form } => {
                let base64 = document.len.div_ceil(3) * 4;
                match form {
                    Base64Form::Unbroken => base64,
                    Base64Form::Broken => {
                        let lines = document.len.div_ceil(LINE as u64);
                        base64 + (lines + 1) * INDENT.len() as u64
                    }
                }
            }
        }
    }
}

/// The pieces as a body of exactly `length` bytes.
fn stream_pieces(pieces: VecDeque<Piece>, length: u64) -> Body {
    let sending = Sending { pieces, open: None, left: length };
    Body::from_stream(stream::try_unfold(sending, |mut sending| async move {
        Ok::<_, io::Error>(sending.next().await?.map(|bytes| (bytes, sending)))
    }))
}

struct Sending {
    pieces: VecDeque<Piece>,
    open: Option<OpenDocument>,
    left: u64,
}

struct OpenDocument {
    file: File,
    form: Base64Form,
    /// Keeps the file from being removed.
    _document: Arc<Document>,
}

impl Sending {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while self.left > 0 {
            let mut bytes = match &mut self.open {
                Some(document) => match document.chunk().await? {
                    Some(bytes) => bytes,
                    None => {
                        let closing = if document.form == Base64Form::Broken { INDENT } else { "" };
                        self.open = None;
                        Bytes::from_static(closing.as_bytes())
                    }
                },
                None => match self.pieces.pop_front() {
                    None => return Err(io::Error::other("a document's file became shorter")),
                    Some(Piece::Text(text)) => text,
                    Some(Piece::Document { document, form }) => {
                        let file = File::open(&document.path).await?;
                        self.open = Some(OpenDocument { file, form, _document: document });
                        continue;
                    }
                },
            };
            bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= bytes.len() as u64;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

impl OpenDocument {
    async fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let mut plain = Vec::with_capacity(CHUNK);
        (&mut self.file).take(CHUNK as u64).read_to_end(&mut plain).await?;
        if plain.is_empty() {
            return Ok(None);
        }
        let mut text = String::with_capacity(CHUNK * 2);
        match self.form {
            Base64Form::Unbroken => STANDARD.encode_string(&plain, &mut text),
            Base64Form::Broken => {
                for line in plain.chunks(LINE) {
                    text.push_str(INDENT);
                    STANDARD.encode_string(line, &mut text);
                }
            }
        }
        Ok(Some(Bytes::from(text)))
    }
}
