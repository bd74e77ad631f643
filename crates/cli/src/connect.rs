use crate::output::complain;
use crate::settings::{ApiKind, ServerUrl, Settings};
use crate::signin::{self, Source};
use crate::store::{self, Opened};
use skattebro::domain::krav::rules::Oppdragsgiver;
use skattebro::http::{AltinnAddresses, SettingsError};
use skattebro::krav::KravService;
use skattebro::ports::journal::Environment;
use skattebro::ports::{CallQuota, Journal};
use skattebro::{BuildError, Skattebro};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A bridge to the server of an API, for commands that only look: nothing is written down.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn connect(settings: &Settings, api: ApiKind) -> Result<Skattebro, String> {
    build(settings, api, None)
}

/// A bridge to the server of an API that writes into the store what it does.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn connect_with_store(settings: &Settings, api: ApiKind) -> Result<Skattebro, String> {
    match store::open(settings).await? {
        Some(store) => connect_to(store, settings, api).await,
        None => connect(settings, api),
    }
}

/// As [`connect_with_store`], with a store that outlives the program.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn connect_with_lasting_store(
    settings: &Settings,
    api: ApiKind,
) -> Result<Skattebro, String> {
    connect_to(store::open_lasting(settings).await?, settings, api).await
}

async fn connect_to(store: Opened, settings: &Settings, api: ApiKind) -> Result<Skattebro, String> {
    let environment = environment(settings, api).await?;
    let organisation = settings.oppdragsgiver.as_ref().map_or("", |given| given.value.as_str());
    let quota = store.quota(&environment, organisation)?;
    build(settings, api, Some(Written { journal: store.journal, environment, quota }))
}

/// Where it is written down what a bridge does.
struct Written {
    journal: Arc<dyn Journal>,
    environment: Environment,
    quota: Option<Arc<dyn CallQuota>>,
}

/// What a bridge does with krav, as the settings say who sends them.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn krav(bridge: &Skattebro, settings: &Settings) -> Result<KravService, String> {
    let service = bridge.krav().map_err(|error| error.to_string())?;
    if !settings.is_production() {
        return Ok(service);
    }
    // Production may be reached through a host that does not look like it.
    let edition = settings.edition.value;
    Ok(service.oppdragsgiver(Oppdragsgiver { organ: None, edition, synthetic_persons: false }))
}

/// The name of the service in the store: the server that was given, or the profile.
///
/// A sandbox forgets everything when it ends, so each run of one is a service of its own.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn environment(settings: &Settings, api: ApiKind) -> Result<Environment, String> {
    let server = settings.server(api)?;
    let name = match (settings.is_server_given(), &settings.profile) {
        (false, Some(profile)) => profile.value.to_string(),
        _ => server.value.as_str().trim_end_matches('/').to_owned(),
    };
    let name = match sandbox_instance(&server.value).await {
        Some(instance) => format!("{name}#{instance}"),
        None => name,
    };
    name.parse().map_err(|error| format!("the server's address: {error}"))
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

/// Tells of what is in the way on standard error: at once when it is something new, and then twice a minute.
fn complain_now_and_then() -> impl Fn(&str) + Send + Sync + 'static {
    let last: Mutex<Option<(String, Instant)>> = Mutex::default();
    move |why| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known =
            last.as_ref().is_some_and(|(told, at)| told == why && at.elapsed() < Duration::from_secs(30));
        if !is_known {
            complain(&format!("trying again: {why}"));
            *last = Some((why.to_owned(), Instant::now()));
        }
    }
}

fn build(settings: &Settings, api: ApiKind, written: Option<Written>) -> Result<Skattebro, String> {
    let server = settings.server(api)?;
    let (ca_bundle, deadlines) = (signin::ca_bundle(settings)?, signin::deadlines(settings));
    let mut builder = Skattebro::builder().server(server.value.as_str());
    let mut quota = None;
    if let Some(written) = written {
        builder = builder.journal(written.journal).environment(written.environment);
        quota = written.quota;
    }
    if let Ok(innkreving) = settings.server(ApiKind::Innkreving) {
        builder = builder.innkreving_server(innkreving.value.as_str());
    }
    builder = builder.on_trouble(complain_now_and_then());
    // The wait for a slot and a token, and the call.
    builder = builder.permit(settings.call_timeout.value.saturating_mul(4));
    builder = builder.krav_window(settings.krav_vindu.value);
    if let Some(oppdragsgiver) = &settings.oppdragsgiver {
        builder = builder.organisation(oppdragsgiver.value.as_str());
    }
    let mut builder = builder.innkreving_edition(settings.edition.value).http(move |settings| {
        let mut settings = settings.deadlines(deadlines);
        if let Some(quota) = quota {
            settings = settings.quota(quota);
        }
        match ca_bundle {
            Some(pem) => settings.ca_bundle(pem),
            None => settings,
        }
    });
    let altinn = settings.altinn()?;
    builder = builder.altinn_addresses(AltinnAddresses {
        app: altinn.app.value.as_str().to_owned(),
        platform: altinn.platform.value.as_str().to_owned(),
    });
    if let Some(source) = Source::of(settings, api)? {
        builder = source.tell(builder);
    }
    builder.build().map_err(|error| match (error, &settings.ca_bundle) {
        (BuildError::MissingToken, _) => {
            "there is no access token: put one into the environment variable SKATTEBRO_TOKEN, or sign in with --innlogging maskinporten \
             or idporten (docs/configuration.md, «Signing in»)"
                .to_owned()
        }
        (error @ BuildError::BadToken, _) => format!("SKATTEBRO_TOKEN: {error}"),
        (BuildError::Http(error @ SettingsError::CaBundle(_)), Some(given)) => {
            format!("the CA bundle {} ({}): {error}", given.value.display(), given.from)
        }
        (other, _) => format!("the server {} ({}): {other}", server.value, server.from),
    })
}
