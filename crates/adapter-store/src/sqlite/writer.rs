//! One writer, and group commit.
//!
//! A disk makes some hundred writes durable a second, and makes a hundred things durable in one write as fast as one. So whatever waits
//! when the writer comes round is written in one transaction, and everybody is answered after its commit.
//!
//! The writer is a task that is there while there is something to write. A caller that goes away leaves its work in the queue, where it
//! is done whole, or not at all if it is void by then.

use super::jobs::{Coming, Job, Session, Work, closed};
use super::{desk, file};
use crate::StoreSettings;
use crate::bell::Bell;
use crate::crypt::Sealer;
use crate::desk::Move;
use crate::errors::{Moment, Trouble, of_sqlite, of_sqlite_trouble};
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// As many things are written in one transaction at most, so that the first does not wait for ever.
const LARGEST_GROUP: usize = 256;

/// Who has written for so long without a pause makes one, in which another process gets the lock for certain.
const TURN: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(4);

pub(super) struct Writer {
    file: PathBuf,
    settings: StoreSettings,
    sealer: Arc<Sealer>,
    bell: Arc<Bell>,
    queue: Mutex<Queue>,
    /// Only the writing task holds it, but for closing.
    connection: tokio::sync::Mutex<Option<SqliteConnection>>,
    #[cfg(test)]
    pub(super) max_pages: std::sync::atomic::AtomicU32,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_written: bool,
    is_closed: bool,
}

impl Writer {
    pub(super) fn new(
        file: PathBuf,
        settings: StoreSettings,
        sealer: Arc<Sealer>,
        bell: Arc<Bell>,
        connection: SqliteConnection,
    ) -> Self {
        Self {
            file,
            settings,
            sealer,
            bell,
            queue: Mutex::default(),
            connection: tokio::sync::Mutex::new(Some(connection)),
            #[cfg(test)]
            max_pages: 0.into(),
        }
    }

    /// Does `work` in the next transaction, and answers when that is on the disk.
    pub(super) async fn submit<W: Work>(self: &Arc<Self>, work: W) -> Result<W::Answer, JournalError> {
        let (job, coming) = Job::of_work(work);
        self.wait_for(job, coming).await
    }

    /// The same of a move.
    pub(super) async fn decide<M: Move>(self: &Arc<Self>, what: M) -> Result<M::Answer, JournalError> {
        let (job, coming) = Job::of_move(what);
        self.wait_for(job, coming).await
    }

