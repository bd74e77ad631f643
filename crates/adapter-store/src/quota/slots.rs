//! The rows of the slots. Each statement is a transaction of its own.

use crate::postgres::now_us;
use skattebro_ports::journal::WorkerId;
use skattebro_ports::{Api, CallKind};
use sqlx::postgres::PgPool;
use std::time::Duration;

/// So many calls at a time.
const CALLS: usize = 5;

/// How long after its end what a process asked for may still keep the service busy.
pub(super) const AFTER_THE_END: Duration = Duration::from_secs(30);

/// Who waits says so again before this has passed.
const WAITS_FOR_US: i64 = 2_000_000;

/// The slots of one API, for one organisation, in one environment.
#[derive(Debug)]
pub(super) struct Slots {
    pub(super) pool: PgPool,
    pub(super) environment: String,
    pub(super) api: &'static str,
    pub(super) organisation: String,
    /// Tells this process from others.
    pub(super) process: String,
    /// Whether a process by its name has ended, where that can be told.
    pub(super) has_ended: Option<fn(&WorkerId) -> bool>,
}

pub(super) fn name(api: Api) -> &'static str {
    match api {
        Api::Skattemelding => "skattemelding",
        Api::Innkreving => "innkreving",
        Api::Altinn => "altinn",
    }
}

/// Binds what every statement begins with: `$1` to `$4`.
macro_rules! query {
    ($slots:expr, $clock_us:expr, $($sql:tt)+) => {
        sqlx::query(concat!($($sql)+))
            .bind(&$slots.environment)
            .bind($slots.api)
            .bind(&$slots.organisation)
            .bind($clock_us)
    };
}

