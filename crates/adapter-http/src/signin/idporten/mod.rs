//! ID-porten: a person's tokens. Source: contract page `auth.md`.

mod id_token;
mod login;
mod loopback;
mod settings;

pub use login::LoggedIn;
pub use settings::IdPortenSettings;

use crate::settings::{HttpSettings, SettingsError};
use crate::signin::cache::{Fetched, TokenCache};
use crate::signin::discovery::Discovery;
use crate::signin::failed::{Failed, Trouble};
use crate::signin::http::Http;
use crate::signin::oauth::{self, Form, Granted, NotGranted, Refusal};
use crate::signin::refresh_store::{RefreshStore, StoreError};
use crate::signin::skew::Skew;
use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use skattebro_ports::{Clock, ErrorKind, PortError, Token, TokenSource};
use std::sync::Arc;
use tokio::sync::Mutex;
use url::Url;

const WHOM: &str = "ID-porten";
const OPERATION: &str = "the sign-in with ID-porten";
const LOG_IN_AGAIN: &str = "log in again: skattebro logg-inn";

/// A person's tokens from ID-porten. The person logs in once; from then on tokens are refreshed, for weeks, until [`logout`](Self::logout).
#[derive(Debug)]
pub struct IdPorten {
    http: Http,
    settings: IdPortenSettings,
    clock: Arc<dyn Clock>,
    discovery: Discovery,
    skew: Skew,
    cache: TokenCache<()>,
    store: Arc<dyn RefreshStore>,
    /// A refresh token that the store has not taken yet. The server knows the one before no more.
    unsaved: Mutex<Option<SecretString>>,
}

impl IdPorten {
    /// The ID-porten that `http` leads to, such as `https://idporten.no` or `https://test.idporten.no`; the login is kept in `store`. Connects
    /// to nothing yet.
    ///
    /// # Errors
    /// If the address is neither https nor on this machine, or the settings cannot be used here.
    pub fn new(
        http: &HttpSettings,
        settings: IdPortenSettings,
        store: Arc<dyn RefreshStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            discovery: Discovery::new(http, "openid-configuration"),
            http: Http::new(http, WHOM)?,
            skew: Skew::new(clock.clone()),
            cache: TokenCache::new(clock.clone(), settings.min_life),
            settings,
            clock,
            store,
            unsaved: Mutex::new(None),
        })
    }

    /// Logs a person in. `open` is given the address of the login page, for a browser on this machine; the person has some minutes
    /// ([`IdPortenSettings::wait`]).
    ///
    /// # Errors
    /// If nobody came back or the login was refused, the port for the way back is taken, or what came back is not to be trusted. A login from
    /// before stays as it was then.
    pub async fn login(&self, open: impl Fn(&Url)) -> Result<LoggedIn, PortError> {
        self.log_in(open).await.map_err(|failed| failed.into_error("the login with ID-porten"))
    }

    /// Forgets the login, here and in the store. Nothing happens if nobody is logged in.
    ///
    /// # Errors
    /// If it may still be in the store.
    pub async fn logout(&self) -> Result<(), PortError> {
        self.cache.clear();
        self.forget().await.map_err(|failed| failed.into_error("the logout"))
    }

    /// How far this machine's clock is ahead of ID-porten's, less than nothing if it is behind; as the last answer told, if there was one.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.current()
    }

    async fn refresh(&self) -> Result<Fetched, Failed> {
        let first = self.refresh_token().await?.ok_or_else(|| {
            Failed::for_good(ErrorKind::Unauthorized, format!("nobody is logged in; {LOG_IN_AGAIN}"))
        })?;
        let mut granted = self.refresh_with(&first).await?;
        if let Err(refusal) = &granted
            && refusal.error == "invalid_grant"
        {
            // Another process may have refreshed it meanwhile: what it was given is in the store.
            let stored = self.store.load().await.map_err(from_store)?;
            if let Some(other) = stored.filter(|stored| stored.expose_secret() != first.expose_secret()) {
                granted = self.refresh_with(&other).await?;
            }
        }
        let granted = granted.map_err(|refusal| self.refused(&refusal))?;
        if let Some(refresh_token) = granted.refresh_token {
            self.save(refresh_token).await?;
        }
        Ok(Fetched { token: granted.token, life: granted.life })
    }

    async fn refresh_with(&self, token: &SecretString) -> Result<Result<Granted, Refusal>, Failed> {
        let metadata = self.discovery.get(&self.http).await?;
        let open = [("grant_type", "refresh_token"), ("client_id", self.settings.client_id.as_str())];
        let form = Form { open: &open, secret: &[("refresh_token", token)] };
        match oauth::ask(&self.http, &*self.clock, &self.skew, &metadata.token_endpoint, form).await {
            Ok(granted) => Ok(Ok(granted)),
            Err(NotGranted::Refused(refusal)) => Ok(Err(refusal)),
            Err(NotGranted::Failed(failed)) => Err(failed.adding(self.skew.sentence().as_deref())),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Failed {
        let advice = match refusal.error.as_str() {
            "invalid_grant" => format!("It has run out or was ended; {LOG_IN_AGAIN}"),
            _ => format!("Check the client in Samarbeidsportalen, and {LOG_IN_AGAIN}"),
        };
        let detail = format!("{WHOM} does not prolong the login: {}. {advice}", refusal.quoted());
        Failed::for_good(ErrorKind::Unauthorized, detail).adding(self.skew.sentence().as_deref())
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, Failed> {
        if let Some(unsaved) = &*self.unsaved.lock().await {
            return Ok(Some(unsaved.clone()));
        }
        self.store.load().await.map_err(from_store)
    }

    /// Keeps a refresh token before anything that came with it is used: the one before is worth nothing any more.
    async fn save(&self, token: SecretString) -> Result<(), Failed> {
        let mut unsaved = self.unsaved.lock().await;
        let token = unsaved.insert(token);
        self.store.save(token).await.map_err(from_store)?;
        *unsaved = None;
        Ok(())
    }

    async fn forget(&self) -> Result<(), Failed> {
        *self.unsaved.lock().await = None;
        self.store.delete().await.map_err(from_store)
    }
}

fn from_store(error: StoreError) -> Failed {
    Failed::for_good(ErrorKind::Local, error.to_string())
}

#[async_trait]
impl TokenSource for IdPorten {
    async fn token(&self) -> Result<Token, PortError> {
        let fetched = self.cache.get(&(), async { Ok(self.refresh().await?) }).await;
        fetched.map_err(|trouble: Trouble| trouble.into_error(OPERATION))
    }

    async fn rejected(&self, token: &Token) {
        self.cache.reject(token);
    }
}
