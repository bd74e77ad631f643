//! Moves, with PostgreSQL: what they need is locked and loaded, and what they changed is stored, many rows a statement.
//!
//! Locks are taken in one order, so that nobody waits for each other: cases by id, then keys. What is not there cannot be locked; if
//! somebody else puts it there first, that shows when it is stored, and the move is decided anew.

use super::transaction::{Session, Work, now_us};
use crate::desk::{Changes, Desk, Held, KeyName, Move, Needs};
use crate::errors::Trouble;
use crate::rows::{CaseColumns, KeptCase, case_columns, name};
use crate::times::to_us;
use async_trait::async_trait;
use skattebro_ports::journal::CaseId;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{FromRow, Row};

/// A move, as work for a transaction.
pub(super) struct OnDesk<M>(pub(super) M);

#[async_trait]
impl<M: Move> Work for OnDesk<M> {
    type Answer = M::Answer;

    async fn run(&self, session: &mut Session<'_>) -> Result<M::Answer, Trouble> {
        let mut desk = Desk::new(session.sealer);
        load(session, &self.0.needs(session.sealer), &mut desk).await?;
        let answer = self.0.carry_out(&mut desk)?;
        let changes = desk.changes();
        store_cases(session.db, &changes).await?;
        store_keys(session.db, &changes).await?;
        session.stirs |= changes.stirs;
        Ok(answer)
    }
}

async fn load(session: &mut Session<'_>, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    let ids: Vec<&str> = needs.cases.iter().map(|id| id.as_str()).collect();
    let rows = sqlx::query(concat!(
        "SELECT ",
        case_columns!(),
        ", ",
        now_us!("$2"),
        " FROM cases WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
    ))
    .bind(&ids)
    .bind(session.clock_us)
    .fetch_all(&mut *session.db)
    .await?;
    for row in rows {
        desk.set_now(row.try_get(14)?);
        desk.put_case(parse(&row)?);
    }
    if !needs.keys.is_empty() || !needs.keys_of.is_empty() {
        load_keys(session, needs, desk).await?;
    }
    if !needs.attempts.is_empty() {
        load_attempts(session.db, needs, desk).await?;
    }
    if !needs.looks.is_empty() {
        load_looks(session.db, needs, desk).await?;
    }
    Ok(())
}

async fn load_keys(session: &mut Session<'_>, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    let keys: Vec<&[u8]> = needs.keys.iter().map(Vec::as_slice).collect();
    let of_cases: Vec<&str> = needs.keys_of.iter().map(|id| id.as_str()).collect();
    let held: Vec<(Vec<u8>, String, Option<i64>, i64)> = sqlx::query_as(concat!(
        "SELECT key, case_id, until_us, ",
        now_us!("$3"),
        " FROM keys WHERE key = ANY($1) OR case_id = ANY($2) ORDER BY key FOR UPDATE"
    ))
    .bind(&keys)
    .bind(&of_cases)
    .bind(session.clock_us)
    .fetch_all(&mut *session.db)
    .await?;
    for (key, case, until_us, now_us) in held {
        desk.set_now(now_us);
        desk.put_key(key, Held { case: name(&case)?, until_us });
    }
    let holders = desk.unknown_holders();
    if needs.holders && !holders.is_empty() {
        let ids: Vec<&str> = holders.iter().map(|id| id.as_str()).collect();
        let rows = sqlx::query(concat!("SELECT ", case_columns!(), " FROM cases WHERE id = ANY($1)"))
            .bind(&ids)
            .fetch_all(&mut *session.db)
            .await?;
        for row in &rows {
            desk.put_case(parse(row)?);
        }
        if !desk.unknown_holders().is_empty() {
            return Err(Trouble::Collision);
        }
    }
    Ok(())
}

