//! `skattebro config vis`: what is in force, and where it comes from. Works also when something is wrong.

mod signin;

use crate::args::{Config, ConfigVerb};
use crate::exit::Exit;
use crate::output::{complain, print, print_json};
use crate::settings::{
    ApiKind, Complaint, Flags, Inspection, Key, Located, Provenance, Sourced, inspect, show_yes_or_no,
};
use serde_json::{Value, json};

pub(super) fn run(flags: &Flags, arguments: &Config) -> Exit {
    let ConfigVerb::Vis(arguments) = &arguments.verb;
    let inspection = inspect(flags);
    let rows = rows(&inspection);
    let complaints = inspection.located.complaints.iter().chain(&inspection.complaints);
    let complaints: Vec<_> = complaints.map(Complaint::to_string).collect();
    if arguments.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        print_json(&json!({ "settings": rows, "complaints": complaints }));
    } else {
        print(&table(&rows));
        complaints.iter().for_each(|complaint| complain(complaint));
    }
    if complaints.is_empty() { Exit::Ok } else { Exit::BadInput }
}

/// A setting as it is shown.
struct Row {
    setting: String,
    value: Option<String>,
    /// What is said where there is no value.
    note: Option<String>,
    from: Option<Provenance>,
}

impl Row {
    fn json(&self) -> Value {
        json!({
            "setting": self.setting,
            "value": self.value,
            "note": self.note,
            "source": self.from.as_ref().map(Provenance::kind),
            "from": self.from.as_ref().map(Provenance::to_string),
        })
    }

    fn cells(&self) -> [String; 3] {
        let value = self.value.as_ref().or(self.note.as_ref()).cloned().unwrap_or_default();
        let from = self.from.as_ref().map_or_else(|| "–".to_owned(), Provenance::to_string);
        [self.setting.clone(), value, from]
    }
}

fn rows(inspection: &Inspection) -> Vec<Row> {
    let Inspection { located, settings, complaints, .. } = inspection;
    let named = |setting: &str, key, value: Result<Option<Sourced<String>>, String>| {
        let setting = setting.to_owned();
        // What cannot be used is not shown: it may hold a password.
        if let Some(complaint) = complaints.iter().find(|complaint| complaint.key == Some(key)) {
            let note = Some("not usable, see the complaint".to_owned());
            return Row { setting, value: None, note, from: complaint.from.clone() };
        }
        match value {
            Ok(Some(Sourced { value, from })) => {
                Row { setting, value: Some(value), note: None, from: Some(from) }
            }
            Ok(None) => Row { setting, value: None, note: Some("not set".to_owned()), from: None },
            Err(why) => Row { setting, value: None, note: Some(why), from: None },
        }
    };
    let row = |key: Key, value| named(key.name(), key, value);
    let server = |api: ApiKind| {
        let server = settings.server(api).ok().map(|server| server.show(ToString::to_string));
        named(&format!("server ({})", api.as_str()), Key::Server, Ok(server))
    };
    let path = |path: &std::path::PathBuf| path.display().to_string();
    let mut rows = vec![
        config(located),
        row(Key::Profil, Ok(settings.profile.as_ref().map(|given| given.show(ToString::to_string)))),
        server(ApiKind::Skattemelding),
        server(ApiKind::Innkreving),
        row(Key::Store, settings.store().map(|store| Some(store.show(ToString::to_string)))),
        row(Key::StoreKeyFile, Ok(settings.store_key_file.as_ref().map(|given| given.show(path)))),
        row(
            Key::Oppdragsgiver,
            Ok(settings.oppdragsgiver.as_ref().map(|given| given.show(ToString::to_string))),
        ),
        row(Key::Edition, Ok(Some(settings.edition.show(ToString::to_string)))),
        row(Key::CaBundle, Ok(settings.ca_bundle.as_ref().map(|given| given.show(path)))),
        row(Key::CallTimeout, Ok(Some(settings.call_timeout.show(|given| format!("{given:?}"))))),
        row(Key::SentKanVirke, Ok(Some(settings.sent_kan_virke.show(|given| format!("{given:?}"))))),
        row(Key::KravVindu, Ok(Some(settings.krav_vindu.show(ToString::to_string)))),
        row(Key::Komprimering, Ok(Some(settings.komprimering.show(ToString::to_string)))),
        row(Key::TillatBrotli, Ok(Some(settings.tillat_brotli.show(show_yes_or_no)))),
    ];
    rows.extend(
        signin::rows(settings).into_iter().map(|(key, setting, value)| named(&setting, key, Ok(value))),
    );
    rows.push(secret(Key::Password, inspection.has_key_password));
    rows.push(secret(Key::Token, inspection.has_token));
    rows
}

fn config(located: &Located) -> Row {
    let setting = Key::Config.name().to_owned();
    match &located.path {
        Some((path, from)) => {
            let value = Some(path.display().to_string());
            Row { setting, value, note: None, from: Some(from.clone()) }
        }
        None => {
            let looked_at: Vec<_> = located.looked_at.iter().map(|path| path.display().to_string()).collect();
            let note = format!("none found; looked at {}", looked_at.join(" and "));
            Row { setting, value: None, note: Some(note), from: None }
        }
    }
}

/// Only whether there is one. It has no flag and no key in the file.
fn secret(key: Key, is_set: bool) -> Row {
    let note = if is_set { "set (not shown)" } else { "not set" };
    let from = is_set.then_some(Provenance::Environment(key));
    Row { setting: key.name().to_owned(), value: None, note: Some(note.to_owned()), from }
}

fn table(rows: &[Row]) -> String {
    let header = ["setting", "value", "where from"].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(header).chain(rows.iter().map(Row::cells)).collect();
    // What is longer than this shifts its own line and no other.
    let widths = |column: usize| lines.iter().map(move |line| line[column].chars().count());
    let width = |column| widths(column).filter(|width| *width <= 60).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let line = |[setting, value, from]: &[String; 3]| format!("{setting:first$}  {value:second$}  {from}");
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
