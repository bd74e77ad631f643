//! The one loop that drives every workflow.

use async_trait::async_trait;
use skattebro_domain::Timestamp;
use skattebro_domain::flow::{AttemptNo, Flow, Step, WaitingFor};
use skattebro_ports::Clock;
use tokio_util::sync::CancellationToken;

/// What does the acts and reads of a workflow, and is told how it goes.
#[async_trait]
pub(crate) trait Hands<F: Flow>: Sync {
    /// Waits until an act can be sent without a queue. A flow that is stopped while it waits has sent nothing.
    async fn turn(&self) -> Turn {
        Turn(Box::new(()))
    }
    /// Sends an act. Never fails: a failure is a fact.
    async fn act(&self, act: F::Act) -> F::Fact;
    /// Looks at something. Never fails either.
    async fn read(&self, read: F::Read) -> F::Fact;
    /// Something was learned.
    fn learned(&self, flow: &F);
    /// Nothing will be done before then.
    fn waiting(&self, until: Timestamp, waiting_for: WaitingFor);
}

/// The right to send an act, until it is dropped.
pub(crate) struct Turn(#[allow(dead_code)] pub(crate) Box<dyn Send>);

/// Drives `flow` until it ends or needs a person. Once in its life: attempts are counted from 1.
///
/// Cancelling asks the flow `on_cancel` before its next step; an act under way is finished first, since what it does at the other
/// side must be learned.
pub(crate) async fn drive<F>(
    flow: &mut F,
    hands: &impl Hands<F>,
    clock: &dyn Clock,
    cancel: &CancellationToken,
    on_cancel: impl Fn() -> F::Ask,
) where
    F: Flow,
    F::Act: Send,
    F::Read: Send,
{
    let mut n = AttemptNo::default();
    let mut asked_to_stop = false;
    let mut turn = None;
    loop {
        if cancel.is_cancelled() && !asked_to_stop {
            asked_to_stop = true;
            if let Err(declined) = flow.asked(on_cancel(), clock.now()) {
                tracing::debug!(%declined, "cancelling");
            }
        }
        match flow.next(clock.now()) {
            // The step is asked for again when it can be taken: time has passed, and somebody may have stopped it.
            Step::Act(_) if turn.is_none() => turn = stoppable(cancel, asked_to_stop, hands.turn()).await,
            Step::Act(act) => {
                n = n.next();
                flow.begun(n, &act, clock.now());
                let fact = hands.act(act).await;
                turn = None;
                flow.learned(n, fact, clock.now());
                hands.learned(flow);
            }
            Step::Read(read) => {
                n = n.next();
                // A look can be dropped at any time. None: it was, because of a cancel.
                if let Some(fact) = stoppable(cancel, asked_to_stop, hands.read(read)).await {
                    flow.learned(n, fact, clock.now());
                    hands.learned(flow);
                }
            }
            Step::Wait(until, waiting_for) => {
                hands.waiting(until, waiting_for);
                stoppable(cancel, asked_to_stop, clock.sleep_until(until)).await;
            }
            Step::Person(_) | Step::End => return,
        }
    }
}

async fn stoppable<T>(
    cancel: &CancellationToken,
    asked_to_stop: bool,
    work: impl Future<Output = T>,
) -> Option<T> {
    if asked_to_stop { Some(work.await) } else { cancel.run_until_cancelled(work).await }
}
