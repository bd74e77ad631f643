//! What only reads, with SQLite.

use super::desk::find;
use super::owners::not_living;
use crate::crypt::Sealer;
use crate::errors::{Trouble, damaged};
use crate::rows::{CaseColumns, RecordColumns, case_columns, counted, kept_status, name, record_columns};
use crate::times::{from_us, to_us};
use skattebro_ports::journal::{Case, CaseId, CaseSummary, Counts, Environment, Filter};
use sqlx::sqlite::SqliteConnection;

/// A case with everything. Within a transaction, or else it may be gone halfway.
pub(super) async fn whole(
    db: &mut SqliteConnection,
    id: &CaseId,
    sealer: &Sealer,
) -> Result<Option<Case>, Trouble> {
    let Some(case) = find(db, id).await? else { return Ok(None) };
    let content: Option<Vec<u8>> = sqlx::query_scalar("SELECT content FROM contents WHERE case_id = $1")
        .bind(id.as_str())
        .fetch_optional(&mut *db)
        .await?;
    let content = content.ok_or_else(|| damaged(format_args!("the content of case {id} is missing")))?;
    let records: Vec<RecordColumns> =
        sqlx::query_as(concat!("SELECT ", record_columns!(), " FROM records WHERE case_id = $1 ORDER BY n"))
            .bind(id.as_str())
            .fetch_all(&mut *db)
            .await?;
    let records = records.into_iter().map(RecordColumns::parse).collect::<Result<Vec<_>, _>>()?;
    if !(1..=case.version).eq(records.iter().map(|record| record.n)) {
        return Err(damaged(format_args!("records of case {id} are missing")).into());
    }
    Ok(Some(case.with(content, records, sealer)?))
}

pub(super) async fn holder(
    db: &mut SqliteConnection,
    key: &[u8],
    now_us: i64,
) -> Result<Option<CaseId>, Trouble> {
    let holder: Option<String> =
        sqlx::query_scalar("SELECT case_id FROM keys WHERE key = $1 AND (until_us IS NULL OR until_us > $2)")
            .bind(key)
            .bind(now_us)
            .fetch_optional(db)
            .await?;
    Ok(holder.as_deref().map(name).transpose()?)
}

pub(super) async fn list(
    db: &mut SqliteConnection,
    filter: &Filter,
    sealer: &Sealer,
) -> Result<Vec<CaseSummary>, Trouble> {
    let after: i64 = match &filter.after {
        None => 0,
        Some(after) => {
            let seq = sqlx::query_scalar("SELECT seq FROM cases WHERE id = $1").bind(after.as_str());
            match seq.fetch_optional(&mut *db).await? {
                Some(seq) => seq,
                None => return Ok(Vec::new()),
            }
        }
    };
    let cases: Vec<CaseColumns> = sqlx::query_as(concat!(
        "SELECT ",
        case_columns!(),
        " FROM cases WHERE seq > $1 AND ($2 IS NULL OR environment = $2) AND ($3 IS NULL OR kind = $3) \
         AND ($4 IS NULL OR state = $4) AND ($5 IS NULL OR status = $5) AND ($6 IS NULL OR changed_us < $6) \
         ORDER BY seq LIMIT $7"
    ))
    .bind(after)
    .bind(filter.environment.as_ref().map(|environment| environment.as_str()))
    .bind(filter.kind.as_ref().map(|kind| kind.as_str()))
    .bind(filter.state)
    .bind(filter.status.as_deref().map(kept_status))
    .bind(filter.changed_before.map(to_us))
    .bind(i64::try_from(filter.max).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    Ok(cases.into_iter().map(|case| case.parse()?.summary(sealer)).collect::<Result<_, _>>()?)
}

/// Within a transaction, so that it is one picture.
pub(super) async fn counts(
    db: &mut SqliteConnection,
    environment: Option<&Environment>,
    now_us: i64,
) -> Result<Counts, Trouble> {
    let environment = environment.map(|environment| environment.as_str());
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT kind, state, status, count(*) FROM cases WHERE $1 IS NULL OR environment = $1 \
         GROUP BY kind, state, status ORDER BY kind, state, status",
    )
    .bind(environment)
    .fetch_all(&mut *db)
    .await?;
    let workers: i64 = sqlx::query_scalar("SELECT count(*) FROM workers WHERE alive_until_us > $1")
        .bind(now_us)
        .fetch_one(&mut *db)
        .await?;
    let mut oldest: Option<i64> = None;
    for owner in not_living(db, now_us).await? {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(due_us) FROM cases WHERE ($1 IS NULL OR environment = $1) AND owner IS $2 AND state = 'due'",
        )
        .bind(environment)
        .bind(owner)
        .fetch_one(&mut *db)
        .await?;
        oldest = oldest.into_iter().chain(due).min();
    }
    Ok(Counts {
        cases: counted(rows)?,
        workers: workers.unsigned_abs(),
        oldest_due: oldest.filter(|due| *due <= now_us).and_then(from_us),
    })
}

/// Ids as JSON, which is how SQLite takes a list. An id is visible ASCII.
pub(super) fn json_list(ids: &[CaseId]) -> String {
    let quoted =
        ids.iter().map(|id| format!("\"{}\"", id.as_str().replace('\\', "\\\\").replace('"', "\\\"")));
    format!("[{}]", quoted.collect::<Vec<_>>().join(","))
}
