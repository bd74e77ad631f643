//! What lies on this machine.

use super::Came;
use crate::settings::{ApiKind, Complaint, Inspection, Key, Located, Settings, StoreChoice};
use crate::signin::{self, Whose};
use crate::store;
use skattebro::SystemClock;
use skattebro::http::KeyId;
use skattebro::ports::Clock;
use std::path::Path;
use std::time::Duration;

/// So long before it expires, a new certificate should be ordered.
const SOON: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) fn config(located: &Located) -> Came {
    if !located.complaints.is_empty() {
        return complaints(
            &located.complaints,
            "mend the file; docs/configuration.md tells what may be in it",
        );
    }
    match &located.path {
        Some((path, from)) => Came::ok(format!("{} ({from})", path.display())),
        None => Came::ok("there is none, and none is needed: flags and the environment can say everything"),
    }
}

pub(super) fn settings(inspection: &Inspection, api: ApiKind) -> Came {
    if !inspection.complaints.is_empty() {
        return complaints(
            &inspection.complaints,
            "change these values; «skattebro config vis» shows what is in force",
        );
    }
    let settings = &inspection.settings;
    let server = match settings.server(api) {
        Ok(server) => server,
        Err(why) => return Came::wrong("no server is known", why),
    };
    let profile = settings.profile.as_ref();
    let profile = profile.map_or("no profile".to_owned(), |profile| format!("profile {}", profile.value));
    Came::ok(format!(
        "{profile}, {} at {} ({}), sign-in {}",
        api.as_str(),
        server.value,
        server.from,
        settings.signin.innlogging.value
    ))
}

fn complaints(complaints: &[Complaint], to_do: &str) -> Came {
    let texts: Vec<_> = complaints.iter().map(Complaint::to_string).collect();
    Came::wrong(texts.join("; "), to_do)
}

pub(super) fn key(settings: &Settings) -> Came {
    let key = match signin::signing_key(settings) {
        Ok(key) => key,
        Err(why) => {
            return Came::wrong(why, "give the file of the private key that was registered with the client");
        }
    };
    let Some(file) = &settings.signin.maskinporten.key_file else {
        return Came::not_looked_at("it is not set");
    };
    let path = file.value.display();
    match others_may_read(&file.value) {
        Ok(true) => {
            return Came::wrong(
                format!("everybody on this machine may read {path}"),
                format!("chmod 600 {path}; if others can have read it, make a new key"),
            );
        }
        Ok(false) => {}
        Err(error) => return Came::wrong(format!("{path} cannot be looked at: {error}"), "check the path"),
    }
    let how = match (&settings.signin.maskinporten.kid, &settings.signin.maskinporten.cert_file, key.key_id())
    {
        (Some(kid), ..) => format!("kid «{}»", kid.value),
        (_, Some(_), _) | (.., Some(KeyId::X5c(_))) => "by the company's certificate".to_owned(),
        (.., Some(KeyId::Kid(kid))) => format!("kid «{kid}»"),
        (.., None) => {
            return Came::wrong(
                format!("{path} does not tell the key's name"),
                "set maskinporten-kid to the name under which the key was registered with the client",
            );
        }
    };
    Came::ok(format!("{path}, {how}"))
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o007 != 0)
}

/// Elsewhere a file is as safe as its folder.
#[cfg(not(unix))]
fn others_may_read(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

pub(super) fn certificate(settings: &Settings, api: ApiKind) -> Came {
    let client = match signin::maskinporten_settings(settings, api, Whose::Companys) {
        Ok(client) => client,
        // The key has a line of its own.
        Err(_) if signin::signing_key(settings).is_err() => {
            return Came::not_looked_at("the key cannot be read");
        }
        Err(why) => {
            return Came::wrong(why, "«skattebro config vis» shows what is set; see docs/configuration.md");
        }
    };
    let Some(until) = client.certificate_expires() else {
        return Came::ok("none is used: the key is known by its name");
    };
    let day = until.strftime("%Y-%m-%d");
    let left = until.duration_since(SystemClock.now());
    match Duration::try_from(left) {
        Err(_) => Came::wrong(format!("it expired on {day}"), "order a new one, and give its file"),
        Ok(left) if left < SOON => {
            Came::ok(format!("it expires on {day}, which is soon: order a new one now"))
        }
        Ok(_) => Came::ok(format!("it expires on {day}")),
    }
}

pub(super) async fn refresh_store(settings: &Settings) -> Came {
    let place = &settings.signin.idporten.refresh_store;
    let other = format!(
        "let {} name a place that can be used, such as fil:PATH; its folder must exist",
        Key::RefreshStore.name()
    );
    let loaded = match signin::refresh_store(settings) {
        Ok(store) => store.load().await.map_err(|error| error.to_string()),
        Err(why) => Err(why),
    };
    match loaded {
        Ok(Some(_)) => Came::ok(format!("{} ({}) keeps a login", place.value, place.from)),
        Ok(None) => Came::wrong(
            format!("{} ({}) keeps no login: nobody is logged in", place.value, place.from),
            "skattebro logg-inn",
        ),
        Err(why) => Came::wrong(why, other),
    }
}

/// A file that is not there yet is not made.
pub(super) async fn store(settings: &Settings) -> Came {
    let choice = match settings.store() {
        Ok(choice) => choice,
        Err(why) => return Came::wrong("no store is known", why),
    };
    let (shown, from) = (choice.value.to_string(), &choice.from);
    match &choice.value {
        StoreChoice::Minne => {
            return Came::ok(format!("{shown} ({from}): nothing of it survives the program"));
        }
        StoreChoice::Sqlite(path) if !path.exists() => {
            return Came::ok(format!(
                "{shown} ({from}) is not there yet; the first command that needs it makes it"
            ));
        }
        StoreChoice::Sqlite(_) | StoreChoice::Postgres(_) => {}
    }
    match store::open(settings).await {
        Ok(_) => Came::ok(format!("{shown} ({from}) opens, with the tables of this version")),
        Err(why) => Came::wrong(why, "docs/operations.md tells what a store needs"),
    }
}
