use async_trait::async_trait;
use skattebro_domain::flow::Effect;
use skattebro_ports::{Api, CallKind, CallQuota, CallSlot, ErrorKind, PortError, SlotWish, WaitingLine};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The limit of concurrent calls, kept within one process.
#[derive(Debug)]
pub struct LocalQuota {
    skattemelding: Arc<Slots>,
    innkreving: Arc<Slots>,
    altinn: Arc<Slots>,
}

#[derive(Debug)]
struct Slots {
    calls: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    made: usize,
    uploads: usize,
    looks: usize,
    waiting: WaitingLine<oneshot::Sender<Held>>,
}

impl LocalQuota {
    /// So many calls per API at a time, at least one; three of five may be uploads, and four of five looks.
    pub fn new(calls: usize) -> Self {
        let slots = || Arc::new(Slots { calls: calls.max(1), state: Mutex::default() });
        Self { skattemelding: slots(), innkreving: slots(), altinn: slots() }
    }
}

/// Five, which is what Skatteetaten allows an organisation.
impl Default for LocalQuota {
    fn default() -> Self {
        Self::new(5)
    }
}

/// A slot, until it is dropped.
#[derive(Debug)]
struct Held {
    kind: CallKind,
    /// Nothing once it was given back.
    slots: Option<Arc<Slots>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            slots.state().count(self.kind, |of| *of -= 1);
            slots.serve();
        }
    }
}

impl State {
    fn count(&mut self, kind: CallKind, change: impl Fn(&mut usize)) {
        change(&mut self.made);
        match kind {
            CallKind::Upload => change(&mut self.uploads),
            CallKind::Look => change(&mut self.looks),
            CallKind::Short => {}
        }
    }

    fn is_free(&self, kind: CallKind, calls: usize) -> bool {
        let of_kind = match kind {
            CallKind::Upload => self.uploads,
            CallKind::Look => self.looks,
            CallKind::Short => self.made,
        };
        self.made < calls && of_kind < kind.at_most(calls)
    }
}

impl Slots {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives slots to who is next, as long as there are any.
    fn serve(self: &Arc<Self>) {
        let mut state = self.state();
        while let Some(kind) = state.waiting.kinds().find(|kind| state.is_free(*kind, self.calls)) {
            let Some(next) = state.waiting.serve(kind) else { return };
            let held = Held { kind, slots: Some(self.clone()) };
            match next.send(held) {
                Ok(()) => state.count(kind, |of| *of += 1),
                // He has gone, and nothing was counted.
                Err(mut held) => held.slots = None,
            }
        }
    }
}

#[async_trait]
impl CallQuota for LocalQuota {
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError> {
        let slots = match wish.api {
            Api::Skattemelding => &self.skattemelding,
            Api::Innkreving => &self.innkreving,
            Api::Altinn => &self.altinn,
        };
        let (granted, slot) = oneshot::channel();
        slots.state().waiting.push(wish.kind, granted);
        slots.serve();
        match slot.await {
            Ok(held) => Ok(CallSlot::new(held)),
            // Nobody throws away who waits.
            Err(error) => Err(PortError::new(
                ErrorKind::Local,
                "waiting for a call slot",
                Effect::NotSent,
                "the quota is closed",
            )
            .with_source(error)),
        }
    }
}
