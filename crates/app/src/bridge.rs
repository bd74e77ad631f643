use crate::documents::{self, Places};
use crate::error::{BuildError, ValidationError};
use crate::filing::{self, Validating};
use crate::innsending::{self, InnsendingRequest, SendingInn};
use crate::journal::{Desk, PERMIT, Told};
use crate::krav::KravService;
use crate::looks::Looks;
use crate::outside::{AltinnPorts, Ports};
use crate::synchronous::{self, ValidatedSynchronously};
use crate::{SystemClock, ValidationRequest};
#[cfg(feature = "http")]
use skattebro_adapter_http::{AltinnAddresses, ExchangeKind};
use skattebro_codec::Packer;
use skattebro_domain::filing::Pace;
use skattebro_domain::krav::{Edition, Oppdragsgiver};
use skattebro_ports::fakes::MemoryJournal;
use skattebro_ports::journal::Environment;
use skattebro_ports::{
    Altinn, AltinnJobs, Availability, Call, Clock, CurrentReturns, Jobs, Journal, KravActs, KravLookup,
    TokenSource, Uploads, Validations,
};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The bridge: composed once, shared by everything that talks to Skatteetaten. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Skattebro {
    ports: Arc<Ports>,
    krav: Option<KravService>,
}

impl Skattebro {
    /// Begins to compose a bridge.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Validates a return asynchronously: checks the documents, fetches the return in force unless it is given, uploads, starts a
    /// job, follows it and fetches the result. Begins at once, as a task of the Tokio runtime that this is called on; await what it
    /// returns, or listen to its events.
    ///
    /// Skatteetaten runs one job per identifikator; a second one, of any income year, aborts the first. So while this bridge and its
    /// clones validate for a party, another validation for it is refused with a finding. Bridges of other processes are not seen.
    ///
    /// Source: `asynk-api.md`.
    pub fn validate(&self, request: ValidationRequest) -> Validating {
        filing::start(self.ports.clone(), request)
    }

    /// Validates a small return at once: its documents are at most 10 MB as base64, and travel in one envelope. There is no job, and no
    /// reference. Auditor flags and attachments in the næringsspesifikasjon, which edition v1 of the asynchronous validation does
    /// not take, are no error here.
    ///
    /// Changes nothing at Skatteetaten; may be repeated.
    ///
    /// Source: contract page `skattemelding.md`, `POST …/valider/…`.
    ///
    /// # Errors
    /// [`ValidationError::Findings`] before anything is sent, [`ValidationError::Call`] if a call failed.
    pub async fn validate_synchronously(
        &self,
        request: ValidationRequest,
    ) -> Result<ValidatedSynchronously, ValidationError> {
        synchronous::validate(&self.ports, request).await
    }

    /// Submits a return through Altinn, from the documents to the receipt: checks them, validates, makes an instance, uploads, waits for the
    /// virus scan, takes the steps of the process that are ours, waits for a person where one must confirm, and fetches the receipt. Begins at
    /// once, as a task of the Tokio runtime that this is called on.
    ///
    /// Asked for again while it is under way or waits, the same submission is gone on with; once its receipt says `validertOK`, it is never made again
    /// as long as its case is in the journal.
    ///
    /// Source: contract pages `altinn.md` and `skattemelding.md`.
    pub fn send_inn(&self, request: InnsendingRequest) -> SendingInn {
        innsending::start(self.ports.clone(), request)
    }

    /// Krav: innkrevingsoppdrag for the token's organisation.
    ///
    /// Source: `innkrevingsoppdrag.md`.
    ///
    /// # Errors
    /// If the bridge was composed without adapters for it.
    pub fn krav(&self) -> Result<KravService, BuildError> {
        self.krav.clone().ok_or(BuildError::MissingPort("krav"))
    }

    /// The jobs port, for single steps.
    pub fn jobs(&self) -> &Arc<dyn Jobs> {
        &self.ports.jobs
    }

    /// The uploads port, for single steps.
    pub fn uploads(&self) -> &Arc<dyn Uploads> {
        &self.ports.uploads
    }

    /// The port to the return in force.
    pub fn current_returns(&self) -> &Arc<dyn CurrentReturns> {
        &self.ports.current_returns
    }

