//! Where tokens come from, as the settings say.

use crate::settings::{ApiKind, Innlogging, Key, RefreshPlace, ServerUrl, Settings, Sourced, Systembruker};
use async_trait::async_trait;
use secrecy::SecretString;
use skattebro::domain::Identifikator;
use skattebro::http::{
    CertificateChain, Customer, Deadlines, ExchangeKind, FileStore, HttpSettings, IdPorten, IdPortenSettings,
    KeyId, Maskinporten, MaskinportenMode, MaskinportenSettings, RefreshStore, SettingsError, SigningKey,
};
use skattebro::ports::{PortError, Token, TokenSource};
use skattebro::{Builder, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

/// Where tokens come from.
pub(crate) enum Source {
    /// From outside: the environment's, or any for a sandbox.
    Given(String),
    /// From an issuer, and how they are exchanged for Altinn's.
    Issued(Arc<dyn TokenSource>, ExchangeKind),
}

impl Source {
    /// What the settings say, for a bridge that begins with this API. A token in the environment goes before everything else.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(crate) fn of(settings: &Settings, api: ApiKind) -> Result<Option<Self>, String> {
        if let Some(token) = given_token() {
            return Ok(Some(Self::Given(token)));
        }
        match (settings.signin.innlogging.value, api) {
            // A sandbox takes any token; a token of one's own for it would only be noise.
            (Innlogging::Token, _) if settings.server(api)?.value.is_this_machine() => {
                Ok(Some(Self::Given("sandbox".to_owned())))
            }
            (Innlogging::Token, _) => Ok(None),
            (Innlogging::Maskinporten, _) => {
                let krav = Arc::new(maskinporten(settings, ApiKind::Innkreving, Whose::AsSet)?);
                let returns = Arc::new(maskinporten(settings, ApiKind::Skattemelding, Whose::AsSet)?);
                Ok(Some(Self::Issued(Arc::new(ByCall { krav, returns }), ExchangeKind::Maskinporten)))
            }
            (Innlogging::Idporten, ApiKind::Innkreving) => Err(format!(
                "krav are sent with a token of Maskinporten, and the sign-in is idporten ({}): give --innlogging maskinporten",
                settings.signin.innlogging.from
            )),
            (Innlogging::Idporten, ApiKind::Skattemelding) => {
                Ok(Some(Self::Issued(Arc::new(idporten(settings)?), ExchangeKind::IdPorten)))
            }
        }
    }

    /// Tells it to a bridge that is being composed.
    pub(crate) fn tell(self, builder: Builder) -> Builder {
        match self {
            Self::Given(token) => builder.token(token),
            Self::Issued(tokens, kind) => builder.tokens(tokens).exchange(kind),
        }
    }
}

/// The token in the environment, which somebody else fetched.
pub(crate) fn given_token() -> Option<String> {
    std::env::var(Key::Token.variable()).ok().filter(|token| !token.is_empty())
}

/// In whose name Maskinporten is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// As the settings say.
    AsSet,
    /// The company itself, whatever they say of a system user.
    Companys,
}

/// Maskinporten, with the scopes of an API.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn maskinporten(settings: &Settings, api: ApiKind, whose: Whose) -> Result<Maskinporten, String> {
    let client = maskinporten_settings(settings, api, whose)?;
    let url = settings.maskinporten_url()?;
    Maskinporten::new(&http(settings, &url)?, client, Arc::new(SystemClock))
        .map_err(|error| format!("{} ({}): {error}", url.value, url.from))
}

/// Its client.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn maskinporten_settings(
    settings: &Settings,
    api: ApiKind,
    whose: Whose,
) -> Result<MaskinportenSettings, String> {
    let given = &settings.signin.maskinporten;
    let client_id = needed(given.client_id.as_ref(), Key::MaskinportenClientId, "Maskinporten")?;
    let (key, scopes) = (signing_key(settings)?, settings.maskinporten_scopes(api));
    let key_id = key_id(settings, &key)?;
    let client = MaskinportenSettings::new(&client_id.value, key, key_id, &scopes.value.as_strs());
    let mut client = client.map_err(|error| error.to_string())?.algorithm(given.algorithm.value);
    if let Some(org) = &given.consumer_org {
        client = client.consumer_org(org.value.clone());
    }
    // Krav are about no party: they are the company's own.
    let kunde = match (&given.systembruker.value, whose, api) {
        (Systembruker::Nei, ..) | (_, Whose::Companys, _) | (Systembruker::Part, _, ApiKind::Innkreving) => {
            return Ok(client);
        }
        (Systembruker::Part, ..) => Customer::PerParty,
        (Systembruker::Fast(org), ..) => Customer::Fixed(org.clone()),
    };
    let external_ref = given.external_ref.as_ref().map(|given| given.value.clone());
    Ok(client.mode(MaskinportenMode::Systembruker { kunde, external_ref }))
}

/// The key that signs.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn signing_key(settings: &Settings) -> Result<SigningKey, String> {
    let given = &settings.signin.maskinporten;
    let file = needed(given.key_file.as_ref(), Key::MaskinportenKeyFile, "Maskinporten")?;
    let password = std::env::var(Key::Password.variable()).ok().filter(|password| !password.is_empty());
    SigningKey::load(&file.value, password.map(SecretString::from).as_ref()).map_err(|error| {
        let hint = match error {
            skattebro::http::KeyError::PasswordMissing | skattebro::http::KeyError::PasswordWrong => {
                "; it is read from the environment variable SKATTEBRO_KEY_PASSWORD"
            }
            _ => "",
        };
        format!("the key file {} ({}): {error}{hint}", file.value.display(), file.from)
    })
}

