use crate::signin::refresh_store::{RefreshStore, StoreError};
use async_trait::async_trait;
use keyring::v1::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const SERVICE: &str = "skattebro";

/// The operating system's key store: the Secret Service on Linux, the keychain on macOS, the credential manager on Windows.
#[derive(Debug, Clone)]
pub struct KeyringStore {
    name: String,
}

impl KeyringStore {
    /// The place of that name, such as `idporten.no/client-id`: one login each.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let name = self.name.clone();
        let done = tokio::task::spawn_blocking(move || work(&Entry::new(SERVICE, &name)?)).await;
        let failed = |why: String| {
            StoreError(format!(
                "the operating system's key store cannot be used: {why}. Is it unlocked, and is there one? Otherwise a file can keep the login"
            ))
        };
        match done {
            Ok(outcome) => outcome.map_err(|error| failed(described(&error))),
            Err(_) => Err(failed("it broke off".to_owned())),
        }
    }
}

/// Some of its errors have the secret in them.
fn described(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => "there is none on this machine".to_owned(),
        Error::NoStorageAccess(_) => "it gives no access".to_owned(),
        Error::PlatformFailure(_) => "it failed".to_owned(),
        Error::TooLong(..) => "the login is too long for it".to_owned(),
        Error::Ambiguous(_) => "it has several entries of the same name".to_owned(),
        _ => "it answered something unexpected".to_owned(),
    }
}

#[async_trait]
impl RefreshStore for KeyringStore {
    async fn load(&self) -> Result<Option<SecretString>, StoreError> {
        self.blocking(|entry| match entry.get_password() {
            Ok(token) => Ok(Some(SecretString::from(token))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    async fn save(&self, token: &SecretString) -> Result<(), StoreError> {
        let token = Zeroizing::new(token.expose_secret().to_owned());
        self.blocking(move |entry| entry.set_password(&token)).await
    }

    async fn delete(&self) -> Result<(), StoreError> {
        self.blocking(|entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            other => other,
        })
        .await
    }
}
