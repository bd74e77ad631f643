//! Starting and stopping.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::altinn::{AltinnState, InstansSeen};
use crate::concurrency::Concurrency;
use crate::effects::{Effect, EffectLog};
use crate::faults::{FaultRule, Faults, LateRequests};
use crate::ids::Ids;
use crate::krav::{Edition2023, KravScenario, KravSeen, KravSelector, KravState};
use crate::signin::clients::{IdportenClient, MaskinportenClient, Systembruker, UnusableClient};
use crate::signin::settings::SigninSettings;
use crate::signin::tokens::TokenKind;
use crate::signin::{Beginning, DemoClient, Signin};
use crate::skattemelding::archive::Archive;
use crate::skattemelding::scenario::{Scenario, Scenarios};
use crate::wire::{Connection, Gate};
use crate::world::{Limits, Shared, World};
use crate::{VirtualClock, admin, altinn, krav, problem, signin, skattemelding};

/// A running sandbox. Dropping it stops the server, closes its connections and removes its files.
pub struct Sandbox {
    addr: SocketAddr,
    world: Shared,
    server: JoinHandle<io::Result<()>>,
    _stop: DropGuard,
}

impl Sandbox {
    /// Begins the description of a sandbox.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: VirtualClock::scaled(1.0),
            scenario: Scenario::default(),
            krav_scenario: KravScenario::default(),
            edition_2023: Edition2023::default(),
            signin: Beginning::default(),
            seed: 0,
            limits: Limits {
                request_bytes: 25_000_000,
                altinn_bytes: 500_000_000,
                attachment_bytes: 100_000_000,
                document_bytes: 2 << 30,
            },
        }
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL, without a final slash: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The clock that jobs and late requests follow.
    pub fn clock(&self) -> &VirtualClock {
        &self.world.clock
    }

    /// Adds a rule behind those that are there.
    ///
    /// # Panics
    /// If it names a route that is not one of [`ROUTES`](crate::ROUTES): such a rule never acts, and a
    /// test that relies on it would pass for the wrong reason.
    pub fn inject(&self, fault: FaultRule) {
        assert!(fault.route.exists(), "no route is named so: {:?}", fault.route);
        self.world.faults.add(fault);
    }

    /// Removes all rules. Requests that a fault has hold of already stay in its hold.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// What was changed so far, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.world.effects.all()
    }

    /// Sets the scenario of every identifier that has none of its own. Jobs that have begun keep theirs.
    pub fn set_scenario(&self, scenario: Scenario) {
        self.world.scenarios.set_default(scenario);
    }

    /// Sets one identifier's scenario. Jobs that have begun keep theirs.
    pub fn set_scenario_for(&self, identifikator: &str, scenario: Scenario) {
        self.world.scenarios.set_for(identifikator, scenario);
    }

    /// Sets what comes of krav that have no scenario of their own. Those that were created keep their
    /// course.
    pub fn set_krav_scenario(&self, scenario: KravScenario) {
        self.world.krav.scenarios.set_default(scenario);
    }

    /// Sets what comes of some krav. Those that were created keep their course.
    pub fn set_krav_scenario_for(&self, selector: KravSelector, scenario: KravScenario) {
        self.world.krav.scenarios.set_for(selector, scenario);
    }

    /// Sets what edition 2023 of the krav API is like from now on.
    pub fn set_edition_2023(&self, edition: Edition2023) {
        self.world.krav.set_switches(edition);
    }

    /// The krav of the oppdragsgiver with this number, oldest first, as they stand now.
    pub fn krav(&self, oppdragsgiver: &str) -> Vec<KravSeen> {
        self.world.krav.seen(oppdragsgiver, self.world.clock.now())
    }

    /// Registers a client of Maskinporten, in the place of one that was there by the same name.
    ///
    /// # Errors
    /// When a number, a key or a certificate of it is not one.
    pub fn register_maskinporten_client(&self, client: MaskinportenClient) -> Result<(), UnusableClient> {
        self.world.register_maskinporten(client)
    }

    /// Registers a client of ID-porten, in the place of one that was there by the same name.
    ///
    /// # Errors
    /// When a redirect URI is no address.
    pub fn register_idporten_client(&self, client: IdportenClient) -> Result<(), UnusableClient> {
        self.world.register_idporten(client)
    }

    /// Makes an RSA key and registers it on a client of Maskinporten that may do everything; one that was
    /// made before is replaced.
    ///
    /// # Errors
    /// When there is no key to be had.
    pub async fn demo_client(&self) -> io::Result<DemoClient> {
        self.world.demo_client().await
    }

    /// A customer approves a systembruker for a client of Maskinporten.
    ///
    /// # Errors
    /// When the client is not registered, or the customer's number is not one.
    pub fn approve_systembruker(
        &self,
        client_id: &str,
        customer: Systembruker,
    ) -> Result<(), UnusableClient> {
        self.world.approve(client_id, customer)
    }

    /// A customer takes the approval back. Tokens that were given out stay good as long as they live.
    ///
    /// # Errors
    /// When the client is not registered.
    pub fn withdraw_systembruker(
        &self,
        client_id: &str,
        customer: &Systembruker,
    ) -> Result<(), UnusableClient> {
        self.world.withdraw(client_id, customer)
    }

    /// Makes the tokens of a kind that were given out so far worthless, or those of every kind.
    pub fn revoke_tokens(&self, kind: Option<TokenKind>) {
        self.world.signin.revoke(kind);
    }

    /// Sets how the token issuers behave from now on.
    pub fn set_signin(&self, settings: SigninSettings) {
        self.world.signin.set(settings);
    }

    /// The instances of the Altinn app, oldest first, as they stand now. Those that were deleted are gone.
    pub fn instances(&self) -> Vec<InstansSeen> {
        self.world.altinn.seen(self.world.clock.now())
    }

    /// The highest number of the service's requests that were being handled at the same time, since
    /// the start or since [`Sandbox::reset_peak`].
    ///
    /// A request counts from its arrival until its answer is ready, latency faults included. Those
    /// under `/sandbox` do not count, and neither do those of the token issuers and late work.
    pub fn peak_concurrent_calls(&self) -> usize {
        self.world.concurrency.peak()
    }

    /// Forgets the peak; requests that are being handled now count on.
    pub fn reset_peak(&self) {
        self.world.concurrency.reset_peak();
    }

    /// How many requests that act late ([`Fault::ActLate`](crate::Fault::ActLate)) should have acted by now, by the sandbox's clock, and
    /// have not got round to it. A test that steps the clock waits until there is none.
    pub fn late_requests_due(&self) -> usize {
        self.world.late.behind(self.world.clock.now())
    }

    /// Waits until the server ends, which it does only when it fails or is dropped.
    pub async fn stopped(mut self) {
        match (&mut self.server).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the sandbox server ended"),
            Err(error) => tracing::error!(%error, "the sandbox server panicked"),
        }
    }

    /// Stops the server and waits until it no longer listens.
    pub async fn shutdown(self) {
        self.world.stop.cancel();
        self.stopped().await;
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// What a sandbox shall be like.
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    listen: SocketAddr,
    clock: VirtualClock,
    scenario: Scenario,
    krav_scenario: KravScenario,
    edition_2023: Edition2023,
    signin: Beginning,
    seed: u64,
    limits: Limits,
}

