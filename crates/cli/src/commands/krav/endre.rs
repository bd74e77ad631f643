//! `skattebro krav endre` and `skattebro krav avskriv`.

use super::batch::{self, Feed};
use super::csv::split;
use super::ledger::Ledger;
use super::outcome::Origin;
use super::source::Source;
use super::{connect_for, open_kvittering};
use crate::args::krav::{Avskriv, Endre, Following, Service};
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::{finding, many};
use crate::output::{krav_json, print, print_json};
use serde_json::json;
use skattebro::domain::krav::{Endring, KravId};
use skattebro::domain::{Code, Finding};
use skattebro::krav::{KravOrder, KravService, SeenIds};
use std::io::BufRead;
use std::path::Path;

/// The longest line of a table of changes.
const LONGEST_LINE: usize = 1 << 20;

/// An order and where it comes from.
type Placed = (KravOrder, Origin);

pub(super) async fn endre(arguments: Endre) -> Exit {
    let read = |service: &KravService| match (&arguments.fra, &arguments.id) {
        (Some(fra), _) => changes(fra),
        (None, Some(id)) => {
            let hovedstol = arguments.hovedstol.map(Endring::Hovedstol);
            let renter = arguments.renter.clone().map(|renter| Endring::Renter(renter.0));
            let referanse = arguments.referanse.clone().map(Endring::Referanse);
            let endringer = [hovedstol, renter, referanse].into_iter().flatten();
            let order = endringer.fold(KravOrder::existing(id.clone()), KravOrder::endre);
            let findings = service.check(&order);
            Ok((vec![(order, named(id, None))], findings))
        }
        (None, None) => Ok((Vec::new(), Vec::new())), // clap demands one of them
    };
    carry_out(&arguments.service, &arguments.following, read).await
}

pub(super) async fn avskriv(arguments: Avskriv) -> Exit {
    let read = |_: &KravService| match &arguments.fra {
        Some(fra) => write_offs(fra),
        None => {
            let orders =
                arguments.ids.iter().map(|id| (KravOrder::existing(id.clone()).avskriv(), named(id, None)));
            Ok((orders.collect(), Vec::new()))
        }
    };
    carry_out(&arguments.service, &arguments.following, read).await
}

async fn carry_out(
    service: &Service,
    following: &Following,
    read: impl FnOnce(&KravService) -> Result<(Vec<Placed>, Vec<Finding>), String>,
) -> Exit {
    let prepare = || {
        let krav = connect_for(service, following, true)?;
        let (orders, mut findings) = read(&krav)?;
        for (order, origin) in &orders {
            let in_row = |found: Finding| Finding { row: origin.row, ..found };
            if origin.row.is_some() {
                findings.extend(krav.check(order).into_iter().map(in_row));
            }
        }
        findings.sort_by_key(|finding| finding.row);
        Ok::<_, String>((krav, orders, findings))
    };
    let (krav, orders, findings) = match prepare() {
        Ok(prepared) => prepared,
        Err(why) => return bad_input(&why, service.json),
    };
    let errors = findings.iter().filter(|finding| finding.is_error()).count() as u64;
    if errors > 0 {
        let word = format!("{}. Nothing was sent.", many(errors, "error"));
        if service.json {
            let findings: Vec<_> = findings.iter().map(|found| krav_json::finding(found, None)).collect();
            print_json(&json!({ "error": word, "findings": findings, "verdict": "wrong" }));
        } else {
            findings.iter().for_each(|found| print(&finding(found)));
            print(&word);
        }
        return Exit::MedFeil;
    }
    if !service.json {
        findings.iter().for_each(|found| print(&finding(found)));
    }
    let kvittering = match open_kvittering(following, service) {
        Ok(kvittering) => kvittering,
        Err(why) => return bad_input(&why, service.json),
    };
    let mut ledger = Ledger::new(service.json, kvittering, None);
    let total = Some(orders.len() as u64);
    let feeder = move |feed: &Feed| orders.into_iter().for_each(|(order, origin)| feed.order(order, origin));
    batch::carry_out(&krav, &mut ledger, service.json, total, feeder).await;
    ledger.finish(None)
}

fn named(id: &KravId, row: Option<u64>) -> Origin {
    Origin { row, id: Some(id.as_str().to_owned()), ..Origin::default() }
}

