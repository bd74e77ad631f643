//! What waits to be written, and who waits for it.

use crate::crypt::Sealer;
use crate::desk::{Desk, Move, Needs};
use crate::errors::{Trouble, copy};
use async_trait::async_trait;
use skattebro_ports::journal::{JournalError, JournalErrorKind};
use sqlx::sqlite::SqliteConnection;
use tokio::sync::oneshot;

/// Something that is done within a transaction by statements of its own. It may be done again, in another one, until one is committed.
#[async_trait]
pub(super) trait Work: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether it is better not done at all once nobody waits for its answer.
    const VOID_WHEN_ABANDONED: bool = false;

    async fn run(&self, session: &mut Session<'_>) -> Result<Self::Answer, Trouble>;
}

/// A transaction, and what one needs in it.
pub(super) struct Session<'w> {
    pub(super) connection: &'w mut SqliteConnection,
    pub(super) sealer: &'w Sealer,
    pub(super) now_us: i64,
    /// Set when somebody who waits for something to do should look.
    pub(super) stirs: bool,
}

/// Something that somebody waits for.
pub(super) enum Job {
    /// Moves that stand beside each other are decided on one desk.
    Move(Box<dyn WaitingMove>),
    Work(Box<dyn WaitingWork>),
}

/// What comes of a job, to be awaited by its caller.
pub(super) type Coming<A> = oneshot::Receiver<Result<A, JournalError>>;

impl Job {
    pub(super) fn of_move<M: Move>(what: M) -> (Self, Coming<M::Answer>) {
        let (caller, coming) = Caller::new();
        (Self::Move(Box::new(Waiting { what, caller })), coming)
    }

    pub(super) fn of_work<W: Work>(what: W) -> (Self, Coming<W::Answer>) {
        let (caller, coming) = Caller::new();
        (Self::Work(Box::new(Waiting { what, caller })), coming)
    }

    /// Whether it is better not done, since nobody waits for it any more.
    pub(super) fn is_void(&self) -> bool {
        match self {
            Self::Move(waiting) => waiting.is_void(),
            Self::Work(waiting) => waiting.is_void(),
        }
    }

    pub(super) fn is_move(&self) -> bool {
        matches!(self, Self::Move(_))
    }

    pub(super) fn answer(self, outcome: Result<(), &JournalError>) {
        match self {
            Self::Move(waiting) => waiting.answer(outcome),
            Self::Work(waiting) => waiting.answer(outcome),
        }
    }
}

struct Waiting<T, A> {
    what: T,
    caller: Caller<A>,
}

/// Who waits, and the answer that he gets if all is committed.
struct Caller<A> {
    answer: Option<A>,
    sender: oneshot::Sender<Result<A, JournalError>>,
}

impl<A> Caller<A> {
    fn new() -> (Self, Coming<A>) {
        let (sender, coming) = oneshot::channel();
        (Self { answer: None, sender }, coming)
    }

    fn answer(self, outcome: Result<(), &JournalError>) {
        let answer = match outcome {
            Ok(()) => self.answer.ok_or_else(closed),
            Err(error) => Err(copy(error)),
        };
        // Nobody waits any more; it is done all the same.
        _ = self.sender.send(answer);
    }
}

pub(super) trait WaitingMove: Send {
    fn is_void(&self) -> bool;

    fn needs(&self, sealer: &Sealer) -> Needs;

    fn carry_out(&mut self, desk: &mut Desk<'_>) -> Result<(), JournalError>;

    fn answer(self: Box<Self>, outcome: Result<(), &JournalError>);
}

impl<M: Move> WaitingMove for Waiting<M, M::Answer> {
    fn is_void(&self) -> bool {
        M::VOID_WHEN_ABANDONED && self.caller.sender.is_closed()
    }

    fn needs(&self, sealer: &Sealer) -> Needs {
        self.what.needs(sealer)
    }

    fn carry_out(&mut self, desk: &mut Desk<'_>) -> Result<(), JournalError> {
        self.caller.answer = Some(self.what.carry_out(desk)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), &JournalError>) {
        self.caller.answer(outcome);
    }
}

#[async_trait]
pub(super) trait WaitingWork: Send {
    fn is_void(&self) -> bool;

    async fn run(&mut self, session: &mut Session<'_>) -> Result<(), Trouble>;

    fn answer(self: Box<Self>, outcome: Result<(), &JournalError>);
}

#[async_trait]
impl<W: Work> WaitingWork for Waiting<W, W::Answer> {
    fn is_void(&self) -> bool {
        W::VOID_WHEN_ABANDONED && self.caller.sender.is_closed()
    }

    async fn run(&mut self, session: &mut Session<'_>) -> Result<(), Trouble> {
        self.caller.answer = Some(self.what.run(session).await?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), &JournalError>) {
        self.caller.answer(outcome);
    }
}

pub(super) fn closed() -> JournalError {
    JournalError::new(JournalErrorKind::Other, "the journal was closed, or the program is about to end")
}
