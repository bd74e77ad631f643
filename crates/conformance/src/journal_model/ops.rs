//! What three workers may do to four cases, in any order.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Names a case, worker, key, environment or look by a small number. A worker that is none of the three is whoever owns the first case
/// that is named with it.
type Nth = u8;

/// Seconds; most are whole tens, so that what ends often ends just when something happens.
type Span = u8;

/// One operation. What depends on what happened before is a guess, which is mostly right.
#[derive(Debug, Clone)]
pub enum Op {
    /// [`Journal::open`](skattebro_ports::Journal::open)
    Open(Vec<NewCaseOp>),
    /// [`Journal::ask`](skattebro_ports::Journal::ask)
    Ask(Nth, Option<Guess>, Seconds),
    /// [`Journal::claim`](skattebro_ports::Journal::claim)
    Claim(ClaimOp),
    /// [`Journal::load`](skattebro_ports::Journal::load)
    Load(Nth, Nth),
    /// [`Journal::begin`](skattebro_ports::Journal::begin): cases, versions and keys
    Begin(Nth, Vec<(Nth, Guess, Option<Nth>)>),
    /// [`Journal::learn`](skattebro_ports::Journal::learn)
    Learn(Vec<FactOp>),
    /// [`Journal::park`](skattebro_ports::Journal::park)
    Park(Nth, Vec<ParkingOp>),
    /// [`Journal::give_back`](skattebro_ports::Journal::give_back)
    GiveBack(Nth, Vec<Nth>),
    /// [`Journal::beat`](skattebro_ports::Journal::beat)
    Beat(Nth, Span),
    /// [`Journal::leave`](skattebro_ports::Journal::leave)
    Leave(Nth),
    /// [`Journal::release`](skattebro_ports::Journal::release): a case, a key
    Release(Nth, Nth),
    /// [`Journal::list`](skattebro_ports::Journal::list)
    List(FilterOp),
    /// [`Journal::counts`](skattebro_ports::Journal::counts)
    Counts(Option<Nth>),
    /// [`Journal::remove`](skattebro_ports::Journal::remove)
    Remove(Vec<(Nth, Guess)>),
    /// Time passes.
    Pass(Span),
}

/// From now, either way: writers' clocks differ.
pub type Seconds = i8;

/// A version: by so much more than the case has.
pub type Guess = i8;

/// A case to be opened.
#[derive(Debug, Clone)]
pub struct NewCaseOp {
    pub(super) case: Nth,
    pub(super) environment: Nth,
    pub(super) fingerprint: u8,
    pub(super) keys: Vec<Nth>,
    pub(super) asks: u8,
    pub(super) at: Seconds,
    pub(super) owner: Option<Nth>,
}

/// A claim.
#[derive(Debug, Clone)]
pub struct ClaimOp {
    pub(super) worker: Nth,
    pub(super) max: u8,
    pub(super) environment: Nth,
    pub(super) only: Option<Vec<Nth>>,
    pub(super) except: Vec<Nth>,
    pub(super) now: Seconds,
}

/// Something learned.
#[derive(Debug, Clone)]
pub struct FactOp {
    pub(super) case: Nth,
    pub(super) worker: Nth,
    pub(super) from: FromOp,
    pub(super) at: Seconds,
}

/// From what.
#[derive(Debug, Clone)]
pub enum FromOp {
    /// One of the case's intents, counted from its last; none, if it has not as many.
    Answer(u8),
    /// A record of whatever kind.
    AnswerTo(u8),
    /// A look.
    Look(Nth),
}

/// A case to be parked.
#[derive(Debug, Clone)]
pub struct ParkingOp {
    pub(super) case: Nth,
    pub(super) version: Guess,
    pub(super) state: StateOp,
    /// Until when, if not for ever. No key twice.
    pub(super) holds: std::collections::BTreeMap<Nth, Option<Seconds>>,
    pub(super) keep: bool,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum StateOp {
    Due(Seconds),
    Waiting,
    Settled,
}

/// What is listed.
#[derive(Debug, Clone)]
pub struct FilterOp {
    pub(super) environment: Option<Nth>,
    pub(super) state: Option<StateOp>,
    pub(super) is_parked: Option<bool>,
    pub(super) changed_before: Option<Seconds>,
    pub(super) after: Option<Nth>,
    pub(super) max: u8,
}

/// Up to so many operations.
pub fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    vec(op(), 1..=most)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => vec(new_case(), 1..4).prop_map(Op::Open),
        5 => (case(), option::weighted(0.3, guess()), seconds()).prop_map(|(c, v, at)| Op::Ask(c, v, at)),
        9 => claim().prop_map(Op::Claim),
        2 => (somebody(), case()).prop_map(|(worker, case)| Op::Load(worker, case)),
        9 => (somebody(), vec((case(), guess(), option::weighted(0.4, key())), 1..4))
            .prop_map(|(worker, intents)| Op::Begin(worker, intents)),
        6 => vec(fact(), 1..4).prop_map(Op::Learn),
        8 => (somebody(), vec(parking(), 1..3)).prop_map(|(worker, parkings)| Op::Park(worker, parkings)),
        1 => (somebody(), vec(case(), 0..3)).prop_map(|(worker, cases)| Op::GiveBack(worker, cases)),
        9 => (worker(), span()).prop_map(|(worker, alive_for)| Op::Beat(worker, alive_for)),
        1 => worker().prop_map(Op::Leave),
        2 => (case(), key()).prop_map(|(case, key)| Op::Release(case, key)),
        2 => filter().prop_map(Op::List),
        1 => option::of(environment()).prop_map(Op::Counts),
        3 => vec((case(), guess()), 1..4).prop_map(Op::Remove),
        4 => span().prop_map(Op::Pass),
    ]
}

