//! Moves, with SQLite: what many of them need is loaded at once, and what they changed is stored, many rows a statement.

use super::jobs::{Job, Session};
use super::many::{portions, statement};
use crate::desk::{Changes, Desk, Held, KeyName, Needs};
use crate::errors::Trouble;
use crate::rows::{CaseColumns, KeptCase, KeptRecord, case_columns, name};
use crate::times::to_us;
use skattebro_ports::journal::CaseId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row};

/// Decides moves, one after the other, on what all of them need. Each sees what came of those before it.
pub(super) async fn decide(session: &mut Session<'_>, jobs: &mut [Job]) -> Result<(), Trouble> {
    let mut desk = Desk::new(session.sealer);
    desk.set_now(session.now_us);
    let mut needs = Needs::default();
    let mut moves = Vec::with_capacity(jobs.len());
    for job in jobs {
        if let Job::Move(waiting) = job {
            needs.join(waiting.needs(session.sealer));
            moves.push(waiting);
        }
    }
    load(session.connection, &needs, &mut desk).await?;
    for waiting in moves {
        waiting.carry_out(&mut desk)?;
    }
    let changes = desk.changes();
    store(session.connection, &changes).await?;
    session.stirs |= changes.stirs;
    Ok(())
}

async fn load(db: &mut SqliteConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    load_cases(db, needs.cases.iter(), desk).await?;
    let keys: Vec<&KeyName> = needs.keys.iter().collect();
    for (portion, room) in portions(&keys) {
        let mut query = statement("SELECT key, case_id, until_us FROM keys WHERE key IN (", (room, 1), ")");
        for key in portion {
            query = query.bind(key.as_slice());
        }
        put_keys(&query.fetch_all(&mut *db).await?, desk)?;
    }
    let owners: Vec<&CaseId> = needs.keys_of.iter().collect();
    for (portion, room) in portions(&owners) {
        let mut query =
            statement("SELECT key, case_id, until_us FROM keys WHERE case_id IN (", (room, 1), ")");
        for id in portion {
            query = query.bind(id.as_str());
        }
        put_keys(&query.fetch_all(&mut *db).await?, desk)?;
    }
    if needs.holders {
        let holders = desk.unknown_holders();
        load_cases(db, holders.iter(), desk).await?;
    }
    load_attempts(db, needs, desk).await?;
    load_looks(db, needs, desk).await
}

fn put_keys(rows: &[SqliteRow], desk: &mut Desk<'_>) -> Result<(), Trouble> {
    for row in rows {
        let case: &str = row.try_get(1)?;
        desk.put_key(row.try_get(0)?, Held { case: name(case)?, until_us: row.try_get(2)? });
    }
    Ok(())
}

async fn load_cases(
    db: &mut SqliteConnection,
    ids: impl Iterator<Item = &CaseId>,
    desk: &mut Desk<'_>,
) -> Result<(), Trouble> {
    let ids: Vec<&CaseId> = ids.collect();
    for (portion, room) in portions(&ids) {
        let before = concat!("SELECT ", case_columns!(), " FROM cases WHERE id IN (");
        let mut query = statement(before, (room, 1), ")");
        for id in portion {
            query = query.bind(id.as_str());
        }
        for row in query.fetch_all(&mut *db).await? {
            desk.put_case(CaseColumns::from_row(&row)?.parse()?);
        }
    }
    Ok(())
}

async fn load_attempts(db: &mut SqliteConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    for (portion, room) in portions(&needs.attempts) {
        let mut query = statement(
            "WITH wanted (case_id, n) AS (VALUES ",
            (room, 2),
            ") SELECT case_id, n, \
             EXISTS (SELECT 1 FROM records r WHERE r.case_id = wanted.case_id AND r.n = wanted.n AND r.kind = 'intent'), \
             EXISTS (SELECT 1 FROM records r WHERE r.case_id = wanted.case_id AND r.attempt = wanted.n AND r.kind = 'answer') \
             FROM wanted WHERE case_id IS NOT NULL",
        );
        for (case, n) in portion {
            query = query.bind(case.as_str()).bind(i64::from(*n));
        }
        for row in query.fetch_all(&mut *db).await? {
            let (case, n): (CaseId, i64) = (name(row.try_get(0)?)?, row.try_get(1)?);
            let Ok(n) = u32::try_from(n) else { continue };
            if row.try_get(2)? {
                desk.put_intent(case.clone(), n);
            }
            if row.try_get(3)? {
                desk.put_answered(case, n);
            }
        }
    }
    Ok(())
}

