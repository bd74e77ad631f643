//! Who owns what: claims and hearts, with PostgreSQL.

use super::desk::parse;
use super::read::whole;
use super::transaction::{Session, Work, now_us};
use crate::errors::Trouble;
use crate::rows::{KeptCase, case_columns, in_order, name};
use crate::times::{from_us, to_us};
use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_ports::journal::{Beat, CaseId, Claim, Claimed, WorkerId};
use sqlx::Row;
use sqlx::postgres::PgConnection;
use std::collections::HashSet;
use std::time::Duration;

/// How long a dead worker is remembered. Forgotten it is as dead.
const MEMORY_OF_THE_DEAD_US: i64 = 3_600_000_000;

pub(super) struct Claiming(pub(super) Claim);

#[async_trait]
impl Work for Claiming {
    type Answer = Claimed;

    async fn run(&self, session: &mut Session<'_>) -> Result<Claimed, Trouble> {
        let Self(claim) = self;
        let (now_us, lives): (i64, bool) = sqlx::query_as(concat!(
            "SELECT now.us, EXISTS (SELECT 1 FROM workers WHERE id = $1 AND alive_until_us > now.us) FROM (SELECT ",
            now_us!("$2"),
            " AS us) AS now"
        ))
        .bind(claim.worker.as_str())
        .bind(session.clock_us)
        .fetch_one(&mut *session.db)
        .await?;
        let dead = dead(session.db, now_us).await?;
        let chosen = match &claim.only {
            _ if !lives => Vec::new(),
            None => claimable(session.db, claim, &dead).await?,
            Some(only) => claimable_among(session.db, claim, only, now_us).await?,
        };
        let cases = match chosen.is_empty() {
            true => Vec::new(),
            false => take(session, claim, &chosen).await?,
        };
        Ok(Claimed { cases, next_due: next_due(session.db, claim, &dead).await? })
    }
}

async fn take(
    session: &mut Session<'_>,
    claim: &Claim,
    chosen: &[CaseId],
) -> Result<Vec<skattebro_ports::journal::Case>, Trouble> {
    let ids: Vec<&str> = chosen.iter().map(|id| id.as_str()).collect();
    let rows = sqlx::query(concat!(
        "UPDATE cases SET owner = $2, stirred = false WHERE id = ANY($1) RETURNING ",
        case_columns!()
    ))
    .bind(&ids)
    .bind(claim.worker.as_str())
    .fetch_all(&mut *session.db)
    .await?;
    let mut taken = rows.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let place = |case: &KeptCase| chosen.iter().position(|id| *id == case.id);
    taken.sort_by_key(place);
    whole(session.db, &taken, session.sealer).await
}

/// The dead who own something. Each owner is found in the index by the one before, so that it does not matter how much the living own.
///
/// They are locked, so that none of them comes to life before it is known what was taken from it.
async fn dead(db: &mut PgConnection, now_us: i64) -> Result<Vec<String>, Trouble> {
    let mut dead = owners_but_living(db, now_us).await?;
    if !dead.is_empty() {
        let locked: Vec<(String, i64)> =
            sqlx::query_as("SELECT id, alive_until_us FROM workers WHERE id = ANY($1) ORDER BY id FOR SHARE")
                .bind(&dead)
                .fetch_all(db)
                .await?;
        let living: HashSet<String> =
            locked.into_iter().filter(|(_, until_us)| *until_us > now_us).map(|(id, _)| id).collect();
        dead.retain(|id| !living.contains(id));
    }
    Ok(dead)
}

pub(super) async fn owners_but_living(db: &mut PgConnection, now_us: i64) -> Result<Vec<String>, Trouble> {
    let dead = sqlx::query_scalar(
        "WITH RECURSIVE owners (owner) AS ( \
           (SELECT owner FROM cases WHERE owner IS NOT NULL ORDER BY owner LIMIT 1) \
           UNION ALL \
           SELECT (SELECT c.owner FROM cases c WHERE c.owner > owners.owner ORDER BY c.owner LIMIT 1) \
           FROM owners WHERE owners.owner IS NOT NULL) \
         SELECT owner FROM owners WHERE owner IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = owners.owner AND w.alive_until_us > $1)",
    )
    .bind(now_us)
    .fetch_all(db)
    .await?;
    Ok(dead)
}

/// What nobody alive owns and is due, the longest due first, and is not just being written by somebody else. All of it is locked.
async fn claimable(db: &mut PgConnection, claim: &Claim, dead: &[String]) -> Result<Vec<CaseId>, Trouble> {
    let except: Vec<&str> = claim.except.iter().map(|id| id.as_str()).collect();
    let max = i64::try_from(claim.max).unwrap_or(i64::MAX);
    let nobodys = sqlx::query_as(
        "SELECT due_us, seq, id FROM cases WHERE environment = $1 AND owner IS NULL AND state = 'due' AND due_us <= $2 \
         AND id <> ALL($3) ORDER BY due_us, seq LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED",
    );
    let nobodys = nobodys.bind(claim.environment.as_str()).bind(to_us(claim.now)).bind(&except).bind(max);
    let mut found: Vec<(i64, i64, String)> = nobodys.fetch_all(&mut *db).await?;
    for owner in dead {
        let theirs = sqlx::query_as(
            "SELECT due_us, seq, id FROM cases WHERE environment = $1 AND owner = $5 AND state = 'due' AND due_us <= $2 \
             AND id <> ALL($3) ORDER BY due_us, seq LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED",
        );
        let theirs = theirs.bind(claim.environment.as_str()).bind(to_us(claim.now)).bind(&except).bind(max);
        found.extend(theirs.bind(owner).fetch_all(&mut *db).await?);
    }
    found.sort_unstable();
    found.truncate(claim.max);
    Ok(found.into_iter().map(|(_, _, id)| name(&id)).collect::<Result<_, _>>()?)
}

