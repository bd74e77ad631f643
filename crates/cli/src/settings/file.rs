//! What a `skattebro.toml` says. Everything that is wrong in it is told at once, and none of its values is repeated: somebody may
//! have put a password where none belongs.

use super::key::Key;
use super::profile::Profile;
use super::source::{Complaint, Provenance, Raw, Sourced};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The key that chooses the profile, and so a section.
const PROFIL: &str = "profil";

/// A file that could be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    profile: Option<Sourced<Raw>>,
    /// What holds for all profiles (`None`) and for one.
    values: BTreeMap<(Option<Profile>, Key), Sourced<Raw>>,
}

impl ConfigFile {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Vec<Complaint>> {
        let file = Self { path: path.to_owned(), ..Self::default() };
        let mut reader = Reader { text, file, complaints: Vec::new() };
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            reader.root(root.get_ref());
        }
        for error in errors {
            // Its `Display` would show the line, which may hold a password; the message does not.
            let message = error.message();
            let why = format!("this is not TOML: {message}; {}", remedy(message));
            reader.complain(&error.span().unwrap_or_default(), why);
        }
        let Reader { file, mut complaints, .. } = reader;
        if complaints.is_empty() {
            return Ok(file);
        }
        // The parser tells some mistakes twice.
        complaints.sort_by_key(|(line, _)| *line);
        complaints.dedup();
        Err(complaints.into_iter().map(|(_, complaint)| complaint).collect())
    }

    /// The profile that it chooses.
    pub(super) fn profile(&self) -> Option<&Sourced<Raw>> {
        self.profile.as_ref()
    }

    /// What it says of a key: the profile's section wins over the top level.
    pub(super) fn get(&self, key: Key, profile: Option<Profile>) -> Option<&Sourced<Raw>> {
        let own = profile.and_then(|profile| self.values.get(&(Some(profile), key)));
        own.or_else(|| self.values.get(&(None, key)))
    }
}

struct Reader<'t> {
    text: &'t str,
    file: ConfigFile,
    /// With their lines.
    complaints: Vec<(usize, Complaint)>,
}

impl Reader<'_> {
    fn root(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            let text = name.get_ref().as_ref();
            match (text.parse::<Profile>(), value.get_ref()) {
                (Ok(profile), DeValue::Table(section)) => {
                    for (name, value) in section {
                        self.value(Some(profile), name.get_ref(), &name.span(), value);
                    }
                }
                (Ok(profile), _) => {
                    self.complain(
                        &name.span(),
                        format!("key «{profile}»: it must be a section, [{profile}]"),
                    );
                }
                (Err(_), _) if text == PROFIL => self.profile(value),
                // What is in it is not told: it may hold a password.
                (Err(_), DeValue::Table(_)) if Key::in_file(text).is_none() => {
                    let why = format!(
                        "unknown section [{text}]; the sections are [sandbox], [test] and [produksjon]"
                    );
                    self.complain(&name.span(), why);
                }
                (Err(_), _) => self.value(None, text, &name.span(), value),
            }
        }
    }

    fn profile(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::String(text) => self.file.profile = Some(self.sourced(None, text, &value.span())),
            DeValue::Table(_) => {
                let why = "key «profil»: write profil = \"test\" at the top of the file, and the sections as [sandbox], [test], [produksjon]";
                self.complain(&value.span(), why.to_owned());
            }
            other => self.complain(&value.span(), format!("key «profil»: {}", mistyped(other))),
        }
    }

    fn value(
        &mut self,
        section: Option<Profile>,
        name: &str,
        place: &Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let within = section.map(|profile| format!(" in [{profile}]")).unwrap_or_default();
        match (Key::in_file(name), value.get_ref()) {
            (Some(key), DeValue::String(text)) => {
                let sourced = self.sourced(section, text, &value.span());
                self.file.values.insert((section, key), sourced);
            }
            (Some(_), other) => {
                self.complain(&value.span(), format!("key «{name}»{within}: {}", mistyped(other)));
            }
            (None, _) => {
                let advice = advice(name, section.is_some());
                self.complain(place, format!("unknown key «{name}»{within}; {advice}"));
            }
        }
    }

    fn sourced(&self, section: Option<Profile>, text: &str, place: &Range<usize>) -> Sourced<Raw> {
        let from = Provenance::File(self.file.path.clone(), section, self.line(place));
        Sourced { value: Raw::new(text), from }
    }

    fn complain(&mut self, place: &Range<usize>, why: String) {
        let line = self.line(place);
        self.complaints.push((line, Complaint::in_file(&self.file.path, Some(line), why)));
    }

    fn line(&self, place: &Range<usize>) -> usize {
        let text = self.text.as_bytes();
        let before = text.get(..place.start).unwrap_or(text);
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn mistyped(value: &DeValue<'_>) -> String {
    let is = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    };
    format!("it is {is}, and must be a text in quotes")
}

/// What to do about an unknown key.
fn advice(name: &str, is_in_section: bool) -> String {
    let plain = name.to_lowercase().replace('_', "-");
    if let Some(key) = Key::in_file(&plain) {
        return format!("write {}", key.name());
    }
    let advice = match plain.as_str() {
        "token" | "access-token" => {
            "the token is never in the file: it comes from the environment variable SKATTEBRO_TOKEN"
        }
        "store-key" | "key" | "nøkkel" => {
            "a key is never in the file: name the file that holds it, with store-key-file"
        }
        "maskinporten-key" => {
            "a key is never in the file: name the file that holds it, with maskinporten-key-file"
        }
        "key-password" | "maskinporten-key-password" => {
            "a password is never in the file: that of a key comes from the environment variable SKATTEBRO_KEY_PASSWORD"
        }
        "sign-in" | "signin" | "login" => "write innlogging",
        "password" | "passord" => {
            "a password is never in the file: give that of a PostgreSQL store with the environment variable SKATTEBRO_STORE"
        }
        PROFIL if is_in_section => "it belongs at the top of the file",
        "profile" | "profiles" | "profiler" => "write profil",
        _ => {
            let keys = Key::IN_FILE.map(Key::name).join(", ");
            let profil = if is_in_section { "" } else { "profil, " };
            return format!("the keys are {profil}{keys}");
        }
    };
    advice.to_owned()
}

/// What to do about something that is not TOML.
fn remedy(message: &str) -> &'static str {
    if message.contains("duplicate key") || message.contains("cannot extend") {
        "a key stands once in its section, and a section once in the file"
    } else {
        "write key = \"value\", a line each"
    }
}

#[cfg(test)]
mod tests;
