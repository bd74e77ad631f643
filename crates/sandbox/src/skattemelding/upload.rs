//! `last-opp.vedlegg`: takes a næringsspesifikasjon and gives a reference for it.

use std::io::{BufReader, Read};
use std::path::Path as FilePath;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::{Extension, Json};
use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::base64_text::Unbroken;
use super::document::{Document, Layer};
use super::kinds::Dokumenttype;
use super::target::Target;
use crate::effects::{Visit, What};
use crate::problem::Problem;
use crate::world::Shared;

pub(crate) async fn upload(
    State(world): State<Shared>,
    Extension(visit): Extension<Visit>,
    Path((inntektsaar, identifikator)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let target = Target::parse(&inntektsaar, &identifikator)?;
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|error| bad(format!("Forespørselen er ikke multipart/form-data: {}", error.body_text())))?;
    let part = parts.next_field().await.map_err(broken)?.ok_or_else(|| bad("Forespørselen har ingen del"))?;
    let packing = packing(&part)?;
    let document = receive(part, packing, &world).await?;
    if parts.next_field().await.map_err(broken)?.is_some() {
        return Err(bad("Forespørselen har mer enn én del"));
    }
    document.check(Dokumenttype::Naeringsspesifikasjon, target.inntektsaar)?;

    let (now, referanse) = (world.clock.now(), world.ids.next_hex("referanse"));
    world.archive.add_upload(&referanse, target.clone(), document, now);
    let what = What::UploadStored { referanse: referanse.clone() };
    world.effects.add(now, &visit, &target.identifikator, Some(target.inntektsaar), what);
    Ok(Json(json!({ "referanse": referanse })))
}

fn bad(melding: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::bad("SANDBOX-OPPLASTING", melding)
}

fn broken(error: MultipartError) -> Problem {
    bad(format!("Forespørselen er ikke riktig multipart/form-data: {}", error.body_text()))
}

/// How the base64 text is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Brotli,
}

/// Read off the name, which must be both the field's and the file's.
fn packing(part: &Field<'_>) -> Result<Packing, Problem> {
    let name = part.name().ok_or_else(|| bad("Delen har ikke noe name"))?;
    let file_name = part.file_name().ok_or_else(|| bad("Delen har ikke noe filename"))?;
    if name != file_name {
        return Err(bad(format!("name {name:?} og filename {file_name:?} skal være det samme")));
    }
    match name.rsplit_once('.') {
        Some(("", _)) => Err(bad(format!("{name:?} er ikke noe filnavn"))),
        Some((_, "xml")) => Ok(Packing::Plain),
        Some((_, "gz")) => Ok(Packing::Gzip),
        Some((_, "br")) => Ok(Packing::Brotli),
        _ => Err(bad(format!("Filnavnet {name:?} skal slutte på .xml, .gz eller .br"))),
    }
}

/// Unpacks a part into a document, on a blocking thread that is fed from here.
async fn receive(mut part: Field<'_>, packing: Packing, world: &Shared) -> Result<Document, Problem> {
    let (feed, mut eaten) = mpsc::channel::<std::io::Result<Bytes>>(4);
    let unpacking = tokio::task::spawn_blocking({
        let world = world.clone();
        move || {
            let chunks = stream::poll_fn(move |context| eaten.poll_recv(context));
            let bytes = BufReader::new(SyncIoBridge::new(StreamReader::new(chunks)));
            unpack(bytes, packing, world.limits.document_bytes, world.dir.path())
        }
    });
    loop {
        match part.chunk().await {
            Ok(Some(chunk)) => {
                if feed.send(Ok(chunk)).await.is_err() {
                    break; // the thread found something wrong and says what when asked below
                }
            }
            Ok(None) => break,
            Err(error) => return Err(broken(error)),
        }
    }
    drop(feed);
    unpacking.await.map_err(Problem::internal)?
}

fn unpack(bytes: impl Read, packing: Packing, limit: u64, dir: &FilePath) -> Result<Document, Problem> {
    match packing {
        Packing::Plain => decode(refuse_compressed(bytes)?, limit, dir),
        Packing::Gzip => decode(Layer { inner: MultiGzDecoder::new(bytes), name: "gzip" }, limit, dir),
        Packing::Brotli => {
            let text = brotli::Decompressor::new(bytes, 64 << 10);
            decode(Layer { inner: text, name: "brotli" }, limit, dir)
        }
    }
}

fn decode(text: impl Read, limit: u64, dir: &FilePath) -> Result<Document, Problem> {
    // Line breaks count for nothing in a document, but an endless supply of them must end.
    let text = Unbroken::new(text.take(limit.saturating_mul(2)));
    let xml = Layer { inner: DecoderReader::new(text, &STANDARD), name: "base64" };
    Document::store(xml, limit, dir)
}

/// Names the likely mistake, where base64 would only complain about a byte.
fn refuse_compressed(mut bytes: impl Read) -> Result<impl Read, Problem> {
    let mut first = Vec::with_capacity(2);
    bytes.by_ref().take(2).read_to_end(&mut first).map_err(Problem::internal)?;
    if first == [0x1f, 0x8b] {
        return Err(bad("Innholdet er gzip, men filnavnet slutter ikke på .gz"));
    }
    Ok(std::io::Cursor::new(first).chain(bytes))
}