async fn claimable_among(
    db: &mut PgConnection,
    claim: &Claim,
    only: &[CaseId],
    now_us: i64,
) -> Result<Vec<CaseId>, Trouble> {
    let only: Vec<&str> = only.iter().filter(|id| !claim.except.contains(id)).map(|id| id.as_str()).collect();
    let rows = sqlx::query(concat!(
        "SELECT ",
        case_columns!(),
        " FROM cases WHERE id = ANY($1) AND environment = $2 ORDER BY id FOR NO KEY UPDATE"
    ))
    .bind(&only)
    .bind(claim.environment.as_str())
    .fetch_all(&mut *db)
    .await?;
    let found = rows.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let others: Vec<&str> = found
        .iter()
        .filter_map(|case| Some(case.owner.as_ref()?.as_str()))
        .filter(|owner| *owner != claim.worker.as_str())
        .collect();
    let living: Vec<String> = match others.is_empty() {
        true => Vec::new(),
        false => {
            sqlx::query_scalar(
                "SELECT id FROM workers WHERE id = ANY($1) AND alive_until_us > $2 ORDER BY id FOR SHARE",
            )
            .bind(&others)
            .bind(now_us)
            .fetch_all(db)
            .await?
        }
    };
    let is_free = |case: &KeptCase| match &case.owner {
        None => true,
        Some(owner) => *owner == claim.worker || !living.iter().any(|id| id == owner.as_str()),
    };
    Ok(in_order(found.into_iter().filter(is_free).collect(), claim.max))
}

async fn next_due(
    db: &mut PgConnection,
    claim: &Claim,
    dead: &[String],
) -> Result<Option<Timestamp>, Trouble> {
    let except: Vec<&str> = claim.except.iter().map(|id| id.as_str()).collect();
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT least( \
           (SELECT due_us FROM cases WHERE environment = $1 AND owner IS NULL AND state = 'due' AND id <> ALL($2) \
            ORDER BY due_us LIMIT 1), \
           (SELECT min(theirs.due_us) FROM unnest($3::text[]) AS dead (owner), LATERAL ( \
              SELECT due_us FROM cases WHERE environment = $1 AND owner = dead.owner AND state = 'due' AND id <> ALL($2) \
              ORDER BY due_us LIMIT 1) AS theirs))",
    )
    .bind(claim.environment.as_str())
    .bind(&except)
    .bind(dead)
    .fetch_one(db)
    .await?;
    Ok(next.and_then(from_us))
}

pub(super) struct Beating(pub(super) WorkerId, pub(super) Duration);

#[async_trait]
impl Work for Beating {
    type Answer = Beat;

    async fn run(&self, session: &mut Session<'_>) -> Result<Beat, Trouble> {
        let Self(worker, alive_for) = self;
        let alive_for_us =
            i64::try_from(alive_for.as_micros()).unwrap_or(i64::MAX).min(to_us(Timestamp::MAX) / 2);
        // Whoever takes from the dead holds this row, so from here on nobody takes anything from this worker.
        let beaten = sqlx::query(concat!(
            "WITH now AS MATERIALIZED (SELECT ",
            now_us!("$3"),
            " AS us), before AS (SELECT alive_until_us FROM workers WHERE id = $1) \
             INSERT INTO workers (id, alive_until_us) SELECT $1, now.us + $2 FROM now \
             ON CONFLICT (id) DO UPDATE SET alive_until_us = excluded.alive_until_us \
             RETURNING (SELECT us FROM now), (SELECT alive_until_us FROM before)"
        ))
        .bind(worker.as_str())
        .bind(alive_for_us)
        .bind(session.clock_us)
        .fetch_one(&mut *session.db)
        .await?;
        let (now_us, before_us): (i64, Option<i64>) = (beaten.try_get(0)?, beaten.try_get(1)?);
        let had_stopped = before_us.is_none_or(|until_us| until_us <= now_us);
        if had_stopped {
            sqlx::query(
                "DELETE FROM workers WHERE id IN \
                 (SELECT id FROM workers WHERE alive_until_us < $1 ORDER BY id FOR UPDATE SKIP LOCKED)",
            )
            .bind(now_us - MEMORY_OF_THE_DEAD_US)
            .execute(&mut *session.db)
            .await?;
        }
        let stirred = "SELECT id FROM cases WHERE owner = $1 AND stirred ORDER BY seq";
        let stirred = ids(session.db, stirred, worker).await?;
        let still = match had_stopped {
            true => {
                Some(ids(session.db, "SELECT id FROM cases WHERE owner = $1 ORDER BY seq", worker).await?)
            }
            false => None,
        };
        Ok(Beat { stirred, still })
    }
}

async fn ids(db: &mut PgConnection, sql: &'static str, worker: &WorkerId) -> Result<Vec<CaseId>, Trouble> {
    let ids: Vec<String> = sqlx::query_scalar(sql).bind(worker.as_str()).fetch_all(db).await?;
    Ok(ids.iter().map(|id| name(id)).collect::<Result<_, _>>()?)
}
