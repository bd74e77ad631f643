//! What day it is, where the service is.

use std::sync::OnceLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The rule for Norway since 1996, written out: a machine need not have a time zone database.
const OSLO: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// The date in Oslo.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let zone = ZONE.get_or_init(|| TimeZone::posix(OSLO).unwrap_or(TimeZone::UTC));
    moment.to_zoned(zone.clone()).date()
}

/// Whether the date is more than so many months before today.
pub(crate) fn older_than(date: Date, months: i32, today: Date) -> bool {
    today.checked_sub(months.months()).is_ok_and(|oldest| date < oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> String {
        day_of(text.parse().unwrap()).to_string()
    }

    #[test]
    fn the_day_begins_at_midnight_in_oslo() {
        assert_eq!(day("2026-01-31T22:59:59Z"), "2026-01-31");
        assert_eq!(day("2026-01-31T23:00:00Z"), "2026-02-01");
        assert_eq!(day("2026-07-31T21:59:59Z"), "2026-07-31");
        assert_eq!(day("2026-07-31T22:00:00Z"), "2026-08-01");
    }

    #[test]
    fn months_are_counted_by_the_calendar() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        let today = date("2026-12-31");
        assert!(!older_than(date("2026-02-28"), 10, today));
        assert!(older_than(date("2026-02-27"), 10, today));
        assert!(!older_than(date("2027-01-01"), 10, today));
    }
}
