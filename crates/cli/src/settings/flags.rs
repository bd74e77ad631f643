//! The flags that every command takes.

use super::key::Key;
use super::source::{Provenance, Raw, Sourced};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// What the command line says of the settings. Clap does not read their values, and not the environment either: a mistake is told alike
/// wherever it was made, with its source and without a password.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings (also in skattebro.toml; «skattebro config vis» shows them)")]
pub(crate) struct Flags {
    /// The environment: sandbox, test or produksjon. It brings its servers, and its section of the file. [env: SKATTEBRO_PROFIL]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profil: Option<String>,
    /// The server, such as https://idporten-api-test.sits.no or http://127.0.0.1:8700. [env: SKATTEBRO_SERVER]
    ///
    /// The access token is read from $SKATTEBRO_TOKEN; a sandbox on this machine needs none.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Where what was done is kept: sqlite:PATH, postgres://… or minne. [env: SKATTEBRO_STORE]
    ///
    /// minne is memory: nothing of it survives the program. A URL with a password belongs into the environment, where other users of the
    /// machine do not see it.
    #[arg(long, global = true, value_name = "STORE")]
    pub(crate) store: Option<SecretString>,
    /// The file of the key that the store is encrypted with. [env: SKATTEBRO_STORE_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) store_key_file: Option<PathBuf>,
    /// The organisation that krav are sent for, 9 digits. [env: SKATTEBRO_OPPDRAGSGIVER]
    #[arg(long, global = true, value_name = "ORGNR")]
    pub(crate) oppdragsgiver: Option<String>,
    /// Certificates (PEM) to trust beside the system's, for networks that have their own. [env: SKATTEBRO_CA_BUNDLE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_bundle: Option<PathBuf>,
    /// How long the service may take to begin its answer to a small call. [env: SKATTEBRO_CALL_TIMEOUT] [default: 30s]
    #[arg(long, global = true, value_name = "DURATION")]
    pub(crate) call_timeout: Option<String>,
    /// How long a request without an answer may still act at Skatteetaten. Shorter than that is true can undo a change, or do something
    /// twice. [env: SKATTEBRO_SENT_KAN_VIRKE] [default: 2m]
    #[arg(long, global = true, hide = true, value_name = "DURATION")]
    pub(crate) sent_kan_virke: Option<String>,
    /// How many krav may be in doubt at most if the program is killed; more is faster where the service answers at once.
    /// [env: SKATTEBRO_KRAV_VINDU] [default: 10]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) krav_vindu: Option<String>,
    /// How the upload of edition v1 is compressed: auto (plain when small, else gzip), gzip, brotli or ingen. [env: SKATTEBRO_KOMPRIMERING]
    /// [default: auto]
    #[arg(long, global = true, value_name = "HOW")]
    pub(crate) komprimering: Option<String>,
    /// How to sign in: token (from $SKATTEBRO_TOKEN), maskinporten or idporten. [env: SKATTEBRO_INNLOGGING] [default: token]
    #[arg(long, global = true, value_name = "HOW")]
    pub(crate) innlogging: Option<String>,
    /// The client of Maskinporten. [env: SKATTEBRO_MASKINPORTEN_CLIENT_ID]
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) maskinporten_client_id: Option<String>,
    /// The file of the client's private key: PEM, JWK or PKCS#12. [env: SKATTEBRO_MASKINPORTEN_KEY_FILE]
    ///
    /// The password of a PKCS#12 file is read from $SKATTEBRO_KEY_PASSWORD.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) maskinporten_key_file: Option<PathBuf>,
    /// The name (kid) under which the key was registered with the client; a JWK may tell it. [env: SKATTEBRO_MASKINPORTEN_KID]
    #[arg(long, global = true, value_name = "KID")]
    pub(crate) maskinporten_kid: Option<String>,
    /// Whose system user signs in with Maskinporten: nei, part (that of the party that is filed for), or an organisation.
    /// [env: SKATTEBRO_SYSTEMBRUKER] [default: nei]
    #[arg(long, global = true, value_name = "WHOSE")]
    pub(crate) systembruker: Option<String>,
    /// The file with settings; otherwise ./skattebro.toml, or the one in your folder for configuration. [env: SKATTEBRO_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// That of the commands that have the flag.
    #[arg(skip)]
    pub(crate) edition: Option<String>,
}

impl Flags {
    /// What the command line says of a setting.
    pub(super) fn get(&self, key: Key) -> Option<Sourced<Raw>> {
        let value = match key {
            Key::Config => self.config.as_ref().map(Raw::new),
            Key::Profil => self.profil.as_ref().map(Raw::new),
            Key::Server => self.server.as_ref().map(Raw::new),
            Key::Store => self.store.as_ref().map(|store| Raw::new(store.expose_secret())),
            Key::StoreKeyFile => self.store_key_file.as_ref().map(Raw::new),
            Key::Oppdragsgiver => self.oppdragsgiver.as_ref().map(Raw::new),
            Key::Edition => self.edition.as_ref().map(Raw::new),
            Key::CaBundle => self.ca_bundle.as_ref().map(Raw::new),
            Key::CallTimeout => self.call_timeout.as_ref().map(Raw::new),
            Key::SentKanVirke => self.sent_kan_virke.as_ref().map(Raw::new),
            Key::KravVindu => self.krav_vindu.as_ref().map(Raw::new),
            Key::Komprimering => self.komprimering.as_ref().map(Raw::new),
            Key::Innlogging => self.innlogging.as_ref().map(Raw::new),
            Key::MaskinportenClientId => self.maskinporten_client_id.as_ref().map(Raw::new),
            Key::MaskinportenKeyFile => self.maskinporten_key_file.as_ref().map(Raw::new),
            Key::MaskinportenKid => self.maskinporten_kid.as_ref().map(Raw::new),
            Key::Systembruker => self.systembruker.as_ref().map(Raw::new),
            // The environment and the file are enough for the rest.
            _ => None,
        };
        value.map(|value| Sourced { value, from: Provenance::Flag(key) })
    }
}
