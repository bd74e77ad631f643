//! Opens the store that the settings name.

use crate::settings::{Settings, StoreChoice};
use skattebro::Cases;
use skattebro::ports::journal::Environment;
use skattebro::ports::{CallQuota, Journal};
use skattebro::store::{PostgresJournal, QuotaProcess, SqliteJournal, StoreKey, StoreSettings};
use std::path::Path;
use std::sync::Arc;

/// A store that outlives the process.
pub(crate) struct Opened {
    pub(crate) journal: Arc<dyn Journal>,
    postgres: Option<PostgresJournal>,
}

impl Opened {
    /// The limit of concurrent calls over all machines that share the store; `None` where it is one machine's, and each process keeps
    /// its own.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub(crate) fn quota(
        &self,
        environment: &Environment,
        organisation: &str,
    ) -> Result<Option<Arc<dyn CallQuota>>, String> {
        let Some(journal) = &self.postgres else { return Ok(None) };
        let process = QuotaProcess { name: skattebro::this_process(), has_ended: Cases::has_ended };
        let quota = journal.quota(environment, organisation, Some(process));
        let quota = quota.map_err(|error| error.to_string())?;
        Ok(Some(Arc::new(quota)))
    }
}

/// The store that the settings name; `None` for one that only memory holds.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn open(settings: &Settings) -> Result<Option<Opened>, String> {
    let choice = settings.store()?;
    let key = match &settings.store_key_file {
        Some(file) => Some(read_key(&file.value).map_err(|why| {
            format!("the key of the store ({}, {}): {why}", file.value.display(), file.from)
        })?),
        None => None,
    };
    let store = StoreSettings { key, ..StoreSettings::default() };
    let opened = match &choice.value {
        StoreChoice::Minne => return Ok(None),
        StoreChoice::Sqlite(path) => SqliteJournal::open(path, store)
            .await
            .map(|journal| Opened { journal: Arc::new(journal), postgres: None }),
        StoreChoice::Postgres(url) => PostgresJournal::connect(url.expose(), store)
            .await
            .map(|journal| Opened { journal: Arc::new(journal.clone()), postgres: Some(journal) }),
    };
    opened.map(Some).map_err(|error| format!("the store {} ({}): {error}", choice.value, choice.from))
}

/// As [`open`], for what makes no sense with a store that nothing survives in.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn open_lasting(settings: &Settings) -> Result<Opened, String> {
    open(settings).await?.ok_or_else(|| {
        let from = settings.store().map(|store| format!(" ({})", store.from)).unwrap_or_default();
        format!(
            "this needs a store that outlives the program, and the store is minne{from}: give --store sqlite:PATH or set \
             SKATTEBRO_STORE to a PostgreSQL database"
        )
    })
}

fn read_key(path: &Path) -> Result<StoreKey, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))?;
    StoreKey::from_base64(text.trim()).map_err(|error| error.to_string())
}
