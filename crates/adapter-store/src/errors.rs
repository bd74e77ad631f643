//! What went wrong with a database, in words that say what to do.
//!
//! Nothing of a database's own error is shown but its message, and that without personal numbers: its details quote rows.

use skattebro_domain::masking::mask;
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use std::fmt;
use std::path::Path;

/// When something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// While it was opened.
    Opening,
    /// Before anything was written for good.
    Working,
    /// While it was written for good.
    Committing,
}

/// The message of a database's error.
#[derive(Debug, Clone)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

/// What stops something in the middle: the database, or what it holds.
#[derive(Debug)]
pub(crate) enum Trouble {
    Database(sqlx::Error),
    Journal(JournalError),
    /// Somebody else did something in between, which is seen when it is done again.
    Collision,
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

const IN_DOUBT: &str =
    " What was being written may be there or not; nothing is sent before the cases are read again.";
const NOTHING_WRITTEN: &str = " Nothing of this was written.";

/// An error of SQLite, about the journal in `file`.
pub(crate) fn of_sqlite(error: &sqlx::Error, file: &Path, moment: Moment) -> JournalError {
    use JournalErrorKind::*;
    let (kind, what) = match error {
        sqlx::Error::Database(database) => {
            let code = database.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
            // The lowest byte says what, the others where.
            match code & 0xff {
                3 | 8 | 23 => (
                    NotAccessible,
                    "may not be written; check who owns the file and its folder, and that the disk is not read-only",
                ),
                5 | 6 => (
                    Busy,
                    "is being written by another program; try again, and end whatever holds it for so long",
                ),
                10 => (
                    NotAccessible,
                    "cannot be read or written, because the disk reports an error; check the disk before going on",
                ),
                11 | 26 => (
                    Damaged,
                    "cannot be read; it is damaged, or no journal: restore it from a backup, together with its -wal file",
                ),
                13 => (Full, "cannot grow, because the disk is full; make room, then it goes on by itself"),
                14 => (
                    NotAccessible,
                    "cannot be opened; check that the file and its folder are there and whose they are",
                ),
                _ => (Other, "could not be used"),
            }
        }
        sqlx::Error::PoolTimedOut => {
            (Busy, "is read by so many at a time that one more did not get its turn; try again")
        }
        sqlx::Error::PoolClosed => (Other, "was closed"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            (Damaged, "holds something that is none of its; restore it from a backup")
        }
        _ => (Other, "could not be used"),
    };
    let doubt = match (moment, kind) {
        (Moment::Committing, Busy) | (Moment::Working, _) => NOTHING_WRITTEN,
        (Moment::Committing, _) => IN_DOUBT,
        (Moment::Opening, _) => "",
    };
    let text = format!("the journal {} {what}.{doubt}", mask(&file.display().to_string()));
    JournalError::new(kind, text).with_source(cause(error))
}

/// What stopped something in SQLite, where one write never meets another.
pub(crate) fn of_sqlite_trouble(trouble: Trouble, file: &Path, moment: Moment) -> JournalError {
    match trouble {
        Trouble::Database(error) => of_sqlite(&error, file, moment),
        Trouble::Journal(error) => error,
        Trouble::Collision => damaged("something changed in the middle of a transaction"),
    }
}

/// An error of PostgreSQL.
pub(crate) fn of_postgres(error: &sqlx::Error, moment: Moment) -> JournalError {
    use JournalErrorKind::*;
    let code = error.as_database_error().and_then(|database| database.code());
    let (kind, what) = match (error, code.as_deref()) {
        (_, Some("53100")) => (Full, "has no room left on its disk; make room, then it goes on by itself"),
        (_, Some("53300")) => {
            (Busy, "has no connection left; try again, allow more (max_connections), or use fewer here")
        }
        (_, Some("55P03" | "40P01" | "40001" | "57014")) => {
            (Busy, "is being written by others for too long; try again")
        }
        (_, Some("25006")) => (
            NotAccessible,
            "may only be read: it is a copy, or was set to read only; give the address of the one that is written",
        ),
        (_, Some("28000" | "28P01")) => {
            (NotAccessible, "does not let this user in; check user name and password, and pg_hba.conf")
        }
        (_, Some("3D000")) => (NotAccessible, "has no database of that name; create it, or correct the name"),
        (_, Some("42501")) => {
            (NotAccessible, "does not allow this user to use its tables; grant what is missing")
        }
        (_, Some("42P01" | "42703" | "3F000")) => (
            NotAccessible,
            "lacks tables of the journal; check that nobody removed them, and which schema is searched (search_path)",
        ),
        (_, Some("58030")) => (NotAccessible, "reports an error of its disk; check it before going on"),
        (_, Some("XX001" | "XX002")) => (Damaged, "reports damaged data; restore it from a backup"),
        (_, Some(code)) if code.starts_with("08") || code.starts_with("57P") => {
            (Unreachable, "ended the connection; try again")
        }
        (sqlx::Error::Database(_), _) => (Other, "could not be used"),
        (sqlx::Error::Tls(_), _) => {
            (Unreachable, "could not be reached over TLS; check its certificate, and sslmode in its address")
        }
        (sqlx::Error::Configuration(_), _) => (
            NotAccessible,
            "cannot be found by that address; write it as postgres://user:password@host:5432/database",
        ),
        (sqlx::Error::PoolTimedOut, _) => {
            (Unreachable, "gave no connection in time; check that it runs, and that it is not overloaded")
        }
        (sqlx::Error::PoolClosed, _) => (Other, "was closed here"),
        (sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_), _) => {
            (Damaged, "holds something that is none of the journal's; restore it from a backup")
        }
        (sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed, _) => {
            (Unreachable, "cannot be reached; check the address, the network and that it runs")
        }
        _ => (Other, "could not be used"),
    };
    let doubt = match (moment, kind) {
        (Moment::Working, _) | (Moment::Committing, Busy) => NOTHING_WRITTEN,
        (Moment::Committing, _) => IN_DOUBT,
        (Moment::Opening, _) => "",
    };
    let text = format!("the database of the journal {what}.{doubt}");
    // The cause of a wrong address is about the address, which has the password in it.
    let about_address = matches!(error, sqlx::Error::Configuration(_));
    let error = if about_address { Cause("the address cannot be read".into()) } else { cause(error) };
    JournalError::new(kind, text).with_source(error)
}

/// Whether a transaction that ended so was certainly undone, and may go well when it is tried again at once.
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|database| database.code());
    matches!(code.as_deref(), Some("40P01" | "40001"))
}

/// The same error for somebody else.
pub(crate) fn copy(error: &JournalError) -> JournalError {
    let copy = JournalError::new(error.kind(), error.to_string());
    match std::error::Error::source(error) {
        Some(source) => copy.with_source(Cause(source.to_string())),
        None => copy,
    }
}

/// That something in the journal cannot be what was written.
pub(crate) fn damaged(what: impl fmt::Display) -> JournalError {
    let text = format!("the journal is damaged: {what}; restore it from a backup");
    JournalError::new(JournalErrorKind::Damaged, text)
}

fn cause(error: &sqlx::Error) -> Cause {
    Cause(mask(&error.to_string()))
}
