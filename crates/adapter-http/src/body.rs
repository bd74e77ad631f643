use bytes::{Bytes, BytesMut};
use futures_util::stream::poll_fn;
use skattebro_codec::EnvelopeReader;
use skattebro_ports::{Body, Progress, RequestEnvelope};
use std::io::{self, Read};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const CHUNK: usize = 64 << 10;

/// A request body that is read again for every try.
#[derive(Clone)]
pub(crate) struct Outgoing {
    before: Bytes,
    body: Option<Arc<dyn Source>>,
    after: Bytes,
    file_name: Option<String>,
}

/// What a request body is read from.
trait Source: Send + Sync {
    fn len(&self) -> u64;
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;
}

impl Source for Arc<dyn Body> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        (**self).open()
    }
}

/// An envelope that is written while it is sent.
struct Envelope {
    envelope: RequestEnvelope,
    len: u64,
}

impl Source for Envelope {
    fn len(&self) -> u64 {
        self.len
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let open = |body: &Arc<dyn Body>| Ok(Box::new(Exact::open(&**body)?) as Box<dyn Read + Send>);
        Ok(Box::new(EnvelopeReader::new(&self.envelope, open)))
    }
}

impl Outgoing {
    /// A few bytes that are here already.
    pub(crate) fn small(bytes: impl Into<Bytes>) -> Self {
        Self { before: bytes.into(), body: None, after: Bytes::new(), file_name: None }
    }

    pub(crate) fn framed(before: Bytes, body: Arc<dyn Body>, after: Bytes) -> Self {
        Self { before, body: Some(Arc::new(body)), after, file_name: None }
    }

    pub(crate) fn plain(body: Arc<dyn Body>) -> Self {
        Self::framed(Bytes::new(), body, Bytes::new())
    }

    /// An envelope, `len` bytes of it, of which no more than a block is ever in memory.
    pub(crate) fn envelope(envelope: RequestEnvelope, len: u64) -> Self {
        let body: Arc<dyn Source> = Arc::new(Envelope { envelope, len });
        Self { body: Some(body), ..Self::small(Bytes::new()) }
    }

    /// The same, as a file of that name, which must need no quotes.
    pub(crate) fn named(mut self, file_name: &str) -> Self {
        self.file_name = Some(file_name.to_owned());
        self
    }

    /// The header `Content-Disposition`. The name is not quoted: Altinn answers quotes with an error.
    pub(crate) fn disposition(&self) -> Option<String> {
        self.file_name.as_ref().map(|name| format!("attachment; filename={name}"))
    }

    pub(crate) fn len(&self) -> u64 {
        (self.before.len() + self.after.len()) as u64 + self.body.as_ref().map_or(0, |body| body.len())
    }

    /// The bytes as a stream, read on a thread that may block. The thread ends when the stream is dropped or `cancelled`: a
    /// connection whose far side takes nothing more keeps its stream, also after the call was given up.
    pub(crate) fn stream(&self, progress: Arc<dyn Progress>, cancelled: CancellationToken) -> reqwest::Body {
        let Some(body) = self.body.clone() else { return self.before.clone().into() };
        let (sender, mut receiver) = mpsc::channel(4);
        let (this, runtime) = (self.clone(), Handle::current());
        tokio::task::spawn_blocking(move || {
            let send = |item| match runtime.block_on(cancelled.run_until_cancelled(sender.send(item))) {
                Some(Ok(())) => Ok(()),
                _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
            };
            if let Err(error) = this.pump(&*body, &send, &*progress) {
                // In the stream, or else the body would look complete. If nobody listens any more, nobody needs to know.
                let _ = send(Err(io::Error::other(BodyFailed(error))));
            }
        });
        reqwest::Body::wrap_stream(poll_fn(move |context| receiver.poll_recv(context)))
    }

    fn pump(
        &self,
        body: &dyn Source,
        send: &dyn Fn(io::Result<Bytes>) -> io::Result<()>,
        progress: &dyn Progress,
    ) -> io::Result<()> {
        let (total, mut sent) = (self.len(), 0);
        let mut send = |bytes: Bytes| {
            sent += bytes.len() as u64;
            send(Ok(bytes))?;
            progress.sent(sent, total);
            Ok::<_, io::Error>(())
        };
        if !self.before.is_empty() {
            send(self.before.clone())?;
        }
        let mut content = Exact { content: body.open()?, left: body.len() };
        loop {
            let mut chunk = BytesMut::zeroed(CHUNK);
            let count = match content.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            chunk.truncate(count);
            send(chunk.freeze())?;
        }
        if !self.after.is_empty() {
            send(self.after.clone())?;
        }
        Ok(())
    }
}

/// The bytes of a body; an error where they are more or fewer than it says. Bytes beyond the declared length would be cut off
/// silently, and the answer would be 200.
pub(crate) struct Exact {
    content: Box<dyn Read + Send>,
    left: u64,
}

impl Exact {
    pub(crate) fn open(body: &dyn Body) -> io::Result<Self> {
        Ok(Self { content: body.open()?, left: body.len() })
    }
}

impl Read for Exact {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        let ended = count == 0 && !out.is_empty();
        match self.left.checked_sub(count as u64) {
            Some(left) if left == 0 || !ended => {
                self.left = left;
                Ok(count)
            }
            _ => Err(io::Error::other(
                "the document is not as long as it was before; did something change it?",
            )),
        }
    }
}

/// That a request failed for its own body, and not for the network.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request could not be read: {0}")]
pub(crate) struct BodyFailed(#[source] io::Error);