fn key_id(settings: &Settings, key: &SigningKey) -> Result<KeyId, String> {
    let given = &settings.signin.maskinporten;
    match (&given.kid, &given.cert_file) {
        (Some(kid), Some(certificates)) => Err(format!(
            "Maskinporten is told a key by its name or by certificates, not both: maskinporten-kid ({}) and maskinporten-cert-file ({}) \
             are set; take one away",
            kid.from, certificates.from
        )),
        (Some(kid), None) => Ok(KeyId::Kid(kid.value.clone())),
        (None, Some(file)) => certificates(file).map(KeyId::X5c),
        (None, None) => key.key_id().ok_or_else(|| {
            "the key file tells neither the key's name nor its certificate: set maskinporten-kid to the name under which it was \
             registered with the client, or maskinporten-cert-file"
                .to_owned()
        }),
    }
}

fn certificates(file: &Sourced<PathBuf>) -> Result<CertificateChain, String> {
    let failed = |why: String| format!("the certificates {} ({}): {why}", file.value.display(), file.from);
    let pem =
        std::fs::read(&file.value).map_err(|error| failed(format!("the file cannot be read: {error}")))?;
    CertificateChain::from_pem(&pem).map_err(|error| failed(error.to_string()))
}

/// ID-porten, with the place where a login is kept.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn idporten(settings: &Settings) -> Result<IdPorten, String> {
    let (given, url) = (&settings.signin.idporten, settings.idporten_url()?);
    let client_id = settings.idporten_client_id();
    let client_id = needed(client_id.as_ref(), Key::IdportenClientId, "ID-porten")?;
    let scopes = settings.idporten_scopes();
    let client = IdPortenSettings::new(&client_id.value, &scopes.value.as_strs())
        .and_then(|client| client.redirect(given.port.value, &given.path.value))
        .map_err(|error| error.to_string())?;
    IdPorten::new(&http(settings, &url)?, client, refresh_store(settings)?, Arc::new(SystemClock))
        .map_err(|error| format!("{} ({}): {error}", url.value, url.from))
}

/// Where a person's login is kept. Nothing is opened yet.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn refresh_store(settings: &Settings) -> Result<Arc<dyn RefreshStore>, String> {
    match &settings.signin.idporten.refresh_store.value {
        RefreshPlace::Fil(path) => Ok(Arc::new(FileStore::new(path))),
        RefreshPlace::Keyring => keyring(settings),
    }
}

#[cfg(feature = "keyring")]
fn keyring(settings: &Settings) -> Result<Arc<dyn RefreshStore>, String> {
    let url = settings.idporten_url()?;
    let issuer = url.value.as_str().split("//").nth(1).unwrap_or_default().trim_end_matches('/');
    let client_id = settings.idporten_client_id().map(|client_id| client_id.value).unwrap_or_default();
    Ok(Arc::new(skattebro::http::KeyringStore::new(format!("{issuer}/{client_id}"))))
}

#[cfg(not(feature = "keyring"))]
fn keyring(settings: &Settings) -> Result<Arc<dyn RefreshStore>, String> {
    Err(format!(
        "this program was built without the operating system's key store (refresh-store, {}): set refresh-store to fil:PATH",
        settings.signin.idporten.refresh_store.from
    ))
}

/// How to reach a server: what holds for all of them.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn http(settings: &Settings, server: &Sourced<ServerUrl>) -> Result<HttpSettings, String> {
    let failed = |error: SettingsError| format!("{} ({}): {error}", server.value, server.from);
    let http = HttpSettings::new(server.value.as_str()).map_err(failed)?.deadlines(deadlines(settings));
    Ok(match ca_bundle(settings)? {
        Some(pem) => http.ca_bundle(pem),
        None => http,
    })
}

/// How long calls may take.
pub(crate) fn deadlines(settings: &Settings) -> Deadlines {
    Deadlines { short: settings.call_timeout.value, ..Deadlines::default() }
}

/// The certificates to trust beside the system's.
///
/// # Errors
/// With a sentence for the user.
pub(crate) fn ca_bundle(settings: &Settings) -> Result<Option<Vec<u8>>, String> {
    let read = |given: &Sourced<PathBuf>| {
        std::fs::read(&given.value).map_err(|error| {
            format!("the CA bundle {} ({}) cannot be read: {error}", given.value.display(), given.from)
        })
    };
    settings.ca_bundle.as_ref().map(read).transpose()
}

fn needed<'a, T>(given: Option<&'a Sourced<T>>, key: Key, whom: &str) -> Result<&'a Sourced<T>, String> {
    given.ok_or_else(|| {
        let (name, variable) = (key.name(), key.variable());
        format!("the sign-in with {whom} needs {name}: write it into skattebro.toml, or set the environment variable {variable}")
    })
}

/// A company's tokens for both APIs. Calls about a party are those of skattemelding; krav are about none.
#[derive(Debug)]
struct ByCall {
    krav: Arc<Maskinporten>,
    returns: Arc<Maskinporten>,
}

#[async_trait]
impl TokenSource for ByCall {
    async fn token(&self) -> Result<Token, PortError> {
        self.krav.token().await
    }

    async fn token_for(&self, part: &Identifikator) -> Result<Token, PortError> {
        self.returns.token_for(part).await
    }

    async fn rejected(&self, token: &Token) {
        self.krav.rejected(token).await;
        self.returns.rejected(token).await;
    }
}
