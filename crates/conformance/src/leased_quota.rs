//! Cases of a [`CallQuota`] that several processes share, whose slots are leased.

use async_trait::async_trait;
use futures_util::future::join_all;
use skattebro_ports::{Api, CallKind, CallQuota, CallSlot, PortError, SlotWish};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// Five free slots for each API, and processes that share them.
#[async_trait]
pub trait LeasedWorld: Send + Sync {
    /// Another process.
    async fn process(&self) -> Arc<dyn CallQuota>;

    /// Kills a process in the midst of what it does: it gives nothing back, and renews nothing.
    async fn kill(&self, process: Arc<dyn CallQuota>);

    /// Lets so much of the time pass by which leases run out.
    fn pass(&self, by: Duration);

    /// How much longer than its call's deadline a lease lasts at most.
    fn margin(&self) -> Duration;
}

suite! { $
    /// A test for each case of a [`CallQuota`](skattebro_ports::CallQuota) whose slots are leased, given a
    /// [`LeasedWorld`](crate::leased_quota::LeasedWorld).
    leased_quota for &dyn LeasedWorld:
    five_calls_are_made_at_a_time_over_all_processes,
    three_uploads_are_made_at_a_time_over_all_processes,
    four_looks_are_made_at_a_time_over_all_processes,
    the_apis_do_not_share_over_processes_either,
    a_living_holder_keeps_its_slot_for_its_deadline,
    a_dead_holders_slot_is_kept_for_its_deadline_and_no_longer_than_its_lease,
    a_dead_holders_upload_is_over_with_its_lease,
    each_lease_runs_by_the_deadline_of_its_own_call,
    a_slot_says_how_long_it_is_kept,
    who_gives_back_what_ran_out_takes_nothing_from_who_has_it_now,
    a_process_that_died_waiting_holds_nothing,
    slots_are_never_more_than_five_however_many_processes_want_them,
}

/// How long "at once" may take on a busy machine, or on a quota that is far away.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long a slot is waited for before it counts as not to be had.
const A_WHILE: Duration = Duration::from_millis(300);
const DEADLINE: Duration = Duration::from_secs(30);
const A_MOMENT: Duration = Duration::from_millis(1);

const SHORT: SlotWish = SlotWish { api: Api::Innkreving, kind: CallKind::Short, deadline: DEADLINE };
const UPLOAD: SlotWish = SlotWish { kind: CallKind::Upload, ..SHORT };
const LOOK: SlotWish = SlotWish { kind: CallKind::Look, ..SHORT };

async fn granted(waiting: impl Future<Output = Result<CallSlot, PortError>>) -> CallSlot {
    timeout(AT_ONCE, waiting).await.expect("a slot that should be free").unwrap()
}

async fn take(process: &Arc<dyn CallQuota>, wish: SlotWish) -> CallSlot {
    granted(process.slot(&wish)).await
}

async fn take_all(process: &Arc<dyn CallQuota>, wish: SlotWish) -> Vec<CallSlot> {
    let mut slots = Vec::new();
    for _ in 0..5 {
        slots.push(take(process, wish).await);
    }
    slots
}

async fn assert_waits(process: &Arc<dyn CallQuota>, wish: SlotWish) {
    let got = timeout(A_WHILE, process.slot(&wish)).await;
    assert!(got.is_err(), "a slot that should not be free: {got:?}");
}

/// A process that dies gives nothing back.
async fn die(world: &dyn LeasedWorld, process: Arc<dyn CallQuota>, slots: Vec<CallSlot>) {
    slots.into_iter().for_each(std::mem::forget);
    world.kill(process).await;
}

async fn five_calls_are_made_at_a_time_over_all_processes(world: &dyn LeasedWorld) {
    let mut held = Vec::new();
    for _ in 0..5 {
        let process = world.process().await;
        held.push((take(&process, SHORT).await, process));
    }
    let sixth = world.process().await;
    assert_waits(&sixth, SHORT).await;
    assert_waits(&held[0].1, SHORT).await;
    let mut waiting = pin!(sixth.slot(&SHORT));
    assert!(timeout(A_WHILE, &mut waiting).await.is_err());
    held.pop();
    let _sixth = granted(waiting).await;
    assert_waits(&held[0].1, SHORT).await;
}

async fn three_uploads_are_made_at_a_time_over_all_processes(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let mut uploads = vec![take(&one, UPLOAD).await, take(&other, UPLOAD).await, take(&one, UPLOAD).await];
    for process in [&one, &other] {
        assert_waits(process, UPLOAD).await;
    }
    let short = [take(&other, SHORT).await, take(&one, SHORT).await];
    assert_waits(&other, SHORT).await;
    drop(short);
    assert_waits(&other, UPLOAD).await;
    uploads.pop();
    let _third = take(&other, UPLOAD).await;
}

async fn four_looks_are_made_at_a_time_over_all_processes(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let mut looks = Vec::new();
    for process in [&one, &other, &one, &other] {
        looks.push(take(process, LOOK).await);
    }
    for process in [&one, &other] {
        assert_waits(process, LOOK).await;
    }
    let short = take(&one, SHORT).await;
    assert_waits(&other, SHORT).await;
    drop(short);
    assert_waits(&other, LOOK).await;
    looks.pop();
    let _fourth = take(&one, LOOK).await;
}

