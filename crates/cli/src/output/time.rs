//! Times for people.

use skattebro::domain::Timestamp;

/// A time as the clock on the wall shows it here: `2025-11-22 04:26:11`.
pub(crate) fn local(at: Timestamp) -> String {
    // Every time is within the years that can be written so.
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
