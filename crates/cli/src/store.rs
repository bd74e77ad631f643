//! Opens the store that the settings name.

use crate::settings::{Settings, StoreChoice};
use skattebro::ports::Journal;
use skattebro::store::{SqliteJournal, StoreKey, StoreSettings};
use std::path::Path;
use std::sync::Arc;

/// The journal that the settings name; `None` for one that only memory holds.
///
/// # Errors
/// With a sentence for the user.
pub(crate) async fn open(settings: &Settings) -> Result<Option<Arc<dyn Journal>>, String> {
    let choice = settings.store()?;
    let key = match &settings.store_key_file {
        Some(file) => Some(read_key(&file.value).map_err(|why| {
            format!("the key of the store ({}, {}): {why}", file.value.display(), file.from)
        })?),
        None => None,
    };
    let store = StoreSettings { key, ..StoreSettings::default() };
    match &choice.value {
        StoreChoice::Minne => Ok(None),
        StoreChoice::Sqlite(path) => {
            let journal = SqliteJournal::open(path, store).await;
            Ok(Some(Arc::new(journal.map_err(|error| format!("the store {} ({}): {error}", choice.value, choice.from))?)))
        }
        StoreChoice::Postgres(_) => Err("PostgreSQL is not wired in yet".to_owned()),
    }
}

fn read_key(path: &Path) -> Result<StoreKey, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("it cannot be read: {error}"))?;
    StoreKey::from_base64(text.trim()).map_err(|error| error.to_string())
}
