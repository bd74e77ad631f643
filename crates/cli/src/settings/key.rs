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
    /// How many krav may be in doubt after a crash.
    KravVindu,
    /// How an upload is compressed.
    Komprimering,
    /// Whether brotli may be used where gzip does not fit.
    TillatBrotli,
    /// Where tokens come from.
    Innlogging,
    /// Maskinporten's client.
    MaskinportenClientId,
    /// The file of the key that signs for that client.
    MaskinportenKeyFile,
    /// The name of that key.
    MaskinportenKid,
    /// The company's certificates, where they tell which key it is.
    MaskinportenCertFile,
    /// How it signs.
    MaskinportenAlgorithm,
    /// Where Maskinporten is.
    MaskinportenUrl,
    /// What its tokens are for.
    MaskinportenScopes,
    /// Whose system user signs in, if one does.
    Systembruker,
    /// Which of a customer's system users.
    SystembrukerExternalRef,
    /// The organisation that delegated its access.
    ConsumerOrg,
    /// ID-porten's client.
    IdportenClientId,
    /// Where ID-porten is.
    IdportenUrl,
    /// What its tokens are for.
    IdportenScopes,
    /// The port that the browser comes back to.
    IdportenPort,
    /// The path that it comes back to.
    IdportenPath,
    /// Where a login is kept.
    RefreshStore,
    /// Where Altinn's app is.
    AltinnAppUrl,
    /// Where Altinn exchanges tokens.
    AltinnPlatformUrl,
    /// The password of the key's file. Only the environment gives it.
    Password,
    /// The access token. Only the environment gives it.
    Token,
}

impl Key {
    /// Those that stand at the top of the file and in its sections.
    pub(crate) const IN_FILE: [Self; 30] = [
        Self::Server,
        Self::Store,
        Self::StoreKeyFile,
        Self::Oppdragsgiver,
        Self::Edition,
        Self::CaBundle,
        Self::CallTimeout,
        Self::SentKanVirke,
        Self::KravVindu,
        Self::Komprimering,
        Self::TillatBrotli,
        Self::Innlogging,
        Self::MaskinportenClientId,
        Self::MaskinportenKeyFile,
        Self::MaskinportenKid,
        Self::MaskinportenCertFile,
        Self::MaskinportenAlgorithm,
        Self::MaskinportenUrl,
        Self::MaskinportenScopes,
        Self::Systembruker,
        Self::SystembrukerExternalRef,
        Self::ConsumerOrg,
        Self::IdportenClientId,
        Self::IdportenUrl,
        Self::IdportenScopes,
        Self::IdportenPort,
        Self::IdportenPath,
        Self::RefreshStore,
        Self::AltinnAppUrl,
        Self::AltinnPlatformUrl,
    ];

    /// The flag without its hyphens, and the key of the file.
    pub(crate) fn name(self) -> &'static str {
        self.names().0
    }

    /// The environment variable.
    pub(crate) fn variable(self) -> &'static str {
        self.names().1
    }

    /// The key that the file calls so.
    pub(crate) fn in_file(name: &str) -> Option<Self> {
        Self::IN_FILE.into_iter().find(|key| key.name() == name)
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Config => ("config", "SKATTEBRO_CONFIG"),
            Self::Profil => ("profil", "SKATTEBRO_PROFIL"),
            Self::Server => ("server", "SKATTEBRO_SERVER"),
            Self::Store => ("store", "SKATTEBRO_STORE"),
            Self::StoreKeyFile => ("store-key-file", "SKATTEBRO_STORE_KEY_FILE"),
            Self::Oppdragsgiver => ("oppdragsgiver", "SKATTEBRO_OPPDRAGSGIVER"),
            Self::Edition => ("edition", "SKATTEBRO_EDITION"),
            Self::CaBundle => ("ca-bundle", "SKATTEBRO_CA_BUNDLE"),
            Self::CallTimeout => ("call-timeout", "SKATTEBRO_CALL_TIMEOUT"),
            Self::SentKanVirke => ("sent-kan-virke", "SKATTEBRO_SENT_KAN_VIRKE"),
            Self::KravVindu => ("krav-vindu", "SKATTEBRO_KRAV_VINDU"),
            Self::Komprimering => ("komprimering", "SKATTEBRO_KOMPRIMERING"),
            Self::TillatBrotli => ("tillat-brotli", "SKATTEBRO_TILLAT_BROTLI"),
            Self::Innlogging => ("innlogging", "SKATTEBRO_INNLOGGING"),
            Self::MaskinportenClientId => ("maskinporten-client-id", "SKATTEBRO_MASKINPORTEN_CLIENT_ID"),
            Self::MaskinportenKeyFile => ("maskinporten-key-file", "SKATTEBRO_MASKINPORTEN_KEY_FILE"),
            Self::MaskinportenKid => ("maskinporten-kid", "SKATTEBRO_MASKINPORTEN_KID"),
            Self::MaskinportenCertFile => ("maskinporten-cert-file", "SKATTEBRO_MASKINPORTEN_CERT_FILE"),
            Self::MaskinportenAlgorithm => ("maskinporten-algorithm", "SKATTEBRO_MASKINPORTEN_ALGORITHM"),
            Self::MaskinportenUrl => ("maskinporten-url", "SKATTEBRO_MASKINPORTEN_URL"),
            Self::MaskinportenScopes => ("maskinporten-scopes", "SKATTEBRO_MASKINPORTEN_SCOPES"),
            Self::Systembruker => ("systembruker", "SKATTEBRO_SYSTEMBRUKER"),
            Self::SystembrukerExternalRef => {
                ("systembruker-external-ref", "SKATTEBRO_SYSTEMBRUKER_EXTERNAL_REF")
            }
            Self::ConsumerOrg => ("consumer-org", "SKATTEBRO_CONSUMER_ORG"),
            Self::IdportenClientId => ("idporten-client-id", "SKATTEBRO_IDPORTEN_CLIENT_ID"),
            Self::IdportenUrl => ("idporten-url", "SKATTEBRO_IDPORTEN_URL"),
            Self::IdportenScopes => ("idporten-scopes", "SKATTEBRO_IDPORTEN_SCOPES"),
            Self::IdportenPort => ("idporten-port", "SKATTEBRO_IDPORTEN_PORT"),
            Self::IdportenPath => ("idporten-path", "SKATTEBRO_IDPORTEN_PATH"),
            Self::RefreshStore => ("refresh-store", "SKATTEBRO_REFRESH_STORE"),
            Self::AltinnAppUrl => ("altinn-app-url", "SKATTEBRO_ALTINN_APP_URL"),
            Self::AltinnPlatformUrl => ("altinn-platform-url", "SKATTEBRO_ALTINN_PLATFORM_URL"),
            Self::Password => ("key-password", "SKATTEBRO_KEY_PASSWORD"),
            Self::Token => ("token", "SKATTEBRO_TOKEN"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_called_as_its_key() {
        for key in Key::IN_FILE {
            let expected = format!("SKATTEBRO_{}", key.name().to_uppercase().replace('-', "_"));
            assert_eq!(key.variable(), expected);
        }
    }
}
