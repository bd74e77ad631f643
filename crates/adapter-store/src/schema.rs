//! The history of the tables: steps that are only ever added, each run once, forward.
//!
//! A journal remembers which steps it went through, by number and digest, so that a program that is older than it refuses it instead of
//! guessing, and how it is encrypted, so that it is never read or written with another key.

use crate::crypt::Sealer;
use crate::errors::damaged;
use aws_lc_rs::digest;
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use std::fmt::Write;

/// A step, by its number, which counts from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) version: i64,
    pub(crate) sql: &'static str,
}

pub(crate) const SQLITE: &[Step] =
    &[Step { version: 1, sql: include_str!("../migrations/sqlite/0001_journal.sql") }];
pub(crate) const POSTGRES: &[Step] = &[
    Step { version: 1, sql: include_str!("../migrations/postgres/0001_journal.sql") },
    Step { version: 2, sql: include_str!("../migrations/postgres/0002_looks.sql") },
];

/// Where the steps and the way of encryption are remembered. Both databases understand it.
pub(crate) const TABLES: &str = "\
CREATE TABLE schema_history (version BIGINT PRIMARY KEY NOT NULL, digest TEXT NOT NULL, applied_us BIGINT NOT NULL);
CREATE TABLE encryption (one BIGINT PRIMARY KEY NOT NULL CHECK (one = 1), scheme TEXT NOT NULL, key_check TEXT NOT NULL);";

/// What is remembered of a journal that was opened before.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The steps it went through: version and digest, in order.
    pub(crate) steps: Vec<(i64, String)>,
    /// How it is encrypted: scheme and key check.
    pub(crate) encryption: Option<(String, String)>,
}

impl Step {
    /// Tells it from another of the same number.
    pub(crate) fn digest(&self) -> String {
        hex(digest::digest(&digest::SHA256, self.sql.as_bytes()).as_ref())
    }
}

/// The steps that a journal has still to go through.
pub(crate) fn pending(steps: &'static [Step], memory: &Memory) -> Result<&'static [Step], JournalError> {
    let newest = memory.steps.last().map_or(0, |(version, _)| *version);
    let known = steps.last().map_or(0, |step| step.version);
    if newest > known {
        let text = format!(
            "the journal was written by a newer version of skattebro: its tables are of version {newest}, and this program knows \
             version {known}; use the newer program"
        );
        return Err(JournalError::new(JournalErrorKind::NewerSchema, text));
    }
    for (nr, (version, digest)) in memory.steps.iter().enumerate() {
        let same = steps.get(nr).is_some_and(|step| step.version == *version && step.digest() == *digest);
        if !same {
            return Err(damaged(format_args!(
                "its tables went through a step {version} that this program does not know"
            )));
        }
    }
    Ok(steps.get(memory.steps.len()..).unwrap_or_default())
}

/// What is remembered of the encryption of a new journal.
pub(crate) fn encryption(sealer: &Sealer) -> (&'static str, String) {
    match sealer.key_check() {
        None => ("none", String::new()),
        Some(check) => ("aes-256-gcm", hex(&check)),
    }
}

/// Refuses another key than the journal was made with.
pub(crate) fn check_key(memory: &Memory, sealer: &Sealer) -> Result<(), JournalError> {
    let (scheme, check) = encryption(sealer);
    let what = match &memory.encryption {
        None => return Err(damaged("it does not say whether it is encrypted")),
        Some((theirs, of_key)) if theirs == scheme && *of_key == check => return Ok(()),
        Some((theirs, _)) if theirs == "none" => {
            "the journal was made without a key; open it without one, or make a new journal with the key"
        }
        Some((theirs, _)) if theirs != "aes-256-gcm" => {
            "the journal is encrypted in a way that this program does not know; use the program that made it"
        }
        Some(_) if scheme == "none" => "the journal is encrypted; give the key that it was made with",
        Some(_) => "the journal is encrypted with another key; give the one that it was made with",
    };
    Err(JournalError::new(JournalErrorKind::WrongKey, what))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Step] = &[Step { version: 1, sql: "a" }, Step { version: 2, sql: "b" }];

    fn went_through(steps: &[Step]) -> Memory {
        Memory { steps: steps.iter().map(|step| (step.version, step.digest())).collect(), encryption: None }
    }

    #[test]
    fn only_the_steps_that_are_missing_are_run() {
        let pending =
            |memory| pending(TWO, &memory).unwrap().iter().map(|step| step.version).collect::<Vec<_>>();
        assert_eq!(pending(Memory::default()), [1, 2]);
        assert_eq!(pending(went_through(&TWO[..1])), [2]);
        assert_eq!(pending(went_through(TWO)), [0; 0]);
    }

    #[test]
    fn a_newer_journal_is_refused_with_both_versions() {
        let three = went_through(&[TWO[0], TWO[1], Step { version: 3, sql: "c" }]);
        let error = pending(TWO, &three).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::NewerSchema);
        let text = error.to_string();
        assert!(
            text.contains("version 3") && text.contains("version 2") && text.contains("use the newer"),
            "{text}"
        );
    }

    #[test]
    fn a_journal_with_another_history_is_refused() {
        let other = went_through(&[Step { version: 1, sql: "x" }]);
        assert_eq!(pending(TWO, &other).unwrap_err().kind(), JournalErrorKind::Damaged);
        let gap = went_through(&TWO[1..]);
        assert_eq!(pending(TWO, &gap).unwrap_err().kind(), JournalErrorKind::Damaged);
    }
}
