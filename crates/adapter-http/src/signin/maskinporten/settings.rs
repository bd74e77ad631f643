use crate::settings::SettingsError;
use crate::signin::key::{KeyId, SigningKey};
use skattebro_domain::{Identifikator, Organisasjonsnummer, Timestamp};
use std::time::Duration;

/// Who signs in, with what, and for what.
#[derive(Debug, Clone)]
pub struct MaskinportenSettings {
    pub(super) client_id: String,
    pub(super) key: SigningKey,
    pub(super) key_id: KeyId,
    pub(super) algorithm: Algorithm,
    pub(super) scope: String,
    pub(super) mode: MaskinportenMode,
    pub(super) consumer_org: Option<Organisasjonsnummer>,
    pub(super) min_life: Duration,
}

/// How a JWT is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// RS256.
    #[default]
    Rs256,
    /// RS384.
    Rs384,
    /// RS512.
    Rs512,
}

/// In whose name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MaskinportenMode {
    /// The client's own organisation, or the one that delegated to it.
    #[default]
    Plain,
    /// A system user, which a customer approved in Altinn.
    Systembruker {
        /// Whose system user.
        kunde: Customer,
        /// Which of the customer's system users, where it has several (`externalRef`).
        external_ref: Option<String>,
    },
}

/// Whose system user it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Customer {
    /// Always this organisation's.
    Fixed(Organisasjonsnummer),
    /// That of the organisation which a call is about; see [`TokenSource::token_for`](skattebro_ports::TokenSource::token_for).
    PerParty,
}

impl MaskinportenSettings {
    /// The client of that id, which signs with `key`, and gets tokens for these scopes.
    ///
    /// # Errors
    /// If there is no client id or scope, or the certificates belong to another key.
    pub fn new(
        client_id: &str,
        key: SigningKey,
        key_id: KeyId,
        scopes: &[&str],
    ) -> Result<Self, SettingsError> {
        let wrong = |what: &str| Err(SettingsError::Signin(what.to_owned()));
        let client_id = client_id.trim();
        if client_id.is_empty() {
            return wrong("the client id is missing; it stands with the client in Samarbeidsportalen");
        }
        if !scopes.iter().all(|scope| is_scope(scope)) || scopes.is_empty() {
            return wrong("at least one scope is needed, such as skatteetaten:innkrevingsoppdrag");
        }
        let key_id = match key_id {
            KeyId::Kid(kid) if kid.trim().is_empty() => return wrong("the key's id (kid) is empty"),
            KeyId::Kid(kid) => KeyId::Kid(kid.trim().to_owned()),
            KeyId::X5c(chain) => {
                let chain = chain.for_key(key.public());
                KeyId::X5c(chain.map_err(|error| SettingsError::Signin(error.to_string()))?)
            }
        };
        Ok(Self {
            client_id: client_id.to_owned(),
            key,
            key_id,
            algorithm: Algorithm::default(),
            scope: scopes.join(" "),
            mode: MaskinportenMode::default(),
            consumer_org: None,
            min_life: Duration::from_secs(20),
        })
    }

    /// How JWTs are signed. Default RS256.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// In whose name. Default [`MaskinportenMode::Plain`].
    pub fn mode(mut self, mode: MaskinportenMode) -> Self {
        self.mode = mode;
        self
    }

    /// The organisation that delegated its access to the client's (`consumer_org`).
    pub fn consumer_org(mut self, org: Organisasjonsnummer) -> Self {
        self.consumer_org = Some(org);
        self
    }

    /// How long a token must live yet to be given; at most half of its life is asked for. Default 20 seconds.
    pub fn min_life(mut self, min_life: Duration) -> Self {
        self.min_life = min_life;
        self
    }

    /// When the company's certificate expires, if it is what tells the key.
    pub fn certificate_expires(&self) -> Option<Timestamp> {
        match &self.key_id {
            KeyId::X5c(chain) => chain.expires(),
            KeyId::Kid(_) => None,
        }
    }

    /// The customer whose system user is asked for in a call about `part`; `None` where there is no system user.
    pub(super) fn customer(
        &self,
        part: Option<&Identifikator>,
    ) -> Result<Option<Organisasjonsnummer>, &'static str> {
        let MaskinportenMode::Systembruker { kunde, .. } = &self.mode else { return Ok(None) };
        match (kunde, part) {
            (Customer::Fixed(org), _) => Ok(Some(org.clone())),
            (Customer::PerParty, Some(Identifikator::Organisasjon(org))) => Ok(Some(org.clone())),
            (Customer::PerParty, Some(_)) => {
                Err("a system user belongs to an organisation, and the call is about a person; \
                 for a sole proprietor, set the organisation whose system user it is")
            }
            (Customer::PerParty, None) => Err("tokens are per customer here, and the call is about none; \
                 set the organisation whose system user it is"),
        }
    }
}

impl Algorithm {
    pub(super) fn as_jwt(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
        }
    }
}

fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic())
}