async fn load_looks(db: &mut SqliteConnection, needs: &Needs, desk: &mut Desk<'_>) -> Result<(), Trouble> {
    for (portion, room) in portions(&needs.looks) {
        let mut query = statement(
            "WITH wanted (case_id, look_id) AS (VALUES ",
            (room, 2),
            ") SELECT case_id, look_id FROM wanted WHERE case_id IS NOT NULL AND EXISTS \
             (SELECT 1 FROM records r WHERE r.case_id = wanted.case_id AND r.look_id = wanted.look_id AND r.kind = 'look')",
        );
        for (case, id) in portion {
            query = query.bind(case.as_str()).bind(id.as_str());
        }
        for row in query.fetch_all(&mut *db).await? {
            desk.put_look(name(row.try_get(0)?)?, name(row.try_get(1)?)?);
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

async fn store(db: &mut SqliteConnection, changes: &Changes<'_>) -> Result<(), Trouble> {
    add_cases(db, &changes.opened).await?;
    // Apart, since this touches no index.
    for (portion, room) in portions(&changes.written) {
        let mut query = statement(
            "WITH now (seq, version, changed_us) AS (VALUES ",
            (room, 3),
            ") UPDATE cases SET version = now.version, changed_us = now.changed_us FROM now WHERE cases.seq = now.seq",
        );
        for case in portion {
            query = query.bind(case.seq).bind(i64::from(case.version)).bind(to_us(case.changed));
        }
        query.execute(&mut *db).await?;
    }
    for (portion, room) in portions(&changes.changed) {
        let mut query = statement(
            "WITH now (seq, state, due_us, status, version, owner, stirred, changed_us) AS (VALUES ",
            (room, 8),
            ") UPDATE cases SET state = now.state, due_us = now.due_us, status = now.status, version = now.version, \
             owner = now.owner, stirred = now.stirred, changed_us = now.changed_us FROM now WHERE cases.seq = now.seq",
        );
        for case in portion {
            query = query
                .bind(case.seq)
                .bind(case.state.as_str())
                .bind(case.due_us())
                .bind(&case.status)
                .bind(i64::from(case.version))
                .bind(case.owner.as_ref().map(|owner| owner.as_str()))
                .bind(case.stirred)
                .bind(to_us(case.changed));
        }
        query.execute(&mut *db).await?;
    }
    add_records(db, changes.records).await?;
    for (portion, room) in portions(&changes.released) {
        let mut query = statement("DELETE FROM keys WHERE key IN (", (room, 1), ")");
        for key in portion {
            query = query.bind(key.as_slice());
        }
        query.execute(&mut *db).await?;
    }
    let held: Vec<_> = changes.handed_over.iter().chain(&changes.taken).collect();
    for (portion, room) in portions(&held) {
        let mut query = statement(
            "INSERT INTO keys (key, case_id, until_us) SELECT * FROM (VALUES ",
            (room, 3),
            ") WHERE column1 IS NOT NULL \
             ON CONFLICT (key) DO UPDATE SET case_id = excluded.case_id, until_us = excluded.until_us",
        );
        for (key, held) in portion {
            query = query.bind(key.as_slice()).bind(held.case.as_str()).bind(held.until_us);
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// In the order of the list, which is the order of opening.
async fn add_cases(db: &mut SqliteConnection, cases: &[(&KeptCase, &[u8])]) -> Result<(), Trouble> {
    for (portion, room) in portions(cases) {
        let mut query = statement(
            "INSERT INTO cases (id, kind, environment, title, fingerprint, state, due_us, status, version, owner, stirred, \
             opened_us, changed_us) SELECT * FROM (VALUES ",
            (room, 13),
            ") WHERE column1 IS NOT NULL",
        );
        for (case, _) in portion {
            query = query
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
                .bind(to_us(case.changed));
        }
        query.execute(&mut *db).await?;
        let mut query = statement(
            "INSERT INTO contents (case_id, content) SELECT * FROM (VALUES ",
            (room, 2),
            ") WHERE column1 IS NOT NULL",
        );
        for (case, content) in portion {
            query = query.bind(case.id.as_str()).bind(*content);
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}

async fn add_records(db: &mut SqliteConnection, records: &[KeptRecord]) -> Result<(), Trouble> {
    for (portion, room) in portions(records) {
        let mut query = statement(
            "INSERT INTO records (case_id, n, at_us, worker, kind, until_us, attempt, look_n, look_id, korrelasjonsid, payload) \
             SELECT * FROM (VALUES ",
            (room, 11),
            ") WHERE column1 IS NOT NULL",
        );
        for record in portion {
            let entry = record.entry_columns();
            query = query
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
                .bind(record.payload.as_slice());
        }
        query.execute(&mut *db).await?;
    }
    Ok(())
}
