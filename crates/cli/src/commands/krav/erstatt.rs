//! `skattebro krav erstatt`: written off, and another created in its place.

use super::batch::{Feed, Kind};
use super::opprett::{Send, send};
use super::outcome::{Origin, Outcome};
use super::replacing::Replacement;
use super::rows::{CheckedRow, Replaces};
use super::sjekk::Scan;
use crate::args::krav::Erstatt;
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::many;
use crate::settings::Settings;

pub(super) async fn run(settings: &Settings, arguments: Erstatt) -> Exit {
    let (sending, whose) = (&arguments.sending, arguments.whose);
    let named = arguments.id.as_ref().map(|id| id.id(whose.egen_id));
    let old = named.clone();
    let order = move |row: CheckedRow, feed: &Feed| {
        let origin = Origin::of(&row);
        let told = || row.extras.erstatter.as_deref().and_then(|id| whose.read(id).ok());
        let Some((old, new)) = old.clone().or_else(told).zip(row.krav.clone()) else {
            return feed.say(Outcome::bad(row));
        };
        let origin = Origin { erstatter: Some(old.as_str().to_owned()), ..origin };
        feed.replace(Replacement { tag: 0, old, new }, origin);
    };
    let (file, replaces) = match (&arguments.fra, &arguments.file, named) {
        (Some(fra), ..) => (fra, Replaces::Named(whose)),
        (None, Some(file), Some(old)) => (file, Replaces::This(old)),
        _ => {
            let why = "give the id of a krav and the file of another, or --fra FILE";
            return bad_input(why, sending.service.json);
        }
    };
    let is_one = arguments.fra.is_none();
    let refuses = move |scan: &Scan| {
        (is_one && scan.rows > 1)
            .then(|| format!("the file has {}; one krav replaces another", many(scan.rows, "row")))
    };
    send(Send { settings, file, sending, replaces, kind: Kind::Replacements }, refuses, order).await
}
