//! Times as the databases keep them: microseconds since 1970.

use skattebro_domain::Timestamp;
use std::time::Duration;

pub(crate) fn to_us(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// `None` if it is none that a `Timestamp` can show.
pub(crate) fn from_us(us: i64) -> Option<Timestamp> {
    // By its parts: `Timestamp::from_microsecond` refuses the last second.
    let within = i32::try_from(us.rem_euclid(1_000_000)).ok()?;
    Timestamp::new(us.div_euclid(1_000_000), within * 1000).ok()
}

/// So long after; at most for ever.
pub(crate) fn after(us: i64, by: Duration) -> i64 {
    us.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)).min(to_us(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_time_survive_to_the_microsecond() {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, "2026-11-22T03:04:05.678901Z".parse().unwrap()] {
            assert_eq!(from_us(to_us(time)), Some(time));
        }
        let last = from_us(to_us(Timestamp::MAX)).unwrap();
        assert!(last <= Timestamp::MAX && Timestamp::MAX.duration_since(last).as_micros() < 1);
        assert_eq!(from_us(i64::MAX), None);
        assert_eq!(after(0, Duration::MAX), to_us(Timestamp::MAX));
    }
}