    /// The port to synchronous validation.
    pub fn validations(&self) -> &Arc<dyn Validations> {
        &self.ports.validations
    }

    /// The port that tells whether the service answers.
    pub fn availability(&self) -> &Arc<dyn Availability> {
        &self.ports.availability
    }

    pub(crate) fn ports(&self) -> &Arc<Ports> {
        &self.ports
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.ports.desk
    }

    /// The name that the service has in the journal.
    pub fn environment(&self) -> &Environment {
        &self.ports.environment
    }

    /// The journal.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.ports.desk.journal
    }

    /// A call with a fresh korrelasjonsid, for single steps.
    pub fn new_call(&self) -> Call {
        Call::new(self.ports.desk.korrelasjonsid())
    }
}

/// Composes a [`Skattebro`]: from a server, from any adapters, or from both (an adapter that is given wins).
#[derive(Default)]
pub struct Builder {
    told: Option<Told>,
    uploads: Option<Arc<dyn Uploads>>,
    jobs: Option<Arc<dyn Jobs>>,
    current_returns: Option<Arc<dyn CurrentReturns>>,
    validations: Option<Arc<dyn Validations>>,
    availability: Option<Arc<dyn Availability>>,
    krav: Option<(Arc<dyn KravActs>, Arc<dyn KravLookup>)>,
    altinn: Option<Arc<dyn Altinn>>,
    altinn_jobs: Option<Arc<dyn AltinnJobs>>,
    visning: Option<String>,
    edition: Edition,
    tokens: Option<Arc<dyn TokenSource>>,
    clock: Option<Arc<dyn Clock>>,
    journal: Option<Arc<dyn Journal>>,
    environment: Option<Environment>,
    permit: Option<Duration>,
    krav_window: Option<usize>,
    organisation: Option<String>,
    max_request_bytes: Option<u64>,
    documents_at_a_time: Option<usize>,
    pace: Pace,
    packing_threads: Option<NonZeroUsize>,
    #[cfg(feature = "http")]
    http: Http,
}

#[cfg(feature = "http")]
#[derive(Default)]
struct Http {
    server: Option<String>,
    innkreving_server: Option<String>,
    token: Option<String>,
    altinn: Option<AltinnAddresses>,
    exchange: Option<ExchangeKind>,
    #[allow(clippy::type_complexity)]
    adjust: Option<
        Box<dyn FnOnce(skattebro_adapter_http::HttpSettings) -> skattebro_adapter_http::HttpSettings + Send>,
    >,
}

/// A token does not belong in a log.
#[cfg(feature = "http")]
impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("server", &self.server).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("edition", &self.edition).finish_non_exhaustive()
    }
}

impl Builder {
    /// The server, such as `https://idporten-api-test.sits.no`; the adapter for HTTP serves every port that is not given.
    #[cfg(feature = "http")]
    pub fn server(mut self, base: impl Into<String>) -> Self {
        self.http.server = Some(base.into());
        self
    }

    /// The server of the innkreving API, where it is another one.
    #[cfg(feature = "http")]
    pub fn innkreving_server(mut self, base: impl Into<String>) -> Self {
        self.http.innkreving_server = Some(base.into());
        self
    }

