use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_ports::Journal;
use std::sync::Arc;
use std::time::Duration;

/// An empty journal, for one case, and the clock by which it tells who is alive.
#[async_trait]
pub trait JournalWorld: Send + Sync {
    /// The journal; the same handle each time.
    fn journal(&self) -> Arc<dyn Journal>;

    /// A new handle on the same journal, as another process has one.
    async fn another(&self) -> Arc<dyn Journal>;

    /// Lets so much of the journal's time pass.
    fn pass(&self, by: Duration);

    /// The journal's time, in whole microseconds.
    fn now(&self) -> Timestamp;

    /// Whose asks make [`Journal::stirred`] return.
    fn hears(&self) -> Hears {
        Hears::All
    }
}

/// Whose asks a handle of a journal is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hears {
    /// Nobody's: [`Journal::stirred`] never returns.
    Nothing,
    /// What was asked by the same handle.
    Own,
    /// Also what was asked by others, as from other processes.
    All,
}
