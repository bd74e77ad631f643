use jiff::SignedDuration;
use skattebro_domain::Timestamp;
use skattebro_ports::Clock;
use std::sync::{Arc, Mutex, PoisonError};

/// From here on a difference is told. Maskinporten takes a JWT that is 10 seconds off.
const WORTH_TELLING: SignedDuration = SignedDuration::from_secs(5);

/// How far this machine's clock is from that of a server.
#[derive(Debug)]
pub(crate) struct Skew {
    clock: Arc<dyn Clock>,
    /// How far it is ahead; less than nothing if it is behind.
    ahead: Mutex<Option<SignedDuration>>,
}

impl Skew {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ahead: Mutex::new(None) }
    }

    pub(crate) fn current(&self) -> Option<SignedDuration> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what an answer to a request that was begun then says about the time. Warns when the difference becomes worth telling.
    pub(crate) fn observe(&self, begun: Timestamp, date: Option<Timestamp>) {
        let Some(date) = date else { return };
        let ahead = between(begun, self.clock.now(), date);
        let before = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).replace(ahead);
        let is_news = before.is_none_or(|before| (before - ahead).abs() > WORTH_TELLING);
        if let (true, Some(sentence)) = (is_news, self.sentence()) {
            tracing::warn!("{sentence}");
        }
    }

    /// What a person should know about it.
    pub(crate) fn sentence(&self) -> Option<String> {
        let ahead = self.current().filter(|ahead| ahead.abs() > WORTH_TELLING)?;
        let which_way = if ahead.is_positive() { "ahead of" } else { "behind" };
        let length = length(ahead.unsigned_abs().as_secs());
        Some(format!("This machine's clock is {length} {which_way} the sign-in server's; set it (NTP)"))
    }
}

/// The difference that a journey between `begun` and `ended` cannot explain. The header shows whole seconds.
fn between(begun: Timestamp, ended: Timestamp, date: Timestamp) -> SignedDuration {
    let latest = date.saturating_add(SignedDuration::from_millis(999)).unwrap_or(date);
    if date > ended {
        ended.duration_since(date)
    } else if latest < begun {
        begun.duration_since(latest)
    } else {
        SignedDuration::ZERO
    }
}

fn length(seconds: u64) -> String {
    let (days, hours, minutes, seconds) =
        (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} days {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_ports::fakes::ManualClock;

    #[test]
    fn a_difference_is_told_with_its_size_and_direction() {
        for (date, ahead, sentence) in [
            ("Mon, 02 Mar 2026 12:00:00 GMT", 0, None),
            ("Mon, 02 Mar 2026 11:59:56 GMT", 3, None),
            ("Mon, 02 Mar 2026 12:00:05 GMT", -5, None),
            ("Mon, 02 Mar 2026 12:00:06 GMT", -6, Some("6 s behind")),
            ("Mon, 02 Mar 2026 12:05:03 GMT", -303, Some("5 min 3 s behind")),
            ("Mon, 02 Mar 2026 09:59:59 GMT", 7200, Some("2 h 0 min ahead of")),
            ("Sat, 28 Feb 2026 11:59:59 GMT", 2 * 86400, Some("2 days 0 h ahead of")),
        ] {
            let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
            let skew = Skew::new(Arc::new(ManualClock::at(now)));
            skew.observe(now, crate::signin::http::http_date(date));
            assert_eq!(skew.current().unwrap().as_secs(), ahead, "{date}");
            let told = skew.sentence();
            assert_eq!(told.is_some(), sentence.is_some(), "{date}: {told:?}");
            assert!(told.unwrap_or_default().contains(sentence.unwrap_or_default()), "{date}");
        }
    }

    #[test]
    fn nothing_is_told_without_a_date_or_where_the_journey_explains_it() {
        let now: Timestamp = "2026-03-02T12:00:20Z".parse().unwrap();
        let skew = Skew::new(Arc::new(ManualClock::at(now)));
        skew.observe(now, None);
        assert_eq!(skew.current(), None);
        let begun = "2026-03-02T12:00:00Z".parse().unwrap();
        skew.observe(begun, Some("2026-03-02T12:00:07Z".parse().unwrap()));
        assert_eq!(skew.current(), Some(SignedDuration::ZERO));
    }
}
