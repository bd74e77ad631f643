//! The HTTP adapter, in front of a sandbox, passes the suites that the fakes pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro_adapter_http::{
    AltinnAddresses, HttpAltinn, HttpInnkreving, HttpSettings, HttpSkatteetaten, LocalQuota,
};
use skattebro_codec::krav::PeriodNames;
use skattebro_conformance::{AltinnWorld, KravWorld, World};
use skattebro_domain::Dokumentreferanse;
use skattebro_domain::altinn::InstansId;
use skattebro_domain::krav::{Edition, Identifikatortype, OppdragsgiversKravidentifikator, Skyldner};
use skattebro_ports::fakes::{MemorySink, StaticToken};
use skattebro_ports::{
    Altinn, AltinnJobs, Availability, Call, CurrentReturns, Jobs, KravActs, KravLookup, Subject, Token,
    Uploads, Validations,
};
use skattebro_sandbox::{Edition2023, MARKED_NUMBERS, Sandbox, Scenario, VirtualClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

struct SandboxWorld {
    sandbox: Sandbox,
    adapter: Arc<HttpSkatteetaten>,
}

impl SandboxWorld {
    async fn start() -> Self {
        let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
        let token = StaticToken::new(Token::parse("hemmelig.token").unwrap());
        let settings = HttpSettings::new(&sandbox.url()).unwrap();
        let adapter = Arc::new(HttpSkatteetaten::new(settings, Arc::new(token)).unwrap());
        Self { sandbox, adapter }
    }
}

#[async_trait]
impl World for SandboxWorld {
    fn uploads(&self) -> Arc<dyn Uploads> {
        self.adapter.clone()
    }

    fn jobs(&self) -> Arc<dyn Jobs> {
        self.adapter.clone()
    }

    fn current_returns(&self) -> Arc<dyn CurrentReturns> {
        self.adapter.clone()
    }

    fn validations(&self) -> Arc<dyn Validations> {
        self.adapter.clone()
    }

    fn availability(&self) -> Arc<dyn Availability> {
        self.adapter.clone()
    }

    async fn finish_jobs(&self) {
        self.sandbox.clock().advance(Duration::from_secs(2 * 3600));
    }

    async fn find_faults(&self) {
        self.sandbox.set_scenario(Scenario::med_feil());
    }
}

struct SandboxKravWorld {
    sandbox: Sandbox,
    adapter: Arc<HttpInnkreving>,
    edition: Edition,
    ids: AtomicUsize,
}

impl SandboxKravWorld {
    async fn start(edition: Edition) -> Self {
        Self::with(edition, Edition2023::default(), PeriodNames::default()).await
    }

    /// Edition 2023 as it may have been: without mottaksstatus and names for problems, but with the oppdragsgiver's ids.
    async fn other_2023() -> Self {
        let switches = Edition2023 { mottaksstatus: false, problem_slugs: false, oppdragsgivers_id: true };
        Self::with(Edition::Utgave2023, switches, PeriodNames::default()).await
    }

    async fn with(edition: Edition, switches: Edition2023, names: PeriodNames) -> Self {
        let builder = Sandbox::builder().clock(VirtualClock::stepped()).edition_2023(switches);
        let sandbox = builder.start().await.unwrap();
        let token = Arc::new(StaticToken::new(Token::parse("hemmelig.token").unwrap()));
        let settings = HttpSettings::new(&sandbox.url()).unwrap();
        let adapter = HttpInnkreving::new(settings, token, edition).unwrap().period_names(names);
        Self { sandbox, adapter: Arc::new(adapter), edition, ids: AtomicUsize::new(1) }
    }
}

#[async_trait]
impl KravWorld for SandboxKravWorld {
    fn acts(&self) -> Arc<dyn KravActs> {
        self.adapter.clone()
    }

    fn lookup(&self) -> Arc<dyn KravLookup> {
        self.adapter.clone()
    }

    fn edition(&self) -> Edition {
        self.edition
    }

    async fn let_booking_happen(&self) {
        self.sandbox.clock().advance(Duration::from_secs(60));
    }

    fn passing_skyldner(&self) -> Skyldner {
        Skyldner { identifikatortype: Identifikatortype::Person, identifikator: "13895118960".into() }
    }

    fn passing_organisation(&self) -> Skyldner {
        Skyldner { identifikatortype: Identifikatortype::Organisasjon, identifikator: "974761076".into() }
    }

    fn rejected_skyldner(&self) -> Skyldner {
        let marked = MARKED_NUMBERS.iter().find(|marked| marked.error == "PERSON_EKSISTERER_IKKE").unwrap();
        Skyldner { identifikatortype: Identifikatortype::Person, identifikator: marked.number.into() }
    }

    fn fresh_own_id(&self) -> OppdragsgiversKravidentifikator {
        format!("K-{}", self.ids.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
    }
}

struct SandboxAltinnWorld {
    sandbox: Sandbox,
    altinn: Arc<HttpAltinn>,
    skatteetaten: Arc<HttpSkatteetaten>,
}

impl SandboxAltinnWorld {
    async fn start() -> Self {
        let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
        let tokens = Arc::new(StaticToken::new(Token::parse("hemmelig.token").unwrap()));
        let settings = HttpSettings::new(&sandbox.url()).unwrap();
        let app = settings.clone().server(&AltinnAddresses::on(&sandbox.url()).app).unwrap();
        let altinn = Arc::new(HttpAltinn::new(app, tokens.clone()).unwrap());
        let skatteetaten = Arc::new(HttpSkatteetaten::new(settings, tokens).unwrap());
        Self { sandbox, altinn, skatteetaten }
    }

    fn passes(&self, seconds: u64) {
        self.sandbox.clock().advance(Duration::from_secs(seconds));
    }
}

#[async_trait]
impl AltinnWorld for SandboxAltinnWorld {
    fn altinn(&self) -> Arc<dyn Altinn> {
        self.altinn.clone()
    }

    fn jobs(&self) -> Arc<dyn AltinnJobs> {
        self.skatteetaten.clone()
    }

    async fn gjeldende(&self, subject: &Subject) -> Dokumentreferanse {
        let call = Call::new("k-1".parse().unwrap());
        let sink = Arc::new(MemorySink::default());
        let gjeldende = self.skatteetaten.gjeldende(&call, subject, false, sink).await.unwrap();
        gjeldende.dokumentreferanse().unwrap()
    }

    async fn pass_scan(&self) {
        self.passes(10);
    }

    async fn person_confirms(&self, instans: &InstansId) {
        let url = format!("{}/sandbox/altinn/instances/{instans}/bekreft", self.sandbox.url());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        assert!(client.post(url).send().await.unwrap().status().is_success());
    }

    async fn receipt_comes(&self) {
        self.passes(60);
    }

    async fn finish_jobs(&self) {
        self.passes(2 * 3600);
    }
}

mod altinn {
    use super::*;
    skattebro_conformance::altinn!(SandboxAltinnWorld::start().await);
}

mod altinn_jobs {
    use super::*;
    skattebro_conformance::altinn_jobs!(SandboxAltinnWorld::start().await);
}

mod upload {
    use super::*;
    skattebro_conformance::upload!(SandboxWorld::start().await);
}

mod jobs {
    use super::*;
    skattebro_conformance::jobs!(SandboxWorld::start().await);
}

mod current_return {
    use super::*;
    skattebro_conformance::current_return!(SandboxWorld::start().await);
}

mod validation {
    use super::*;
    skattebro_conformance::validation!(SandboxWorld::start().await);
}

mod availability {
    use super::*;
    skattebro_conformance::availability!(SandboxWorld::start().await);
}

mod krav_v1 {
    use super::*;
    skattebro_conformance::krav!(SandboxKravWorld::start(Edition::V1).await);
}

mod krav_v1_with_the_other_names_of_periods {
    use super::*;
    skattebro_conformance::krav!(
        SandboxKravWorld::with(Edition::V1, Edition2023::default(), PeriodNames::FraDatoTilDato).await
    );
}

mod krav_2023 {
    use super::*;
    skattebro_conformance::krav!(SandboxKravWorld::start(Edition::Utgave2023).await);
}

mod krav_2023_without_names_for_problems {
    use super::*;
    skattebro_conformance::krav!(SandboxKravWorld::other_2023().await);
}

mod local_quota {
    use super::*;
    skattebro_conformance::call_quota!(LocalQuota::default());
}
