//! What can go wrong, and where.

/// A place where a worker touches the world: each is a step of a schedule, and has a number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// An intent is written down.
    Begin,
    /// A fact is written down.
    Learn,
    /// The case is read again.
    Load,
    /// The case is parked.
    Park,
    /// A request that changes something.
    Act,
    /// A look.
    Read,
    /// Waiting.
    Sleep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// Whether a journal that did not answer has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    No,
    Yes,
    /// After so many seconds, if that is still possible then.
    Later(u64),
}

/// Something that goes wrong once. Numbers are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A recognised refusal by a rule that nobody knows.
    Refused,
    /// 401.
    TurnedAway,
    /// 429.
    TooMany(u64),
    /// There is no connection: nothing was sent.
    NotConnected,
    /// It waits so long for a slot before it is sent.
    Queued(u64),
    /// Lost before the service.
    RequestLost,
    /// It acted, and the answer was lost.
    AnswerLost,
    /// No answer; it acts so long after it was sent.
    Late(u64),
    /// 503: it acted, or not.
    Fails(bool),
    /// An answer that nobody understands: it acted, or not.
    Strange(bool),
    /// A proxy delivers it twice; this answer comes back.
    Twice(Side),

    /// The process dies.
    Crash(Side),
    /// The process dies after it sent the request, which acts so long after it was sent.
    CrashLate(u64),
    /// The process is frozen for so long; as a whole machine, its steady clock stands still.
    Freeze(Side, u64, bool),
    /// It is told to stop.
    Stop,
    /// Its heart does not beat for so long, while it goes on working.
    HeartStops(u64),
    /// Its wall clock is set.
    Jump(i64),

    /// The journal cannot be reached.
    JournalFails(Written),
    /// The journal takes so long, before or after it wrote.
    JournalSlow(Side, u64),
    /// A backup is made.
    Snapshot,
    /// The journal is lost, and so are the machines: so long after, the backup is restored.
    Disaster(u64),

    /// What the user wants later is wanted now.
    Ask,
    /// Somebody else begins a job for the same party.
    ForeignJob,
}

impl Fault {
    /// Whether it can happen at such a place.
    pub(super) fn fits(self, op: Op) -> bool {
        let is_request = op == Op::Act;
        let is_call = matches!(op, Op::Act | Op::Read);
        let is_journal = matches!(op, Op::Begin | Op::Learn | Op::Load | Op::Park);
        match self {
            Self::Refused | Self::TurnedAway | Self::TooMany(_) | Self::NotConnected => is_call,
            Self::RequestLost | Self::Fails(false) | Self::Strange(false) => is_call,
            Self::AnswerLost | Self::Late(_) | Self::Fails(true) | Self::Strange(true) => is_request,
            Self::Twice(_) | Self::Queued(_) | Self::CrashLate(_) => is_request,
            Self::Crash(Side::Before) | Self::Freeze(Side::Before, ..) => true,
            Self::Crash(Side::After) | Self::Freeze(Side::After, ..) => op != Op::Sleep,
            Self::JournalFails(Written::No) => is_journal,
            Self::JournalFails(Written::Yes | Written::Later(_)) => is_journal && op != Op::Load,
            Self::JournalSlow(..) => is_journal,
            Self::Stop | Self::HeartStops(_) | Self::Jump(_) => true,
            Self::Snapshot | Self::Disaster(_) | Self::Ask | Self::ForeignJob => true,
        }
    }

    /// Whether it happens beside a step and leaves the step as it is.
    pub(super) fn is_beside(self) -> bool {
        matches!(
            self,
            Self::Stop
                | Self::HeartStops(_)
                | Self::Jump(_)
                | Self::Snapshot
                | Self::Disaster(_)
                | Self::Ask
                | Self::ForeignJob
        )
    }
}

/// How long after it was sent a request may act, at most a little less than the rules count with.
const LATE: [u64; 4] = [1, 20, 70, 119];
/// Shorter than a heartbeat; longer; within the permit; just beyond it; when others have gone on; when the deadline is over.
const FROZEN: [u64; 6] = [4, 40, 115, 130, 400, 4000];
const JUMPS: [i64; 6] = [-7200, -100, -9, 9, 100, 7200];

/// Every fault of a single step. What only makes sense in company is left to [`any`].
pub(super) fn all() -> Vec<Fault> {
    use Fault::*;
    let mut all = vec![Refused, TurnedAway, TooMany(7), TooMany(600), NotConnected, RequestLost, AnswerLost];
    all.extend([Queued(100), Queued(125), Fails(false), Fails(true), Strange(false), Strange(true)]);
    all.extend([Twice(Side::Before), Twice(Side::After), Stop, HeartStops(60), Ask, ForeignJob]);
    all.extend([Crash(Side::Before), Crash(Side::After)]);
    all.extend(LATE.iter().flat_map(|late| [Late(*late), CrashLate(*late)]));
    let sides = [Side::Before, Side::After];
    all.extend(sides.iter().flat_map(|side| FROZEN.iter().map(|length| Freeze(*side, *length, false))));
    all.extend(sides.iter().flat_map(|side| [115, 130].map(|length| Freeze(*side, length, true))));
    all.extend(JUMPS.map(Jump));
    all.extend([Written::No, Written::Yes, Written::Later(1), Written::Later(20)].map(JournalFails));
    all.extend(sides.iter().flat_map(|side| [10, 125].map(|length| JournalSlow(*side, length))));
    all
}
