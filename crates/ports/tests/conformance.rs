//! The fakes pass the suites that the real adapters pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use bytes::Bytes;
use skattebro_conformance::World;
use skattebro_conformance::body::Sample;
use skattebro_conformance::sink::Shelf;
use skattebro_conformance::token_source::Source;
use skattebro_domain::ResultatAvValidering;
use skattebro_ports::fakes::{FakeSkatteetaten, ManualClock, MemorySink, StaticToken};
use skattebro_ports::{
    Availability, CurrentReturns, DocumentSink, Jobs, MemoryBody, Token, Uploads, Validations,
};
use std::sync::Arc;
use std::time::Duration;

struct FakeWorld {
    clock: ManualClock,
    service: Arc<FakeSkatteetaten>,
}

impl FakeWorld {
    fn new() -> Self {
        let clock = ManualClock::default();
        Self { service: Arc::new(FakeSkatteetaten::new(clock.clone())), clock }
    }
}

#[async_trait]
impl World for FakeWorld {
    fn uploads(&self) -> Arc<dyn Uploads> {
        self.service.clone()
    }

    fn jobs(&self) -> Arc<dyn Jobs> {
        self.service.clone()
    }

    fn current_returns(&self) -> Arc<dyn CurrentReturns> {
        self.service.clone()
    }

    fn validations(&self) -> Arc<dyn Validations> {
        self.service.clone()
    }

    fn availability(&self) -> Arc<dyn Availability> {
        self.service.clone()
    }

    async fn finish_jobs(&self) {
        self.clock.advance(Duration::from_secs(3600));
    }

    async fn find_faults(&self) {
        self.service.verdict(ResultatAvValidering::ValidertMedFeil);
    }

    /// The fake gives the body back as it was uploaded.
    fn given_back(&self, packed: &[u8], _document: &[u8]) -> Vec<u8> {
        packed.to_vec()
    }
}

struct MemoryShelf(Arc<MemorySink>);

impl Shelf for MemoryShelf {
    fn sink(&self) -> Arc<dyn DocumentSink> {
        self.0.clone()
    }

    fn keeps(&self) -> bool {
        true
    }

    fn found(&self, name: &str) -> Option<Vec<u8>> {
        self.0.document(name)
    }

    fn count(&self) -> usize {
        self.0.documents().len()
    }
}

fn memory_body(pieces: &[&'static [u8]]) -> Sample {
    let body = MemoryBody::from_pieces(pieces.iter().map(|piece| Bytes::from_static(piece)).collect());
    Sample { body: Arc::new(body), bytes: pieces.concat() }
}

mod upload {
    use super::*;
    skattebro_conformance::upload!(FakeWorld::new());
}

mod jobs {
    use super::*;
    skattebro_conformance::jobs!(FakeWorld::new());
}

mod current_return {
    use super::*;
    skattebro_conformance::current_return!(FakeWorld::new());
}

mod validation {
    use super::*;
    skattebro_conformance::validation!(FakeWorld::new());
}

mod availability {
    use super::*;
    skattebro_conformance::availability!(FakeWorld::new());
}

mod static_token {
    use super::*;
    skattebro_conformance::token_source!(Source {
        source: Arc::new(StaticToken::new(Token::parse("hemmelig.token").unwrap())),
        has_others: false,
    });
}

mod manual_clock {
    use super::*;
    skattebro_conformance::clock!(ManualClock::default());
}

mod memory_sink {
    use super::*;
    skattebro_conformance::sink!(MemoryShelf(Arc::default()));
}

mod memory_body_in_one_piece {
    use super::*;
    skattebro_conformance::body!(memory_body(&[b"<naeringsspesifikasjon>1</naeringsspesifikasjon>"]));
}

mod memory_body_in_several_pieces {
    use super::*;
    skattebro_conformance::body!(memory_body(&[b"", b"<naeringsspesi", b"", b"f", b"ikasjon/>", b""]));
}

mod empty_memory_body {
    use super::*;
    skattebro_conformance::body!(memory_body(&[]));
}
