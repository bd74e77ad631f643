//! What ID-porten remembers: logins that have begun, codes, sessions and their refresh tokens.
//!
//! A login takes a person, so there are never many of them, and none is forgotten.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::oauth::OAuthError;
use crate::identifikator::Identifikator;

/// For how long the login page can be filled in.
const LOGIN: Duration = Duration::from_mins(15);

/// A request of a client that somebody should log in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    /// SHA-256 of the verifier that the client keeps to itself (RFC 7636).
    pub(crate) challenge: String,
    pub(crate) acr: String,
}

/// Somebody who has logged in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) login: Login,
    pub(crate) person: Identifikator,
    pub(crate) auth_time: Timestamp,
}

/// A grant that is not honoured, and the session that ends for it.
pub(crate) struct Refused {
    pub(crate) error: OAuthError,
    pub(crate) ends: Option<String>,
}

#[derive(Default)]
pub(crate) struct Sessions {
    waiting: HashMap<String, (Login, Timestamp)>,
    codes: HashMap<String, Once>,
    refresh_tokens: HashMap<String, Once>,
}

/// What opens a session once, by a moment.
struct Once {
    session: Session,
    expires: Timestamp,
    spent: bool,
}

impl Sessions {
    /// Gives the ticket that the login page carries.
    pub(crate) fn begin(&mut self, login: Login, now: Timestamp) -> String {
        let ticket = secret();
        self.waiting.insert(ticket.clone(), (login, after(now, LOGIN)));
        ticket
    }

    /// The login that waits for a person.
    pub(crate) fn waiting(&self, ticket: &str, now: Timestamp) -> Option<&Login> {
        self.waiting.get(ticket).filter(|(_, until)| now < *until).map(|(login, _)| login)
    }

    /// Ends the wait without a login.
    pub(crate) fn cancel(&mut self, ticket: &str) {
        self.waiting.remove(ticket);
    }

    /// Gives the code for somebody who has logged in.
    pub(crate) fn log_in(
        &mut self,
        ticket: &str,
        person: Identifikator,
        now: Timestamp,
        life: Duration,
    ) -> Option<String> {
        let (login, _) = self.waiting.remove(ticket)?;
        let session = Session { sid: Uuid::new_v4().to_string(), login, person, auth_time: now };
        let code = secret();
        self.codes.insert(code.clone(), Once { session, expires: after(now, life), spent: false });
        Some(code)
    }

    /// Takes a code. Whatever comes of it, it is spent.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        verifier: &str,
        now: Timestamp,
    ) -> Result<Session, Refused> {
        let session = spend(&mut self.codes, code, client_id, now)?;
        if session.login.redirect_uri != redirect_uri {
            return Err(refused("The redirect_uri is not the one of the login"));
        }
        if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != session.login.challenge {
            return Err(refused("The code_verifier does not belong to the code_challenge"));
        }
        Ok(session)
    }

    /// Takes a refresh token; the session needs a new one.
    pub(crate) fn refresh(
        &mut self,
        token: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Session, Refused> {
        spend(&mut self.refresh_tokens, token, client_id, now)
    }

    /// A session's next refresh token. It lives from the login on, however often it is renewed.
    pub(crate) fn refresh_token(&mut self, session: &Session, life: Duration) -> String {
        let token = secret();
        let expires = after(session.auth_time, life);
        self.refresh_tokens.insert(token.clone(), Once { session: session.clone(), expires, spent: false });
        token
    }

    /// Ends what a session could go on with.
    pub(crate) fn end(&mut self, sid: &str) {
        self.refresh_tokens.retain(|_, token| token.session.sid != sid);
    }

    pub(crate) fn forget_refresh_tokens(&mut self) {
        self.refresh_tokens.clear();
    }
}

fn spend(
    all: &mut HashMap<String, Once>,
    secret: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<Session, Refused> {
    let unknown = || refused("The grant is not known, or was made for another client");
    let once =
        all.get_mut(secret).filter(|once| once.session.login.client_id == client_id).ok_or_else(unknown)?;
    if once.spent {
        // Two have it: one of them stole it, and nobody can tell which.
        let error = OAuthError::grant("The grant was used before; the session is ended");
        return Err(Refused { error, ends: Some(once.session.sid.clone()) });
    }
    once.spent = true;
    if now < once.expires { Ok(once.session.clone()) } else { Err(refused("The grant has expired")) }
}

fn refused(why: &'static str) -> Refused {
    Refused { error: OAuthError::grant(why), ends: None }
}

fn after(moment: Timestamp, life: Duration) -> Timestamp {
    moment.checked_add(life).unwrap_or(Timestamp::MAX)
}

/// 244 random bits.
fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
