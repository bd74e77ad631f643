//! The settings, and what each is called on the command line, in the environment and in the file.

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Which file is read. Not a key of the file itself.
    Config,
    /// Which defaults and which section of the file hold.
    Profil,
    /// Where the API is served.
    Server,
    /// Where what was done is kept.
    Store,
    /// The file of the key that the store is encrypted with.
    StoreKeyFile,
    /// Whom krav are sent for.
    Oppdragsgiver,
    /// The edition of the innkreving API.
    Edition,
    /// Certificates to trust.
    CaBundle,
    /// How long a small call may take.
    CallTimeout,
    /// How long a request without an answer may still act.
    SentKanVirke,
    /// The access token. Only the environment gives it.
    Token,
}

impl Key {
    /// Those that stand at the top of the file and in its sections.
    pub(crate) const IN_FILE: [Self; 8] = [
        Self::Server,
        Self::Store,
        Self::StoreKeyFile,
        Self::Oppdragsgiver,
        Self::Edition,
        Self::CaBundle,
        Self::CallTimeout,
        Self::SentKanVirke,
    ];

    /// The flag without its hyphens, and the key of the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Profil => "profil",
            Self::Server => "server",
            Self::Store => "store",
            Self::StoreKeyFile => "store-key-file",
            Self::Oppdragsgiver => "oppdragsgiver",
            Self::Edition => "edition",
            Self::CaBundle => "ca-bundle",
            Self::CallTimeout => "call-timeout",
            Self::SentKanVirke => "sent-kan-virke",
            Self::Token => "token",
        }
    }

    /// The environment variable.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Config => "SKATTEBRO_CONFIG",
            Self::Profil => "SKATTEBRO_PROFIL",
            Self::Server => "SKATTEBRO_SERVER",
            Self::Store => "SKATTEBRO_STORE",
            Self::StoreKeyFile => "SKATTEBRO_STORE_KEY_FILE",
            Self::Oppdragsgiver => "SKATTEBRO_OPPDRAGSGIVER",
            Self::Edition => "SKATTEBRO_EDITION",
            Self::CaBundle => "SKATTEBRO_CA_BUNDLE",
            Self::CallTimeout => "SKATTEBRO_CALL_TIMEOUT",
            Self::SentKanVirke => "SKATTEBRO_SENT_KAN_VIRKE",
            Self::Token => "SKATTEBRO_TOKEN",
        }
    }

    /// The key that the file calls so.
    pub(crate) fn in_file(name: &str) -> Option<Self> {
        Self::IN_FILE.into_iter().find(|key| key.name() == name)
    }
}
