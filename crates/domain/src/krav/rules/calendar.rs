//! Days and months.

use jiff::{ToSpan, civil::Date};

/// `None` if `date` is at most `months` back; else the first day that is.
///
/// The day exactly so many months ago still is: on 2 March, 10 months back reaches to 2 May. Where that month has no such day it
/// reaches to its last (on 31 December to 28 February): the reading that refuses least, since the service decides in the end.
pub(super) fn limit_if_older(date: Date, months: i32, today: Date) -> Option<Date> {
    // Before the first day that can be written there is none that is too old.
    let limit = today.checked_sub(months.months()).ok()?;
    (date < limit).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_exactly_so_many_months_ago_is_not_too_old() {
        for (today, months, limit) in [
            (date(2026, 3, 2), 10, date(2025, 5, 2)),
            (date(2026, 12, 31), 10, date(2026, 2, 28)),
            (date(2024, 12, 30), 10, date(2024, 2, 29)),
            (date(2026, 3, 2), 34, date(2023, 5, 2)),
        ] {
            assert_eq!(limit_if_older(limit, months, today), None, "{today}");
            let before = limit.yesterday().unwrap();
            assert_eq!(limit_if_older(before, months, today), Some(limit), "{today}");
        }
    }

    #[test]
    fn at_the_beginning_of_time_nothing_is_too_old() {
        assert_eq!(limit_if_older(Date::MIN, 34, Date::MIN), None);
        assert!(limit_if_older(Date::MIN, 34, Date::MAX).is_some());
    }
}
