use crate::send::{Answer, Request, Sender};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use reqwest::StatusCode;
use skattebro_codec::{CodecError, read_response};
use skattebro_domain::ValidationOutcome;
use skattebro_ports::{Call, DocumentSink, PortError, Progress};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::io::{StreamReader, SyncIoBridge};
use tokio_util::sync::CancellationToken;

impl Sender {
    /// Sends a request, and reads the outcome in the answer; nothing if that is 204.
    pub(crate) async fn outcome(
        &self,
        call: &Call,
        request: &Request,
        sink: Arc<dyn DocumentSink>,
    ) -> Result<Option<ValidationOutcome>, PortError> {
        let Answer { response, slot: _slot } = self.send(call, request).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let silence = self.settings.deadlines.silence;
        let outcome = read_blocking(response, call.progress.clone(), silence, move |source| {
            sink.begin();
            read_response(source, &mut |head, content| sink.store(head, content))
        });
        outcome.await.map(Some).map_err(|error| self.unreadable(call, request, error))
    }
}

/// Reads an answer on a thread that may block, as it comes in; a silence longer than `silence` ends it. Dropping the future ends
/// the thread: its source then fails.
pub(crate) async fn read_blocking<T: Send + 'static>(
    response: reqwest::Response,
    progress: Arc<dyn Progress>,
    silence: Duration,
    read: impl FnOnce(BufReader<Box<dyn Read + Send>>) -> Result<T, CodecError> + Send + 'static,
) -> Result<T, CodecError> {
    let total = response.content_length();
    let cancelled = CancellationToken::new();
    let _cancel_on_drop = cancelled.clone().drop_guard();
    let mut received = 0;
    let chunks =
        unfold((Box::pin(response.bytes_stream()), cancelled), move |(mut stream, cancelled)| async move {
            match cancelled.run_until_cancelled(timeout(silence, stream.next())).await {
                None => Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), (stream, cancelled))),
                Some(Err(_)) => Some((Err(io::Error::from(io::ErrorKind::TimedOut)), (stream, cancelled))),
                Some(Ok(None)) => None,
                Some(Ok(Some(chunk))) => {
                    Some((chunk.map_err(|error| io::Error::other(error.without_url())), (stream, cancelled)))
                }
            }
        });
    let chunks = chunks.inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            received += chunk.len() as u64;
            progress.received(received, total);
        }
    });
    let bytes = SyncIoBridge::new(StreamReader::new(Box::pin(chunks)));
    let task = tokio::task::spawn_blocking(move || {
        read(BufReader::with_capacity(64 << 10, Box::new(bytes) as Box<dyn Read + Send>))
    });
    task.await.unwrap_or_else(|error| Err(CodecError::Source(io::Error::other(error))))
}
