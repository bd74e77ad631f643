//! `skattebro krav erstatt`: written off, and another created in its place.

use super::batch::Feed;
use super::opprett::send;
use super::outcome::{Origin, Outcome};
use super::rows::{CheckedRow, Replaces};
use crate::args::krav::Erstatt;
use crate::commands::bad_input;
use crate::exit::Exit;
use skattebro::domain::krav::KravId;
use skattebro::krav::KravOrder;

pub(super) async fn run(arguments: Erstatt) -> Exit {
    let sending = &arguments.sending;
    let named = arguments.id.clone();
    let order = move |row: CheckedRow, feed: &Feed| {
        let origin = Origin::of(&row);
        let told = || row.extras.erstatter.as_deref().and_then(|id| id.parse::<KravId>().ok());
        let old = named.clone().or_else(told);
        let Some((old, krav)) = old.zip(row.krav.clone()) else { return feed.say(Outcome::bad(row)) };
        let origin = Origin { erstatter: Some(old.as_str().to_owned()), then: Some(krav), ..origin };
        feed.order(KravOrder::existing(old).avskriv(), origin);
    };
    match (&arguments.fra, &arguments.file) {
        (Some(fra), _) => send(fra, sending, Replaces::Named, |_| None, order).await,
        (None, Some(file)) => {
            let one = |scan: &super::sjekk::Scan| {
                let why = || format!("{} has {} krav; one krav replaces another", file.display(), scan.rows);
                (scan.rows > 1).then(why)
            };
            let replaces =
                arguments.id.as_ref().map_or(Replaces::Nothing, |id| Replaces::This(id.as_str().to_owned()));
            send(file, sending, replaces, one, order).await
        }
        (None, None) => {
            bad_input("give the id of a krav and the file of another, or --fra FILE", sending.service.json)
        }
    }
}
