use super::values::{self, Innlogging, RefreshPlace, Systembruker};
use super::{IdportenGiven, MaskinportenGiven, Signin};
use crate::settings::resolve::{Chooser, by_default, path};
use crate::settings::source::Raw;
use crate::settings::{Key, Profile, ServerUrl, Sourced};
use skattebro::http::Algorithm;
use std::str::FromStr;

/// What flags, environment and file say about signing in. Addresses must be of the profile's environment.
pub(in crate::settings) fn choose(chooser: &mut Chooser<'_>, profile: Option<&Sourced<Profile>>) -> Signin {
    let innlogging = chooser.choose(Key::Innlogging, parsed::<Innlogging>);
    let systembruker = chooser.choose(Key::Systembruker, parsed::<Systembruker>);
    let algorithm = chooser.choose(Key::MaskinportenAlgorithm, |raw| values::algorithm(raw.value.text()?));
    let maskinporten = MaskinportenGiven {
        client_id: chooser.choose(Key::MaskinportenClientId, id),
        key_file: chooser.choose(Key::MaskinportenKeyFile, path),
        kid: chooser.choose(Key::MaskinportenKid, id),
        cert_file: chooser.choose(Key::MaskinportenCertFile, path),
        algorithm: algorithm.unwrap_or_else(|| by_default(Algorithm::default())),
        url: url(chooser, Key::MaskinportenUrl, profile),
        scopes: chooser.choose(Key::MaskinportenScopes, parsed),
        systembruker: systembruker.unwrap_or_else(|| by_default(Systembruker::Nei)),
        external_ref: chooser.choose(Key::SystembrukerExternalRef, id),
        consumer_org: chooser.choose(Key::ConsumerOrg, |raw| values::organisation(raw.value.text()?)),
    };
    let port = chooser.choose(Key::IdportenPort, |raw| {
        raw.value.text()?.parse().map_err(|_| "it must be a port, a number up to 65535".to_owned())
    });
    let redirect_path = chooser.choose(Key::IdportenPath, |raw| values::redirect_path(raw.value.text()?));
    let refresh_store =
        chooser.choose(Key::RefreshStore, |raw| RefreshPlace::parse(raw.value.text()?, raw.from.folder()));
    let idporten = IdportenGiven {
        client_id: chooser.choose(Key::IdportenClientId, id),
        url: url(chooser, Key::IdportenUrl, profile),
        scopes: chooser.choose(Key::IdportenScopes, parsed),
        port: port.unwrap_or_else(|| by_default(12345)),
        path: redirect_path.unwrap_or_else(|| by_default("/token".to_owned())),
        refresh_store: refresh_store.unwrap_or_else(|| by_default(RefreshPlace::Keyring)),
    };
    Signin {
        innlogging: innlogging.unwrap_or_else(|| by_default(Innlogging::Token)),
        maskinporten,
        idporten,
        altinn_app_url: url(chooser, Key::AltinnAppUrl, profile),
        altinn_platform_url: url(chooser, Key::AltinnPlatformUrl, profile),
    }
}

fn url(
    chooser: &mut Chooser<'_>,
    key: Key,
    profile: Option<&Sourced<Profile>>,
) -> Option<Sourced<ServerUrl>> {
    let url = chooser.choose(key, parsed::<ServerUrl>)?;
    chooser.accepts(key, profile, &url).then_some(url)
}

fn parsed<T: FromStr<Err = String>>(raw: &Sourced<Raw>) -> Result<T, String> {
    raw.value.text()?.parse()
}

fn id(raw: &Sourced<Raw>) -> Result<String, String> {
    values::id(raw.value.text()?)
}
