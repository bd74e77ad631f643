//! The file of a journal: where it lies, who may read it, and what tables are in it.

use crate::StoreSettings;
use crate::crypt::Sealer;
use crate::errors::{Moment, Trouble, of_sqlite, of_sqlite_trouble};
use crate::place;
use crate::schema::{self, Memory};
use crate::times::to_us;
use skattebro_domain::masking::mask;
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often one asks for the lock.
const GLANCE: Duration = Duration::from_millis(1);

/// Makes the file ready to be opened, and answers its real path. Folder and file are made if they are missing, for their owner alone;
/// SQLite gives its other files the rights of this one.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, JournalError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error: io::Error, what: &str| {
        let text = format!(
            "the journal {} cannot be opened: {what}; check the path, and whose the folder is",
            mask(&path.display().to_string())
        );
        JournalError::new(JournalErrorKind::NotAccessible, text).with_source(error)
    };
    make_folder(folder).map_err(|error| failed(error, "its folder cannot be made"))?;
    let real_folder = folder.canonicalize().map_err(|error| failed(error, "its folder cannot be found"))?;
    place::check(&real_folder)?;
    make_file(path, &real_folder).map_err(|error| failed(error, "the file cannot be made or written"))?;
    let real = path.canonicalize().map_err(|error| failed(error, "the file cannot be found"))?;
    if !real.is_file() {
        return Err(failed(io::ErrorKind::IsADirectory.into(), "it is no file"));
    }
    // It may be a link to somewhere else.
    place::check(real.parent().unwrap_or(&real_folder))?;
    Ok(real)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn make_file(path: &Path, folder: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => {
            file.sync_all()?;
            // Only then the file is there after the machine stops.
            #[cfg(unix)]
            std::fs::File::open(folder)?.sync_all()?;
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// How a connection that writes is opened. It does not wait for others itself; [`begin`] does.
fn to_write(file: &Path) -> SqliteConnectOptions {
    plain(file, Duration::ZERO)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // On macOS only this reaches the disk; elsewhere it says nothing.
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        .pragma("journal_size_limit", "67108864")
        // What one statement of many rows finds is handed over without a pause in the middle.
        .row_buffer_size(256)
}

/// How a connection that only reads is opened. SQLite must be able to write for that, to mend what a crash left.
pub(super) fn to_read(file: &Path, busy: Duration) -> SqliteConnectOptions {
    plain(file, busy).pragma("query_only", "1")
}

fn plain(file: &Path, busy: Duration) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false).busy_timeout(busy);
    // Statements are the same every time, and what they took is of no use without their values, which are not for a log.
    options.disable_statement_logging()
}

/// Sets the tables up, or checks them. Answers a connection that writes.
pub(super) async fn open(
    file: &Path,
    settings: &StoreSettings,
    sealer: &Sealer,
) -> Result<SqliteConnection, JournalError> {
    let of = |error: &sqlx::Error| of_sqlite(error, file, Moment::Opening);
    let tables = look(file, settings.busy).await.map_err(|error| of(&error))?;
    if tables == Tables::SomebodyElses {
        let text = format!(
            "{} is a database of another program; give the journal a file of its own",
            mask(&file.display().to_string())
        );
        return Err(JournalError::new(JournalErrorKind::Damaged, text));
    }
    let mut connection = writer(file, settings.busy).await.map_err(|error| of(&error))?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| of(&error))?;
    if mode != "wal" {
        let text = format!(
            "the journal {} lies where processes cannot share memory, and is not safe there; keep it on a disk of this machine",
            mask(&file.display().to_string())
        );
        return Err(JournalError::new(JournalErrorKind::WrongPlace, text));
    }
    let set_up = set_up(&mut connection, settings, sealer).await;
    set_up.map_err(|trouble| of_sqlite_trouble(trouble, file, Moment::Opening))?;
    Ok(connection)
}

#[derive(Debug, PartialEq, Eq)]
enum Tables {
    None,
    Ours,
    SomebodyElses,
}

/// Whose tables these are, before anything is changed.
async fn look(file: &Path, busy: Duration) -> Result<Tables, sqlx::Error> {
    let mut connection = connect(plain(file, busy), busy).await?;
    let (tables, ours): (i64, i64) =
        sqlx::query_as("SELECT count(*), count(*) FILTER (WHERE name = 'schema_history') FROM sqlite_schema")
            .fetch_one(&mut connection)
            .await?;
    connection.close().await?;
    Ok(match (tables, ours) {
        (0, _) => Tables::None,
        (_, 0) => Tables::SomebodyElses,
        _ => Tables::Ours,
    })
}

/// A connection that writes.
pub(super) async fn writer(file: &Path, patience: Duration) -> Result<SqliteConnection, sqlx::Error> {
    connect(to_write(file), patience).await
}

/// Opens a connection. Not all that SQLite does by that waits for others, so it is tried again.
async fn connect(options: SqliteConnectOptions, patience: Duration) -> Result<SqliteConnection, sqlx::Error> {
    let started = Instant::now();
    loop {
        match options.connect().await {
            Err(error) if is_busy(&error) && started.elapsed() < patience => {
                tokio::time::sleep(10 * GLANCE).await;
            }
            opened => return opened,
        }
    }
}

/// Begins a transaction that writes.
///
/// There is no queue for SQLite's lock, and by itself SQLite asks for it ten times a second at last. A process that writes all the time
/// lets go of it for some milliseconds now and then, so whoever asks so seldom may never get it.
pub(super) async fn begin(connection: &mut SqliteConnection, patience: Duration) -> Result<(), sqlx::Error> {
    let started = Instant::now();
    loop {
        match sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await {
            Err(error) if is_busy(&error) && started.elapsed() < patience => {
                tokio::time::sleep(GLANCE).await;
            }
            begun => return begun.map(drop),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xff), Some(5 | 6))
}

async fn set_up(
    connection: &mut SqliteConnection,
    settings: &StoreSettings,
    sealer: &Sealer,
) -> Result<(), Trouble> {
    begin(connection, settings.busy).await?;
    let memory = recall(connection).await?;
    let is_new = memory.steps.is_empty();
    if !is_new {
        schema::check_key(&memory, sealer)?;
    }
    for step in schema::pending(schema::SQLITE, &memory)? {
        sqlx::raw_sql(step.sql).execute(&mut *connection).await?;
        sqlx::query("INSERT INTO schema_history (version, digest, applied_us) VALUES ($1, $2, $3)")
            .bind(step.version)
            .bind(step.digest())
            .bind(to_us(settings.now()))
            .execute(&mut *connection)
            .await?;
    }
    if is_new {
        let (scheme, key_check) = schema::encryption(sealer);
        sqlx::query("INSERT INTO encryption (one, scheme, key_check) VALUES (1, $1, $2)")
            .bind(scheme)
            .bind(key_check)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}

async fn recall(connection: &mut SqliteConnection) -> Result<Memory, Trouble> {
    let there: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_history'")
        .fetch_one(&mut *connection)
        .await?;
    if there == 0 {
        sqlx::raw_sql(schema::TABLES).execute(&mut *connection).await?;
    }
    let steps = sqlx::query_as("SELECT version, digest FROM schema_history ORDER BY version")
        .fetch_all(&mut *connection)
        .await?;
    let encryption =
        sqlx::query_as("SELECT scheme, key_check FROM encryption").fetch_optional(&mut *connection).await?;
    Ok(Memory { steps, encryption })
}
