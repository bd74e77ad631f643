//! `skattebro krav opprett`, and what `erstatt` shares with it.

use super::avviste::Avviste;
use super::batch::{self, Feed, Kind};
use super::ledger::Ledger;
use super::outcome::{Origin, Outcome};
use super::paths::all_different;
use super::rows::{CheckedRow, Checks, Replaces};
use super::sjekk::{How, Printer, Scan, scan};
use super::source::Source;
use super::{Desk, connect_for, open_kvittering};
use crate::args::krav::{Opprett, Sending};
use crate::commands::bad_input;
use crate::exit::Exit;
use crate::output::krav::many;
use crate::settings::Settings;
use skattebro::krav::{KravOrder, KravService};
use std::path::Path;

pub(super) async fn run(settings: &Settings, arguments: Opprett) -> Exit {
    let order = |row: CheckedRow, feed: &Feed| {
        let origin = Origin::of(&row);
        match row.krav {
            Some(krav) => feed.order(KravOrder::opprett(*krav), origin),
            None => feed.say(Outcome::bad(row)),
        }
    };
    let (file, sending) = (&*arguments.file, &arguments.sending);
    let kind = Kind::orders(arguments.queueing.koe);
    let what = Send { settings, file, sending, replaces: Replaces::Nothing, kind };
    send(what, |_| None, order).await
}

/// What is sent, and how.
pub(super) struct Send<'a> {
    pub(super) settings: &'a Settings,
    pub(super) file: &'a Path,
    pub(super) sending: &'a Sending,
    pub(super) replaces: Replaces,
    pub(super) kind: Kind,
}

/// Checks a whole file, and then sends its rows: `order` makes orders of them. `refuses` may refuse a file for what it is like.
pub(super) async fn send(
    what: Send<'_>,
    refuses: impl FnOnce(&Scan) -> Option<String>,
    order: impl Fn(CheckedRow, &Feed) + std::marker::Send + 'static,
) -> Exit {
    let (sending, kind) = (what.sending, what.kind);
    match prepare(what, refuses).await {
        Ok(prepared) => prepared.go(sending, kind, order).await,
        Err(why) => bad_input(&why, sending.service.json),
    }
}

struct Prepared {
    service: KravService,
    checks: Checks,
    scan: Scan,
    ledger: Ledger,
}

async fn prepare(
    Send { settings, file, sending, replaces, kind }: Send<'_>,
    refuses: impl FnOnce(&Scan) -> Option<String>,
) -> Result<Prepared, String> {
    let (following, edition) = (&sending.following, settings.edition.value);
    let avviste = sending.avviste.as_deref();
    let paths = [
        ("the file of krav", Some(file)),
        ("--kvittering", following.kvittering.as_deref()),
        ("--avviste", avviste),
    ];
    all_different(&paths)?;
    if kind == Kind::Queue && avviste.is_some() {
        return Err("--avviste is written when krav are refused, which a worker learns after --koe has ended: give one of the two".to_owned());
    }
    let replaces_avviste = match avviste {
        Some(path) => Avviste::may_replace(path, sending.erstatt_avviste)?,
        None => false,
    };
    let Desk { service, survives } = connect_for(settings, following, !sending.ikke_vent, kind).await?;
    let source = Source::open(file)?;
    let checker = service.clone();
    let checks = Checks::new(source, &sending.reading, edition, replaces, move |krav| {
        checker.check(&KravOrder::opprett(krav.clone()).even_without_id())
    });
    let how = if sending.service.json { How::Nothing } else { How::Text };
    let mut printer = Printer::new(how);
    let scan = scan(&checks, &mut printer)?;
    printer.finish(&[]);
    if let Some(why) = refuses(&scan) {
        return Err(why);
    }
    let begin = |path| Avviste::begin(path, replaces_avviste, scan.layout.clone(), edition, checks.lag_id);
    let avviste = avviste.map(begin).transpose()?;
    let kvittering = open_kvittering(following, settings)?;
    let ledger = Ledger::new(sending.service.json, kvittering, avviste, survives);
    Ok(Prepared { service, checks, scan, ledger })
}

impl Prepared {
    async fn go(
        self,
        sending: &Sending,
        kind: Kind,
        order: impl Fn(CheckedRow, &Feed) + std::marker::Send + 'static,
    ) -> Exit {
        let Self { service, checks, scan, mut ledger } = self;
        if scan.errors > 0 && !sending.send_gyldige {
            return hold_back(&checks, &scan, ledger);
        }
        let feeder = move |feed: &Feed| {
            let broken_off = |error: std::io::Error| {
                let why = format!(
                    "{} could not be read to its end, and its last rows were not sent: {error}",
                    checks.source.name
                );
                feed.say(Outcome::not_tried(Origin::default(), why));
            };
            match checks.rows() {
                Ok(rows) => {
                    for row in rows {
                        match row {
                            Ok(row) if row.has_errors() => feed.say(Outcome::bad(row)),
                            Ok(row) => order(row, feed),
                            Err(error) => broken_off(error),
                        }
                    }
                }
                Err(error) => broken_off(error),
            }
        };
        let how = (sending.service.json, kind);
        batch::carry_out(&service, &mut ledger, how, Some(scan.rows), feeder).await;
        ledger.finish(None)
    }
}

/// Reports the rows with errors, and that nothing was sent.
fn hold_back(checks: &Checks, scan: &Scan, mut ledger: Ledger) -> Exit {
    ledger.without_bad_rows();
    match checks.rows() {
        Ok(rows) => {
            for row in rows {
                match row {
                    Ok(row) if row.has_errors() => {
                        ledger.record(None, &Outcome::bad(row));
                    }
                    Ok(_) => {}
                    Err(error) => ledger.broke(&format!("{} cannot be read: {error}", checks.source.name)),
                }
            }
        }
        Err(error) => ledger.broke(&format!("{} cannot be read: {error}", checks.source.name)),
    }
    ledger.held_back(scan.good);
    let bad = scan.rows - scan.good;
    let others = match scan.good {
        0 => String::new(),
        // Who corrects only the file of --avviste would forget the others.
        good if ledger.keeps_refused() => format!(
            " {} {} not sent either; correct the file and send it again, or send the good rows with --send-gyldige.",
            many(good, "row"),
            if good == 1 { "was" } else { "were" }
        ),
        good => format!(" Correct them, or send the other {good} with --send-gyldige."),
    };
    let of = match scan.rows {
        0 => String::new(),
        rows => format!(" in {bad} of {}", many(rows, "row")),
    };
    ledger.finish(Some(&format!("{}{of}. Nothing was sent.{others}", many(scan.errors, "error"))))
}
