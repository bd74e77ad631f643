//! One transaction a call, and what is done when it meets another.

use super::Shared;
use crate::crypt::Sealer;
use crate::errors::{Moment, Trouble, is_collision, of_postgres};
use async_trait::async_trait;
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Connection, Transaction};
use std::time::Duration;

/// How often something is done again that met something else. Twice is rare.
const ATTEMPTS: u64 = 10;

/// Now, in microseconds: what is bound as this parameter, or else the database's clock.
macro_rules! now_us {
    ($parameter:literal) => {
        concat!(
            "COALESCE(",
            $parameter,
            "::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
        )
    };
}

pub(crate) use now_us;

/// Something that is done within a transaction. It may be done again, in another one, until one is committed.
#[async_trait]
pub(super) trait Work: Send + Sync {
    type Answer: Send;

    async fn run(&self, session: &mut Session<'_>) -> Result<Self::Answer, Trouble>;
}

/// A transaction, and what one needs in it.
pub(super) struct Session<'t> {
    pub(super) db: &'t mut PgConnection,
    pub(super) sealer: &'t Sealer,
    /// The test's clock, if there is one; else the database's counts.
    pub(super) clock_us: Option<i64>,
    /// Set when somebody who waits for something to do should look.
    pub(super) stirs: bool,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// Each statement sees what was committed before it, and locks are taken before what they guard is read.
    Write,
    /// All statements see one picture.
    Read,
}

impl Purpose {
    fn begin(self) -> &'static str {
        match self {
            Self::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// What only reads has written nothing, and need not say so.
    fn of(self, error: &sqlx::Error, moment: Moment) -> JournalError {
        match self {
            Self::Write => of_postgres(error, moment),
            Self::Read => of_postgres(error, Moment::Opening),
        }
    }
}

impl Shared {
    /// Does some work, once. When it is committed and somebody should look, everybody is told.
    pub(super) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, JournalError> {
        self.carry_out(work, Purpose::Write).await
    }

    /// Looks, at one picture of the journal.
    pub(super) async fn read<W: Work>(&self, work: W) -> Result<W::Answer, JournalError> {
        self.carry_out(work, Purpose::Read).await
    }

    async fn carry_out<W: Work>(&self, work: W, purpose: Purpose) -> Result<W::Answer, JournalError> {
        self.in_time(async {
            for attempt in 1..=ATTEMPTS {
                match self.attempt(&work, purpose).await {
                    Err(Trouble::Collision) => {
                        let pause = attempt * 3 + u64::from(attempt.is_multiple_of(2));
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                    }
                    Ok(answer) => return Ok(answer),
                    Err(Trouble::Journal(error)) => return Err(error),
                    Err(Trouble::Database(error)) => return Err(purpose.of(&error, Moment::Working)),
                }
            }
            let text = "the same cases and keys are written by others all the time, or connections are lost; try again. \
                        Nothing of this was written.";
            Err(JournalError::new(JournalErrorKind::Busy, text))
        })
        .await
    }

    async fn attempt<W: Work>(&self, work: &W, purpose: Purpose) -> Result<W::Answer, Trouble> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction: Transaction<'_, Postgres> = connection
            .begin_with(purpose.begin())
            .await
            .map_err(|error| match of_postgres(&error, Moment::Working).kind() {
                // It was lost while nobody used it, and there are others.
                JournalErrorKind::Unreachable => Trouble::Collision,
                _ => Trouble::Database(error),
            })?;
        let mut session =
            Session { db: &mut transaction, sealer: &self.sealer, clock_us: self.clock_us(), stirs: false };
        let answer = work.run(&mut session).await.map_err(collision)?;
        let stirs = session.stirs;
        if stirs {
            sqlx::query("SELECT pg_notify($1, $2)")
                .bind(&self.channel)
                .bind(&self.token)
                .execute(&mut *transaction)
                .await?;
        }
        match transaction.commit().await {
            Err(error) if is_collision(&error) => Err(Trouble::Collision),
            Err(error) => Err(purpose.of(&error, Moment::Committing).into()),
            Ok(()) => {
                if stirs {
                    self.bell.ring();
                }
                Ok(answer)
            }
        }
    }

    async fn in_time<A>(
        &self,
        answer: impl Future<Output = Result<A, JournalError>> + Send,
    ) -> Result<A, JournalError> {
        let limit = self.settings.answer_within;
        tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
            let text = format!(
                "the database of the journal did not answer within {} s; check the network and that it runs. What was being \
                 written may be there or not; nothing is sent before the cases are read again.",
                limit.as_secs()
            );
            Err(JournalError::new(JournalErrorKind::Unreachable, text))
        })
    }
}

fn collision(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Database(error) if is_collision(&error) => Trouble::Collision,
        other => other,
    }
}
