//! The settings of the sign-in, as they are shown.

use crate::settings::{ApiKind, Key, Settings, Sourced};
use skattebro::http::Algorithm;
use std::fmt::Display;
use std::path::PathBuf;

/// What is shown of a setting.
type Shown = (Key, String, Option<Sourced<String>>);

/// All of them, also those that nothing but the environment brings.
pub(super) fn rows(settings: &Settings) -> Vec<Shown> {
    let signin = &settings.signin;
    let (maskinporten, idporten) = (&signin.maskinporten, &signin.idporten);
    let altinn = settings.altinn().ok();
    let scopes = |api: ApiKind| {
        let setting = format!("{} ({})", Key::MaskinportenScopes.name(), api.as_str());
        (Key::MaskinportenScopes, setting, Some(shown(&settings.maskinporten_scopes(api))))
    };
    let path = |given: &Option<Sourced<PathBuf>>| {
        given.as_ref().map(|given| given.show(|path| path.display().to_string()))
    };
    let row = |key: Key, value| (key, key.name().to_owned(), value);
    vec![
        row(Key::Innlogging, Some(shown(&signin.innlogging))),
        row(Key::MaskinportenClientId, perhaps(&maskinporten.client_id)),
        row(Key::MaskinportenKeyFile, path(&maskinporten.key_file)),
        row(Key::MaskinportenKid, perhaps(&maskinporten.kid)),
        row(Key::MaskinportenCertFile, path(&maskinporten.cert_file)),
        row(
            Key::MaskinportenAlgorithm,
            Some(maskinporten.algorithm.show(|given| algorithm(*given).to_owned())),
        ),
        row(Key::MaskinportenUrl, settings.maskinporten_url().ok().as_ref().map(shown)),
        scopes(ApiKind::Skattemelding),
        scopes(ApiKind::Innkreving),
        row(Key::Systembruker, Some(shown(&maskinporten.systembruker))),
        row(Key::SystembrukerExternalRef, perhaps(&maskinporten.external_ref)),
        row(Key::ConsumerOrg, perhaps(&maskinporten.consumer_org)),
        row(Key::IdportenClientId, perhaps(&settings.idporten_client_id())),
        row(Key::IdportenUrl, settings.idporten_url().ok().as_ref().map(shown)),
        row(Key::IdportenScopes, Some(shown(&settings.idporten_scopes()))),
        row(Key::IdportenPort, Some(shown(&idporten.port))),
        row(Key::IdportenPath, Some(shown(&idporten.path))),
        row(Key::RefreshStore, Some(shown(&idporten.refresh_store))),
        row(Key::AltinnAppUrl, altinn.as_ref().map(|urls| shown(&urls.app))),
        row(Key::AltinnPlatformUrl, altinn.as_ref().map(|urls| shown(&urls.platform))),
    ]
}

fn shown<T: Display>(given: &Sourced<T>) -> Sourced<String> {
    given.show(ToString::to_string)
}

fn perhaps<T: Display>(given: &Option<Sourced<T>>) -> Option<Sourced<String>> {
    given.as_ref().map(shown)
}

fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "RS256",
        Algorithm::Rs384 => "RS384",
        Algorithm::Rs512 => "RS512",
    }
}
