//! Cases of [`Clock`].

use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::time::Duration;
use tokio::time::timeout;

suite! { $
    /// A test for each case of [`Clock`](skattebro_ports::Clock), given one.
    clock for &dyn Clock:
    it_never_goes_backwards,
    what_has_passed_is_not_waited_for,
    a_sleep_ends_when_its_time_has_come,
    a_sleep_can_be_dropped,
}

/// How long "at once" may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);

async fn it_never_goes_backwards(clock: &dyn Clock) {
    let mut last = clock.now();
    for _ in 0..100 {
        let now = clock.now();
        assert!(now >= last, "{now} after {last}");
        last = now;
    }
}

async fn what_has_passed_is_not_waited_for(clock: &dyn Clock) {
    let now = clock.now();
    let an_hour_ago = now.checked_sub(Duration::from_secs(3600)).unwrap();
    for passed in [now, an_hour_ago, Timestamp::MIN] {
        timeout(AT_ONCE, clock.sleep_until(passed)).await.unwrap();
    }
    assert!(clock.now() >= now, "sleeping does not turn it back");
}

async fn a_sleep_ends_when_its_time_has_come(clock: &dyn Clock) {
    let until = clock.now().checked_add(Duration::from_millis(20)).unwrap();
    timeout(AT_ONCE, clock.sleep_until(until)).await.unwrap();
    assert!(clock.now() >= until);
}

async fn a_sleep_can_be_dropped(clock: &dyn Clock) {
    let tomorrow = clock.now().checked_add(Duration::from_secs(24 * 3600)).unwrap();
    tokio::select! {
        biased;
        () = clock.sleep_until(tomorrow) => {}
        () = tokio::task::yield_now() => {}
    }
    what_has_passed_is_not_waited_for(clock).await;
}