impl SandboxBuilder {
    /// Where to listen; by default on a free port of 127.0.0.1.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = addr;
        self
    }

    /// The clock; by default one that runs as fast as the wall's.
    pub fn clock(mut self, clock: VirtualClock) -> Self {
        self.clock = clock;
        self
    }

    /// The scenario of every identifier that has none of its own.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    /// What comes of krav that have no scenario of their own.
    pub fn krav_scenario(mut self, scenario: KravScenario) -> Self {
        self.krav_scenario = scenario;
        self
    }

    /// What edition 2023 of the krav API is like.
    pub fn edition_2023(mut self, edition: Edition2023) -> Self {
        self.edition_2023 = edition;
        self
    }

    /// Whether the service takes only tokens that its own issuers have given out, that have not expired and
    /// that hold the scope of the call. By default any token will do.
    pub fn strict_auth(mut self, strict: bool) -> Self {
        self.signin.strict = strict;
        self
    }

    /// How the token issuers behave.
    pub fn signin(mut self, settings: SigninSettings) -> Self {
        self.signin.settings = settings;
        self
    }

    /// A client of Maskinporten that is registered from the start.
    pub fn maskinporten_client(mut self, client: MaskinportenClient) -> Self {
        self.signin.maskinporten.push(client);
        self
    }

    /// A client of ID-porten that is registered from the start, beside `skattebro-demo`, which always is.
    pub fn idporten_client(mut self, client: IdportenClient) -> Self {
        self.signin.idporten.push(client);
        self
    }

    /// What ids and faults by probability are made from; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The largest request body; 25 000 000 by default.
    pub fn max_request_bytes(mut self, bytes: u64) -> Self {
        self.limits.request_bytes = bytes;
        self
    }

    /// The largest request body to Altinn, an envelope most of all; 500 000 000 by default.
    pub fn max_altinn_bytes(mut self, bytes: u64) -> Self {
        self.limits.altinn_bytes = bytes;
        self
    }

    /// The largest attachment; 100 000 000 by default.
    pub fn max_attachment_bytes(mut self, bytes: u64) -> Self {
        self.limits.attachment_bytes = bytes;
        self
    }

    /// The largest document when unpacked; 2 GiB by default.
    pub fn max_document_bytes(mut self, bytes: u64) -> Self {
        self.limits.document_bytes = bytes;
        self
    }

    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, no temporary folder can be made, or a client is not usable.
    pub async fn start(self) -> io::Result<Sandbox> {
        let stop = CancellationToken::new();
        let listener = TcpListener::bind(self.listen).await?;
        let addr = listener.local_addr()?;
        let ids = Ids::new(self.seed);
        let signin = Signin::new(&format!("http://{addr}"), &ids, self.signin)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let world = Arc::new(World {
            instance: uuid::Uuid::new_v4(),
            clock: self.clock,
            ids,
            limits: self.limits,
            faults: Faults::new(self.seed),
            late: LateRequests::default(),
            scenarios: Scenarios::new(self.scenario),
            effects: EffectLog::default(),
            archive: Archive::default(),
            krav: KravState::new(self.krav_scenario, self.edition_2023),
            signin,
            altinn: AltinnState::default(),
            concurrency: Concurrency::default(),
            dir: tempfile::Builder::new().prefix("skattebro-sandbox-").tempdir()?,
            stop: stop.clone(),
        });
        let service = router(&world).into_make_service_with_connect_info::<Connection>();
        let server = axum::serve(Gate::new(listener, stop.clone()), service);
        let server = tokio::spawn({
            let stop = stop.clone();
            async move {
                tokio::select! {
                    () = stop.cancelled() => Ok(()),
                    ended = server => ended,
                }
            }
        });
        Ok(Sandbox { addr, world, server, _stop: stop.drop_guard() })
    }
}

fn router(world: &Shared) -> Router {
    Router::new()
        .merge(skattemelding::router(world))
        .merge(krav::router(world))
        .merge(signin::router(world))
        .merge(altinn::router(world))
        .nest("/sandbox", admin::router())
        .fallback(problem::no_such_endpoint)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn(problem::render))
        // Limits are kept where bodies are spooled.
        .layer(DefaultBodyLimit::disable())
        .with_state(world.clone())
}
