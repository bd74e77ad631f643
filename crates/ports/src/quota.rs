mod line;

pub use line::WaitingLine;

use crate::{Permit, Port, PortError};
use async_trait::async_trait;
use std::time::Duration;

/// An API with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// Tax returns.
    Skattemelding,
    /// Innkrevingsoppdrag.
    Innkreving,
    /// The app in Altinn through which returns are submitted.
    Altinn,
}

/// What kind of call a slot is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// It carries a large document. Such calls take at most three of five slots, so that short ones get through.
    Upload,
    /// A short call that something waits for: a start, a creation, a change.
    Short,
    /// A look that may be made a little later. Looks take at most four of five slots, and let others go before.
    Look,
}

impl CallKind {
    /// How many calls of this kind may be made at a time, where so many may be made at all.
    pub fn at_most(self, calls: usize) -> usize {
        let most = match self {
            Self::Upload => calls * 3 / 5,
            Self::Short => calls,
            Self::Look => calls * 4 / 5,
        };
        most.max(1)
    }
}

/// What a slot is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotWish {
    /// The API that is called.
    pub api: Api,
    /// What kind of call it is.
    pub kind: CallKind,
    /// How long the call may take at most. A slot that is shared between machines is kept longer than that.
    pub deadline: Duration,
}

/// The right to make one call, until it is dropped.
#[must_use = "dropping it gives the slot back"]
pub struct CallSlot {
    lease: Option<Permit>,
    _held: Box<dyn Send + Sync>,
}

impl CallSlot {
    /// A slot that `held` gives back when it is dropped.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self { lease: None, _held: Box::new(held) }
    }

    /// A slot that somebody else may get when its lease runs out, although it was not given back.
    pub fn leased(held: impl Send + Sync + 'static, lease: Permit) -> Self {
        Self { lease: Some(lease), _held: Box::new(held) }
    }

    /// How long it is kept for its holder; `None`: until it is given back.
    ///
    /// # Errors
    /// If it may be somebody else's by now. No call may be made with it.
    #[allow(clippy::result_unit_err)]
    pub fn kept_for(&self) -> Result<Option<Duration>, ()> {
        self.lease.as_ref().map(|lease| lease.remaining().ok_or(())).transpose()
    }
}

impl std::fmt::Debug for CallSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallSlot")
    }
}

/// How many calls may be made at a time. Skatteetaten allows an organisation 5 per API, over all its machines together.
///
/// Source: contract pages, "Operating rules".
#[async_trait]
pub trait CallQuota: Port {
    /// Waits for a slot. Uploads and short calls go before looks, but no more than four of them before a look that waits; otherwise, whoever
    /// waited longest gets the next. An upload that waits for other uploads, or a look for other looks, lets others pass. Dropping the
    /// future gives the place in the queue up.
    ///
    /// Where several processes share the slots, this is so within each.
    ///
    /// # Errors
    /// If whatever keeps the slots cannot be reached. Nothing was sent.
    async fn slot(&self, wish: &SlotWish) -> Result<CallSlot, PortError>;
}
