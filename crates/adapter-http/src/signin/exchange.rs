//! Altinn's own token, in exchange for one of ID-porten's or Maskinporten's. Source: contract page `altinn.md`.

use crate::settings::{HttpSettings, SettingsError};
use crate::signin::cache::{Fetched, TokenCache};
use crate::signin::claims::payload;
use crate::signin::failed::{Failed, Trouble};
use crate::signin::http::{Http, Reply};
use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, StatusCode};
use skattebro_domain::Identifikator;
use skattebro_ports::{Clock, ErrorKind, PortError, Token, TokenSource};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const OPERATION: &str = "the exchange of a token with Altinn";
/// How long a token is good that does not say so. Altinn's live half an hour.
const USUAL_LIFE: Duration = Duration::from_secs(25 * 60);
/// How long a token must live yet to be given.
const MARGIN: Duration = Duration::from_secs(60);

/// Altinn's tokens. Each is got for one of another source, kept per party, and replaced before it expires.
#[derive(Debug)]
pub struct AltinnExchange {
    inner: Arc<dyn TokenSource>,
    http: Http,
    address: Url,
    clock: Arc<dyn Clock>,
    cache: TokenCache<Option<Identifikator>>,
}

/// Whose tokens are given to Altinn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// A person's, from ID-porten.
    IdPorten,
    /// A company's, from Maskinporten; a system user's too.
    Maskinporten,
}

impl AltinnExchange {
    /// Altinn at the platform that `http` leads to, such as `https://platform.altinn.no`, for tokens from `inner`. Connects to nothing yet.
    ///
    /// # Errors
    /// If the address is neither https nor on this machine, or the settings cannot be used here.
    pub fn new(
        http: &HttpSettings,
        inner: Arc<dyn TokenSource>,
        kind: ExchangeKind,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let kind = match kind {
            ExchangeKind::IdPorten => "id-porten",
            ExchangeKind::Maskinporten => "maskinporten",
        };
        let mut address = http.base.clone();
        let path = http.base.path().trim_end_matches('/');
        address.set_path(&format!("{path}/authentication/api/v1/exchange/{kind}"));
        let cache = TokenCache::new(clock.clone(), MARGIN);
        Ok(Self { inner, http: Http::new(http, "Altinn")?, address, clock, cache })
    }

    async fn get(&self, part: Option<&Identifikator>) -> Result<Token, PortError> {
        let fetched = self.cache.get(&part.cloned(), self.fetch(part)).await;
        fetched.map_err(|trouble| trouble.into_error(OPERATION))
    }

    async fn fetch(&self, part: Option<&Identifikator>) -> Result<Fetched, Trouble> {
        let token = self.inner_token(part).await?;
        let mut reply = self.exchange(&token).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            self.inner.rejected(&token).await;
            let other = self.inner_token(part).await?;
            if other.expose() != token.expose() {
                reply = self.exchange(&other).await?;
            }
        }
        Ok(self.understand(&reply)?)
    }

    async fn inner_token(&self, part: Option<&Identifikator>) -> Result<Token, Trouble> {
        let token = match part {
            Some(part) => self.inner.token_for(part).await,
            None => self.inner.token().await,
        };
        token.map_err(Trouble::Below)
    }

    async fn exchange(&self, token: &Token) -> Result<Reply, Failed> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| Failed::for_good(ErrorKind::Local, "the token cannot be sent as a header"))?;
        bearer.set_sensitive(true);
        self.http.send(self.http.request(Method::GET, &self.address).header(AUTHORIZATION, bearer)).await
    }

    fn understand(&self, reply: &Reply) -> Result<Fetched, Failed> {
        match reply.status.as_u16() {
            200..=299 => {}
            401 => {
                let detail = "Altinn does not accept the token that it was given, nor a new one. Check that the sign-in and Altinn are of \
                              the same environment (test or production), and the token's scope (altinn:instances.read and .write)";
                return Err(Failed::for_good(ErrorKind::Unauthorized, detail));
            }
            403 => {
                let detail = "Altinn gives no token for this one. Check its scope (altinn:instances.read and .write) and the rights of whose \
                              it is";
                return Err(Failed::for_good(ErrorKind::Forbidden, detail));
            }
            _ => return Err(self.http.unexpected("a token", reply)),
        }
        // Bare text, or the same as a JSON string.
        let text = std::str::from_utf8(&reply.body).unwrap_or_default().trim();
        let unquoted: Option<String> = serde_json::from_str(text).ok();
        let token = Token::parse(unquoted.as_deref().unwrap_or(text));
        // A page of a gateway without a space in it is still no token.
        let token = token.filter(|token| !token.expose().contains(['<', '{', '"']));
        let token = token.ok_or_else(|| self.http.unexpected("a token", reply))?;
        let life = self.life(&token);
        Ok(Fetched { token, life })
    }

    /// How long it lives, by what it says of itself: from its issue if that is less than from now, since this machine's clock may be wrong.
    fn life(&self, token: &Token) -> Duration {
        let claims = payload(token.expose()).unwrap_or_default();
        let claim =
            |name: &str| claims.get(name).and_then(serde_json::Value::as_f64).map(|seconds| seconds as i64);
        let Some(exp) = claim("exp") else { return USUAL_LIFE };
        let until =
            |from: i64| Duration::from_secs(u64::try_from(exp.saturating_sub(from)).unwrap_or_default());
        let from_now = until(self.clock.now().as_second());
        match claim("iat").map(until) {
            Some(from_issue) if from_now.is_zero() => from_issue,
            Some(from_issue) => from_issue.min(from_now),
            None => from_now,
        }
    }
}

#[async_trait]
impl TokenSource for AltinnExchange {
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
