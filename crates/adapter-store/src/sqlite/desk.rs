//! Moves, with SQLite: what they need is loaded, and what they changed is stored, row by row, since no network is between.

use super::writer::{Session, Work};
use crate::desk::{Changes, Desk, Held, Move, Needs};
use crate::errors::Trouble;
use crate::rows::{CaseColumns, KeptCase, case_columns, name};
use crate::times::to_us;
use async_trait::async_trait;
use skattebro_ports::journal::CaseId;
use sqlx::sqlite::SqliteConnection;

/// A move, as work for the writer.
pub(super) struct OnDesk<M>(pub(super) M);

#[async_trait]
impl<M: Move> Work for OnDesk<M> {
    type Answer = M::Answer;
    const VOID_WHEN_ABANDONED: bool = M::VOID_WHEN_ABANDONED;

    async fn run(&self, session: &mut Session<'_>) -> Result<M::Answer, Trouble> {
        let mut desk = Desk::new(session.sealer);
        desk.set_now(session.now_us);
        load(session.connection, &self.0.needs(session.sealer), &mut desk).await?;
        let answer = self.0.carry_out(&mut desk)?;
        let changes = desk.changes();
        store(session.connection, &changes).await?;
        session.stirs |= changes.stirs;
        Ok(answer)
    }
}

async fn load(db: &mut SqliteConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    for id in &needs.cases {
        load_case(db, id, desk).await?;
    }
    for key in &needs.keys {
        let held: Option<(String, Option<i64>)> =
            sqlx::query_as("SELECT case_id, until_us FROM keys WHERE key = $1")
                .bind(key.as_slice())
                .fetch_optional(&mut *db)
                .await?;
        if let Some((case, until_us)) = held {
            desk.put_key(key.clone(), Held { case: name(&case)?, until_us });
        }
    }
    if needs.keys_of_cases {
        for id in &needs.cases {
            let keys: Vec<(Vec<u8>, Option<i64>)> =
                sqlx::query_as("SELECT key, until_us FROM keys WHERE case_id = $1")
                    .bind(id.as_str())
                    .fetch_all(&mut *db)
                    .await?;
            for (key, until_us) in keys {
                desk.put_key(key, Held { case: id.clone(), until_us });
            }
        }
    }
    if needs.holders {
        for id in desk.unknown_holders() {
            load_case(db, &id, desk).await?;
        }
    }
    for (case, n) in &needs.attempts {
        let kinds: Vec<String> = sqlx::query_scalar(
            "SELECT kind FROM records WHERE case_id = $1 AND n = $2 AND kind = 'intent' \
             UNION ALL SELECT kind FROM records WHERE case_id = $1 AND attempt = $2 AND kind = 'answer'",
        )
        .bind(case.as_str())
        .bind(i64::from(*n))
        .fetch_all(&mut *db)
        .await?;
        for kind in kinds {
            match kind.as_str() {
                "intent" => desk.put_intent(case.clone(), *n),
                _ => desk.put_answered(case.clone(), *n),
            }
        }
    }
    for (case, id) in &needs.looks {
        let there =
            "SELECT EXISTS (SELECT 1 FROM records WHERE case_id = $1 AND look_id = $2 AND kind = 'look')";
        if sqlx::query_scalar(there).bind(case.as_str()).bind(id.as_str()).fetch_one(&mut *db).await? {
            desk.put_look(case.clone(), id.clone());
        }
    }
    Ok(())
}

/// A case as it stands.
pub(super) async fn find(db: &mut SqliteConnection, id: &CaseId) -> Result<Option<KeptCase>, Trouble> {
    let case: Option<CaseColumns> =
        sqlx::query_as(concat!("SELECT ", case_columns!(), " FROM cases WHERE id = $1"))
            .bind(id.as_str())
            .fetch_optional(db)
            .await?;
    Ok(case.map(CaseColumns::parse).transpose()?)
}

async fn load_case(db: &mut SqliteConnection, id: &CaseId, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    if let Some(case) = find(db, id).await? {
        desk.put_case(case);
    }
    Ok(())
}

async fn store(db: &mut SqliteConnection, changes: &Changes<'_>) -> Result<(), Trouble> {
    for (case, content) in &changes.opened {
        add(db, case, content).await?;
    }
    for case in &changes.changed {
        sqlx::query(
            "UPDATE cases SET state = $2, due_us = $3, status = $4, version = $5, owner = $6, stirred = $7, changed_us = $8 \
             WHERE id = $1",
        )
        .bind(case.id.as_str())
        .bind(case.state.as_str())
        .bind(case.due_us())
        .bind(&case.status)
        .bind(i64::from(case.version))
        .bind(case.owner.as_ref().map(|owner| owner.as_str()))
        .bind(case.stirred)
        .bind(to_us(case.changed))
        .execute(&mut *db)
        .await?;
    }
    for record in changes.records {
        let entry = record.entry_columns();
        sqlx::query(
            "INSERT INTO records (case_id, n, at_us, worker, kind, until_us, attempt, look_n, look_id, korrelasjonsid, payload) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(record.case.as_str())
        .bind(i64::from(record.n))
        .bind(to_us(record.at))
        .bind(record.worker.as_ref().map(|worker| worker.as_str()))
        .bind(entry.kind)
        .bind(entry.until_us)
        .bind(entry.attempt)
        .bind(entry.look_n)
        .bind(entry.look_id)
        .bind(record.korrelasjonsid.as_ref().map(|id| id.as_str()))
        .bind(record.payload.as_slice())
        .execute(&mut *db)
        .await?;
    }
    for key in &changes.released {
        sqlx::query("DELETE FROM keys WHERE key = $1").bind(key.as_slice()).execute(&mut *db).await?;
    }
    for (key, held) in changes.handed_over.iter().chain(&changes.taken) {
        sqlx::query(
            "INSERT INTO keys (key, case_id, until_us) VALUES ($1, $2, $3) \
             ON CONFLICT (key) DO UPDATE SET case_id = excluded.case_id, until_us = excluded.until_us",
        )
        .bind(key.as_slice())
        .bind(held.case.as_str())
        .bind(held.until_us)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

async fn add(db: &mut SqliteConnection, case: &KeptCase, content: &[u8]) -> Result<(), Trouble> {
    sqlx::query(
        "INSERT INTO cases (id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, \
         opened_us, changed_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(case.id.as_str())
    .bind(case.kind.as_str())
    .bind(case.environment.as_str())
    .bind(case.title.as_slice())
    .bind(case.fingerprint.0.as_slice())
    .bind(case.state.as_str())
    .bind(case.due_us())
    .bind(&case.status)
    .bind(i64::from(case.version))
    .bind(case.owner.as_ref().map(|owner| owner.as_str()))
    .bind(case.stirred)
    .bind(to_us(case.opened))
    .bind(to_us(case.changed))
    .execute(&mut *db)
    .await?;
    sqlx::query("INSERT INTO contents (case_id, content) VALUES ($1, $2)")
        .bind(case.id.as_str())
        .bind(content)
        .execute(&mut *db)
        .await?;
    Ok(())
}
