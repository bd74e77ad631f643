//! Who owns what: claims, hearts, and what is let go, with SQLite.

use super::desk::find;
use super::jobs::{Session, Work};
use super::read::{json_list, whole};
use crate::errors::Trouble;
use crate::rows::{KeptCase, in_order, name};
use crate::times::{after, from_us};
use async_trait::async_trait;
use skattebro_ports::journal::{Beat, Case, CaseId, Claim, Claimed, Version, WorkerId};
use sqlx::sqlite::SqliteConnection;
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) struct Claiming(pub(super) Claim);

#[async_trait]
impl Work for Claiming {
    type Answer = Claimed;

    /// Nobody would work on what was claimed.
    const VOID_WHEN_ABANDONED: bool = true;

    async fn run(&self, session: &mut Session<'_>) -> Result<Claimed, Trouble> {
        let Self(claim) = self;
        let living = living(session, &claim.worker).await?;
        let chosen = match &claim.only {
            _ if !living => Vec::new(),
            None => claimable(session, claim).await?,
            Some(only) => claimable_among(session, claim, only).await?,
        };
        let mut cases = Vec::with_capacity(chosen.len());
        for id in chosen {
            sqlx::query("UPDATE cases SET owner = $2, stirred = 0 WHERE id = $1")
                .bind(id.as_str())
                .bind(claim.worker.as_str())
                .execute(&mut *session.connection)
                .await?;
            cases.extend(whole(session.connection, &id, session.sealer).await?);
        }
        Ok(Claimed { cases, next_due: next_due(session, claim).await? })
    }
}

async fn living(session: &mut Session<'_>, worker: &WorkerId) -> Result<bool, Trouble> {
    let alive = "SELECT EXISTS (SELECT 1 FROM workers WHERE id = $1 AND alive_until_us > $2)";
    let alive = sqlx::query_scalar(alive).bind(worker.as_str()).bind(session.now_us);
    Ok(alive.fetch_one(&mut *session.connection).await?)
}

/// Nobody, and the dead who own something. Each owner is found in the index by the one before, so that it does not matter how much the
/// living own.
pub(super) async fn not_living(
    db: &mut SqliteConnection,
    now_us: i64,
) -> Result<Vec<Option<String>>, Trouble> {
    let dead: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE owners (owner) AS ( \
           SELECT min(owner) FROM cases WHERE owner IS NOT NULL \
           UNION ALL \
           SELECT (SELECT min(owner) FROM cases WHERE owner > owners.owner) FROM owners WHERE owners.owner IS NOT NULL) \
         SELECT owner FROM owners WHERE owner IS NOT NULL \
         AND owner NOT IN (SELECT id FROM workers WHERE alive_until_us > $1)",
    )
    .bind(now_us)
    .fetch_all(db)
    .await?;
    Ok(std::iter::once(None).chain(dead.into_iter().map(Some)).collect())
}

/// What nobody alive owns and is due, the longest due first.
async fn claimable(session: &mut Session<'_>, claim: &Claim) -> Result<Vec<CaseId>, Trouble> {
    let except = json_list(&claim.except);
    let mut found: Vec<(i64, i64, String)> = Vec::new();
    for owner in not_living(session.connection, session.now_us).await? {
        let due: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT due_us, seq, id FROM cases \
             WHERE environment = $1 AND owner IS $2 AND state = 'due' AND due_us <= $3 \
             AND id NOT IN (SELECT value FROM json_each($4)) ORDER BY due_us, seq LIMIT $5",
        )
        .bind(claim.environment.as_str())
        .bind(owner)
        .bind(crate::times::to_us(claim.now))
        .bind(&except)
        .bind(i64::try_from(claim.max).unwrap_or(i64::MAX))
        .fetch_all(&mut *session.connection)
        .await?;
        found.extend(due);
    }
    found.sort_unstable();
    found.truncate(claim.max);
    Ok(found.into_iter().map(|(_, _, id)| name(&id)).collect::<Result<_, _>>()?)
}

async fn claimable_among(
    session: &mut Session<'_>,
    claim: &Claim,
    only: &[CaseId],
) -> Result<Vec<CaseId>, Trouble> {
    let mut found: Vec<KeptCase> = Vec::new();
    for id in only.iter().collect::<BTreeSet<_>>() {
        let Some(case) = find(session.connection, id).await? else { continue };
        if case.environment != claim.environment || claim.except.contains(id) {
            continue;
        }
        let is_free = match &case.owner {
            None => true,
            Some(owner) => *owner == claim.worker || !living(session, owner).await?,
        };
        found.extend(is_free.then_some(case));
    }
    Ok(in_order(found, claim.max))
}

