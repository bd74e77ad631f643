//! What all handlers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::altinn::AltinnState;
use crate::clock::VirtualClock;
use crate::concurrency::Concurrency;
use crate::effects::EffectLog;
use crate::faults::{Faults, LateRequests};
use crate::ids::Ids;
use crate::krav::KravState;
use crate::signin::Signin;
use crate::skattemelding::archive::Archive;
use crate::skattemelding::scenario::Scenarios;

/// The state behind the server.
pub(crate) struct World {
    /// Tells this sandbox from one that ran at the same address before.
    pub(crate) instance: Uuid,
    pub(crate) clock: VirtualClock,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) late: LateRequests,
    pub(crate) scenarios: Scenarios,
    pub(crate) effects: EffectLog,
    pub(crate) archive: Archive,
    pub(crate) krav: KravState,
    pub(crate) signin: Signin,
    pub(crate) altinn: AltinnState,
    pub(crate) concurrency: Concurrency,
    /// Bodies and documents; removed with the world.
    pub(crate) dir: TempDir,
    pub(crate) stop: CancellationToken,
}

pub(crate) type Shared = Arc<World>;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of a whole request body.
    pub(crate) request_bytes: u64,
    /// Of a whole request body to Altinn.
    pub(crate) altinn_bytes: u64,
    /// Of one attachment.
    pub(crate) attachment_bytes: u64,
    /// Of one document when unpacked.
    pub(crate) document_bytes: u64,
}

/// Locks; a thread that panicked with the lock held leaves data that is still worth reading.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