impl Slots {
    /// Makes the rows, unless they are there.
    pub(super) async fn ensure(&self) -> Result<(), sqlx::Error> {
        query!(
            self,
            None::<i64>,
            "INSERT INTO slots (environment, api, organisation, class, n, until_us) \
             SELECT $1, $2, $3, of.class, n, COALESCE($4, 0) FROM unnest($5::text[], $6::int[]) AS of (class, most), \
             generate_series(1, of.most) AS n ON CONFLICT DO NOTHING"
        )
        .bind(["call", "upload", "look"])
        .bind([CallKind::Short, CallKind::Upload, CallKind::Look].map(|kind| kind.at_most(CALLS) as i32))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes a slot for `holder`, who has had none, if one is free. An upload or a look takes one of its kind as well, or none at all.
    pub(super) async fn take(
        &self,
        holder: &str,
        kind: CallKind,
        lease: Duration,
        clock_us: Option<i64>,
    ) -> Result<bool, sqlx::Error> {
        let of_kind = match kind {
            CallKind::Short => None,
            CallKind::Upload => Some("upload"),
            CallKind::Look => Some("look"),
        };
        let taken = query!(
            self,
            clock_us,
            "WITH now AS MATERIALIZED (SELECT ",
            now_us!("$4"),
            " AS us), a_call AS MATERIALIZED ( \
               SELECT class, n FROM slots, now WHERE environment = $1 AND api = $2 AND organisation = $3 AND class = 'call' \
               AND until_us <= now.us LIMIT 1 FOR UPDATE OF slots SKIP LOCKED), of_kind AS MATERIALIZED ( \
               SELECT class, n FROM slots, now WHERE environment = $1 AND api = $2 AND organisation = $3 \
               AND class = $7 AND until_us <= now.us LIMIT 1 FOR UPDATE OF slots SKIP LOCKED) \
             UPDATE slots SET holder = $5, until_us = now.us + $6 FROM now \
             WHERE environment = $1 AND api = $2 AND organisation = $3 AND ($7::text IS NULL OR EXISTS (SELECT 1 FROM of_kind)) \
             AND EXISTS (SELECT 1 FROM a_call) \
             AND (class, n) IN (SELECT class, n FROM a_call UNION ALL SELECT class, n FROM of_kind)"
        )
        .bind(holder)
        .bind(micros(lease))
        .bind(of_kind)
        .execute(&self.pool)
        .await?;
        Ok(taken.rows_affected() > 0)
    }

    /// Keeps what `holder` has for another `lease`, unless another process waits or it has run out.
    pub(super) async fn keep(
        &self,
        holder: &str,
        lease: Duration,
        clock_us: Option<i64>,
    ) -> Result<bool, sqlx::Error> {
        let kept = query!(
            self,
            clock_us,
            "WITH now AS MATERIALIZED (SELECT ",
            now_us!("$4"),
            " AS us) UPDATE slots SET until_us = now.us + $6 FROM now \
             WHERE environment = $1 AND api = $2 AND organisation = $3 AND holder = $5 AND until_us > now.us \
             AND NOT EXISTS (SELECT 1 FROM slot_waiters w WHERE w.environment = $1 AND w.api = $2 AND w.organisation = $3 \
             AND w.holder <> $7 AND w.until_us > now.us)"
        )
        .bind(holder)
        .bind(micros(lease))
        .bind(&self.process)
        .execute(&self.pool)
        .await?;
        Ok(kept.rows_affected() > 0)
    }

    /// Gives back what these holders have; what ran out is another's by now, and stays so.
    pub(super) async fn give_back(&self, holders: &[String]) -> Result<(), sqlx::Error> {
        query!(
            self,
            None::<i64>,
            "UPDATE slots SET holder = NULL, until_us = COALESCE($4, 0) \
             WHERE environment = $1 AND api = $2 AND organisation = $3 AND holder = ANY($5)"
        )
        .bind(holders)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Leases of processes that have ended run out soon: a lease is as long as its call may take, which is an hour for a large answer.
    pub(super) async fn shorten_of_the_ended(&self, clock_us: Option<i64>) -> Result<(), sqlx::Error> {
        let Some(has_ended) = self.has_ended else { return Ok(()) };
        let held: Vec<String> = sqlx::query_scalar(concat!(
            "SELECT DISTINCT holder FROM slots WHERE environment = $1 AND api = $2 AND organisation = $3 \
             AND holder IS NOT NULL AND until_us > ",
            now_us!("$4"),
            " + $5"
        ))
        .bind(&self.environment)
        .bind(self.api)
        .bind(&self.organisation)
        .bind(clock_us)
        .bind(micros(AFTER_THE_END))
        .fetch_all(&self.pool)
        .await?;
        let is_over = |holder: &String| {
            let process = holder.rsplit_once('-').and_then(|(process, _)| process.parse().ok());
            process.is_some_and(|process| has_ended(&process))
        };
        let over: Vec<String> = held.into_iter().filter(is_over).collect();
        if over.is_empty() {
            return Ok(());
        }
        query!(
            self,
            clock_us,
            "UPDATE slots SET until_us = LEAST(until_us, ",
            now_us!("$4"),
            " + $6) WHERE environment = $1 AND api = $2 AND organisation = $3 AND holder = ANY($5)"
        )
        .bind(over)
        .bind(micros(AFTER_THE_END))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Lets others know that this process waits, so that they do not keep everything to themselves.
    pub(super) async fn say_waiting(&self, clock_us: Option<i64>) -> Result<(), sqlx::Error> {
        query!(
            self,
            clock_us,
            "INSERT INTO slot_waiters (environment, api, organisation, holder, until_us) SELECT $1, $2, $3, $5, ",
            now_us!("$4"),
            " + $6 ON CONFLICT (environment, api, organisation, holder) DO UPDATE SET until_us = excluded.until_us"
        )
        .bind(&self.process)
        .bind(WAITS_FOR_US)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Lets others know that this process does not wait any more, and forgets who went without saying so.
    pub(super) async fn say_served(&self, clock_us: Option<i64>) -> Result<(), sqlx::Error> {
        query!(
            self,
            clock_us,
            "DELETE FROM slot_waiters WHERE environment = $1 AND api = $2 AND organisation = $3 \
             AND (holder = $5 OR until_us < ",
            now_us!("$4"),
            " - 60000000)"
        )
        .bind(&self.process)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn micros(time: Duration) -> i64 {
    // Longer than anything lasts, and added to a time it is still one.
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX).min(i64::MAX / 4)
}
