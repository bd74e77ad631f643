//! How to sign in: what was given, and what holds where nothing was.

mod choose;
mod place;
mod values;

pub(super) use choose::choose;
pub(super) use values::organisation;
pub(crate) use values::{Innlogging, RefreshPlace, Scopes, Systembruker};

use super::{ApiKind, Key, Provenance, ServerUrl, Settings, Sourced};
use place::Place;
use skattebro::domain::Organisasjonsnummer;
use skattebro::http::Algorithm;
use std::path::PathBuf;

/// The client of ID-porten that every sandbox knows.
const DEMO_CLIENT: &str = "skattebro-demo";

/// What was given about signing in.
#[derive(Debug, Clone)]
pub(crate) struct Signin {
    /// Where tokens come from.
    pub(crate) innlogging: Sourced<Innlogging>,
    pub(crate) maskinporten: MaskinportenGiven,
    pub(crate) idporten: IdportenGiven,
    altinn_app_url: Option<Sourced<ServerUrl>>,
    altinn_platform_url: Option<Sourced<ServerUrl>>,
}

/// Maskinporten's client, its key, and in whose name it signs in.
#[derive(Debug, Clone)]
pub(crate) struct MaskinportenGiven {
    pub(crate) client_id: Option<Sourced<String>>,
    pub(crate) key_file: Option<Sourced<PathBuf>>,
    pub(crate) kid: Option<Sourced<String>>,
    pub(crate) cert_file: Option<Sourced<PathBuf>>,
    pub(crate) algorithm: Sourced<Algorithm>,
    url: Option<Sourced<ServerUrl>>,
    scopes: Option<Sourced<Scopes>>,
    pub(crate) systembruker: Sourced<Systembruker>,
    pub(crate) external_ref: Option<Sourced<String>>,
    pub(crate) consumer_org: Option<Sourced<Organisasjonsnummer>>,
}

/// ID-porten's client, and how a person gets back from the login.
#[derive(Debug, Clone)]
pub(crate) struct IdportenGiven {
    client_id: Option<Sourced<String>>,
    url: Option<Sourced<ServerUrl>>,
    scopes: Option<Sourced<Scopes>>,
    pub(crate) port: Sourced<u16>,
    pub(crate) path: Sourced<String>,
    pub(crate) refresh_store: Sourced<RefreshPlace>,
}

/// Where Altinn is.
#[derive(Debug, Clone)]
pub(crate) struct AltinnUrls {
    pub(crate) app: Sourced<ServerUrl>,
    pub(crate) platform: Sourced<ServerUrl>,
}

/// What is asked of an issuer for an API, where no scopes were given.
fn default_scopes(api: ApiKind) -> Sourced<Scopes> {
    let scopes: &[&str] = match api {
        ApiKind::Skattemelding => {
            &["skatteetaten:formueinntekt/skattemelding", "altinn:instances.read", "altinn:instances.write"]
        }
        ApiKind::Innkreving => &["skatteetaten:innkrevingsoppdrag"],
    };
    Sourced { value: Scopes::new(scopes), from: Provenance::Default }
}

/// What holds, by what was given and by the environment.
impl Settings {
    /// Where Maskinporten is.
    ///
    /// # Errors
    /// If it was not given and no environment is known, with a sentence for the user.
    pub(crate) fn maskinporten_url(&self) -> Result<Sourced<ServerUrl>, String> {
        self.issuer(&self.signin.maskinporten.url, Key::MaskinportenUrl, Place::maskinporten)
    }

    /// Where ID-porten is.
    ///
    /// # Errors
    /// As for [`maskinporten_url`](Self::maskinporten_url).
    pub(crate) fn idporten_url(&self) -> Result<Sourced<ServerUrl>, String> {
        self.issuer(&self.signin.idporten.url, Key::IdportenUrl, Place::idporten)
    }

    /// ID-porten's client: the one that was given, or a sandbox's own.
    pub(crate) fn idporten_client_id(&self) -> Option<Sourced<String>> {
        let of_sandbox = || {
            let place = self.place()?;
            matches!(place.value, Place::Sandbox(_))
                .then(|| Sourced { value: DEMO_CLIENT.to_owned(), from: place.from })
        };
        self.signin.idporten.client_id.clone().or_else(of_sandbox)
    }

    /// What Maskinporten's tokens for an API are for.
    pub(crate) fn maskinporten_scopes(&self, api: ApiKind) -> Sourced<Scopes> {
        self.signin.maskinporten.scopes.clone().unwrap_or_else(|| default_scopes(api))
    }

    /// What ID-porten's tokens are for.
    pub(crate) fn idporten_scopes(&self) -> Sourced<Scopes> {
        self.signin.idporten.scopes.clone().unwrap_or_else(|| default_scopes(ApiKind::Skattemelding))
    }

    /// Where Altinn is: as given, in the environment, or on the server itself if that belongs to none.
    ///
    /// # Errors
    /// If there is no server either, with a sentence for the user.
    pub(crate) fn altinn(&self) -> Result<AltinnUrls, String> {
        let place = match self.place() {
            Some(place) => place,
            None => {
                let server = self.server(ApiKind::Skattemelding)?;
                Sourced { value: Place::Sandbox(server.value), from: server.from }
            }
        };
        let addresses = place.value.altinn();
        let of = |given: &Option<Sourced<ServerUrl>>, address: &str| match given {
            Some(given) => Ok::<_, String>(given.clone()),
            None => Ok(Sourced { value: address.parse()?, from: place.from.clone() }),
        };
        Ok(AltinnUrls {
            app: of(&self.signin.altinn_app_url, &addresses.app)?,
            platform: of(&self.signin.altinn_platform_url, &addresses.platform)?,
        })
    }

    fn issuer(
        &self,
        given: &Option<Sourced<ServerUrl>>,
        key: Key,
        address: impl Fn(&Place) -> String,
    ) -> Result<Sourced<ServerUrl>, String> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        let Some(place) = self.place() else {
            return Err(format!(
                "the address for {} is not known: set {}, or choose the environment with --profil test or produksjon",
                key.name(),
                key.variable()
            ));
        };
        Ok(Sourced { value: address(&place.value).parse()?, from: place.from })
    }

    /// The environment: that of the server that was given, if it tells, otherwise the profile's.
    fn place(&self) -> Option<Sourced<Place>> {
        let by_server = self.server.as_ref().and_then(|server| {
            Some(Sourced { value: Place::of_server(&server.value)?, from: server.from.clone() })
        });
        by_server.or_else(|| {
            let profile = self.profile.as_ref()?.value;
            Some(Sourced { value: Place::of_profile(profile)?, from: Provenance::Profile(profile) })
        })
    }
}
