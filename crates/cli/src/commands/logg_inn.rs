//! `skattebro logg-inn` and `skattebro logg-ut`: a person and ID-porten.

mod browser;

use crate::args::signin::{LoggInn, LoggUt};
use crate::commands::{bad_input, failed_call};
use crate::exit::Exit;
use crate::output::time::local;
use crate::output::{complain, print, print_error, print_json};
use crate::settings::{Innlogging, RefreshPlace, Settings};
use crate::signin::{given_token, idporten};
use serde_json::json;
use skattebro::http::LoggedIn;

pub(super) async fn inn(settings: &Settings, arguments: LoggInn) -> Exit {
    let source = match idporten(settings) {
        Ok(source) => source,
        Err(why) => return bad_input(&why, arguments.json),
    };
    let login = source.login(|page| {
        print_error(&format!("Log in here, with a browser on this machine:\n{page}\n"));
        if !arguments.ikke_aapne && !browser::open(page) {
            complain("no browser could be opened; open the address yourself");
        }
    });
    let logged_in = match login.await {
        Ok(logged_in) => logged_in,
        Err(error) => return failed_call(&error, arguments.json),
    };
    let place = logged_in.stays.then(|| settings.signin.idporten.refresh_store.value.to_string());
    if arguments.json {
        print_json(&json!({
            "person": logged_in.person,
            "expires": logged_in.expires.to_string(),
            "scope": logged_in.scope,
            "refreshStore": place,
        }));
    } else {
        print(&told(&logged_in, settings));
    }
    notes(settings).iter().for_each(|note| complain(note));
    Exit::Ok
}

pub(super) async fn ut(settings: &Settings, arguments: LoggUt) -> Exit {
    let source = match idporten(settings) {
        Ok(source) => source,
        Err(why) => return bad_input(&why, arguments.json),
    };
    if let Err(error) = source.logout().await {
        return failed_call(&error, arguments.json);
    }
    let place = settings.signin.idporten.refresh_store.value.to_string();
    if arguments.json {
        print_json(&json!({ "loggedOut": true, "refreshStore": place }));
    } else {
        print(&format!("Logged out: {place} keeps no login any more."));
    }
    Exit::Ok
}

fn told(logged_in: &LoggedIn, settings: &Settings) -> String {
    let person = logged_in.person.as_deref().unwrap_or("a person whom ID-porten does not name");
    let until = local(logged_in.expires);
    let stays = match &settings.signin.idporten.refresh_store.value {
        _ if !logged_in.stays => {
            "ID-porten gave no refresh token, so other commands cannot use this login".to_owned()
        }
        RefreshPlace::Keyring => "The login is kept in the operating system's key store".to_owned(),
        RefreshPlace::Fil(path) => format!("The login is kept in the file {}", path.display()),
    };
    format!(
        "Logged in: {person}. The access token lives until {until}.\n{stays}; «skattebro logg-ut» forgets it."
    )
}

/// What keeps other commands from using the login.
fn notes(settings: &Settings) -> Vec<String> {
    let innlogging = &settings.signin.innlogging;
    let mut notes = Vec::new();
    if innlogging.value != Innlogging::Idporten {
        notes.push(format!(
            "the sign-in in force is {} ({}): set innlogging to idporten, so that other commands use this login",
            innlogging.value, innlogging.from
        ));
    }
    if given_token().is_some() {
        notes.push("SKATTEBRO_TOKEN is set and goes before this login".to_owned());
    }
    notes
}
