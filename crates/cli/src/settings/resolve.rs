//! Which value holds for each setting: flag, environment, file (the profile's section, then its top level), profile, default.

use super::Settings;
use super::file::ConfigFile;
use super::flags::Flags;
use super::key::Key;
use super::komprimering::{Komprimering, yes_or_no};
use super::profile::Profile;
use super::server::ServerUrl;
use super::signin;
use super::source::{Complaint, Provenance, Raw, Sourced};
use super::store::StoreChoice;
use super::surroundings::Surroundings;
use crate::args::duration;
use skattebro::domain::Organisasjonsnummer;
use skattebro::domain::krav::Edition;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So many krav that nobody knows of can still be looked up one by one.
const LARGEST_WINDOW: usize = 1000;

/// The settings that hold.
///
/// # Errors
/// With everything that is wrong.
pub(super) fn resolve(
    flags: &Flags,
    around: &Surroundings<'_>,
    file: Option<&ConfigFile>,
) -> Result<Settings, Vec<Complaint>> {
    let (settings, complaints) = resolve_what_can_be(flags, around, file);
    if complaints.is_empty() { Ok(settings) } else { Err(complaints) }
}

/// As [`resolve`], with everything that can be told in spite of what is wrong.
pub(super) fn resolve_what_can_be(
    flags: &Flags,
    around: &Surroundings<'_>,
    file: Option<&ConfigFile>,
) -> (Settings, Vec<Complaint>) {
    let mut chooser = Chooser { flags, around, file, profile: None, complaints: Vec::new() };
    let profile = chooser.choose(Key::Profil, |raw| raw.value.text()?.parse::<Profile>());
    chooser.profile = profile.as_ref().map(|profile| profile.value);
    let server = chooser.choose(Key::Server, |raw| raw.value.text()?.parse::<ServerUrl>());
    let server = server.filter(|server| chooser.accepts(Key::Server, profile.as_ref(), server));
    let store = chooser.choose(Key::Store, |raw| StoreChoice::parse(raw.value.text()?, raw.from.folder()));
    let settings = Settings {
        server,
        store: store.or_else(|| default_store(around.data_dir.as_deref(), chooser.profile)),
        store_key_file: chooser.choose(Key::StoreKeyFile, path),
        oppdragsgiver: chooser.choose(Key::Oppdragsgiver, oppdragsgiver),
        edition: chooser.choose(Key::Edition, edition).unwrap_or_else(|| by_default(Edition::default())),
        ca_bundle: chooser.choose(Key::CaBundle, path),
        call_timeout: chooser
            .choose(Key::CallTimeout, |raw| duration(raw.value.text()?))
            .unwrap_or_else(|| by_default(Duration::from_secs(30))),
        sent_kan_virke: chooser
            .choose(Key::SentKanVirke, |raw| duration(raw.value.text()?))
            .unwrap_or_else(|| by_default(Duration::from_secs(120))),
        krav_vindu: chooser.choose(Key::KravVindu, window).unwrap_or_else(|| by_default(10)),
        komprimering: chooser
            .choose(Key::Komprimering, |raw| raw.value.text()?.parse::<Komprimering>())
            .unwrap_or_else(|| by_default(Komprimering::default())),
        tillat_brotli: chooser.choose(Key::TillatBrotli, yes_or_no).unwrap_or_else(|| by_default(false)),
        signin: signin::choose(&mut chooser, profile.as_ref()),
        profile,
    };
    (settings, chooser.complaints)
}

/// Looks a setting up in all its sources.
pub(super) struct Chooser<'a> {
    flags: &'a Flags,
    around: &'a Surroundings<'a>,
    file: Option<&'a ConfigFile>,
    /// The profile whose section holds.
    profile: Option<Profile>,
    complaints: Vec<Complaint>,
}

impl Chooser<'_> {
    /// The value of a setting, if it was given and can be read.
    pub(super) fn choose<T>(
        &mut self,
        key: Key,
        read: impl Fn(&Sourced<Raw>) -> Result<T, String>,
    ) -> Option<Sourced<T>> {
        let in_file = || {
            let file = self.file?;
            let found = if key == Key::Profil { file.profile() } else { file.get(key, self.profile) };
            found.cloned()
        };
        let raw = self.flags.get(key).or_else(|| self.around.variable(key)).or_else(in_file)?;
        match read(&raw) {
            Ok(value) => Some(Sourced { value, from: raw.from }),
            Err(why) => {
                self.complaints.push(Complaint::about(key, raw.from, why));
                None
            }
        }
    }

    /// Whether a server can be meant in the environment of a profile.
    pub(super) fn accepts(
        &mut self,
        key: Key,
        profile: Option<&Sourced<Profile>>,
        server: &Sourced<ServerUrl>,
    ) -> bool {
        let Some(profile) = profile else { return true };
        let Some(why) = profile.value.objects_to(&server.value) else { return true };
        let why = format!(
            "{}: {why}; change the address, or the profile (which comes from: {})",
            server.value, profile.from
        );
        self.complaints.push(Complaint::about(key, server.from.clone(), why));
        false
    }
}

pub(super) fn by_default<T>(value: T) -> Sourced<T> {
    Sourced { value, from: Provenance::Default }
}

fn default_store(data_dir: Option<&Path>, profile: Option<Profile>) -> Option<Sourced<StoreChoice>> {
    let name = profile.map_or("standard", Profile::as_str);
    data_dir.map(|dir| by_default(StoreChoice::Sqlite(dir.join(format!("{name}.db")))))
}

fn oppdragsgiver(raw: &Sourced<Raw>) -> Result<Organisasjonsnummer, String> {
    signin::organisation(raw.value.text()?)
}

fn edition(raw: &Sourced<Raw>) -> Result<Edition, String> {
    raw.value.text()?.parse().map_err(|invalid| format!("{invalid}"))
}

fn window(raw: &Sourced<Raw>) -> Result<usize, String> {
    let krav = raw.value.text()?.trim().parse().ok().filter(|krav| (1..=LARGEST_WINDOW).contains(krav));
    krav.ok_or_else(|| format!("it must be a whole number from 1 to {LARGEST_WINDOW}"))
}

pub(super) fn path(raw: &Sourced<Raw>) -> Result<PathBuf, String> {
    let given = Path::new(raw.value.as_os_str());
    if given.as_os_str().is_empty() {
        return Err("it must be the path of a file".to_owned());
    }
    Ok(raw.from.folder().map_or_else(|| given.to_owned(), |folder| folder.join(given)))
}

#[cfg(test)]
mod tests;
