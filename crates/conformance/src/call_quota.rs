//! Cases of [`CallQuota`].

use CallKind::{Look, Short, Upload};
use skattebro_ports::{Api, CallKind, CallQuota, CallSlot, PortError, SlotWish};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;

suite! { $
    /// A test for each case of [`CallQuota`](skattebro_ports::CallQuota), given one that allows five calls.
    call_quota for &dyn CallQuota:
    five_calls_are_made_at_a_time_and_the_sixth_waits,
    a_slot_that_is_given_back_goes_to_who_waits,
    who_has_waited_longest_is_next,
    who_gives_up_waiting_loses_nothing_for_the_others,
    who_gives_up_with_the_slot_already_on_its_way_loses_nothing_either,
    three_uploads_are_made_at_a_time_and_short_calls_get_through,
    an_upload_that_waits_keeps_no_short_call_waiting,
    an_upload_that_gives_up_leaves_its_place_to_others,
    an_upload_counts_as_a_call,
    four_looks_are_made_at_a_time_and_one_slot_is_left_to_others,
    a_look_that_waits_keeps_nobody_else_waiting,
    looks_let_others_go_before,
    a_look_is_not_passed_over_for_ever,
    who_is_passed_over_and_gives_up_leaves_its_place_to_others,
    the_apis_do_not_share,
    a_slot_may_be_given_back_on_another_task,
    slots_are_never_more_than_five_whatever_happens,
}

/// How long "at once" may take on a busy machine, or on a quota that is far away.
const AT_ONCE: Duration = Duration::from_secs(5);
/// How often a future is polled before it counts as waiting.
const PATIENCE: usize = 50;

type Waiting<'q> = Pin<Box<dyn Future<Output = Result<CallSlot, PortError>> + Send + 'q>>;

fn wish(api: Api, kind: CallKind) -> SlotWish {
    SlotWish { api, kind, deadline: Duration::from_secs(30) }
}

/// Asks for a slot, so that it stands in the queue from now on; it must not get one yet.
async fn queue(quota: &dyn CallQuota, kind: CallKind) -> Waiting<'_> {
    let mut waiting: Waiting<'_> = Box::pin(async move { quota.slot(&wish(Api::Innkreving, kind)).await });
    assert_waits(&mut waiting).await;
    waiting
}

async fn assert_waits(waiting: &mut Waiting<'_>) {
    for _ in 0..PATIENCE {
        let polled = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "a slot that should not be free: {polled:?}");
        tokio::task::yield_now().await;
    }
}

async fn granted(waiting: impl Future<Output = Result<CallSlot, PortError>>) -> CallSlot {
    timeout(AT_ONCE, waiting).await.expect("a slot that should be free").unwrap()
}

async fn take(quota: &dyn CallQuota, kind: CallKind) -> CallSlot {
    granted(quota.slot(&wish(Api::Innkreving, kind))).await
}

async fn take_short(quota: &dyn CallQuota, count: usize) -> Vec<CallSlot> {
    let mut slots = Vec::new();
    for _ in 0..count {
        slots.push(take(quota, Short).await);
    }
    slots
}

async fn five_calls_are_made_at_a_time_and_the_sixth_waits(quota: &dyn CallQuota) {
    let _held = take_short(quota, 5).await;
    let _sixth = queue(quota, Short).await;
}

async fn a_slot_that_is_given_back_goes_to_who_waits(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let sixth = queue(quota, Short).await;
    held.pop();
    held.push(granted(sixth).await);
    let _seventh = queue(quota, Short).await;
}

async fn who_has_waited_longest_is_next(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let mut queued = Vec::new();
    for _ in 0..4 {
        queued.push(queue(quota, Short).await);
    }
    while !queued.is_empty() {
        held.pop();
        for later in &mut queued[1..] {
            assert_waits(later).await;
        }
        held.push(granted(queued.remove(0)).await);
    }
}

async fn who_gives_up_waiting_loses_nothing_for_the_others(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let gives_up = queue(quota, Short).await;
    let stays = queue(quota, Short).await;
    drop(gives_up);
    held.pop();
    held.push(granted(stays).await);
    let _next = queue(quota, Short).await;
}

async fn who_gives_up_with_the_slot_already_on_its_way_loses_nothing_either(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let gives_up = queue(quota, Short).await;
    let stays = queue(quota, Short).await;
    held.pop();
    drop(gives_up);
    held.push(granted(stays).await);
    drop(held);
    let _all = take_short(quota, 5).await;
}

async fn three_uploads_are_made_at_a_time_and_short_calls_get_through(quota: &dyn CallQuota) {
    let mut uploads = Vec::new();
    for _ in 0..3 {
        uploads.push(take(quota, Upload).await);
    }
    let mut fourth = queue(quota, Upload).await;
    let short = take_short(quota, 2).await;
    drop(short);
    assert_waits(&mut fourth).await;
    uploads.pop();
    uploads.push(granted(fourth).await);
    let _fifth = queue(quota, Upload).await;
}

