//! A person logs in: authorization code with PKCE (RFC 7636), by a browser that comes back to this machine (RFC 8252).

use super::id_token::{self, Expected, LEVEL};
use super::loopback::{Loopback, Returned};
use super::{IdPorten, WHOM};
use crate::signin::cache::Fetched;
use crate::signin::failed::Failed;
use crate::signin::oauth::{self, Form, Granted, NotGranted, clean};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use secrecy::{ExposeSecret, SecretString};
use skattebro_domain::Timestamp;
use skattebro_ports::ErrorKind;
use url::Url;

/// That a person has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Who, as a log may show it: `010190*****`.
    pub person: Option<String>,
    /// When the access token expires.
    pub expires: Timestamp,
    /// What the token may be used for, as the server said.
    pub scope: Option<String>,
    /// Whether the login outlives the program: there is a refresh token, and it is kept.
    pub stays: bool,
}

/// What one login is known by.
struct Secrets {
    state: String,
    nonce: String,
    verifier: SecretString,
}

impl IdPorten {
    pub(super) async fn log_in(&self, open: impl Fn(&Url)) -> Result<LoggedIn, Failed> {
        let settings = &self.settings;
        let loopback = Loopback::bind(settings.port).await?;
        let metadata = self.discovery.get(&self.http).await?;
        let lacks =
            |what: &str| Failed::for_good(ErrorKind::Local, format!("{WHOM}'s metadata has no {what}"));
        let authorize =
            metadata.authorization_endpoint.as_ref().ok_or_else(|| lacks("authorization_endpoint"))?;
        let jwks = metadata.jwks_uri.as_ref().ok_or_else(|| lacks("jwks_uri"))?;
        let redirect = format!("http://localhost:{}{}", loopback.port, settings.path);
        let secrets = Secrets::new()?;
        open(&self.login_page(authorize, &redirect, &secrets));
        let code = match loopback.wait(&settings.path, &secrets.state, settings.wait).await? {
            Returned::Code(code) => code,
            Returned::Error { error, description } => return Err(not_logged_in(&error, &description)),
        };
        drop(loopback);
        let granted = self.redeem(&metadata.token_endpoint, &redirect, &code, &secrets).await?;
        let id_token = granted.id_token.as_ref().ok_or_else(|| {
            Failed::for_good(
                ErrorKind::Unauthorized,
                format!("{WHOM} gave no id token, so who logged in is not known"),
            )
        })?;
        let keys: JwkSet = self.http.json("its keys", jwks).await?;
        let (issuer, client_id) = (&metadata.issuer, &settings.client_id);
        let expected = Expected { issuer, client_id, nonce: &secrets.nonce, now: self.clock.now() };
        let person = id_token::check(id_token, &keys, &expected)?;
        self.keep(granted, person).await
    }

    fn login_page(&self, authorize: &Url, redirect: &str, secrets: &Secrets) -> Url {
        let mut url = authorize.clone();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", redirect),
            ("scope", &self.settings.scope),
            ("state", &secrets.state),
            ("nonce", &secrets.nonce),
            ("code_challenge", &challenge(&secrets.verifier)),
            ("code_challenge_method", "S256"),
            ("acr_values", LEVEL),
            ("ui_locales", "nb"),
        ]);
        url
    }

    async fn redeem(
        &self,
        endpoint: &Url,
        redirect: &str,
        code: &SecretString,
        secrets: &Secrets,
    ) -> Result<Granted, Failed> {
        let open = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect),
            ("client_id", &self.settings.client_id),
        ];
        let form = Form { open: &open, secret: &[("code", code), ("code_verifier", &secrets.verifier)] };
        oauth::ask(&self.http, &*self.clock, &self.skew, endpoint, form).await.map_err(|error| {
            let failed = match error {
                NotGranted::Failed(failed) => failed,
                NotGranted::Refused(refusal) => Failed::for_good(
                    ErrorKind::Unauthorized,
                    format!(
                        "{WHOM} refused the login: {}. Check the client id and the redirect address that is registered with it (localhost:{}{})",
                        refusal.quoted(),
                        self.settings.port,
                        self.settings.path
                    ),
                ),
            };
            failed.adding(self.skew.sentence().as_deref())
        })
    }

    /// Puts away what a login gave.
    async fn keep(&self, granted: Granted, person: Option<String>) -> Result<LoggedIn, Failed> {
        let Granted { token, life, refresh_token, scope, .. } = granted;
        let stays = refresh_token.is_some();
        match refresh_token {
            Some(refresh_token) => self.save(refresh_token).await?,
            // That of a login before must not come to life when this one ends: it may be another person's.
            None => self.forget().await?,
        }
        let expires = self.clock.now().checked_add(life).unwrap_or(Timestamp::MAX);
        self.cache.put(&(), Fetched { token, life });
        Ok(LoggedIn { person, expires, scope, stays })
    }
}

impl Secrets {
    fn new() -> Result<Self, Failed> {
        Ok(Self { state: random()?, nonce: random()?, verifier: random()?.into() })
    }
}

/// 256 bits that nobody can guess, as 43 characters.
fn random() -> Result<String, Failed> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)
        .map_err(|_| Failed::for_good(ErrorKind::Local, "this machine has no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.expose_secret().as_bytes()))
}

fn not_logged_in(error: &str, description: &str) -> Failed {
    let (error, description) = (clean(error, &[]), clean(description, &[]));
    match error.as_str() {
        "access_denied" | "login_required" => {
            let detail = "the login was cancelled in the browser, or ID-porten did not allow it";
            Failed::for_good(ErrorKind::Unauthorized, detail)
        }
        "temporarily_unavailable" | "server_error" => {
            Failed::for_now(ErrorKind::ServiceFailure, format!("{WHOM} cannot log anybody in now"), None)
        }
        "invalid_scope" => {
            let detail = "the client may not use one of its scopes: it must be granted, and added to the client in Samarbeidsportalen";
            Failed::for_good(ErrorKind::Unauthorized, detail)
        }
        _ => Failed::for_good(
            ErrorKind::Unauthorized,
            format!("{WHOM} ended the login with «{error}: {description}»"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into();
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
