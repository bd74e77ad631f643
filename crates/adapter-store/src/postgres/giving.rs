//! What is let go or removed, and what its owner has read, with PostgreSQL.
//!
//! Cases are locked in the order of their ids, and keys in theirs, as everywhere.

use super::desk::parse;
use super::read::whole;
use super::transaction::{Session, Work, now_us};
use crate::errors::Trouble;
use crate::rows::case_columns;
use async_trait::async_trait;
use skattebro_ports::journal::{Case, CaseId, Version, WorkerId};

pub(super) struct Leaving(pub(super) WorkerId);

#[async_trait]
impl Work for Leaving {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        for sql in [
            "DELETE FROM workers WHERE id = $1",
            "UPDATE cases SET owner = NULL, stirred = false WHERE owner = $1 AND id IN \
             (SELECT id FROM cases WHERE owner = $1 ORDER BY id FOR NO KEY UPDATE)",
        ] {
            sqlx::query(sql).bind(self.0.as_str()).execute(&mut *session.db).await?;
        }
        Ok(())
    }
}

pub(super) struct GivingBack(pub(super) WorkerId, pub(super) Vec<CaseId>);

#[async_trait]
impl Work for GivingBack {
    type Answer = ();

    async fn run(&self, session: &mut Session<'_>) -> Result<(), Trouble> {
        let ids: Vec<&str> = self.1.iter().map(|id| id.as_str()).collect();
        sqlx::query(
            "UPDATE cases SET owner = NULL, stirred = false WHERE owner = $1 AND id IN \
             (SELECT id FROM cases WHERE owner = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE)",
        )
        .bind(self.0.as_str())
        .bind(&ids)
        .execute(&mut *session.db)
        .await?;
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
        let locked =
            sqlx::query(concat!("SELECT ", case_columns!(), " FROM cases WHERE id = $1 FOR NO KEY UPDATE"))
                .bind(case.as_str())
                .fetch_optional(&mut *session.db)
                .await?;
        let Some(row) = locked else { return Ok(None) };
        let found = parse(&row)?;
        if found.owner.as_ref() == Some(worker) {
            sqlx::query("UPDATE cases SET stirred = false WHERE id = $1")
                .bind(case.as_str())
                .execute(&mut *session.db)
                .await?;
        }
        Ok(whole(session.db, &[found], session.sealer).await?.pop())
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
            .execute(&mut *session.db)
            .await?;
        Ok(())
    }
}

pub(super) struct Removing(pub(super) Vec<(CaseId, Version)>);

#[async_trait]
impl Work for Removing {
    type Answer = Vec<CaseId>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<CaseId>, Trouble> {
        let ids: Vec<&str> = self.0.iter().map(|(id, _)| id.as_str()).collect();
        for sql in [
            "SELECT 1 FROM cases WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            "SELECT 1 FROM keys WHERE case_id = ANY($1) ORDER BY key FOR UPDATE",
        ] {
            sqlx::query(sql).bind(&ids).execute(&mut *session.db).await?;
        }
        let versions: Vec<i64> = self.0.iter().map(|(_, version)| i64::from(version.0)).collect();
        let mut removed: Vec<(String, i64)> = sqlx::query_as(concat!(
            "DELETE FROM cases WHERE (id, version) IN (SELECT * FROM unnest($1::text[], $2::bigint[])) AND state = 'settled' \
             AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = cases.owner AND w.alive_until_us > ",
            now_us!("$3"),
            ") RETURNING id, version"
        ))
        .bind(&ids)
        .bind(&versions)
        .bind(session.clock_us)
        .fetch_all(&mut *session.db)
        .await?;
        // In the order in which they were named, each once.
        let mut named = Vec::with_capacity(removed.len());
        for (id, version) in &self.0 {
            let is_it = |(gone, at): &(String, i64)| gone == id.as_str() && *at == i64::from(version.0);
            if let Some(place) = removed.iter().position(is_it) {
                removed.swap_remove(place);
                named.push(id.clone());
            }
        }
        Ok(named)
    }
}
