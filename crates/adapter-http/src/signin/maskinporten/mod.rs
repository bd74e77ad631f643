//! Maskinporten: a company's tokens, by a signed JWT (RFC 7523). Source: contract page `auth.md`.

mod refusal;
mod settings;

pub use settings::{Algorithm, Customer, MaskinportenMode, MaskinportenSettings};

use crate::settings::{HttpSettings, SettingsError};
use crate::signin::assertion::{self, Claims, Systemuser, SystemuserOrg};
use crate::signin::cache::{Fetched, TokenCache};
use crate::signin::discovery::Discovery;
use crate::signin::failed::{Failed, Trouble};
use crate::signin::http::Http;
use crate::signin::oauth::{self, Form, NotGranted};
use crate::signin::skew::Skew;
use async_trait::async_trait;
use jiff::SignedDuration;
use skattebro_domain::{Identifikator, Organisasjonsnummer};
use skattebro_ports::{Clock, ErrorKind, PortError, Token, TokenSource};
use std::sync::Arc;

const OPERATION: &str = "the sign-in with Maskinporten";
const JWT_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A company's tokens from Maskinporten: its own, or with a system user those for its customers.
///
/// A token is kept per customer. Every try signs a new JWT, since none can be used twice.
#[derive(Debug)]
pub struct Maskinporten {
    http: Http,
    settings: MaskinportenSettings,
    clock: Arc<dyn Clock>,
    discovery: Discovery,
    skew: Skew,
    cache: TokenCache<Option<Organisasjonsnummer>>,
}

impl Maskinporten {
    /// The Maskinporten that `http` leads to, such as `https://maskinporten.no/` or `https://test.maskinporten.no/`. Connects to nothing yet.
    ///
    /// # Errors
    /// If the address is neither https nor on this machine, or the settings cannot be used here.
    pub fn new(
        http: &HttpSettings,
        settings: MaskinportenSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            discovery: Discovery::new(http, "oauth-authorization-server"),
            http: Http::new(http, "Maskinporten")?,
            skew: Skew::new(clock.clone()),
            cache: TokenCache::new(clock.clone(), settings.min_life),
            settings,
            clock,
        })
    }

    /// How far this machine's clock is ahead of Maskinporten's, less than nothing if it is behind; as the last answer told, if there was one.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.current()
    }

    async fn get(&self, part: Option<&Identifikator>) -> Result<Token, PortError> {
        let customer = self.settings.customer(part);
        let customer =
            customer.map_err(|why| Failed::for_good(ErrorKind::Local, why).into_error(OPERATION))?;
        let fetched = self.cache.get(&customer, async { Ok(self.fetch(customer.as_ref()).await?) });
        fetched.await.map_err(|trouble: Trouble| trouble.into_error(OPERATION))
    }

    async fn fetch(&self, customer: Option<&Organisasjonsnummer>) -> Result<Fetched, Failed> {
        let settings = &self.settings;
        let metadata = self.discovery.get(&self.http).await?;
        let claims = Claims {
            aud: &metadata.issuer,
            iss: &settings.client_id,
            scope: &settings.scope,
            consumer_org: settings.consumer_org.as_ref().map(Organisasjonsnummer::as_str),
            authorization_details: customer.map(|customer| [self.systemuser(customer)]),
        };
        let algorithm = settings.algorithm.as_jwt();
        let assertion =
            assertion::sign(&settings.key, &settings.key_id, algorithm, claims, self.clock.now())?;
        let form = Form { open: &[("grant_type", JWT_GRANT)], secret: &[("assertion", &assertion)] };
        let granted = oauth::ask(&self.http, &*self.clock, &self.skew, &metadata.token_endpoint, form).await;
        match granted {
            Ok(granted) => Ok(Fetched { token: granted.token, life: granted.life }),
            Err(NotGranted::Failed(failed)) => Err(failed.adding(self.skew.sentence().as_deref())),
            Err(NotGranted::Refused(refusal)) => {
                let failed = refusal::failed(&refusal, settings, customer);
                Err(failed.adding(self.skew.sentence().as_deref()))
            }
        }
    }

    fn systemuser(&self, customer: &Organisasjonsnummer) -> Systemuser<'_> {
        let external_ref = match &self.settings.mode {
            MaskinportenMode::Systembruker { external_ref, .. } => external_ref.as_deref(),
            MaskinportenMode::Plain => None,
        };
        let id = format!("0192:{customer}");
        Systemuser {
            type_: "urn:altinn:systemuser",
            systemuser_org: SystemuserOrg { authority: "iso6523-actorid-upis", id },
            external_ref,
        }
    }
}

#[async_trait]
impl TokenSource for Maskinporten {
    async fn token(&self) -> Result<Token, PortError> {
        self.get(None).await
    }

    async fn token_for(&self, part: &Identifikator) -> Result<Token, PortError> {
        self.get(Some(part)).await
    }

    async fn rejected(&self, token: &Token) {
        self.cache.reject(token);
    }
}
