//! Who waits in this process for a slot of one API, and who fetches slots for them.

use super::slots::Slots;
use crate::errors::{Moment, of_postgres};
use skattebro_domain::flow::{Effect, ErrorKind, Retry};
use skattebro_ports::{CallKind, CallSlot, Clock, Permit, PortError, SlotWish, WaitingLine};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

/// A lease outlives its call's deadline by so much: clocks run differently fast, and an answer takes its time.
pub(super) const MARGIN: Duration = Duration::from_secs(15);
/// By so much at least, where a lease is handed on without asking.
const LEAST_MARGIN: Duration = Duration::from_secs(5);
/// So long a slot is handed on within the process before others are asked.
const TURN: Duration = Duration::from_secs(2);
/// So often who waits says so.
const SAY_AGAIN: Duration = Duration::from_millis(500);
/// After a turn that others wanted, one stays away for so long: longer than they take to come by.
const STAND_BACK: Duration = Duration::from_millis(150);
/// How often one comes by: between the first and the second.
const COME_BY: (u64, u64) = (30, 130);

#[derive(Debug)]
pub(super) struct Line {
    slots: Slots,
    clock: Arc<dyn Clock>,
    /// Also the database's, in tests.
    shares_clock: bool,
    answer_within: Duration,
    state: Mutex<State>,
    stirred: Notify,
    holders: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    waiting: WaitingLine<Waiting>,
    /// Held in the database, and by nobody here.
    returned: Vec<Lease>,
    is_served: bool,
    has_rows: bool,
    stands_back_until: Option<Instant>,
    said_waiting: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    wish: SlotWish,
    granted: oneshot::Sender<Result<CallSlot, PortError>>,
}

#[derive(Debug)]
struct Lease {
    holder: String,
    kind: CallKind,
    permit: Permit,
    since: Instant,
}

impl Lease {
    /// Whether it may be handed on for a call as it is: long enough for it, and no longer than one of its own would be.
    fn serves(&self, wish: &SlotWish) -> bool {
        let left = self.permit.remaining().unwrap_or_default();
        self.kind == wish.kind
            && left >= wish.deadline + LEAST_MARGIN
            && left <= wish.deadline + MARGIN
            && self.since.elapsed() < TURN
    }
}

/// A slot, until it is dropped.
struct Held {
    line: Arc<Line>,
    lease: Option<Lease>,
    runtime: Handle,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.line.state().returned.push(lease);
            self.line.serve(&self.runtime);
        }
    }
}

impl Line {
    pub(super) fn new(
        slots: Slots,
        clock: Arc<dyn Clock>,
        shares_clock: bool,
        answer_within: Duration,
    ) -> Self {
        Self {
            slots,
            clock,
            shares_clock,
            answer_within,
            state: Mutex::default(),
            stirred: Notify::new(),
            holders: AtomicU64::new(0),
        }
    }

    /// Waits for a slot, in the order of a [`WaitingLine`].
    pub(super) async fn slot(self: &Arc<Self>, wish: &SlotWish) -> Result<CallSlot, PortError> {
        let (granted, slot) = oneshot::channel();
        self.state().waiting.push(wish.kind, Waiting { wish: *wish, granted });
        self.serve(&Handle::current());
        slot.await.unwrap_or_else(|_| Err(failed("the program is about to end")))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first wish of each kind whose owner still waits, in the order in which they are to be served.
    fn next(&self) -> Vec<SlotWish> {
        let mut state = self.state();
        state.waiting.retain(|one| !one.granted.is_closed());
        state.waiting.kinds().filter_map(|kind| state.waiting.first(kind)).map(|one| one.wish).collect()
    }

    /// Sees to it that somebody serves, for as long as somebody waits or something is to be given back.
    fn serve(self: &Arc<Self>, runtime: &Handle) {
        if !std::mem::replace(&mut self.state().is_served, true) {
            let mut serving = Serving { line: self.clone(), is_done: false };
            runtime.spawn(async move { serving.run().await });
        }
        self.stirred.notify_one();
    }

    fn clock_us(&self) -> Option<i64> {
        self.shares_clock.then(|| crate::times::to_us(self.clock.now()))
    }

    async fn ask<A>(
        &self,
        statement: impl Future<Output = Result<A, sqlx::Error>> + Send,
    ) -> Result<A, PortError> {
        match tokio::time::timeout(self.answer_within, statement).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                let error = of_postgres(&error, Moment::Opening);
                Err(failed("the database that keeps the call slots failed").with_source(error))
            }
            Err(_) => Err(failed("the database that keeps the call slots does not answer")),
        }
    }

    fn held(self: &Arc<Self>, lease: Lease) -> CallSlot {
        let permit = lease.permit.clone();
        CallSlot::leased(Held { line: self.clone(), lease: Some(lease), runtime: Handle::current() }, permit)
    }
}

/// The task that fetches slots and gives them back. When it ends, for whatever reason, the next one who wants something starts another.
struct Serving {
    line: Arc<Line>,
    is_done: bool,
}

impl Drop for Serving {
    fn drop(&mut self) {
        if !self.is_done {
            // The runtime ended under it. What is leased runs out by itself.
            let mut state = self.line.state();
            state.is_served = false;
            drop(state.waiting.drain());
            state.returned.clear();
        }
    }
}

