mod desk;
mod file;
mod jobs;
mod many;
mod owners;
mod read;
#[cfg(test)]
mod tests;
mod writer;

use crate::StoreSettings;
use crate::bell::{Bell, Heard};
use crate::crypt::Sealer;
use crate::desk::{Ask, Begin, Learn, Open, Park};
use crate::errors::{Moment, Trouble, of_sqlite, of_sqlite_trouble};
use crate::times::to_us;
use async_trait::async_trait;
use owners::{Beating, Claiming, GivingBack, Leaving, Loading, Releasing, Removing};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseSummary, Claim, Claimed, Counts, Environment, Filter, Intent,
    JournalError, JournalErrorKind, Learned, NewAsk, NewCase, Opened, Parked, Parking, Recorded, Version,
    WorkerId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqlitePoolOptions};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// How often to look whether another process asked something.
const GLANCE: Duration = Duration::from_millis(250);

/// A journal in a file, for one machine.
///
/// Several processes may have the same file open. Clones share everything; each is told by [`stirred`](Journal::stirred) for itself.
///
/// The file, its folder if it is missing, and the two files that SQLite puts beside it (`-wal`, `-shm`) are for their owner alone. A
/// backup needs the file and its `-wal` at one moment; `sqlite3 journal.db ".backup copy.db"` makes one while it is used. Before a backup
/// is put back, nothing may have the journal open, and the `-wal` and `-shm` that lie there must go: they belong to what is replaced.
pub struct SqliteJournal {
    shared: Arc<Shared>,
    heard: Heard,
}

struct Shared {
    file: PathBuf,
    settings: StoreSettings,
    sealer: Arc<Sealer>,
    bell: Arc<Bell>,
    writer: Arc<Writer>,
    readers: SqlitePool,
}

impl SqliteJournal {
    /// Opens the journal in a file, which is made if it is missing.
    ///
    /// # Errors
    /// If the file cannot be made, read or written, lies on a network file system (which is found out on Linux only), was written by a
    /// newer version, is no journal, or was made with another key or without one.
    pub async fn open(path: impl AsRef<Path>, settings: StoreSettings) -> Result<Self, JournalError> {
        let sealer = Arc::new(Sealer::new(settings.key.as_ref())?);
        let path = path.as_ref().to_owned();
        let prepared = tokio::task::spawn_blocking(move || file::prepare(&path)).await;
        let file = prepared.map_err(|_| {
            JournalError::new(
                JournalErrorKind::Other,
                "the journal was not opened: the program is about to end",
            )
        })??;
        let mut connection = file::open(&file, &settings, &sealer).await?;
        let of = |error| of_sqlite(&error, &file, Moment::Opening);
        let rung = stirs(&mut connection).await.map_err(of)?;
        let bell = Arc::new(Bell::new(rung));
        let readers = SqlitePoolOptions::new()
            .max_connections(settings.connections.max(1))
            .acquire_timeout(settings.busy)
            // They are in this process, so they are there.
            .test_before_acquire(false)
            .connect_lazy_with(file::to_read(&file, settings.busy));
        let writer = Writer::new(file.clone(), settings.clone(), sealer.clone(), bell.clone(), connection);
        let heard = bell.heard();
        let shared = Shared { file, settings, sealer, bell, writer: Arc::new(writer), readers };
        Ok(Self { shared: Arc::new(shared), heard })
    }

    /// Writes what waits to be written, and closes the file, for all clones.
    pub async fn close(&self) {
        self.shared.writer.close().await;
        self.shared.readers.close().await;
    }

    fn now_us(&self) -> i64 {
        to_us(self.shared.settings.now())
    }

    fn of(&self, trouble: impl Into<Trouble>) -> JournalError {
        // What only reads has written nothing, and need not say so.
        of_sqlite_trouble(trouble.into(), &self.shared.file, Moment::Opening)
    }

    /// One picture of the journal, however long one looks at it.
    async fn look(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, JournalError> {
        self.shared.readers.begin().await.map_err(|error| self.of(error))
    }
}

/// How often something was asked or opened, by anybody.
async fn stirs(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let n: i64 = sqlx::query_scalar("SELECT n FROM stirs").fetch_one(connection).await?;
    Ok(n.unsigned_abs())
}

/// Another handle; what was asked before it was made does not stir it.
impl Clone for SqliteJournal {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), heard: self.shared.bell.heard() }
    }
}

/// Shows no case, and no key.
impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = skattebro_domain::masking::mask(&self.shared.file.display().to_string());
        f.debug_struct("SqliteJournal").field("file", &file).finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    fn survives(&self) -> bool {
        true
    }

    async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError> {
        self.shared.writer.decide(Open(cases)).await
    }

    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError> {
        self.shared.writer.decide(Ask(ask)).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.shared.writer.submit(Claiming(claim)).await
    }

    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError> {
        let mut look = self.look().await?;
        let found = desk::find(&mut look, case).await.map_err(|trouble| self.of(trouble))?;
        let Some(found) = found else { return Ok(None) };
        if found.stirred && found.owner.as_ref() == Some(worker) {
            drop(look);
            return self.shared.writer.submit(Loading(worker.clone(), case.clone())).await;
        }
        read::whole(&mut look, case, &self.shared.sealer).await.map_err(|trouble| self.of(trouble))
    }

    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError> {
        self.shared.writer.decide(Begin(worker.clone(), intents)).await
    }

    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError> {
        self.shared.writer.decide(Learn(facts)).await
    }

    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError> {
        self.shared.writer.decide(Park(worker.clone(), parkings)).await
    }

    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError> {
        self.shared.writer.submit(GivingBack(worker.clone(), cases)).await
    }

    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError> {
        self.shared.writer.submit(Beating(worker.clone(), alive_for)).await
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError> {
        self.shared.writer.submit(Leaving(worker.clone())).await
    }

    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError> {
        self.shared.writer.submit(Releasing(case.clone(), self.shared.sealer.name(key))).await
    }

    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError> {
        let mut look = self.look().await?;
        read::whole(&mut look, case, &self.shared.sealer).await.map_err(|trouble| self.of(trouble))
    }

    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError> {
        let key = self.shared.sealer.name(key);
        let mut look = self.look().await?;
        read::holder(&mut look, &key, self.now_us()).await.map_err(|trouble| self.of(trouble))
    }

    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        let mut look = self.look().await?;
        read::list(&mut look, &filter, &self.shared.sealer).await.map_err(|trouble| self.of(trouble))
    }

    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError> {
        let mut look = self.look().await?;
        read::counts(&mut look, environment, self.now_us()).await.map_err(|trouble| self.of(trouble))
    }

    async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError> {
        self.shared.writer.submit(Removing(cases)).await
    }

    /// What this process writes is known at once; what another process writes, within a quarter of a second.
    async fn stirred(&self) {
        let glances = async {
            loop {
                tokio::time::sleep(GLANCE).await;
                // A journal that cannot be read now is asked again.
                if let Ok(mut reader) = self.shared.readers.acquire().await
                    && let Ok(rung) = stirs(&mut reader).await
                {
                    self.shared.bell.rung_in_all(rung);
                }
            }
        };
        futures_util::future::select(Box::pin(self.shared.bell.next(&self.heard)), Box::pin(glances)).await;
    }
}
