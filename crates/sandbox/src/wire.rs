//! The accept loop's connections, each of which can be cut from inside a request: that is how a
//! connection closes without an HTTP answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// A listener whose connections end when `stop` is cancelled.
pub(crate) struct Gate {
    listener: TcpListener,
    stop: CancellationToken,
}

impl Gate {
    pub(crate) fn new(listener: TcpListener, stop: CancellationToken) -> Self {
        Gate { listener, stop }
    }
}

impl Listener for Gate {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    // Without it small answers wait for the peer's delayed acknowledgement.
                    let _ = stream.set_nodelay(true);
                    return (Wire::new(stream, self.stop.child_token()), peer);
                }
                Err(error) => {
                    // Out of file descriptors, most likely: a spinning loop would not free any.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The connection a request came in on.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    cut: CancellationToken,
}

impl Connection {
    /// Closes the connection; nothing more is read from or written to it.
    pub(crate) fn cut(&self) {
        self.cut.cancel();
    }

    /// Waits until the connection is closed: by a fault, by the client or by the server's end.
    pub(crate) async fn until_cut(&self) {
        self.cut.cancelled().await;
    }
}

impl Connected<IncomingStream<'_, Gate>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Gate>) -> Self {
        stream.io().connection.clone()
    }
}

/// A TCP stream that fails every read and write once its connection is cut. The HTTP layer then
/// drops it, which closes the socket.
pub(crate) struct Wire {
    stream: TcpStream,
    connection: Connection,
    until_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Wire {
    fn new(stream: TcpStream, cut: CancellationToken) -> Self {
        let until_cut = Box::pin(cut.clone().cancelled_owned());
        Wire { stream, connection: Connection { cut }, until_cut }
    }

    /// An error when cut; else the task is woken when it is.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.until_cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the sandbox")),
            Poll::Pending => Ok(()),
        }
    }
}

/// Whoever waits for the connection's end hears of it also when the client brought it about.
impl Drop for Wire {
    fn drop(&mut self) {
        self.connection.cut();
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