async fn load_attempts(db: &mut PgConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    let cases: Vec<&str> = needs.attempts.iter().map(|(case, _)| case.as_str()).collect();
    let numbers: Vec<i64> = needs.attempts.iter().map(|(_, n)| i64::from(*n)).collect();
    let known: Vec<(bool, bool)> = sqlx::query_as(
        "SELECT \
         EXISTS (SELECT 1 FROM records r WHERE r.case_id = w.case_id AND r.n = w.n AND r.kind = 'intent'), \
         EXISTS (SELECT 1 FROM records r WHERE r.case_id = w.case_id AND r.attempt = w.n AND r.kind = 'answer') \
         FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS w (case_id, n, place) ORDER BY w.place",
    )
    .bind(&cases)
    .bind(&numbers)
    .fetch_all(db)
    .await?;
    for ((case, n), (is_intent, is_answered)) in needs.attempts.iter().zip(known) {
        if is_intent {
            desk.put_intent(case.clone(), *n);
        }
        if is_answered {
            desk.put_answered(case.clone(), *n);
        }
    }
    Ok(())
}

async fn load_looks(db: &mut PgConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    let cases: Vec<&str> = needs.looks.iter().map(|(case, _)| case.as_str()).collect();
    let looks: Vec<&str> = needs.looks.iter().map(|(_, id)| id.as_str()).collect();
    let known: Vec<bool> = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM records r WHERE r.case_id = w.case_id AND r.look_id = w.look_id AND r.kind = 'look') \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (case_id, look_id, place) ORDER BY w.place",
    )
    .bind(&cases)
    .bind(&looks)
    .fetch_all(db)
    .await?;
    for ((case, id), is_known) in needs.looks.iter().zip(known) {
        if is_known {
            desk.put_look(case.clone(), id.clone());
        }
    }
    Ok(())
}

/// A case from a row that begins with its columns.
pub(super) fn parse(row: &PgRow) -> Result<KeptCase, Trouble> {
    Ok(CaseColumns::from_row(row)?.parse()?)
}