async fn the_apis_do_not_share_over_processes_either(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let _held = take_all(&one, SHORT).await;
    let elsewhere = SlotWish { api: Api::Skattemelding, ..SHORT };
    let _others = take_all(&other, elsewhere).await;
    assert_waits(&one, elsewhere).await;
    assert_waits(&other, SHORT).await;
}

async fn a_living_holder_keeps_its_slot_for_its_deadline(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let held = take_all(&one, SHORT).await;
    world.pass(DEADLINE);
    assert_waits(&other, SHORT).await;
    drop(held);
    let _held = take_all(&other, SHORT).await;
}

/// Its request may still be under way.
async fn a_dead_holders_slot_is_kept_for_its_deadline_and_no_longer_than_its_lease(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let held = take_all(&one, SHORT).await;
    die(world, one, held).await;
    world.pass(DEADLINE);
    assert_waits(&other, SHORT).await;
    world.pass(world.margin());
    let _held = take_all(&other, SHORT).await;
    assert_waits(&other, SHORT).await;
}

async fn a_dead_holders_upload_is_over_with_its_lease(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(take(&one, UPLOAD).await);
    }
    die(world, one, held).await;
    assert_waits(&other, UPLOAD).await;
    world.pass(DEADLINE + world.margin());
    let _uploads = [take(&other, UPLOAD).await, take(&other, UPLOAD).await, take(&other, UPLOAD).await];
    assert_waits(&other, UPLOAD).await;
}

async fn each_lease_runs_by_the_deadline_of_its_own_call(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let long = DEADLINE * 20;
    let mut held = Vec::new();
    for deadline in [long, DEADLINE, long, long, DEADLINE] {
        held.push(take(&one, SlotWish { deadline, ..SHORT }).await);
    }
    die(world, one, held).await;
    world.pass(DEADLINE + world.margin());
    let two = [take(&other, SHORT).await, take(&other, SHORT).await];
    assert_waits(&other, SHORT).await;
    drop(two);
    world.pass(long - DEADLINE - world.margin());
    let _two = [take(&other, SHORT).await, take(&other, SHORT).await];
    assert_waits(&other, SHORT).await;
    world.pass(world.margin());
    let _three = [take(&other, SHORT).await, take(&other, SHORT).await, take(&other, SHORT).await];
}

async fn a_slot_says_how_long_it_is_kept(world: &dyn LeasedWorld) {
    let process = world.process().await;
    let slot = take(&process, SHORT).await;
    let kept = slot.kept_for().expect("kept").expect("leased");
    let longest = DEADLINE + world.margin();
    assert!(kept >= DEADLINE && kept <= longest, "{kept:?}");
    world.pass(DEADLINE - A_MOMENT);
    let kept = slot.kept_for().expect("kept").expect("leased");
    assert!(kept >= A_MOMENT, "{kept:?}");
    world.pass(world.margin() + A_MOMENT);
    assert_eq!(slot.kept_for(), Err(()), "it may be another's");
}

async fn who_gives_back_what_ran_out_takes_nothing_from_who_has_it_now(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let frozen = take_all(&one, SHORT).await;
    world.pass(DEADLINE + world.margin());
    let _held = take_all(&other, SHORT).await;
    assert!(frozen.iter().all(|slot| slot.kept_for() == Err(())), "they are another's");
    drop(frozen);
    assert_waits(&one, SHORT).await;
    assert_waits(&other, SHORT).await;
}

async fn a_process_that_died_waiting_holds_nothing(world: &dyn LeasedWorld) {
    let (one, other) = (world.process().await, world.process().await);
    let held = take_all(&one, SHORT).await;
    let dies = world.process().await;
    for wish in [SHORT, UPLOAD] {
        assert_waits(&dies, wish).await;
    }
    world.kill(dies).await;
    drop(held);
    let _held = take_all(&other, SHORT).await;
}

/// How many have a slot at a time, and how many ever had.
#[derive(Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Count {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn slots_are_never_more_than_five_however_many_processes_want_them(world: &dyn LeasedWorld) {
    let processes = join_all((0..6).map(|_| world.process())).await;
    let (calls, uploads, looks) = (Count::default(), Count::default(), Count::default());
    let work = processes.iter().cycle().take(24).enumerate().map(|(n, process)| {
        let (calls, uploads, looks) = (&calls, &uploads, &looks);
        async move {
            for round in 0..4 {
                let wish = [UPLOAD, LOOK, SHORT][(n + round) % 3];
                let slot = process.slot(&wish).await.unwrap();
                let of_kind = match wish.kind {
                    CallKind::Upload => Some(uploads),
                    CallKind::Look => Some(looks),
                    CallKind::Short => None,
                };
                calls.enter();
                of_kind.inspect(|of_kind| of_kind.enter());
                tokio::task::yield_now().await;
                of_kind.inspect(|of_kind| of_kind.leave());
                calls.leave();
                drop(slot);
            }
        }
    });
    timeout(AT_ONCE * 6, join_all(work)).await.expect("somebody starves");
    let most = |count: &Count| count.most.load(Ordering::SeqCst);
    let seen = [most(&calls), most(&uploads), most(&looks)];
    assert!(seen.iter().zip([5, 3, 4]).all(|(seen, most)| *seen <= most), "calls, uploads, looks: {seen:?}");
    assert!(most(&calls) > 1, "they may call at the same time");
    let _all = take_all(&processes[0], SHORT).await;
}