async fn next_due(
    session: &mut Session<'_>,
    claim: &Claim,
) -> Result<Option<skattebro_domain::Timestamp>, Trouble> {
    let except = json_list(&claim.except);
    let mut next: Option<i64> = None;
    for owner in not_living(session.connection, session.now_us).await? {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT due_us FROM cases WHERE environment = $1 AND owner IS $2 AND state = 'due' \
             AND id NOT IN (SELECT value FROM json_each($3)) ORDER BY due_us LIMIT 1",
        )
        .bind(claim.environment.as_str())
        .bind(owner)
        .bind(&except)
        .fetch_optional(&mut *session.connection)
        .await?;
        next = next.into_iter().chain(due).min();
    }
    Ok(next.and_then(from_us))
}

pub(super) struct Beating(pub(super) WorkerId, pub(super) Duration);

#[async_trait]
impl Work for Beating {
    type Answer = Beat;

    async fn run(&self, session: &mut Session<'_>) -> Result<Beat, Trouble> {
        let Self(worker, alive_for) = self;
        let had_stopped = !living(session, worker).await?;
        if had_stopped {
            // A dead worker that is forgotten is like one that is remembered; there are ever more of those.
            sqlx::query("DELETE FROM workers WHERE alive_until_us <= $1")
                .bind(session.now_us)
                .execute(&mut *session.connection)
                .await?;
        }
        sqlx::query(
            "INSERT INTO workers (id, alive_until_us) VALUES ($1, $2) \
             ON CONFLICT (id) DO UPDATE SET alive_until_us = excluded.alive_until_us",
        )
        .bind(worker.as_str())
        .bind(after(session.now_us, *alive_for))
        .execute(&mut *session.connection)
        .await?;
        let stirred = "SELECT id FROM cases WHERE owner = $1 AND stirred = 1 ORDER BY seq";
        let stirred = ids(session.connection, stirred, worker).await?;
        let still = match had_stopped {
            true => Some(
                ids(session.connection, "SELECT id FROM cases WHERE owner = $1 ORDER BY seq", worker).await?,
            ),
            false => None,
        };
        Ok(Beat { stirred, still })
    }
}

async fn ids(
    db: &mut SqliteConnection,
    sql: &'static str,
    worker: &WorkerId,
) -> Result<Vec<CaseId>, Trouble> {
    let ids: Vec<String> = sqlx::query_scalar(sql).bind(worker.as_str()).fetch_all(db).await?;
    Ok(ids.iter().map(|id| name(id)).collect::<Result<_, _>>()?)
}

pub(super) struct Leaving(pub(super) WorkerId);

#[async_trait]
impl Work for Leaving {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        for sql in [
            "UPDATE cases SET owner = NULL, stirred = 0 WHERE owner = $1",
            "DELETE FROM workers WHERE id = $1",
        ] {
            sqlx::query(sql).bind(self.0.as_str()).execute(&mut *session.connection).await?;
        }
        Ok(())
    }
}

pub(super) struct GivingBack(pub(super) WorkerId, pub(super) Vec<CaseId>);

#[async_trait]
impl Work for GivingBack {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        let Self(worker, cases) = self;
        for case in cases {
            sqlx::query("UPDATE cases SET owner = NULL, stirred = 0 WHERE id = $1 AND owner = $2")
                .bind(case.as_str())
                .bind(worker.as_str())
                .execute(&mut *session.connection)
                .await?;
        }
        Ok(())
    }
}

/// Reads a case as its owner, who then knows all of it.
pub(super) struct Loading(pub(super) WorkerId, pub(super) CaseId);

#[async_trait]
impl Work for Loading {
    type Answer = Option<Case>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Case>, Trouble> {
        let Self(worker, case) = self;
        sqlx::query("UPDATE cases SET stirred = 0 WHERE id = $1 AND owner = $2")
            .bind(case.as_str())
            .bind(worker.as_str())
            .execute(&mut *session.connection)
            .await?;
        whole(session.connection, case, session.sealer).await
    }
}

/// Lets a key go, by its sealed name.
pub(super) struct Releasing(pub(super) CaseId, pub(super) Vec<u8>);

#[async_trait]
impl Work for Releasing {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        sqlx::query("DELETE FROM keys WHERE key = $1 AND case_id = $2")
            .bind(self.1.as_slice())
            .bind(self.0.as_str())
            .execute(&mut *session.connection)
            .await?;
        Ok(())
    }
}

pub(super) struct Removing(pub(super) Vec<(CaseId, Version)>);

#[async_trait]
impl Work for Removing {
    type Answer = Vec<CaseId>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<CaseId>, Trouble> {
        let mut removed = Vec::new();
        for (id, version) in &self.0 {
            let gone = sqlx::query(
                "DELETE FROM cases WHERE id = $1 AND version = $2 AND state = 'settled' \
                 AND (owner IS NULL OR owner NOT IN (SELECT id FROM workers WHERE alive_until_us > $3))",
            )
            .bind(id.as_str())
            .bind(i64::from(version.0))
            .bind(session.now_us)
            .execute(&mut *session.connection)
            .await?;
            if gone.rows_affected() == 1 {
                removed.push(id.clone());
            }
        }
        Ok(removed)
    }
}
