//! A clock for a crowd: it stands still while anybody works, and moves on when all are asleep.

use async_trait::async_trait;
use skattebro::domain::Timestamp;
use skattebro::ports::Clock;
use skattebro_sandbox::{Sandbox, VirtualClock};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The longest step, so that what the sandbox does late is never overtaken by much.
const STEP: Duration = Duration::from_secs(5);

pub(crate) struct CrowdClock {
    clock: VirtualClock,
    sleepers: Mutex<BTreeMap<(Duration, u64), oneshot::Sender<()>>>,
    tickets: Mutex<u64>,
    awake_or_asleep: AtomicUsize,
}

impl std::fmt::Debug for CrowdClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CrowdClock")
    }
}

impl CrowdClock {
    pub(crate) fn new(sandbox: &Sandbox, crowd: usize) -> Arc<Self> {
        Arc::new(Self {
            clock: sandbox.clock().clone(),
            sleepers: Mutex::default(),
            tickets: Mutex::default(),
            awake_or_asleep: AtomicUsize::new(crowd),
        })
    }

    /// One of the crowd has gone home.
    pub(crate) fn one_left(&self) {
        self.awake_or_asleep.fetch_sub(1, Ordering::SeqCst);
    }

    /// Moves the clock as long as anybody is there. Abort it when the test is over.
    pub(crate) fn run(self: &Arc<Self>, sandbox: Arc<Sandbox>) -> JoinHandle<()> {
        let this = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::task::yield_now().await;
                let crowd = this.awake_or_asleep.load(Ordering::SeqCst);
                let asleep = this.sleepers.lock().unwrap().len();
                if crowd > 0 && asleep == crowd && sandbox.late_requests_due() == 0 {
                    this.step();
                }
            }
        })
    }

    fn step(&self) {
        let now = self.clock.now();
        let mut sleepers = self.sleepers.lock().unwrap();
        let Some(((first, _), _)) = sleepers.first_key_value() else { return };
        let to = (*first).min(now + STEP);
        self.clock.advance(to.saturating_sub(now));
        while let Some(entry) = sleepers.first_entry().filter(|entry| entry.key().0 <= to) {
            let _ = entry.remove().send(());
        }
    }
}

#[async_trait]
impl Clock for CrowdClock {
    fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    fn steady(&self) -> Duration {
        self.clock.now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        let Ok(left) = Duration::try_from(until.duration_since(self.now())) else { return };
        if left.is_zero() {
            return;
        }
        let (sender, woken) = oneshot::channel();
        let ticket = {
            let mut tickets = self.tickets.lock().unwrap();
            *tickets += 1;
            *tickets
        };
        self.sleepers.lock().unwrap().insert((self.clock.now() + left, ticket), sender);
        let _ = woken.await;
    }
}
