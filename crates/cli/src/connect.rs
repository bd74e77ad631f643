use crate::settings::{ApiKind, Key, ServerUrl, Settings};
use crate::store;
use skattebro::http::{Deadlines, SettingsError};
use skattebro::{BuildError, Builder, Skattebro};
use std::time::Duration;

/// A bridge to the server of an API, for commands that only look: nothing is written down.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn connect(settings: &Settings, api: ApiKind) -> Result<Skattebro, String> {
    build(settings, api, Ok)
}

/// A bridge to the server of an API that writes into the store what it does.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn connect_with_store(settings: &Settings, api: ApiKind) -> Result<Skattebro, String> {
    let Some(journal) = store::open(settings).await? else { return connect(settings, api) };
    let environment = environment(settings, api).await?;
    let environment = environment.parse().map_err(|error| format!("the server's address: {error}"))?;
    build(settings, api, |builder| Ok(builder.journal(journal).environment(environment)))
}

/// The name of the service in the store: the server that was given, or the profile.
///
/// A sandbox forgets everything when it ends, so each run of one is a service of its own.
async fn environment(settings: &Settings, api: ApiKind) -> Result<String, String> {
    let server = settings.server(api)?;
    let name = match (settings.is_server_given(), &settings.profile) {
        (false, Some(profile)) => profile.value.to_string(),
        _ => server.value.as_str().trim_end_matches('/').to_owned(),
    };
    match sandbox_instance(&server.value).await {
        Some(instance) => Ok(format!("{name}#{instance}")),
        None => Ok(name),
    }
}

async fn sandbox_instance(server: &ServerUrl) -> Option<String> {
    if !server.is_this_machine() {
        return None;
    }
    let url = format!("{}/sandbox/instance", server.as_str().trim_end_matches('/'));
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().ok()?;
    let answer: serde_json::Value = client.get(url).send().await.ok()?.json().await.ok()?;
    answer["instance"].as_str().map(str::to_owned)
}

fn build(
    settings: &Settings,
    api: ApiKind,
    compose: impl FnOnce(Builder) -> Result<Builder, String>,
) -> Result<Skattebro, String> {
    let server = settings.server(api)?;
    let ca_bundle = match &settings.ca_bundle {
        Some(given) => Some(std::fs::read(&given.value).map_err(|error| {
            format!("the CA bundle {} ({}) cannot be read: {error}", given.value.display(), given.from)
        })?),
        None => None,
    };
    let deadlines = Deadlines { short: settings.call_timeout.value, ..Deadlines::default() };
    let mut builder = Skattebro::builder().server(server.value.as_str());
    if let Ok(innkreving) = settings.server(ApiKind::Innkreving) {
        builder = builder.innkreving_server(innkreving.value.as_str());
    }
    if let Some(oppdragsgiver) = &settings.oppdragsgiver {
        builder = builder.organisation(oppdragsgiver.value.as_str());
    }
    let mut builder = builder.innkreving_edition(settings.edition.value).http(move |settings| {
        let settings = settings.deadlines(deadlines);
        match ca_bundle {
            Some(pem) => settings.ca_bundle(pem),
            None => settings,
        }
    });
    match std::env::var(Key::Token.variable()) {
        Ok(token) if !token.is_empty() => builder = builder.token(token),
        // A sandbox takes any token; a token of one's own for it would only be noise.
        _ if server.value.is_this_machine() => builder = builder.token("sandbox"),
        _ => {}
    }
    compose(builder)?.build().map_err(|error| match (error, &settings.ca_bundle) {
        (BuildError::MissingToken, _) => {
            "there is no access token: put one into the environment variable SKATTEBRO_TOKEN".to_owned()
        }
        (error @ BuildError::BadToken, _) => format!("SKATTEBRO_TOKEN: {error}"),
        (BuildError::Http(error @ SettingsError::CaBundle(_)), Some(given)) => {
            format!("the CA bundle {} ({}): {error}", given.value.display(), given.from)
        }
        (other, _) => format!("the server {} ({}): {other}", server.value, server.from),
    })
}
