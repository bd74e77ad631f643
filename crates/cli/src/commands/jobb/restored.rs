//! `skattebro jobb gjenopprettet`, and what other commands do when the store is a copy.

use super::{failed, open, user};
use crate::args::jobb::{Gjenopprettet, Restored};
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::many;
use crate::output::{complain, print};
use crate::settings::Settings;
use skattebro::Cases;
use skattebro::domain::Timestamp;

pub(super) async fn run(settings: &Settings, arguments: Gjenopprettet) -> Exit {
    let store = match check(arguments.siden).map(|()| open(settings)) {
        Ok(opening) => opening.await,
        Err(why) => Err(why),
    };
    let store = match store {
        Ok(store) => store,
        Err(why) => return bad_input(&why, false),
    };
    // The whole store is a copy, whichever services it was used with.
    match store.cases.restored(arguments.siden, user(arguments.av)).await {
        Ok(told) => {
            print(&told_of(told, arguments.siden));
            Exit::Ok
        }
        Err(error) => failed(&error, false),
    }
}

/// Tells open cases that the store is a copy, if it is one. To be called before anything is claimed.
///
/// # Errors
/// With the end of the program, which was told why.
pub(in crate::commands) async fn tell_restored(
    cases: &Cases,
    restored: &Restored,
    as_json: bool,
) -> Result<(), Exit> {
    let Some(since) = restored.gjenopprettet_siden else { return Ok(()) };
    check(since).map_err(|why| bad_input(&why, as_json))?;
    match cases.restored(since, user(None)).await {
        Ok(told) => {
            complain(&told_of(told, since));
            Ok(())
        }
        Err(error) => Err(failed(&error, as_json)),
    }
}

fn check(since: Timestamp) -> Result<(), String> {
    match since > Timestamp::now() {
        true => {
            Err("a backup cannot have been made in the future; give the time when it was made".to_owned())
        }
        false => Ok(()),
    }
}

fn told_of(told: u64, since: Timestamp) -> String {
    format!(
        "{} told that the store is a copy from {since}: what was to be done may have been done since, and is looked up before anything is sent",
        many(told, "open case")
    )
}
