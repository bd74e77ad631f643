use crate::documents::Places;
use crate::journal::Desk;
use crate::looks::Looks;
use skattebro_domain::Identifikator;
use skattebro_domain::altinn::{APP_ID, InstansId};
use skattebro_ports::journal::Environment;
use skattebro_ports::{Altinn, AltinnJobs, Availability, CurrentReturns, Jobs, Uploads, Validations};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What the workflows use of the outside world.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) uploads: Arc<dyn Uploads>,
    pub(crate) jobs: Arc<dyn Jobs>,
    pub(crate) current_returns: Arc<dyn CurrentReturns>,
    pub(crate) validations: Arc<dyn Validations>,
    pub(crate) availability: Arc<dyn Availability>,
    pub(crate) altinn: Option<AltinnPorts>,
    pub(crate) desk: Arc<Desk>,
    /// How long after its intent a small request may be sent and answered.
    pub(crate) permit: Duration,
    pub(crate) environment: Environment,
    pub(crate) max_request_bytes: u64,
    /// Of those who hold documents.
    pub(crate) places: Places,
    /// The looks at jobs.
    pub(crate) looks: Arc<Looks>,
    /// How many threads pack one document.
    pub(crate) packing_threads: NonZeroUsize,
    /// For whom a job is being run: a second one for the same party would abort the first.
    pub(crate) busy: Mutex<HashSet<Identifikator>>,
}

/// What a submission uses beside.
#[derive(Debug, Clone)]
pub(crate) struct AltinnPorts {
    pub(crate) altinn: Arc<dyn Altinn>,
    pub(crate) jobs: Arc<dyn AltinnJobs>,
    /// The page where a person confirms, without its parameters.
    pub(crate) visning: Option<String>,
}

impl AltinnPorts {
    /// Where a person confirms what lies in an instance.
    pub(crate) fn link(&self, instans: &InstansId) -> Option<String> {
        self.visning.as_ref().map(|page| format!("{page}?appId={APP_ID}&instansId={instans}"))
    }
}

/// The right to run a job for a party, until it is dropped.
pub(crate) struct Turn {
    ports: Arc<Ports>,
    party: Identifikator,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.ports.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.party);
    }
}

impl Ports {
    /// The right to run a job for `party`, unless somebody has it.
    pub(crate) fn turn(self: &Arc<Self>, party: &Identifikator) -> Option<Turn> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let free = busy.insert(party.clone());
        free.then(|| Turn { ports: self.clone(), party: party.clone() })
    }
}