fn case() -> impl Strategy<Value = Nth> {
    0..4u8
}

fn worker() -> impl Strategy<Value = Nth> {
    0..3u8
}

fn somebody() -> impl Strategy<Value = Nth> {
    prop_oneof![2 => worker(), 3 => Just(3u8)]
}

fn key() -> impl Strategy<Value = Nth> {
    0..3u8
}

fn environment() -> impl Strategy<Value = Nth> {
    prop_oneof![5 => Just(0u8), 1 => Just(1u8)]
}

fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![10 => Just(0i8), 1 => Just(-1i8), 1 => Just(1i8)]
}

fn seconds() -> impl Strategy<Value = Seconds> {
    prop_oneof![3 => Just(0i8), 2 => (-3..4i8).prop_map(|tens| tens * 10), 1 => -30..30i8]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![4 => (0..5u8).prop_map(|tens| tens * 10), 1 => 0..50u8]
}

fn new_case() -> impl Strategy<Value = NewCaseOp> {
    let fingerprint = prop_oneof![5 => Just(0u8), 1 => Just(1u8)];
    let keys = vec(key(), 0..3);
    let owner = option::weighted(0.3, worker());
    (case(), environment(), fingerprint, keys, 0..3u8, seconds(), owner).prop_map(
        |(case, environment, fingerprint, keys, asks, at, owner)| NewCaseOp {
            case,
            environment,
            fingerprint,
            keys,
            asks,
            at,
            owner,
        },
    )
}

fn claim() -> impl Strategy<Value = ClaimOp> {
    let only = option::weighted(0.3, vec(case(), 1..4));
    let except = prop_oneof![3 => Just(Vec::new()), 1 => vec(case(), 1..3)];
    (worker(), 0..4u8, environment(), only, except, seconds()).prop_map(
        |(worker, max, environment, only, except, now)| ClaimOp {
            worker,
            max,
            environment,
            only,
            except,
            now,
        },
    )
}

fn fact() -> impl Strategy<Value = FactOp> {
    let from = prop_oneof![
        4 => (0..3u8).prop_map(FromOp::Answer),
        1 => (0..6u8).prop_map(FromOp::AnswerTo),
        3 => (0..4u8).prop_map(FromOp::Look),
    ];
    (case(), somebody(), from, seconds()).prop_map(|(case, worker, from, at)| FactOp {
        case,
        worker,
        from,
        at,
    })
}

fn state() -> impl Strategy<Value = StateOp> {
    prop_oneof![seconds().prop_map(StateOp::Due), Just(StateOp::Waiting), Just(StateOp::Settled)]
}

fn parking() -> impl Strategy<Value = ParkingOp> {
    let until = prop_oneof![1 => Just(None), 2 => (-1..4i8).prop_map(|tens| Some(tens * 10))];
    let holds = proptest::collection::btree_map(key(), until, 0..3);
    let keep = prop::bool::weighted(0.4);
    (case(), guess(), state(), holds, keep).prop_map(|(case, version, state, holds, keep)| ParkingOp {
        case,
        version,
        state,
        holds,
        keep,
    })
}

fn filter() -> impl Strategy<Value = FilterOp> {
    let some = |p| option::weighted(p, any::<bool>());
    (option::weighted(0.3, environment()), option::weighted(0.3, state()), some(0.2))
        .prop_flat_map(|first| {
            let rest = (option::weighted(0.3, seconds()), option::weighted(0.3, case()), 0..5u8);
            (Just(first), rest)
        })
        .prop_map(|((environment, state, is_parked), (changed_before, after, max))| FilterOp {
            environment,
            state,
            is_parked,
            changed_before,
            after,
            max,
        })
}
