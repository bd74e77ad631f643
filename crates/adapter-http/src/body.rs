use bytes::{Bytes, BytesMut};
use futures_util::stream::poll_fn;
use skattebro_ports::{Body, Progress};
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

const CHUNK: usize = 64 << 10;

/// A request body that is read again for every try.
#[derive(Clone)]
pub(crate) struct Outgoing {
    before: Bytes,
    body: Arc<dyn Body>,
    after: Bytes,
}

impl Outgoing {
    pub(crate) fn framed(before: Bytes, body: Arc<dyn Body>, after: Bytes) -> Self {
        Self { before, body, after }
    }

    pub(crate) fn plain(body: Arc<dyn Body>) -> Self {
        Self::framed(Bytes::new(), body, Bytes::new())
    }

    pub(crate) fn len(&self) -> u64 {
        (self.before.len() + self.after.len()) as u64 + self.body.len()
    }

    /// The bytes as a stream, read on a thread that may block. Dropping the stream ends the thread.
    pub(crate) fn stream(&self, progress: Arc<dyn Progress>) -> reqwest::Body {
        let (sender, mut receiver) = mpsc::channel(4);
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = this.pump(&sender, &*progress) {
                // In the stream, or else the body would look complete. If nobody listens any more, nobody needs to know.
                let _ = sender.blocking_send(Err(error));
            }
        });
        reqwest::Body::wrap_stream(poll_fn(move |context| receiver.poll_recv(context)))
    }

    fn pump(&self, sender: &mpsc::Sender<io::Result<Bytes>>, progress: &dyn Progress) -> io::Result<()> {
        let (total, mut sent) = (self.len(), 0);
        let mut send = |bytes: Bytes| {
            sent += bytes.len() as u64;
            sender.blocking_send(Ok(bytes)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            progress.sent(sent, total);
            Ok::<_, io::Error>(())
        };
        if !self.before.is_empty() {
            send(self.before.clone())?;
        }
        let mut content = self.body.open()?;
        let mut left = self.body.len();
        loop {
            let mut chunk = BytesMut::zeroed(CHUNK);
            let count = content.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            // Bytes beyond the declared length would be cut off silently, and the answer would be 200.
            left = left.checked_sub(count as u64).ok_or_else(changed)?;
            chunk.truncate(count);
            send(chunk.freeze())?;
        }
        if left > 0 {
            return Err(changed());
        }
        if !self.after.is_empty() {
            send(self.after.clone())?;
        }
        Ok(())
    }
}

fn changed() -> io::Error {
    io::Error::other("the document is not as long as it was before; did something change it?")
}