async fn an_upload_that_waits_keeps_no_short_call_waiting(quota: &dyn CallQuota) {
    let _uploads = [take(quota, Upload).await, take(quota, Upload).await, take(quota, Upload).await];
    let _waiting = [queue(quota, Upload).await, queue(quota, Upload).await, queue(quota, Upload).await];
    for _ in 0..3 {
        drop(take_short(quota, 2).await);
    }
}

async fn an_upload_that_gives_up_leaves_its_place_to_others(quota: &dyn CallQuota) {
    let held = take_short(quota, 5).await;
    for _ in 0..4 {
        drop(queue(quota, Upload).await);
    }
    drop(held);
    let uploads = [take(quota, Upload).await, take(quota, Upload).await, take(quota, Upload).await];
    drop(queue(quota, Upload).await);
    drop(uploads);
    drop(take_short(quota, 5).await);
}

async fn an_upload_counts_as_a_call(quota: &dyn CallQuota) {
    let _uploads = [take(quota, Upload).await, take(quota, Upload).await];
    let _short = take_short(quota, 3).await;
    let _sixth = queue(quota, Short).await;
    let _upload = queue(quota, Upload).await;
}

async fn four_looks_are_made_at_a_time_and_one_slot_is_left_to_others(quota: &dyn CallQuota) {
    let mut looks = Vec::new();
    for _ in 0..4 {
        looks.push(take(quota, Look).await);
    }
    let mut fifth = queue(quota, Look).await;
    drop(take(quota, Short).await);
    drop(take(quota, Upload).await);
    assert_waits(&mut fifth).await;
    looks.pop();
    looks.push(granted(fifth).await);
    let _short = take(quota, Short).await;
    let _sixth = queue(quota, Short).await;
}

async fn a_look_that_waits_keeps_nobody_else_waiting(quota: &dyn CallQuota) {
    let _looks =
        [take(quota, Look).await, take(quota, Look).await, take(quota, Look).await, take(quota, Look).await];
    let _waiting = [queue(quota, Look).await, queue(quota, Look).await];
    for kind in [Short, Upload, Short] {
        drop(take(quota, kind).await);
    }
}

async fn looks_let_others_go_before(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let mut look = queue(quota, Look).await;
    for kind in [Short, Upload] {
        let later = queue(quota, kind).await;
        drop(held.remove(0));
        held.push(granted(later).await);
        assert_waits(&mut look).await;
    }
    held.pop();
    held.push(granted(look).await);
}

async fn a_look_is_not_passed_over_for_ever(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let look = queue(quota, Look).await;
    let mut others = Vec::new();
    for _ in 0..10 {
        others.push(queue(quota, Short).await);
    }
    for _ in 0..4 {
        drop(held.remove(0));
        held.push(granted(others.remove(0)).await);
    }
    drop(held.remove(0));
    held.push(granted(look).await);
}

async fn who_is_passed_over_and_gives_up_leaves_its_place_to_others(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let gives_up = queue(quota, Look).await;
    let stays = queue(quota, Look).await;
    drop(gives_up);
    held.pop();
    held.push(granted(stays).await);
    let _next = queue(quota, Look).await;
}

async fn the_apis_do_not_share(quota: &dyn CallQuota) {
    let _held = take_short(quota, 5).await;
    let mut kept = Vec::new();
    for api in [Api::Skattemelding, Api::Altinn] {
        let mut others = Vec::new();
        for kind in [Upload, Upload, Upload, Short, Look] {
            others.push(granted(quota.slot(&wish(api, kind))).await);
        }
        let mut sixth: Waiting<'_> = Box::pin(async move { quota.slot(&wish(api, Short)).await });
        assert_waits(&mut sixth).await;
        others.pop();
        others.push(granted(sixth).await);
        kept.push(others);
    }
    let _still_full = queue(quota, Short).await;
}

async fn a_slot_may_be_given_back_on_another_task(quota: &dyn CallQuota) {
    let mut held = take_short(quota, 5).await;
    let sixth = queue(quota, Short).await;
    let slot = held.pop();
    tokio::spawn(async move { drop(slot) }).await.unwrap();
    held.push(granted(sixth).await);
}

/// Calls that come, go and give up, many rounds of them: in the end there are five slots, neither more nor fewer.
async fn slots_are_never_more_than_five_whatever_happens(quota: &dyn CallQuota) {
    for round in 0..40 {
        let mut held = take_short(quota, 5).await;
        let first = queue(quota, if round % 2 == 0 { Upload } else { Short }).await;
        let second = queue(quota, if round % 3 == 0 { Upload } else { Short }).await;
        if round % 5 == 0 {
            drop(first);
            held.pop();
            held.push(granted(second).await);
        } else {
            held.truncate(3);
            held.push(granted(first).await);
            held.push(granted(second).await);
        }
        drop(queue(quota, Short).await);
    }
    let _held = take_short(quota, 5).await;
    let _sixth = queue(quota, Short).await;
}
