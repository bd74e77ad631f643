//! Skatteetaten and Altinn: whether they answer, and let us in.

use super::Came;
use super::access::Tokens;
use crate::settings::{ApiKind, ServerUrl, Settings, Sourced};
use crate::signin;
use skattebro::SystemClock;
use skattebro::domain::krav::KravId;
use skattebro::domain::{Identifikator, Korrelasjonsid, Kravidentifikator};
use skattebro::http::{
    AltinnExchange, HttpAltinn, HttpInnkreving, HttpSettings, HttpSkatteetaten, SettingsError,
};
use skattebro::ports::fakes::StaticToken;
use skattebro::ports::{Availability, Call, ErrorKind, KravLookup, PortError, Token, TokenSource};
use std::sync::Arc;

const OUR_ACCESS: &str =
    "check that the token is of this environment (test or production) and has the scopes";

/// A ping needs no token.
pub(super) async fn ping(settings: &Settings) -> Came {
    let server = match settings.server(ApiKind::Skattemelding) {
        Ok(server) => server,
        Err(_) => return Came::not_looked_at("no server is known"),
    };
    let Some(nobody) = Token::parse("nobody") else { return Came::not_looked_at("there is no token") };
    let tokens = Arc::new(StaticToken::new(nobody));
    let adapter = match made(settings, &server, |http| HttpSkatteetaten::new(http, tokens)) {
        Ok(adapter) => adapter,
        Err(came) => return came,
    };
    match adapter.ping(&call()).await {
        Ok(()) => Came::ok(format!("{} answers", server.value)),
        Err(error) => Came::failed(&error, "check the server's address"),
    }
}

/// The krav API has no ping; it is asked for a krav that nobody has.
pub(super) async fn krav(settings: &Settings, tokens: Option<Tokens>) -> Came {
    let Some((tokens, _)) = tokens else { return Came::not_looked_at("there is no token") };
    let server = match settings.server(ApiKind::Innkreving) {
        Ok(server) => server,
        Err(_) => return Came::not_looked_at("no server is known"),
    };
    let edition = settings.edition.value;
    let adapter = match made(settings, &server, |http| HttpInnkreving::new(http, tokens, edition)) {
        Ok(adapter) => adapter,
        Err(came) => return came,
    };
    let Ok(id) = uuid::Uuid::new_v4().to_string().parse::<Kravidentifikator>() else {
        return Came::not_looked_at("there is no id to ask for");
    };
    match adapter.mottaksstatus(&call(), &KravId::Skatteetatens(id)).await {
        Ok(_) => Came::ok(format!("{} answers", server.value)),
        Err(error) if is_an_answer(&error) => Came::ok(format!("{} answers", server.value)),
        Err(error) => Came::failed(&error, OUR_ACCESS),
    }
}

/// Altinn's token, and where more of them come from.
pub(super) async fn exchange(
    settings: &Settings,
    tokens: Option<Tokens>,
    part: Option<&Identifikator>,
) -> (Came, Option<Arc<dyn TokenSource>>) {
    let Some((tokens, kind)) = tokens else {
        return (Came::not_looked_at("there is no token to exchange"), None);
    };
    let Some(kind) = kind else {
        return (Came::ok("SKATTEBRO_TOKEN is given to Altinn as it is"), Some(tokens));
    };
    let platform = match settings.altinn() {
        Ok(urls) => urls.platform,
        Err(_) => return (Came::not_looked_at("no server is known"), None),
    };
    let source = |http: HttpSettings| AltinnExchange::new(&http, tokens, kind, Arc::new(SystemClock));
    let source = match made(settings, &platform, source) {
        Ok(source) => Arc::new(source),
        Err(came) => return (came, None),
    };
    let token = match part {
        Some(part) => source.token_for(part).await,
        None => source.token().await,
    };
    match token {
        Ok(_) => (Came::ok(format!("{} gives one for ours", platform.value)), Some(source)),
        Err(error) => (Came::failed(&error, OUR_ACCESS), None),
    }
}

pub(super) async fn altinn(
    settings: &Settings,
    tokens: Option<Arc<dyn TokenSource>>,
    part: Option<&Identifikator>,
) -> Came {
    let Some(tokens) = tokens else { return Came::not_looked_at("there is no token for it") };
    let app = match settings.altinn() {
        Ok(urls) => urls.app,
        Err(_) => return Came::not_looked_at("no server is known"),
    };
    let adapter = match made(settings, &app, |http| HttpAltinn::new(http, tokens)) {
        Ok(adapter) => adapter,
        Err(came) => return came,
    };
    match adapter.profil(&call(), part).await {
        Ok(()) => Came::ok(format!("{} answers", app.value)),
        Err(error) => Came::failed(&error, OUR_ACCESS),
    }
}

fn made<T>(
    settings: &Settings,
    server: &Sourced<ServerUrl>,
    make: impl FnOnce(HttpSettings) -> Result<T, SettingsError>,
) -> Result<T, Came> {
    let wrong = |why: String| Came::wrong(why, "«skattebro config vis» shows what is set");
    let http = signin::http(settings, server).map_err(wrong)?;
    make(http).map_err(|error| wrong(format!("{} ({}): {error}", server.value, server.from)))
}

/// Whether it comes from the service itself, which let us in.
fn is_an_answer(error: &PortError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Refused) && error.problem().is_some()
}

fn call() -> Call {
    Call::new(Korrelasjonsid::from_uuid(uuid::Uuid::new_v4().as_u128()))
}
