//! The fakes pass the suites that the real adapters pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use bytes::Bytes;
use skattebro_conformance::body::Sample;
use skattebro_conformance::sink::Shelf;
use skattebro_conformance::token_source::Source;
use skattebro_conformance::{AltinnWorld, KravWorld, World};
use skattebro_domain::altinn::InstansId;
use skattebro_domain::krav::{Edition, Identifikatortype, OppdragsgiversKravidentifikator, Skyldner};
use skattebro_domain::{Dokumentreferanse, Dokumenttype, ResultatAvValidering};
use skattebro_ports::fakes::{
    FakeAltinn, FakeInnkreving, FakeSkatteetaten, ManualClock, MemorySink, StaticToken,
};
use skattebro_ports::{
    Altinn, AltinnJobs, Availability, CurrentReturns, DocumentSink, Jobs, KravActs, KravLookup, MemoryBody,
    Subject, Token, Uploads, Validations,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

struct FakeAltinnWorld {
    clock: ManualClock,
    service: Arc<FakeAltinn>,
}

impl FakeAltinnWorld {
    fn new() -> Self {
        let clock = ManualClock::default();
        Self { service: Arc::new(FakeAltinn::new(clock.clone())), clock }
    }
}

#[async_trait]
impl AltinnWorld for FakeAltinnWorld {
    fn altinn(&self) -> Arc<dyn Altinn> {
        self.service.clone()
    }

    fn jobs(&self) -> Arc<dyn AltinnJobs> {
        self.service.clone()
    }

    async fn gjeldende(&self, subject: &Subject) -> Dokumentreferanse {
        let dokumenttype = match subject.identifikator.is_person() {
            true => Dokumenttype::SkattemeldingPersonlig,
            false => Dokumenttype::SkattemeldingUpersonlig,
        };
        let dokumentidentifikator = FakeSkatteetaten::gjeldende_id(&subject.identifikator).unwrap();
        Dokumentreferanse { dokumenttype, dokumentidentifikator }
    }

    async fn pass_scan(&self) {
        self.clock.advance(Duration::from_secs(10));
    }

    async fn person_confirms(&self, instans: &InstansId) {
        assert!(self.service.person_confirms(instans), "it waited for nobody");
    }

    async fn receipt_comes(&self) {
        self.clock.advance(Duration::from_secs(60));
    }

    async fn finish_jobs(&self) {
        self.clock.advance(Duration::from_secs(3600));
    }
}

const REJECTED: &str = "01817090067";

struct FakeKravWorld {
    clock: ManualClock,
    edition: Edition,
    service: Arc<FakeInnkreving>,
    ids: AtomicUsize,
}

impl FakeKravWorld {
    fn new(edition: Edition) -> Self {
        let clock = ManualClock::default();
        let service = FakeInnkreving::new(clock.clone(), edition);
        service.reject(REJECTED, "PERSON_EKSISTERER_IKKE");
        Self { clock, edition, service: Arc::new(service), ids: AtomicUsize::new(1) }
    }

    fn without_mottaksstatus() -> Self {
        let world = Self::new(Edition::Utgave2023);
        world.service.with_mottaksstatus(false);
        world
    }

    fn with_own_ids() -> Self {
        let world = Self::new(Edition::Utgave2023);
        world.service.with_own_ids(true);
        world
    }
}

#[async_trait]
impl KravWorld for FakeKravWorld {
    fn acts(&self) -> Arc<dyn KravActs> {
        self.service.clone()
    }

    fn lookup(&self) -> Arc<dyn KravLookup> {
        self.service.clone()
    }

    fn edition(&self) -> Edition {
        self.edition
    }

    async fn let_booking_happen(&self) {
        self.clock.advance(Duration::from_secs(10));
    }

    fn passing_skyldner(&self) -> Skyldner {
        Skyldner { identifikatortype: Identifikatortype::Person, identifikator: "13895118960".into() }
    }

    fn passing_organisation(&self) -> Skyldner {
        Skyldner { identifikatortype: Identifikatortype::Organisasjon, identifikator: "974761076".into() }
    }

    fn rejected_skyldner(&self) -> Skyldner {
        Skyldner { identifikatortype: Identifikatortype::Person, identifikator: REJECTED.into() }
    }

    fn fresh_own_id(&self) -> OppdragsgiversKravidentifikator {
        format!("K-{}", self.ids.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
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

mod altinn {
    use super::*;
    skattebro_conformance::altinn!(FakeAltinnWorld::new());
}

mod altinn_jobs {
    use super::*;
    skattebro_conformance::altinn_jobs!(FakeAltinnWorld::new());
}

mod krav_v1 {
    use super::*;
    skattebro_conformance::krav!(FakeKravWorld::new(Edition::V1));
}

mod krav_2023 {
    use super::*;
    skattebro_conformance::krav!(FakeKravWorld::new(Edition::Utgave2023));
}

mod krav_2023_without_mottaksstatus {
    use super::*;
    skattebro_conformance::krav!(FakeKravWorld::without_mottaksstatus());
}

mod krav_2023_with_own_ids {
    use super::*;
    skattebro_conformance::krav!(FakeKravWorld::with_own_ids());
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