    /// A token that was fetched elsewhere.
    #[cfg(feature = "http")]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.http.token = Some(token.into());
        self
    }

    /// Where Altinn is, for submissions; that of the server's environment unless this is called, and the server itself on this machine.
    #[cfg(feature = "http")]
    pub fn altinn_addresses(mut self, addresses: AltinnAddresses) -> Self {
        self.http.altinn = Some(addresses);
        self
    }

    /// Altinn wants a token of its own, which is exchanged for those of this kind. Altinn gets the same token as everybody else unless this is
    /// called, as for one that was exchanged elsewhere.
    #[cfg(feature = "http")]
    pub fn exchange(mut self, kind: ExchangeKind) -> Self {
        self.http.exchange = Some(kind);
        self
    }

    /// Adjusts the settings of the adapter for HTTP: deadlines, CA bundle, the client's name.
    #[cfg(feature = "http")]
    pub fn http(
        mut self,
        adjust: impl FnOnce(skattebro_adapter_http::HttpSettings) -> skattebro_adapter_http::HttpSettings
        + Send
        + 'static,
    ) -> Self {
        self.http.adjust = Some(Box::new(adjust));
        self
    }

    /// Where tokens come from.
    pub fn tokens(mut self, tokens: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// One adapter for every port of Skatteetaten's skattemelding API, such as [`FakeSkatteetaten`].
    ///
    /// [`FakeSkatteetaten`]: skattebro_ports::fakes::FakeSkatteetaten
    pub fn skatteetaten<A>(self, adapter: Arc<A>) -> Self
    where
        A: Uploads + Jobs + CurrentReturns + Validations + Availability,
    {
        self.uploads(adapter.clone())
            .jobs(adapter.clone())
            .current_returns(adapter.clone())
            .validations(adapter.clone())
            .availability(adapter)
    }

    /// The adapter for uploads.
    pub fn uploads(mut self, adapter: Arc<dyn Uploads>) -> Self {
        self.uploads = Some(adapter);
        self
    }

    /// The adapter for jobs.
    pub fn jobs(mut self, adapter: Arc<dyn Jobs>) -> Self {
        self.jobs = Some(adapter);
        self
    }

    /// The adapter for the return in force.
    pub fn current_returns(mut self, adapter: Arc<dyn CurrentReturns>) -> Self {
        self.current_returns = Some(adapter);
        self
    }

    /// The adapter for synchronous validation.
    pub fn validations(mut self, adapter: Arc<dyn Validations>) -> Self {
        self.validations = Some(adapter);
        self
    }

    /// The adapter that tells whether the service answers.
    pub fn availability(mut self, adapter: Arc<dyn Availability>) -> Self {
        self.availability = Some(adapter);
        self
    }

    /// The adapters for krav.
    pub fn innkreving(mut self, acts: Arc<dyn KravActs>, lookup: Arc<dyn KravLookup>) -> Self {
        self.krav = Some((acts, lookup));
        self
    }

    /// The adapters through which returns are submitted: instances, and validation of what lies in them.
    pub fn altinn(mut self, altinn: Arc<dyn Altinn>, jobs: Arc<dyn AltinnJobs>) -> Self {
        (self.altinn, self.altinn_jobs) = (Some(altinn), Some(jobs));
        self
    }

    /// The page where a person confirms what a systembruker has put into an instance, such as
    /// `https://skatt.skatteetaten.no/web/skattemelding-visning/altinn`. That of the server's environment unless this is called.
    pub fn visning(mut self, page: impl Into<String>) -> Self {
        self.visning = Some(page.into());
        self
    }

    /// The edition of the innkreving API; the one that is served today unless this is called.
    pub fn innkreving_edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// The clock; the machine's unless this is called.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The journal: what is under way is written down there, and outlives the process if the journal does. One that keeps in memory what is
    /// not done yet, and forgets what is, unless this is called.
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// The name that the service has in the journal. Cases of one environment are only ever carried out there. The server's address unless
    /// this is called.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Who is told, in a sentence, what is in the way of everything: a journal that cannot be used, and what to do about it. Told again each time it is
    /// tried in vain, up to once a second for each case.
    pub fn on_trouble(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.told = Some(Arc::new(told));
        self
    }

    /// How long after it was written down a request may be sent and answered; for one that carries documents, 40 seconds a megabyte more.
    /// Default 2 minutes. Less than that bounds the deadlines of calls; more makes longer what a crash leaves in doubt, since whoever goes
    /// on waits until nothing more can be sent.
    pub fn permit(mut self, length: Duration) -> Self {
        self.permit = Some(length);
        self
    }

    /// How many krav may be in doubt at most when this process dies: [`KravService::window`]. Default 10.
    pub fn krav_window(mut self, krav: usize) -> Self {
        self.krav_window = Some(krav);
        self
    }

    /// Whose krav these are, where one environment is used for several organisations: ids of krav are told apart by it.
    pub fn organisation(mut self, organisation: impl Into<String>) -> Self {
        self.organisation = Some(organisation.into());
        self
    }

    /// The largest request in bytes. Default 25 000 000, edition v1's.
    pub fn max_request_bytes(mut self, bytes: u64) -> Self {
        self.max_request_bytes = Some(bytes);
        self
    }

    /// How many returns may have their documents in memory at a time, packed and ready to be sent. Others wait for their turn; one whose job
    /// runs needs none. Default 6: three that are uploaded, and three that are next.
    pub fn documents_at_a_time(mut self, returns: usize) -> Self {
        self.documents_at_a_time = Some(returns);
        self
    }

    /// How many looks at jobs are made. Default: 4 at a time, and 100 in a second; where more is wanted, each job is looked at
    /// as much less often as the others.
    pub fn looks(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// How many threads pack one document for its upload. Default: as many as the machine can run at a time, at most 8. A service that packs
    /// many documents at a time may want 1: no threads are made then. What is sent is the same.
    pub fn packing_threads(mut self, threads: NonZeroUsize) -> Self {
        self.packing_threads = Some(threads);
        self
    }

    /// Composes the bridge. Connects to nothing yet.
    ///
    /// # Errors
    /// If a port has no adapter and there is no server, or the settings cannot be used.
    #[cfg_attr(not(feature = "http"), allow(unused_mut))]
    pub fn build(mut self) -> Result<Skattebro, BuildError> {
        let max_request_bytes = self.max_request_bytes.unwrap_or(25_000_000);
        let edition = self.edition;
        let mut synthetic_persons = true;
        let mut environment = self.environment.take();
        #[cfg(feature = "http")]
        if let (None, Some(server)) = (&environment, &self.http.server) {
            environment = server.trim_end_matches('/').parse().ok();
        }
        let environment = environment.unwrap_or_else(|| Environment::from_uuid(0));
        #[cfg(feature = "http")]
        if let Some(HttpAdapters { skattemelding: adapter, innkreving, altinn, visning }) =
            self.http_adapters(max_request_bytes)?
        {
            self.altinn.get_or_insert(altinn);
            self.altinn_jobs.get_or_insert_with(|| adapter.clone());
            self.visning = self.visning.take().or(visning);
            synthetic_persons = !adapter.is_production();
            self.krav.get_or_insert_with(|| (Arc::new(innkreving.clone()), Arc::new(innkreving)));
            self.uploads.get_or_insert_with(|| adapter.clone());
            self.jobs.get_or_insert_with(|| adapter.clone());
            self.current_returns.get_or_insert_with(|| adapter.clone());
            self.validations.get_or_insert_with(|| adapter.clone());
            self.availability.get_or_insert_with(|| adapter.clone());
        }
        let missing = BuildError::MissingPort;
        let clock: Arc<dyn Clock> = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let journal = self.journal.unwrap_or_else(|| Arc::new(MemoryJournal::forgetful(clock.clone())));
        let looks = Arc::new(Looks::new(self.pace, clock.clone()));
        let places = Places::new(self.documents_at_a_time.unwrap_or(documents::AT_A_TIME));
        let mut desk = Desk::new(journal, clock);
        desk.told = self.told;
        let desk = Arc::new(desk);
        let permit = self.permit.unwrap_or(PERMIT);
        let (organisation, window) = (self.organisation, self.krav_window);
        let krav = self.krav.map(|(acts, lookup)| {
            let oppdragsgiver = Oppdragsgiver { organ: None, edition, synthetic_persons };
            let service = KravService::at(desk.clone(), permit, environment.clone(), acts, lookup, edition);
            let service = service.oppdragsgiver(oppdragsgiver);
            let service = match window {
                Some(krav) => service.window(krav),
                None => service,
            };
            match organisation {
                Some(organisation) => service.for_organisation(organisation),
                None => service,
            }
        });
        Ok(Skattebro {
            krav,
            ports: Arc::new(Ports {
                uploads: self.uploads.ok_or(missing("uploads"))?,
                jobs: self.jobs.ok_or(missing("jobs"))?,
                current_returns: self.current_returns.ok_or(missing("the current return"))?,
                validations: self.validations.ok_or(missing("synchronous validation"))?,
                availability: self.availability.ok_or(missing("availability"))?,
                altinn: match (self.altinn, self.altinn_jobs) {
                    (Some(altinn), Some(jobs)) => Some(AltinnPorts { altinn, jobs, visning: self.visning }),
                    _ => None,
                },
                desk,
                permit,
                environment,
                max_request_bytes,
                places,
                looks,
                packing_threads: self.packing_threads.unwrap_or_else(Packer::default_threads),
                busy: Mutex::default(),
            }),
        })
    }

    #[cfg(feature = "http")]
    fn http_adapters(&mut self, max_request_bytes: u64) -> Result<Option<HttpAdapters>, BuildError> {
        use skattebro_adapter_http::{
            AltinnExchange, HttpAltinn, HttpInnkreving, HttpSettings, HttpSkatteetaten,
        };
        use skattebro_ports::{Token, fakes::StaticToken};
        let Some(server) = self.http.server.take() else { return Ok(None) };
        let tokens: Arc<dyn TokenSource> = match (self.tokens.take(), self.http.token.take()) {
            (Some(tokens), _) => tokens,
            (None, Some(token)) => {
                Arc::new(StaticToken::new(Token::parse(&token).ok_or(BuildError::BadToken)?))
            }
            (None, None) => return Err(BuildError::MissingToken),
        };
        let mut settings = HttpSettings::new(&server)?.max_request_bytes(max_request_bytes);
        if let Some(adjust) = self.http.adjust.take() {
            settings = adjust(settings);
        }
        let of_innkreving = match self.http.innkreving_server.take() {
            Some(server) => settings.clone().server(&server)?,
            None => settings.clone(),
        };
        let innkreving = HttpInnkreving::new(of_innkreving, tokens.clone(), self.edition)?;
        let (addresses, visning) = altinn_of(&server);
        let addresses = self.http.altinn.take().unwrap_or(addresses);
        let for_altinn: Arc<dyn TokenSource> = match self.http.exchange {
            Some(kind) => {
                let platform = settings.clone().server(&addresses.platform)?;
                let clock = self.clock.clone().unwrap_or_else(|| Arc::new(SystemClock));
                Arc::new(AltinnExchange::new(&platform, tokens.clone(), kind, clock)?)
            }
            None => tokens.clone(),
        };
        let altinn = Arc::new(HttpAltinn::new(settings.clone().server(&addresses.app)?, for_altinn)?);
        let skattemelding = Arc::new(HttpSkatteetaten::new(settings, tokens)?);
        Ok(Some(HttpAdapters { skattemelding, innkreving, altinn, visning }))
    }
}

#[cfg(feature = "http")]
struct HttpAdapters {
    skattemelding: Arc<skattebro_adapter_http::HttpSkatteetaten>,
    innkreving: skattebro_adapter_http::HttpInnkreving,
    altinn: Arc<skattebro_adapter_http::HttpAltinn>,
    visning: Option<String>,
}

/// Altinn in the environment of a server, and the page where a person confirms. A server that is not known plays everything itself, as a
/// sandbox does.
///
/// Source: contract page `altinn.md`.
#[cfg(feature = "http")]
fn altinn_of(server: &str) -> (AltinnAddresses, Option<String>) {
    const PAGE: &str = "web/skattemelding-visning/altinn";
    let server = server.trim_end_matches('/');
    let host = server.split("//").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let (addresses, base) = if host.ends_with("api.skatteetaten.no") {
        (AltinnAddresses::production(), "https://skatt.skatteetaten.no")
    } else if host.ends_with(".sits.no") {
        (AltinnAddresses::test(), "https://skatt-test.sits.no")
    } else {
        (AltinnAddresses::on(server), server)
    };
    (addresses, Some(format!("{base}/{PAGE}")))
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn each_environment_has_its_own_altinn() {
        for (server, altinn, page) in [
            (
                "https://idporten.api.skatteetaten.no",
                AltinnAddresses::production(),
                "https://skatt.skatteetaten.no/",
            ),
            ("https://API.skatteetaten.no/", AltinnAddresses::production(), "https://skatt.skatteetaten.no/"),
            ("https://api-test.sits.no", AltinnAddresses::test(), "https://skatt-test.sits.no/"),
            ("http://127.0.0.1:8700", AltinnAddresses::on("http://127.0.0.1:8700"), "http://127.0.0.1:8700/"),
        ] {
            let (addresses, visning) = altinn_of(server);
            assert_eq!(addresses, altinn, "{server}");
            assert!(visning.unwrap().starts_with(page), "{server}");
        }
    }
}
