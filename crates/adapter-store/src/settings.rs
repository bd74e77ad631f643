use crate::StoreKey;
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::sync::Arc;
use std::time::Duration;

/// How a journal is kept.
///
/// ```
/// # use skattebro_adapter_store::StoreSettings;
/// let settings = StoreSettings { connections: 16, ..StoreSettings::default() };
/// ```
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Encrypts what may hold personal data. A journal that was made with a key is opened with that key, one without is opened without.
    pub key: Option<StoreKey>,
    /// Decides who is alive and which keys are held. Without: the machine's clock for SQLite, the database's for PostgreSQL, which all
    /// machines share. For tests.
    pub clock: Option<Arc<dyn Clock>>,
    /// How long to wait for others who are writing.
    pub busy: Duration,
    /// How long to wait for a database on another machine to answer at all. PostgreSQL only.
    pub answer_within: Duration,
    /// Connections at a time: for reading with SQLite, for everything with PostgreSQL.
    pub connections: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            key: None,
            clock: None,
            busy: Duration::from_secs(5),
            answer_within: Duration::from_secs(30),
            connections: 8,
        }
    }
}

impl StoreSettings {
    /// The test's clock, or the machine's.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(Timestamp::now, |clock| clock.now())
    }
}