    async fn wait_for<A>(self: &Arc<Self>, job: Job, coming: Coming<A>) -> Result<A, JournalError> {
        {
            let mut queue = self.queue();
            if queue.is_closed {
                return Err(closed());
            }
            queue.jobs.push_back(job);
            if !std::mem::replace(&mut queue.is_written, true) {
                let writing = Writing { writer: self.clone(), is_done: false };
                tokio::spawn(async move { writing.write_all().await });
            }
        }
        coming.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Lets what waits be written, and nothing after it.
    pub(super) async fn close(&self) {
        self.queue().is_closed = true;
        loop {
            let connection = self.connection.lock().await;
            if !self.queue().is_written {
                let mut connection = connection;
                if let Some(connection) = connection.take() {
                    // The journal is whole without that: closing only tidies the log up.
                    _ = connection.close().await;
                }
                return;
            }
            drop(connection);
            tokio::task::yield_now().await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes some jobs, if possible at once, and answers them.
    async fn write(&self, connection: &mut Option<SqliteConnection>, mut jobs: Vec<Job>) {
        let written = self.transaction(connection, &mut jobs).await;
        match written {
            Ok(()) => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
            Err(Failed::Job(_)) if jobs.len() > 1 => {
                // One of them spoils it for the others, so each gets a transaction of its own.
                for job in jobs {
                    Box::pin(self.write(connection, vec![job])).await;
                }
            }
            Err(Failed::Job(error) | Failed::All(error)) => {
                jobs.into_iter().for_each(|job| job.answer(Err(&error)));
            }
        }
    }

    async fn transaction(&self, kept: &mut Option<SqliteConnection>, jobs: &mut [Job]) -> Result<(), Failed> {
        let of = |error: sqlx::Error, moment| of_sqlite(&error, &self.file, moment);
        // It is given back only where it is known to be outside of a transaction, so also not when this future is dropped.
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => {
                let opened = file::writer(&self.file, self.settings.busy).await;
                opened.map_err(|error| Failed::All(of(error, Moment::Working)))?
            }
        };
        #[cfg(test)]
        self.limit_pages(&mut connection).await;
        if let Err(error) = file::begin(&mut connection, self.settings.busy).await {
            let error = of(error, Moment::Working);
            if error.kind() == JournalErrorKind::Busy {
                *kept = Some(connection);
            }
            return Err(Failed::All(error));
        }
        match self.run(&mut connection, jobs).await {
            Ok(rung) => {
                let committed = sqlx::query("COMMIT").execute(&mut connection).await;
                committed.map_err(|error| Failed::All(of(error, Moment::Committing)))?;
                *kept = Some(connection);
                rung.into_iter().for_each(|rung| self.bell.rung_in_all(rung));
                Ok(())
            }
            Err(trouble) => {
                if sqlx::query("ROLLBACK").execute(&mut connection).await.is_ok() {
                    *kept = Some(connection);
                }
                Err(Failed::Job(of_sqlite_trouble(trouble, &self.file, Moment::Working)))
            }
        }
    }

    /// Answers how often it was rung in all, if it was by these.
    async fn run(&self, connection: &mut SqliteConnection, jobs: &mut [Job]) -> Result<Option<u64>, Trouble> {
        let mut stirs = false;
        let mut rest = jobs;
        while !rest.is_empty() {
            let now_us = crate::times::to_us(self.settings.now());
            let mut session = Session { connection, sealer: &self.sealer, now_us, stirs: false };
            let moves = rest.iter().take_while(|job| job.is_move()).count();
            let (first, later) = rest.split_at_mut(moves.max(1));
            match first {
                [Job::Work(work)] => work.run(&mut session).await?,
                moves => desk::decide(&mut session, moves).await?,
            }
            stirs |= session.stirs;
            rest = later;
        }
        if !stirs {
            return Ok(None);
        }
        let rung: i64 =
            sqlx::query_scalar("UPDATE stirs SET n = n + 1 RETURNING n").fetch_one(connection).await?;
        Ok(Some(rung.unsigned_abs()))
    }

    #[cfg(test)]
    async fn limit_pages(&self, connection: &mut SqliteConnection) {
        let pages = self.max_pages.load(std::sync::atomic::Ordering::Relaxed);
        if pages > 0 {
            let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::query(pragma).execute(connection).await.unwrap();
        }
    }
}

/// What a failure concerns.
enum Failed {
    /// One of the jobs; the others may do without it.
    Job(JournalError),
    All(JournalError),
}

/// The task that writes. When it ends, for whatever reason, the next caller starts another.
struct Writing {
    writer: Arc<Writer>,
    is_done: bool,
}

impl Writing {
    async fn write_all(mut self) {
        let mut since = Instant::now();
        loop {
            if since.elapsed() > TURN {
                tokio::time::sleep(PAUSE).await;
                since = Instant::now();
            }
            // Whoever was just answered may have more.
            tokio::task::yield_now().await;
            let mut connection = self.writer.connection.lock().await;
            let jobs: Vec<_> = {
                let mut queue = self.writer.queue();
                let count = queue.jobs.len().min(LARGEST_GROUP);
                if count == 0 {
                    queue.is_written = false;
                    self.is_done = true;
                    return;
                }
                queue.jobs.drain(..count).collect()
            };
            let jobs: Vec<_> = jobs.into_iter().filter(|job| !job.is_void()).collect();
            if !jobs.is_empty() {
                self.writer.write(&mut connection, jobs).await;
            }
        }
    }
}

impl Drop for Writing {
    /// Also when the runtime is stopped under it: what waits then is told so.
    fn drop(&mut self) {
        if !self.is_done {
            let mut queue = self.writer.queue();
            queue.is_written = false;
            queue.jobs.clear();
        }
    }
}
