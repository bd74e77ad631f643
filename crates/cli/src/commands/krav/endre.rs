//! `skattebro krav endre` and `skattebro krav avskriv`.

use super::batch::{self, Feed, Kind};
use super::changes::{Placed, changes, named, write_offs};
use super::ledger::Ledger;
use super::paths::all_different;
use super::{Desk, connect_for, open_kvittering};
use crate::args::krav::{Avskriv, Endre, Following};
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::{finding, many};
use crate::output::{krav_json, print, print_json};
use crate::settings::Settings;
use serde_json::json;
use skattebro::domain::Finding;
use skattebro::domain::krav::Endring;
use skattebro::krav::{KravOrder, KravService};
use std::path::Path;

pub(super) async fn endre(settings: &Settings, arguments: Endre) -> Exit {
    let whose = arguments.whose;
    let read = |service: &KravService| match (&arguments.fra, &arguments.id) {
        (Some(fra), _) => changes(fra, whose),
        (None, Some(id)) => {
            let id = id.id(whose.egen_id);
            let hovedstol = arguments.hovedstol.map(Endring::Hovedstol);
            let renter = arguments.renter.clone().map(|renter| Endring::Renter(renter.0));
            let referanse = arguments.referanse.clone().map(Endring::Referanse);
            let endringer = [hovedstol, renter, referanse].into_iter().flatten();
            let order = endringer.fold(KravOrder::existing(id.clone()), KravOrder::endre);
            let findings = service.check(&order);
            Ok((vec![(order, named(&id, None))], findings))
        }
        (None, None) => Ok((Vec::new(), Vec::new())), // clap demands one of them
    };
    let how = (arguments.service.json, Kind::orders(arguments.queueing.koe));
    carry_out(settings, how, &arguments.following, arguments.fra.as_deref(), read).await
}

pub(super) async fn avskriv(settings: &Settings, arguments: Avskriv) -> Exit {
    let whose = arguments.whose;
    let read = |_: &KravService| match &arguments.fra {
        Some(fra) => write_offs(fra, whose),
        None => {
            let ids = arguments.ids.iter().map(|id| id.id(whose.egen_id));
            let orders = ids.map(|id| (KravOrder::existing(id.clone()).avskriv(), named(&id, None)));
            Ok((orders.collect(), Vec::new()))
        }
    };
    let how = (arguments.service.json, Kind::orders(arguments.queueing.koe));
    carry_out(settings, how, &arguments.following, arguments.fra.as_deref(), read).await
}

async fn carry_out(
    settings: &Settings,
    (as_json, kind): (bool, Kind),
    following: &Following,
    fra: Option<&Path>,
    read: impl FnOnce(&KravService) -> Result<(Vec<Placed>, Vec<Finding>), String>,
) -> Exit {
    let prepare = async || {
        all_different(&[("--fra", fra), ("--kvittering", following.kvittering.as_deref())])?;
        let desk = connect_for(settings, following, true, kind).await?;
        let krav = &desk.service;
        let (orders, mut findings) = read(krav)?;
        for (order, origin) in &orders {
            let in_row = |found: Finding| Finding { row: origin.row, ..found };
            if origin.row.is_some() {
                findings.extend(krav.check(order).into_iter().map(in_row));
            }
        }
        findings.sort_by_key(|finding| finding.row);
        Ok::<_, String>((desk, orders, findings))
    };
    let (Desk { service, survives }, orders, findings) = match prepare().await {
        Ok(prepared) => prepared,
        Err(why) => return bad_input(&why, as_json),
    };
    let errors = findings.iter().filter(|finding| finding.is_error()).count() as u64;
    if errors > 0 {
        let word = format!("{}. Nothing was sent.", many(errors, "error"));
        if as_json {
            let findings: Vec<_> = findings.iter().map(|found| krav_json::finding(found, None)).collect();
            print_json(&json!({ "error": word, "findings": findings, "verdict": "wrong" }));
        } else {
            findings.iter().for_each(|found| print(&finding(found)));
            print(&word);
        }
        return Exit::MedFeil;
    }
    if !as_json {
        findings.iter().for_each(|found| print(&finding(found)));
    }
    let kvittering = match open_kvittering(following, settings) {
        Ok(kvittering) => kvittering,
        Err(why) => return bad_input(&why, as_json),
    };
    let mut ledger = Ledger::new(as_json, kvittering, None, survives);
    let total = Some(orders.len() as u64);
    let feeder = move |feed: &Feed| orders.into_iter().for_each(|(order, origin)| feed.order(order, origin));
    batch::carry_out(&service, &mut ledger, (as_json, kind), total, feeder).await;
    ledger.finish(None)
}
