//! What is in force: the command line over the environment over `skattebro.toml` over what the profile brings.
//!
//! [`load`] is what commands are given; [`inspect`] is for `skattebro config vis`, which tells also what is wrong.

mod file;
mod flags;
mod key;
mod komprimering;
mod locate;
mod profile;
mod resolve;
mod server;
mod signin;
mod source;
mod store;
mod surroundings;

pub(crate) use flags::Flags;
pub(crate) use key::Key;
pub(crate) use komprimering::{Komprimering, show_yes_or_no};
pub(crate) use locate::Located;
pub(crate) use profile::{ApiKind, Profile};
pub(crate) use server::ServerUrl;
pub(crate) use signin::{Innlogging, RefreshPlace, Signin, Systembruker};
pub(crate) use source::{Complaint, Provenance, Sourced};
pub(crate) use store::{StoreChoice, without_passwords};

use skattebro::codec::Compression;
use skattebro::domain::Organisasjonsnummer;
use skattebro::domain::krav::Edition;
use std::path::PathBuf;
use std::time::Duration;
use surroundings::Surroundings;

/// The settings of a command.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The environment that was chosen.
    pub(crate) profile: Option<Sourced<Profile>>,
    /// The server that was given; see [`Self::server`].
    server: Option<Sourced<ServerUrl>>,
    /// See [`Self::store`].
    store: Option<Sourced<StoreChoice>>,
    /// The file of the key that the store is encrypted with.
    pub(crate) store_key_file: Option<Sourced<PathBuf>>,
    /// Whom krav are sent for.
    pub(crate) oppdragsgiver: Option<Sourced<Organisasjonsnummer>>,
    /// The edition of the innkreving API.
    pub(crate) edition: Sourced<Edition>,
    /// Certificates to trust beside the system's.
    pub(crate) ca_bundle: Option<Sourced<PathBuf>>,
    /// How long the service may take to begin its answer to a small call.
    pub(crate) call_timeout: Sourced<Duration>,
    /// How long a request without an answer may still act.
    pub(crate) sent_kan_virke: Sourced<Duration>,
    /// How many krav may be in doubt after a crash.
    pub(crate) krav_vindu: Sourced<usize>,
    /// How an upload is compressed; see [`Self::compression`].
    pub(crate) komprimering: Sourced<Komprimering>,
    /// Whether brotli may be used where gzip does not fit.
    pub(crate) tillat_brotli: Sourced<bool>,
    /// How to sign in.
    pub(crate) signin: Signin,
}

impl Settings {
    /// The server of an API: the one that was given, or the profile's. Of the two hosts of skattemelding, each takes the tokens of one kind
    /// of sign-in.
    ///
    /// # Errors
    /// If there is neither, with a sentence for the user.
    pub(crate) fn server(&self, api: ApiKind) -> Result<Sourced<ServerUrl>, String> {
        if let Some(server) = &self.server {
            return Ok(server.clone());
        }
        let Some(profile) = &self.profile else {
            return Err("there is no server to call; give --server URL, set the environment variable SKATTEBRO_SERVER, or write \
                        server = \"URL\" into skattebro.toml. A profile brings one as well: --profil sandbox, test or produksjon. \
                        «skattebro config vis» shows what is in force"
                .to_owned());
        };
        let by_maskinporten = self.signin.innlogging.value == Innlogging::Maskinporten;
        let value = profile.value.server(api, by_maskinporten).parse()?;
        Ok(Sourced { value, from: Provenance::Profile(profile.value) })
    }

    /// How an upload is compressed.
    pub(crate) fn compression(&self) -> Compression {
        self.komprimering.value.compression(self.tillat_brotli.value)
    }

    /// Whether a server was given, rather than chosen by the profile.
    pub(crate) fn is_server_given(&self) -> bool {
        self.server.is_some()
    }

    /// Where what was done is kept. Nothing is opened yet, and the folder may not exist.
    ///
    /// # Errors
    /// If none was given and there is no home folder, with a sentence for the user.
    pub(crate) fn store(&self) -> Result<&Sourced<StoreChoice>, String> {
        self.store.as_ref().ok_or_else(|| {
            "there is no place for the store, since there is no home folder; give --store, such as sqlite:krav.db or minne".to_owned()
        })
    }

    /// Whether the profile that was chosen is production's.
    pub(crate) fn is_production(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.value == Profile::Produksjon)
    }
}

/// The settings that hold on this machine.
///
/// # Errors
/// With everything that is wrong.
pub(crate) fn load(flags: &Flags) -> Result<Settings, Vec<Complaint>> {
    Surroundings::here(|around| {
        let located = locate::locate(flags, around);
        // What a broken file would have said is not known: complaints about the rest could be about nothing.
        if !located.complaints.is_empty() {
            return Err(located.complaints);
        }
        resolve::resolve(flags, around, located.file.as_ref())
    })
}

/// Everything that can be told of the settings on this machine, also if something is wrong.
pub(crate) struct Inspection {
    pub(crate) located: Located,
    /// What holds in spite of the complaints.
    pub(crate) settings: Settings,
    /// What is wrong, but for the file as such.
    pub(crate) complaints: Vec<Complaint>,
    pub(crate) has_token: bool,
    pub(crate) has_key_password: bool,
}

/// Looks at the settings without using them.
pub(crate) fn inspect(flags: &Flags) -> Inspection {
    Surroundings::here(|around| {
        let located = locate::locate(flags, around);
        let (settings, complaints) = resolve::resolve_what_can_be(flags, around, located.file.as_ref());
        let is_set = |key| around.variable(key).is_some();
        let (has_token, has_key_password) = (is_set(Key::Token), is_set(Key::Password));
        Inspection { located, settings, complaints, has_token, has_key_password }
    })
}