impl Serving {
    async fn run(&mut self) {
        loop {
            if let Err(error) = self.round().await {
                // Everybody is told the same: who comes next asks the database anew.
                let text = error.to_string();
                let waiting = self.line.state().waiting.drain();
                for one in waiting {
                    _ = one.granted.send(Err(failed(&text)));
                }
            }
            let mut state = self.line.state();
            if state.waiting.is_empty() && state.returned.is_empty() {
                state.is_served = false;
                self.is_done = true;
                return;
            }
        }
    }

    /// Gives back what was returned and cannot be handed on, and serves who waits as far as there are slots.
    async fn round(&self) -> Result<(), PortError> {
        let line = &self.line;
        self.hand_on().await?;
        loop {
            let wishes = line.next();
            if wishes.is_empty() {
                break;
            }
            if line.state().stands_back_until.is_some_and(|until| Instant::now() < until) {
                return self.wait().await;
            }
            match self.take_one_of(&wishes).await? {
                Some(lease) => self.grant(lease),
                None => return self.wait().await,
            }
            self.hand_on().await?;
        }
        let said = line.state().said_waiting.take();
        if said.is_some() {
            line.ask(line.slots.say_served(line.clock_us())).await?;
        }
        Ok(())
    }

    /// What was returned goes to who is next, if it fits him; else back to the database.
    async fn hand_on(&self) -> Result<(), PortError> {
        let line = &self.line;
        let mut given_back = Vec::new();
        loop {
            let returned = line.state().returned.pop();
            let Some(lease) = returned else { break };
            match line.next().first().copied() {
                Some(wish) if lease.serves(&wish) => self.grant(lease),
                Some(wish) if lease.kind == wish.kind => match self.keep(lease, &wish).await? {
                    Ok(lease) => self.grant(lease),
                    Err(holder) => {
                        // Others want it, or have it by now.
                        line.state().stands_back_until = Some(Instant::now() + STAND_BACK);
                        given_back.push(holder);
                    }
                },
                _ => given_back.push(lease.holder),
            }
        }
        if !given_back.is_empty() {
            line.ask(line.slots.give_back(&given_back)).await?;
        }
        Ok(())
    }

    /// To the first who may have it. If he has gone, it comes back by being dropped.
    fn grant(&self, lease: Lease) {
        let first = {
            let mut state = self.line.state();
            match state.waiting.serve(lease.kind) {
                Some(first) => first,
                None => return state.returned.push(lease),
            }
        };
        _ = first.granted.send(Ok(self.line.held(lease)));
    }

    /// A slot for the first of these for whose kind there is one.
    async fn take_one_of(&self, wishes: &[SlotWish]) -> Result<Option<Lease>, PortError> {
        for wish in wishes {
            if let Some(lease) = self.take(wish).await? {
                return Ok(Some(lease));
            }
            if wish.kind == CallKind::Short {
                break; // there is none at all
            }
        }
        Ok(None)
    }

    async fn take(&self, wish: &SlotWish) -> Result<Option<Lease>, PortError> {
        let line = &self.line;
        if !line.state().has_rows {
            line.ask(line.slots.ensure()).await?;
            line.state().has_rows = true;
        }
        let number = line.holders.fetch_add(1, Ordering::Relaxed);
        let holder = format!("{}-{number}", line.slots.process);
        let length = wish.deadline + MARGIN;
        // Made before it is asked for, so that it never lasts longer here than there.
        let permit = Permit::new(line.clock.clone(), length);
        let taken = line.ask(line.slots.take(&holder, wish.kind, length, line.clock_us())).await?;
        let lease = Lease { holder, kind: wish.kind, permit, since: Instant::now() };
        Ok(taken.then_some(lease))
    }

    /// The lease, made new; or only the name of its holder.
    async fn keep(&self, lease: Lease, wish: &SlotWish) -> Result<Result<Lease, String>, PortError> {
        let line = &self.line;
        let length = wish.deadline + MARGIN;
        let permit = Permit::new(line.clock.clone(), length);
        let kept = line.ask(line.slots.keep(&lease.holder, length, line.clock_us())).await?;
        let Lease { holder, kind, .. } = lease;
        Ok(if kept { Ok(Lease { holder, kind, permit, since: Instant::now() }) } else { Err(holder) })
    }

    /// Until something is returned here, or it is time to come by again.
    async fn wait(&self) -> Result<(), PortError> {
        let line = &self.line;
        let said = line.state().said_waiting;
        if said.is_none_or(|said| said.elapsed() > SAY_AGAIN) {
            line.ask(line.slots.shorten_of_the_ended(line.clock_us())).await?;
            line.ask(line.slots.say_waiting(line.clock_us())).await?;
            line.state().said_waiting = Some(Instant::now());
        }
        let pause = Duration::from_millis(between(COME_BY));
        // Either way one looks again.
        _ = tokio::time::timeout(pause, line.stirred.notified()).await;
        Ok(())
    }
}

/// Something between, so that processes do not come by at the same time. Nothing depends on its being hard to guess.
fn between((least, most): (u64, u64)) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    least + RandomState::new().hash_one(0) % (most - least)
}

fn failed(what: &str) -> PortError {
    let error = PortError::new(ErrorKind::Local, "waiting for a call slot", Effect::NotSent, what);
    error.with_retry(Retry::Later(None))
}
