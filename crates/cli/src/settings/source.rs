//! Where a value comes from, and what is wrong with it.

use super::key::Key;
use super::profile::Profile;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value comes from. The order is that of precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// The command line.
    Flag(Key),
    /// An environment variable.
    Environment(Key),
    /// The file: its path, the section (none is the top level), the line.
    File(PathBuf, Option<Profile>, usize),
    /// What the profile brings.
    Profile(Profile),
    /// What holds when nothing says otherwise.
    Default,
}

impl Provenance {
    /// What kind of source this is, in one word for machines.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Environment(_) => "environment",
            Self::File(..) => "file",
            Self::Profile(_) => "profile",
            Self::Default => "default",
        }
    }

    /// The folder that a relative path is relative to; none is the current folder.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(path, ..) => path.parent(),
            _ => None,
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "flag --{}", key.name()),
            Self::Environment(key) => write!(f, "environment {}", key.variable()),
            Self::File(path, None, line) => write!(f, "{}, line {line}", path.display()),
            Self::File(path, Some(profile), line) => {
                write!(f, "{}, line {line}, [{profile}]", path.display())
            }
            Self::Profile(profile) => write!(f, "profile {profile}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) from: Provenance,
}

impl<T> Sourced<T> {
    /// As text, from the same place.
    pub(crate) fn show(&self, show: impl FnOnce(&T) -> String) -> Sourced<String> {
        Sourced { value: show(&self.value), from: self.from.clone() }
    }
}

/// A value as it was written. It may hold a password, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Raw(OsString);

impl Raw {
    pub(super) fn new(text: impl Into<OsString>) -> Self {
        Self(text.into())
    }

    pub(super) fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    /// # Errors
    /// With a sentence for the user.
    pub(super) fn text(&self) -> Result<&str, String> {
        self.0.to_str().ok_or_else(|| "it is not UTF-8; write it in UTF-8".to_owned())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(…)")
    }
}

/// What is wrong with the settings. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The setting, if it is about a known one.
    pub(crate) key: Option<Key>,
    /// Where the setting was given.
    pub(crate) from: Option<Provenance>,
    text: String,
}

impl Complaint {
    /// About a value that was given.
    pub(super) fn about(key: Key, from: Provenance, why: impl fmt::Display) -> Self {
        let text = match &from {
            Provenance::File(..) => format!("{from}: key «{}»: {why}", key.name()),
            _ => format!("{from}: {why}"),
        };
        Self { key: Some(key), from: Some(from), text }
    }

    /// About the file as such; `line` counts from 1.
    pub(super) fn in_file(path: &Path, line: Option<usize>, why: impl fmt::Display) -> Self {
        let text = match line {
            Some(line) => format!("{}, line {line}: {why}", path.display()),
            None => format!("{}: {why}", path.display()),
        };
        Self { key: None, from: None, text }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
