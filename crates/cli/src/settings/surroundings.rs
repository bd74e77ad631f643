//! The machine that the program runs on, as far as settings depend on it.

use super::key::Key;
use super::source::{Provenance, Raw, Sourced};
use std::ffi::OsString;
use std::path::PathBuf;

/// What tests have of their own.
pub(super) struct Surroundings<'a> {
    /// Looks up an environment variable.
    pub(super) env: &'a dyn Fn(&str) -> Option<OsString>,
    pub(super) current_dir: PathBuf,
    /// The folder of `skattebro.toml`; none without a home.
    pub(super) config_dir: Option<PathBuf>,
    /// The folder of the store; none without a home.
    pub(super) data_dir: Option<PathBuf>,
}

impl Surroundings<'_> {
    /// Looks at this machine.
    pub(super) fn here<T>(look: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let folders = directories::ProjectDirs::from("", "", "skattebro");
        look(&Surroundings {
            env: &|name| std::env::var_os(name),
            // In a folder that is gone there is no file either.
            current_dir: std::env::current_dir().unwrap_or_default(),
            config_dir: folders.as_ref().map(|folders| folders.config_dir().to_owned()),
            data_dir: folders.as_ref().map(|folders| folders.data_dir().to_owned()),
        })
    }

    /// What the environment says of a setting. An empty variable is as one that is not set: many systems that start programs can only
    /// say it so.
    pub(super) fn variable(&self, key: Key) -> Option<Sourced<Raw>> {
        let value = (self.env)(key.variable()).filter(|value| !value.is_empty())?;
        Some(Sourced { value: Raw::new(value), from: Provenance::Environment(key) })
    }
}
