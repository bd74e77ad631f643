//! Request bodies: how large they may be, and those that do not keep their word.

use crate::client::{
    adapter, call, client, envelope, inline_envelope, memory, name, settings, shown, sink, subject,
};
use crate::far::{Far, json, xml};
use skattebro_domain::Digest;
use skattebro_ports::{Body, ErrorKind, Jobs, Uploads, Validations};
use std::io::{self, Read};
use std::sync::Arc;

const UPLOADED: &str = r#"{"referanse":"a7a076307d21385cf50209cebdc2b2886467"}"#;
const STARTED: &str = r#"{"jobbStatus":"OPPRETTET","jobbId":"jobb-1"}"#;
const VALID: &str = "<skattemeldingOgNaeringsspesifikasjonResponse><resultatAvValidering>validertOK\
                     </resultatAvValidering></skattemeldingOgNaeringsspesifikasjonResponse>";

/// A body that says it has `says` bytes and yields `yields`, in pieces of at most `piece`; or that fails after them.
#[derive(Debug)]
struct Liar {
    says: u64,
    yields: usize,
    piece: usize,
    fails: bool,
}

impl Body for Liar {
    fn len(&self) -> u64 {
        self.says
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Yielding { left: self.yields, piece: self.piece, fails: self.fails }))
    }
}

struct Yielding {
    left: usize,
    piece: usize,
    fails: bool,
}

impl Read for Yielding {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.left.min(self.piece).min(out.len());
        if count == 0 && self.fails {
            return Err(io::Error::other("the disk is gone"));
        }
        out[..count].fill(b'A');
        self.left -= count;
        Ok(count)
    }
}

/// A body that cannot be opened.
#[derive(Debug)]
struct Gone;

impl Body for Gone {
    fn len(&self) -> u64 {
        4
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// A body that a signal interrupts now and then.
#[derive(Debug)]
struct Interrupted(Arc<dyn Body>);

impl Body for Interrupted {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn sha256(&self) -> Digest {
        self.0.sha256()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        struct Reading(Box<dyn Read + Send>, bool);
        impl Read for Reading {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(out) }
            }
        }
        Ok(Box::new(Reading(self.0.open()?, false)))
    }
}

#[tokio::test]
async fn an_upload_may_be_as_large_as_the_limit_and_no_larger() {
    let far = Far::answering(json(UPLOADED)).await;
    client(&far.url()).last_opp(&call(), &subject(), &name(), memory("")).await.unwrap();
    let frame = far.request().body.len();
    for (limit, content) in [(5000, 5000 - frame), (25_000_000, 25_000_000 - frame)] {
        let far = Far::answering(json(UPLOADED)).await;
        // The default is the contract's.
        let settings = match limit {
            25_000_000 => settings(&far.url()),
            limit => settings(&far.url()).max_request_bytes(limit),
        };
        let adapter = adapter(settings);
        let body =
            |yields: usize| Arc::new(Liar { says: yields as u64, yields, piece: 1 << 16, fails: false });
        adapter.last_opp(&call(), &subject(), &name(), body(content)).await.unwrap();
        assert_eq!(far.request().header("content-length"), limit.to_string());
        let refused = adapter.last_opp(&call(), &subject(), &name(), body(content + 1)).await;
        assert_eq!(shown(&refused), "TooLarge not-sent after-change");
        assert_eq!(far.received().len(), 1, "nobody was asked");
    }
}

#[tokio::test]
async fn an_envelope_may_be_as_large_as_the_limit_and_no_larger() {
    // Three bytes are four of base64, so the limit is met exactly.
    let far = Far::answering(json(STARTED)).await;
    client(&far.url()).start(&call(), &subject(), &envelope(memory("x".repeat(3000)))).await.unwrap();
    let size = far.request().body.len() as u64;
    for (limit, shown_as, seen) in [(size, "ok", 1), (size - 1, "TooLarge not-sent after-change", 0)] {
        let far = Far::answering(json(STARTED)).await;
        let adapter = adapter(settings(&far.url()).max_request_bytes(limit));
        let started = adapter.start(&call(), &subject(), &envelope(memory("x".repeat(3000)))).await;
        assert_eq!((shown(&started).as_str(), far.received().len()), (shown_as, seen));
    }
}

