//! How to get to the database, and what tables are in it.

use crate::StoreSettings;
use crate::crypt::Sealer;
use crate::errors::{Moment, Trouble, damaged, of_postgres};
use crate::schema::{self, Memory};
use crate::times::to_us;
use skattebro_ports::journal::JournalError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::time::Duration;

/// A connection that does nothing within a transaction for so long belongs to a process that was frozen or is gone, and holds locks.
const LONGEST_PAUSE: &str = "60s";

/// A connection that lay idle for longer is asked whether it is still there.
const FRESH: Duration = Duration::from_secs(1);

pub(super) fn options(url: &str) -> Result<PgConnectOptions, JournalError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| of_postgres(&error, Moment::Opening))?;
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("skattebro"),
    };
    Ok(options.disable_statement_logging())
}

pub(super) fn pool(options: PgConnectOptions, settings: &StoreSettings) -> PgPool {
    let lock_timeout = format!("{}ms", settings.busy.as_millis().max(1));
    PgPoolOptions::new()
        .max_connections(settings.connections.max(1))
        .acquire_timeout(settings.answer_within)
        .idle_timeout(Duration::from_secs(600))
        // One that was used a moment ago is most likely there; asking each time would be a round trip more for each call.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for < FRESH {
                    return Ok(true);
                }
                Ok(connection.ping().await.is_ok())
            })
        })
        .after_connect(move |connection, _| {
            let lock_timeout = lock_timeout.clone();
            Box::pin(async move {
                // Whoever set the server to lose what it has just written did not think of a journal.
                sqlx::query(
                    "SELECT set_config('lock_timeout', $1, false), \
                     set_config('idle_in_transaction_session_timeout', $2, false), \
                     set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
                       ELSE current_setting('synchronous_commit') END, false)",
                )
                .bind(lock_timeout)
                .bind(LONGEST_PAUSE)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .connect_lazy_with(options)
}

/// Sets the tables up, or checks them.
pub(super) async fn set_up(pool: &PgPool, settings: &StoreSettings, sealer: &Sealer) -> Result<(), Trouble> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let db = &mut *transaction;
    // One at a time, in this schema of this database.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('skattebro ' || current_schema(), 0))")
        .execute(&mut *db)
        .await?;
    let memory = recall(db).await?;
    let is_new = memory.steps.is_empty();
    if !is_new {
        schema::check_key(&memory, sealer)?;
    }
    for step in schema::pending(schema::POSTGRES, &memory)? {
        sqlx::raw_sql(step.sql).execute(&mut *db).await?;
        sqlx::query("INSERT INTO schema_history (version, digest, applied_us) VALUES ($1, $2, $3)")
            .bind(step.version)
            .bind(step.digest())
            .bind(to_us(settings.now()))
            .execute(&mut *db)
            .await?;
    }
    if is_new {
        let (scheme, key_check) = schema::encryption(sealer);
        sqlx::query("INSERT INTO encryption (one, scheme, key_check) VALUES (1, $1, $2)")
            .bind(scheme)
            .bind(key_check)
            .execute(&mut *db)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn recall(db: &mut PgConnection) -> Result<Memory, Trouble> {
    let (schema, there): (Option<String>, bool) =
        sqlx::query_as("SELECT current_schema()::text, to_regclass('schema_history') IS NOT NULL")
            .fetch_one(&mut *db)
            .await?;
    if schema.is_none() {
        return Err(damaged("it has no schema that is searched (search_path)").into());
    }
    if !there {
        sqlx::raw_sql(schema::TABLES).execute(&mut *db).await?;
    }
    let steps = sqlx::query_as("SELECT version, digest FROM schema_history ORDER BY version")
        .fetch_all(&mut *db)
        .await?;
    let encryption =
        sqlx::query_as("SELECT scheme, key_check FROM encryption").fetch_optional(&mut *db).await?;
    Ok(Memory { steps, encryption })
}

/// Where asks are announced: to all who use the same schema of the same database.
pub(super) async fn channel(pool: &PgPool) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT 'skattebro_' || md5(current_schema())").fetch_one(pool).await
}
