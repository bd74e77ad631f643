//! Dropping a call ends what it began.

use crate::client::{adapter, call, client, hasty, jobb, name, settings, shown, subject};
use crate::far::Far;
use crate::service::Service;
use skattebro_domain::{Digest, DocumentHead, StoredDocument};
use skattebro_ports::{Body, Call, DocumentSink, Jobs, Progress, Uploads};
use skattebro_sandbox::{Fault, FaultRule};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Knows when an answer began to be read, and when some of it had come.
#[derive(Debug, Default)]
struct Watched {
    begun: AtomicBool,
    received: AtomicBool,
}

impl Progress for Watched {
    fn sent(&self, _: u64, _: u64) {}

    fn received(&self, _: u64, _: Option<u64>) {
        self.received.store(true, Ordering::SeqCst);
    }
}

impl DocumentSink for Watched {
    fn store(&self, head: &DocumentHead, content: &mut dyn Read) -> io::Result<StoredDocument> {
        let bytes = io::copy(content, &mut io::sink())?;
        Ok(StoredDocument { name: head.dokumenttype.clone(), bytes, sha256: Digest([0; 32]) })
    }

    fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
    }
}

/// Waits for what another thread does; it should be at once, and must be before long.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(10), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn dropping_the_fetching_of_a_result_ends_its_thread() {
    let root = "skattemeldingOgNaeringsspesifikasjonResponse";
    let head = "HTTP/1.1 200 X\r\ncontent-type: application/xml\r\ncontent-length: 1000000\r\n\r\n";
    for silent_within in ["<dokumenter>", "<dokumenter><dokument><type>x</type><content>AAAA"] {
        let far = Far::silent_after(format!("{head}<{root}>{silent_within}")).await;
        let (adapter, sink) = (client(&far.url()), Arc::new(Watched::default()));
        let fetching = tokio::spawn({
            let sink = sink.clone();
            async move { adapter.resultat(&call(), &subject(), &jobb(), sink).await }
        });
        until("the answer is being read", || sink.begun.load(Ordering::SeqCst)).await;
        fetching.abort();
        // The thread holds the sink for as long as it lives.
        until("the thread has ended", || Arc::strong_count(&sink) == 1).await;
    }
}

#[tokio::test]
async fn dropping_a_fetching_that_drips_ends_its_thread_long_before_the_last_drop() {
    let service = Service::new(settings).await;
    // Some sixty drops: far longer in all than anything here waits.
    service.sandbox.inject(FaultRule::always("resultat", Fault::SlowDrip(Duration::from_millis(300))));
    let sink = Arc::new(Watched::default());
    let fetching = tokio::spawn({
        let (adapter, job, sink) = (service.adapter.clone(), service.finished.clone(), sink.clone());
        let call = Call { progress: sink.clone(), ..call() };
        async move { adapter.resultat(&call, &subject(), &job, sink).await }
    });
    until("a drop has come", || sink.received.load(Ordering::SeqCst)).await;
    fetching.abort();
    until("the thread has ended", || Arc::strong_count(&sink) == 1).await;
}

/// A body of 20 MB, more than the sockets between two programs hold.
#[derive(Debug, Default)]
struct Large {
    opened: AtomicBool,
}

impl Body for Large {
    fn len(&self) -> u64 {
        20_000_000
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.opened.store(true, Ordering::SeqCst);
        Ok(Box::new(io::repeat(b'A').take(self.len())))
    }
}

/// Accepts connections and never reads: the sending comes to a standstill.
struct Deaf(std::net::TcpListener);

impl Deaf {
    fn new() -> Self {
        Self(std::net::TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}

#[tokio::test]
async fn dropping_an_upload_ends_the_reading_of_its_body() {
    for standstill in [Duration::ZERO, Duration::from_millis(200)] {
        let (deaf, body) = (Deaf::new(), Arc::new(Large::default()));
        let sending = tokio::spawn({
            let (adapter, body) = (client(&deaf.url()), body.clone());
            async move { adapter.last_opp(&call(), &subject(), &name(), body).await }
        });
        until("the body is being read", || body.opened.load(Ordering::SeqCst)).await;
        tokio::time::sleep(standstill).await;
        sending.abort();
        until("nobody holds the body", || Arc::strong_count(&body) == 1).await;
    }
}

#[tokio::test]
async fn an_upload_that_takes_too_long_ends_the_reading_of_its_body() {
    let (deaf, body) = (Deaf::new(), Arc::new(Large::default()));
    let sent = adapter(hasty(&deaf.url())).last_opp(&call(), &subject(), &name(), body.clone()).await;
    assert_eq!(shown(&sent), "Timeout unknown later");
    until("nobody holds the body", || Arc::strong_count(&body) == 1).await;
}
