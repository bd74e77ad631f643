//! A request's body, read whole before anything is done with it, so that it can be delivered late or
//! twice. Large ones rest in a temporary file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};

const IN_MEMORY: usize = 64 << 10;

/// A body that can be delivered more than once.
#[derive(Clone)]
pub(crate) enum Spooled {
    Memory(Bytes),
    File { path: Arc<TempPath>, len: u64 },
}

/// Why a body could not be read.
#[derive(Debug)]
pub(crate) enum SpoolError {
    /// It is larger than the limit. What followed is read and thrown away, so that a client that
    /// writes first and reads then gets its answer instead of a reset connection. Where the length was
    /// declared that happens behind the answer.
    TooLarge,
    /// The client went away, or the disk failed.
    Broken,
}

impl Spooled {
    pub(crate) async fn read(body: Body, limit: u64, dir: &Path) -> Result<Spooled, SpoolError> {
        if body.size_hint().lower() > limit {
            tokio::spawn(throw_away(body, limit.saturating_mul(4)));
            return Err(SpoolError::TooLarge);
        }
        let mut chunks = body.into_data_stream();
        let mut memory = BytesMut::new();
        let mut file: Option<(tokio::fs::File, TempPath)> = None;
        let mut length = 0u64;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| SpoolError::Broken)?;
            length += chunk.len() as u64;
            if length > limit {
                file = None; // its bytes are of no use to anyone
                if length > limit.saturating_mul(4) {
                    break; // nobody means this well
                }
                continue;
            }
            memory.extend_from_slice(&chunk);
            if memory.len() >= IN_MEMORY {
                let (file, _) = match &mut file {
                    Some(file) => file,
                    None => file.insert(create(dir).map_err(broken)?),
                };
                file.write_all(&memory.split()).await.map_err(broken)?;
            }
        }
        if length > limit {
            return Err(SpoolError::TooLarge);
        }
        let Some((mut file, path)) = file else { return Ok(Spooled::Memory(memory.freeze())) };
        file.write_all(&memory).await.map_err(broken)?;
        file.flush().await.map_err(broken)?;
        Ok(Spooled::File { path: Arc::new(path), len: length })
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Spooled::Memory(bytes) => bytes.len() as u64,
            Spooled::File { len, .. } => *len,
        }
    }

    /// The body, from its beginning.
    pub(crate) async fn body(&self) -> io::Result<Body> {
        match self {
            Spooled::Memory(bytes) => Ok(Body::from(bytes.clone())),
            Spooled::File { path, .. } => {
                let file = tokio::fs::File::open(&**path).await?;
                Ok(Body::from_stream(ReaderStream::with_capacity(file, IN_MEMORY)))
            }
        }
    }
}

/// A body as a blocking reader; to be used on a blocking thread only.
pub(crate) fn blocking_reader(body: Body) -> impl io::BufRead + Send {
    SyncIoBridge::new(StreamReader::new(body.into_data_stream().map_err(io::Error::other)))
}

/// Reads a body that was refused, so that its sender does not stumble before it reads why.
async fn throw_away(body: Body, at_most: u64) {
    let mut chunks = body.into_data_stream();
    let mut length = 0u64;
    while let Some(Ok(chunk)) = chunks.next().await {
        length += chunk.len() as u64;
        if length > at_most {
            break; // nobody means this well
        }
    }
}

fn create(dir: &Path) -> io::Result<(tokio::fs::File, TempPath)> {
    let (file, path) = NamedTempFile::new_in(dir)?.into_parts();
    Ok((tokio::fs::File::from_std(file), path))
}

fn broken(error: io::Error) -> SpoolError {
    tracing::error!(%error, "could not spool a request body");
    SpoolError::Broken
}