/// The lines of a file that are not blank, with their numbers.
fn lines(path: &Path) -> Result<(String, Vec<(u64, String)>), String> {
    let source = Source::open(path)?;
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", source.name);
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(source.reader().map_err(unreadable)?.lines()) {
        let line = line.map_err(unreadable)?;
        let line = line.trim_start_matches('\u{feff}').trim_end();
        if line.len() > LONGEST_LINE {
            return Err(format!("{}: line {number} is too long", source.name));
        }
        if !line.is_empty() {
            lines.push((number, line.to_owned()));
        }
    }
    if lines.is_empty() {
        return Err(format!("{} is empty", source.name));
    }
    Ok((source.name, lines))
}

/// A table of changes: id, hovedstol, referanse. `row` counts from the first below the header.
fn changes(path: &Path) -> Result<(Vec<Placed>, Vec<Finding>), String> {
    let (name, lines) = lines(path)?;
    let (_, header) = &lines[0];
    let delimiter = if header.contains(';') { ';' } else { ',' };
    let columns = split(header, delimiter).unwrap_or_default();
    let known = ["id", "hovedstol", "referanse"];
    let is_known = columns.iter().all(|column| known.contains(&column.as_str()));
    let is_twice = (1..columns.len()).any(|at| columns[..at].contains(&columns[at]));
    if !is_known || is_twice || !columns.iter().any(|column| column == "id") {
        return Err(format!("{name}: the first line must name the columns: id;hovedstol;referanse"));
    }
    let (mut orders, mut findings, mut seen) = (Vec::new(), Vec::new(), SeenIds::default());
    for (row, (_, line)) in (1..).zip(&lines[1..]) {
        let cells = split(line, delimiter).filter(|cells| cells.len() <= columns.len()).unwrap_or_default();
        let cell = |column: &str| {
            let at = columns.iter().position(|name| name == column)?;
            cells.get(at).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
        };
        match change(cell("id"), cell("hovedstol"), cell("referanse")) {
            Ok((id, endringer)) => {
                findings.extend(seen.check_id(id.as_str(), row));
                let order = endringer.into_iter().fold(KravOrder::existing(id.clone()), KravOrder::endre);
                orders.push((order, named(&id, Some(row))));
            }
            Err(wrong) => findings.push((*wrong).in_row(row)),
        }
    }
    findings.iter_mut().for_each(|finding| finding.source.clone_from(&name));
    Ok((orders, findings))
}

fn change(
    id: Option<&str>,
    hovedstol: Option<&str>,
    referanse: Option<&str>,
) -> Result<(KravId, Vec<Endring>), Box<Finding>> {
    let missing = || {
        boxed(Code::FieldMissing, "id", "the row has no id", "write the id of the krav that shall be changed")
    };
    let id = id.ok_or_else(missing)?.parse::<KravId>();
    let id = id.map_err(|invalid| {
        boxed(Code::FieldMistyped, "id", invalid.to_string(), "write the id as it was sent or answered")
    })?;
    let mut endringer = Vec::new();
    if let Some(hovedstol) = hovedstol {
        let kroner = hovedstol.parse().map_err(|invalid| {
            boxed(Code::FieldMistyped, "hovedstol", format!("{invalid}"), "write whole kroner")
        })?;
        endringer.push(Endring::Hovedstol(kroner));
    }
    endringer.extend(referanse.map(|referanse| Endring::Referanse(referanse.to_owned())));
    if endringer.is_empty() {
        return Err(boxed(
            Code::FieldMissing,
            "",
            "the row changes nothing",
            "fill in hovedstol or referanse, or remove the row",
        ));
    }
    Ok((id, endringer))
}

/// One id a line; one that stands twice is written off once.
fn write_offs(path: &Path) -> Result<(Vec<Placed>, Vec<Finding>), String> {
    let (name, lines) = lines(path)?;
    let (mut orders, mut findings, mut seen) = (Vec::new(), Vec::new(), SeenIds::default());
    for (row, (_, line)) in (1..).zip(&lines) {
        match line.trim().parse::<KravId>() {
            Ok(id) if seen.check_id(id.as_str(), row).is_some() => {}
            Ok(id) => orders.push((KravOrder::existing(id.clone()).avskriv(), named(&id, Some(row)))),
            Err(invalid) => {
                let advice = "write one id a line, and nothing else";
                findings.push(wrong(Code::FieldMistyped, "id", invalid.to_string(), advice).in_row(row));
            }
        }
    }
    findings.iter_mut().for_each(|finding| finding.source.clone_from(&name));
    Ok((orders, findings))
}

fn wrong(code: Code, field: &str, message: impl Into<String>, advice: &str) -> Finding {
    Finding::error(code, "", message, advice).in_field(field)
}

fn boxed(code: Code, field: &str, message: impl Into<String>, advice: &str) -> Box<Finding> {
    Box::new(wrong(code, field, message, advice))
}
