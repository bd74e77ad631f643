mod connect;
mod desk;
mod giving;
mod listen;
mod owners;
mod read;
#[cfg(test)]
mod tests;
mod transaction;

use crate::StoreSettings;
use crate::bell::{Bell, Heard};
use crate::crypt::Sealer;
use crate::desk::{Ask, Begin, Learn, Open, Park};
use crate::errors::{Moment, Trouble, damaged, of_postgres};
use crate::times::to_us;
use async_trait::async_trait;
use aws_lc_rs::rand;
use desk::OnDesk;
use giving::{GivingBack, Leaving, Loading, Releasing, Removing};
use listen::Listening;
use owners::{Beating, Claiming};
use read::{Counting, FindingHolder, Listing, Reading};
use skattebro_ports::Journal;
use skattebro_ports::journal::{
    Beat, Begun, Case, CaseId, CaseKey, CaseSummary, Claim, Claimed, Counts, Environment, Filter, Intent,
    JournalError, JournalErrorKind, Learned, NewAsk, NewCase, Opened, Parked, Parking, Recorded, Version,
    WorkerId,
};
use sqlx::postgres::PgPool;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
pub(crate) use transaction::now_us;

/// A journal in a PostgreSQL database, for many machines.
///
/// Clones share everything; each is told by [`stirred`](Journal::stirred) for itself. The tables lie in the first schema that is searched,
/// so that several journals can share a database.
///
/// Times that decide who is alive are the database's, so the clocks of the machines need not agree. What it has answered is on the
/// database's disk; whether it survives that disk is a matter of the database's replicas (`synchronous_standby_names`).
pub struct PostgresJournal {
    shared: Arc<Shared>,
    heard: Heard,
}

struct Shared {
    pool: PgPool,
    settings: StoreSettings,
    sealer: Sealer,
    bell: Arc<Bell>,
    listening: Listening,
    channel: String,
    /// Tells what this process announces from what others do.
    token: String,
}

impl PostgresJournal {
    /// Opens the journal at a URL like `postgres://user:password@host:5432/database?sslmode=verify-full`. Its tables are made if they are
    /// missing.
    ///
    /// Over a network, `sslmode=verify-full` is the mode that lets nobody read along; without one, a connection is encrypted if the
    /// server can.
    ///
    /// # Errors
    /// If the database cannot be reached or used, or the journal was written by a newer version, or was made with another key or without
    /// one. No error shows the password.
    pub async fn connect(url: &str, settings: StoreSettings) -> Result<Self, JournalError> {
        let sealer = Sealer::new(settings.key.as_ref())?;
        let pool = connect::pool(connect::options(url)?, &settings);
        let of = |error: sqlx::Error| of_postgres(&error, Moment::Opening);
        connect::set_up(&pool, &settings, &sealer).await.map_err(|trouble| match trouble {
            Trouble::Database(error) => of(error),
            Trouble::Journal(error) => error,
            Trouble::Collision => damaged("its tables changed while they were made"),
        })?;
        let channel = connect::channel(&pool).await.map_err(of)?;
        let token = random_name()?;
        let bell = Arc::new(Bell::new(0));
        let heard = bell.heard();
        let shared = Shared { pool, settings, sealer, bell, listening: Listening::default(), channel, token };
        Ok(Self { shared: Arc::new(shared), heard })
    }

    /// What a quota in the same database needs: connections, settings, and a name that no other quota has.
    pub(crate) fn for_quota(&self) -> Result<(PgPool, &StoreSettings, String), JournalError> {
        Ok((self.shared.pool.clone(), &self.shared.settings, random_name()?))
    }

    /// Closes all connections, for all clones, when what is under way has ended.
    pub async fn close(&self) {
        self.shared.pool.close().await;
    }
}

