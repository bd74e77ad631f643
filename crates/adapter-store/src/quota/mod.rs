mod line;
mod slots;

use crate::PostgresJournal;
use crate::clock::MachineClock;
use async_trait::async_trait;
use line::Line;
use skattebro_ports::journal::{Environment, JournalError, WorkerId};
use skattebro_ports::{Api, CallQuota, CallSlot, Clock, PortError, SlotWish};
use slots::Slots;
use std::fmt;
use std::sync::Arc;

/// The limit of concurrent calls, kept over all machines that use the same journal: five a time for each API of an organisation, in each
/// environment, of which three may be uploads and four looks.
///
/// A slot is leased: it is kept for the call's deadline and 15 seconds, and then anybody may have it, whether it was given back or not.
/// So a machine that stops, or is frozen, keeps no slot for ever; and what a process held that is [known to have ended](QuotaProcess) is free
/// half a minute later. **Who uses a slot must therefore end the call within the deadline that
/// it asked for, and begin it only while [`CallSlot::kept_for`] says that it is still kept**; a process that was frozen finds out by
/// that.
///
/// Within a process, looks let others go before and otherwise whoever waited longest gets the next slot; and slots are handed on without asking the database, for two seconds
/// at most if another process waits. Between processes it is about fair and not in order: each comes by some times a second.
///
/// Clones share the queue.
#[derive(Clone)]
pub struct PostgresQuota {
    skattemelding: Arc<Line>,
    innkreving: Arc<Line>,
    altinn: Arc<Line>,
}

/// The process that a quota is for.
#[derive(Debug, Clone)]
pub struct QuotaProcess {
    /// Its name, which no other process has, ended ones included.
    pub name: WorkerId,
    /// Whether the process of that name has ended: of this machine, since of others nobody can tell. `false` if it is not known.
    pub has_ended: fn(&WorkerId) -> bool,
}

impl PostgresJournal {
    /// The limit of concurrent calls of an organisation, named by its organisation number, kept in the same database. One for a process:
    /// clones of it share a queue. Who the process is helps others when it has ended.
    ///
    /// # Errors
    /// If this machine has no random numbers.
    pub fn quota(
        &self,
        environment: &Environment,
        organisation: &str,
        process: Option<QuotaProcess>,
    ) -> Result<PostgresQuota, JournalError> {
        let (pool, settings, mut name) = self.for_quota()?;
        let has_ended = process.as_ref().map(|process| process.has_ended);
        if let Some(process) = process {
            // Twice in a process is twice: each counts its own holders.
            name = format!("{}.{}", process.name, &name[..8]);
        }
        let shares_clock = settings.clock.is_some();
        let clock: Arc<dyn Clock> =
            settings.clock.clone().unwrap_or_else(|| Arc::new(MachineClock::default()));
        let line = |api| {
            let slots = Slots {
                pool: pool.clone(),
                environment: environment.as_str().to_owned(),
                api: slots::name(api),
                organisation: organisation.to_owned(),
                process: name.clone(),
                has_ended,
            };
            Arc::new(Line::new(slots, clock.clone(), shares_clock, settings.answer_within))
        };
        Ok(PostgresQuota {
            skattemelding: line(Api::Skattemelding),
            innkreving: line(Api::Innkreving),
            altinn: line(Api::Altinn),
        })
    }
}

impl fmt::Debug for PostgresQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresQuota")
    }
}

#[async_trait]
impl CallQuota for PostgresQuota {
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError> {
        match wish.api {
            Api::Skattemelding => self.skattemelding.slot(wish).await,
            Api::Innkreving => self.innkreving.slot(wish).await,
            Api::Altinn => self.altinn.slot(wish).await,
        }
    }
}