#[tokio::test]
async fn a_validation_may_carry_as_much_base64_as_the_limit_and_no_more() {
    for (bytes, shown_as, seen) in [(3000, "ok", 1), (3001, "TooLarge not-sent after-change", 0)] {
        let far = Far::answering(xml(VALID)).await;
        let adapter = adapter(settings(&far.url()).max_inline_base64_bytes(4000));
        let envelope = inline_envelope(memory("x".repeat(bytes)));
        let validated = adapter.valider(&call(), &subject(), &envelope, sink()).await;
        assert_eq!((shown(&validated).as_str(), far.received().len()), (shown_as, seen));
        let validated = adapter.validertest(&call(), &subject(), &envelope, sink()).await;
        assert_eq!((shown(&validated).as_str(), far.received().len()), (shown_as, 2 * seen));
    }
}

#[tokio::test]
async fn an_upload_that_is_not_as_long_as_it_says_is_never_a_success() {
    for (says, yields) in
        [(1000, 999), (1000, 1001), (1000, 0), (0, 1), (200_000, 199_999), (200_000, 200_001)]
    {
        for piece in [97, 1000, 1 << 20] {
            let far = Far::answering(json(UPLOADED)).await;
            let body = Arc::new(Liar { says, yields, piece, fails: false });
            let error = client(&far.url()).last_opp(&call(), &subject(), &name(), body).await.unwrap_err();
            let what = format!("{yields} of {says} in pieces of {piece}: {error:?}");
            assert_eq!(error.kind(), ErrorKind::Local, "{what}");
            assert!(error.with_causes().contains("not as long"), "{what}");
            assert!(far.received().iter().all(|request| !request.whole), "{what}");
            assert!(far.received().len() <= 1, "an act is not repeated: {what}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_read_to_its_end_is_never_a_success() {
    let bodies: [Arc<dyn Body>; 3] = [
        Arc::new(Liar { says: 1000, yields: 500, piece: 100, fails: true }),
        Arc::new(Liar { says: 1000, yields: 1000, piece: 100, fails: true }),
        Arc::new(Gone),
    ];
    for body in bodies {
        let far = Far::answering(json(UPLOADED)).await;
        let uploaded = client(&far.url()).last_opp(&call(), &subject(), &name(), body).await;
        assert_eq!(shown(&uploaded), "Local unknown after-change");
        assert!(far.received().iter().all(|request| !request.whole));
    }
}

#[tokio::test]
async fn an_envelope_whose_document_changed_is_not_sent() {
    // Of the last two the base64 is as long as was said.
    for (says, yields) in [(1000, 900), (1000, 1100), (1000, 999), (1000, 1001)] {
        let far = Far::answering(json(STARTED)).await;
        let body = || Arc::new(Liar { says, yields, piece: 100, fails: false });
        let started = client(&far.url()).start(&call(), &subject(), &envelope(body())).await;
        assert_eq!(shown(&started), "Local not-sent after-change", "{yields} of {says}");
        let validated =
            client(&far.url()).validertest(&call(), &subject(), &inline_envelope(body()), sink()).await;
        assert_eq!(shown(&validated), "Local not-sent after-change", "{yields} of {says}");
        assert!(far.received().is_empty());
    }
}

#[tokio::test]
async fn an_envelope_whose_document_cannot_be_read_is_not_sent() {
    let far = Far::answering(json(STARTED)).await;
    let started = client(&far.url()).start(&call(), &subject(), &envelope(Arc::new(Gone))).await;
    assert_eq!(shown(&started), "Local not-sent after-change");
    assert!(far.received().is_empty());
}

#[tokio::test]
async fn a_read_that_a_signal_interrupts_is_read_on() {
    let far = Far::answering(json(UPLOADED)).await;
    let body = Arc::new(Interrupted(memory("A".repeat(100_000))));
    client(&far.url()).last_opp(&call(), &subject(), &name(), body).await.unwrap();
    assert!(far.request().whole);
    let far = Far::answering(json(STARTED)).await;
    let body = Arc::new(Interrupted(memory("A".repeat(1000))));
    client(&far.url()).start(&call(), &subject(), &envelope(body)).await.unwrap();
}

#[tokio::test]
async fn a_body_is_not_opened_before_it_may_be_sent() {
    #[derive(Debug)]
    struct Unopened;
    impl Body for Unopened {
        fn len(&self) -> u64 {
            30_000_000
        }
        fn sha256(&self) -> Digest {
            Digest([0; 32])
        }
        fn open(&self) -> io::Result<Box<dyn Read + Send>> {
            panic!("it is too large to be sent")
        }
    }
    let far = Far::answering(json(UPLOADED)).await;
    let client = client(&far.url());
    let uploaded = client.last_opp(&call(), &subject(), &name(), Arc::new(Unopened)).await;
    assert_eq!(shown(&uploaded), "TooLarge not-sent after-change");
    let started = client.start(&call(), &subject(), &envelope(Arc::new(Unopened))).await;
    assert_eq!(shown(&started), "TooLarge not-sent after-change");
}
