//! What only reads, with PostgreSQL.

use super::desk::parse;
use super::owners::owners_but_living;
use super::transaction::{Session, Work, now_us};
use crate::crypt::Sealer;
use crate::errors::{Trouble, damaged};
use crate::rows::{
    KeptCase, KeptRecord, RecordColumns, case_columns, counted, kept_status, name, record_columns,
};
use crate::times::{from_us, to_us};
use async_trait::async_trait;
use skattebro_ports::journal::{Case, CaseId, CaseSummary, Counts, Environment, Filter};
use sqlx::postgres::PgConnection;
use std::collections::HashMap;

/// Cases with everything, in their order. Under a lock on them, or in one picture, or else they may be gone halfway.
pub(super) async fn whole(
    db: &mut PgConnection,
    cases: &[KeptCase],
    sealer: &Sealer,
) -> Result<Vec<Case>, Trouble> {
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let contents: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT case_id, content FROM contents WHERE case_id = ANY($1)")
            .bind(&ids)
            .fetch_all(&mut *db)
            .await?;
    let mut contents: HashMap<String, Vec<u8>> = contents.into_iter().collect();
    let rows: Vec<RecordColumns> = sqlx::query_as(concat!(
        "SELECT ",
        record_columns!(),
        " FROM records WHERE case_id = ANY($1) ORDER BY case_id, n"
    ))
    .bind(&ids)
    .fetch_all(db)
    .await?;
    let mut records: HashMap<CaseId, Vec<KeptRecord>> = HashMap::new();
    for row in rows {
        let record = row.parse()?;
        records.entry(record.case.clone()).or_default().push(record);
    }
    let mut whole = Vec::with_capacity(cases.len());
    for case in cases {
        let content = contents.remove(case.id.as_str());
        let content =
            content.ok_or_else(|| damaged(format_args!("the content of case {} is missing", case.id)))?;
        let records = records.remove(&case.id).unwrap_or_default();
        if !(1..=case.version).eq(records.iter().map(|record| record.n)) {
            return Err(damaged(format_args!("records of case {} are missing", case.id)).into());
        }
        whole.push(case.with(content, records, sealer)?);
    }
    Ok(whole)
}

async fn find(db: &mut PgConnection, id: &CaseId) -> Result<Option<KeptCase>, Trouble> {
    let row = sqlx::query(concat!("SELECT ", case_columns!(), " FROM cases WHERE id = $1"))
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(parse).transpose()
}

/// A case, and whether somebody wrote to it whom its owner has not read.
pub(super) struct Reading(pub(super) CaseId);

#[async_trait]
impl Work for Reading {
    type Answer = Option<(Case, bool)>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Self::Answer, Trouble> {
        let Some(found) = find(session.db, &self.0).await? else { return Ok(None) };
        let stirred = found.stirred;
        Ok(whole(session.db, &[found], session.sealer).await?.pop().map(|case| (case, stirred)))
    }
}

/// Who holds a key, by its sealed name.
pub(super) struct FindingHolder(pub(super) Vec<u8>);

#[async_trait]
impl Work for FindingHolder {
    type Answer = Option<CaseId>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<CaseId>, Trouble> {
        let holder: Option<String> = sqlx::query_scalar(concat!(
            "SELECT case_id FROM keys WHERE key = $1 AND (until_us IS NULL OR until_us > ",
            now_us!("$2"),
            ")"
        ))
        .bind(self.0.as_slice())
        .bind(session.clock_us)
        .fetch_optional(&mut *session.db)
        .await?;
        Ok(holder.as_deref().map(name).transpose()?)
    }
}

pub(super) struct Listing(pub(super) Filter);

#[async_trait]
impl Work for Listing {
    type Answer = Vec<CaseSummary>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Vec<CaseSummary>, Trouble> {
        let Self(filter) = self;
        let after = match &filter.after {
            None => 0,
            Some(after) => match find(session.db, after).await? {
                Some(case) => case.seq,
                None => return Ok(Vec::new()),
            },
        };
        let rows = sqlx::query(concat!(
            "SELECT ",
            case_columns!(),
            " FROM cases WHERE seq > $1 AND ($2::text IS NULL OR environment = $2) AND ($3::text IS NULL OR kind = $3) \
             AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR status = $5) \
             AND ($6::bigint IS NULL OR changed_us < $6) ORDER BY seq LIMIT $7"
        ))
        .bind(after)
        .bind(filter.environment.as_ref().map(|environment| environment.as_str()))
        .bind(filter.kind.as_ref().map(|kind| kind.as_str()))
        .bind(filter.state)
        .bind(filter.status.as_deref().map(kept_status))
        .bind(filter.changed_before.map(to_us))
        .bind(i64::try_from(filter.max).unwrap_or(i64::MAX))
        .fetch_all(&mut *session.db)
        .await?;
        rows.iter().map(|row| Ok(parse(row)?.summary(session.sealer)?)).collect()
    }
}

pub(super) struct Counting(pub(super) Option<Environment>);

#[async_trait]
impl Work for Counting {
    type Answer = Counts;

    async fn run(&self, session: &mut Session<'_>) -> Result<Counts, Trouble> {
        let environment = self.0.as_ref().map(|environment| environment.as_str());
        let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT kind, state, status, count(*) FROM cases WHERE $1::text IS NULL OR environment = $1 \
             GROUP BY kind, state, status ORDER BY kind, state, status",
        )
        .bind(environment)
        .fetch_all(&mut *session.db)
        .await?;
        let (now_us, workers): (i64, i64) = sqlx::query_as(concat!(
            "SELECT now.us, (SELECT count(*) FROM workers WHERE alive_until_us > now.us) FROM (SELECT ",
            now_us!("$1"),
            " AS us) AS now"
        ))
        .bind(session.clock_us)
        .fetch_one(&mut *session.db)
        .await?;
        let dead = owners_but_living(session.db, now_us).await?;
        let oldest: Option<i64> = sqlx::query_scalar(
            "SELECT min(due_us) FROM cases WHERE ($1::text IS NULL OR environment = $1) AND state = 'due' \
             AND (owner IS NULL OR owner = ANY($2)) AND due_us <= $3",
        )
        .bind(environment)
        .bind(&dead)
        .bind(now_us)
        .fetch_one(&mut *session.db)
        .await?;
        Ok(Counts {
            cases: counted(rows)?,
            workers: workers.unsigned_abs(),
            oldest_due: oldest.and_then(from_us),
        })
    }
}