fn random_name() -> Result<String, JournalError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes)
        .map_err(|_| JournalError::new(JournalErrorKind::Other, "this machine has no random numbers"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

impl Shared {
    fn clock_us(&self) -> Option<i64> {
        self.settings.clock.as_ref().map(|clock| to_us(clock.now()))
    }
}

/// Another handle; what was asked before it was made does not stir it.
impl Clone for PostgresJournal {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), heard: self.shared.bell.heard() }
    }
}

/// Shows no case, no key and no password.
impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.shared.pool.connect_options();
        f.debug_struct("PostgresJournal")
            .field("host", &options.get_host())
            .field("database", &options.get_database())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    fn survives(&self) -> bool {
        true
    }

    async fn open(&self, cases: Vec<NewCase>) -> Result<Vec<Opened>, JournalError> {
        self.shared.write(OnDesk(Open(cases))).await
    }

    async fn ask(&self, ask: NewAsk) -> Result<Recorded, JournalError> {
        self.shared.write(OnDesk(Ask(ask))).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.shared.write(Claiming(claim)).await
    }

    async fn load(&self, worker: &WorkerId, case: &CaseId) -> Result<Option<Case>, JournalError> {
        match self.shared.read(Reading(case.clone())).await? {
            Some((found, true)) if found.summary.owner.as_ref() == Some(worker) => {
                self.shared.write(Loading(worker.clone(), case.clone())).await
            }
            found => Ok(found.map(|(case, _)| case)),
        }
    }

    async fn begin(&self, worker: &WorkerId, intents: Vec<Intent>) -> Result<Vec<Begun>, JournalError> {
        self.shared.write(OnDesk(Begin(worker.clone(), intents))).await
    }

    async fn learn(&self, facts: Vec<Learned>) -> Result<Vec<Recorded>, JournalError> {
        self.shared.write(OnDesk(Learn(facts))).await
    }

    async fn park(&self, worker: &WorkerId, parkings: Vec<Parking>) -> Result<Vec<Parked>, JournalError> {
        self.shared.write(OnDesk(Park(worker.clone(), parkings))).await
    }

    async fn give_back(&self, worker: &WorkerId, cases: Vec<CaseId>) -> Result<(), JournalError> {
        self.shared.write(GivingBack(worker.clone(), cases)).await
    }

    async fn beat(&self, worker: &WorkerId, alive_for: Duration) -> Result<Beat, JournalError> {
        self.shared.write(Beating(worker.clone(), alive_for)).await
    }

    async fn leave(&self, worker: &WorkerId) -> Result<(), JournalError> {
        self.shared.write(Leaving(worker.clone())).await
    }

    async fn release(&self, case: &CaseId, key: &CaseKey) -> Result<(), JournalError> {
        self.shared.write(Releasing(case.clone(), self.shared.sealer.name(key))).await
    }

    async fn read(&self, case: &CaseId) -> Result<Option<Case>, JournalError> {
        Ok(self.shared.read(Reading(case.clone())).await?.map(|(case, _)| case))
    }

    async fn holder(&self, key: &CaseKey) -> Result<Option<CaseId>, JournalError> {
        self.shared.read(FindingHolder(self.shared.sealer.name(key))).await
    }

    async fn list(&self, filter: Filter) -> Result<Vec<CaseSummary>, JournalError> {
        self.shared.read(Listing(filter)).await
    }

    async fn counts(&self, environment: Option<&Environment>) -> Result<Counts, JournalError> {
        self.shared.read(Counting(environment.cloned())).await
    }

    async fn remove(&self, cases: Vec<(CaseId, Version)>) -> Result<Vec<CaseId>, JournalError> {
        self.shared.write(Removing(cases)).await
    }

    /// What this process writes is known at once, what another writes as soon as the database tells. While it cannot be reached, this
    /// returns now and then.
    async fn stirred(&self) {
        let Shared { pool, channel, token, bell, listening, .. } = &*self.shared;
        listening.ensure(pool, channel, token, bell);
        bell.next(&self.heard).await;
    }
}