async fn store_cases(db: &mut PgConnection, changes: &Changes<'_>) -> Result<(), Trouble> {
    if !changes.opened.is_empty() {
        add(db, &changes.opened).await?;
    }
    let cases: Vec<&KeptCase> = changes.written.iter().chain(&changes.changed).copied().collect();
    if !cases.is_empty() {
        let cases = &cases;
        sqlx::query(
            "UPDATE cases SET state = u.state, due_us = u.due_us, status = u.status, version = u.version, owner = u.owner, \
             stirred = u.stirred, changed_us = u.changed_us \
             FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::boolean[], $8::bigint[]) \
             AS u (id, state, due_us, status, version, owner, stirred, changed_us) WHERE cases.id = u.id",
        )
        .bind(column(cases, |case| case.id.as_str()))
        .bind(column(cases, |case| case.state.as_str()))
        .bind(column(cases, |case| case.due_us()))
        .bind(column(cases, |case| case.status.as_str()))
        .bind(column(cases, |case| i64::from(case.version)))
        .bind(column(cases, |case| case.owner.as_ref().map(|owner| owner.as_str())))
        .bind(column(cases, |case| case.stirred))
        .bind(column(cases, |case| to_us(case.changed)))
        .execute(&mut *db)
        .await?;
    }
    if !changes.records.is_empty() {
        let records: Vec<_> = changes.records.iter().map(|record| (record, record.entry_columns())).collect();
        sqlx::query(
            "INSERT INTO records (case_id, n, at_us, worker, kind, until_us, attempt, look_n, look_id, korrelasjonsid, payload) \
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
             $8::bigint[], $9::text[], $10::text[], $11::bytea[])",
        )
        .bind(column(&records, |(record, _)| record.case.as_str()))
        .bind(column(&records, |(record, _)| i64::from(record.n)))
        .bind(column(&records, |(record, _)| to_us(record.at)))
        .bind(column(&records, |(record, _)| record.worker.as_ref().map(|worker| worker.as_str())))
        .bind(column(&records, |(_, entry)| entry.kind))
        .bind(column(&records, |(_, entry)| entry.until_us))
        .bind(column(&records, |(_, entry)| entry.attempt))
        .bind(column(&records, |(_, entry)| entry.look_n))
        .bind(column(&records, |(_, entry)| entry.look_id))
        .bind(column(&records, |(record, _)| record.korrelasjonsid.as_ref().map(|id| id.as_str())))
        .bind(column(&records, |(record, _)| record.payload.as_slice()))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

fn column<'r, R, V>(rows: &'r [R], of: impl Fn(&'r R) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

async fn add(db: &mut PgConnection, cases: &[(&KeptCase, &[u8])]) -> Result<(), Trouble> {
    // In the order of the list, which is the order of opening.
    let added = sqlx::query(
        "INSERT INTO cases (id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, \
         opened_us, changed_us) \
         SELECT id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, opened_us, changed_us \
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::bigint[], $8::text[], \
         $9::bigint[], $10::text[], $11::boolean[], $12::bigint[], $13::bigint[]) WITH ORDINALITY \
         AS u (id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, opened_us, changed_us, place) \
         ORDER BY place ON CONFLICT (id) DO NOTHING",
    )
    .bind(column(cases, |(case, _)| case.id.as_str()))
    .bind(column(cases, |(case, _)| case.kind.as_str()))
    .bind(column(cases, |(case, _)| case.environment.as_str()))
    .bind(column(cases, |(case, _)| case.title.as_slice()))
    .bind(column(cases, |(case, _)| case.fingerprint.0.as_slice()))
    .bind(column(cases, |(case, _)| case.state.as_str()))
    .bind(column(cases, |(case, _)| case.due_us()))
    .bind(column(cases, |(case, _)| case.status.as_str()))
    .bind(column(cases, |(case, _)| i64::from(case.version)))
    .bind(column(cases, |(case, _)| case.owner.as_ref().map(|owner| owner.as_str())))
    .bind(column(cases, |(case, _)| case.stirred))
    .bind(column(cases, |(case, _)| to_us(case.opened)))
    .bind(column(cases, |(case, _)| to_us(case.changed)))
    .execute(&mut *db)
    .await?;
    all(added.rows_affected(), cases.len())?;
    sqlx::query("INSERT INTO contents (case_id, content) SELECT * FROM unnest($1::text[], $2::bytea[])")
        .bind(column(cases, |(case, _)| case.id.as_str()))
        .bind(column(cases, |(_, content)| *content))
        .execute(&mut *db)
        .await?;
    Ok(())
}

async fn store_keys(db: &mut PgConnection, changes: &Changes<'_>) -> Result<(), Trouble> {
    if !changes.released.is_empty() {
        sqlx::query("DELETE FROM keys WHERE key = ANY($1)")
            .bind(column(&changes.released, |key| key.as_slice()))
            .execute(&mut *db)
            .await?;
    }
    if !changes.handed_over.is_empty() {
        sqlx::query(
            "UPDATE keys SET case_id = u.case_id, until_us = u.until_us \
             FROM unnest($1::bytea[], $2::text[], $3::bigint[]) AS u (key, case_id, until_us) WHERE keys.key = u.key",
        )
        .bind(column(&changes.handed_over, key_of))
        .bind(column(&changes.handed_over, case_of))
        .bind(column(&changes.handed_over, |(_, held)| held.until_us))
        .execute(&mut *db)
        .await?;
    }
    if !changes.taken.is_empty() {
        let taken = sqlx::query(
            "INSERT INTO keys (key, case_id, until_us) SELECT key, case_id, until_us \
             FROM unnest($1::bytea[], $2::text[], $3::bigint[]) WITH ORDINALITY AS u (key, case_id, until_us, place) \
             ORDER BY place ON CONFLICT (key) DO NOTHING",
        )
        .bind(column(&changes.taken, key_of))
        .bind(column(&changes.taken, case_of))
        .bind(column(&changes.taken, |(_, held)| held.until_us))
        .execute(&mut *db)
        .await?;
        all(taken.rows_affected(), changes.taken.len())?;
    }
    Ok(())
}

fn key_of<'k>((key, _): &(&'k KeyName, &'k Held)) -> &'k [u8] {
    key
}

fn case_of<'k>((_, held): &(&'k KeyName, &'k Held)) -> &'k str {
    CaseId::as_str(&held.case)
}

/// That nobody put one of them there first.
fn all(stored: u64, wanted: usize) -> Result<(), Trouble> {
    if usize::try_from(stored) == Ok(wanted) { Ok(()) } else { Err(Trouble::Collision) }
}
