//! ID-porten, the part that a browser sees: a client sends somebody here, who logs in or does not, and is
//! sent back.

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;
use url::form_urlencoded;

use super::login_page;
use super::oauth::{self, OAuthError, Params};
use super::sessions::Login;
use crate::identifikator::Identifikator;
use crate::world::{Shared, World, lock};

/// The levels of assurance, highest first.
pub(crate) const ACR: [&str; 2] = ["idporten-loa-high", "idporten-loa-substantial"];
/// What is entered if nothing else is: a synthetic number (the month is raised by 80).
const TEST_PERSON: &str = "17887590168";

pub(crate) async fn authorize(State(world): State<Shared>, RawQuery(query): RawQuery) -> Response {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    let params = match Params::new(pairs) {
        Ok(params) => params,
        Err(_) => return login_page::refused("Adressen har et parameter mer enn én gang."),
    };
    let Some((client_id, redirect_uri)) = destination(&world, &params) else {
        // Whoever is not known is not sent anywhere.
        return login_page::refused(
            "Klienten er ikke kjent, eller adressen den vil tilbake til er ikke registrert.",
        );
    };
    match login_wanted(&world, &params, client_id, redirect_uri) {
        Ok(login) => {
            let ticket = lock(&world.signin.sessions).begin(login, world.clock.timestamp());
            login_page::form(&ticket, TEST_PERSON, false)
        }
        Err(error) => {
            let said = [("error", error.error), ("error_description", &error.description)];
            back(redirect_uri, params.get("state"), &said)
        }
    }
}

pub(crate) async fn login(State(world): State<Shared>, form: Result<Params, OAuthError>) -> Response {
    let gone =
        || login_page::refused("Innloggingen er avsluttet eller har tatt for lang tid. Begynn på nytt.");
    let Ok(form) = form else { return gone() };
    let ticket = form.get("innlogging").unwrap_or("");
    let (now, code_life) = (world.clock.timestamp(), world.signin.settings().code);
    let mut sessions = lock(&world.signin.sessions);
    let Some(Login { redirect_uri, state, .. }) = sessions.waiting(ticket, now).cloned() else {
        return gone();
    };
    if form.get("valg") == Some("avbryt") {
        sessions.cancel(ticket);
        let said = [("error", "access_denied"), ("error_description", "The user cancelled the login")];
        return back(&redirect_uri, Some(&state), &said);
    }
    let pid = form.get("pid").unwrap_or("").trim();
    let Some(person) = Identifikator::parse(pid).filter(Identifikator::is_person) else {
        return login_page::form(ticket, pid, true);
    };
    match sessions.log_in(ticket, person, now, code_life) {
        Some(code) => back(&redirect_uri, Some(&state), &[("code", &code)]),
        None => gone(),
    }
}

/// The client and where it wants to go on, if that is registered.
fn destination<'p>(world: &World, params: &'p Params) -> Option<(&'p str, &'p str)> {
    let (client_id, redirect_uri) = (params.get("client_id")?, params.get("redirect_uri")?);
    let clients = lock(&world.signin.clients);
    clients.idporten(client_id)?.may_return_to(redirect_uri).then_some((client_id, redirect_uri))
}

fn login_wanted(
    world: &World,
    params: &Params,
    client_id: &str,
    redirect_uri: &str,
) -> Result<Login, OAuthError> {
    if params.need("response_type")? != "code" {
        return Err(OAuthError::new("unsupported_response_type", "The response_type must be code"));
    }
    let scope = scope(world, params.need("scope")?, client_id)?;
    if params.need("code_challenge_method")? != "S256" {
        return Err(OAuthError::request("The code_challenge_method must be S256"));
    }
    let challenge = params.need("code_challenge")?;
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return Err(OAuthError::request("The code_challenge is not a SHA-256 in base64url"));
    }
    // By default the lowest; of those that are asked for the first.
    let acr = match params.get("acr_values") {
        None => ACR[1],
        Some(asked) => oauth::scopes(asked)
            .find_map(|asked| ACR.into_iter().find(|known| *known == asked))
            .ok_or_else(|| OAuthError::request("None of the acr_values is known"))?,
    };
    Ok(Login {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        scope,
        state: params.need("state")?.to_owned(),
        nonce: params.need("nonce")?.to_owned(),
        challenge: challenge.to_owned(),
        acr: acr.to_owned(),
    })
}

fn scope(world: &World, asked: &str, client_id: &str) -> Result<String, OAuthError> {
    let refuse = |why: &'static str| OAuthError::new("invalid_scope", why);
    let asked: Vec<&str> = oauth::scopes(asked).collect();
    if !asked.contains(&"openid") {
        return Err(refuse("The scope openid is missing"));
    }
    let clients = lock(&world.signin.clients);
    let registered = clients.idporten(client_id).map_or(&[][..], |client| &client.scopes);
    if asked.iter().all(|scope| registered.iter().any(|known| known == scope)) {
        Ok(asked.join(" "))
    } else {
        Err(refuse("The client may not ask for one of the scopes"))
    }
}

/// Sends the browser back to the client.
fn back(redirect_uri: &str, state: Option<&str>, said: &[(&str, &str)]) -> Response {
    // It was parsed when it was registered; where the port was left open it matched.
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return login_page::refused("Adressen er ikke riktig.");
    };
    url.query_pairs_mut().extend_pairs(said).extend_pairs(state.map(|state| ("state", state)));
    let headers = [(header::LOCATION, url.as_str()), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::FOUND, headers).into_response()
}
